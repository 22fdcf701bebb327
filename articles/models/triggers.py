"""What calls for a review before its time."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from wagtail.models import Page

from articles.governance import TriggerKind
from articles.querysets import ReviewTriggerQuerySet


class ReviewTrigger(models.Model):
    """Something happened for which an article is to be reviewed now. The next full sign-off answers it.

    Made by `articles.triggers`. `subject` names what it is about where a job finds it, so that it is opened once.
    """

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="review_triggers")
    kind = models.CharField(max_length=24, choices=[(kind.value, kind.label) for kind in TriggerKind])
    reason = models.TextField(max_length=1000)
    subject = models.CharField(max_length=120, blank=True)
    opened_at = models.DateTimeField()
    opened_on = models.DateField(help_text="The day in the site's time zone, on which the review is due.")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    dismissal = models.TextField(blank=True, max_length=1000, help_text="Why it was unfounded.")

    objects: ClassVar[models.Manager[ReviewTrigger]] = ReviewTriggerQuerySet.as_manager()

    class Meta:
        ordering = ["opened_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="a_trigger_has_a_reason"),
            models.CheckConstraint(
                condition=Q(dismissed_at__isnull=True) | ~Q(dismissal=""), name="a_dismissal_has_a_reason"
            ),
            models.UniqueConstraint(
                fields=["page", "subject"], condition=~Q(subject=""), name="called_for_once_a_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.opened_on:%-d %B %Y}: {self.reason}"
