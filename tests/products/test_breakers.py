"""A whole shop that turns bad: readers leave at once, editors hear once, and it heals by itself."""

from __future__ import annotations

import datetime
import time

import pytest
from django.utils import timezone

from demo.retailers import Behaviour
from products.alarms import settle_all
from products.breakers import reconsider_hosts
from products.judgements import HumanVerdict, dismiss, judge_by_hand
from products.linkcheck.breaker import Breaker
from products.linkcheck.verdict import Outcome, Reachable
from products.models import Alarm, AlarmKind, Checking, Host, Offer, Retailer
from products.shelf import stock_shelf
from tests.desk import COMMERCIAL, desk_of
from tests.factories import OfferFactory, ProgrammeFactory, RetailerFactory
from tests.products.shops import TEMPO, door, look_at_all, offers_at, page, saw, shops

__all__ = ["door", "shops"]

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
NOW = timezone.now()


def breaker_of(key: str = "peak.example") -> str:
    return Host.objects.get(key=key).breaker


def hurry() -> None:
    """The shops take more requests a second than an editor may ask of them: rounds are short."""
    Retailer.objects.update(pace="0.02")


def an_hour() -> None:
    time.sleep(3700 * TEMPO)


def test_a_shop_that_goes_down_is_left_at_once_rings_once_and_heals_by_itself(shops, door):
    offers = offers_at(shops, 6)
    elsewhere = offers_at(shops, 1, shop="quiet.example")[0]
    hurry()
    look_at_all(door)
    assert Offer.objects.showable().count() == 7

    shops.shop("peak.example").down(Behaviour.GONE)
    look_at_all(door)
    assert breaker_of() == Breaker.TRIPPED
    assert list(Offer.objects.showable()) == [elsewhere]
    assert not Alarm.objects.exists()

    an_hour()
    look_at_all(door)
    assert breaker_of() == Breaker.FAILING
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.host.key, alarm.closed_at) == (AlarmKind.FAILING, "peak.example", None)
    assert Outcome.GONE.words in alarm.reason

    for _ in range(3):
        an_hour()
        look_at_all(door)
    assert set(Offer.objects.filter(pk__in=[offer.pk for offer in offers]).values_list("reachable", flat=True)) == {Reachable.BROKEN.value}  # fmt: skip
    assert Alarm.objects.count() == 1

    shops.shop("peak.example").up()
    for _ in range(2):  # so that those looked at before the shop was known to be back are looked at again
        look_at_all(door)
    assert breaker_of() == Breaker.CLOSED
    assert Offer.objects.showable().count() == 7
    alarm.refresh_from_db()
    assert alarm.closed_at is not None
    assert Alarm.objects.count() == 1


def test_a_hiccup_of_a_whole_shop_rings_nothing(shops, door):
    offers_at(shops, 6)
    hurry()
    look_at_all(door)
    shops.shop("peak.example").down(Behaviour.SERVER_ERROR)
    look_at_all(door)
    assert breaker_of() == Breaker.TRIPPED
    shops.shop("peak.example").up()
    an_hour()
    look_at_all(door)
    assert breaker_of() == Breaker.CLOSED
    assert Offer.objects.showable().count() == 6
    assert not Alarm.objects.exists()


@pytest.fixture
def many() -> list[Offer]:
    """Eight healthy offers at one shop."""
    shop = RetailerFactory(domains=["calder.example"], programme=None)
    offers = [OfferFactory(retailer=shop) for _ in range(8)]
    for offer in offers:
        saw(offer, now=timezone.now() - 100 * HOUR)
    return offers


def test_what_was_held_back_rings_when_the_second_look_disagrees(many):
    now = timezone.now()
    for offer in many[:5]:
        saw(offer, now=now, status=404)
    assert breaker_of("calder.example") == Breaker.TRIPPED
    due = set(Offer.objects.filter(pk__in=[offer.pk for offer in many[:5]]).values_list("next_check_at", flat=True))  # fmt: skip
    assert due == {now + HOUR}
    saw(many[0], now=now + 2 * HOUR, status=404)
    assert many[0].reachable == Reachable.BROKEN
    assert not Alarm.objects.exists()
    saw(many[1], now=now + 2.5 * HOUR)
    assert breaker_of("calder.example") == Breaker.CLOSED
    settle_all(now=now + 2.5 * HOUR)
    assert not Alarm.objects.exists()
    many[0].refresh_from_db()
    assert many[0].next_check_at == now + 2.5 * HOUR
    saw(many[0], now=now + 3 * HOUR, status=404)
    assert Alarm.objects.get().offer == many[0]


def test_an_offer_still_bad_when_its_shop_has_healed_rings_by_itself(many):
    now = timezone.now()
    for hours in (0, 2):
        for offer in many[:6]:
            saw(offer, now=now + hours * HOUR, status=404)
    assert breaker_of("calder.example") == Breaker.FAILING
    for offer in many[1:6]:
        saw(offer, now=now + 5 * HOUR)
    assert breaker_of("calder.example") == Breaker.CLOSED
    assert not Alarm.objects.open().exists()
    saw(many[0], now=now + 6 * HOUR, status=404)
    assert {alarm.offer for alarm in Alarm.objects.open()} == {many[0]}


def test_a_good_look_at_a_failing_shop_has_the_others_looked_at_soon(many):
    now = timezone.now()
    for hours in (0, 2):
        for offer in many[:7]:
            saw(offer, now=now + hours * HOUR, status=404)
    saw(many[0], now=now + 5 * HOUR)
    assert breaker_of("calder.example") == Breaker.FAILING
    many[1].refresh_from_db()
    assert many[1].next_check_at == now + 5 * HOUR


def test_a_network_that_is_down_is_not_held_against_the_shops_behind_it():
    programme = ProgrammeFactory(network="awin", identity={"merchant_id": "1", "publisher_id": "2"})
    shop = RetailerFactory(domains=["calder.example"], programme=programme)
    offers = [OfferFactory(retailer=shop) for _ in range(6)]
    for offer in offers:
        saw(offer, now=timezone.now() - 100 * HOUR, led_to=f"{offer.destination}?awc=1_2")
        assert offer.reachable == Reachable.OK
    Offer.objects.update(tracked_probe_at=None)
    for offer in offers:
        saw(offer, now=timezone.now(), status=500)
        assert offer.checks.first().final_address.startswith("https://www.awin1.com/")
        assert offer.reachable == Reachable.SUSPECT
    assert breaker_of("calder.example") == Breaker.CLOSED


def test_readers_of_a_product_at_a_tripped_shop_get_the_next_shop(many):
    product = many[7].product
    other = OfferFactory(product=product, priority=9)

    def shown(product_id):
        return [
            one.offer.pk
            for shelf in stock_shelf([product_id], now=timezone.now())[product_id].regions
            for one in shelf.offers
        ]

    assert shown(product.pk) == [many[7].pk, other.pk]
    for offer in many[:5]:
        saw(offer, now=timezone.now(), status=410)
    assert shown(product.pk) == [other.pk]
    assert Offer.objects.filter(product=product).pick() == other


def test_a_look_costs_a_bounded_number_of_queries_whatever_the_shop_holds(
    many, django_assert_max_num_queries
):
    offer = many[7]
    with django_assert_max_num_queries(14):
        saw(offer, now=timezone.now())
    for other in many[:4]:
        saw(other, now=timezone.now(), status=404)
    with django_assert_max_num_queries(40):
        saw(many[4], now=timezone.now(), status=404)
    assert breaker_of("calder.example") == Breaker.TRIPPED


# --- hosts that no look would let go --------------------------------------------------------------------


def turned(number: int = 5, *, status: int = 404) -> list[Offer]:
    """A shop with so many offers and three more, whose offers have just turned bad together."""
    retailer = RetailerFactory(programme=None)
    offers = [
        OfferFactory(retailer=retailer, destination=f"https://{retailer.domains[0]}/{count}")
        for count in range(number + 3)
    ]
    for offer in offers:
        saw(offer, now=NOW - 10 * HOUR)
    for offer in offers[:number]:
        saw(offer, now=NOW, status=status)
    assert host_of(offers).breaker == Breaker.TRIPPED
    return offers


def failing(number: int = 5) -> list[Offer]:
    offers = turned(number)
    for offer in offers[:number]:
        saw(offer, now=NOW + 2 * HOUR, status=404)
    assert host_of(offers).breaker == Breaker.FAILING
    return offers


def host_of(offers: list[Offer]) -> Host:
    return Host.objects.get(pk=offers[0].host_id)


def reconsidered(offers: list[Offer], at: datetime.datetime) -> str:
    reconsider_hosts(now=at, tempo=1.0)
    return host_of(offers).breaker


def test_a_tripped_host_that_nothing_tells_of_is_let_go_after_a_day():
    offers = turned()
    for offer in offers:
        saw(offer, now=NOW + 30 * HOUR, status=429)
    assert host_of(offers).breaker == Breaker.CLOSED
    assert Offer.objects.showable().count() == len(offers)


def test_a_tripped_host_that_nobody_looks_at_is_let_go_after_a_day():
    offers = turned()
    assert reconsidered(offers, NOW + 23 * HOUR) == Breaker.TRIPPED
    assert reconsidered(offers, NOW + 24 * HOUR) == Breaker.CLOSED
    accused = Offer.objects.filter(pk__in=[offer.pk for offer in offers[:5]])
    assert not accused.filter(next_check_at__gt=NOW + 24 * HOUR).exists()


@pytest.mark.parametrize("made", [turned, failing])
def test_offers_that_were_withdrawn_answer_for_their_host_no_longer(made):
    offers = made()
    Offer.objects.filter(pk=offers[0].pk).update(enabled=False)
    assert reconsidered(offers, NOW + 3 * HOUR) == Breaker.CLOSED
    assert not Alarm.objects.open().filter(kind=AlarmKind.FAILING).exists()


@pytest.mark.parametrize("made", [turned, failing])
def test_a_shop_that_was_given_to_people_is_no_robot_s_business(made):
    offers = made()
    retailer = offers[0].retailer
    retailer.checking = Checking.HUMAN
    retailer.save()
    assert reconsidered(offers, NOW + 3 * HOUR) == Breaker.CLOSED


def test_a_host_that_fails_goes_on_failing_while_its_offers_do():
    assert reconsidered(failing(), NOW + 1000 * HOUR) == Breaker.FAILING


@pytest.mark.parametrize("made", [turned, failing])
@pytest.mark.parametrize("says", ["fine", "harmless"])
def test_a_person_who_finds_one_page_fine_brings_the_shop_back_at_once(made, says):
    offers, user = made(12), desk_of(COMMERCIAL).user
    if says == "fine":
        judge_by_hand(offers[0], HumanVerdict.FINE, user=user, now=NOW + 3 * HOUR)
    else:
        dismiss(offers[0], reason="It works.", user=user, now=NOW + 3 * HOUR)
    assert host_of(offers).breaker == Breaker.CLOSED
    assert not Alarm.objects.open().filter(kind=AlarmKind.FAILING).exists()
    assert set(Offer.objects.showable()) >= {offers[0], *offers[12:]}


@pytest.mark.parametrize(
    ("cause", "says", "is_back"), [(500, "fine", True), (500, "harmless", False), (404, "fine", False)]
)
def test_a_page_that_is_not_among_those_that_failed_speaks_for_them_only_if_it_was_opened_and_servers_failed(
    cause, says, is_back
):
    """Sold out is no news of a server that is down."""
    retailer, user = RetailerFactory(programme=None), desk_of(COMMERCIAL).user
    places = [f"https://{retailer.domains[0]}/{count}" for count in range(8)]
    *offers, sold_out = [OfferFactory(retailer=retailer, destination=place) for place in places]
    for offer in (*offers, sold_out):
        saw(offer, now=NOW - 100 * HOUR)
    for hours in (-60, -30):
        saw(sold_out, now=NOW + hours * HOUR, text=page(sold_out.product.name, stock="OutOfStock"))
    for hours in (0, 2):
        for offer in offers:
            saw(offer, now=NOW + hours * HOUR, status=cause)
    assert host_of(offers).breaker == Breaker.FAILING
    if says == "fine":
        judge_by_hand(sold_out, HumanVerdict.FINE, user=user, now=NOW + 3 * HOUR)
    else:
        dismiss(sold_out, reason="It comes back.", user=user, now=NOW + 3 * HOUR)
    assert (host_of(offers).breaker == Breaker.CLOSED) is is_back
    assert Alarm.objects.open().filter(kind=AlarmKind.FAILING).exists() is not is_back


def test_a_person_who_finds_a_page_broken_brings_nothing_back():
    offers = failing()
    judge_by_hand(offers[0], HumanVerdict.BROKEN, user=desk_of(COMMERCIAL).user, now=NOW + 3 * HOUR)
    assert host_of(offers).breaker == Breaker.FAILING
