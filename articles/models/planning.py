"""Planned dates, moved together and undone together; when reviewers are away."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.models import Page

from articles.models.people import Reviewer


class Rescheduling(models.Model):
    """Planned dates that were moved in one go, for one reason. Made and undone by `articles.rescheduling`."""

    reason = models.TextField(blank=True, max_length=1000)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.made_at:%-d %B %Y}: {self.reason or 'planned dates moved'}"


class ReschedulingMove(models.Model):
    """One article of a re-scheduling: how its plan stood before, and what it became."""

    rescheduling = models.ForeignKey(Rescheduling, on_delete=models.CASCADE, related_name="moves")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    planned_before = models.DateField(null=True, blank=True)
    reason_before = models.TextField(blank=True)
    next_stage_before = models.DateField(null=True, blank=True)
    planned_after = models.DateField(null=True, blank=True)
    undone = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["rescheduling", "page"], name="moved_once_a_rescheduling")
        ]

    def __str__(self) -> str:
        return f"{self.page}: {self.planned_before} → {self.planned_after}"


class Leave(models.Model):
    """Days on which a reviewer is away, the first and the last included."""

    reviewer = ParentalKey(Reviewer, on_delete=models.CASCADE, related_name="leaves")
    first_day = models.DateField()
    last_day = models.DateField()

    panels = [FieldRowPanel([FieldPanel("first_day"), FieldPanel("last_day")])]

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="leave_ends_after_it_began"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%-d %B %Y} to {self.last_day:%-d %B %Y}"

    def clean(self) -> None:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValidationError({"last_day": "The last day comes before the first."})
