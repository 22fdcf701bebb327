"""What a link's address alone tells of our identity. Pure.

Some shops may not be asked by robots (Amazon), and need not be: their links carry the identity in plain sight.
"""

from __future__ import annotations

from products.linkcheck.verdict import Axis, Identity, Judgement, Outcome
from products.programmes import Adapter, ProgrammeError, Settings, amazon


def read_identity(adapter: Adapter, settings: Settings, destination: str) -> Judgement:
    """Whether readers who follow the link to `destination` arrive with our identity. Speaks of that axis alone."""
    try:
        tracked = adapter.build(settings, destination)
        probe = adapter.expectation(settings)
    except ProgrammeError as error:
        return _judged(Outcome.IDENTITY_LOST, Identity.LOST, error.sentence)
    if not probe.is_proven_at(tracked):
        return _judged(
            Outcome.IDENTITY_LOST, Identity.LOST, "The link's address does not carry our identity."
        )
    product = amazon.asin(destination)
    named = f", for the product {product}" if product else ""
    return _judged(
        Outcome.NOT_JUDGED, Identity.PROVEN, f"The link's address carries {probe.identity}{named}."
    )


def _judged(outcome: Outcome, identity: Identity, reason: str) -> Judgement:
    return Judgement(outcome, identity=identity, reasons={Axis.IDENTITY: reason})
