"""Safety concerns that readers report are told to the review leads at once: rows first, mail from the rows."""

from __future__ import annotations

import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from articles.mailing import mail_each
from articles.models import ProblemReport, ReportNotice, User
from articles.reminders import LEADS, MODEL_BACKEND

MOST_LINES = 50
MOST_REPORTS = 500


def tell_of_safety_concerns(*, now: datetime.datetime) -> int:
    """Mail new safety concerns to the leads, one mail a person, however many there are. Returns how many mails.

    Safe to miss, repeat or run twice at once. The mail names the article and leads to the desk; a reader's words
    stay there. What a mail server did not take is tried again by the next run; killed between mail and mark, it is
    sent once more under the same Message-ID.
    """
    _note_down(now=now)
    people = User.objects.filter(
        report_notices__sent_at__isnull=True, report_notices__isnull=False, is_active=True
    ).exclude(email="")
    return mail_each(
        people.distinct().order_by("pk"),
        lambda person, connection: _send(person, now=now, connection=connection),
        what="notice of safety concerns",
    )


def _note_down(*, now: datetime.datetime) -> None:
    """A row for each lead and each new safety concern that nobody was told of. Without leads: the administrators."""
    untold = ProblemReport.objects.new().safety_concerns().filter(notices__isnull=True)
    reports = list(untold.values_list("pk", flat=True)[:MOST_REPORTS])
    if not reports:
        return
    people = people_to_tell()
    ReportNotice.objects.bulk_create(
        (
            ReportNotice(report_id=report, recipient_id=person, made_at=now)
            for report in reports
            for person in people
        ),
        ignore_conflicts=True,
    )


def people_to_tell() -> set[int]:
    """Who hears of readers' reports by mail, by primary key: the leads; without leads, the administrators."""
    leads = User.objects.with_perm(LEADS, include_superusers=False, backend=MODEL_BACKEND).exclude(email="")
    administrators = User.objects.filter(is_active=True, is_superuser=True).exclude(email="")
    return set(leads.values_list("pk", flat=True)) or set(administrators.values_list("pk", flat=True))


def _send(person: User, *, now: datetime.datetime, connection: BaseEmailBackend) -> int:
    with transaction.atomic():
        waiting = ReportNotice.objects.filter(recipient=person, sent_at__isnull=True)
        notices = list(
            waiting.select_for_update(skip_locked=True, of=("self",)).select_related("report").order_by("pk")
        )
        if not notices:
            return 0
        connection.open()
        notice_mail(person, notices, connection=connection).send()
        ReportNotice.objects.filter(pk__in=[notice.pk for notice in notices]).update(sent_at=now)
    return 1


def notice_mail(
    person: User, notices: list[ReportNotice], *, connection: BaseEmailBackend | None = None
) -> EmailMultiAlternatives:
    """The mail, in text and HTML."""
    desk = settings.WAGTAILADMIN_BASE_URL
    reports = [notice.report for notice in notices]
    lines = [
        {"report": report, "address": f"{desk}{reverse('reader_reports:report', args=[report.pk])}"}
        for report in reports[:MOST_LINES]
    ]
    context = {
        "person": person,
        "lines": lines,
        "count": len(reports),
        "more": max(0, len(reports) - MOST_LINES),
        "listing": f"{desk}{reverse('reader_reports:index')}?kind=safety&status=new",
        "site_name": settings.WAGTAIL_SITE_NAME,
    }
    concerns = "a safety concern" if len(reports) == 1 else f"{len(reports)} safety concerns"
    host = urlsplit(settings.SITE_URL).hostname
    mail = EmailMultiAlternatives(
        subject=f"Readers reported {concerns}" if len(reports) > 1 else f"A reader reported {concerns}",
        body=render_to_string("mail/safety_concerns.txt", context),
        to=[person.email],
        headers={
            "Message-ID": f"<safety-concerns-{person.pk}-{notices[0].pk}-{notices[-1].pk}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=connection,
    )
    mail.attach_alternative(render_to_string("mail/safety_concerns.html", context), "text/html")
    return mail
