"""Who was told of a review that is due, and in which mail."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from wagtail.models import Page

from articles.governance import ReminderState, Stage
from articles.querysets import ReminderQuerySet


class ReviewDigest(models.Model):
    """The mail of one person and day. The row stands only if the mail went out: they are made together."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_digests"
    )
    day = models.DateField(help_text="In the site's time zone.")
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["recipient", "day"], name="one_digest_a_day")]

    def __str__(self) -> str:
        return f"{self.recipient}, {self.day:%-d %B %Y}"


class Reminder(models.Model):
    """A person is told that a page reached a stage of its review cycle. Unique, so that it happens once.

    Without a recipient there was nobody to tell: the row says that the stage was seen all the same.
    """

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="review_reminders")
    cycle = models.DateField(help_text="The due date of the cycle.")
    stage = models.CharField(max_length=12, choices=[(stage.value, stage.label) for stage in Stage])
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="review_reminders",
    )
    flagged_at = models.DateTimeField()
    state = models.CharField(
        max_length=8,
        choices=[(state.value, state.label) for state in ReminderState],
        default=ReminderState.NOBODY.value,
    )
    digest = models.ForeignKey(
        ReviewDigest, on_delete=models.SET_NULL, null=True, blank=True, related_name="reminders"
    )

    objects: ClassVar[models.Manager[Reminder]] = ReminderQuerySet.as_manager()

    class Meta:
        ordering = ["-flagged_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "cycle", "stage", "recipient"],
                name="told_once_a_stage",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(
                fields=["recipient"], condition=Q(state=ReminderState.WAITING.value), name="reminders_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.page}: {self.get_stage_display()}, {self.recipient or 'nobody to tell'}"
