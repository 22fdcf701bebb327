"""The fake retailers, seen by a raw client: what the link checker's tests rest on must be true."""

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from demo.retailers import WHOLE_SHOP, Behaviour, RetailerServer
from demo.retailers.control import ControlServer
from demo.retailers.networks import hand_over
from demo.retailers.scene import (
    Changes,
    SceneError,
    begin,
    open_catalogue,
    play,
    read_behaviours,
    read_plays,
)
from products.addresses import read_targets

HOST = "northgate.example"
PATH = "/knee"
GTIN = "5012345678900"
ROOT = Path(__file__).resolve().parents[2]


class Client:
    """One connection to one shop: dials loopback, asks for the shop by name."""

    def __init__(self, shops, host=HOST, timeout=5.0):
        self.host = host
        context = ssl.create_default_context(cafile=str(shops.ca_file))
        raw = socket.create_connection(("127.0.0.1", shops.port), timeout)
        try:
            self.socket = context.wrap_socket(raw, server_hostname=host)
        except OSError:
            raw.close()
            raise
        self.connection = http.client.HTTPConnection(host)
        self.connection.sock = self.socket

    def ask(self, target=PATH, method="GET", **headers):
        self.connection.request(method, target, headers=headers)
        response = self.connection.getresponse()
        return response, response.read()

    def close(self):
        self.connection.close()
        self.socket.close()


@pytest.fixture
def shops():
    with RetailerServer() as server:
        shop = server.shop(HOST)
        shop.product(PATH, name="Knee <support> & co", gtin=GTIN, price="19.50")
        shop.category("/c/knee", name="Knee supports")
        yield server


@pytest.fixture
def shop(shops):
    return shops.shop(HOST)


@pytest.fixture
def client(shops):
    opened = Client(shops)
    yield opened
    opened.close()


def ask(shops, target=PATH, method="GET", host=HOST, **headers):
    with contextlib.closing(Client(shops, host)) as client:
        return client.ask(target, method, **headers)


def json_ld(body):
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', body.decode())
    return json.loads(found[1]) if found else None


# What each behaviour looks like from outside

STATUSES = {
    Behaviour.PRODUCT: 200,
    Behaviour.PLAIN_PRODUCT: 200,
    Behaviour.CATEGORY: 200,
    Behaviour.SOLD_OUT: 200,
    Behaviour.SOLD_OUT_IN_WORDS: 200,
    Behaviour.DISCONTINUED: 200,
    Behaviour.OTHER_PRODUCT: 200,
    Behaviour.NOT_FOUND: 404,
    Behaviour.GONE: 410,
    Behaviour.SOFT_404: 200,
    Behaviour.REDIRECT_HOME: 302,
    Behaviour.CAPTCHA: 200,
    Behaviour.CAPTCHA_503: 503,
    Behaviour.CHALLENGE: 403,
    Behaviour.CONSENT_WALL: 200,
    Behaviour.SCRIPT_ONLY: 200,
    Behaviour.HEAD_REFUSED: 200,
    Behaviour.GET_REFUSED: 405,
    Behaviour.RATE_LIMITED: 429,
    Behaviour.UNAVAILABLE: 503,
    Behaviour.KEEPS_TAG: 302,
    Behaviour.DROPS_TAG: 302,
    Behaviour.MOVED: 301,
    Behaviour.OTHER_REGION: 302,
    Behaviour.REDIRECT_LOOP: 302,
    Behaviour.ENDLESS_REDIRECTS: 302,
    Behaviour.NETWORK_HOP: 200,
    Behaviour.NETWORK_INACTIVE: 200,
    Behaviour.SERVER_ERROR: 500,
    Behaviour.NO_CONTENT: 204,
    Behaviour.GZIP: 200,
}
WITHOUT_AN_ANSWER_OF_THEIR_OWN = {Behaviour.SLOW, Behaviour.TIMEOUT, Behaviour.RESET, Behaviour.FLAKY}


def test_every_behaviour_is_tested_here():
    assert set(STATUSES) | WITHOUT_AN_ANSWER_OF_THEIR_OWN | WHOLE_SHOP == set(Behaviour)


def test_every_behaviour_says_in_words_what_it_is():
    assert all(each.about for each in Behaviour)


@pytest.mark.parametrize(("behaviour", "status"), STATUSES.items())
def test_a_behaviour_answers_with_its_status(shop, client, behaviour, status):
    shop.set(PATH, behaviour)
    assert client.ask()[0].status == status


def test_a_product_page_looks_like_a_shop_and_carries_schema_org(client):
    response, body = client.ask()
    assert response.getheader("Content-Type") == "text/html; charset=utf-8"
    assert b"<h1>Knee &lt;support&gt; &amp; co</h1>" in body
    assert "£19.50" in body.decode()
    assert b"<button>Add to basket</button>" in body
    facts = json_ld(body)
    assert (facts["name"], facts["gtin13"]) == ("Knee <support> & co", GTIN)
    assert facts["offers"]["availability"] == "https://schema.org/InStock"
    assert (facts["offers"]["price"], facts["offers"]["priceCurrency"]) == ("19.50", "GBP")


@pytest.mark.parametrize(
    ("behaviour", "words", "availability"),
    [
        (Behaviour.PLAIN_PRODUCT, "Add to basket", None),
        (Behaviour.SOLD_OUT, "Out of stock", "https://schema.org/OutOfStock"),
        (Behaviour.SOLD_OUT_IN_WORDS, "Sold out", None),
        (Behaviour.DISCONTINUED, "discontinued", "https://schema.org/Discontinued"),
    ],
)
def test_what_can_be_bought_is_said_in_words_or_schema_org(shop, client, behaviour, words, availability):
    shop.set(PATH, behaviour)
    body = client.ask()[1]
    facts = json_ld(body)
    assert words in body.decode()
    assert (facts and facts["offers"]["availability"]) == availability
    assert (b"Add to basket" in body) is (behaviour is Behaviour.PLAIN_PRODUCT)


@pytest.mark.parametrize(
    ("behaviour", "marker"),
    [
        (Behaviour.SOFT_404, "Page not found"),
        (Behaviour.CAPTCHA, "g-recaptcha"),
        (Behaviour.CAPTCHA_503, "g-recaptcha"),
        (Behaviour.CHALLENGE, "Just a moment..."),
        (Behaviour.CONSENT_WALL, "Before you continue"),
        (Behaviour.SCRIPT_ONLY, "<noscript>"),
        (Behaviour.NETWORK_INACTIVE, "no longer active"),
    ],
)
def test_a_page_that_is_no_product_says_so_and_names_none(shop, client, behaviour, marker):
    shop.set(PATH, behaviour)
    body = client.ask()[1].decode()
    assert marker in body
    assert "Knee" not in body


@pytest.mark.parametrize(
    ("behaviour", "header", "value"),
    [
        (Behaviour.CHALLENGE, "cf-mitigated", "challenge"),
        (Behaviour.RATE_LIMITED, "Retry-After", "77"),
        (Behaviour.UNAVAILABLE, "Retry-After", "77"),
        (Behaviour.GET_REFUSED, "Allow", "POST"),
        (Behaviour.REDIRECT_HOME, "Location", "/"),
        (Behaviour.KEEPS_TAG, "Location", "/now/knee?ref=us"),
        (Behaviour.DROPS_TAG, "Location", "/now/knee"),
        (Behaviour.MOVED, "Location", "/now/knee?ref=us"),
        (Behaviour.OTHER_REGION, "Location", "https://northgate-us.example/knee?ref=us"),
        (Behaviour.CAPTCHA_503, "Retry-After", None),
    ],
)
def test_a_behaviour_carries_its_header(shop, client, behaviour, header, value):
    shop.set(PATH, behaviour, retry_after=77)
    assert client.ask(f"{PATH}?ref=us")[0].getheader(header) == value


def test_the_other_region_may_be_named(shop, client):
    shop.set(PATH, Behaviour.OTHER_REGION, to="northgate-de.example")
    assert client.ask()[0].getheader("Location") == "https://northgate-de.example/knee"


def test_a_redirect_lands_on_the_healthy_page(shop, client):
    shop.set(PATH, Behaviour.KEEPS_TAG)
    landing = client.ask(f"{PATH}?ref=us")[0].getheader("Location")
    response, body = client.ask(landing)
    assert response.status == 200
    assert json_ld(body)["gtin13"] == GTIN


def test_the_home_page_lists_the_products_and_unknown_addresses_are_404(client):
    assert b'<a href="/knee">' in client.ask("/")[1]
    assert client.ask("/nothing-here")[0].status == 404


def test_a_category_shows_several_prices(client):
    body = client.ask("/c/knee")[1].decode()
    assert body.count("£24.99") == 3


def test_a_replaced_product_has_another_title_and_another_valid_gtin(shop, client):
    shop.set(PATH, Behaviour.OTHER_PRODUCT)
    body = client.ask()[1]
    facts = json_ld(body)
    digits = [int(digit) for digit in facts["gtin13"]]
    assert b"Knee" not in body
    assert facts["gtin13"] != GTIN
    assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_head_is_refused_where_get_works(shop, client):
    shop.set(PATH, Behaviour.HEAD_REFUSED)
    assert client.ask(method="HEAD")[0].status == 405
    assert client.ask()[0].status == 200


def test_head_answers_like_get_without_a_body(client):
    head, nothing = client.ask(method="HEAD")
    get, body = client.ask()
    assert nothing == b""
    assert head.getheader("Content-Length") == get.getheader("Content-Length") == str(len(body))


def test_a_loop_comes_back_to_where_it_began(shop, client):
    shop.set(PATH, Behaviour.REDIRECT_LOOP)
    first = client.ask(f"{PATH}?ref=us")[0].getheader("Location")
    assert first != f"{PATH}?ref=us"
    assert client.ask(first)[0].getheader("Location") == f"{PATH}?ref=us"


def test_endless_redirects_never_repeat_an_address(shop, client):
    shop.set(PATH, Behaviour.ENDLESS_REDIRECTS)
    seen = [PATH]
    for _ in range(12):
        seen.append(client.ask(seen[-1])[0].getheader("Location"))
    assert len(set(seen)) == 13


def test_gzip_is_sent_to_a_client_that_refuses_it(shop, client):
    shop.set(PATH, Behaviour.GZIP)
    response, body = client.ask(**{"Accept-Encoding": "identity"})
    assert response.getheader("Content-Encoding") == "gzip"
    assert b"Knee" in gzip.decompress(body)


def test_a_slow_page_comes_after_its_delay(shop, client):
    shop.set(PATH, Behaviour.SLOW, delay=0.3)
    began = time.monotonic()
    assert client.ask()[0].status == 200
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("behaviour", [Behaviour.SLOW, Behaviour.TIMEOUT])
def test_a_client_that_gave_up_is_no_longer_in_flight(shops, shop, behaviour):
    shop.set(PATH, behaviour)
    for _ in range(3):
        with contextlib.closing(Client(shops, timeout=0.2)) as client, pytest.raises(TimeoutError):
            client.ask()
        time.sleep(0.2)
    assert len(shops.requests) == 3
    assert shops.max_in_flight == {HOST: 1}


def test_a_reset_is_a_reset_on_the_wire(shop, client):
    shop.set(PATH, Behaviour.RESET)
    client.connection.request("GET", PATH)
    with socket.socket(
        fileno=os.dup(client.socket.fileno())
    ) as raw:  # Python's ssl calls a reset an end of file
        raw.settimeout(5)
        with pytest.raises(ConnectionResetError):
            list(iter(lambda: raw.recv(4096), b""))


def test_a_flaky_page_fails_its_share_and_the_same_ones_each_time(shop, client):
    def statuses(seed):
        with RetailerServer() as again:
            again.shop(HOST).product(PATH, name="Knee", behaviour=Behaviour.FLAKY, fraction=0.3, seed=seed)
            with contextlib.closing(Client(again)) as one:
                return [one.ask()[0].status for _ in range(200)]

    first = statuses(seed=1)
    assert set(first) == {200, 500}
    assert 40 <= first.count(500) <= 80
    assert statuses(seed=1) == first
    assert statuses(seed=2) != first


# Certificates and names


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (Behaviour.WRONG_CERTIFICATE, "Hostname mismatch"),
        (Behaviour.EXPIRED_CERTIFICATE, "expired"),
        (Behaviour.SELF_SIGNED_CERTIFICATE, "self.signed"),
    ],
)
def test_a_bad_certificate_is_refused_for_its_own_reason(shops, shop, behaviour, words):
    shop.down(behaviour)
    with pytest.raises(ssl.SSLCertVerificationError, match=words):
        Client(shops)


def test_other_shops_keep_their_good_certificate(shops, shop):
    shops.shop("harbor.example").product(PATH, name="Knee")
    shop.down(Behaviour.EXPIRED_CERTIFICATE)
    assert ask(shops, host="harbor.example")[0].status == 200


@pytest.mark.parametrize("host", [HOST, "nobody.example"])
def test_a_closed_shop_and_an_unknown_name_drop_the_connection(shops, shop, host):
    shop.down(Behaviour.CLOSED)
    with pytest.raises(ConnectionResetError):
        Client(shops, host)


@pytest.mark.parametrize("behaviour", sorted(WHOLE_SHOP))
def test_what_happens_before_a_path_is_known_cannot_be_set_on_a_page(shop, behaviour):
    with pytest.raises(ValueError, match="whole shop"):
        shop.set(PATH, behaviour)


def test_a_host_that_the_connection_is_not_for_is_misdirected(client):
    assert client.ask(Host="nobody.example")[0].status == 421


def test_a_name_that_is_no_host_name_is_refused(shops):
    with pytest.raises(ValueError, match="not a host name"):
        shops.shop("no host\n")


def test_many_shops_open_at_once_and_each_has_a_healthy_page_everywhere(shops):
    shops.open(f"shop-{number}.example" for number in range(2000))
    response, body = ask(shops, "/supports/wrist-splint?ref=us", host="shop-1999.example")
    assert response.status == 200
    assert json_ld(body)["name"] == "Wrist splint"


def test_a_client_that_asks_for_it_gets_the_whole_answer_before_the_end(shops, shop, client):
    shop.product("/long", name="Knee " * 600_000)
    client.connection.request("GET", "/long", headers={"Connection": "close"})
    time.sleep(0.3)
    response = client.connection.getresponse()
    body = response.read()
    assert response.getheader("Connection") == "close"
    assert body.endswith(b"</html>")
    assert ask(shops)[0].status == 200


# State changes while it runs


def test_a_page_changes_on_a_connection_that_is_kept_alive(shop, client):
    statuses = []
    for behaviour in (Behaviour.PRODUCT, Behaviour.GONE, Behaviour.PRODUCT):
        shop.set(PATH, behaviour)
        statuses.append(client.ask()[0].status)
    assert statuses == [200, 410, 200]


def test_a_shop_that_is_down_is_down_everywhere_and_comes_up_as_it_was(shop, client):
    shop.set(PATH, Behaviour.GONE)
    shop.down(Behaviour.SERVER_ERROR)
    assert {client.ask(target)[0].status for target in (PATH, "/", "/c/knee", "/robots.txt")} == {500}
    shop.up()
    assert client.ask()[0].status == 410
    assert client.ask("/")[0].status == 200


@pytest.mark.parametrize("behaviour", [Behaviour.CLOSED, Behaviour.EXPIRED_CERTIFICATE])
def test_a_kept_connection_does_not_outlive_a_change_of_certificate(shops, shop, client, behaviour):
    client.ask()
    shop.down(behaviour)
    with pytest.raises((ConnectionError, ssl.SSLError)):
        client.ask()
    shop.up()
    assert ask(shops)[0].status == 200


def test_a_page_with_a_query_is_found_with_a_tag_added(shop, client):
    shop.product("/p?id=1", name="First", gtin="1" * 13)
    shop.product("/p?id=2", name="Second", gtin="2" * 13)
    assert json_ld(client.ask("/p?ref=us&id=2")[1])["name"] == "Second"
    assert client.ask("/p?id=3")[0].status == 404


def test_robots_txt_is_the_shops_own(shop, client):
    shop.robots = "User-agent: *\nDisallow: /\n"
    assert client.ask("/robots.txt")[1] == b"User-agent: *\nDisallow: /\n"


# Affiliate networks

SHOP_PAGE = "https://northgate.example/knee"


@pytest.mark.parametrize(
    ("target", "landing"),
    [
        (f"/cread.php?awinmid=9&awinaffid=7&ued={SHOP_PAGE}", {"awc"}),
        (f"/links/77/type/dlg/sid/x/{SHOP_PAGE}?size=m", {"cjevent", "size"}),
        (f"/click-77-88?url={SHOP_PAGE}", {"cjevent"}),
        (f"/c/1/2/3?u={SHOP_PAGE}", {"irclickid"}),
        (f"/deeplink?id=x&mid=1&murl={SHOP_PAGE}", {"ranMID", "ranEAID", "ranSiteID"}),
        ("/click/camref:x/pubref:y/destination:https%3A%2F%2Fnorthgate.example%2Fknee", set()),
        (f"/click.html?wgcampaignid=1&wgprogramid=2&wgtarget={SHOP_PAGE}", set()),
    ],
)
def test_a_network_hands_over_with_its_own_click_id(target, landing):
    parts = urlsplit(hand_over(target))
    assert (parts.scheme, parts.hostname, parts.path) == ("https", HOST, PATH)
    assert set(parse_qs(parts.query)) == landing


def test_a_network_link_leads_to_the_shop_and_an_empty_one_is_inactive(shops):
    shops.shop("www.awin1.com", default=Behaviour.NETWORK_HOP)
    link = "/cread.php?awinmid=9&awinaffid=7&ued=https%3A%2F%2Fnorthgate.example%2Fknee%3Fsize%3Dm"
    response, _ = ask(shops, link, host="www.awin1.com")
    assert response.status == 302
    assert re.fullmatch(
        r"https://northgate\.example/knee\?size=m&awc=9_[0-9a-f]{8}", response.getheader("Location")
    )
    assert b"no longer active" in ask(shops, "/cread.php?awinmid=9", host="www.awin1.com")[1]


# The log


def test_the_log_says_who_asked_what_and_when(shops, client):
    before = time.monotonic()
    client.ask(f"{PATH}?a=1", "HEAD", **{"User-Agent": "tester"})
    (request,) = shops.requests
    assert (request.host, request.method, request.target) == (HOST, "HEAD", f"{PATH}?a=1")
    assert request.headers["user-agent"] == "tester"
    assert before <= request.at <= time.monotonic()
    shops.forget()
    assert shops.requests == []


def test_requests_at_the_same_time_are_counted_for_each_host(shops, shop):
    shops.shop("harbor.example").product(PATH, name="Knee")
    shop.set(PATH, Behaviour.SLOW, delay=0.5)
    threads = [threading.Thread(target=ask, args=(shops,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    ask(shops, host="harbor.example")
    ask(shops, host="harbor.example")
    for thread in threads:
        thread.join()
    assert shops.max_in_flight == {HOST: 3, "harbor.example": 1}


def test_a_number_is_a_shop_for_clients_that_cannot_be_told_where_names_lead():
    server = RetailerServer()
    for number in ("127.7.7.7", "127.7.7.8"):
        server.shop(number).product("/knee", name=f"Knee {number}")
    with server:
        trusting = ssl.create_default_context(cafile=str(server.ca_file))
        for number in ("127.7.7.7", "127.7.7.8"):
            line = http.client.HTTPSConnection(number, server.port, context=trusting, timeout=5)
            line.request("GET", "/knee")
            assert f"Knee {number}".encode() in line.getresponse().read()
            line.close()
        assert server.max_in_flight == {"127.7.7.7": 1, "127.7.7.8": 1}


def test_a_shop_may_take_its_time_for_every_answer():
    shop = RetailerServer().shop("slowcoach.example")
    shop.set("/slow", Behaviour.SLOW, delay=1.0)
    shop.latency = 0.5
    assert [shop.answer(target).delay for target in ("/", "/slow")] == [0.5, 1.5]


# Bad clients


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 64,
        b"",
    ],
)
def test_a_client_without_tls_is_dropped_and_the_next_is_served(shops, words):
    with (
        socket.create_connection(("127.0.0.1", shops.port), 5) as raw,
        contextlib.suppress(OSError),  # the server may hang up between any two of these
    ):
        raw.sendall(words)
        raw.shutdown(socket.SHUT_WR)
        assert raw.recv(10) == b""
    assert ask(shops)[0].status == 200


@pytest.mark.parametrize(
    "head", ["nonsense", "GET knee HTTP/1.1", "GET /knee HTTP/1.1\r\nContent-Length: -1", "GET"]
)
def test_a_malformed_request_ends_its_connection_only(shops, client, head):
    client.socket.sendall(f"{head}\r\n\r\n".encode())
    assert client.socket.recv(10) == b""
    assert ask(shops)[0].status == 200


# How a checker reaches the shops


def test_fetch_hosts_names_every_shop_its_port_and_the_authority(tmp_path):
    folder = tmp_path / "with spaces and 100% é"
    with RetailerServer(folder=folder) as shops:
        shops.shop("harbor.example")
        shops.shop(HOST)
        shops.write_fetch_hosts(folder / "fetch_hosts")
        assert (folder / "fetch_hosts").read_text().splitlines() == [
            "# name address port CA-file",
            f"harbor.example 127.0.0.1 {shops.port} ca.pem",
            f"northgate.example 127.0.0.1 {shops.port} ca.pem",
        ]
        target = read_targets(folder / "fetch_hosts")[HOST]
        assert (target.address, target.port) == ("127.0.0.1", shops.port)
        assert Path(target.ca_file).samefile(shops.ca_file)
    assert {entry.name for entry in folder.iterdir()} == {"ca.pem", "ca-key.pem", "fetch_hosts"}


def test_the_authority_is_kept_in_the_folder_and_its_key_is_private(tmp_path):
    with RetailerServer(folder=tmp_path) as first:
        before = first.ca_file.read_bytes()
    with RetailerServer(folder=tmp_path) as second:
        second.shop(HOST).product(PATH, name="Knee")
        assert second.ca_file.read_bytes() == before
        assert ask(second)[0].status == 200
    assert (tmp_path / "ca-key.pem").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_an_error_at_once(shops):
    with pytest.raises(OSError, match="in use"):
        RetailerServer(port=shops.port).start()


# A catalogue, a first state, and what people change

CATALOGUE = """product,gtin,kind,retailer,address
Knee brace,5012345678900,single,Northgate,https://northgate.example/knee
Knee supports,,range,Northgate,https://northgate.example/c/knee
Wrist splint,5012345678917,single,Harbor,https://harbor-us.example/p?id=12
Elsewhere,,single,Amazon,https://www.amazon.com/dp/B000000000
Draft,,single,Harbor,
"""


@pytest.fixture
def catalogue(tmp_path):
    path = tmp_path / "products.csv"
    path.write_text(CATALOGUE)
    return path


@pytest.fixture
def scene(catalogue, tmp_path):
    """The shops of the catalogue, their changes, and the control page."""
    with RetailerServer(folder=tmp_path / "folder") as server:
        open_catalogue(server, catalogue)
        changes = Changes(server, tmp_path / "folder" / "changes.json")
        with ControlServer(server, changes) as control:
            yield server, changes, control


def test_a_catalogue_opens_a_shop_for_each_example_host(scene):
    server, _, _ = scene
    assert "www.amazon.com" not in server.shops
    assert [page.target for page in server.shops[HOST].pages] == [PATH, "/c/knee"]
    assert json_ld(ask(server, host=HOST)[1])["gtin13"] == GTIN
    assert b"3 products" in ask(server, "/c/knee")[1]
    assert b"$" in ask(server, "/p?id=12", host="harbor-us.example")[1]
    assert server.shops["www.awin1.com"].default is Behaviour.NETWORK_HOP
    assert ask(server, host="northgate-us.example")[0].status == 200


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("product,address\nKnee,https://x.example/knee\n", "no column gtin, kind, retailer"),
        (CATALOGUE + "Bad,,single,X,https://under_score.example/x\n", "line 7: not a host name"),
    ],
)
def test_a_catalogue_that_cannot_be_played_says_where(tmp_path, text, words):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(SceneError, match=words):
        open_catalogue(RetailerServer(folder=tmp_path), path)


@pytest.mark.parametrize(
    ("behaviours", "words"),
    [
        ({"https://northgate.example/kne": "gone"}, "no page '/kne'"),
        ({"nobody.example": "gone"}, "no shop"),
        ({"https://[": "gone"}, "Invalid IPv6 URL"),
        ({"northgate.example": "on_fire"}, "no behaviour 'on_fire'; there are: product,"),
        ({"https://northgate.example/knee": "expired_certificate"}, "belongs to a whole shop"),
        ({"https://northgate.example/knee": None}, "needs a behaviour"),
        (["gone"], "not an object"),
    ],
)
def test_a_first_state_that_cannot_be_played_says_why_and_changes_nothing(scene, tmp_path, behaviours, words):
    server, _, _ = scene
    path = tmp_path / "behaviours.json"
    path.write_text(json.dumps(behaviours))
    with pytest.raises(SceneError, match=words):
        play(server, read_behaviours(path))
    assert ask(server)[0].status == 200


def test_a_first_state_may_give_figures_such_as_visits_before_the_change(scene, tmp_path):
    server, _, _ = scene
    path = tmp_path / "behaviours.json"
    path.write_text(json.dumps({f"https://{HOST}{PATH}": {"behaviour": "gone", "after": 1}}))
    begin(server, read_plays(path))
    assert [ask(server)[0].status for _ in range(3)] == [200, 410, 410]


def test_an_unknown_figure_of_a_first_state_is_named(tmp_path):
    path = tmp_path / "behaviours.json"
    path.write_text(json.dumps({f"https://{HOST}{PATH}": {"behaviour": "gone", "when": 1}}))
    with pytest.raises(SceneError, match="unknown figure; there are: delay"):
        read_plays(path)


def call(control, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", control.port, timeout=5)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response, response.read().decode()


def test_the_json_interface_changes_shops_and_pages_at_once(scene):
    server, _, control = scene
    wanted = {"down": "server_error", "pages": {PATH: "gone"}}
    response, body = call(control, "POST", f"/api/shops/{HOST}", json.dumps(wanted))
    assert response.status == 200
    assert json.loads(body)["down"] == "server_error"
    assert json.loads(body)["pages"][PATH] == "gone"
    assert ask(server)[0].status == 500
    call(control, "POST", f"/api/shops/{HOST}", '{"up": true}')
    assert ask(server)[0].status == 410
    assert json.loads(call(control, "GET", f"/api/shops/{HOST}")[1])["down"] is None
    assert HOST in {shop["name"] for shop in json.loads(call(control, "GET", "/api/shops")[1])}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"/api/shops/{HOST}", "{", 400),
        (f"/api/shops/{HOST}", "[]", 400),
        (f"/api/shops/{HOST}", "{}", 400),
        (f"/api/shops/{HOST}", '{"dwon": "gone"}', 400),
        (f"/api/shops/{HOST}", '{"down": "on_fire"}', 400),
        (f"/api/shops/{HOST}", '{"pages": {"/nothing": "gone"}}', 400),
        (f"/api/shops/{HOST}", '{"pages": {"@harbor-us.example/p?id=12": "gone"}}', 400),
        (f"/api/shops/{HOST}", '{"pages": {"[": "gone"}}', 400),
        (f"/api/shops/{HOST}", '{"down": "gone", "pages": {"/knee": "closed"}}', 400),
        ("/api/shops/nobody.example", '{"down": "gone"}', 404),
        (f"/api/shops/{HOST}", "x" * 70_000, 413),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_changes_nothing(scene, path, body, status):
    server, _, control = scene
    response, text = call(control, "POST", path, body)
    assert response.status == status
    assert json.loads(text)["error"]
    assert ask(server)[0].status == 200
    assert ask(server, "/p?id=12", host="harbor-us.example")[0].status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_use_the_control_page(scene, headers):
    server, _, control = scene
    response, _ = call(control, "POST", f"/api/shops/{HOST}", '{"down": "gone"}', **headers)
    assert response.status == 403
    assert ask(server)[0].status == 200


def test_the_control_page_has_a_form_for_each_shop_and_page_that_works(scene):
    server, _, control = scene
    page = call(control, "GET", "/")[1]
    assert f'action="/shops/{HOST}"' in page
    assert f'name="path" value="{PATH}"' in page
    assert "<script" not in page
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{control.port}"}
    response, _ = call(control, "POST", f"/shops/{HOST}", "behaviour=server_error", **form)
    assert (response.status, response.getheader("Location")) == (303, f"/#{HOST}")
    assert ask(server)[0].status == 500
    assert "Up again" in call(control, "GET", "/")[1]
    call(control, "POST", f"/shops/{HOST}", "", **form)
    call(control, "POST", f"/shops/{HOST}", "path=%2Fknee&behaviour=gone", **form)
    assert ask(server)[0].status == 410
    call(control, "POST", "/as-at-first", "", **form)
    assert ask(server)[0].status == 200


def test_a_shop_page_can_be_viewed_in_a_browser(scene):
    server, changes, control = scene
    home = call(control, "GET", f"/view/{HOST}/")[1]
    assert f'href="/view/{HOST}/knee"' in home
    assert "Knee brace" in call(control, "GET", f"/view/{HOST}/knee?ref=us")[1]
    changes.make({f"https://{HOST}{PATH}": Behaviour.OTHER_REGION})
    response, _ = call(control, "GET", f"/view/{HOST}/knee?ref=us")
    assert response.getheader("Location") == "/view/northgate-us.example/knee?ref=us"
    changes.make({HOST: Behaviour.RESET})
    assert "drops the connection" in call(control, "GET", f"/view/{HOST}/knee")[1]
    assert call(control, "GET", "/view/nobody.example/")[0].status == 404
    assert server.requests == []


def test_names_from_the_catalogue_cannot_put_markup_on_the_control_page(scene):
    server, _, control = scene
    server.shops[HOST].product("/x", name="<script>alert(1)</script>")
    for path in ("/", f"/view/{HOST}/", f"/view/{HOST}/x"):
        response, page = call(control, "GET", path)
        assert "<script>alert" not in page
        assert "default-src 'none'" in response.getheader("Content-Security-Policy")


def test_changes_survive_a_restart_but_not_for_pages_that_are_gone(scene, tmp_path):
    _, changes, _ = scene
    changes.make({f"https://{HOST}{PATH}": Behaviour.GONE, "harbor-us.example": Behaviour.CLOSED})
    with RetailerServer() as again:
        again.shop(HOST).product(PATH, name="Knee")
        restored = Changes(again, tmp_path / "folder" / "changes.json")
        restored.restore()
        assert ask(again)[0].status == 410
        restored.undo_all()
        assert ask(again)[0].status == 200
    assert json.loads((tmp_path / "folder" / "changes.json").read_text()) == {}


# By itself


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def command(catalogue, folder, port, control_port, *more):
    return [
        *(sys.executable, "-m", "demo.retailers", "--catalogue", str(catalogue), "--folder", str(folder)),
        *("--port", str(port), "--control-port", str(control_port), *map(str, more)),
    ]


ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}"}


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_by_itself_keeps_its_changes_and_stops_cleanly(catalogue, tmp_path, stop):
    first = tmp_path / "first.json"
    first.write_text(json.dumps({f"https://{HOST}{PATH}": "sold_out", "harbor-us.example": "captcha"}))
    folder, port, control_port = tmp_path / "run", free_port(), free_port()
    downs = []
    for change in ('{"down": "gone"}', '{"up": true}'):
        process = subprocess.Popen(
            command(catalogue, folder, port, control_port, "--behaviours", first),
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert f"control page http://127.0.0.1:{control_port}/" in process.stdout.readline()
            assert f"{HOST} 127.0.0.1 {port} ca.pem" in (folder / "fetch_hosts").read_text()
            connection = http.client.HTTPConnection("127.0.0.1", control_port, timeout=5)
            with contextlib.closing(connection):
                connection.request("GET", f"/api/shops/{HOST}")
                facts = json.loads(connection.getresponse().read())
                assert facts["pages"][PATH] == "sold_out"
                downs.append(facts["down"])
                connection.request("POST", f"/api/shops/{HOST}", change)
                assert connection.getresponse().read()
            process.send_signal(stop)
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
    assert downs == [None, "gone"]


@pytest.mark.parametrize("taken", ["port", "control port"])
def test_a_taken_port_is_said_plainly(catalogue, tmp_path, taken):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        busy = listener.getsockname()[1]
        ports = (busy, free_port()) if taken == "port" else (free_port(), busy)
        done = subprocess.run(
            command(catalogue, tmp_path / "run", *ports),
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == f"retailers: cannot listen on 127.0.0.1:{busy}: Address already in use\n"


def test_a_missing_catalogue_is_said_plainly(tmp_path):
    done = subprocess.run(
        command(tmp_path / "none.csv", tmp_path / "run", free_port(), free_port()),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    assert "none.csv" in done.stderr
    assert "Traceback" not in done.stderr
