"""What readers report about a page, and whom of the desk a safety concern was told."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from wagtail.models import Page

from articles.querysets import ProblemReportQuerySet


class ProblemKind(models.TextChoices):
    """What a reader says is wrong, in the reader's words."""

    MEDICAL = "medical", "Wrong or out-of-date medical information"
    SAFETY = "safety", "A side effect or safety concern"
    LINK = "link", "A link that does not work"
    ACCESSIBILITY = "accessibility", "Something I cannot read or use (accessibility)"
    OTHER = "other", "Something else"


class ReportStatus(models.TextChoices):
    """What the desk did with a report."""

    NEW = "new", "New"
    ANSWERED = "answered", "Answered"
    CLOSED = "closed", "Closed"


class ProblemReport(models.Model):
    """A reader's report. Made by `articles.problem_reports.receive`; nobody adds, changes or deletes one.

    The reader's words and address are forgotten after `PROBLEM_REPORT_DAYS`; what was done about them stays.
    """

    page = models.ForeignKey(
        Page, on_delete=models.SET_NULL, null=True, blank=True, related_name="problem_reports"
    )
    page_title = models.CharField(
        max_length=255, blank=True, help_text="As the reader saw it. Empty: about no page in particular."
    )
    kind = models.CharField(max_length=16, choices=ProblemKind.choices)
    text = models.TextField("what the reader wrote", max_length=3000, blank=True)
    email = models.EmailField("mail address", blank=True)
    received_at = models.DateTimeField("received")
    form = models.CharField(max_length=32, unique=True, help_text="The form that was sent: it counts once.")
    status = models.CharField(max_length=8, choices=ReportStatus.choices, default=ReportStatus.NEW)
    note = models.TextField(blank=True, max_length=1000, help_text="What was done, or why nothing was.")
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    handled_at = models.DateTimeField("handled", null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[ProblemReport]] = ProblemReportQuerySet.as_manager()

    class Meta:
        verbose_name = "reader report"
        ordering = ["-received_at", "-pk"]
        default_permissions = ("view",)
        permissions = [("answer_problemreport", "Can answer reader reports and call for reviews from them")]
        constraints = [
            models.CheckConstraint(
                condition=Q(forgotten_at__isnull=True) | Q(text="", email=""),
                name="a_forgotten_report_says_nothing",
            ),
            models.CheckConstraint(
                condition=Q(status=ReportStatus.NEW.value) | ~Q(note=""), name="a_settled_report_says_why"
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(forgotten_at__isnull=True),
                name="reports_to_forget",
            ),
            models.Index(
                fields=["received_at"], condition=Q(status=ReportStatus.NEW.value), name="reports_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.page_title or 'the site'}"

    @property
    def is_safety_concern(self) -> bool:
        return self.kind == ProblemKind.SAFETY

    @property
    def is_new(self) -> bool:
        return self.status == ReportStatus.NEW


class ReportNotice(models.Model):
    """A person is told of a report by mail. Unique, so that it happens once; the mail is written from the rows."""

    report = models.ForeignKey(ProblemReport, on_delete=models.CASCADE, related_name="notices")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="report_notices"
    )
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["report", "recipient"], name="told_once_of_a_report")]
        indexes = [
            models.Index(
                fields=["recipient"], condition=Q(sent_at__isnull=True), name="report_notices_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.report}, {self.recipient}"
