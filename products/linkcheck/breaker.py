"""When a whole host turns bad at once, the host is the news and not its links. Pure.

A maintenance page, a wall that a shop put up today or a soft block all look like many offers breaking
together. The breaker then holds the single alarms back and sends readers elsewhere, until fresh sessions
have looked again. If they agree, the host is failing, and that is one alarm; if not, each offer follows
its own history again. A failing host heals as it broke: by what its last looks say of the same cause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from products.linkcheck.health import CONFIRMATIONS, FAMILY
from products.linkcheck.verdict import Outcome

LAST_CHECKS: Final = 20
LEAST_TURNED: Final = 5
LEAST_SHARE: Final = 0.3
SECOND_LOOK_AFTER: Final = timedelta(hours=1)  # longer than most maintenance
SECOND_LOOK_WITHIN: Final = timedelta(days=1)  # offers that are gone by then cannot hold the host

WELL: Final = frozenset((Outcome.HEALTHY, Outcome.REDIRECTED, Outcome.NOT_JUDGED))
SAYS_NOTHING: Final = frozenset((Outcome.RATE_LIMITED, Outcome.OUR_NETWORK))


class Breaker(StrEnum):
    """What a host's offers are to readers and to alarms."""

    CLOSED = "closed"  # each offer speaks for itself
    TRIPPED = "tripped"  # many turned together: readers go elsewhere, alarms wait for the second look
    FAILING = "failing"  # the second look agreed: one alarm covers all


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at one of the host's offers came to. `turned`: it found a good offer bad."""

    offer: int
    outcome: Outcome
    turned: bool = False


@dataclass(frozen=True, slots=True)
class HostHealth:
    """All that is remembered of a host's last looks. `HostHealth()` is a host never asked."""

    breaker: Breaker = Breaker.CLOSED
    cause: Outcome | None = None
    since: datetime | None = None  # when the breaker came to be as it is; None while it always was closed
    recent: tuple[Seen, ...] = ()  # newest last
    second: Mapping[int, Outcome | None] = field(default_factory=dict)
    """The offers that turned, and what the second look at each came to; None: not made yet."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON column; `from_json` reads it back. A fresh one is `{}`."""
        data: dict[str, Any] = {}
        if self.breaker is not Breaker.CLOSED:
            data["breaker"] = self.breaker.value
        if self.cause:
            data["cause"] = self.cause.value
        if self.since:
            data["since"] = self.since.isoformat()
        if self.recent:
            data["recent"] = [[seen.offer, seen.outcome.value, seen.turned] for seen in self.recent]
        if self.second:
            data["second"] = [
                [offer, outcome and outcome.value] for offer, outcome in self.second.items()
            ]  # a list: JSON has no numbers as keys
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HostHealth:
        """What `to_json` wrote. Raises one of `health.DISORDER` for anything else."""
        cause, since = data.get("cause"), data.get("since")
        return cls(
            breaker=Breaker(data.get("breaker", Breaker.CLOSED)),
            cause=Outcome(cause) if cause else None,
            since=datetime.fromisoformat(since) if since else None,
            recent=tuple(
                Seen(int(offer), Outcome(outcome), bool(turned))
                for offer, outcome, turned in data.get("recent", ())
            ),
            second={
                int(offer): Outcome(outcome) if outcome else None for offer, outcome in data.get("second", ())
            },
        )


def watch(host: HostHealth, seen: Seen, *, now: datetime, tempo: float = 1.0) -> HostHealth:
    """The host after one more look. `tempo` multiplies every spacing."""
    if seen.outcome in SAYS_NOTHING or (
        host.breaker is Breaker.FAILING and seen.outcome not in WELL and seen.outcome not in CONFIRMATIONS
    ):
        return host  # a wall, say, is no sign that a shop that failed is back
    host = replace(host, recent=(*host.recent, seen)[-LAST_CHECKS:])
    if host.breaker is Breaker.CLOSED:
        return _while_closed(host, now)
    if host.breaker is Breaker.TRIPPED:
        return _while_tripped(host, seen, now, tempo)
    return _while_failing(host, now)


def reconsider(
    host: HostHealth, *, present: Collection[int], now: datetime, tempo: float = 1.0
) -> HostHealth:
    """The host without a look: offers that are not `present` any more answer for it no longer, and time goes by.

    A host that tripped is held for `SECOND_LOOK_WITHIN` at most, even if no look tells anything or none is made.
    """
    if host.breaker is Breaker.CLOSED:
        return host
    host = replace(
        host,
        recent=tuple(seen for seen in host.recent if seen.offer in present),
        second={offer: outcome for offer, outcome in host.second.items() if offer in present},
    )
    if host.breaker is Breaker.FAILING:
        return _while_failing(host, now)
    assert host.since is not None  # a tripped host has one
    is_over = now >= host.since + SECOND_LOOK_WITHIN * tempo
    return HostHealth(since=now) if is_over or len(host.second) < LEAST_TURNED else host


def overrule(host: HostHealth, offer: int, *, was_opened: bool, now: datetime) -> HostHealth:
    """The host after a person found an offer's page fine: each offer speaks for itself again, if that one is accused.

    Where servers fail, any page that was opened shows that they do not; that a page which was not among those that
    turned bad is fine otherwise says nothing of them.
    """
    if host.breaker is Breaker.CLOSED:
        return host
    assert host.cause is not None  # a tripped or failing host has one
    is_accused = offer in host.second or any(
        seen.offer == offer and _agrees(seen.outcome, host.cause) for seen in host.recent
    )
    speaks_for_all = was_opened and host.cause in (*FAMILY, Outcome.TLS_ERROR)
    return HostHealth(since=now) if is_accused or speaks_for_all else host


def second_look_at(host: HostHealth, *, tempo: float = 1.0) -> datetime | None:
    """When the accused offers of a tripped host are to be looked at again; None where there is no need."""
    if host.breaker is not Breaker.TRIPPED or host.since is None:
        return None
    return host.since + SECOND_LOOK_AFTER * tempo


def tripped_by(turned: Sequence[Outcome | None]) -> Outcome | None:
    """The one bad class to which so many of a host's last checks turned that its breaker opens, or None.

    `turned` is `Step.turned` of the host's checks, newest last: the class to which a check turned a
    good offer, None for every other check. Only the last 20 count.
    """
    recent = turned[-LAST_CHECKS:]
    counts = Counter(outcome for outcome in recent if outcome is not None)
    if not counts:
        return None
    outcome, count = counts.most_common(1)[0]
    return outcome if _is_enough(count, len(recent)) else None


def is_failing(cause: Outcome, second_look: Sequence[Outcome]) -> bool:
    """Does a second look in fresh sessions agree that the retailer as a whole fails with `cause`?

    `second_look` holds the outcomes of the offers that had turned. If it does not agree, the breaker closes and
    each offer follows its own history again.
    """
    return _is_enough(sum(_agrees(outcome, cause) for outcome in second_look), len(second_look))


def _while_closed(host: HostHealth, now: datetime) -> HostHealth:
    turns = _standing_turns(host.recent)
    cause = tripped_by(turns)
    if cause is None:
        return host
    accused = [seen.offer for seen, turn in zip(host.recent, turns, strict=True) if turn is cause]
    return HostHealth(Breaker.TRIPPED, cause, now, host.recent, dict.fromkeys(accused))


def _while_tripped(host: HostHealth, seen: Seen, now: datetime, tempo: float) -> HostHealth:
    assert host.cause is not None  # a tripped host has one
    assert host.since is not None
    second = dict(host.second)
    if seen.offer in second and now >= host.since + SECOND_LOOK_AFTER * tempo:
        second[seen.offer] = seen.outcome
    agreeing = [offer for offer, outcome in second.items() if outcome and _agrees(outcome, host.cause)]
    waiting = sum(outcome is None for outcome in second.values())
    if _is_enough(len(agreeing), len(second)):
        recent = tuple(Seen(offer, host.cause) for offer in agreeing)
        return HostHealth(Breaker.FAILING, host.cause, now, recent)
    if not _is_enough(len(agreeing) + waiting, len(second)) or (
        now >= host.since + SECOND_LOOK_WITHIN * tempo
    ):
        return HostHealth(since=now)
    return replace(host, second=second)


def _while_failing(host: HostHealth, now: datetime) -> HostHealth:
    """Failing for as long as its offers fail as they did. What is sold out or replaced was served by a shop that works."""
    assert host.cause is not None  # a failing host has one
    latest = {seen.offer: seen.outcome for seen in host.recent}
    bad = sum(_agrees(outcome, host.cause) for outcome in latest.values())
    return host if _is_enough(bad, len(latest)) else HostHealth(since=now)


def _standing_turns(recent: Iterable[Seen]) -> list[Outcome | None]:
    """The class to which each look turned its offer, if the offer has not been seen well since; one turn an offer."""
    looks = list(recent)
    turns: list[Outcome | None] = [None] * len(looks)
    settled: set[int] = set()  # offers whose later looks have said enough
    for place in range(len(looks) - 1, -1, -1):
        seen = looks[place]
        if seen.offer in settled:
            continue
        if seen.turned:
            turns[place] = seen.outcome
        if seen.turned or seen.outcome in WELL:
            settled.add(seen.offer)
    return turns


def _agrees(outcome: Outcome, cause: Outcome) -> bool:
    """A server in trouble fails in several ways."""
    return outcome is cause or {outcome, cause} <= FAMILY


def _is_enough(count: int, of: int) -> bool:
    return count >= LEAST_TURNED and count >= LEAST_SHARE * of
