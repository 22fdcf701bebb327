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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

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
        due_on = add_months(imported_on, rule.interval_months)
        expires_on = due_on + datetime.timedelta(days=rule.grace_days)
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
    due_on = add_months(sign_off.on, rule.interval_months)
    if sign_off.called_on is not None:
        due_on = min(due_on, sign_off.called_on)
    expires_on = due_on + datetime.timedelta(days=rule.grace_days)
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
