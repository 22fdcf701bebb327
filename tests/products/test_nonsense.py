"""Shops that answer every address with the same page are found out, politely and rarely."""

from __future__ import annotations

import datetime
from uuid import uuid4

import pytest
from django.utils import timezone

from demo.retailers import Behaviour
from products.leases import database_now, lease_host
from products.linkcheck.verdict import Outcome, Reachable
from products.models import Host
from products.nonsense import NAME, nonsense_address, probe_nonsense
from tests.products.shops import door, look_at_all, offers_at, shops

__all__ = ["door", "shops"]

pytestmark = pytest.mark.django_db

CATALOGUE = "All our supports"


@pytest.mark.parametrize(
    ("address", "nonsense"),
    [
        ("https://a.example/products/brace?size=m#top", f"https://a.example/products/{NAME}"),
        ("https://a.example/products/brace/", f"https://a.example/products/{NAME}"),
        ("https://a.example/", f"https://a.example/{NAME}"),
        ("https://a.example:8443/x", f"https://a.example:8443/{NAME}"),
    ],
)
def test_the_nonsense_address_stands_beside_the_product(address, nonsense):
    assert nonsense_address(address) == nonsense


def test_a_product_that_gave_way_to_the_page_for_everything_is_gone(shops, door):
    peak = shops.shop("peak.example")
    peak.category(f"/many/{NAME}", name=CATALOGUE)
    offer = offers_at(shops, 1)[0]
    path = offer.destination.removeprefix("https://peak.example")
    assert probe_nonsense(door, now=database_now()) == 1
    assert Host.objects.get(key="peak.example").nonsense_fingerprint
    look_at_all(door)
    offer.refresh_from_db()
    assert offer.outcome == Outcome.HEALTHY
    peak.category(path, name=CATALOGUE)
    look_at_all(door)
    offer.refresh_from_db()
    assert (offer.outcome, offer.reachable) == (Outcome.SOFT_404, Reachable.SUSPECT)
    assert "cannot exist" in offer.checks.first().verdicts["reachable"]["reason"]


@pytest.mark.parametrize(
    "behaviour",
    [Behaviour.NOT_FOUND, Behaviour.REDIRECT_HOME, Behaviour.CAPTCHA, Behaviour.TIMEOUT, Behaviour.PRODUCT],
)
def test_an_honest_a_closed_and_a_walled_shop_have_no_such_page(shops, door, behaviour):
    shops.shop("peak.example").product(f"/many/{NAME}", name="Nothing", behaviour=behaviour)
    offers_at(shops, 1)
    probe_nonsense(door, now=database_now())
    host = Host.objects.get(key="peak.example")
    assert host.nonsense_fingerprint == ""
    assert host.nonsense_at is not None
    assert sum(request.host == "peak.example" for request in shops.requests) == 1


def test_a_host_is_asked_once_a_month_and_rests_afterwards(shops, door):
    offers_at(shops, 3)
    now = database_now()
    assert probe_nonsense(door, now=now) == 1
    host = Host.objects.get(key="peak.example")
    assert host.next_polite_at > now
    assert host.leased_until is None
    Host.objects.update(next_polite_at=None)
    assert probe_nonsense(door, now=now + datetime.timedelta(days=29)) == 0
    assert probe_nonsense(door, now=now + datetime.timedelta(days=31)) == 1


def test_a_host_that_a_round_holds_or_that_rests_is_left_alone(shops, door):
    offers_at(shops, 1)
    now = database_now()
    lease_host("peak.example", uuid4(), now=now)
    assert probe_nonsense(door, now=now) == 0
    Host.objects.update(leased_until=None, next_polite_at=now + datetime.timedelta(minutes=1))
    assert probe_nonsense(door, now=now) == 0
    assert not list(shops.requests)


def test_a_host_without_offers_that_robots_may_ask_is_never_asked(shops, door):
    offer = offers_at(shops, 1)[0]
    offer.retailer.checking = "human"
    offer.retailer.save()
    assert probe_nonsense(door, now=timezone.now()) == 0
