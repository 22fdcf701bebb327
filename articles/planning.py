"""The arithmetic of planning, pure: who has how much review work in which month, and what could come earlier.

Nothing here knows a database or a clock. Work is in minutes; a month is named by its first day.
"""

from __future__ import annotations

import calendar
import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

Month = datetime.date


@dataclass(frozen=True, slots=True)
class Work:
    """One review to come."""

    key: int
    """Of the article."""
    reviewer: str
    on: datetime.date
    """The day it is planned for, or else due."""
    minutes: int


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which a reviewer does no reviews, the first and the last included."""

    first_day: datetime.date
    last_day: datetime.date


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a reviewer can do. `minutes_per_month` None: nobody said, so that nothing can be too much."""

    minutes_per_month: int | None = None
    away: Sequence[Away] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """A reviewer's month."""

    month: Month
    reviewer: str
    articles: int
    minutes: int
    capacity: int | None

    @property
    def over(self) -> int:
        """Minutes beyond the capacity."""
        return max(0, self.minutes - self.capacity) if self.capacity is not None else 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """An article that could be reviewed earlier, so that a month is not too full. Never later."""

    work: Work
    to: datetime.date


def month_of(day: datetime.date) -> Month:
    return day.replace(day=1)


def months_from(first: Month, count: int) -> list[Month]:
    """`count` months, `first` included."""
    found = [month_of(first)]
    while len(found) < count:
        found.append(month_of(found[-1] + datetime.timedelta(days=31)))
    return found[:count]


def working_days(month: Month, away: Iterable[Away] = (), *, start: datetime.date | None = None) -> int:
    """Mondays to Fridays of a month, from `start` on if it falls in the month, without days away."""
    absences = list(away)
    last = calendar.monthrange(month.year, month.month)[1]
    return sum(
        day.weekday() < 5
        and (start is None or day >= start)
        and not any(leave.first_day <= day <= leave.last_day for leave in absences)
        for day in (month.replace(day=number) for number in range(1, last + 1))
    )


def spread(count: int, first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """`count` days in order, spread evenly over the Mondays to Fridays from `first` to `last`, both included.

    The first falls on the first of these days; where there are more than days, each day gets its share.
    Raises `ValueError` if there is no such day.
    """
    days = [first + datetime.timedelta(days=number) for number in range((last - first).days + 1)]
    working = [day for day in days if day.weekday() < 5]
    if not working:
        raise ValueError("There is no working day between these.")
    return [working[number * len(working) // count] for number in range(count)]


def capacity_in(month: Month, capacity: Capacity, *, start: datetime.date | None = None) -> int | None:
    """Minutes a reviewer has in a month: their minutes in proportion to the working days they are there."""
    if capacity.minutes_per_month is None:
        return None
    there = working_days(month, capacity.away, start=start)
    return capacity.minutes_per_month * there // working_days(month)


def forecast(
    work: Iterable[Work], capacities: Mapping[str, Capacity], *, today: datetime.date, months: int
) -> list[Load]:
    """Each reviewer's load of each month from today's on; what is late counts in today's month.

    Sorted by month and reviewer. A month in which somebody has neither work nor a known capacity is left out.
    """
    horizon = months_from(today, months)
    minutes: dict[tuple[Month, str], int] = defaultdict(int)
    articles: dict[tuple[Month, str], int] = defaultdict(int)
    for one in work:
        slot = month_of(max(one.on, today)), one.reviewer
        minutes[slot] += one.minutes
        articles[slot] += 1
    people = sorted({reviewer for _, reviewer in minutes} | capacities.keys())
    loads = [
        Load(
            month=month,
            reviewer=reviewer,
            articles=articles[month, reviewer],
            minutes=minutes[month, reviewer],
            capacity=capacity_in(month, capacities.get(reviewer, Capacity()), start=today),
        )
        for month in horizon
        for reviewer in people
    ]
    return [load for load in loads if load.articles or load.capacity is not None]


def level(
    work: Iterable[Work], capacities: Mapping[str, Capacity], *, today: datetime.date, months: int
) -> list[Proposal]:
    """Propose earlier days for work in months that are too full; sorted by the day it stands at now.

    From the last month to the first: what does not fit goes to the latest earlier month with room, the latest
    work first, and lands there on the last working day its reviewer is there. What fits nowhere earlier stays.
    No proposal is later than the work stands, before today, or makes another month too full.
    """
    horizon = months_from(today, months)
    proposals: list[Proposal] = []
    by_reviewer: dict[str, list[Work]] = defaultdict(list)
    for one in work:
        if one.on >= today:
            by_reviewer[one.reviewer].append(one)
        else:
            by_reviewer[one.reviewer].append(
                replace(one, on=today)
            )  # late: it weighs on this month, and stays
    for reviewer, theirs in by_reviewer.items():
        capacity = capacities.get(reviewer, Capacity())
        if capacity.minutes_per_month is None:
            continue
        room = {month: capacity_in(month, capacity, start=today) or 0 for month in horizon}
        for one in theirs:
            if month_of(one.on) in room:
                room[month_of(one.on)] -= one.minutes
        for month in reversed(horizon):
            here = [one for one in theirs if month_of(one.on) == month]
            for one in sorted(here, key=lambda each: (each.on, each.key), reverse=True):
                if room[month] >= 0:
                    break
                target = _latest_with_room(one, horizon, room, capacity, today=today)
                if target is not None:
                    room[month] += one.minutes
                    room[month_of(target)] -= one.minutes
                    proposals.append(Proposal(one, target))
    return sorted(proposals, key=lambda proposal: (proposal.work.on, proposal.work.key))


def _latest_with_room(
    one: Work,
    horizon: Collection[Month],
    room: Mapping[Month, int],
    capacity: Capacity,
    *,
    today: datetime.date,
) -> datetime.date | None:
    for month in sorted((month for month in horizon if month < month_of(one.on)), reverse=True):
        if room[month] >= one.minutes:
            last = calendar.monthrange(month.year, month.month)[1]
            days = (month.replace(day=number) for number in range(last, 0, -1))
            return next(
                day
                for day in days
                if day.weekday() < 5
                and day >= today
                and not any(leave.first_day <= day <= leave.last_day for leave in capacity.away)
            )
    return None
