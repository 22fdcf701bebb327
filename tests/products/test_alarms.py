"""Alarms: one for each thing confirmed bad, closed when it heals, and never twice."""

from __future__ import annotations

import datetime
import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from wagtail.models import ReferenceIndex

from products.alarms import lock_products, settle_all, settle_offers
from products.models import Alarm, AlarmKind, Offer
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    ProductFactory,
    ProgrammeFactory,
    RegionFactory,
    RetailerFactory,
    product_box,
)
from tests.products.shops import page, saw

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
NOW = timezone.now()


def offer_of(product=None, *, region: str = "UK", **values) -> Offer:
    shop = RetailerFactory(region=RegionFactory(code=region), programme=None)
    offer = OfferFactory(product=product or ProductFactory(), retailer=shop, **values)
    saw(offer, now=NOW - 100 * HOUR)
    return offer


def break_it(offer: Offer, *, at: datetime.datetime = NOW) -> None:
    for hours in (0, 2):
        saw(offer, now=at + hours * HOUR, status=404)


def sell_out(offer: Offer, *, at: datetime.datetime = NOW) -> None:
    for hours in (0, 25):
        saw(offer, now=at + hours * HOUR, text=page(offer.product.name, stock="OutOfStock"))


def ringing() -> list[tuple[str, str]]:
    return sorted((alarm.kind, alarm.subject) for alarm in Alarm.objects.open())


def test_a_link_rings_when_it_is_confirmed_broken_and_is_quiet_when_it_heals():
    offer = offer_of()
    saw(offer, now=NOW, status=404)
    assert ringing() == []
    saw(offer, now=NOW + 2 * HOUR, status=404)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.offer, alarm.opened_at) == (AlarmKind.BROKEN, offer, NOW + 2 * HOUR)
    assert alarm.reason == "The shop says that this page no longer exists."
    for hours in (3, 40):
        saw(offer, now=NOW + hours * HOUR, status=404)
    assert Alarm.objects.count() == 1
    saw(offer, now=NOW + 50 * HOUR)
    alarm.refresh_from_db()
    assert alarm.closed_at == NOW + 50 * HOUR
    assert ringing() == []


def test_a_second_break_is_a_second_alarm():
    offer = offer_of()
    break_it(offer)
    saw(offer, now=NOW + 50 * HOUR)
    break_it(offer, at=NOW + 400 * HOUR)
    assert Alarm.objects.count() == 2
    assert len(ringing()) == 1


def test_an_alarm_knows_how_many_articles_it_touches():
    offer = offer_of()
    for _ in range(3):
        ReferenceIndex.create_or_update_for_object(ConditionPageFactory(blocks=[product_box(offer.product)]))
    break_it(offer)
    assert Alarm.objects.get().articles == 3


def test_a_lost_identity_and_a_different_product_ring_each_by_its_name():
    lost = offer_of()
    lost.retailer.programme = ProgrammeFactory()
    lost.retailer.save()
    other = offer_of()
    for hours in (0, 7):
        saw(lost, now=NOW + hours * HOUR, led_to=lost.destination)
        saw(other, now=NOW + hours * HOUR, text=page("Garden hose", gtin="4006381333931"))
    assert ringing() == [("different_product", str(other)), ("identity_lost", str(lost))]


@pytest.mark.parametrize(
    "what_ends_it",
    [
        lambda offer: Offer.objects.filter(pk=offer.pk).update(enabled=False),
        lambda offer: type(offer.product).objects.filter(pk=offer.product_id).update(withdrawn_at=NOW),
        lambda offer: _repaired(offer),
    ],
)
def test_an_alarm_closes_when_an_editor_has_dealt_with_the_offer(what_ends_it):
    offer = offer_of()
    break_it(offer)
    what_ends_it(offer)
    settle_all(now=NOW + 60 * HOUR)
    assert ringing() == []


def _repaired(offer: Offer) -> None:
    offer.destination += "?colour=blue"
    offer.save()


def test_settling_everything_again_and_again_changes_nothing():
    broken, sold_out, healthy = offer_of(), offer_of(), offer_of()
    break_it(broken)
    sell_out(sold_out)
    before = list(Alarm.objects.order_by("pk").values())
    assert len(before) == 2
    for _ in range(2):
        settle_all(now=NOW + 100 * HOUR)
        settle_offers([broken.pk, sold_out.pk, healthy.pk], now=NOW + 100 * HOUR)
    assert list(Alarm.objects.order_by("pk").values()) == before


def test_settling_everything_opens_what_a_killed_worker_left_undone():
    offer = offer_of()
    break_it(offer)
    Alarm.objects.all().delete()
    settle_all(now=NOW + 3 * HOUR)
    assert ringing() == [("broken", str(offer))]


def test_a_link_that_flaps_is_muted_until_it_stays_bad():
    offer = offer_of()
    at = NOW
    for _ in range(2):  # broken and back, twice: the next change is one too many
        break_it(offer, at=at)
        saw(offer, now=at + 3 * HOUR)
        at += 10 * HOUR
    opened = Alarm.objects.count()
    break_it(offer, at=at)
    settle_all(now=at + 4 * HOUR)
    assert Alarm.objects.count() == opened
    assert ringing() == []
    saw(offer, now=at + 10 * 24 * HOUR, status=404)
    assert ringing() == [("broken", str(offer))]


def test_one_shop_sold_out_is_no_alarm_while_another_in_the_region_sells():
    product = ProductFactory()
    first, second = offer_of(product), offer_of(product)
    abroad = offer_of(product, region="US")
    sell_out(first)
    assert ringing() == []
    sell_out(second, at=NOW + 30 * HOUR)
    assert ringing() == [("sold_out", f"{product}, UK")]
    assert first.retailer.name in Alarm.objects.get().reason
    sell_out(abroad)
    assert len(ringing()) == 2
    saw(second, now=NOW + 90 * HOUR)
    assert ringing() == [("sold_out", f"{product}, US")]


def test_a_product_whose_last_seller_breaks_after_the_others_sold_out_is_sold_out_too():
    product = ProductFactory()
    first, second = offer_of(product), offer_of(product)
    sell_out(first)
    break_it(second)
    assert ringing() == [("broken", str(second)), ("sold_out", f"{product}, UK")]


def test_the_database_refuses_a_second_open_alarm_and_an_alarm_about_nothing():
    offer = offer_of()
    Alarm.objects.create(kind=AlarmKind.BROKEN, offer=offer, opened_at=NOW)
    with pytest.raises(IntegrityError, match="one_open_alarm_an_offer"), transaction.atomic():
        Alarm.objects.create(kind=AlarmKind.BROKEN, offer=offer, opened_at=NOW)
    with pytest.raises(IntegrityError, match="subject_of_its_kind"), transaction.atomic():
        Alarm.objects.create(kind=AlarmKind.FAILING, offer=offer, opened_at=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_that_settle_the_same_offer_at_once_open_one_alarm():
    offer = offer_of()
    break_it(offer)
    Alarm.objects.all().delete()
    first_has_written, failures = threading.Event(), []

    def settle_too() -> None:
        try:
            first_has_written.wait(10)
            settle_offers(
                [offer.pk], now=NOW
            )  # does not see the other's alarm, and waits for it at the index
        except IntegrityError as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=settle_too)
    thread.start()
    with transaction.atomic():
        settle_offers([offer.pk], now=NOW)
        first_has_written.set()
        thread.join(0.5)
    thread.join()
    assert failures == []
    assert len(ringing()) == 1


@pytest.mark.parametrize("count", [1, 12])
def test_settling_many_offers_costs_as_many_queries_as_one(count, django_assert_max_num_queries):
    offers = [offer_of() for _ in range(count)]
    for offer in offers:
        break_it(offer)
    Alarm.objects.all().delete()
    with django_assert_max_num_queries(8):
        settle_offers([offer.pk for offer in offers], now=NOW)
    assert Alarm.objects.count() == count


@pytest.mark.django_db(transaction=True)
def test_two_shops_that_sell_out_at_the_same_moment_ring_together():
    product = ProductFactory()
    offers = [offer_of(product), offer_of(product)]
    for offer in offers:
        saw(offer, now=NOW, text=page(product.name, stock="OutOfStock"))
    both_began = threading.Barrier(2, timeout=10)

    def sell_out_now(offer: Offer) -> None:
        try:
            Offer.objects.count()  # the connection stands before the race
            both_began.wait()
            saw(offer, now=NOW + 25 * HOUR, text=page(product.name, stock="OutOfStock"))
        finally:
            connection.close()

    threads = [threading.Thread(target=sell_out_now, args=[offer]) for offer in offers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ringing() == [("sold_out", f"{product}, UK")]


@pytest.mark.django_db(transaction=True)
def test_who_settles_a_product_waits_for_who_is_about_to():
    product = ProductFactory()
    waited = threading.Event()

    def lock() -> None:
        try:
            with transaction.atomic():
                lock_products([product.pk])
            waited.set()
        finally:
            connection.close()

    with transaction.atomic():
        lock_products([product.pk])
        thread = threading.Thread(target=lock)
        thread.start()
        assert not waited.wait(0.3)
    assert waited.wait(5)
    thread.join()


def test_a_product_that_nobody_has_rings_though_one_of_its_links_is_in_disorder():
    product = ProductFactory()
    first, second = offer_of(product), offer_of(product)
    sell_out(first)
    Offer.objects.filter(pk=first.pk).update(health_memory={"reachable": "sideways"})
    sell_out(second)
    assert [kind for kind, _ in ringing()] == ["sold_out"]


def test_stock_that_changes_back_and_forth_rings_for_nobody_until_it_keeps_still():
    offer = offer_of()
    for day in range(3):
        at = NOW + 50 * day * HOUR
        sell_out(offer, at=at)
        saw(offer, now=at + 30 * HOUR)
    before = Alarm.objects.count()
    sell_out(offer, at=NOW + 150 * HOUR)
    assert offer.buyable == "out_of_stock"
    assert offer.health_memory["muted"] == ["buyable"]
    assert Alarm.objects.count() == before
    assert not Alarm.objects.open().exists()
    settle_all(now=NOW + 180 * HOUR)
    assert not Alarm.objects.open().exists()
    saw(offer, now=NOW + 400 * HOUR, text=page(offer.product.name, stock="OutOfStock"))
    assert "muted" not in offer.health_memory
    assert [kind for kind, _ in ringing()] == ["sold_out"]
