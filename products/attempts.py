"""Attempts: how a row that ends its worker is known, looked at alone, and in the end set aside for a person.

An attempt is counted before it is made and forgotten with its answer, so that one without an answer stands in the
row even if the process is gone. What PostgreSQL itself could not do is no attempt: an hour with a full disk would
set every row aside.
"""

from __future__ import annotations

import datetime
from contextlib import suppress
from typing import Final

from django.db import DatabaseError
from django.db.models import F

from products.models import Offer
from products.querysets import OfferQuerySet

ALONE_AFTER: Final = 2  # attempts without an answer; from then on a row is looked at while nothing else is
MOST_ATTEMPTS: Final = 5  # a row that ended its worker so often is set aside and shown

# SQLSTATE classes: connection lost, rolled back for another's sake, resources at an end, server stopped, system error.
_OF_THE_DATABASE: Final = frozenset({"08", "40", "53", "57", "58"})
_OF_NO_CLASS: Final = (
    "XX000"  # a file that may not grow; unlike corrupted data, which one row may meet each time
)


def is_databases_own(error: DatabaseError) -> bool:
    """Whether PostgreSQL failed by itself, and would have with any other row."""
    state = getattr(error.__cause__, "sqlstate", None)
    # No state: the server was not reached.
    return state is None or state[:2] in _OF_THE_DATABASE or state == _OF_NO_CLASS


def count_attempt(offer: Offer, as_read: OfferQuerySet, *, now: datetime.datetime) -> bool:
    """Count an attempt at `offer`. False: leave it alone; it is set aside, or `as_read` finds it no more."""
    if offer.attempts >= MOST_ATTEMPTS:
        as_read.update(quarantined_at=now, next_check_at=None)
        return False
    return bool(as_read.update(attempts=F("attempts") + 1))


def take_back(counted: OfferQuerySet) -> None:
    """Forget the last attempt at each, since the database failed. Does what it can: perhaps the database is gone."""
    with suppress(DatabaseError):
        counted.filter(attempts__gt=0).update(attempts=F("attempts") - 1)
