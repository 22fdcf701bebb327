"""Questions asked of articles and their reviews, as named verbs."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import QuerySet


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
