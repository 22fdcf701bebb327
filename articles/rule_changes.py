"""A tier that changes moves the dates of its articles: what that would do, before it is saved; and doing it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import DateField, DateTimeField, F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from articles.days import site_day
from articles.governance import ReviewRule, SignOffOutcome, due_dates
from articles.models import ConditionPage, MedicalReview, ReviewSchedule, ReviewTier, ReviewTrigger
from articles.services import schedule_review

SHOWN = 10
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Shift:
    """An article whose due date would move."""

    title: str
    due_on: datetime.date
    due_then: datetime.date


@dataclass(frozen=True, slots=True)
class Effect:
    """What saving a tier would do to the live articles that it governs and that have been reviewed."""

    governed: int
    earlier: int
    """Articles that would be due earlier."""
    later: int
    become_overdue: int
    """Past their due date then, and not now; those that become expired included."""
    become_expired: int
    """Their badge would be taken away at once."""
    come_back: int
    """Expired now, and not then."""
    lose_buttons: int
    """Without buy buttons then, and with them now."""
    examples: Sequence[Shift]
    """Those that move, the earliest due date first; at most `SHOWN`."""

    @property
    def moved(self) -> int:
        return self.earlier + self.later

    @property
    def is_felt(self) -> bool:
        return bool(
            self.moved or self.become_overdue or self.become_expired or self.come_back or self.lose_buttons
        )


def effect_of(tier: ReviewTier, *, today: datetime.date) -> Effect:
    """What it would do to save `tier` as it stands in memory. Nothing is written; three queries."""
    stored = {one.pk: one for one in ReviewTier.objects.all()}
    default = next((one for one in stored.values() if one.is_default), tier)
    shifts: list[Shift] = []
    counts = dict.fromkeys(
        ("earlier", "later", "become_overdue", "become_expired", "come_back", "lose_buttons"), 0
    )
    governed = 0
    for row in _reviewed(tier):
        governed += 1
        own = row["interval"]
        now = stored.get(row["tier"], default).rule(interval_months=own)
        then = tier.rule(interval_months=own)
        due_on, expires_on = row["due_on"], row["expires_on"]
        due_then, expires_then = due_dates(row["last_review_on"], then, called_on=row["called_on"])
        if due_then != due_on:
            counts["earlier" if due_then < due_on else "later"] += 1
            shifts.append(Shift(row["title"], due_on, due_then))
        counts["become_overdue"] += due_on >= today > due_then
        counts["become_expired"] += expires_on >= today > expires_then
        counts["come_back"] += expires_on < today <= expires_then
        counts["lose_buttons"] += not _withheld(now, expires_on, today) and _withheld(
            then, expires_then, today
        )
    shifts.sort(key=lambda shift: (min(shift.due_then, shift.due_on), shift.title))
    return Effect(governed=governed, examples=shifts[:SHOWN], **counts)


def _withheld(rule: ReviewRule, expires_on: datetime.date, today: datetime.date) -> bool:
    return rule.withhold_offers and today > expires_on


def _reviewed(tier: ReviewTier) -> Iterator[dict[str, Any]]:
    """The schedules that the tier would move: a review that is missing or withdrawn is due whatever the rule."""
    basis = MedicalReview.objects.filter(
        page=OuterRef("page"), outcome=SignOffOutcome.APPROVED, signed_on=OuterRef("last_review_on")
    ).order_by("-signed_at")
    signed_at = Coalesce(
        Subquery(basis.values("signed_at")[:1]), Value(LONG_AGO), output_field=DateTimeField()
    )
    calls = ReviewTrigger.objects.unanswered(OuterRef("page"), since=OuterRef("basis_at"))
    return (
        ReviewSchedule.objects.governed_by(tier)
        .filter(last_review_on__isnull=False, expires_on__isnull=False)
        .annotate(
            title=F("page__title"),
            tier=F("page__conditionpage__review_tier"),
            interval=F("page__conditionpage__review_interval_months"),
            basis_at=signed_at,
        )
        .annotate(called_on=Subquery(calls.values("opened_on")[:1], output_field=DateField()))
        .order_by()
        .values("title", "tier", "interval", "last_review_on", "due_on", "expires_on", "called_on")
        .iterator(chunk_size=2000)
    )


def apply_changed_rules(*, now: datetime.datetime, most: int | None = None, batch: int = 100) -> int:
    """Compute the dates of schedules anew whose tier was changed. Returns how many.

    Safe to miss, repeat or run twice at once: rows are claimed with SKIP LOCKED, and stay marked until they are done.
    Readers need not wait for it: what they are told is derived from the tier itself.
    """
    today, done = site_day(now), 0
    while most is None or done < most:
        with transaction.atomic():
            marked = ReviewSchedule.objects.filter(rules_changed=True).order_by("page_id")
            some = batch if most is None else min(batch, most - done)
            pages = list(
                marked.select_for_update(skip_locked=True, of=("self",)).values_list("page_id", flat=True)[
                    :some
                ]
            )
            if not pages:
                return done
            for page in ConditionPage.objects.filter(pk__in=pages):
                schedule_review(page, today=today)
            done += len(pages)
    return done
