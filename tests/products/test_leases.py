"""Who is asked next: leases on hosts, taken by those with most due work."""

import datetime
from uuid import uuid4

import pytest

from products.clock import database_now
from products.leases import WORK_COUNTED, due_offers, give_back, lease_due_hosts
from products.models import Host, Offer
from tests.factories import OfferFactory, ProductFactory, RetailerFactory

pytestmark = pytest.mark.django_db

MINUTE = datetime.timedelta(minutes=1)


def offers_at(shop: str, number: int) -> list[Offer]:
    retailer = RetailerFactory(name=shop, domains=[shop], programme=None)
    return [
        OfferFactory(product=ProductFactory(), retailer=retailer, destination=f"https://{shop}/{page}")
        for page in range(number)
    ]


def leased(most: int = 10) -> list[str]:
    return [host.key for host in lease_due_hosts(uuid4(), now=database_now(), most=most)]


def test_the_hosts_with_most_due_work_are_leased_first():
    for shop, number in (("few.example", 1), ("many.example", 3), ("some.example", 2)):
        offers_at(shop, number)
    assert leased() == ["many.example", "some.example", "few.example"]


def test_a_host_with_nothing_due_is_not_leased():
    for offer in offers_at("later.example", 2):
        Offer.objects.filter(pk=offer.pk).update(next_check_at=database_now() + MINUTE)
    offers_at("now.example", 1)
    assert leased() == ["now.example"]


def test_what_nobody_may_look_at_is_no_work():
    aside, off, _ = offers_at("many.example", 3)
    Offer.objects.filter(pk=aside.pk).update(quarantined_at=database_now())
    Offer.objects.filter(pk=off.pk).update(enabled=False)
    offers_at("some.example", 2)
    assert leased() == ["some.example", "many.example"]


def test_hosts_with_more_than_a_round_can_ask_take_turns(monkeypatch):
    monkeypatch.setattr("products.leases.WORK_COUNTED", 2)
    offers_at("long.example", 4)
    offers_at("longer.example", 5)
    now = database_now()
    Host.objects.filter(key="longer.example").update(next_polite_at=now)
    Host.objects.filter(key="long.example").update(next_polite_at=now - MINUTE)
    assert leased() == ["long.example", "longer.example"]
    assert WORK_COUNTED > 2


def test_two_rounds_never_lease_the_same_host_and_what_is_given_back_is_free():
    offers_at("one.example", 2)
    offers_at("two.example", 1)
    first = uuid4()
    assert [host.key for host in lease_due_hosts(first, now=database_now(), most=1)] == ["one.example"]
    assert leased() == ["two.example"]
    assert leased() == []
    give_back(["one.example", "two.example"], first)
    assert leased() == ["one.example"]


def test_due_offers_come_longest_waiting_first_and_no_more_than_asked_for(django_assert_max_num_queries):
    old, older, later = offers_at("one.example", 3)
    offers_at("two.example", 1)
    now = database_now()
    for offer, wait in ((old, MINUTE), (older, 2 * MINUTE), (later, -MINUTE)):
        Offer.objects.filter(pk=offer.pk).update(next_check_at=now - wait)
    with django_assert_max_num_queries(6):
        due = due_offers(list(Host.objects.all()), now=now, most=2)
        assert {offer.retailer.region.code for offers in due.values() for offer in offers} == {"UK"}
    assert due["one.example"] == [older, old]
    assert [offer.destination for offer in due["two.example"]] == ["https://two.example/0"]
    assert len(due_offers(list(Host.objects.all()), now=now, most=1)["one.example"]) == 1
