"""Following a button: find where it leads and count the click, in one statement as a rule.

Whom and where to count depends on what is found: the regions, the page, whether a link can be made at all. So a process
remembers what it found last, and asks PostgreSQL to count if it still finds the very same. What is found now decides
always; what was remembered saves a round trip.
"""

from __future__ import annotations

import datetime
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils import timezone

from products.clicks.counting import ADD_ONE, QUICKLY, count
from products.clicks.departures import COLUMNS, Departure, departure_from, question
from products.prepared import ask

MOST_REMEMBERED = 8192

_remembered: OrderedDict[tuple[int, int | None], _Known] = OrderedDict()


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found of a button when a click on it was last counted."""

    departure: Departure
    way: str
    digest: str
    """PostgreSQL's, of all that it found."""


def follow(
    offer_id: int,
    page_id: int | None,
    *,
    region_of: Callable[[Departure], int],
    is_person: Callable[[], bool],
    now: datetime.datetime,
) -> str | None:
    """The address to which a button leads now; the click is counted. None if readers may not be sent on: nothing is.

    `region_of` gives the primary key of the reader's region. `is_person` is asked at most once, and only of a click
    that is counted, or would have been a moment ago.
    """
    button = offer_id, page_id
    known = _remembered.get(button)
    people: bool | None = None
    values: list[Any] = [None, 0, 0, ""]
    if known is not None:
        people = is_person()
        values = [region_of(known.departure), int(people), int(not people), known.digest]
    finding, parameters = question(offer_id, page_id)
    row = ask(_statement(finding), [*parameters, timezone.localdate(now), offer_id, *values])
    if row is None:
        return None
    *found, digest, is_counted = row
    if known is not None and is_counted:
        return known.way
    departure = departure_from(offer_id, found)
    way = departure.way()
    if way is not None:
        people = is_person() if people is None else people
        count(offer_id, departure.page_id, region_of(departure), is_person=people, now=now)
        _remember(button, _Known(departure, way, digest))
    return way


def _remember(button: tuple[int, int | None], known: _Known) -> None:
    _remembered[button] = known
    while len(_remembered) > MOST_REMEMBERED:
        _remembered.popitem(last=False)


@cache
def _statement(question: str) -> str:
    rows = (
        "SELECT %s::date, %s::bigint, known.page, %s::bigint, %s::integer, %s::integer"
        " FROM quick, known WHERE known.digest = %s"
    )
    return f"""
WITH found ({", ".join(COLUMNS)}) AS MATERIALIZED ({question}),
     known AS MATERIALIZED (SELECT found.*, md5(found::text) AS digest FROM found),
     quick AS MATERIALIZED ({QUICKLY}),
     counted AS ({ADD_ONE.format(rows=rows)} RETURNING 1)
SELECT known.*, EXISTS (SELECT FROM counted) FROM known
"""  # noqa: S608  put together of our own statements alone
