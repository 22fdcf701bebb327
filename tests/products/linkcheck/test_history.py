"""Health by the day, told from flips."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.linkcheck.history import DayState, FlipOfDay, Standing, by_day, in_words, state_of
from products.linkcheck.verdict import Axis, Buyable, Identity, Reachable

TODAY = datetime.date(2026, 11, 20)
WELL = {Axis.REACHABLE: "ok", Axis.IDENTITY: "proven", Axis.BUYABLE: "in_stock"}
LETTERS = {
    DayState.WELL: "w",
    DayState.BROKEN: "b",
    DayState.UNKNOWN: "u",
    DayState.SUSPECT: "s",
    DayState.NOT_FOR_SALE: "n",
    DayState.IDENTITY_LOST: "l",
}


def days_ago(number: int) -> datetime.date:
    return TODAY - datetime.timedelta(days=number)


def flip(ago: int, before: str, after: str, axis: Axis = Axis.REACHABLE) -> FlipOfDay:
    return FlipOfDay(days_ago(ago), axis, before, after)


def drawn(
    flips: list[FlipOfDay], *, days: int = 6, suspect_since: datetime.date | None = None, **now: str
) -> str:
    standing = Standing({axis: now.get(axis.value, WELL[axis]) for axis in Axis}, suspect_since)
    return "".join(LETTERS[state] for state in by_day(standing, flips, first=days_ago(days - 1), today=TODAY))


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, DayState.WELL),
        ({"reachable": "unknown"}, DayState.UNKNOWN),
        ({"reachable": "suspect"}, DayState.SUSPECT),
        ({"reachable": "broken", "identity": "lost"}, DayState.BROKEN),
        ({"identity": "lost", "buyable": "out_of_stock"}, DayState.IDENTITY_LOST),
        ({"reachable": "suspect", "buyable": "out_of_stock"}, DayState.NOT_FOR_SALE),
        ({"buyable": "discontinued"}, DayState.NOT_FOR_SALE),
        ({"buyable": "different_product"}, DayState.NOT_FOR_SALE),
        ({"buyable": "unknown", "identity": "unknown"}, DayState.WELL),
    ],
)
def test_three_axes_make_one_state(values, state):
    assert state_of({axis: values.get(axis.value, WELL[axis]) for axis in Axis}) is state


@pytest.mark.parametrize(
    ("flips", "now", "expected"),
    [
        ([], {}, "wwwwww"),
        ([], {"reachable": "broken"}, "bbbbbb"),
        ([flip(2, "ok", "broken")], {"reachable": "broken"}, "wwwbbb"),
        ([flip(4, "ok", "broken"), flip(2, "broken", "ok")], {}, "wbbbww"),
        ([flip(2, "ok", "broken"), flip(2, "broken", "ok")], {}, "wwwbww"),
        ([flip(3, "unknown", "ok")], {}, "uuwwww"),
        ([flip(1, "in_stock", "out_of_stock", Axis.BUYABLE)], {"buyable": "out_of_stock"}, "wwwwnn"),
        (
            [flip(4, "proven", "lost", Axis.IDENTITY), flip(2, "ok", "broken")],
            {"identity": "lost", "reachable": "broken"},
            "wllbbb",
        ),
        ([flip(3, "ok", "broken")], {"reachable": "unknown"}, "wwbbbu"),
    ],
    ids=["nothing changed", "always broken", "broke", "healed", "within a day", "first look", "sold out", "two axes",
         "forgotten since"],
)  # fmt: skip
def test_each_day_shows_the_worst_that_held_on_it(flips, now, expected):
    assert drawn(flips, **now) == expected


@pytest.mark.parametrize(("ago", "expected"), [(0, "wwwwws"), (2, "wwwsss"), (40, "ssssss")])
def test_a_suspect_is_one_since_it_became_one(ago, expected):
    assert drawn([], suspect_since=days_ago(ago)) == expected


@pytest.mark.parametrize(
    ("flips", "expected"),
    [
        ([], "Well 30 days"),
        ([flip(8, "ok", "broken"), flip(5, "broken", "ok")], "Well 26 days, broken 4 days (12–15 November)"),
        ([flip(2, "ok", "broken"), flip(2, "broken", "ok")], "Well 29 days, broken 1 day (18 November)"),
        ([flip(22, "ok", "broken"), flip(18, "broken", "ok")], "Well 25 days, broken 5 days (29 October – 2 November)"),
        (
            [one for ago in (20, 15, 10, 5) for one in (flip(ago, "ok", "broken"), flip(ago, "broken", "ok"))],
            "Well 26 days, broken 4 days (5 November, 10 November, 15 November and 1 time before)",
        ),
    ],
)  # fmt: skip
def test_words_say_what_the_picture_shows(flips, expected):
    standing = Standing(WELL)
    states = by_day(standing, flips, first=days_ago(29), today=TODAY)
    assert in_words(states, today=TODAY) == expected


def test_what_was_never_well_says_so_without_dates():
    assert in_words([DayState.UNKNOWN] * 7, today=TODAY) == "Not known 7 days"


values_of = {
    Axis.REACHABLE: ("ok", "broken", "unknown"),
    Axis.IDENTITY: tuple(Identity),
    Axis.BUYABLE: tuple(Buyable),
}
walks = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(Axis), st.integers(0, 4)), max_size=12)


@given(walks)
def test_the_last_day_is_never_better_than_how_the_offer_stands(walk):
    now: dict[Axis, str] = dict.fromkeys(Axis, Reachable.UNKNOWN.value)
    flips = []
    for ago, axis, number in sorted(walk, key=lambda step: -step[0]):
        after = str(values_of[axis][number % len(values_of[axis])])
        if after != now[axis]:
            flips.append(flip(ago, now[axis], after, axis))
            now[axis] = after
    states = by_day(Standing(now), flips, first=days_ago(9), today=TODAY)
    worse = list(DayState)
    assert len(states) == 10
    assert worse.index(states[-1]) >= worse.index(state_of(now))
