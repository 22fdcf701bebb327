"""`check_urls` on real retailers: what it says of each line, how it treats shops, and what it needs."""

from __future__ import annotations

import itertools
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core.management import call_command

from demo.retailers import WHOLE_SHOP, Behaviour, RetailerServer
from products import urlcheck
from products.destinations import host_key, may_be_fetched
from products.fetch import Door, read_targets
from products.linkcheck.verdict import Outcome
from products.management.commands.check_urls import Command
from products.urlcheck import Manner, Result, UrlCheck
from tests.hostile_server import HostileServer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
BLUR = 0.08  # seconds that the way to the shop's clock may add or take on a busy machine
QUICK = Manner(threads=8, pace=0.02, confirm_after=0.02)
NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/nowhere"

# What one look, without a baseline, can know. A flaky shop answers well in the end.
OUTCOMES: Mapping[Behaviour, Outcome] = {
    Behaviour.PRODUCT: Outcome.HEALTHY,
    Behaviour.PLAIN_PRODUCT: Outcome.HEALTHY,
    Behaviour.CATEGORY: Outcome.NOT_JUDGED,
    Behaviour.SOLD_OUT: Outcome.OUT_OF_STOCK,
    Behaviour.SOLD_OUT_IN_WORDS: Outcome.OUT_OF_STOCK,
    Behaviour.DISCONTINUED: Outcome.DISCONTINUED,
    Behaviour.OTHER_PRODUCT: Outcome.HEALTHY,
    Behaviour.NOT_FOUND: Outcome.GONE,
    Behaviour.GONE: Outcome.GONE,
    Behaviour.SOFT_404: Outcome.SOFT_404,
    Behaviour.REDIRECT_HOME: Outcome.SOFT_404,
    Behaviour.CAPTCHA: Outcome.BLOCKED,
    Behaviour.CAPTCHA_503: Outcome.BLOCKED,
    Behaviour.CHALLENGE: Outcome.BLOCKED,
    Behaviour.CONSENT_WALL: Outcome.BLOCKED,
    Behaviour.SCRIPT_ONLY: Outcome.BLOCKED,
    Behaviour.HEAD_REFUSED: Outcome.HEALTHY,
    Behaviour.GET_REFUSED: Outcome.BLOCKED,
    Behaviour.RATE_LIMITED: Outcome.RATE_LIMITED,
    Behaviour.UNAVAILABLE: Outcome.RATE_LIMITED,
    Behaviour.KEEPS_TAG: Outcome.REDIRECTED,
    Behaviour.DROPS_TAG: Outcome.REDIRECTED,
    Behaviour.MOVED: Outcome.REDIRECTED,
    Behaviour.OTHER_REGION: Outcome.OTHER_REGION,
    Behaviour.REDIRECT_LOOP: Outcome.REDIRECT_LOOP,
    Behaviour.ENDLESS_REDIRECTS: Outcome.REDIRECT_LOOP,
    Behaviour.SLOW: Outcome.TIMEOUT,
    Behaviour.TIMEOUT: Outcome.TIMEOUT,
    Behaviour.RESET: Outcome.RESET,
    Behaviour.SERVER_ERROR: Outcome.SERVER_ERROR,
    Behaviour.FLAKY: Outcome.HEALTHY,
    Behaviour.NO_CONTENT: Outcome.UNKNOWN,
    Behaviour.GZIP: Outcome.UNKNOWN,
    Behaviour.CLOSED: Outcome.RESET,
    Behaviour.WRONG_CERTIFICATE: Outcome.TLS_ERROR,
    Behaviour.EXPIRED_CERTIFICATE: Outcome.TLS_ERROR,
    Behaviour.SELF_SIGNED_CERTIFICATE: Outcome.TLS_ERROR,
}
BROKEN = frozenset(
    {
        Outcome.GONE,
        Outcome.SOFT_404,
        Outcome.REDIRECT_LOOP,
        Outcome.TIMEOUT,
        Outcome.RESET,
        Outcome.SERVER_ERROR,
        Outcome.TLS_ERROR,
    }
)
NETWORKS = {Behaviour.NETWORK_HOP, Behaviour.NETWORK_INACTIVE}  # no shops: they have tests of their own


@pytest.fixture(scope="module")
def shops() -> Iterator[RetailerServer]:
    with RetailerServer() as server:
        server.open(("oak.example", "elm.example", "www.amazon.co.uk"))
        server.shop("www.awin1.com", default=Behaviour.NETWORK_HOP)
        yield server


@pytest.fixture
def door(shops: RetailerServer) -> Door:
    shops.forget()
    return door_to(shops)


def door_to(shops: RetailerServer, deadline: float = 2.0) -> Door:
    hosts = shops.ca_file.with_name("fetch_hosts")
    shops.write_fetch_hosts(hosts)
    return Door(
        user_agent="Referred/1.0",
        targets=read_targets(hosts),
        deadline=deadline,
        is_barred=lambda host: not may_be_fetched(host),
    )


def check(door: Door, lines: Iterable[str], manner: Manner = QUICK) -> list[Result]:
    results: list[Result] = []
    UrlCheck(lines, door, manner).run(results.append)
    return results


def only(results: list[Result]) -> tuple[Outcome, bool]:
    assert len(results) == 1
    return results[0].outcome, results[0].is_broken


def asked(shops: RetailerServer, host: str) -> list[float]:
    return [request.at for request in shops.requests if request.host == host]


# --- what it says -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def census() -> Iterator[tuple[dict[str, Behaviour], list[Result], RetailerServer]]:
    """One run over every behaviour of a shop, ten pages of each, on shops that do several things."""
    with RetailerServer() as server:
        truth: dict[str, Behaviour] = {}
        for behaviour, number in itertools.product(OUTCOMES, range(10)):
            alone = behaviour in WHOLE_SHOP or OUTCOMES[behaviour] is Outcome.RATE_LIMITED
            slug = behaviour.value.replace("_", "-")
            name = f"{slug}-{number}.example" if alone else f"shop{number}{len(truth) % 3}.example"
            if behaviour in WHOLE_SHOP:
                server.shop(name).down(behaviour)
                address = f"https://{name}/page"
            else:
                address = server.shop(name).product(
                    f"/{slug}",
                    name="Knee support",
                    behaviour=behaviour,
                    delay=3.0,
                    retry_after=60,
                    seed=number,
                )
                server.shop(f"{name.partition('.')[0]}-us.example", default=Behaviour.PRODUCT)
            truth[address] = behaviour
        results = check(
            door_to(server, deadline=1.5), truth, Manner(threads=24, pace=0.02, confirm_after=0.05)
        )
        yield truth, results, server


def test_every_behaviour_of_a_shop_has_its_outcome(census):
    truth, results, _server = census
    assert len(results) == len(truth)
    wrong = [
        (result.line, result.outcome.value)
        for result in results
        if result.outcome is not OUTCOMES[truth[result.line]] and truth[result.line] is not Behaviour.FLAKY
    ]
    assert not wrong


def test_broken_is_said_of_what_is_broken_and_of_nothing_else(census):
    truth, results, _server = census
    said = {result.line for result in results if result.is_broken}
    broken = {address for address, behaviour in truth.items() if OUTCOMES[behaviour] in BROKEN}
    assert len(said & broken) / len(said) >= 0.99  # precision
    assert len(said & broken) / len(broken) >= 0.99  # recall


def test_a_shop_that_refuses_robots_is_never_called_broken(census):
    truth, results, _server = census
    refusing = {Outcome.BLOCKED, Outcome.RATE_LIMITED, Outcome.OTHER_REGION, Outcome.UNKNOWN}
    assert not [each for each in results if OUTCOMES[truth[each.line]] in refusing and each.is_broken]


def test_no_shop_is_asked_two_things_at_once(census):
    _truth, _results, server = census
    assert set(server.max_in_flight.values()) == {1}


def test_a_healthy_page_is_asked_once_and_a_bad_one_as_often_as_the_rules_ask(shops, door):
    pages = {Behaviour.PRODUCT: 1, Behaviour.GONE: 2, Behaviour.SOLD_OUT: 2, Behaviour.SERVER_ERROR: 3}
    addresses = {
        shops.shop("oak.example").product(f"/{one.value}", name="x", behaviour=one): one for one in pages
    }
    check(door, addresses)
    assert {
        one: sum(request.target == f"/{one.value}" for request in shops.requests) for one in pages
    } == pages


def test_one_good_look_heals(shops, door):
    address = shops.shop("oak.example").product("/mended", name="x", behaviour=Behaviour.SERVER_ERROR)
    mend = threading.Timer(0.2, shops.shop("oak.example").set, ("/mended", Behaviour.PRODUCT))
    mend.start()
    results = check(door, [address], Manner(pace=0.02, confirm_after=0.6))
    mend.join()
    assert len(shops.requests) == 2
    assert only(results) == (Outcome.HEALTHY, False)


def test_the_second_look_comes_after_the_time_that_was_asked_for(shops, door):
    address = shops.shop("oak.example").product("/late", name="x", behaviour=Behaviour.GONE)
    check(door, [address], Manner(pace=0.02, confirm_after=0.5))
    first, second = asked(shops, "oak.example")
    assert second - first >= 0.5 - BLUR


def test_an_identity_that_is_lost_on_the_way_is_an_outcome_and_not_a_broken_link(shops, door):
    shops.shop("oak.example").set("/keeps", Behaviour.KEEPS_TAG)
    shops.shop("oak.example").set("/drops", Behaviour.DROPS_TAG)
    link = "https://oak.example/{}?sca_ref=12345.AbC"
    assert only(check(door, [link.format("keeps")])) == (Outcome.REDIRECTED, False)
    assert only(check(door, [link.format("drops")])) == (Outcome.IDENTITY_LOST, False)


def test_a_tracked_link_is_judged_by_the_shop_that_it_leads_to(shops, door):
    link = "https://www.awin1.com/cread.php?awinmid=1&awinaffid=2&ued=https%3A%2F%2Foak.example%2F"
    shops.shop("oak.example").set("/dead", Behaviour.GONE)
    assert only(check(door, [f"{link}live"])) == (Outcome.REDIRECTED, False)
    assert only(check(door, [f"{link}dead"])) == (Outcome.GONE, True)


@pytest.mark.parametrize(
    "link",
    ["https://tidd.ly/3abc", "https://b.pxf.io/c/1/2/3", "https://prf.hn/l/abc1", "https://shrsl.com/4def"],
)
@pytest.mark.parametrize(
    ("behaviour", "outcome", "is_broken"),
    [(Behaviour.PRODUCT, Outcome.REDIRECTED, False), (Behaviour.GONE, Outcome.GONE, True)],
)
def test_a_tracked_link_that_hides_its_destination_is_judged_by_where_it_lands(
    shops, link, behaviour, outcome, is_broken
):
    host, _, path = link.removeprefix("https://").partition("/")
    shops.shop(host).set(f"/{path}", Behaviour.OTHER_REGION, to="oak.example")
    shops.shop("oak.example").set(f"/{path}", behaviour)
    assert only(check(door_to(shops), [link])) == (outcome, is_broken)


def test_a_hidden_link_that_ends_at_its_network_tells_nothing_of_the_shop(shops):
    shops.shop("tidd.ly").set("/3stays", Behaviour.CATEGORY)
    assert only(check(door_to(shops), ["https://tidd.ly/3stays"])) == (Outcome.UNKNOWN, False)


@pytest.mark.parametrize(
    "link",
    [
        "https://www.anrdoezrs.net/links/77/type/dlg/https://oak.example/way",
        "https://prf.hn/click/camref:abcd/destination:https%3A%2F%2Foak.example%2Fway",
    ],
)
def test_a_tracked_link_without_a_query_is_one_too(link):
    expectation = urlcheck.expectation_of(link)
    assert expectation.destination == "https://oak.example/way"
    assert expectation.identity is not None
    assert expectation.identity.is_handed_over_at(link)


# --- lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "no address",
        "ftp://oak.example/",
        "https://10.0.0.1/",
        "https://localhost/",
        "https://oak.example:22/",
        "https://[::1",
        "https://a\x00b.example/",
        "https://oak.example/a\tb",
        "x" * 5000,
        "https://�.example/",
    ],
)
def test_a_bad_line_gets_an_outcome_and_never_a_crash(door, line):
    results = check(door, [line])
    assert only(results) == (Outcome.UNSAFE_ADDRESS, False)
    assert str(results[0]).count("\t") == 2
    assert len(str(results[0]).splitlines()) == 1


def test_duplicates_are_asked_once_and_told_each(shops, door):
    lines = [
        "https://oak.example/twin",
        "HTTPS://Oak.Example:443/twin",
        "https://oak.example/twin#size",
        " https://oak.example/twin ",
    ]
    results = check(door, lines)
    assert Counter(result.line for result in results) == Counter(line.strip() for line in lines)
    assert {result.outcome for result in results} == {Outcome.HEALTHY}
    assert len(shops.requests) == 1


def test_amazon_is_never_asked_not_even_at_the_end_of_a_redirect(shops, door):
    shops.shop("oak.example").set("/away", Behaviour.OTHER_REGION, to="www.amazon.co.uk")
    lines = ["https://www.amazon.co.uk/dp/B01N5IB20Q", "https://amzn.to/3xYz", "https://oak.example/away"]
    results = check(door, lines)
    assert {(result.line, result.outcome, result.is_broken) for result in results} == {
        (line, Outcome.BLOCKED, False) for line in lines
    }
    assert {request.host for request in shops.requests} == {"oak.example"}


# --- manners ------------------------------------------------------------------------------------------


def test_the_pace_is_kept_over_redirects_and_second_looks(shops, door):
    for number, behaviour in enumerate([Behaviour.MOVED, Behaviour.GONE, Behaviour.PRODUCT]):
        shops.shop("oak.example").set(f"/paced{number}", behaviour)
    check(
        door,
        [f"https://oak.example/paced{number}" for number in range(3)],
        Manner(pace=0.2, confirm_after=0.1),
    )
    moments = asked(shops, "oak.example")
    assert len(moments) == 5
    assert min(b - a for a, b in itertools.pairwise(moments)) >= 0.2 - BLUR


def test_a_host_that_asks_for_quiet_gets_it_and_is_then_asked_again(shops, door):
    shops.shop("elm.example").set("/limited", Behaviour.RATE_LIMITED, retry_after=1)
    results = check(door, ["https://elm.example/limited", "https://elm.example/1", "https://elm.example/2"])
    assert {result.outcome for result in results} == {Outcome.RATE_LIMITED, Outcome.HEALTHY}
    refused = [request.at for request in shops.requests if request.target == "/limited"]
    assert len(refused) == 2
    for request in shops.requests:
        assert not any(moment < request.at < moment + 1.0 - BLUR for moment in refused)


@pytest.mark.parametrize(("quiet", "requests"), [(3600, 1), (1, 3)], ids=["too long", "too often"])
def test_a_host_that_will_not_answer_is_left_alone(shops, door, quiet, requests):
    shops.shop("elm.example").down(Behaviour.RATE_LIMITED, retry_after=quiet)
    shops.shop("oak.example").set("/to-elm", Behaviour.OTHER_REGION, to="elm.example")
    try:
        results = check(
            door, [*(f"https://elm.example/{number}" for number in range(20)), "https://oak.example/to-elm"]
        )
    finally:
        shops.shop("elm.example").up()
    assert len(results) == 21
    assert {(result.outcome, result.is_broken) for result in results} == {(Outcome.RATE_LIMITED, False)}
    assert len(asked(shops, "elm.example")) <= requests + 1


@pytest.mark.parametrize(("patience", "requests"), [(1.5, 2), (2.5, 3)])
def test_the_quiet_that_a_host_asks_for_adds_up_until_it_answers(
    shops, door, monkeypatch, patience, requests
):
    monkeypatch.setattr(urlcheck, "MOST_QUIET", patience)
    monkeypatch.setattr(urlcheck, "WORTH_WAITING", 0.5)
    shops.shop("elm.example").down(Behaviour.RATE_LIMITED, retry_after=1)
    try:
        results = check(door, [f"https://elm.example/{number}" for number in range(9)])
    finally:
        shops.shop("elm.example").up()
    assert len(asked(shops, "elm.example")) == requests
    assert [result.outcome for result in results] == [Outcome.RATE_LIMITED] * 9


def test_a_host_is_not_asked_for_a_second_look_after_it_was_given_up(shops, door):
    shops.shop("elm.example").set("/to-oak", Behaviour.OTHER_REGION, to="oak.example")
    shops.shop("elm.example").set("/limited", Behaviour.RATE_LIMITED, retry_after=3600)
    shops.shop("oak.example").set("/to-oak", Behaviour.TIMEOUT)
    results = check(door, ["https://elm.example/to-oak", "https://elm.example/limited"])
    assert {result.outcome for result in results} == {Outcome.TIMEOUT, Outcome.RATE_LIMITED}
    assert len(results) == len(asked(shops, "elm.example")) == 2


def test_a_page_that_is_limited_does_not_cost_its_shop_s_other_pages(shops, door, monkeypatch):
    monkeypatch.setattr(urlcheck, "WORTH_WAITING", 0.5)
    for number in range(3):
        shops.shop("elm.example").set(f"/limited{number}", Behaviour.RATE_LIMITED, retry_after=1)
        shops.shop("elm.example").set(f"/gone{number}", Behaviour.GONE)
    lines = [f"https://elm.example/{kind}{number}" for number in range(3) for kind in ("limited", "gone")]
    results = check(door, lines)
    assert {result.line for result in results if result.is_broken} == set(lines[1::2])
    assert sum("limited" in request.target for request in shops.requests) == 3


def test_a_number_is_a_host_of_its_own():
    assert host_key("http://127.0.0.1:8000/a") == "127.0.0.1"
    assert host_key("http://127.1.0.1:8000/a") == "127.1.0.1"
    assert host_key("http://[2001:db8::1]/") == "2001:db8::1"
    assert host_key("https://www.shop.co.uk/") == "shop.co.uk"


# --- the command --------------------------------------------------------------------------------------


def command(*arguments: object, settings: str = "config.settings.test", **environment: str) -> list[str]:
    """What to run, in an environment without services: the database is nowhere."""
    pairs = {
        "DJANGO_SETTINGS_MODULE": settings,
        "DATABASE_URL": NOWHERE,
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    told = [f"{name}={value}" for name, value in {**pairs, **environment}.items()]
    return ["env", *told, sys.executable, str(ROOT / "manage.py"), "check_urls", *map(str, arguments)]


def run_command(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments, **more), capture_output=True, text=True, timeout=60, check=False
    )


def test_the_command_needs_no_database_and_writes_a_line_for_each(shops, tmp_path):
    hosts = tmp_path / "fetch_hosts"
    shops.write_fetch_hosts(hosts)
    shops.shop("oak.example").set("/gone-away", Behaviour.GONE)
    lines = [
        "https://oak.example/a",
        "https://oak.example/gone-away",
        "nonsense",
        "https://oak.example/a",
        "caf\udce9",
    ]
    listed, told = tmp_path / "list.txt", tmp_path / "told.tsv"
    listed.write_bytes("\r\n".join(lines).encode(errors="surrogateescape"))
    ran = run_command(listed, told, "--pace", "0.05", "--confirm-after", "0.1", FETCH_HOSTS=str(hosts))
    assert ran.returncode == 0, ran.stderr
    assert sorted(told.read_bytes().splitlines()) == [
        b"caf\xe9\tunsafe_address\t0",
        b"https://oak.example/a\thealthy\t0",
        b"https://oak.example/a\thealthy\t0",
        b"https://oak.example/gone-away\tgone\t1",
        b"nonsense\tunsafe_address\t0",
    ]
    assert "5 of 5 checked, 1 broken" in ran.stderr
    assert not ran.stdout


def test_an_operator_s_own_network_is_opened_by_name_of_its_numbers(tmp_path):
    listed, told = tmp_path / "list.txt", tmp_path / "told.tsv"
    with HostileServer() as server:
        listed.write_text(f"http://127.0.0.1:{server.port}/page\n")
        call_command("check_urls", listed, told)
        assert told.read_text().split("\t")[1] == "unsafe_address"
        call_command("check_urls", listed, told, "--allow-network", "127.0.0.0/8")
        assert told.read_text().split("\t")[1] == "not_judged"


def test_an_authority_of_test_servers_is_trusted_only_if_it_is_named(shops, tmp_path):
    authority = str(shops.ca_file)
    networks = [ip_network("127.0.0.0/8")]
    address = f"https://127.0.0.1:{shops.port}/"
    without = Door(user_agent="Referred/1.0", allow_networks=networks)
    assert only(check(without, [address]))[0] in {Outcome.TLS_ERROR, Outcome.INCOMPLETE_CERTIFICATE}
    ran = run_command(tmp_path, tmp_path / "told", "--ca", tmp_path / "none.pem")
    assert ran.returncode == 1
    assert "none.pem" in ran.stderr
    assert Path(authority).is_file()


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--allow-network", "127.0.0.0/8"], {}),
        (["--ca", "ca.pem"], {}),
        ([], {"FETCH_HOSTS": "hosts"}),
    ],
    ids=["network", "authority", "hosts"],
)
def test_production_refuses_test_servers_with_a_sentence(tmp_path, arguments, environment):
    (tmp_path / "list.txt").write_text("https://oak.example/\n")
    ran = run_command(
        tmp_path / "list.txt",
        tmp_path / "told.tsv",
        *arguments,
        settings="config.settings.production",
        SECRET_KEY="s" * 60,
        ALLOWED_HOSTS="referred.example",
        **environment,
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "production" in ran.stderr or "FETCH_HOSTS" in ran.stderr
    assert not (tmp_path / "told.tsv").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing.txt", "told.tsv"], "missing.txt: No such file"),
        (["list.txt", "list.txt"], "would be replaced"),
        (["list.txt", "no/such/folder"], "No such file"),
        (["list.txt", "told.tsv", "--pace", "-1"], "seconds from 0"),
        (["list.txt", "told.tsv", "--concurrency", "0"], "whole number"),
        (["list.txt", "told.tsv", "--allow-network", "127.0.0.1/8"], "host bits"),
    ],
)
def test_what_can_t_be_done_is_said_in_a_sentence(tmp_path, capsys, arguments, sentence):
    (tmp_path / "list.txt").write_text("nonsense\n")
    paths = [str(tmp_path / name) for name in arguments[:2]]
    with pytest.raises(SystemExit) as left:  # an error of any other kind would be a traceback
        Command().run_from_argv(["manage.py", "check_urls", *paths, *arguments[2:]])
    assert left.value.code != 0
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert (tmp_path / "list.txt").read_text() == "nonsense\n"


def test_an_interruption_leaves_whole_lines_and_waits_for_no_shop(shops, tmp_path):
    hosts = tmp_path / "fetch_hosts"
    shops.write_fetch_hosts(hosts)
    shops.shop("elm.example").set("/silent", Behaviour.TIMEOUT)
    listed, told = tmp_path / "list.txt", tmp_path / "told.tsv"
    listed.write_text(
        "\n".join(["https://elm.example/silent", *(f"https://oak.example/{n}" for n in range(500))])
    )
    running = subprocess.Popen(
        command(listed, told, "--pace", "0.1", FETCH_HOSTS=str(hosts)), stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(600):
            if told.exists() and told.read_bytes().count(b"\n") >= 5:
                break
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        before = time.monotonic()
        _, errors = running.communicate(timeout=30)
        assert time.monotonic() - before < 5  # the silent shop would take ten
    finally:
        running.kill()
    assert running.returncode == 130
    assert "Traceback" not in errors
    text = told.read_text()
    assert text.endswith("\n")
    assert 5 <= len(text.splitlines()) < 500
    assert all(line.count("\t") == 2 for line in text.splitlines())


@pytest.mark.parametrize(
    ("device", "limit", "sentence"),
    [("/dev/full", -1, "/dev/full: No space left"), ("", 700, "told.tsv: File too large")],
    ids=["a full device", "a full file"],
)
def test_a_full_disk_is_said_in_a_sentence_and_leaves_whole_lines(tmp_path, device, limit, sentence):
    listed, told = tmp_path / "list.txt", Path(device or tmp_path / "told.tsv")
    listed.write_text("nonsense\n" * 100)
    ran = subprocess.run(
        command(listed, told),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr
    if not device:
        assert set(told.read_text().splitlines(keepends=True)) == {"nonsense\tunsafe_address\t0\n"}


def resident_at_most(process: int) -> int:
    """The peak so far in KiB. `wait4` would count what this process held when it made the other."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def test_ten_thousand_lines_fit_in_a_modest_memory(shops, tmp_path):
    """Every address a host of its own, which is what costs most: a name, a session, a connection."""
    listed, told = tmp_path / "list.txt", tmp_path / "told.tsv"
    lines = [f"https://www.amazon.co.uk/dp/B{number:09d}" for number in range(9_700)]
    hosts = tmp_path / "fetch_hosts"
    with RetailerServer() as server:
        names = [f"shop{number}.example" for number in range(300)]
        server.open(names)
        server.write_fetch_hosts(hosts)
        listed.write_text("\n".join([*lines, *(f"https://{name}/" for name in names)]))
        words = command(listed, told, "--pace", "0", FETCH_HOSTS=str(hosts))
        peak = 0
        with subprocess.Popen(words, stderr=subprocess.DEVNULL) as running:
            while running.poll() is None:
                peak = max(peak, resident_at_most(running.pid))
                time.sleep(0.02)
    assert running.returncode == 0
    assert len(told.read_text().splitlines()) == 10_000
    assert 20_000 < peak <= 100 * 1024
