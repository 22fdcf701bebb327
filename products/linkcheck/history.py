"""An offer's health by the day, told from its flips. Pure.

Flips know states that count: becoming suspect is none. So a suspect of former days is not seen here, and today's
comes from what health remembers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final

from products.linkcheck.verdict import Axis, Buyable, Identity, Reachable

MOST_SPANS_NAMED: Final = 3
NOT_FOR_SALE: Final = frozenset((Buyable.OUT_OF_STOCK, Buyable.DISCONTINUED, Buyable.DIFFERENT_PRODUCT))


class DayState(StrEnum):
    """How an offer stood on a day, all three axes in one; the later in this list, the worse."""

    UNKNOWN = "unknown"
    WELL = "well"
    SUSPECT = "suspect"
    NOT_FOR_SALE = "not_for_sale"
    IDENTITY_LOST = "identity_lost"
    BROKEN = "broken"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS: Final[Mapping[DayState, str]] = {
    DayState.UNKNOWN: "not known",
    DayState.WELL: "well",
    DayState.SUSPECT: "suspect",
    DayState.NOT_FOR_SALE: "not to be bought",
    DayState.IDENTITY_LOST: "identity lost",
    DayState.BROKEN: "broken",
}
_WORSE: Final = {state: number for number, state in enumerate(DayState)}


@dataclass(frozen=True, slots=True)
class FlipOfDay:
    """A change of one axis, and the day on which it came."""

    day: date
    axis: Axis
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How an offer stands now. A suspect is what it was before it became one, `suspect_since` a day."""

    values: Mapping[Axis, str]
    suspect_since: date | None = None


def state_of(values: Mapping[Axis, str]) -> DayState:
    """The three axes in one: what keeps readers away first."""
    if values[Axis.REACHABLE] == Reachable.BROKEN:
        return DayState.BROKEN
    if values[Axis.IDENTITY] == Identity.LOST:
        return DayState.IDENTITY_LOST
    if values[Axis.BUYABLE] in NOT_FOR_SALE:
        return DayState.NOT_FOR_SALE
    if values[Axis.REACHABLE] == Reachable.SUSPECT:
        return DayState.SUSPECT
    return DayState.WELL if values[Axis.REACHABLE] == Reachable.OK else DayState.UNKNOWN


def by_day(
    standing: Standing, flips: Sequence[FlipOfDay], *, first: date, today: date
) -> tuple[DayState, ...]:
    """The worst state of each day from `first` to `today`.

    `flips` are all since `first`, oldest first. An axis without any has always stood as it stands; one that stands
    otherwise than its last flip said, nobody knows since when, does so from today.
    """
    length = (today - first).days + 1
    if not flips and standing.suspect_since is None:
        return (state_of(standing.values),) * length
    values = {axis: str(standing.values[axis]) for axis in Axis}
    for flip in reversed(flips):
        values[flip.axis] = flip.before
    states: list[DayState] = []
    state = state_of(values)
    for day, found in groupby(flips, key=lambda flip: flip.day):  # the cost follows flips, not days
        if day > today:
            break
        states += [state] * ((day - first).days - len(states))
        seen = [state]
        for flip in found:
            values[flip.axis] = flip.after
            seen.append(state_of(values))
        states.append(_worst(seen))
        state = seen[-1]
    states += [state] * (length - len(states))
    if any(values[axis] != standing.values[axis] for axis in Axis):
        states[-1] = state_of(standing.values)
    if standing.suspect_since is not None:
        doubted = max(0, (standing.suspect_since - first).days)
        states[doubted:] = [_worst([state, DayState.SUSPECT]) for state in states[doubted:]]
    return tuple(states)


def in_words(states: Sequence[DayState], *, today: date) -> str:
    """ "Well 27 days, broken 3 days (12–14 November)". The last of `states` is today's."""
    first = today - timedelta(days=len(states) - 1)
    spans: dict[DayState, list[tuple[date, date]]] = {}
    place = 0
    for state, run in groupby(states):
        length = len(list(run))
        begins = first + timedelta(days=place)
        spans.setdefault(state, []).append((begins, begins + timedelta(days=length - 1)))
        place += length
    said = []
    for state in sorted(spans, key=lambda state: (state is not DayState.WELL, _WORSE[state])):
        count = states.count(state)
        words = f"{state.words} {count} {'day' if count == 1 else 'days'}"
        is_plain = state is DayState.WELL or count == len(states)
        said.append(words if is_plain else f"{words} ({_dates(spans[state])})")
    return _upper_first(", ".join(said))


def _worst(states: Sequence[DayState]) -> DayState:
    return max(states, key=_WORSE.__getitem__)


def _dates(spans: Sequence[tuple[date, date]]) -> str:
    named = [_span(*span) for span in spans[-MOST_SPANS_NAMED:]]
    more = len(spans) - len(named)
    return ", ".join(named) + (f" and {more} {'time' if more == 1 else 'times'} before" if more else "")


def _span(first: date, last: date) -> str:
    if first == last:
        return f"{first:%-d %B}"
    if first.month == last.month:
        return f"{first:%-d}–{last:%-d %B}"
    return f"{first:%-d %B} – {last:%-d %B}"


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
