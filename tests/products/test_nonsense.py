"""Shops that answer every address with the same page are found out, politely and rarely."""

from __future__ import annotations

import datetime
from uuid import uuid4

import pytest
from django.utils import timezone

from demo.retailers import Behaviour
from products.clock import database_now
from products.leases import lease_host
from products.linkcheck.evidence import Evidence, Hop
from products.linkcheck.verdict import Outcome, Reachable
from products.models import Host, Offer
from products.nonsense import NAME, may_ask, nonsense_address, probe_nonsense
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


def test_a_shop_that_shows_robots_one_page_everywhere_has_no_page_for_what_is_gone(shops, door):
    peak = shops.shop("peak.example")
    peak.category(f"/many/{NAME}", name=CATALOGUE)
    offer = offers_at(shops, 1)[0]
    peak.category(offer.destination.removeprefix("https://peak.example"), name=CATALOGUE)
    probe_nonsense(door, now=database_now())
    host = Host.objects.get(key="peak.example")
    assert (host.nonsense_fingerprint, host.nonsense_at is None) == ("", False)
    look_at_all(door)
    offer.refresh_from_db()
    assert (offer.outcome, offer.reachable) == (Outcome.NOT_JUDGED, Reachable.OK)
    assert len(shops.requests) == 4


def test_a_dead_product_does_not_make_the_page_that_gave_it_away_forgotten(shops, door):
    peak = shops.shop("peak.example")
    peak.category(f"/many/{NAME}", name=CATALOGUE)
    offer = offers_at(shops, 1)[0]
    now = database_now()
    probe_nonsense(door, now=now)
    known = Host.objects.get(key="peak.example").nonsense_fingerprint
    peak.category(offer.destination.removeprefix("https://peak.example"), name=CATALOGUE)
    Offer.objects.update(reachable=Reachable.BROKEN)
    Host.objects.update(next_polite_at=None)
    assert probe_nonsense(door, now=now + datetime.timedelta(days=31)) == 1
    assert known
    assert Host.objects.get(key="peak.example").nonsense_fingerprint == known


@pytest.mark.parametrize(
    "trouble",
    [
        Behaviour.SERVER_ERROR,
        Behaviour.CAPTCHA,
        Behaviour.NOT_FOUND,
        Behaviour.TIMEOUT,
        Behaviour.REDIRECT_HOME,
    ],
)
def test_an_error_page_is_no_page_of_the_shop_s_to_compare_with(shops, door, trouble):
    peak = shops.shop("peak.example")
    peak.category(f"/many/{NAME}", name=CATALOGUE)
    offer = offers_at(shops, 1)[0]
    peak.set(offer.destination.removeprefix("https://peak.example"), trouble)
    Host.objects.update(nonsense_fingerprint="an earlier one")
    assert probe_nonsense(door, now=database_now()) == 1
    host = Host.objects.get(key="peak.example")
    assert (host.nonsense_fingerprint, host.nonsense_at is None) == ("an earlier one", False)


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
    asked = [request.target for request in shops.requests if request.host == "peak.example"]
    assert asked[:2] == ["/robots.txt", f"/many/{NAME}"]
    assert shops.max_in_flight["peak.example"] == 1


def test_a_shop_s_robots_txt_is_obeyed_at_an_address_that_no_editor_chose(shops, door):
    peak = shops.shop("peak.example")
    peak.category(f"/many/{NAME}", name=CATALOGUE)
    offers_at(shops, 1)
    before, peak.robots = peak.robots, "User-agent: *\nDisallow: /many/\n"
    try:
        probe_nonsense(door, now=database_now())
    finally:
        peak.robots = before
    assert [request.target for request in shops.requests] == ["/robots.txt"]
    assert Host.objects.get(key="peak.example").nonsense_fingerprint == ""


@pytest.mark.parametrize(
    ("status", "text", "may"),
    [
        (200, "User-agent: *\nDisallow: /", False),
        (200, "User-agent: ReferredCheck\nDisallow: /many", False),
        (200, "User-agent: Other\nDisallow: /", True),
        (200, "", True),
        (404, "User-agent: *\nDisallow: /", True),
        (503, "", False),
        (None, "", False),
    ],
)
def test_what_robots_txt_lets_us_ask(status, text, may):
    rules = Evidence(
        "https://a.example/robots.txt", (Hop("https://a.example/robots.txt", status),), text=text
    )
    assert may_ask(rules, f"https://a.example/many/{NAME}") is may


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


@pytest.mark.parametrize("path", ["/robots.txt", f"/many/{NAME}"])
def test_a_shop_that_asks_for_quiet_gets_it_and_is_asked_another_time(shops, door, path):
    offers_at(shops, 1)
    peak = shops.shop("peak.example")
    peak.set(path, Behaviour.RATE_LIMITED)
    now = database_now()
    try:
        assert probe_nonsense(door, now=now) == 0
    finally:
        peak.set("/robots.txt", Behaviour.PRODUCT)
    host = Host.objects.get(key="peak.example")
    assert host.paused_until > now
    assert host.nonsense_at is None
    assert [request.target for request in shops.requests][-1] == path


def test_a_shop_too_slow_for_three_requests_does_not_stand_in_the_way_of_the_others(shops, door):
    slow = offers_at(shops, 1)[0].retailer
    slow.pace = 60
    slow.save()
    offers_at(shops, 1)  # of another shop at that host
    assert probe_nonsense(door, now=database_now()) == 0
    assert not shops.requests


def test_a_host_is_asked_at_the_pace_of_its_slowest_shop_and_rests_whatever_it_says(shops, door):
    slow = offers_at(shops, 1)[0].retailer
    slow.pace = 1
    slow.save()
    offers_at(shops, 1)
    Offer.objects.filter(retailer=slow).update(reachable=Reachable.BROKEN)
    shops.shop("peak.example").set(f"/many/{NAME}", Behaviour.RATE_LIMITED)
    now = database_now()
    probe_nonsense(door, now=now)
    first, second = (request.at for request in shops.requests)
    assert second - first >= 0.9
    assert Host.objects.get(key="peak.example").next_polite_at >= now + datetime.timedelta(seconds=1.9)
