"""A street of make-believe shops for tests of link checks, the checker's door to it, and looks without waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from demo.retailers import Behaviour, RetailerServer
from products import destinations
from products.addresses import read_targets
from products.checkbook import Plan, plan_look, record
from products.clock import database_now
from products.fetch import Door
from products.linkcheck.evidence import Evidence, Hop
from products.linkcheck.health import Step, Usage
from products.linkcheck.verdict import judge
from products.models import Host, Offer
from products.rounds import Limits, run_round
from tests.factories import OfferFactory, ProductFactory, RetailerFactory

TEMPO = 0.00002  # an hour passes in 72 ms
QUICK = Limits(threads=8, seconds=5.0, hop_patience=1.0)


@pytest.fixture(scope="module")
def shops() -> Iterator[RetailerServer]:
    with RetailerServer() as server:
        server.shop("peak.example")
        server.shop("quiet.example")
        yield server


@pytest.fixture
def door(shops: RetailerServer, settings) -> Door:
    hosts = Path(shops.ca_file).parent / "fetch_hosts"
    shops.write_fetch_hosts(hosts)
    settings.FETCH_HOSTS = str(hosts)
    destinations._targets_of.cache_clear()
    for name in ("peak.example", "quiet.example"):
        shops.shop(name).up()
    shops.forget()
    return Door(user_agent="ReferredCheck/1.0 (+http://localhost)", targets=read_targets(hosts), deadline=2.0)


def offers_at(
    shops: RetailerServer, count: int, behaviour: Behaviour = Behaviour.PRODUCT, shop: str = "peak.example"
) -> list[Offer]:
    retailer = RetailerFactory(name=f"Peak {uuid4().hex[:6]}", domains=[shop], programme=None, pace="0.1")
    return [
        OfferFactory(
            product=(product := ProductFactory()),
            retailer=retailer,
            destination=shops.shop(shop).product(
                f"/many/{product.pk}", name=product.name, behaviour=behaviour
            ),
        )
        for _ in range(count)
    ]


def look_at_all(door: Door) -> None:
    """Make everything due and run a round."""
    Offer.objects.exclude(destination="").update(next_check_at=database_now())
    Host.objects.update(paused_until=None)
    run_round(door, tempo=TEMPO, limits=QUICK)


def page(name: str, *, stock: str = "InStock", gtin: str = "5012345678900") -> str:
    """A product page as a shop's server gives it."""
    return (
        f"<html><head><title>{name}</title></head><body><h1>{name}</h1><p>Made for walking, and for rest after it.</p>"
        f'<script type="application/ld+json">{{"@type": "Product", "name": "{name}", "gtin13": "{gtin}", '
        f'"offers": {{"@type": "Offer", "availability": "https://schema.org/{stock}", "price": "9.00"}}}}</script>'
        "</body></html>"
    )


def saw(offer: Offer, *, now, status: int = 200, text: str | None = None, led_to: str = "") -> Step:
    """Write down a look at an offer that got this answer, as a round would. `offer` is read afresh afterwards."""
    fresh = Offer.objects.get(pk=offer.pk)
    plan: Plan = plan_look(fresh, now=now, tempo=1.0)
    hops = [Hop(plan.address, 301, led_to)] if led_to else []
    last = Hop(led_to or plan.address, status, seconds=0.1)
    text = page(fresh.product.name) if text is None and status == 200 else text or ""
    evidence = Evidence(plan.address, (*hops, last), text=text, content_type="text/html")
    judgement = judge(evidence, plan.expectation)
    step = record(fresh, plan, evidence, judgement, now=now, tempo=1.0, usage=Usage.ELSEWHERE)
    offer.refresh_from_db()
    assert step is not None
    return step
