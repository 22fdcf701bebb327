"""The arithmetic of planning: tables, and properties that hold for any work."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.planning import (
    Away,
    Capacity,
    Load,
    Proposal,
    Work,
    capacity_in,
    forecast,
    level,
    month_of,
    months_from,
    spread,
    working_days,
)

TODAY = date(2026, 3, 10)  # a Tuesday
ANN, BEN = "Ann", "Ben"


def work(key: int, on: date, minutes: int = 30, reviewer: str = ANN) -> Work:
    return Work(key, reviewer, on, minutes)


@pytest.mark.parametrize(
    ("first", "count", "months"),
    [
        (date(2026, 1, 31), 3, [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]),
        (date(2026, 12, 15), 2, [date(2026, 12, 1), date(2027, 1, 1)]),
        (date(2026, 2, 1), 0, []),
    ],
)
def test_months_follow_one_another(first, count, months):
    assert months_from(first, count) == months


@pytest.mark.parametrize(
    ("month", "away", "start", "days"),
    [
        (date(2026, 2, 1), (), None, 20),
        (date(2026, 3, 1), (), None, 22),
        (date(2026, 2, 1), (), date(2026, 2, 23), 5),
        (date(2026, 2, 1), (Away(date(2026, 2, 2), date(2026, 2, 8)),), None, 15),
        (date(2026, 2, 1), (Away(date(2026, 1, 1), date(2026, 12, 31)),), None, 0),
        (date(2026, 2, 1), (Away(date(2026, 2, 2), date(2026, 2, 6)), Away(date(2026, 2, 5), date(2026, 2, 9))), None, 14),
    ],
)  # fmt: skip
def test_working_days_are_mondays_to_fridays_without_days_away(month, away, start, days):
    assert working_days(month, away, start=start) == days


def test_capacity_follows_the_days_somebody_is_there():
    half = Capacity(200, (Away(date(2026, 2, 1), date(2026, 2, 15)),))
    assert capacity_in(date(2026, 2, 1), half) == 100
    assert capacity_in(date(2026, 2, 1), Capacity(None)) is None


def test_a_forecast_counts_what_is_late_in_this_month():
    loads = forecast(
        [work(1, date(2025, 1, 1)), work(2, TODAY), work(3, date(2026, 4, 30), 45, BEN)],
        {ANN: Capacity(220), BEN: Capacity()},
        today=TODAY,
        months=2,
    )
    assert loads == [
        Load(date(2026, 3, 1), ANN, 2, 60, 160),
        Load(date(2026, 4, 1), ANN, 0, 0, 220),
        Load(date(2026, 4, 1), BEN, 1, 45, None),
    ]


@pytest.mark.parametrize(("minutes", "capacity", "over"), [(60, 30, 30), (30, 30, 0), (60, None, 0)])
def test_a_month_is_too_full_beyond_its_capacity(minutes, capacity, over):
    assert Load(TODAY, ANN, 1, minutes, capacity).over == over


def test_levelling_moves_the_latest_work_to_the_latest_month_with_room():
    busy = [work(key, date(2026, 6, key)) for key in (1, 2, 3)]
    assert level(busy, {ANN: Capacity(60)}, today=TODAY, months=6) == [Proposal(busy[2], date(2026, 5, 29))]


def test_levelling_skips_months_without_room_and_days_away():
    busy = [work(1, date(2026, 5, 4)), work(2, date(2026, 6, 1)), work(3, date(2026, 6, 2))]
    away = (Away(date(2026, 4, 27), date(2026, 4, 30)),)
    proposals = level(busy, {ANN: Capacity(38, away)}, today=TODAY, months=6)
    assert proposals == [Proposal(busy[2], date(2026, 4, 24))]


@pytest.mark.parametrize("capacity", [Capacity(), Capacity(0), Capacity(10_000)])
def test_levelling_proposes_nothing_where_it_cannot_help(capacity):
    busy = [work(key, date(2026, 6, key)) for key in (1, 2, 3)]
    assert level(busy, {ANN: capacity}, today=TODAY, months=6) == []


works = st.lists(
    st.builds(
        Work,
        key=st.integers(1, 10**6),
        reviewer=st.sampled_from([ANN, BEN]),
        on=st.dates(TODAY - timedelta(days=60), TODAY + timedelta(days=300)),
        minutes=st.integers(5, 90),
    ),
    unique_by=lambda one: one.key,
    max_size=40,
)
capacities = st.fixed_dictionaries(
    {
        ANN: st.builds(Capacity, st.integers(0, 400)),
        BEN: st.builds(
            Capacity,
            st.one_of(st.none(), st.integers(0, 400)),
            st.lists(
                st.builds(
                    lambda first, days: Away(first, first + timedelta(days=days)),
                    st.dates(TODAY - timedelta(days=20), TODAY + timedelta(days=300)),
                    st.integers(0, 60),
                ),
                max_size=3,
            ),
        ),
    }
)


@given(works, capacities)
def test_levelling_only_brings_forward_and_never_makes_a_month_too_full(todo, time):
    proposals = level(todo, time, today=TODAY, months=10)
    moved = {one.work.key: one.to for one in proposals}
    assert len(moved) == len(proposals)
    for one in proposals:
        assert TODAY <= one.to < one.work.on
        assert one.to.weekday() < 5
        assert not any(leave.first_day <= one.to <= leave.last_day for leave in time[one.work.reviewer].away)

    after = [Work(one.key, one.reviewer, moved.get(one.key, one.on), one.minutes) for one in todo]
    was = {(load.month, load.reviewer): load for load in forecast(todo, time, today=TODAY, months=10)}
    targets = {(month_of(one.to), one.work.reviewer) for one in proposals}
    for load in forecast(after, time, today=TODAY, months=10):
        before = was.get((load.month, load.reviewer))
        if (load.month, load.reviewer) in targets:
            assert load.over == 0 or load.over <= (before.over if before else 0)
        assert load.over <= (before.over if before else 0)


@given(works, capacities)
def test_a_forecast_loses_no_work(todo, time):
    loads = forecast(todo, time, today=TODAY, months=12)
    assert sum(load.articles for load in loads) == len(todo)
    minutes = Counter({ANN: 0, BEN: 0})
    for one in todo:
        minutes[one.reviewer] += one.minutes
    for reviewer in (ANN, BEN):
        assert sum(load.minutes for load in loads if load.reviewer == reviewer) == minutes[reviewer]


@given(works, capacities, st.data())
def test_any_of_the_proposals_can_be_left_out_without_a_month_becoming_too_full(todo, time, data):
    proposals = level(todo, time, today=TODAY, months=10)
    chosen = data.draw(st.sets(st.sampled_from(proposals))) if proposals else set()
    to = {one.work.key: one.to for one in chosen}
    after = [Work(one.key, one.reviewer, to.get(one.key, one.on), one.minutes) for one in todo]
    was = {(load.month, load.reviewer): load.over for load in forecast(todo, time, today=TODAY, months=10)}
    for load in forecast(after, time, today=TODAY, months=10):
        assert load.over <= was.get((load.month, load.reviewer), 0)


@pytest.mark.parametrize(
    ("count", "first", "last", "days"),
    [
        (1, date(2026, 3, 9), date(2026, 3, 13), [9]),
        (2, date(2026, 3, 9), date(2026, 3, 20), [9, 16]),
        (5, date(2026, 3, 7), date(2026, 3, 15), [9, 10, 11, 12, 13]),  # a Saturday to a Sunday
        (4, date(2026, 3, 12), date(2026, 3, 13), [12, 12, 13, 13]),
        (0, date(2026, 3, 12), date(2026, 3, 13), []),
    ],
)
def test_reviews_are_spread_evenly_over_working_days(count, first, last, days):
    assert spread(count, first, last) == [date(2026, 3, day) for day in days]


@pytest.mark.parametrize(("first", "last"), [(7, 8), (10, 9)])
def test_nothing_is_spread_where_there_is_no_working_day(first, last):
    with pytest.raises(ValueError, match="no working day"):
        spread(3, date(2026, 3, first), date(2026, 3, last))


@given(st.integers(1, 60), st.integers(0, 40), st.integers(0, 40))
def test_what_is_spread_keeps_its_order_and_its_days_and_gives_no_day_much_more_than_another(
    count, start, length
):
    first = TODAY + timedelta(days=start)
    last = first + timedelta(days=length + 3)  # so that a working day is among them
    days = spread(count, first, last)
    assert len(days) == count
    assert days == sorted(days)
    assert all(first <= day <= last and day.weekday() < 5 for day in days)
    shares = Counter(days)
    if count >= working_days_between(first, last):
        assert max(shares.values()) - min(shares.values()) <= 1
    else:
        assert max(shares.values()) == 1


def working_days_between(first: date, last: date) -> int:
    return sum((first + timedelta(days=number)).weekday() < 5 for number in range((last - first).days + 1))
