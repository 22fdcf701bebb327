"""Health: what a history of judgements comes to."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.linkcheck.health import (
    CONFIRMATIONS,
    FAMILY,
    ONE_OBSERVATION,
    Health,
    Usage,
    advance,
    dismiss,
    forget,
)
from products.linkcheck.verdict import Axis, Buyable, Identity, Judgement, Outcome, Reachable

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

GOOD = Judgement(Outcome.HEALTHY, Reachable.OK, Identity.PROVEN, Buyable.IN_STOCK)
IDENTITY_LOST = Judgement(Outcome.IDENTITY_LOST, Reachable.OK, Identity.LOST, Buyable.IN_STOCK)
NOT_JUDGED = Judgement(Outcome.NOT_JUDGED, Reachable.OK)


def bad(outcome):
    """The judgement that a look with this outcome brings."""
    if outcome is Outcome.IDENTITY_LOST:
        return IDENTITY_LOST
    if outcome in (Outcome.OUT_OF_STOCK, Outcome.DISCONTINUED, Outcome.DIFFERENT_PRODUCT):
        return Judgement(outcome, Reachable.OK, Identity.UNKNOWN, Buyable(outcome.value))
    return Judgement(outcome, Reachable.BROKEN, reasons={Axis.REACHABLE: "so it was"})


SILENT = [
    Judgement(outcome, retry_after=60.0 if outcome is Outcome.RATE_LIMITED else None)
    for outcome in (
        Outcome.BLOCKED,
        Outcome.RATE_LIMITED,
        Outcome.UNKNOWN,
        Outcome.OTHER_REGION,
        Outcome.UNSAFE_ADDRESS,
        Outcome.OUR_NETWORK,
        Outcome.INCOMPLETE_CERTIFICATE,
    )
]
LOUD = [GOOD, NOT_JUDGED, *(bad(outcome) for outcome in CONFIRMATIONS)]
GAPS = st.timedeltas(timedelta(seconds=1), timedelta(days=3))
HISTORIES = st.lists(st.tuples(st.sampled_from(LOUD + SILENT), GAPS), max_size=40)


def play(history, *, health=None, start=START, **options):
    """Every step of a history of (judgement, time since the one before)."""
    health, now, steps = health or Health(), start, []
    for judgement, gap in history:
        now += gap
        step = advance(health, judgement, now=now, **options)
        health = step.health
        steps.append((now, judgement, step))
    return steps


def at(*moments):
    """Judgements at given times after the start, as a history."""
    times = [moment for _, moment in moments]
    gaps = [after - before for before, after in zip([timedelta(0), *times], times, strict=False)]
    return [(judgement, gap) for (judgement, _), gap in zip(moments, gaps, strict=True)]


def axes(health):
    return health.reachable, health.identity, health.buyable


@given(HISTORIES, st.sampled_from(SILENT), GAPS)
def test_an_unknown_outcome_never_changes_any_axis(history, silent, gap):
    steps = play(history)
    health = steps[-1][2].health if steps else Health()
    now = (steps[-1][0] if steps else START) + gap
    step = advance(health, silent, now=now)
    assert axes(step.health) == axes(health)
    lost = set(health.pending) - set(step.health.pending)
    assert all(health.pending[axis].outcome in FAMILY for axis in lost)
    assert {axis: health.pending[axis] for axis in step.health.pending} == step.health.pending
    assert step.health.confirmed == health.confirmed
    assert (step.flips, step.alarms, step.turned) == ((), (), None)
    assert step.next_check_at > now


def test_a_shop_behind_a_wall_that_stalls_now_and_then_is_never_called_broken():
    slow = bad(Outcome.TIMEOUT)
    walled = next(judgement for judgement in SILENT if judgement.outcome is Outcome.BLOCKED)
    steps = play([(GOOD, HOUR), *[(slow, DAY), (walled, DAY)] * 20])
    assert not any(step.alarm for _, _, step in steps)
    assert steps[-1][2].health.reachable is not Reachable.BROKEN


def test_a_failure_of_our_own_network_does_not_clear_what_a_shop_failed_in():
    slow, ours = bad(Outcome.TIMEOUT), Judgement(Outcome.OUR_NETWORK)
    steps = play([(GOOD, HOUR), (slow, DAY), (slow, DAY), (ours, HOUR), (slow, DAY)])
    assert steps[-1][2].health.reachable is Reachable.BROKEN


@given(HISTORIES, GAPS, st.integers(1, 60))
def test_a_blocked_check_never_marks_an_offer_broken(history, gap, times):
    steps = play(history)
    health = steps[-1][2].health if steps else Health()
    blocked = play([(SILENT[0], gap)] * times, health=health, start=START + 500 * DAY)
    assert blocked[-1][2].health.reachable is health.reachable
    assert not any(step.flips or step.alarm for _, _, step in blocked)


@given(HISTORIES)
def test_one_healthy_check_heals_at_once(history):
    steps = play([*history, (GOOD, HOUR)])
    health = steps[-1][2].health
    assert axes(health) == (Reachable.OK, Identity.PROVEN, Buyable.IN_STOCK)
    assert not health.pending
    assert not health.confirmed


@given(HISTORIES)
def test_bad_is_only_believed_after_the_required_count_and_spacing(history):
    steps = play(history)
    for index, (now, judgement, step) in enumerate(steps):
        for flip in step.flips:
            if flip.after not in (Reachable.BROKEN, Identity.LOST) and not isinstance(flip.after, Buyable):
                continue
            if flip.after in (Buyable.IN_STOCK, Buyable.UNKNOWN):
                continue
            outcome = step.health.confirmed[flip.axis].outcome
            alike = FAMILY if outcome in FAMILY else {outcome}
            rule = CONFIRMATIONS[outcome]
            streak = []
            for then, earlier, _ in reversed(steps[: index + 1]):
                value = {
                    Axis.REACHABLE: earlier.reachable,
                    Axis.IDENTITY: earlier.identity,
                    Axis.BUYABLE: earlier.buyable,
                }[flip.axis]
                if value.value == "unknown":
                    continue
                named = earlier.outcome if flip.axis is Axis.REACHABLE else None
                if value is not flip.after or (named is not None and named not in alike):
                    break
                streak.append(then)
            assert len(streak) >= rule.count
            assert now - streak[-1] >= rule.over
            assert judgement.outcome not in {silent.outcome for silent in SILENT}


@given(HISTORIES)
def test_health_survives_json(history):
    for _, _, step in play(history):
        assert Health.from_json(step.health.to_json()) == step.health


def test_a_fresh_health_is_empty_json():
    assert Health().to_json() == {}
    assert Health.from_json({}) == Health()


@given(HISTORIES, st.sampled_from(list(Usage)), st.floats(-1, 1))
def test_the_next_check_is_always_ahead_and_never_further_than_the_rules_allow(history, usage, jitter):
    for now, _, step in play(history, usage=usage, jitter=jitter):
        assert timedelta(0) < step.next_check_at - now <= 36 * DAY


def test_ten_thousand_checks_with_a_fifth_failing_for_a_moment_raise_no_alarm():
    dice = random.Random(4)
    faults = [bad(outcome) for outcome in sorted(FAMILY)]
    alarms = 0
    for _ in range(200):
        health, now = Health(), START
        for _ in range(50):
            judgement = dice.choice(faults) if dice.random() < 0.2 else GOOD
            step = advance(
                health, judgement, now=now, usage=Usage.CLICKED_THIS_WEEK, jitter=dice.uniform(-1, 1)
            )
            alarms += step.alarm
            health, now = step.health, step.next_check_at
    assert alarms == 0


@pytest.mark.parametrize(
    ("outcome", "hours", "confirmed_at"),
    [
        (Outcome.GONE, [0, 1], 1),
        (Outcome.GONE, [0, 0.5], None),
        (Outcome.GONE, [0, 0.5, 1], 2),
        (Outcome.SOFT_404, [0, 1, 5.9], None),
        (Outcome.SOFT_404, [0, 6], 1),
        (Outcome.REDIRECT_LOOP, [0, 1], 1),
        (Outcome.TLS_ERROR, [0, 1, 6], 2),
        (Outcome.DNS_ERROR, [0, 24], None),  # two are too few
        (Outcome.DNS_ERROR, [0, 1, 24], 2),
        (Outcome.SERVER_ERROR, [0, 1, 6, 23], None),
        (Outcome.TIMEOUT, [0, 1, 6, 24], 3),
        (Outcome.RESET, [0, 23.95, 24], None),  # the last two are one observation
        (Outcome.IDENTITY_LOST, [0, 1], 1),
        (Outcome.OUT_OF_STOCK, [0, 1, 6], None),
        (Outcome.OUT_OF_STOCK, [0, 24], 1),
        (Outcome.DISCONTINUED, [0, 24], 1),
        (Outcome.DIFFERENT_PRODUCT, [0, 5], None),
        (Outcome.DIFFERENT_PRODUCT, [0, 6], 1),
    ],
)
def test_each_class_needs_its_own_count_and_spacing(outcome, hours, confirmed_at):
    history = at((GOOD, timedelta(0)), *((bad(outcome), DAY + hour * HOUR) for hour in hours))
    steps = play(history)[1:]
    confirming = [index for index, (_, _, step) in enumerate(steps) if step.flips]
    assert confirming == ([] if confirmed_at is None else [confirmed_at])
    digest = outcome in (Outcome.OUT_OF_STOCK, Outcome.DISCONTINUED)
    assert [step.alarm for _, _, step in steps].count(True) == (0 if confirmed_at is None or digest else 1)


def test_failures_of_one_family_keep_the_count():
    steps = play(
        at(
            (GOOD, timedelta(0)),
            (bad(Outcome.TIMEOUT), HOUR),
            (bad(Outcome.SERVER_ERROR), 2 * HOUR),
            (bad(Outcome.RESET), 25 * HOUR),
        )
    )
    assert steps[-1][2].health.reachable is Reachable.BROKEN
    assert steps[-1][2].flips[0].before is Reachable.OK
    assert steps[-1][2].flips[0].reason == "so it was"


def test_a_failure_of_another_class_begins_the_count_anew():
    steps = play(
        at(
            (GOOD, timedelta(0)),
            (bad(Outcome.GONE), HOUR),
            (bad(Outcome.TIMEOUT), 3 * HOUR),
            (bad(Outcome.GONE), 5 * HOUR),
            (bad(Outcome.GONE), 6 * HOUR),
        )
    )
    assert [step.health.reachable for _, _, step in steps[1:4]] == [Reachable.SUSPECT] * 3
    assert steps[-1][2].health.reachable is Reachable.BROKEN


def test_a_look_that_tells_nothing_leaves_the_count_standing():
    steps = play(at((bad(Outcome.GONE), HOUR), (SILENT[0], 2 * HOUR), (bad(Outcome.GONE), 3 * HOUR)))
    assert steps[-1][2].health.reachable is Reachable.BROKEN


def test_a_page_that_only_answers_heals_reachable_and_leaves_stock_alone():
    steps = play(
        at(
            (GOOD, timedelta(0)),
            (bad(Outcome.OUT_OF_STOCK), DAY),
            (bad(Outcome.OUT_OF_STOCK), 2 * DAY),
            (bad(Outcome.GONE), 3 * DAY),
            (bad(Outcome.GONE), 4 * DAY),
            (NOT_JUDGED, 5 * DAY),
        )
    )
    assert steps[-2][2].health.reachable is Reachable.BROKEN
    assert axes(steps[-1][2].health) == (Reachable.OK, Identity.PROVEN, Buyable.OUT_OF_STOCK)


def test_one_broken_offer_rings_once():
    steps = play([(GOOD, HOUR), *[(bad(Outcome.GONE), 2 * HOUR)] * 30])
    assert [step.alarms for _, _, step in steps if step.alarms] == [(Axis.REACHABLE,)]


def test_a_dismissal_holds_while_the_result_is_the_same():
    gone = replace(bad(Outcome.GONE), fingerprint="same")
    other = replace(bad(Outcome.GONE), fingerprint="other")
    broken = play(at((GOOD, timedelta(0)), (gone, HOUR), (gone, 2 * HOUR)))[-1][2].health
    step = dismiss(broken, now=START + 3 * HOUR)
    assert step.health.reachable is Reachable.UNKNOWN
    assert step.flips[0].before is Reachable.BROKEN
    held = play([(gone, DAY)] * 5, health=step.health, start=START + DAY, dismissed_fingerprint="same")
    assert all(one.health.reachable is Reachable.UNKNOWN and not one.alarm for _, _, one in held)
    rung = play(
        [(other, DAY)] * 2, health=held[-1][2].health, start=START + 9 * DAY, dismissed_fingerprint="same"
    )
    assert rung[-1][2].alarms == (Axis.REACHABLE,)


def flapping(times):
    """`times` changes between good and broken, within hours."""
    return [
        (GOOD, HOUR),
        *[(bad(Outcome.GONE), 2 * HOUR), (bad(Outcome.GONE), 2 * HOUR), (GOOD, 2 * HOUR)] * times,
    ]


def test_three_changes_in_a_week_mute_the_alarm():
    steps = play(flapping(3))
    assert [step.alarm for _, _, step in steps].count(True) == 1
    now, _, last = steps[-1]
    assert last.health.is_flaky(now)
    assert last.health.flaky_until == now + timedelta(days=7)


def test_an_alarm_that_flapping_kept_back_rings_once_the_flapping_is_over():
    steps = play([*flapping(1), *[(bad(Outcome.GONE), 2 * HOUR)] * 2])
    health, now = steps[-1][2].health, steps[-1][0]
    assert health.reachable is Reachable.BROKEN
    assert not steps[-1][2].alarm
    later = play([(bad(Outcome.GONE), DAY)] * 10, health=health, start=now)
    assert [step.alarms for _, _, step in later if step.alarms] == [(Axis.REACHABLE,)]


def test_changes_further_apart_than_a_week_are_no_flapping():
    slow = [(GOOD, HOUR), *[(bad(Outcome.GONE), 4 * DAY), (bad(Outcome.GONE), DAY), (GOOD, 4 * DAY)] * 4]
    steps = play(slow)
    assert [step.alarm for _, _, step in steps].count(True) == 4


@pytest.mark.parametrize(
    ("usage", "days"), [(Usage.CLICKED_THIS_WEEK, 1), (Usage.IN_LIVE_ARTICLE, 7), (Usage.ELSEWHERE, 30)]
)
@pytest.mark.parametrize(("jitter", "factor"), [(0.0, 1.0), (1.0, 1.2), (-1.0, 0.8), (5.0, 1.2)])
def test_a_healthy_offer_is_looked_at_as_often_as_it_is_used(usage, days, jitter, factor):
    step = advance(Health(), GOOD, now=START, usage=usage, jitter=jitter)
    assert step.next_check_at - START == days * DAY * factor


@pytest.mark.parametrize("jitter", [-1.0, -0.3, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("outcome", list(CONFIRMATIONS))
def test_a_lasting_fault_is_confirmed_by_its_own_schedule_within_the_least_time(outcome, jitter):
    health, now, looks = advance(Health(), GOOD, now=START).health, START + HOUR, 0
    begun = now
    while not health.confirmed:
        step = advance(health, bad(outcome), now=now, jitter=jitter)
        health, looks = step.health, looks + 1
        if not health.confirmed:
            now = step.next_check_at
    assert now - begun <= CONFIRMATIONS[outcome].over * 1.2
    assert looks <= (9 if outcome in FAMILY else 4)


def test_a_suspect_is_looked_at_after_an_hour_six_and_a_day():
    health, now, gaps = Health(), START, []
    for _ in range(3):
        step = advance(health, bad(Outcome.OUT_OF_STOCK), now=now)
        gaps.append(step.next_check_at - START)
        health, now = step.health, step.next_check_at
    assert gaps == [HOUR, 6 * HOUR, DAY]


def test_a_confirmed_fault_is_looked_at_daily_for_a_week_and_then_weekly():
    health = play([(bad(Outcome.GONE), HOUR)] * 2)[-1][2].health
    confirmed = START + 2 * HOUR
    soon = advance(health, bad(Outcome.GONE), now=confirmed + 6 * DAY)
    late = advance(health, bad(Outcome.GONE), now=confirmed + 8 * DAY)
    assert soon.next_check_at == confirmed + 7 * DAY
    assert late.next_check_at == confirmed + 15 * DAY


def test_an_offer_at_a_host_that_asked_for_a_pause_is_due_when_the_pause_is_over():
    step = advance(Health(), Judgement(Outcome.RATE_LIMITED, retry_after=600.0), now=START, jitter=1.0)
    assert timedelta(seconds=600) <= step.next_check_at - START <= timedelta(seconds=720)


def test_a_fault_of_our_own_network_is_tried_again_soon():
    step = advance(Health(), Judgement(Outcome.OUR_NETWORK), now=START)
    assert step.next_check_at - START == HOUR
    assert step.health.unverifiable_since is None


def test_a_host_that_blocks_for_a_fortnight_is_unverifiable_until_a_look_tells_something():
    steps = play([(GOOD, HOUR), *[(SILENT[0], DAY)] * 15])
    now, _, last = steps[-1]
    assert last.health.is_unverifiable(now)
    assert not last.health.is_unverifiable(now - 2 * DAY)
    assert advance(last.health, GOOD, now=now + HOUR).health.unverifiable_since is None


def test_tempo_makes_hours_of_seconds():
    second = 1 / 3600
    steps = play([(bad(Outcome.GONE), timedelta(seconds=1))] * 2, tempo=second)
    assert steps[0][2].next_check_at - steps[0][0] == timedelta(seconds=1)
    assert steps[1][2].health.reachable is Reachable.BROKEN


def test_the_first_bad_look_at_a_good_axis_is_what_the_breaker_counts():
    steps = play(
        at(
            (bad(Outcome.GONE), HOUR),
            (GOOD, 2 * HOUR),
            (bad(Outcome.GONE), 3 * HOUR),
            (bad(Outcome.GONE), 4 * HOUR),
            (GOOD, 5 * HOUR),
            (bad(Outcome.OUT_OF_STOCK), 6 * HOUR),
        )
    )
    assert [step.turned for _, _, step in steps] == [
        None,
        None,
        Outcome.GONE,
        None,
        None,
        Outcome.OUT_OF_STOCK,
    ]


def test_a_clock_that_went_back_confirms_nothing():
    first = advance(Health(), bad(Outcome.GONE), now=START)
    step = advance(first.health, bad(Outcome.GONE), now=START - HOUR)
    assert step.health.reachable is Reachable.SUSPECT
    assert step.next_check_at > START - HOUR


def test_looks_in_one_breath_are_one_observation():
    breath = ONE_OBSERVATION / 10
    steps = play(at(*((bad(Outcome.TIMEOUT), DAY + breath * index) for index in range(9))))
    assert steps[-1][2].health.pending[Axis.REACHABLE].count == 1


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="aware"):
        advance(Health(), GOOD, now=START.replace(tzinfo=None))


# --- a changed address ----------------------------------------------------------------------------


@given(HISTORIES)
def test_a_changed_address_forgets_all_and_keeps_each_change(history):
    steps = play(history)
    health = steps[-1][2].health if steps else Health()
    step = forget(health, now=START)
    assert step.health == Health()
    assert {flip.axis for flip in step.flips} <= {
        axis for axis in Axis if health.value(axis).value != "unknown"
    }
    assert not any(Reachable.SUSPECT in (flip.before, flip.after) for flip in step.flips)
    assert all(flip.after.value == "unknown" and flip.reason for flip in step.flips)


def test_what_a_suspect_was_before_is_what_is_forgotten():
    suspect = play([(GOOD, HOUR), (bad(Outcome.GONE), HOUR)])[-1][2].health
    flips = forget(suspect, now=START, identity=Identity.PROVEN).flips
    assert [(flip.axis, flip.before.value) for flip in flips] == [
        (Axis.REACHABLE, "ok"),
        (Axis.BUYABLE, "in_stock"),
    ]
