"""Half a year of health that never was: the flips that looks at the demo's links would have left.

So that strips and charts have something to show on the first day. The same history every time; no look is invented,
and what each link is today the checker finds out by itself.
"""

from __future__ import annotations

import datetime
import random

from products.linkcheck.verdict import Axis, Buyable, Outcome, Reachable
from products.models import Checking, Flip, Offer

BEGAN = 200  # days ago
TROUBLES = (
    (Axis.REACHABLE, Reachable.OK, Reachable.BROKEN, Outcome.GONE),
    (Axis.REACHABLE, Reachable.OK, Reachable.BROKEN, Outcome.TIMEOUT),
    (Axis.BUYABLE, Buyable.IN_STOCK, Buyable.OUT_OF_STOCK, Outcome.OUT_OF_STOCK),
)


def remember(*, now: datetime.datetime) -> int:
    """Give the links that the checker may ask a past. Returns how many changes were written."""
    chance = random.Random(200)
    flips = []
    for offer in Offer.objects.addressed().exclude(retailer__checking=Checking.HUMAN).order_by("pk"):
        began = now - datetime.timedelta(days=BEGAN)
        flips.append(_flip(offer, began, Axis.REACHABLE, Reachable.UNKNOWN, Reachable.OK, "Status 200."))
        flips.append(_flip(offer, began, Axis.BUYABLE, Buyable.UNKNOWN, Buyable.IN_STOCK, "In stock."))
        days_ago = chance.randint(20, BEGAN)
        while days_ago > 2:
            axis, good, bad, outcome = chance.choice(TROUBLES)
            lasted = min(chance.randint(1, 6), days_ago - 1)
            fell = now - datetime.timedelta(days=days_ago, hours=chance.randint(0, 9))
            rose = fell + datetime.timedelta(days=lasted)
            flips.append(_flip(offer, fell, axis, good, bad, outcome.words))
            flips.append(_flip(offer, rose, axis, bad, good, Outcome.HEALTHY.words))
            days_ago -= lasted + chance.randint(20, 90)
        for axis, good in ((Axis.REACHABLE, Reachable.OK), (Axis.BUYABLE, Buyable.IN_STOCK)):
            flips.append(_flip(offer, now, axis, good, type(good)("unknown"), "Its address was changed."))
    return len(Flip.objects.bulk_create(flips))


def _flip(
    offer: Offer,
    at: datetime.datetime,
    axis: Axis,
    before: Reachable | Buyable,
    after: Reachable | Buyable,
    reason: str,
) -> Flip:
    return Flip(
        offer=offer,
        offer_name=str(offer),
        at=at,
        axis=axis.value,
        before=before.value,
        after=after.value,
        reason=reason,
    )
