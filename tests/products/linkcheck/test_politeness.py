"""Politeness, on simulated time."""

import heapq
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.linkcheck.breaker import is_failing, tripped_by
from products.linkcheck.politeness import LONGEST_PAUSE, Pace, Queue
from products.linkcheck.verdict import Outcome


def run(links, *, threads=16, pace=2.0, latency=lambda roll: 0.3, seed=1, told=True, silent=()):
    """Play a round of `links` (host → how many). Returns when each request began, by host, and the makespan.

    A `silent` host answers nothing, so that a look ends at its deadline of ten seconds.
    """
    dice = random.Random(seed)
    queue = Queue(dice.random, threads=threads if told else 0)
    for host, count in links.items():
        queue.add(host, range(count), pace=Pace(pace))
    flying, now, spent = [], 0.0, 0.0
    began = {host: [] for host in links}
    while len(queue) or flying:
        while len(flying) < threads and (turn := queue.take(now)) is not None:
            took = 10.0 if turn.host in silent else latency(dice)
            spent += took
            began[turn.host].append((now, now + took))
            heapq.heappush(flying, (now + took, turn.host, took))
        moments = [flying[0][0]] if flying else []
        if len(flying) < threads and (moment := queue.next_moment(now)) is not None:
            moments.append(max(moment, now))
        now = min(moments)
        while flying and flying[0][0] <= now:
            _, host, took = heapq.heappop(flying)
            queue.done(host, now, latency=took)
    return began, now, spent


def least(links, spent, *, threads, pace, latency):
    bound = max((count - 1) * max(pace, latency) + latency for count in links.values())
    return max(bound, spent / threads)


ZIPF = {f"shop{rank}.example": max(1, 600 // rank) for rank in range(1, 400)}
EQUAL = {f"shop{rank}.example": 5 for rank in range(2000)}


@pytest.mark.parametrize("told", [True, False], ids=["threads known", "not known"])
@pytest.mark.parametrize(("threads", "pace"), [(8, 2.0), (16, 2.0), (64, 2.0), (16, 0.5)])
@pytest.mark.parametrize("links", [ZIPF, EQUAL], ids=["zipf", "equal"])
def test_a_round_takes_at_most_a_twentieth_longer_than_it_must(links, threads, pace, told):
    began, makespan, spent = run(links, threads=threads, pace=pace, told=told)
    assert {host: len(times) for host, times in began.items()} == links
    assert makespan <= 1.05 * least(links, spent, threads=threads, pace=pace, latency=0.3)


@pytest.mark.parametrize("uneven", [0.0, 0.5], ids=["answers alike", "uneven"])
@pytest.mark.parametrize(
    ("threads", "pace", "latency"), [(16, 0.25, 0.2), (8, 0.25, 0.2), (8, 0.5, 0.3), (4, 0.5, 0.3)]
)
def test_the_shop_that_ends_last_never_waits_for_the_answers_of_others(threads, pace, latency, uneven):
    """Answers that all take as long free their threads all at one moment, and the greatest shop is ready at another."""
    links = {f"shop{rank}.example": max(1, 215 // rank) for rank in range(1, 150)}
    _, makespan, spent = run(
        links,
        threads=threads,
        pace=pace,
        latency=lambda dice: latency * (1 + uneven * (dice.random() - 0.5)),
    )
    assert makespan <= 1.05 * least(links, spent, threads=threads, pace=pace, latency=latency)


def test_hosts_in_no_hurry_are_done_one_after_the_other_while_their_connections_are_open():
    began, _, _ = run(EQUAL, latency=lambda dice: 0.15)
    open_at = sorted((times[0][0], times[-1][1]) for times in began.values())
    middle = open_at[len(open_at) // 4][0]
    assert sum(first <= middle < last for first, last in open_at) < 256
    began, _, _ = run(EQUAL, latency=lambda dice: 0.15, told=False)
    everywhere = [(times[0][0], times[-1][1]) for times in began.values()]
    assert sum(first <= 30 < last for first, last in everywhere) == 2000


def test_uneven_answers_do_not_make_a_round_long():
    began, makespan, spent = run(ZIPF, latency=lambda dice: dice.choice((0.05, 0.1, 0.3, 1.5)))
    longest = max(times[-1][1] - times[-1][0] for times in began.values())
    assert makespan <= 1.05 * least(ZIPF, spent, threads=16, pace=2.0, latency=longest)


@pytest.mark.parametrize("silent", ["shop1.example", "shop200.example"], ids=["the greatest", "a small one"])
@pytest.mark.parametrize("links", [ZIPF, EQUAL], ids=["zipf", "equal"])
def test_a_shop_that_stops_answering_costs_the_others_little(links, silent):
    """Their 95th percentile stays within a fifth, though the silent one holds a thread all the time."""
    ends = []
    for quiet in ((), (silent,)):
        began, _, _ = run(links, silent=quiet)
        others = sorted(end for host, times in began.items() if host != silent for _, end in times)
        ends.append(others[int(len(others) * 0.95)])
    assert ends[1] <= 1.2 * ends[0]


def test_the_median_link_is_done_early():
    began, makespan, _ = run(ZIPF)
    ends = sorted(end for times in began.values() for _, end in times)
    assert ends[len(ends) // 2] <= 0.25 * makespan


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 12), min_size=1),
    st.integers(1, 6),
    st.floats(0.01, 5),
    st.integers(0, 99),
)
def test_a_host_is_asked_one_thing_at_a_time_and_never_faster_than_its_pace(links, threads, latency, seed):
    began, _, _ = run(
        links, threads=threads, pace=1.0, latency=lambda dice: latency * (0.5 + dice.random()), seed=seed
    )
    for host, times in began.items():
        assert len(times) == links[host]
        for (start, end), (following, _) in pairwise(times):
            assert following >= end
            assert following - start >= 1.0


def test_jitter_only_lengthens_the_pace_by_two_in_a_hundred_in_the_mean():
    dice = random.Random(7)
    gaps = [Pace(2.0).gap(dice.random()) for _ in range(10_000)]
    assert min(gaps) >= 2.0
    assert sum(gaps) / len(gaps) == pytest.approx(2.04, rel=0.002)


def queue_of(**links):
    queue = Queue(lambda: 0.0)
    for host, items in links.items():
        queue.add(host, items, pace=Pace(2.0))
    return queue


def test_the_host_with_most_left_goes_first_among_the_ready():
    queue = queue_of(small="x", large="abc", middle="yz")
    assert [queue.take(0.0).host for _ in range(3)] == ["large", "middle", "small"]
    assert queue.take(0.0) is None


def test_a_slow_host_counts_as_longer_than_a_quick_one_with_as_many_links():
    queue = queue_of(quick="abc", slow="abc")
    for _ in range(2):
        turn = queue.take(0.0)
        queue.done(turn.host, 9.0, latency=9.0 if turn.host == "slow" else 0.1)
    assert queue.take(9.0).host == "slow"


@pytest.mark.parametrize(
    ("asked", "waits"), [(30.0, 30.0), (0.0, 2.0), (10 * 86_400.0, LONGEST_PAUSE), (-5.0, 2.0)]
)
def test_a_host_that_asked_for_a_pause_gets_it_but_a_day_at_most(asked, waits):
    queue = queue_of(shop="ab")
    queue.take(0.0)
    queue.done("shop", 1.0, retry_after=asked)
    moment = queue.next_moment(1.0)
    assert moment == pytest.approx(1.0 + waits if waits > 2.0 else 2.0)
    assert queue.take(moment - 0.01) is None
    assert queue.take(moment).item == "b"


def test_a_pause_of_one_host_holds_up_no_other():
    queue = queue_of(paused="ab", other="cd")
    assert queue.take(0.0).host == "paused"
    assert queue.take(0.0).host == "other"
    queue.done("paused", 0.1, retry_after=3600)
    queue.done("other", 0.1)
    assert queue.next_moment(0.1) == 2.0
    assert queue.take(2.0).host == "other"


def test_looks_that_are_under_way_go_before_those_not_begun_in_the_order_they_came():
    queue = queue_of(shop="ab")
    queue.add("shop", "x", urgent=True)
    queue.add("shop", "y", urgent=True)
    queue.add("shop", "c")
    order = []
    for beat in range(5):
        order.append(queue.take(beat * 2.0).item)
        queue.done("shop", beat * 2.0 + 0.1)
        if order == ["x"]:
            queue.add("shop", "z", urgent=True)
    assert order == ["x", "y", "z", "a", "b"]


def test_a_busy_host_has_no_moment():
    queue = queue_of(shop="a")
    queue.take(0.0)
    assert queue.moment("shop") is None
    queue.done("shop", 0.5)
    assert queue.moment("shop") == 2.0
    assert queue.moment("elsewhere") is None


def test_what_is_dropped_is_not_asked():
    queue = queue_of(shop="abc")
    queue.take(0.0)
    assert queue.drop("shop") == ("b", "c")
    queue.done("shop", 2.5)
    assert len(queue) == 0
    assert queue.next_moment(2.5) is None
    assert queue.take(99.0) is None


def test_work_added_to_a_busy_host_waits_for_its_answer():
    queue = queue_of(shop="a")
    queue.take(0.0)
    queue.add("shop", "b")
    assert queue.take(50.0) is None
    queue.done("shop", 60.0)
    assert queue.take(60.0).item == "b"


def test_an_answer_that_nobody_asked_for_is_an_error():
    with pytest.raises(ValueError, match="nothing is in flight"):
        queue_of(shop="a").done("shop", 0.0)


GONE, SOLD = Outcome.GONE, Outcome.OUT_OF_STOCK


@pytest.mark.parametrize(
    ("turned", "opens"),
    [
        ([], None),
        ([None] * 20, None),
        ([GONE] * 4, None),  # a shop with fewer than five offers breaks by itself
        ([GONE] * 5, GONE),
        ([None] * 14 + [GONE] * 5, None),  # 5 of 19 are 26 %
        ([None] * 11 + [GONE] * 5, GONE),  # 5 of 16 are 31 %
        ([None] * 15 + [GONE] * 5, None),
        ([None] * 14 + [GONE] * 6, GONE),
        ([GONE] * 9 + [None] * 20, None),  # long past
        ([GONE, SOLD] * 4 + [None] * 12, None),  # no one class
        ([SOLD] * 6 + [GONE] * 3 + [None] * 5, SOLD),  # a soft block says "sold out" to all
    ],
)
def test_the_breaker_opens_when_many_offers_turned_the_same_way_together(turned, opens):
    assert tripped_by(turned) is opens


def test_a_retailer_fails_only_if_a_second_look_agrees():
    assert is_failing(GONE, [GONE] * 6)
    assert not is_failing(GONE, [Outcome.HEALTHY] * 6)
    assert not is_failing(GONE, [Outcome.BLOCKED] * 6)
    assert not is_failing(GONE, [GONE] * 4)
