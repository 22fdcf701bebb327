"""What a shop's own catalogue says of a product, asked through its API → judgement. Pure.

The judge of pages (`verdict.py`) has a sibling here for shops whose pages robots may not open. Both give the same
judgements, so confirmation, alarms, the breaker and dismissals are the same whoever was asked. Of our affiliate
identity a catalogue says nothing: that is read from the link's address (`reading.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from products.linkcheck.markers import normalise
from products.linkcheck.page import Stock
from products.linkcheck.verdict import (
    Axis,
    Baseline,
    Buyable,
    Expectation,
    Judgement,
    Outcome,
    Reachable,
    difference,
    seal,
)


@dataclass(frozen=True, slots=True)
class Price:
    """What a shop asks for a product. `currency` is an ISO 4217 code."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One product as its shop's catalogue has it."""

    code: str  # the catalogue's own, such as an ASIN
    title: str = ""
    gtins: tuple[str, ...] = ()  # 14 digits each
    stock: Stock | None = None  # None: the catalogue does not say
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """The catalogue has no such product."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Untold:
    """The catalogue tells nothing of the product, which may be there all the same."""

    reason: str
    refused: bool = False  # us, not the product


Entry = Listing | Missing | Untold

_BUYABLE = {
    Stock.IN: Buyable.IN_STOCK,
    Stock.OUT: Buyable.OUT_OF_STOCK,
    Stock.DISCONTINUED: Buyable.DISCONTINUED,
    None: Buyable.UNKNOWN,
}


def judge_entry(entry: Entry, expectation: Expectation) -> Judgement:
    """What a catalogue's entry means for an offer that should be as `expectation` says. Total: never raises."""
    if isinstance(entry, Untold):
        outcome = Outcome.BLOCKED if entry.refused else Outcome.UNKNOWN
        return seal(Judgement(outcome, reasons={Axis.REACHABLE: entry.reason}), entry.reason)
    if isinstance(entry, Missing):
        gone = Judgement(Outcome.GONE, Reachable.BROKEN, reasons={Axis.REACHABLE: entry.reason})
        return seal(gone, entry.code)
    return _of_listing(entry, expectation)


def _of_listing(listing: Listing, expectation: Expectation) -> Judgement:
    facts = Baseline(title=listing.title, gtin=" ".join(sorted(listing.gtins)))
    buyable = _BUYABLE[listing.stock]
    reason = (
        f"The shop's catalogue says {listing.stock.replace('_', ' ')}."
        if listing.stock
        else "The shop's catalogue says nothing of stock."
    )
    if expectation.is_range:
        buyable, reason = Buyable.UNKNOWN, "A range of products: stock does not apply."
    elif buyable in (Buyable.IN_STOCK, Buyable.UNKNOWN) and expectation.baseline is not None:
        found = difference(expectation.baseline, facts)
        if found:
            buyable, reason = Buyable.DIFFERENT_PRODUCT, found
    outcome = {Buyable.IN_STOCK: Outcome.HEALTHY, Buyable.UNKNOWN: Outcome.NOT_JUDGED}.get(buyable)
    judgement = Judgement(
        outcome or Outcome(buyable.value),
        Reachable.OK,
        buyable=buyable,
        reasons={Axis.REACHABLE: f"The shop's catalogue lists {listing.code}.", Axis.BUYABLE: reason},
        facts=facts if buyable is Buyable.IN_STOCK else None,
        saw=facts,
    )
    different = listing.title if buyable is Buyable.DIFFERENT_PRODUCT else ""
    return seal(judgement, listing.code, normalise(different))
