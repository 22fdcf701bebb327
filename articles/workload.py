"""The reviews to come, read for the planning: who signs what when, and how much time they have."""

from __future__ import annotations

import datetime

from django.db.models import BigIntegerField, Case, F, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from articles.governance import SignOffOutcome
from articles.models import Leave, MedicalReview, Reviewer, ReviewSchedule, ReviewTier
from articles.planning import Away, Capacity, Work, months_from
from articles.querysets import ReviewScheduleQuerySet

NOBODY = "Nobody yet"
"""Whose work an article is that no active reviewer signed before."""


def with_reviewer(schedules: ReviewScheduleQuerySet) -> ReviewScheduleQuerySet:
    """Each with `falls_to`: the reviewer whom an editor asked, or else who signed last; None if neither is active."""
    return schedules.annotate(
        falls_to=Case(
            When(reviewer__is_active=True, then=F("reviewer")),
            default=Subquery(_signed_last("page").values("reviewer")[:1]),
            output_field=BigIntegerField(),
        )
    )


def name_of_reviewer(*, schedule: str = "", page: str = "page") -> Case:
    """The name to `with_reviewer`, of rows that have their schedule behind the prefix `schedule`, and that name their
    page's key `page`."""
    return Case(
        When(**{f"{schedule}reviewer__is_active": True}, then=F(f"{schedule}reviewer__name")),
        default=Subquery(_signed_last(page).values("reviewer__name")[:1]),
    )


def on_day(schedules: ReviewScheduleQuerySet) -> ReviewScheduleQuerySet:
    """Each with `on`: the day its review is planned for, or else due."""
    return schedules.annotate(on=Coalesce("planned_on", "due_on"))


def _signed_last(page: str) -> QuerySet[MedicalReview]:
    return MedicalReview.objects.filter(
        page=OuterRef(page), outcome=SignOffOutcome.APPROVED, reviewer__is_active=True
    ).order_by("-signed_at", "-pk")


def work_until(day: datetime.date) -> list[Work]:
    """The reviews of live articles that are planned, or else due, before a day; late ones included. One query.

    A review falls to the reviewer whom an editor asked, or else who signed last, and takes the minutes of the article's tier.
    """
    default = ReviewTier.objects.filter(is_default=True).values("review_minutes")
    rows = (
        on_day(ReviewSchedule.objects.filter(page__live=True))
        .annotate(
            who=name_of_reviewer(),
            minutes=Coalesce("page__conditionpage__review_tier__review_minutes", Subquery(default[:1])),
        )
        .filter(on__lt=day)
        .order_by("on", "page_id")
        .values_list("page_id", "who", "on", "minutes")
    )
    return [Work(page, reviewer or NOBODY, on, minutes) for page, reviewer, on, minutes in rows]


def work_of_months(first: datetime.date, months: int) -> list[Work]:
    """The reviews of `months` months from that of `first` on, and what is late."""
    return work_until(months_from(first, months + 1)[-1])


def capacities() -> dict[str, Capacity]:
    """What each active reviewer can do, by name."""
    away: dict[int, list[Away]] = {}
    for leave in Leave.objects.filter(reviewer__is_active=True):
        away.setdefault(leave.reviewer_id, []).append(Away(leave.first_day, leave.last_day))
    return {
        reviewer.name: Capacity(reviewer.minutes_per_month, tuple(away.get(reviewer.pk, ())))
        for reviewer in Reviewer.objects.filter(is_active=True).order_by("name")
    }
