"""The way to a shop: where it leads, and that it is counted."""

from __future__ import annotations

import datetime
import json
import random
import sys
from collections import Counter
from html import unescape
from io import BytesIO
from itertools import product as combinations
from urllib.parse import quote, unquote

import psycopg
import pytest
import redis
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from products import prepared, programmes
from products.clicks import counting, following
from products.clicks.counting import clicked_offers, count
from products.clicks.departures import find, sub_id_of
from products.destinations import must_be_direct
from products.linkcheck.breaker import Breaker
from products.models import Clicks, Host, Offer, Programme
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    ProductFactory,
    ProgrammeFactory,
    RegionFactory,
    RetailerFactory,
    UserFactory,
    product_box,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


class Reader(Client):
    """A browser of its own, at an address of its own."""

    number = 0

    def __init__(self, **headers: str) -> None:
        Reader.number += 1
        address = f"10.0.{Reader.number // 250 % 250}.{Reader.number % 250 + 1}"
        super().__init__(REMOTE_ADDR=address, HTTP_USER_AGENT=BROWSER, **headers)


@pytest.fixture(autouse=True)
def _no_memory_of_clicks():
    counting._marks.forget()
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        for key in client.scan_iter("referred:click:*"):
            client.delete(key)


@pytest.fixture
def offer() -> Offer:
    return OfferFactory()


@pytest.fixture
def page(offer):
    return ConditionPageFactory(blocks=[product_box(offer.product)])


def amazon_offer(**values) -> Offer:
    identity = {"marketplace": "amazon.co.uk", "tag": "referred-21"}
    programme = ProgrammeFactory(network="amazon", identity=identity)
    shop = RetailerFactory(
        name="Amazon.co.uk", programme=programme, domains=["amazon.co.uk"], checking="human"
    )
    return OfferFactory(retailer=shop, destination="https://www.amazon.co.uk/dp/B000000001", **values)


def way(offer, page=None) -> str:
    return f"/go/{offer.pk}/" + (f"?p={page.pk}" if page else "")


def counted() -> list[tuple[int, int]]:
    return list(Clicks.objects.order_by("pk").values_list("people", "others"))


def expected_location(offer: Offer, page_id: int | None) -> str:
    programme = offer.retailer.programme
    if programme is None:
        return offer.destination
    return programmes.build(programme.network, programme.identity, offer.destination, sub_id_of(page_id))


# --- where it leads -------------------------------------------------------------------------------

IDENTITIES = {
    "awin": {"merchant_id": "101", "publisher_id": "202"},
    "in_house": {"value": "referred"},
}


@pytest.mark.parametrize("network", IDENTITIES)
def test_a_button_leads_where_the_programme_says_with_the_pages_sub_id(network):
    programme = ProgrammeFactory(network=network, identity=IDENTITIES[network])
    offer = OfferFactory(retailer__programme=programme)
    page = ConditionPageFactory(blocks=[product_box(offer.product)])
    answer = Reader().get(way(offer, page))
    assert answer.status_code == 307
    assert answer["Location"] == expected_location(offer, page.pk)
    if network == "awin":
        assert f"clickref=p{page.pk}" in answer["Location"]


def test_a_shop_that_pays_nothing_gets_its_plain_address(page):
    offer = OfferFactory(retailer__programme=None)
    assert Reader().get(way(offer))["Location"] == offer.destination


def test_an_answer_is_stored_nowhere_and_indexed_nowhere(offer, page):
    for answer in (Reader().get(way(offer, page)), Reader().get("/go/0/"), Reader().post(way(offer, page))):
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")
        assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_nothing_of_the_request_reaches_the_location(offer, page):
    plain = Reader().get(way(offer))["Location"]
    for extra in (
        "p=https://evil.example/",
        "p=1&url=https://evil.example/",
        "next=//evil.example",
        "p=%0d%0aX:1",
    ):
        assert Reader().get(f"/go/{offer.pk}/?{extra}")["Location"] == plain


@pytest.mark.parametrize("live", [True, False], ids=["another product's page", "an unpublished page"])
def test_a_page_that_does_not_show_the_product_is_no_page(offer, live):
    page = ConditionPageFactory(blocks=[product_box(ProductFactory() if live else offer.product)])
    if not live:
        page.unpublish()
    answer = Reader().get(way(offer, page))
    assert answer["Location"] == expected_location(offer, None)
    assert Clicks.objects.get().page_id is None


def test_amazon_is_never_behind_a_redirect():
    offer = amazon_offer()
    page = ConditionPageFactory(blocks=[product_box(offer.product)])
    answer = Reader().get(way(offer, page))
    assert answer.status_code == 200
    assert "Location" not in answer
    assert (
        'href="https://www.amazon.co.uk/dp/B000000001?tag=referred-21" rel="sponsored nofollow noopener"'
        in unescape(answer.content.decode())
    )
    assert "As an Amazon Associate I earn from qualifying purchases." in answer.content.decode()
    assert not counted()


def test_an_amazon_address_that_nobody_pays_for_is_direct_too():
    offer = OfferFactory(retailer__programme=None, destination="https://www.amazon.co.uk/dp/B000000001")
    assert "Location" not in Reader().get(way(offer))


def test_a_programme_that_forbids_redirects_forbids_them_wherever_it_leads():
    assert must_be_direct("amazon", "https://shop.example/")
    assert must_be_direct(None, "https://smile.amazon.com/dp/B000000001")
    assert not must_be_direct("awin", "https://notamazon.com/")


def test_the_article_links_through_us_and_to_amazon_directly():
    product = ProductFactory()
    offer, direct = OfferFactory(product=product), amazon_offer(product=product)
    page = ConditionPageFactory(blocks=[product_box(product)])
    html = unescape(Reader().get(page.url).content.decode())
    assert f'href="{way(offer, page)}" rel="sponsored nofollow noopener"' in html
    assert (
        f'href="https://www.amazon.co.uk/dp/B000000001?tag=referred-21" rel="sponsored nofollow noopener" data-click="/clicked/{direct.pk}/?p={page.pk}"'
        in html
    )


# --- where it no longer leads ---------------------------------------------------------------------


@pytest.mark.parametrize("values", [
    {"reachable": "broken"}, {"identity": "lost"}, {"buyable": "out_of_stock"}, {"buyable": "discontinued"},
    {"buyable": "different_product"}, {"enabled": False}, {"destination": ""},
], ids=str)  # fmt: skip
def test_a_dead_offer_names_another_shop_of_its_region_and_sends_nobody_there(values):
    product = ProductFactory()
    dead = OfferFactory(product=product, **values)
    other = OfferFactory(product=product, retailer__name="second.example", priority=1)
    OfferFactory(product=product, retailer__name="abroad.example", retailer__region=RegionFactory(code="US"))
    page = ConditionPageFactory(blocks=[product_box(product)])
    answer = Reader().get(way(dead, page))
    html = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert "Location" not in answer
    assert f"We no longer link to {dead.retailer}" in html
    assert f'href="{way(other, page)}"' in html
    assert "Buy from second.example (UK)" in html
    assert "abroad.example" not in html
    assert f'href="{page.url}"' in html
    assert html.index("Ad: we may earn") < html.index("Buy from")
    assert not counted()


def test_a_dead_offer_without_another_says_that_there_is_none():
    dead = OfferFactory(reachable="broken")
    answer = Reader().get(way(dead))
    assert "We know of no other UK seller in stock." in answer.content.decode()
    assert "Location" not in answer


def test_a_paying_shop_of_a_region_without_disclosure_is_not_offered_instead():
    dead = OfferFactory(reachable="broken")
    OfferFactory(product=dead.product, priority=1)
    region = dead.retailer.region
    region.disclosure = ""
    region.save()
    assert "Buy from" not in Reader().get(way(dead)).content.decode()


def test_an_offer_at_a_host_that_fails_as_a_whole_is_dead(offer):
    Host.objects.filter(pk=offer.host_id).update(breaker=Breaker.FAILING)
    assert "Location" not in Reader().get(way(offer))


def test_an_offer_whose_programme_makes_no_link_is_dead(offer):
    Programme.objects.filter(pk=offer.retailer.programme_id).update(identity={})
    answer = Reader().get(way(offer))
    assert answer.status_code == 200
    assert "Location" not in answer


def test_a_withdrawn_product_shows_its_notice_and_no_shop():
    now = timezone.now()
    offer = OfferFactory(product__withdrawn_at=now, product__withdrawn_reason="It may burn the skin.")
    html = Reader().get(way(offer)).content.decode()
    assert "It may burn the skin." in html
    assert "Buy from" not in html


@pytest.mark.parametrize(
    "number", ["0", "999999", "-1", "1.5", "x", "٣", "9" * 30, "1/2", "%00", "a%00b", "%ff", " 1", "1%20"]
)
def test_an_offer_that_never_was_is_said_to_be_unknown(number):
    answer = Reader().get(f"/go/{number}/")
    assert answer.status_code == 404
    assert "We know of no such link" in answer.content.decode()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_a_link_is_followed_and_nothing_else(offer, method):
    assert getattr(Reader(), method)(way(offer)).status_code == 405
    assert not counted()


STATES = {
    "reachable": ["ok", "suspect", "broken", "unknown"],
    "identity": ["proven", "handed_over", "lost", "not_applicable", "unknown"],
    "buyable": ["in_stock", "out_of_stock", "discontinued", "different_product", "unknown"],
    "enabled": [True, False],
}


def test_the_prepared_question_finds_exactly_what_may_be_shown(offer):
    for values in combinations(*STATES.values()):
        Offer.objects.filter(pk=offer.pk).update(**dict(zip(STATES, values, strict=True)))
        showable = Offer.objects.showable().filter(pk=offer.pk).exists()
        assert (find(offer.pk, None) is not None) == showable, values


# --- counting -------------------------------------------------------------------------------------


def test_a_click_is_a_number_in_the_row_of_its_day_link_page_and_region(offer, page):
    Reader().get(way(offer, page))
    Reader().get(way(offer, page))
    row = Clicks.objects.get()
    assert (row.offer, row.page_id, row.region.code) == (offer, page.pk, "UK")
    assert (row.day, row.people, row.others) == (timezone.localdate(), 2, 0)


def test_nothing_is_stored_of_who_clicked():
    names = {field.name for field in Clicks._meta.get_fields()}
    assert names == {"id", "day", "offer", "page", "region", "people", "others"}


def test_a_day_is_the_sites_own(offer):
    with time_machine.travel("2026-06-30T23:30:00Z", tick=False):  # half past midnight in London
        Reader().get(way(offer))
    assert Clicks.objects.get().day == datetime.date(2026, 7, 1)


@pytest.mark.parametrize("headers", [
    {"HTTP_USER_AGENT": GOOGLEBOT}, {"HTTP_USER_AGENT": ""},
    {"HTTP_SEC_PURPOSE": "prefetch"}, {"HTTP_SEC_PURPOSE": "prefetch;prerender"}, {"HTTP_PURPOSE": "prefetch"}, {"HTTP_X_MOZ": "prefetch"},
    {"HTTP_SEC_FETCH_DEST": "image"}, {"HTTP_SEC_FETCH_MODE": "cors"},
], ids=str)  # fmt: skip
def test_robots_and_prefetches_are_sent_on_and_counted_apart(offer, headers):
    answer = Reader().get(way(offer), **headers)
    assert answer.status_code == 307
    assert counted() == [(0, 1)]


def test_a_head_is_counted_apart(offer):
    assert Reader().head(way(offer)).status_code == 307
    assert counted() == [(0, 1)]


def test_the_sites_own_people_are_counted_apart(offer):
    reader = Reader()
    reader.force_login(UserFactory())
    reader.get(way(offer))
    assert counted() == [(0, 1)]


def test_a_repeat_within_seconds_is_counted_apart(offer):
    reader, other = Reader(), OfferFactory()
    for _ in range(3):
        assert reader.get(way(offer)).status_code == 307
    reader.get(way(other))
    assert counted() == [(1, 2), (1, 0)]


def test_what_is_kept_of_a_reader_is_a_keyed_hash_for_seconds(offer):
    reader = Reader()
    reader.get(way(offer))
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        (key,) = client.scan_iter("referred:click:*")
        assert 0 < client.ttl(key) <= counting.REPEAT_SECONDS
        assert client.get(key) == b""
    assert reader.defaults["REMOTE_ADDR"].encode() not in key
    today = timezone.localdate()
    assert counting._key_of(today) != counting._key_of(today + datetime.timedelta(days=1))


def test_without_redis_every_click_is_sent_on_and_counted(offer, settings):
    there = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nobody listens there
    reader = Reader()
    for _ in range(3):
        assert reader.get(way(offer)).status_code == 307
    assert counted() == [(3, 0)]
    settings.REDIS_URL = there
    counting._marks._rest_until = 0.0
    for _ in range(2):
        reader.get(way(offer))
    assert counted() == [(4, 1)]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_lost_costs_no_click(offer):
    assert Reader().get(way(offer)).status_code == 307
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        ours = connection.connection.info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s)", [ours])
    assert Reader().get(way(offer)).status_code == 307
    assert connection.connection.info.backend_pid != ours
    assert counted() == [(2, 0)]


def test_the_region_counted_is_where_the_reader_shops(offer):
    RegionFactory(code="US")
    reader = Reader()
    reader.cookies["region"] = "US"
    reader.get(way(offer))
    assert Clicks.objects.get().region.code == "US"


def test_counts_outlive_what_they_speak_of(offer):
    Reader().get(way(offer))
    offer.delete()
    count(999_999, 999_999, 999_999, is_person=True, now=timezone.now())
    assert counted() == [(1, 0), (1, 0)]


def test_offers_that_people_clicked_this_week_are_known(offer):
    now = timezone.now()
    old, robots, never = OfferFactory(), OfferFactory(), OfferFactory()
    count(offer.pk, None, None, is_person=True, now=now - datetime.timedelta(days=6))
    count(old.pk, None, None, is_person=True, now=now - datetime.timedelta(days=8))
    count(robots.pk, None, None, is_person=False, now=now)
    everything = [offer.pk, old.pk, robots.pk, never.pk]
    assert clicked_offers(everything, now=now) == {offer.pk}


# --- the beacon -----------------------------------------------------------------------------------


@pytest.fixture
def direct():
    offer = amazon_offer()
    return offer, ConditionPageFactory(blocks=[product_box(offer.product)])


def tell(offer, page, reader=None, **headers):
    return (reader or Reader()).post(f"/clicked/{offer.pk}/?p={page.pk}", **headers)


def test_a_direct_link_is_counted_when_the_browser_tells(direct):
    answer = tell(
        *direct,
        HTTP_SEC_FETCH_SITE="same-origin",
        HTTP_SEC_FETCH_MODE="no-cors",
        HTTP_ORIGIN="http://testserver",
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert not answer.cookies
    assert counted() == [(1, 0)]
    assert Clicks.objects.get().page_id == direct[1].pk


@pytest.mark.parametrize(
    "headers", [{"HTTP_USER_AGENT": GOOGLEBOT}, {"HTTP_SEC_PURPOSE": "prefetch;prerender"}], ids=str
)
def test_a_beacon_is_filtered_as_a_click_is(direct, headers):
    tell(*direct, **headers)
    assert counted() == [(0, 1)]


def test_a_beacon_sent_twice_is_a_repeat(direct):
    reader = Reader()
    tell(*direct, reader=reader)
    tell(*direct, reader=reader)
    assert counted() == [(1, 1)]


def test_a_beacon_writes_no_junk(direct, offer, page):
    amazon, its_page = direct
    tell(offer, page)  # its links lead through /go/, which counts them
    tell(amazon, page)  # does not show it
    Reader().post(f"/clicked/{amazon.pk}/")
    Reader().post(f"/clicked/{amazon.pk}/?p=x")
    Reader().post("/clicked/999999/?p=1")
    Reader().post("/clicked/%00/?p=1")
    tell(amazon, its_page, HTTP_SEC_FETCH_SITE="cross-site")
    tell(amazon, its_page, HTTP_ORIGIN="https://evil.example")
    assert Reader().get(f"/clicked/{amazon.pk}/?p={its_page.pk}").status_code == 405
    Offer.objects.filter(pk=amazon.pk).update(reachable="broken")
    tell(amazon, its_page)
    assert not counted()


# --- hostile requests -----------------------------------------------------------------------------

WEIRD = [
    "",
    "0",
    "-1",
    "1e9",
    "nan",
    "null",
    "0x1",
    "１",
    "٣",
    "9" * 19,
    "9" * 400,
    "\x00",
    "a\x00b",
    "\r\nLocation: x",
    "../..",
    "//evil.example",
    "https://evil.example/",
    "%2e%2e",
    "\ud7ff",
    "\U0001f600",
    "<script>",
    "' OR 1=1 --",
    "{{7*7}}",
    "$(id)",
    "true",
    "[]",
    " ",
]
COUNTRIES = ["US", "us", "GB", "XX", "T1", "EU", "", "A" * 5000, "\x00", "US,GB", "ＵＳ"]
FORGED = ["HTTP_CF_IPCOUNTRY", "HTTP_CLOUDFRONT_VIEWER_COUNTRY", "HTTP_X_VERCEL_IP_COUNTRY", "HTTP_X_APPENGINE_COUNTRY", "HTTP_CDN_REQUESTCOUNTRYCODE", "HTTP_X_COUNTRY"]  # fmt: skip


def _noise(rng: random.Random) -> str:
    return "".join(
        chr(rng.choice([rng.randrange(32, 127), rng.randrange(160, 256)])) for _ in range(rng.randrange(40))
    )


class Wire:
    """The site as a web server sees it. Django's whole test client takes longer than the site does."""

    def __init__(self, *, knows_the_token: bool = False) -> None:
        self.site = ClientHandler(enforce_csrf_checks=not knows_the_token)

    def ask(self, method: str, path: str, query: str, headers: dict[str, str]) -> HttpResponse:
        """The answer to a request whose `path` is quoted."""
        return self.site({
            "REQUEST_METHOD": method, "PATH_INFO": unquote(path, "latin-1"), "QUERY_STRING": query,
            "SERVER_NAME": "testserver", "SERVER_PORT": "80", "REMOTE_ADDR": "10.9.9.9", "HTTP_USER_AGENT": BROWSER,
            "wsgi.url_scheme": "http", "wsgi.input": BytesIO(), "wsgi.errors": sys.stderr, **headers,
        })  # fmt: skip


def test_hostile_requests_lead_to_stored_offers_alone(full_or):
    """10,000 with `--full`."""
    rng, requests = random.Random(20261122), full_or(10_000, 2_000)
    us = RegionFactory(code="US")
    alive = [
        *(
            OfferFactory(retailer__programme=ProgrammeFactory(network=network, identity=identity))
            for network, identity in IDENTITIES.items()
        ),
        OfferFactory(retailer__programme=None),
        OfferFactory(retailer__region=us),
    ]
    amazon = amazon_offer()
    dead = [
        OfferFactory(reachable="broken"),
        OfferFactory(enabled=False),
        OfferFactory(destination=""),
        amazon,
    ]
    pages = {
        offer.pk: ConditionPageFactory(blocks=[product_box(offer.product)]) for offer in [*alive[:2], amazon]
    }
    allowed = {
        offer.pk: {
            expected_location(offer, page.pk if page else None) for page in (None, pages.get(offer.pk))
        }
        for offer in alive
    }
    article = pages[alive[0].pk].url
    wire, seen = Wire(), Counter[int]()
    for number in range(requests):
        headers = _hostile_headers(rng)
        page = rng.choice(WEIRD) if rng.random() < 0.5 else str(rng.choice(list(pages.values())).pk)
        query = f"p={quote(page)}&region={quote(rng.choice(WEIRD))}&{quote(_noise(rng))}"
        offer = rng.choice(alive) if rng.random() < 0.93 else rng.choice(dead)
        place = str(offer.pk) if rng.random() < 0.94 else quote(rng.choice(WEIRD), safe=rng.choice(["", "/"]))
        match number % 100:
            case 0:
                answer = wire.ask("GET", article, query, headers)
            case 1:
                answer = wire.ask("GET", "/region/", query, headers)
                assert json.loads(answer.content)["region"] == "UK", "forged headers change nothing"
            case 2 | 3 | 4 | 5:
                answer = wire.ask(rng.choice(["POST", "GET"]), f"/clicked/{place}/", query, headers)
            case _:
                method = rng.choice(["GET"] * 8 + ["HEAD", "POST"])
                answer = wire.ask(method, f"/go/{place}/", query, headers)
        assert answer.status_code < 500, (place, query, headers)
        assert not any(cookie.value for cookie in answer.cookies.values()), "a broken session's is deleted"
        if answer.status_code == 307:
            assert answer["Location"] in allowed[int(place)], (place, query)
        else:
            assert answer.get("Location", "/").startswith("/")
        seen[answer.status_code] += 1
    assert seen[307] > 0.6 * requests
    assert {200, 204, 404, 405} <= seen.keys()


def test_hostile_requests_at_the_region_form_set_the_region_that_was_chosen_or_none(full_or):
    """10,000 with `--full`. The form asks for its own page with `?region=`, and its script for `/region/`."""
    rng, requests = random.Random(20261123), full_or(10_000, 100)
    uk, us = RegionFactory(), RegionFactory(code="US")
    product = ProductFactory()
    leads = {}
    for region in (uk, us):
        offer = OfferFactory(product=product, retailer__region=region)
        leads[f"/go/{offer.pk}/"] = expected_location(offer, None)
    article = ConditionPageFactory(blocks=[product_box(product)]).url
    wires, seen = [Wire(), Wire(knows_the_token=True)], Counter[tuple[str, str, int]]()
    for _ in range(requests):
        headers = _hostile_headers(rng)
        choice = rng.choice(["US", "UK", "us", *WEIRD, _noise(rng)])
        values = f"region={quote(choice)}&{quote(_noise(rng))}"
        method, path = (
            rng.choice(["GET", "GET", "HEAD", "POST"]),
            rng.choice([article, "/region/", "/region/", *leads]),
        )
        body = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(values)), "wsgi.input": BytesIO(values.encode())}  # fmt: skip
        answer = rng.choice(wires).ask(method, path, values, headers | (body if method == "POST" else {}))
        asked = method, path, values, headers
        assert answer.status_code < 500, asked
        if path in leads:
            assert answer.get("Location") == (None if method == "POST" else leads[path]), asked
        else:
            assert "Location" not in answer, asked
        if path == "/region/" and method == "GET":
            assert json.loads(answer.content) == {"region": "UK"}, (
                "neither the form nor a forged header is asked"
            )
        chosen = {name: cookie.value for name, cookie in answer.cookies.items() if cookie.value}
        is_chosen = (method, path) == ("GET", article) and choice.upper() in {"UK", "US"}
        is_made_ahead = "HTTP_SEC_PURPOSE" in headers
        assert chosen == ({"region": choice.upper()} if is_chosen and not is_made_ahead else {}), asked
        seen[method, path, answer.status_code] += 1
    assert {(method, article, 200) for method in ("GET", "HEAD", "POST")} <= seen.keys()
    assert {("GET", "/region/", 200), ("POST", "/region/", 403), ("POST", "/region/", 405)} <= seen.keys()


def _hostile_headers(rng: random.Random) -> dict[str, str]:
    headers = {rng.choice(FORGED): rng.choice(COUNTRIES) for _ in range(rng.randrange(3))}
    if rng.random() < 0.2:
        names = ("HTTP_SEC_PURPOSE", "HTTP_USER_AGENT", "HTTP_X_FORWARDED_FOR", "HTTP_ORIGIN")
        headers |= {name: _noise(rng) for name in names}
    if rng.random() < 0.02:
        headers["HTTP_COOKIE"] = f"region={_noise(rng)}; sessionid={_noise(rng)}"
    return headers


# --- finding and counting in one statement --------------------------------------------------------


def test_a_button_that_was_followed_before_costs_one_statement(offer, page, django_assert_num_queries):
    for _ in range(2):
        Reader().get(f"/go/{offer.pk}/?p={page.pk}")
    statements = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following, "ask", lambda *asked: statements.append(asked) or prepared.ask(*asked))
        patch.setattr(following, "count", lambda *_, **__: pytest.fail("It was counted by itself."))
        assert Reader().get(f"/go/{offer.pk}/?p={page.pk}").status_code == 307
    assert len(statements) == 1
    assert Clicks.objects.get().people == 3


@pytest.mark.parametrize("change", ["destination", "identity", "region", "page", "health", "network"])
def test_what_changed_since_a_button_was_followed_decides(offer, page, change):
    link = f"/go/{offer.pk}/?p={page.pk}"
    before = [Reader().get(link) for _ in range(2)][1]["Location"]
    programme = offer.retailer.programme
    match change:
        case "destination":
            Offer.objects.filter(pk=offer.pk).update(destination=offer.destination + "?size=2")
        case "identity":
            identity = {name: f"{value}9" for name, value in programme.identity.items()}
            Programme.objects.filter(pk=programme.pk).update(identity=identity)
        case "region":
            RegionFactory(code="AT", name="Austria", sort_order=0)
        case "page":
            page.unpublish()
        case "health":
            Offer.objects.filter(pk=offer.pk).update(reachable="broken")
        case "network":
            Programme.objects.filter(pk=programme.pk).update(network="amazon")
    answer = Reader().get(link)
    counted = sum(row.people for row in Clicks.objects.all())
    if change in {"health", "network"}:
        assert (answer.status_code, counted) == (200, 2)
    else:
        assert (answer.status_code, counted) == (307, 3)
        assert (answer["Location"] == before) == (change in {"region", "page"})


def test_only_an_answer_without_a_body_goes_without_a_content_policy(offer, page):
    sent_on, page_instead = Reader().get(way(offer, page)), Reader().get("/go/0/")
    assert (sent_on.status_code, sent_on.content, "Content-Security-Policy" in sent_on) == (307, b"", False)
    assert "default-src 'none'" in page_instead["Content-Security-Policy"]
