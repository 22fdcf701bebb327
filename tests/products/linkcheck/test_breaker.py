"""When a whole host is the news: turned together, looked at again, failing, healed."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.linkcheck.breaker import (
    LAST_CHECKS,
    SECOND_LOOK_AFTER,
    Breaker,
    HostHealth,
    Seen,
    second_look_at,
    watch,
)
from products.linkcheck.verdict import Outcome

NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
GONE, WELL, BLOCKED = Outcome.GONE, Outcome.HEALTHY, Outcome.BLOCKED


def turned(offers: Iterable[int], outcome: Outcome = GONE) -> list[Seen]:
    return [Seen(offer, outcome, turned=True) for offer in offers]


def seen(offers: Iterable[int], outcome: Outcome) -> list[Seen]:
    return [Seen(offer, outcome) for offer in offers]


def after(
    looks: Iterable[Seen], host: HostHealth | None = None, at: datetime.datetime = NOON, tempo: float = 1.0
) -> HostHealth:
    host = host or HostHealth()
    for look in looks:
        host = watch(host, look, now=at, tempo=tempo)
    return host


TRIPPED = after(turned(range(6)))
LATER = NOON + SECOND_LOOK_AFTER
FAILING = after(seen(range(6), GONE), TRIPPED, LATER)


@pytest.mark.parametrize(
    ("looks", "breaker"),
    [
        (turned(range(4)), Breaker.CLOSED),
        (turned(range(5)), Breaker.TRIPPED),
        (turned([1] * 9), Breaker.CLOSED),  # one offer that flaps is no host
        ([*turned(range(4)), *seen(range(4), WELL), *turned([4, 5, 6])], Breaker.CLOSED),  # four came back
        ([*turned(range(4)), *seen(range(4), GONE), *turned([4])], Breaker.TRIPPED),  # four stayed bad
        ([*seen(range(20, 40), WELL), *turned(range(5))], Breaker.CLOSED),  # a quarter
        ([*seen(range(20, 40), WELL), *turned(range(6))], Breaker.TRIPPED),
        ([*turned(range(3)), *turned(range(3, 7), Outcome.OUT_OF_STOCK)], Breaker.CLOSED),
        (seen(range(20), BLOCKED), Breaker.CLOSED),  # a wall breaks nothing
    ],
)
def test_a_host_trips_when_many_of_its_offers_turned_the_same_way(looks, breaker):
    assert after(looks).breaker is breaker


def test_a_tripped_host_is_looked_at_again_after_an_hour_of_its_own_time():
    assert second_look_at(TRIPPED) == NOON + HOUR
    assert second_look_at(TRIPPED, tempo=0.5) == NOON + HOUR / 2
    assert second_look_at(HostHealth()) is None
    assert set(TRIPPED.second) == set(range(5))  # those that tripped it


@pytest.mark.parametrize(
    ("second", "breaker"),
    [
        (seen(range(4), GONE), Breaker.TRIPPED),
        (seen(range(5), GONE), Breaker.FAILING),
        (seen([0], WELL), Breaker.CLOSED),  # four of five can no longer be enough
        (seen(range(5), BLOCKED), Breaker.CLOSED),
        (seen(range(5), Outcome.RATE_LIMITED), Breaker.TRIPPED),  # no look at all
        (seen(range(50, 60), GONE), Breaker.TRIPPED),  # others do not answer for the accused
    ],
)
def test_the_second_look_decides(second, breaker):
    assert after(second, TRIPPED, LATER).breaker is breaker


def test_a_look_too_soon_is_no_second_look():
    assert after(seen(range(5), GONE), TRIPPED, LATER - HOUR / 2).breaker is Breaker.TRIPPED


def test_a_server_in_trouble_may_fail_in_several_ways():
    host = after(turned(range(5), Outcome.TIMEOUT))
    again = [Outcome.RESET, Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.DNS_ERROR, Outcome.RESET]
    looks = [Seen(offer, outcome) for offer, outcome in enumerate(again)]
    assert after(looks, host, LATER).breaker is Breaker.FAILING


def test_a_second_look_that_never_comes_holds_a_host_for_a_day_at_most():
    nearly = after(seen([99], WELL), TRIPPED, NOON + 23 * HOUR)
    assert nearly.breaker is Breaker.TRIPPED
    assert after(seen([99], WELL), nearly, NOON + 24 * HOUR).breaker is Breaker.CLOSED


def test_a_failing_host_heals_when_too_few_of_its_last_looks_are_bad():
    assert FAILING.breaker is Breaker.FAILING
    assert len(FAILING.recent) == 6
    once = after(seen([0], WELL), FAILING, LATER)
    assert once.breaker is Breaker.FAILING
    twice = after(seen([1], WELL), once, LATER)
    assert twice.breaker is Breaker.CLOSED
    assert twice.recent == ()


@pytest.mark.parametrize(
    "outcome", [Outcome.OUT_OF_STOCK, Outcome.DIFFERENT_PRODUCT, Outcome.IDENTITY_LOST, Outcome.SOFT_404]
)
def test_a_shop_that_is_back_is_not_failing_because_some_of_its_products_have_other_faults(outcome):
    host = after(turned(range(20), Outcome.SERVER_ERROR))
    host = after(seen(range(20), Outcome.SERVER_ERROR), host, LATER)
    assert host.breaker is Breaker.FAILING
    assert (
        after([*seen(range(14), WELL), *seen(range(14, 20), outcome)], host, LATER).breaker is Breaker.CLOSED
    )


@pytest.mark.parametrize("outcome", [BLOCKED, Outcome.UNKNOWN, Outcome.OTHER_REGION, Outcome.OUR_NETWORK])
def test_a_look_that_tells_nothing_is_no_sign_that_a_failing_host_is_back(outcome):
    assert after(seen(range(6), outcome), FAILING, LATER) == FAILING


def test_a_host_healed_trips_again_only_on_new_turns():
    healed = after(seen([0, 1], WELL), FAILING, LATER)
    assert after(seen(range(2, 20), GONE), healed, LATER).breaker is Breaker.CLOSED
    assert after(turned(range(5)), healed, LATER).breaker is Breaker.TRIPPED


looks = st.lists(
    st.builds(Seen, st.integers(0, 12), st.sampled_from(list(Outcome)), st.booleans()), max_size=60
)


@given(looks)
def test_a_host_remembers_little_and_survives_the_database(found):
    host = HostHealth()
    for number, look in enumerate(found):
        host = watch(host, look, now=NOON + number * HOUR)
        assert len(host.recent) <= LAST_CHECKS
        assert HostHealth.from_json(json.loads(json.dumps(host.to_json()))) == host
        assert (host.cause is None) == (host.breaker is Breaker.CLOSED)


@given(looks)
def test_a_host_with_four_offers_never_trips(found):
    assert (
        after([Seen(look.offer % 4, look.outcome, look.turned) for look in found]).breaker is Breaker.CLOSED
    )


@given(looks)
def test_looks_that_say_nothing_change_nothing(found):
    host = after(found)
    assert after(seen(range(9), Outcome.OUR_NETWORK), host) == host
