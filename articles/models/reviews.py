"""Review tiers, sign-offs and due dates. The rules are in `articles.governance`."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.models import Page, Revision

from articles.governance import ReviewRule, SignOffOutcome
from articles.models.people import Reviewer
from articles.querysets import ReviewScheduleQuerySet


class ReviewTier(models.Model):
    """How often, and how strictly, a kind of content is re-reviewed. Three ship; more are data."""

    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    interval_months = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    due_soon_days = models.PositiveSmallIntegerField("due-soon window (days)", default=60)
    grace_days = models.PositiveSmallIntegerField(
        "grace (days)", default=90, help_text="After it, the badge is withdrawn."
    )
    review_minutes = models.PositiveSmallIntegerField(
        "minutes a review",
        default=30,
        validators=[MinValueValidator(1)],
        help_text="What a review takes, for the forecast.",
    )
    withhold_offers = models.BooleanField(
        "no buy buttons once expired",
        default=False,
        help_text="Product boxes of an expired article stand as plain information.",
    )
    is_default = models.BooleanField("default tier", default=False)

    panels = [
        FieldRowPanel([FieldPanel("name"), FieldPanel("slug")]),
        MultiFieldPanel(
            [
                FieldRowPanel(
                    [FieldPanel("interval_months"), FieldPanel("due_soon_days"), FieldPanel("grace_days")]
                ),
                FieldPanel("review_minutes"),
            ],
            heading="Time",
        ),
        FieldPanel("withhold_offers"),
        FieldPanel("is_default"),
    ]

    class Meta:
        ordering = ["interval_months"]
        constraints = [
            models.UniqueConstraint("is_default", condition=Q(is_default=True), name="one_default_tier")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.interval_months} months)"

    def clean(self) -> None:
        if (
            self.pk
            and not self.is_default
            and ReviewTier.objects.filter(pk=self.pk, is_default=True).exists()
        ):
            raise ValidationError(
                {"is_default": "One tier is the default: make another one the default instead."}
            )

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        super().validate_constraints(exclude={*(exclude or ()), "is_default"})  # `save` keeps it

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A tier that becomes the default takes the place of the other. Dates that a changed rule moves are
        computed anew by `articles.rule_changes`."""
        with transaction.atomic():
            before = ReviewTier.objects.select_for_update().filter(pk=self.pk).first()
            if self.is_default:
                ReviewTier.objects.filter(is_default=True).exclude(pk=self.pk).update(is_default=False)
            super().save(*args, **kwargs)
            if before is None or before.terms != self.terms:
                ReviewSchedule.objects.governed_by(self).update(rules_changed=True)

    @property
    def terms(self) -> tuple[ReviewRule, str, bool]:
        """All that the schedules of its articles take from it."""
        return self.rule(), self.name, self.is_default

    def rule(self, *, interval_months: int | None = None) -> ReviewRule:
        """The rule as plain values, with a page's own interval where it has one."""
        return ReviewRule(
            interval_months=interval_months or self.interval_months,
            due_soon_days=self.due_soon_days,
            grace_days=self.grace_days,
            withhold_offers=self.withhold_offers,
        )


class MedicalReview(models.Model):
    """A sign-off: a reviewer approved exactly this content. Immutable, here and in the database.

    Made by `articles.services.sign`, never by hand. A mistake is corrected by a further record that
    withdraws it. Foreign keys protect: people are deactivated, not deleted; pages are unpublished.
    """

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="medical_reviews")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(
        max_length=12, choices=[(outcome.value, outcome.label) for outcome in SignOffOutcome]
    )
    fingerprint = models.CharField(max_length=80, help_text="With its algorithm version, as v1:…")
    snapshot = models.JSONField(help_text="The clinical content signed.")
    meaning = models.TextField(help_text="What the signature says.")
    checklist = models.JSONField(default=dict)
    reviewer = models.ForeignKey(Reviewer, on_delete=models.PROTECT, related_name="medical_reviews")
    reviewer_name = models.CharField(max_length=160, help_text="As at signing.")
    profession = models.CharField(max_length=160, help_text="As at signing.")
    credential = models.CharField(max_length=200, help_text="As at signing.")
    interests = models.JSONField(default=list, help_text="Declared as at signing.")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(db_index=True)
    signed_on = models.DateField(help_text="The day in the site's time zone, from which the due date runs.")
    reason = models.TextField(
        blank=True, help_text="Why it was withdrawn, or what made an edit small; empty for a full review."
    )
    tier = models.CharField(max_length=60, help_text="As at signing.")
    interval_months = models.PositiveSmallIntegerField()
    called_on: datetime.date | None  # no column: `articles.review_line` reads it with the sign-offs
    supersedes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        ordering = ["-signed_at", "-pk"]
        indexes = [models.Index(fields=["page", "-signed_at"], name="last_sign_off")]
        permissions = [("sign_medicalreview", "Can sign medical reviews")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} by {self.reviewer_name}, {self.signed_on:%-d %B %Y}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValidationError("A sign-off cannot be changed. Withdraw it by a further sign-off.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise ValidationError("A sign-off cannot be deleted. Withdraw it by a further sign-off.")


class ImportedReview(models.Model):
    """What a text said of its own review before it came here. Nobody verified it; it earns no badge."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="imported_review")
    reviewer_name = models.CharField(max_length=160)
    qualification = models.CharField(max_length=160, blank=True)
    reviewed_on = models.DateField()
    source = models.CharField(max_length=255, help_text="The file it stood in.")

    def __str__(self) -> str:
        return f"{self.reviewer_name}, {self.reviewed_on:%-d %B %Y} (imported, not verified)"


class ReviewSchedule(models.Model):
    """When a live page is due: computed, one to one, never on the page itself.

    Publishing an older draft would reset columns of the page (see docs/adr/0001).
    """

    page = models.OneToOneField(
        Page, on_delete=models.CASCADE, primary_key=True, related_name="review_schedule"
    )
    last_review_on = models.DateField(
        null=True, blank=True, help_text="Empty: never reviewed here nor before."
    )
    due_on = models.DateField(db_index=True)
    due_soon_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True, help_text="Empty: there is no badge to withdraw.")
    next_stage_on = models.DateField(
        null=True, blank=True, db_index=True, help_text="When `flag_overdue` has to look again."
    )
    why = models.CharField(max_length=255, help_text="Why the date is what it is, in words.")
    rules_changed = models.BooleanField(
        default=False, help_text="Its tier was changed, and its dates are to be computed anew."
    )
    reviewer = models.ForeignKey(
        Reviewer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned",
        help_text="Whom an editor asked for the next review. Empty: who signed last.",
    )
    planned_on = models.DateField(null=True, blank=True, db_index=True, help_text="Empty: the day it is due.")
    planned_why = models.TextField(blank=True, help_text="Why it is planned for another day.")
    on: datetime.date  # no column: `articles.workload.on_day` adds it
    falls_to: int | None  # no column: `articles.workload.with_reviewer` adds it

    objects: ClassVar[models.Manager[ReviewSchedule]] = ReviewScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["due_on"]
        indexes = [
            models.Index(fields=["page"], condition=Q(rules_changed=True), name="schedules_of_changed_rules")
        ]
        permissions = [("lead_reviews", "Is told of reviews that are two weeks late")]

    @property
    def plan(self) -> str:
        """The plan in words, or nothing if there is none of its own."""
        if self.planned_on is None:
            return ""
        late = (self.planned_on - self.due_on).days
        after = f", {late} day{'' if late == 1 else 's'} after it is due" if late > 0 else ""
        because = f": {self.planned_why}" if self.planned_why else "."
        return f"Planned for {self.planned_on:%-d %B %Y}{after}{because}"

    def __str__(self) -> str:
        return f"{self.page}: due {self.due_on:%-d %B %Y}"
