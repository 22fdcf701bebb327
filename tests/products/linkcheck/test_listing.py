"""What a shop's catalogue says of a product, judged."""

from __future__ import annotations

import datetime

import pytest

from products.linkcheck.health import Health, advance
from products.linkcheck.listing import Listing, Missing, Untold, judge_entry
from products.linkcheck.page import Stock
from products.linkcheck.verdict import Axis, Baseline, Buyable, Expectation, Identity, Outcome, Reachable

ASIN = "B0DEMO0001"
EAN = "09521234001379"
SLEEVE = Listing(ASIN, "Thigh sleeve", (EAN,), Stock.IN)
EXPECTED = Expectation("https://www.amazon.co.uk/dp/B0DEMO0001", baseline=Baseline("Thigh sleeve", EAN))
NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("entry", "outcome", "reachable", "buyable"),
    [
        (SLEEVE, Outcome.HEALTHY, Reachable.OK, Buyable.IN_STOCK),
        (
            Listing(ASIN, "Thigh sleeve", (), Stock.OUT),
            Outcome.OUT_OF_STOCK,
            Reachable.OK,
            Buyable.OUT_OF_STOCK,
        ),
        (Listing(ASIN, "Thigh sleeve"), Outcome.NOT_JUDGED, Reachable.OK, Buyable.UNKNOWN),
        (
            Listing(ASIN, "Garden hose", ("04006381333931",), Stock.IN),
            Outcome.DIFFERENT_PRODUCT,
            Reachable.OK,
            Buyable.DIFFERENT_PRODUCT,
        ),
        (Missing(ASIN, "None such."), Outcome.GONE, Reachable.BROKEN, Buyable.UNKNOWN),
        (Untold("Not told."), Outcome.UNKNOWN, Reachable.UNKNOWN, Buyable.UNKNOWN),
        (Untold("Refused.", refused=True), Outcome.BLOCKED, Reachable.UNKNOWN, Buyable.UNKNOWN),
    ],
)
def test_an_entry_is_judged_as_a_page_would_be(entry, outcome, reachable, buyable):
    judgement = judge_entry(entry, EXPECTED)
    assert (judgement.outcome, judgement.reachable, judgement.buyable) == (outcome, reachable, buyable)
    assert judgement.identity is Identity.UNKNOWN  # a catalogue says nothing of it
    assert judgement.reasons[Axis.REACHABLE]
    assert judgement.fingerprint
    assert (judgement.facts is not None) == (outcome is Outcome.HEALTHY)


def test_of_a_range_no_stock_is_asked():
    judgement = judge_entry(Listing(ASIN, "Sleeves", (), Stock.OUT), Expectation("https://x/", is_range=True))
    assert (judgement.outcome, judgement.buyable) == (Outcome.NOT_JUDGED, Buyable.UNKNOWN)


def test_a_product_that_is_gone_breaks_after_a_second_look_and_a_refusal_never():
    gone, refused = (
        judge_entry(entry, EXPECTED) for entry in (Missing(ASIN, "None such."), Untold("No.", refused=True))
    )
    for judgement, reachable in ((gone, Reachable.BROKEN), (refused, Reachable.UNKNOWN)):
        step = advance(Health(), judgement, now=NOW)
        assert step.health.reachable is not Reachable.BROKEN
        for hours in (2, 50, 500):
            step = advance(step.health, judgement, now=NOW + datetime.timedelta(hours=hours))
        assert step.health.reachable is reachable


def test_the_same_entry_has_the_same_fingerprint_and_another_product_another():
    hoses = [Listing(ASIN, name, ("04006381333931",), Stock.IN) for name in ("Hose", "Hose", "Pipe")]
    first, again, other = (judge_entry(hose, EXPECTED).fingerprint for hose in hoses)
    assert first == again != other
