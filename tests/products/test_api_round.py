"""Shops that are asked through their API: the stand-in of Amazon's, over real TLS, and what is written down."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.db.models import F

from demo.retailers import Behaviour, RetailerServer
from demo.retailers.answers import Answer
from demo.retailers.creators_api import HOST, TOKEN_HOSTS, Item
from demo.retailers.creators_api import CreatorsApi as StandIn
from products.addresses import UnsafeAddress, read_targets
from products.api_round import CreatorsApi, ask_api, forget_old_prices
from products.attempts import MOST_ATTEMPTS
from products.clock import database_now
from products.fetch import Door, Posting
from products.leases import lease_host
from products.linkcheck import creators_api
from products.linkcheck.verdict import Buyable, Identity, Outcome, Reachable
from products.models import Alarm, Check, Checking, Host, Offer, Programme, Retailer
from products.querysets import AskedBecause
from products.rounds import Limits, run_round
from tests.factories import OfferFactory, ProductFactory, ProgrammeFactory, RegionFactory, RetailerFactory
from tests.full_disk import leave_no_room_for_looks

pytestmark = pytest.mark.django_db

UK, US = "www.amazon.co.uk", "www.amazon.com"
DAY = datetime.timedelta(days=1)
KEYS = {"EU": ("key-eu", "secret-eu"), "NA": ("key-na", "secret-na")}


@pytest.fixture
def server() -> Iterator[RetailerServer]:
    with RetailerServer() as server:
        yield server


@pytest.fixture
def amazon(server: RetailerServer) -> StandIn:
    stand_in = StandIn(dict(KEYS.values()))
    stand_in.serve(server)
    return stand_in


@pytest.fixture
def door(server: RetailerServer, amazon: StandIn) -> Door:
    hosts = Path(server.ca_file).parent / "fetch_hosts"
    server.write_fetch_hosts(hosts)
    return Door(user_agent="Test/1.0", targets=read_targets(hosts), deadline=2.0, apis=creators_api.HOSTS)


@pytest.fixture
def api(door: Door, settings) -> CreatorsApi:
    settings.AMAZON_CREATORS_API = KEYS
    return CreatorsApi(door)


def shop(code: str = "UK", checking: Checking = Checking.API) -> Retailer:
    domain, tag = {"UK": ("amazon.co.uk", "referred-21"), "US": ("amazon.com", "referred-20")}[code]
    region = RegionFactory(code=code)
    programme = ProgrammeFactory(
        name=f"Amazon {code}", network="amazon", region=region, identity={"marketplace": domain, "tag": tag}
    )
    retailer = RetailerFactory(
        name=domain, region=region, domains=[domain], programme=programme, checking=checking
    )
    retailer.full_clean()
    return retailer


def offer_of(
    retailer: Retailer, number: int = 1, item: Item | None = None, amazon: StandIn | None = None
) -> Offer:
    asin = f"B0DEMO{number:04}"
    if amazon is not None:
        marketplace = f"www.{retailer.domains[0]}"
        amazon.stock(marketplace, item or Item(asin, "Thigh sleeve", "9521234001379", Decimal("19.50")))
    return OfferFactory(
        product=ProductFactory(name=f"Thigh sleeve {number}"),
        retailer=retailer,
        destination=f"https://www.{retailer.domains[0]}/dp/{asin}",
    )


def ask(api: CreatorsApi, *, later: datetime.timedelta | None = None) -> int:
    """Let the API rest no longer, and ask; `later`: as if so much time had passed."""
    Host.objects.filter(key=HOST).update(next_polite_at=None, paused_until=None)
    if later is not None:
        Offer.objects.filter(next_check_at__isnull=False).update(next_check_at=F("next_check_at") - later)
    return ask_api(api, tempo=1.0)


def test_a_product_is_found_in_stock_with_its_price_its_source_and_the_time(api, amazon):
    offer = offer_of(shop(), amazon=amazon)
    assert ask(api) == 1
    offer.refresh_from_db()
    assert (offer.reachable, offer.buyable, offer.identity) == (
        Reachable.OK,
        Buyable.IN_STOCK,
        Identity.PROVEN,
    )
    assert (offer.price, offer.price_source) == (Decimal("19.50"), "Amazon Creators API")
    assert abs(offer.price_at - database_now()) < DAY / 1000
    assert offer.baseline["gtin"] == "09521234001379"
    assert offer.next_check_at < database_now() + DAY
    check = Check.objects.get(offer=offer)
    assert (check.status, check.outcome) == (200, Outcome.HEALTHY)
    assert check.final_address == f"https://{HOST}/catalog/v1/getItems"
    assert not check.was_redirected
    assert "secret" not in str(Check.objects.values()) + str(Host.objects.values())


def test_ten_products_are_asked_about_at_once_and_of_one_marketplace(api, amazon, server):
    uk, us = shop("UK"), shop("US")
    for number in range(12):
        offer_of(uk, number, amazon=amazon)
    offer_of(us, 99, amazon=amazon)
    assert [ask(api) for _ in range(4)] == [10, 2, 1, 0]
    assert [len(asins) for asins in amazon.asked] == [10, 2, 1]
    asked = [request.host for request in server.requests]
    assert asked == ["api.amazon.co.uk", HOST, HOST, "api.amazon.com", HOST]  # a token is asked for once
    assert {request.headers["user-agent"] for request in server.requests} == {"Test/1.0"}
    assert Offer.objects.filter(buyable=Buyable.IN_STOCK).count() == 13


def test_no_round_ever_fetches_a_page_of_such_a_shop(api, door, server):
    offer_of(shop())
    assert run_round(door, tempo=1.0, limits=Limits(seconds=1.0)).looked == 0
    assert server.requests == []


def test_a_product_that_is_gone_breaks_with_an_alarm_after_a_second_look(api, amazon):
    retailer = shop()
    offer = offer_of(retailer)  # which the catalogue does not have
    ask(api)
    offer.refresh_from_db()
    assert offer.reachable == Reachable.SUSPECT
    Offer.objects.update(health_memory=_aged(offer.health_memory))
    ask(api, later=DAY)
    offer.refresh_from_db()
    assert offer.reachable == Reachable.BROKEN
    assert Alarm.objects.open().get().offer == offer


def _aged(memory: dict) -> dict:
    """As if what is pending had been seen two hours earlier."""
    outcome, count, since, latest = memory["pending"]["reachable"]
    moved = [
        (datetime.datetime.fromisoformat(at) - datetime.timedelta(hours=2)).isoformat()
        for at in (since, latest)
    ]
    return {**memory, "pending": {"reachable": [outcome, count, *moved]}}


def test_what_the_api_may_not_show_is_left_unknown(api, amazon):
    offer = offer_of(shop(), item=Item("B0DEMO0001", "Sleeve", accessible=False), amazon=amazon)
    ask(api)
    offer.refresh_from_db()
    assert (offer.reachable, offer.buyable) == (Reachable.UNKNOWN, Buyable.UNKNOWN)
    assert offer.unverifiable_since is not None


def test_a_lapse_of_access_changes_no_health_rings_nothing_and_asks_people(api, amazon):
    offer = offer_of(shop(), amazon=amazon)
    ask(api)
    amazon.refusal = "AssociateNotEligible"
    ask(api, later=DAY)
    offer.refresh_from_db()
    assert (offer.reachable, offer.buyable, offer.outcome) == (
        Reachable.OK,
        Buyable.IN_STOCK,
        Outcome.BLOCKED,
    )
    assert offer.price is None  # it may no longer be confirmed
    assert "access has lapsed" in Check.objects.first().verdicts["reachable"]["reason"]
    assert not Alarm.objects.exists()
    assert not Offer.objects.for_people(database_now()).exists()
    waiting = Offer.objects.for_people(database_now() + 4 * DAY).get()
    assert waiting.asked_because == AskedBecause.API_SILENT
    amazon.refusal = ""
    ask(api, later=DAY)
    offer.refresh_from_db()
    assert offer.price is not None
    assert not Offer.objects.for_people(database_now() + DAY / 2).exists()


def test_without_credentials_nothing_is_asked_and_people_are(api, server, settings):
    offer = offer_of(shop())
    settings.AMAZON_CREATORS_API = {}
    assert ask(api) == 0
    assert server.requests == []
    assert Offer.objects.for_people(database_now() + 4 * DAY).get() == offer


def test_a_wrong_secret_is_a_refusal_in_words(api, settings):
    offer_of(shop())
    settings.AMAZON_CREATORS_API = {"EU": ("key-eu", "wrong")}
    ask(api)
    assert "does not accept our credentials" in Check.objects.get().verdicts["reachable"]["reason"]


def test_a_token_that_was_withdrawn_is_replaced_once(api, amazon):
    offer_of(shop(), amazon=amazon)
    ask(api)
    amazon.withdraw_tokens()
    assert ask(api, later=DAY) == 1
    assert Offer.objects.get().outcome == Outcome.HEALTHY


@pytest.mark.parametrize("trouble", ["throttled", "down", "silent"])
def test_trouble_at_the_api_rests_it_and_says_nothing_of_any_offer(trouble, api, amazon, server):
    offer = offer_of(shop(), amazon=amazon)
    match trouble:
        case "throttled":
            amazon.throttled = True
        case "down":
            server.shop(HOST).down(Behaviour.SERVER_ERROR)
        case "silent":
            server.shop(HOST).down(Behaviour.TIMEOUT)
    assert ask(api) == 0
    offer.refresh_from_db()
    assert (offer.last_checked_at, offer.attempts) == (None, 0)
    assert Host.objects.get(key=HOST).paused_until > database_now()
    assert not Check.objects.exists()
    before = len(server.requests)
    assert ask_api(api, tempo=1.0) == 0
    assert len(server.requests) == before


def test_trouble_at_the_api_leaves_what_an_editor_saved_meanwhile(api, amazon, server, monkeypatch):
    offer = offer_of(shop(), amazon=amazon)
    server.shop(HOST).down(Behaviour.SERVER_ERROR)
    saved: list[datetime.datetime] = []
    ask_in_truth = api.ask

    def save_meanwhile(*arguments):
        edited = Offer.objects.get(pk=offer.pk)
        edited.destination = edited.destination.replace("/dp/", "/gp/product/")
        edited.save()
        saved.append(Offer.objects.get(pk=offer.pk).next_check_at)
        return ask_in_truth(*arguments)

    monkeypatch.setattr(api, "ask", save_meanwhile)
    ask_api(api, tempo=1.0)
    offer.refresh_from_db()
    assert [offer.next_check_at] == saved


def test_a_request_that_fails_every_time_does_not_keep_the_others_waiting(api, amazon, server):
    retailer = shop()
    for number in range(1, 13):
        offer_of(retailer, number, amazon=amazon)
    server.shop(HOST).down(Behaviour.SERVER_ERROR)
    ask(api)
    now = database_now()
    waiting = Offer.objects.filter(next_check_at__gt=now)
    assert waiting.count() == 10
    assert not waiting.filter(next_check_at__gt=now + 2 * DAY / 24).exists()
    server.shop(HOST).up()
    Host.objects.update(paused_until=None, next_polite_at=None)
    assert ask_api(api, tempo=1.0) == 2


def test_only_one_worker_asks_at_a_time_and_at_most_once_a_second(api, amazon):
    offer_of(shop(), amazon=amazon)
    other = Host.objects.create(key=HOST, leased_by="0" * 32, leased_until=database_now() + DAY)
    assert ask_api(api, tempo=1.0) == 0
    Host.objects.filter(pk=other.pk).update(leased_by=None, leased_until=None)
    assert ask_api(api, tempo=1.0) == 1
    Offer.objects.update(next_check_at=database_now())
    assert ask_api(api, tempo=1.0) == 0
    assert lease_host(HOST, other.leased_by or "1" * 32, now=database_now()) is not None  # it was given back


def test_an_address_without_a_product_waits_for_a_person(api, amazon, server):
    retailer = shop()
    OfferFactory(retailer=retailer, destination="https://www.amazon.co.uk/s?k=thigh")
    ask(api)
    assert server.requests == []
    assert "only a person" in Check.objects.get().verdicts["reachable"]["reason"]


def test_a_row_that_ends_its_worker_is_asked_alone_and_set_aside_in_the_end(api, amazon):
    retailer = shop()
    bad, good = offer_of(retailer, 1, amazon=amazon), offer_of(retailer, 2, amazon=amazon)
    Offer.objects.filter(pk=bad.pk).update(attempts=2, next_check_at=database_now() - DAY)
    ask(api)
    assert amazon.asked == [["B0DEMO0001"]]
    Offer.objects.filter(pk=bad.pk).update(attempts=MOST_ATTEMPTS, next_check_at=database_now() - DAY)
    ask(api)
    ask(api)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert bad.quarantined_at is not None
    assert good.buyable == Buyable.IN_STOCK


def test_a_full_disk_is_no_attempt(api, amazon):
    retailer = shop()
    once, twice = offer_of(retailer, 1, amazon=amazon), offer_of(retailer, 2, amazon=amazon)
    Offer.objects.filter(pk=twice.pk).update(attempts=1)
    leave_no_room_for_looks()
    with pytest.raises(OperationalError, match="No space left"):
        ask(api)
    assert dict(Offer.objects.values_list("pk", "attempts")) == {once.pk: 0, twice.pk: 1}


def test_a_price_is_forgotten_within_a_day_and_an_editor_s_own_is_kept(api, amazon):
    offer = offer_of(shop(), amazon=amazon)
    by_hand = OfferFactory(price=Decimal("5.00"))
    ask(api)
    assert forget_old_prices(now=database_now() + DAY / 2) == 0
    assert forget_old_prices(now=database_now() + DAY) == 1
    offer.refresh_from_db()
    by_hand.refresh_from_db()
    assert (offer.price, offer.price_source, offer.price_at) == (None, "", None)
    assert by_hand.price == Decimal("5.00")


def test_a_price_in_another_currency_than_the_region_s_is_not_kept(api, amazon):
    retailer = shop()
    retailer.region.currency = "EUR"
    retailer.region.save()
    offer = offer_of(retailer, amazon=amazon)
    ask(api)
    offer.refresh_from_db()
    assert (offer.buyable, offer.price) == (Buyable.IN_STOCK, None)


def test_an_old_form_does_not_bring_back_an_old_price(api, amazon):
    offer = offer_of(shop(), amazon=amazon)
    form = Offer.objects.get(pk=offer.pk)
    form.price = Decimal("1.00")
    ask(api)
    form.save()
    form.refresh_from_db()
    assert form.price == Decimal("19.50")


@pytest.mark.parametrize(
    ("network", "identity", "held", "sentence"),
    [
        ("amazon", {"marketplace": "amazon.co.uk", "tag": "x-21"}, {}, "AMAZON_CREATORS_API_EU"),
        (
            "amazon",
            {"marketplace": "amazon.co.uk", "tag": "x-21"},
            {"NA": ("a", "b")},
            "AMAZON_CREATORS_API_EU",
        ),
        ("in_house", {"value": "x"}, KEYS, "No API is known"),
    ],
)
def test_a_shop_without_an_api_that_we_may_ask_is_refused(network, identity, held, sentence, settings):
    settings.AMAZON_CREATORS_API = held
    region = RegionFactory()
    programme = Programme(name="Some", network=network, region=region, identity=identity)
    programme.save()
    retailer = Retailer(name="Some", region=region, programme=programme, checking=Checking.API)
    with pytest.raises(ValidationError) as refused:
        retailer.full_clean()
    assert sentence in str(refused.value.message_dict["checking"])


def test_a_shop_that_turns_from_people_to_the_api_is_asked_at_once(api, amazon):
    retailer = shop(checking=Checking.HUMAN)
    offer = offer_of(retailer, amazon=amazon)
    assert ask(api) == 0
    retailer.checking = Checking.API
    retailer.save()
    assert ask(api) == 1
    offer.refresh_from_db()
    assert offer.buyable == Buyable.IN_STOCK


# --- the door -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://www.northgate.com/",
        "https://northgate.example/",
        f"http://{HOST}/",
        "https://169.254.169.254/",
        f"https://{HOST}.evil.example/",
    ],
)
def test_nothing_is_sent_anywhere_but_to_the_api(url, door):
    with pytest.raises(UnsafeAddress):
        door.post(url, Posting(b"secret", {}))


def test_a_redirect_of_what_was_sent_is_not_followed(door, server):
    away = Answer(
        HTTPStatus.TEMPORARY_REDIRECT, b"", (("Location", f"https://{TOKEN_HOSTS[0]}/auth/o2/token"),)
    )
    server.api(HOST, lambda request, body: away)
    evidence = door.post(f"https://{HOST}/catalog/v1/getItems", Posting(b"{}", {"Authorization": "x"}))
    assert evidence.last.location == f"https://{TOKEN_HOSTS[0]}/auth/o2/token"
    assert [request.method for request in server.requests] == ["POST"]
    assert "Authorization" not in str(evidence)
