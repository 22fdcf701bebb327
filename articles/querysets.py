"""Questions asked of articles and their reviews, as named verbs."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet

from articles.governance import ReminderState


class ReviewScheduleQuerySet(QuerySet[Any]):
    def overdue(self, today: datetime.date) -> ReviewScheduleQuerySet:
        """Live pages past their due date, the worst first. Never reviewed counts as due."""
        return self.filter(page__live=True, due_on__lt=today).order_by("due_on", "page_id")

    def due_soon(self, today: datetime.date) -> ReviewScheduleQuerySet:
        return self.filter(page__live=True, due_soon_on__lte=today, due_on__gte=today).order_by(
            "due_on", "page_id"
        )

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
