"""What readers report: taking it in, settling it, calling for a review from it, forgetting it."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from wagtail.log_actions import log
from wagtail.models import Page

from articles.governance import TriggerKind
from articles.log_actions import REPORT_CALL, REPORT_SETTLE
from articles.models import ConditionPage, ProblemKind, ProblemReport, ReportStatus, ReviewTrigger
from articles.spam_guard import Opening
from articles.triggers import TriggerRefused, call_for_review

MAY_ANSWER = "articles.answer_problemreport"
FORGOTTEN_AT_ONCE = 500


class SettlingRefused(Exception):
    """Why a report stays as it is, in words."""


def reportable(pk: int | None) -> Page | None:
    """The page that readers mean, if they may read it: what they cannot see stays unnamed."""
    return Page.objects.live().public().filter(pk=pk, depth__gt=1).first() if pk else None


def receive(
    opening: Opening, *, kind: ProblemKind, text: str, email: str = "", now: datetime.datetime
) -> ProblemReport:
    """Store a report. The same form sent twice is one report: the first stands."""
    page = reportable(opening.page)
    report, _ = ProblemReport.objects.get_or_create(
        form=opening.form,
        defaults={
            "page": page,
            "page_title": page.title if page else "",
            "kind": kind,
            "text": text,
            "email": email,
            "received_at": now,
        },
    )
    return report


@transaction.atomic
def settle(
    report: ProblemReport, *, status: ReportStatus, note: str, user: Any, now: datetime.datetime
) -> ProblemReport:
    """Answer or close a report, or take it up again, with what was done. Raises `SettlingRefused` without a note."""
    note = note.strip()
    if not note:
        raise SettlingRefused("Say what was done, or why nothing was.")
    report = ProblemReport.objects.select_for_update().get(pk=report.pk)
    before = ReportStatus(report.status)
    report.status, report.note = status, note
    report.handled_by, report.handled_at = user, now
    report.save(update_fields=["status", "note", "handled_by", "handled_at"])
    log(
        report,
        REPORT_SETTLE,
        user=user,
        data={"before": before.label, "after": status.label, "note": note},
    )
    return report


@transaction.atomic
def call_from(report: ProblemReport, *, reason: str, user: Any, now: datetime.datetime) -> ReviewTrigger:
    """Make the medical review of the article due today, because of a report. Once a report.

    Raises `articles.triggers.TriggerRefused` without a reason, or if the report is not about a published article.
    """
    article = ConditionPage.objects.live().filter(pk=report.page_id).first() if report.page_id else None
    if article is None:
        raise TriggerRefused("This report is not about a published article.")
    subject = subject_of(report)
    if ReviewTrigger.objects.filter(page=article.pk, subject=subject).exists():
        raise TriggerRefused("A medical review was called for from this report before.")
    trigger = call_for_review(
        article, kind=TriggerKind.READER_REPORT, reason=reason, user=user, now=now, subject=subject
    )
    log(report, REPORT_CALL, user=user, data={"article": article.title, "reason": trigger.reason})
    return trigger


def subject_of(report: ProblemReport) -> str:
    """Under which a call for a review knows the report that it came from."""
    return f"report:{report.pk}"


def forget(*, now: datetime.datetime, after: datetime.timedelta, batch: int = FORGOTTEN_AT_ONCE) -> int:
    """Forget the words and addresses of readers in reports older than `after`. Returns of how many.

    Safe to miss, repeat, or run twice at once; each batch is a transaction of its own.
    """
    forgotten = 0
    while True:
        with transaction.atomic():
            old = ProblemReport.objects.to_forget(now - after).select_for_update(skip_locked=True)
            rows = list(old.values_list("pk", flat=True)[:batch])
            ProblemReport.objects.filter(pk__in=rows).update(text="", email="", forgotten_at=now)
        forgotten += len(rows)
        if len(rows) < batch:
            return forgotten
