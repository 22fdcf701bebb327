"""A round while people change what it is about, and rows in disorder: nobody else waits, and people win."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from demo.retailers import Behaviour
from products import rounds
from products.attempts import ALONE_AFTER, MOST_ATTEMPTS
from products.clock import database_now
from products.fetch import Door, Look
from products.leases import LEASE
from products.linkcheck.verdict import Identity
from products.models import Checking, Host, Offer, Retailer
from products.rounds import Limits, run_round
from tests.factories import (
    ConditionPageFactory,
    ProductFactory,
    ProgrammeFactory,
    RetailerFactory,
    product_box,
)
from tests.products.test_rounds import QUICK, TEMPO, door, offer_at, shops

__all__ = ["door", "shops"]

pytestmark = pytest.mark.django_db


def shop(pace: str = "0.1", **values) -> Retailer:
    return RetailerFactory(domains=["peak.example"], pace=pace, **{"programme": None, **values})


def moments(shops, host: str = "peak.example") -> list[float]:
    return [request.at for request in shops.requests if request.host == host]


def test_a_shop_given_to_people_during_a_round_is_asked_no_more(shops, door, monkeypatch):
    offers = [offer_at(shops, f"/given-{number}", retailer=None) for number in range(2)]
    begin = Door.begin

    def give_to_people(self: Door, address: str) -> Look:
        for offer in offers:
            retailer = Retailer.objects.get(pk=offer.retailer_id)
            retailer.checking = Checking.HUMAN
            retailer.save()
        return begin(self, address)

    monkeypatch.setattr(Door, "begin", give_to_people)
    assert run_round(door, tempo=TEMPO, limits=QUICK).looked == 0
    assert not Offer.objects.filter(next_check_at__isnull=False).exists()


@pytest.mark.parametrize("memory", [{"reachable": "sideways"}, {"pending": {"reachable": 1}}])
def test_a_row_in_disorder_costs_attempts_and_no_round(shops, door, memory):
    bad, well = offer_at(shops, "/disorder"), offer_at(shops, "/order")
    Offer.objects.filter(pk=bad.pk).update(health_memory=memory, tracked_probe_at=database_now())
    Offer.objects.filter(pk=bad.pk).update(
        retailer=shop(programme=ProgrammeFactory(network="in_house", identity={"value": "me"}))
    )
    assert run_round(door, tempo=TEMPO, limits=QUICK).looked == 1
    well.refresh_from_db()
    assert well.last_checked_at is not None
    for _ in range(MOST_ATTEMPTS):
        run_round(door, tempo=TEMPO, limits=QUICK)
    bad.refresh_from_db()
    assert (bad.attempts, bad.quarantined_at is None) == (MOST_ATTEMPTS, False)


@pytest.mark.parametrize("memory", [{"reachable": "sideways"}, {"changes": [["reachable", 1]]}])
def test_disorder_costs_no_round_where_no_programme_is_tried_either(shops, door, memory):
    bad, well = (offer_at(shops, path, retailer=shop()) for path in ("/disorder", "/order"))
    Offer.objects.filter(pk=bad.pk).update(health_memory=memory)
    assert run_round(door, tempo=TEMPO, limits=QUICK).looked == 1
    assert Offer.objects.get(pk=well.pk).last_checked_at is not None
    assert Offer.objects.get(pk=bad.pk).attempts == 1


@pytest.mark.parametrize("memory", [{"breaker": "sideways"}, {"recent": [1]}])
def test_a_host_of_which_nothing_can_be_read_is_remembered_afresh(shops, door, memory):
    offer = offer_at(shops, "/well")
    Host.objects.update(health_memory=memory)
    assert run_round(door, tempo=TEMPO, limits=QUICK).looked == 1
    assert Host.objects.get(pk=offer.host_id).health.recent


def test_a_round_that_is_broken_off_leaves_the_hosts_that_it_asked_their_rest(shops, door, monkeypatch):
    offer_at(shops, "/answers", shop="quiet.example")
    offer_at(shops, "/silent", Behaviour.TIMEOUT, retailer=shop(pace="5"))
    monkeypatch.setattr(rounds, "record", _break_off)
    before = database_now()
    with pytest.raises(KeyboardInterrupt):
        run_round(door, tempo=TEMPO, limits=QUICK)
    silent = Host.objects.get(key="peak.example")
    assert silent.leased_until is None
    assert silent.next_polite_at > before + datetime.timedelta(seconds=5)


def _break_off(*_arguments: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_a_baseline_of_a_newer_release_is_read_as_far_as_it_is_known(shops, door):
    offer = offer_at(shops, "/newer")
    Offer.objects.filter(pk=offer.pk).update(baseline={"title": offer.product.name, "colour": "blue"})
    assert run_round(door, tempo=TEMPO, limits=QUICK).looked == 1


def test_a_host_that_asked_for_quiet_while_one_row_was_alone_is_asked_nothing_more(shops, door):
    alone = offer_at(shops, "/quiet-alone", Behaviour.RATE_LIMITED, shop="quiet.example")
    Offer.objects.filter(pk=alone.pk).update(attempts=ALONE_AFTER)
    for number in range(3):
        offer_at(shops, f"/quiet-{number}", shop="quiet.example")
    run_round(door, tempo=TEMPO, limits=QUICK)
    assert len(moments(shops, "quiet.example")) == 1


def test_a_host_is_asked_at_the_pace_of_its_slowest_shop_due_or_not(shops, door):
    slow = offer_at(shops, "/slow", retailer=shop(pace="0.8"))
    Offer.objects.filter(pk=slow.pk).update(next_check_at=database_now() + datetime.timedelta(days=1))
    for number in range(3):
        offer_at(shops, f"/fast-{number}", retailer=shop())
    run_round(door, tempo=1.0, limits=QUICK)
    first, second, third = moments(shops)
    assert min(second - first, third - second) > 0.7


def test_a_host_slower_than_a_lease_rests_even_if_its_worker_dies(shops, door, monkeypatch):
    offer_at(shops, "/slowest", retailer=shop(pace="600"))
    seen = []
    begin = Door.begin

    def note(self: Door, address: str) -> Look:
        seen.append(Host.objects.get(key="peak.example").next_polite_at)
        return begin(self, address)

    monkeypatch.setattr(Door, "begin", note)
    now = database_now()
    run_round(door, tempo=TEMPO, limits=QUICK)
    assert seen[0] > now + LEASE


def test_a_row_that_must_be_alone_does_not_make_a_whole_round_wait_for_its_host(shops, door):
    alone = offer_at(shops, "/alone", shop="quiet.example")
    Offer.objects.filter(pk=alone.pk).update(attempts=ALONE_AFTER)
    other = offer_at(shops, "/meanwhile")
    Host.objects.filter(key="quiet.example").update(
        next_polite_at=database_now() + datetime.timedelta(seconds=2)
    )
    assert run_round(door, tempo=TEMPO, limits=Limits(threads=4, seconds=4.0, alone_patience=0.5)).looked == 1
    other.refresh_from_db()
    assert other.last_checked_at is not None


def test_a_round_knows_of_the_work_that_it_did_not_take_on(shops, door):
    retailer = shop()
    for number in range(7):
        offer_at(shops, f"/many-{number}", retailer=retailer)
    few = Limits(threads=4, seconds=5.0, offers_a_host=5)
    assert run_round(door, tempo=1.0, limits=few).work_left
    assert not run_round(door, tempo=1.0, limits=few).work_left


def test_an_offer_that_moves_to_another_shop_is_another_link(shops, door):
    one, two = (
        shop(programme=ProgrammeFactory(network="in_house", identity={"parameter": "ref", "value": value}))
        for value in ("one", "two")
    )
    offer = offer_at(shops, "/moves", retailer=one)
    run_round(door, tempo=1.0, limits=QUICK)
    offer.refresh_from_db()
    assert offer.identity == Identity.PROVEN
    offer.retailer = two
    offer.save()
    offer.refresh_from_db()
    assert (offer.identity, offer.tracked_probe_at) == (Identity.UNKNOWN, None)
    assert offer.next_check_at <= timezone.now()


def test_who_looks_at_an_offer_follows_the_shop_that_it_moves_to(shops):
    fetched, by_hand = shop(), shop(checking=Checking.HUMAN)
    offer = offer_at(shops, "/between", retailer=fetched)
    for retailer, is_due in ((by_hand, False), (fetched, True)):
        offer.retailer = retailer
        offer.save()
        offer.refresh_from_db()
        assert (offer.next_check_at is not None) is is_due


def test_what_stands_on_live_pages_alone_is_looked_at_weekly():
    product = ProductFactory()
    page = ConditionPageFactory(blocks=[product_box(product)])
    placed = type(product).objects.placed().filter(pk=product.pk)
    assert placed.exists()
    page.unpublish()
    assert not placed.exists()
