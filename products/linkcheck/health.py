"""What an offer's checks, taken together, say of it: judgement + history → health and the next check. Pure.

A bad result makes an axis suspect at most; it takes several, spread over hours, to confirm it (the
counts and spacings are the design's table "Evidence → verdict"). One good result heals at once. An unknown result
moves the clock and nothing else. All times are aware; `tempo` multiplies every spacing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from products.linkcheck.verdict import Axis, Buyable, Identity, Judgement, Outcome, Reachable

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What it takes to believe a bad result: `count` of them, from first to last at least `over` apart."""

    count: int
    over: timedelta


CONFIRMATIONS: Final[Mapping[Outcome, Confirmation]] = {
    Outcome.GONE: Confirmation(2, HOUR),
    Outcome.SOFT_404: Confirmation(2, 6 * HOUR),
    Outcome.REDIRECT_LOOP: Confirmation(2, HOUR),
    Outcome.TLS_ERROR: Confirmation(2, 6 * HOUR),
    Outcome.DNS_ERROR: Confirmation(3, DAY),
    Outcome.SERVER_ERROR: Confirmation(3, DAY),
    Outcome.TIMEOUT: Confirmation(3, DAY),
    Outcome.RESET: Confirmation(3, DAY),
    Outcome.IDENTITY_LOST: Confirmation(2, HOUR),
    Outcome.OUT_OF_STOCK: Confirmation(2, DAY),
    Outcome.DISCONTINUED: Confirmation(2, DAY),
    Outcome.DIFFERENT_PRODUCT: Confirmation(2, 6 * HOUR),
}
FAMILY: Final = frozenset((Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.RESET, Outcome.DNS_ERROR))
"""A server in trouble fails in all these ways, so one of them keeps the count that another began."""

NO_ANSWER: Final = frozenset((Outcome.OUR_NETWORK, Outcome.UNSAFE_ADDRESS))
"""Looks that told nothing because the shop was never heard. Every other unknown, a wall for robots too, is an answer."""

ONE_OBSERVATION: Final = timedelta(minutes=10)  # bad results closer together than this count once
SUSPECT_AFTER: Final = (HOUR, 6 * HOUR, DAY)  # looks at a suspect, from its first bad result; then daily
TRANSIENT_SUSPECT_AFTER: Final = tuple(hours * HOUR for hours in (1, 2, 4, 6, 10, 14, 19, 24))
"""The same for `FAMILY`. A shop that fails one request in five fails three looks in a row often enough to ring
a dozen times in 10,000 checks; each further look is a chance to heal, and eight leave next to nothing."""
CONFIRMED_EVERY: Final = DAY  # for the first week
CONFIRMED_LATER_EVERY: Final = WEEK
CONFIRMED_DAILY_FOR: Final = WEEK
OUR_FAULT_AGAIN: Final = HOUR
JITTER: Final = 0.2  # of a spacing
FLAKY_CHANGES: Final = 3
FLAKY_WITHIN: Final = WEEK
FLAKY_FOR: Final = WEEK
UNVERIFIABLE_AFTER: Final = 14 * DAY  # then a person is asked to look

DISORDER: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading a memory raises that nobody wrote with `to_json`."""


class Usage(StrEnum):
    """Who would miss the link: the first that applies."""

    CLICKED_THIS_WEEK = "clicked_this_week"
    IN_LIVE_ARTICLE = "in_live_article"
    ELSEWHERE = "elsewhere"


OK_EVERY: Final[Mapping[Usage, timedelta]] = {
    Usage.CLICKED_THIS_WEEK: DAY,
    Usage.IN_LIVE_ARTICLE: WEEK,
    Usage.ELSEWHERE: 30 * DAY,
}

AxisValue = Reachable | Identity | Buyable
_VALUES: Final[Mapping[Axis, type[Reachable] | type[Identity] | type[Buyable]]] = {
    Axis.REACHABLE: Reachable,
    Axis.IDENTITY: Identity,
    Axis.BUYABLE: Buyable,
}
GOOD: Final[frozenset[AxisValue]] = frozenset(
    (Reachable.OK, Identity.PROVEN, Identity.HANDED_OVER, Identity.NOT_APPLICABLE, Buyable.IN_STOCK),
)
BAD: Final[frozenset[AxisValue]] = frozenset(
    (Reachable.BROKEN, Identity.LOST, Buyable.OUT_OF_STOCK, Buyable.DISCONTINUED, Buyable.DIFFERENT_PRODUCT),
)
ALARMING: Final[frozenset[AxisValue]] = frozenset(
    (Reachable.BROKEN, Identity.LOST, Buyable.DIFFERENT_PRODUCT)
)
"""Out of stock and discontinued go to the digest: whether they alarm depends on the region's other offers."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A bad result that awaits confirmation."""

    outcome: Outcome  # the class of the latest
    count: int
    since: datetime  # the first
    latest: datetime  # the last that counted


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A bad result that was confirmed."""

    outcome: Outcome
    since: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """All that is remembered of an offer's checks. `Health()` is an offer never checked."""

    reachable: Reachable = Reachable.UNKNOWN
    identity: Identity = Identity.UNKNOWN
    buyable: Buyable = Buyable.UNKNOWN
    pending: Mapping[Axis, Pending] = field(default_factory=dict)
    confirmed: Mapping[Axis, Confirmed] = field(default_factory=dict)
    unverifiable_since: datetime | None = None
    flaky: Mapping[Axis, datetime] = field(default_factory=dict)  # until when
    changes: tuple[tuple[Axis, datetime], ...] = ()  # between good and bad, within FLAKY_WITHIN
    muted: frozenset[Axis] = frozenset()  # alarms kept back while the axis was flaky
    was_ok: bool = False  # what a suspect was before it became one

    def value(self, axis: Axis) -> AxisValue:
        """The state of one axis."""
        if axis is Axis.REACHABLE:
            return self.reachable
        return self.identity if axis is Axis.IDENTITY else self.buyable

    @property
    def flaky_until(self) -> datetime | None:
        """Until when alarms of some axis are muted."""
        return max(self.flaky.values(), default=None)

    def is_flaky(self, now: datetime) -> bool:
        """Has an axis changed so often that its alarms are muted?"""
        return any(until > now for until in self.flaky.values())

    def is_unverifiable(self, now: datetime, *, tempo: float = 1.0) -> bool:
        """Has no look told anything for so long that a person should look?"""
        since = self.unverifiable_since
        return since is not None and now - since >= UNVERIFIABLE_AFTER * tempo

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON column; `from_json` reads it back. A fresh Health is `{}`."""
        data: dict[str, Any] = {
            axis.value: self.value(axis).value for axis in Axis if self.value(axis).value != "unknown"
        }
        if self.pending:
            data["pending"] = {
                axis.value: [one.outcome.value, one.count, one.since.isoformat(), one.latest.isoformat()]
                for axis, one in self.pending.items()
            }
        if self.confirmed:
            data["confirmed"] = {
                axis.value: [one.outcome.value, one.since.isoformat()] for axis, one in self.confirmed.items()
            }
        if self.unverifiable_since:
            data["unverifiable_since"] = self.unverifiable_since.isoformat()
        if self.flaky:
            data["flaky"] = {axis.value: until.isoformat() for axis, until in self.flaky.items()}
        if self.changes:
            data["changes"] = [[axis.value, at.isoformat()] for axis, at in self.changes]
        if self.muted:
            data["muted"] = sorted(axis.value for axis in self.muted)
        if self.was_ok:
            data["was_ok"] = True
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Health:
        """What `to_json` wrote. Raises one of `DISORDER` for anything else."""
        moment = datetime.fromisoformat
        unverifiable = data.get("unverifiable_since")
        return cls(
            reachable=Reachable(data.get("reachable", Reachable.UNKNOWN)),
            identity=Identity(data.get("identity", Identity.UNKNOWN)),
            buyable=Buyable(data.get("buyable", Buyable.UNKNOWN)),
            pending={
                Axis(axis): Pending(Outcome(outcome), int(count), moment(since), moment(latest))
                for axis, (outcome, count, since, latest) in data.get("pending", {}).items()
            },
            confirmed={
                Axis(axis): Confirmed(Outcome(outcome), moment(since))
                for axis, (outcome, since) in data.get("confirmed", {}).items()
            },
            unverifiable_since=moment(unverifiable) if unverifiable else None,
            flaky={Axis(axis): moment(until) for axis, until in data.get("flaky", {}).items()},
            changes=tuple((Axis(axis), moment(at)) for axis, at in data.get("changes", ())),
            muted=frozenset(Axis(axis) for axis in data.get("muted", ())),
            was_ok=bool(data.get("was_ok", False)),
        )

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Health:
        """What `to_json` wrote; where that is in disorder, a health of which nothing is known. For whoever shows or
        replaces it: one row must not hide all the others."""
        try:
            return cls.from_json(data)
        except DISORDER:
            return cls()


@dataclass(frozen=True, slots=True)
class FlipFact:
    """A change of health on one axis, between states that count: becoming suspect is none."""

    axis: Axis
    before: AxisValue
    after: AxisValue
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one judgement made of a health."""

    health: Health
    flips: tuple[FlipFact, ...] = ()
    next_check_at: datetime | None = None  # always given by `advance`; None where no look was made
    alarms: tuple[Axis, ...] = ()  # axes that ring now, while the host's breaker is closed
    turned: Outcome | None = (
        None  # the bad class that this look brought to a good axis: the breaker counts these
    )

    @property
    def alarm(self) -> bool:
        """Does anything ring?"""
        return bool(self.alarms)


def advance(
    health: Health,
    judgement: Judgement,
    *,
    now: datetime,
    tempo: float = 1.0,
    usage: Usage = Usage.ELSEWHERE,
    jitter: float = 0.0,
    dismissed_fingerprint: str = "",
) -> Step:
    """The health after one more judgement, made at `now`.

    `jitter` is a random number in [-1, 1]. A bad result whose fingerprint is `dismissed_fingerprint` is
    one that a person has called harmless: it changes nothing. Raises ValueError for a naive `now`.
    """
    if now.tzinfo is None:
        msg = "now must be an aware datetime"
        raise ValueError(msg)
    change = _Change(health, judgement, now, tempo)
    is_dismissed = bool(dismissed_fingerprint) and judgement.fingerprint == dismissed_fingerprint
    for axis, value in _verdicts(judgement).items():
        if value in GOOD:
            change.heal(axis, value)
        elif value in BAD and not is_dismissed:
            change.accuse(axis, value)
    if judgement.reachable is Reachable.UNKNOWN and judgement.outcome not in NO_ANSWER:
        change.answered()
    after = change.after()
    return Step(
        health=after,
        flips=tuple(change.flips),
        next_check_at=now + _spacing(after, judgement, now, tempo, usage, jitter),
        alarms=tuple(change.alarms),
        turned=change.turned,
    )


def accuses(judgement: Judgement) -> bool:
    """Does it say anything bad? On an offer never checked, one that does not leaves nothing to be confirmed."""
    return any(value in BAD for value in _verdicts(judgement).values())


def believe(health: Health, judgement: Judgement, *, now: datetime, tempo: float = 1.0) -> Step:
    """The health after somebody who cannot be mistaken for a soft block: a person, or an address that was read.

    What they say counts at once. Axes that they say nothing of stay as they are, and the next look keeps its time.
    """
    change = _Change(health, judgement, now, tempo, at_once=True)
    for axis, value in _verdicts(judgement).items():
        if value in GOOD:
            change.heal(axis, value)
        elif value in BAD:
            change.accuse(axis, value)
    after = change.after()
    if judgement.reachable is Reachable.UNKNOWN:
        after = replace(after, unverifiable_since=health.unverifiable_since)
    return Step(after, tuple(change.flips), alarms=tuple(change.alarms))


def dismiss(health: Health, *, now: datetime, axes: Collection[Axis] = tuple(Axis)) -> Step:
    """The health after a person called its bad results harmless: those axes are unknown, and readers see the offer.

    Keep the judgement's fingerprint and pass it to `advance`, or the next look accuses afresh.
    """
    values = {
        axis: _VALUES[axis]("unknown")
        if axis in axes and health.value(axis) in (*BAD, Reachable.SUSPECT)
        else health.value(axis)
        for axis in Axis
    }
    cleared = replace(
        health,
        reachable=Reachable(values[Axis.REACHABLE]),
        identity=Identity(values[Axis.IDENTITY]),
        buyable=Buyable(values[Axis.BUYABLE]),
        pending={axis: one for axis, one in health.pending.items() if axis not in axes},
        confirmed={axis: one for axis, one in health.confirmed.items() if axis not in axes},
        muted=health.muted - frozenset(axes),
        was_ok=health.was_ok and Axis.REACHABLE not in axes,
    )
    flips = tuple(
        FlipFact(axis, health.value(axis), values[axis], "Dismissed by a person.")
        for axis in Axis
        if axis in axes and health.value(axis) in BAD
    )
    return Step(cleared, flips, now)


def forget(health: Health, *, now: datetime, identity: Identity = Identity.UNKNOWN) -> Step:
    """The health of an offer whose address was changed: of the new one nothing is known, but what it tells of `identity`."""
    fresh = Health(identity=identity)
    before = {axis: health.value(axis) for axis in Axis}
    if health.reachable is Reachable.SUSPECT:
        before[Axis.REACHABLE] = Reachable.OK if health.was_ok else Reachable.UNKNOWN
    flips = tuple(
        FlipFact(axis, before[axis], fresh.value(axis), "Its address was changed.")
        for axis in Axis
        if before[axis] != fresh.value(axis)
    )
    return Step(fresh, flips, now)


def forget_identity(health: Health, *, now: datetime) -> Step:
    """The health of an offer whose programme was changed: of the new link's identity nothing is known, the rest stays."""
    axis = Axis.IDENTITY
    cleared = replace(
        health,
        identity=Identity.UNKNOWN,
        pending={other: one for other, one in health.pending.items() if other is not axis},
        confirmed={other: one for other, one in health.confirmed.items() if other is not axis},
        flaky={other: until for other, until in health.flaky.items() if other is not axis},
        changes=tuple(change for change in health.changes if change[0] is not axis),
        muted=health.muted - {axis},
    )
    flip = FlipFact(axis, health.identity, Identity.UNKNOWN, "Its programme was changed.")
    return Step(cleared, () if health.identity is Identity.UNKNOWN else (flip,), now)


class _Change:
    """One `advance` while it is being worked out."""

    def __init__(
        self, health: Health, judgement: Judgement, now: datetime, tempo: float, *, at_once: bool = False
    ) -> None:
        self._health = health
        self._judgement = judgement
        self._now = now
        self._tempo = tempo
        self._at_once = at_once
        self._values: dict[Axis, AxisValue] = {axis: health.value(axis) for axis in Axis}
        self._pending = dict(health.pending)
        self._confirmed = dict(health.confirmed)
        self._flaky = {axis: until for axis, until in health.flaky.items() if until > now}
        self._changes = [(axis, at) for axis, at in health.changes if at > now - FLAKY_WITHIN * tempo]
        self._muted = set(health.muted)
        self._was_ok = health.was_ok
        self.flips: list[FlipFact] = []
        self.alarms: list[Axis] = []
        self.turned: Outcome | None = None

    def heal(self, axis: Axis, value: AxisValue) -> None:
        """A good result: believed at once."""
        self._pending.pop(axis, None)
        self._confirmed.pop(axis, None)
        self._muted.discard(axis)
        self._set(axis, value)

    def accuse(self, axis: Axis, value: AxisValue) -> None:
        """A bad result: believed once it is confirmed."""
        current = self._values[axis]
        if current in GOOD and axis not in self._pending and self.turned is None:
            self.turned = self._outcome(axis, value)
        if current == value:
            self._pending.pop(axis, None)
            if axis in self._muted and axis not in self._flaky:
                self._muted.discard(axis)  # it has stopped flapping, and stayed bad
                if value in ALARMING:
                    self.alarms.append(axis)
            return
        pending = self._counted(axis, self._outcome(axis, value))
        rule = CONFIRMATIONS[pending.outcome]
        lasted = self._now - pending.since
        if self._at_once or (pending.count >= rule.count and lasted >= rule.over * self._tempo):
            self._pending.pop(axis, None)
            self._confirmed[axis] = Confirmed(pending.outcome, self._now)
            self._set(axis, value)
            if axis in self._flaky:
                self._muted.add(axis)
            elif value in ALARMING:
                self.alarms.append(axis)
            return
        self._pending[axis] = pending
        if current in (Reachable.OK, Reachable.UNKNOWN) and axis is Axis.REACHABLE:
            self._was_ok = current is Reachable.OK
            self._values[axis] = Reachable.SUSPECT

    def answered(self) -> None:
        """The shop spoke, though it did not tell: so it is not down, and the silences before this count no more.

        Otherwise a shop behind a wall, which nothing can ever heal, would be called broken after its third slow day.
        The state stays what it is: what is unknown changes none.
        """
        pending = self._pending.get(Axis.REACHABLE)
        if pending is not None and pending.outcome in FAMILY:
            del self._pending[Axis.REACHABLE]

    def after(self) -> Health:
        reachable, identity, buyable = (self._values[axis] for axis in Axis)
        judgement = self._judgement
        since = self._health.unverifiable_since
        if judgement.reachable is not Reachable.UNKNOWN:
            since = None
        elif judgement.outcome not in (Outcome.RATE_LIMITED, Outcome.OUR_NETWORK):
            since = since or self._now
        return Health(
            reachable=Reachable(reachable),
            identity=Identity(identity),
            buyable=Buyable(buyable),
            pending=self._pending,
            confirmed=self._confirmed,
            unverifiable_since=since,
            flaky=self._flaky,
            changes=tuple(self._changes),
            muted=frozenset(self._muted),
            was_ok=self._was_ok and reachable is Reachable.SUSPECT,
        )

    def _outcome(self, axis: Axis, value: AxisValue) -> Outcome:
        """The class under which a bad value is counted. Other axes may carry a judgement's name."""
        if axis is Axis.REACHABLE:
            return self._judgement.outcome
        return Outcome.IDENTITY_LOST if axis is Axis.IDENTITY else Outcome(value.value)

    def _counted(self, axis: Axis, outcome: Outcome) -> Pending:
        now = self._now
        before = self._pending.get(axis)
        if before is None or not (before.outcome is outcome or {before.outcome, outcome} <= FAMILY):
            return Pending(outcome, 1, now, now)
        if now - before.latest < ONE_OBSERVATION * self._tempo:
            return replace(before, outcome=outcome)
        return Pending(outcome, before.count + 1, before.since, now)

    def _set(self, axis: Axis, value: AxisValue) -> None:
        before = self._values[axis]
        self._values[axis] = value
        if before is Reachable.SUSPECT:
            before = Reachable.OK if self._was_ok else Reachable.UNKNOWN
        if before == value:
            return
        self.flips.append(FlipFact(axis, before, value, self._judgement.reasons.get(axis, "")))
        if (before in GOOD and value in BAD) or (before in BAD and value in GOOD):
            self._changes.append((axis, self._now))
            if sum(changed is axis for changed, _ in self._changes) >= FLAKY_CHANGES:
                self._flaky[axis] = self._now + FLAKY_FOR * self._tempo


def _verdicts(judgement: Judgement) -> dict[Axis, AxisValue]:
    return {
        Axis.REACHABLE: judgement.reachable,
        Axis.IDENTITY: judgement.identity,
        Axis.BUYABLE: judgement.buyable,
    }


def _spacing(
    health: Health, judgement: Judgement, now: datetime, tempo: float, usage: Usage, jitter: float
) -> timedelta:
    """How long until the next look."""
    shake = max(-1.0, min(jitter, 1.0)) * JITTER
    usual = OK_EVERY[usage] * (1 + shake)
    if health.confirmed:
        latest = max(confirmed.since for confirmed in health.confirmed.values())
        is_new = now - latest < CONFIRMED_DAILY_FOR * tempo
        usual = (CONFIRMED_EVERY if is_new else CONFIRMED_LATER_EVERY) * (1 + shake)
    spacing = usual * tempo
    for pending in health.pending.values():
        # Later only: a look before its hour could not confirm anything.
        looks = TRANSIENT_SUSPECT_AFTER if pending.outcome in FAMILY else SUSPECT_AFTER
        ahead = [after for after in looks if pending.since + after * tempo > now]
        due = ahead[0] * tempo - (now - pending.since) if ahead else DAY * tempo
        spacing = min(spacing, due + abs(shake) * (ahead[0] if ahead else DAY) * tempo)
    if judgement.outcome is Outcome.OUR_NETWORK:
        spacing = min(spacing, OUR_FAULT_AGAIN * (1 + abs(shake)) * tempo)
    if judgement.outcome is Outcome.RATE_LIMITED:
        # Real seconds that the shop asked for, whatever the tempo.
        spacing = min(max(spacing, _paused(judgement)), _paused(judgement) * (1 + abs(shake)))
    return spacing


def _paused(judgement: Judgement) -> timedelta:
    return timedelta(seconds=judgement.retry_after or 0.0)
