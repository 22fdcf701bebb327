"""Questions asked of articles and their reviews, as named verbs."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.db.models import Case, F, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.functions import Lag

from articles.governance import ReminderState


class ReviewScheduleQuerySet(QuerySet[Any]):
    def overdue(self, today: datetime.date) -> ReviewScheduleQuerySet:
        """Live pages past their due date, the worst first. Never reviewed counts as due."""
        return self.filter(page__live=True, due_on__lt=today).order_by("due_on", "page_id")

    def due_soon(self, today: datetime.date) -> ReviewScheduleQuerySet:
        return self.filter(page__live=True, due_soon_on__lte=today, due_on__gte=today).order_by(
            "due_on", "page_id"
        )

    def governed_by(self, tier: Any) -> ReviewScheduleQuerySet:
        """Of live articles that a tier governs; the default one those without a tier, too."""
        governed = Q(page__conditionpage__review_tier=tier.pk)
        if tier.is_default:
            governed |= Q(page__conditionpage__isnull=False, page__conditionpage__review_tier__isnull=True)
        return self.filter(governed, page__live=True)

    def to_flag(self, today: datetime.date) -> ReviewScheduleQuerySet:
        """Schedules that reached a stage nobody was told of yet."""
        return self.filter(page__live=True, next_stage_on__lte=today).order_by("next_stage_on", "page_id")


class ReminderQuerySet(QuerySet[Any]):
    def waiting(self) -> ReminderQuerySet:
        """Those that no digest carried yet."""
        return self.filter(state=ReminderState.WAITING)

    def overtaken(self) -> ReminderQuerySet:
        """Waiting for a mail that would no longer be true: its cycle ended, or it cannot be read or received."""
        still_true = Q(page__live=True, page__review_schedule__due_on=F("cycle"), recipient__is_active=True)
        return self.waiting().exclude(still_true & ~Q(recipient__email=""))


class ReviewTriggerQuerySet(QuerySet[Any]):
    def unanswered(
        self, page: int | OuterRef, *, since: datetime.datetime | OuterRef | None
    ) -> QuerySet[Any]:
        """Those of a page that stand, the first one first: not dismissed, nor older than its last full sign-off."""
        found = self.filter(page=page, dismissed_at__isnull=True)
        return (found.filter(opened_at__gt=since) if since else found).order_by("opened_at", "pk")


class ReferenceQuerySet(QuerySet[Any]):
    def outdated(self) -> ReferenceQuerySet:
        """Superseded or retracted ones, the longest first."""
        return self.filter(outdated_at__isnull=False).order_by("outdated_at", "pk")


class ProblemReportQuerySet(QuerySet[Any]):
    def new(self) -> ProblemReportQuerySet:
        """Those that nobody settled yet, safety concerns first, then the longest waiting."""
        return self.filter(status="new").safety_first()

    def received_by(self, now: datetime.datetime) -> ProblemReportQuerySet:
        return self.filter(received_at__lte=now)

    def safety_first(self) -> ProblemReportQuerySet:
        safety = Case(When(kind="safety", then=Value(0)), default=Value(1))
        return self.order_by(safety, "received_at", "pk")

    def safety_concerns(self) -> ProblemReportQuerySet:
        return self.filter(kind="safety")

    def to_forget(self, received_before: datetime.datetime) -> ProblemReportQuerySet:
        """Those whose words were kept long enough, the oldest first."""
        return self.filter(forgotten_at__isnull=True, received_at__lt=received_before).order_by("received_at")


class PublicationQuerySet(QuerySet[Any]):
    def last_changes(self, pages: Iterable[int]) -> dict[int, datetime.datetime]:
        """When readers of each page last got other words: a publication of the same words is no change.

        Pages of which nothing is on record are left out.
        """
        before = Window(Lag("fingerprint"), partition_by=F("page"), order_by=[F("at").asc(), F("pk").asc()])
        changes = (
            self.filter(page__in=list(pages), kind="published")
            .annotate(before=before)
            .filter(Q(before__isnull=True) | ~Q(before=F("fingerprint")))
        )
        return dict(
            changes.order_by("at", "pk").values_list("page", "at")
        )  # a later one replaces an earlier one
