"""The rules of medical review, pure: fingerprints, due dates, states, stages of flagging.

Nothing here knows a database, a page or a clock. Dates are calendar days in the site's time zone.
"""

from __future__ import annotations

import calendar
import datetime
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

FINGERPRINT_VERSION = "v1"

ClinicalValue = str | int | float | bool | None | Sequence["ClinicalValue"] | Mapping[str, "ClinicalValue"]


class BlockKind(StrEnum):
    """What a block type declares of itself. Only clinical blocks are covered by a sign-off."""

    CLINICAL = "clinical"
    COMMERCIAL = "commercial"
    NEUTRAL = "neutral"


class SignOffOutcome(StrEnum):
    """What a sign-off did."""

    APPROVED = "approved"
    MINOR = "minor"  # a light sign-off of a small edit: it does not move the due date
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return {"approved": "Approved", "minor": "Minor edit approved", "withdrawn": "Withdrawn"}[self.value]


class ReviewState(StrEnum):
    """Where an article stands today. Derived at render, stored nowhere."""

    NEVER = "never"
    CURRENT = "current"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    EXPIRED = "expired"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return {
            "never": "Never reviewed",
            "current": "Current",
            "due_soon": "Due soon",
            "overdue": "Overdue",
            "expired": "Expired",
            "changed": "Changed since review",
            "withdrawn": "Review withdrawn",
        }[self.value]


BADGED = frozenset({ReviewState.CURRENT, ReviewState.DUE_SOON, ReviewState.OVERDUE})
"""The states in which readers see "Medically reviewed by …" and JSON-LD names the reviewer."""


class Stage(StrEnum):
    """The moments of a cycle at which somebody is told."""

    DUE_SOON = "due_soon"
    DUE = "due"
    LATE = "late"
    EXPIRED = "expired"

    @property
    def label(self) -> str:
        return {"due_soon": "Due soon", "due": "Due", "late": "Two weeks late", "expired": "Expired"}[
            self.value
        ]


class ReminderState(StrEnum):
    """What became of a reminder."""

    WAITING = "waiting"
    TOLD = "told"
    LAPSED = "lapsed"  # reviewed, moved or unpublished before the mail went out
    NOBODY = "nobody"

    @property
    def label(self) -> str:
        return {
            "waiting": "Waits for the digest",
            "told": "Told",
            "lapsed": "No longer needed",
            "nobody": "Nobody to tell",
        }[self.value]


class TriggerKind(StrEnum):
    """What calls for a review before its time."""

    SAFETY_ALERT = "safety_alert"
    READER_REPORT = "reader_report"
    LAPSED_CREDENTIAL = "lapsed_credential"
    OUTDATED_REFERENCE = "outdated_reference"

    @property
    def label(self) -> str:
        return {
            "safety_alert": "Safety alert",
            "reader_report": "Reader's report",
            "lapsed_credential": "Lapsed credential",
            "outdated_reference": "Superseded or retracted reference",
        }[self.value]


LATE_AFTER_DAYS = 14


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """How a page's reviews run: its tier, with the page's own interval where it has one."""

    interval_months: int
    due_soon_days: int = 60
    grace_days: int = 90
    withhold_offers: bool = False


@dataclass(frozen=True, slots=True)
class SignOff:
    """The last sign-off that counts, as plain values."""

    on: datetime.date
    """The day from which the due date runs: that of the last full sign-off."""
    fingerprint: str
    withdrawn: bool = False
    called_on: datetime.date | None = None
    """The day from which a review is called for before its time, if one is."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An article's review on one day."""

    state: ReviewState
    due_on: datetime.date | None = None
    expires_on: datetime.date | None = None
    imported: bool = False
    """The only review is one the text claimed before it came here: never a badge."""
    withhold_offers: bool = False

    @property
    def has_badge(self) -> bool:
        return self.state in BADGED and not self.imported


def normalise(value: ClinicalValue) -> ClinicalValue:
    """Text without differences that no reader can see: NFC, white space folded; containers in depth."""
    if isinstance(value, str):
        return re.sub(r"\s+", " ", unicodedata.normalize("NFC", value)).strip()
    if isinstance(value, Mapping):
        return {str(key): normalise(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [normalise(item) for item in value]
    return value


def fingerprint(content: Mapping[str, ClinicalValue]) -> str:
    """The clinical fingerprint: algorithm version and the SHA-256 of the canonical JSON of the content."""
    canonical = json.dumps(normalise(content), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{FINGERPRINT_VERSION}:{hashlib.sha256(canonical.encode()).hexdigest()}"


def add_months(day: datetime.date, months: int) -> datetime.date:
    """The same day of a later month; month ends clamp (31 January + 1 month = 28 or 29 February)."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def due_dates(
    reviewed_on: datetime.date, rule: ReviewRule, *, called_on: datetime.date | None = None
) -> tuple[datetime.date, datetime.date]:
    """When the next review is due, and the last day on which the badge stands without it."""
    due_on = add_months(reviewed_on, rule.interval_months)
    if called_on is not None:
        due_on = min(due_on, called_on)
    return due_on, due_on + datetime.timedelta(days=rule.grace_days)


def standing(
    *,
    today: datetime.date,
    rule: ReviewRule,
    sign_off: SignOff | None,
    live_fingerprint: str,
    imported_on: datetime.date | None = None,
) -> Standing:
    """Where an article stands: withdrawn › expired › changed › overdue › due soon › current.

    An imported review can be overdue or expired, never current: until then it counts as never reviewed.
    """
    if sign_off is None:
        if imported_on is None:
            return Standing(ReviewState.NEVER)
        due_on, expires_on = due_dates(imported_on, rule)
        state = (
            ReviewState.EXPIRED
            if today > expires_on
            else ReviewState.OVERDUE
            if today > due_on
            else ReviewState.NEVER
        )
        return Standing(
            state,
            due_on,
            expires_on,
            imported=True,
            withhold_offers=rule.withhold_offers and state is ReviewState.EXPIRED,
        )
    due_on, expires_on = due_dates(sign_off.on, rule, called_on=sign_off.called_on)
    if sign_off.withdrawn:
        state = ReviewState.WITHDRAWN
    elif today > expires_on:
        state = ReviewState.EXPIRED
    elif live_fingerprint != sign_off.fingerprint:
        state = ReviewState.CHANGED
    elif today > due_on:
        state = ReviewState.OVERDUE
    elif today >= due_on - datetime.timedelta(days=rule.due_soon_days):
        state = ReviewState.DUE_SOON
    else:
        state = ReviewState.CURRENT
    withheld = rule.withhold_offers and state in {ReviewState.EXPIRED, ReviewState.WITHDRAWN}
    return Standing(state, due_on, expires_on, withhold_offers=withheld)


class Signed(Protocol):
    """A sign-off of any kind, as far as the choice among several needs it. A model's fields have no plain types."""

    @property
    def outcome(self) -> Any: ...
    @property
    def fingerprint(self) -> Any: ...
    @property
    def signed_at(self) -> Any: ...


S = TypeVar("S", bound=Signed)


@dataclass(frozen=True, slots=True)
class Shown:
    """Words that readers saw from a moment on, until the next ones. Empty: the article was taken down."""

    fingerprint: str
    since: datetime.datetime


@dataclass(frozen=True, slots=True)
class Governing(Generic[S]):
    """Which of an article's sign-offs its state is derived from."""

    latest: S | None = None
    """The sign-off that counts for the live words, or the withdrawal. None: nobody signed what readers see."""
    basis: S | None = None
    """The full sign-off on which that one rests: its name stands on the page, from its day the due date runs."""
    waiting: S | None = None
    """A newer signature under words that readers have not seen yet."""


def governing(
    signed: Sequence[S], *, live_fingerprint: str, shown: Callable[[], Sequence[Shown]]
) -> Governing[S]:
    """Choose among the sign-offs of one article, the latest first.

    The latest sign-off of exactly the live words counts. One of other words takes the place of those before it
    from the moment its own words are live: until then it waits, and the words it is to replace keep their review;
    from then on the older words have none, though they be published again (a reviewer may have found them wrong).
    A withdrawal voids every signature before it, those that wait included, until a full one after it counts.

    `shown` tells what readers saw, the earliest first; it is asked only if the latest sign-off is of other words.
    """
    withdrawn = next(
        (n for n, one in enumerate(signed) if one.outcome == SignOffOutcome.WITHDRAWN), len(signed)
    )
    full = [n for n in range(withdrawn) if signed[n].outcome == SignOffOutcome.APPROVED]
    standing_ones = signed[: full[-1] + 1] if full else signed[:0]
    for place, one in enumerate(standing_ones):
        if one.fingerprint == live_fingerprint or _was_shown(one, shown()):
            basis = standing_ones[next(n for n in full if n >= place)]
            return Governing(one, basis, standing_ones[0] if place else None)
    waiting = standing_ones[0] if standing_ones else None
    before = (one for one in signed[withdrawn:] if one.outcome == SignOffOutcome.APPROVED)
    if (void := next(before, None)) is None:
        return Governing(waiting=waiting)
    return Governing(signed[withdrawn], void, waiting)


def _was_shown(signed: Signed, shown: Sequence[Shown]) -> bool:
    """Whether readers saw the words of a sign-off at its moment or later."""
    ends = [one.since for one in shown[1:]]
    return any(
        one.fingerprint == signed.fingerprint and (end is None or end > signed.signed_at)
        for one, end in zip(shown, (*ends, None), strict=False)
    )


def stage_days(
    due_on: datetime.date, due_soon_on: datetime.date, expires_on: datetime.date | None
) -> dict[Stage, datetime.date]:
    """The first day of each stage of a cycle, in order."""
    day = datetime.timedelta(days=1)
    days = {Stage.DUE_SOON: due_soon_on, Stage.DUE: due_on, Stage.LATE: due_on + LATE_AFTER_DAYS * day}
    if expires_on is not None:
        days[Stage.EXPIRED] = expires_on + day
    return dict(sorted(days.items(), key=lambda item: item[1]))


def planned_stage_days(
    due_on: datetime.date,
    due_soon_on: datetime.date,
    expires_on: datetime.date | None,
    planned_on: datetime.date | None,
) -> dict[Stage, datetime.date]:
    """The same for a review that is planned for a day of its own: its first stage comes no later than that day."""
    soon = min(due_soon_on, planned_on) if planned_on else due_soon_on
    return stage_days(due_on, soon, expires_on)


def reached(stages: Mapping[Stage, datetime.date], today: datetime.date) -> Stage | None:
    """The furthest stage reached. A catch-up after an outage tells that one, not those before it.

    Of stages that begin on one day it is the later one: what was never reviewed is due, not due soon.
    """
    order = list(Stage)
    return max(
        (stage for stage, first in stages.items() if first <= today),
        key=lambda stage: (stages[stage], order.index(stage)),
        default=None,
    )


def next_stage_day(stages: Mapping[Stage, datetime.date], today: datetime.date) -> datetime.date | None:
    """When to look again, or None once the last stage is reached."""
    return min((first for first in stages.values() if first > today), default=None)
