"""One mail per person and day with what they have to see to, written from the rows that say so.

The reviews (`articles.reminders`), the links to shops (`products.link_notices`) and, for the review leads, what readers
reported (`articles.report_notices`) stand in the same mail.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from wagtail.models import Page

from articles import report_notices
from articles.days import site_day, site_time
from articles.governance import ReminderState, Stage
from articles.mailing import mail_each
from articles.mending import mending_paths
from articles.models import ProblemReport, PublisherSettings, Reminder, ReviewDigest, ReviewSchedule, User
from articles.review_line import in_words
from products import link_notices
from products.link_notices import LinkLine
from products.models import LinkNotice

URGENCY = list(Stage)
MOST_LINES = 50
"""A mail names this many articles, links and reports; of more it gives the number, and the listing that has them all."""


@dataclass(frozen=True, slots=True)
class DigestLine:
    """An article in a digest: what is the matter, why, and where it can be mended."""

    title: str
    stage: Stage
    schedule: ReviewSchedule
    days_late: int
    """Days since it was due; negative while the day is ahead."""
    address: str

    @property
    def standing(self) -> str:
        """Where its review stands, in words."""
        due = in_words(self.schedule.due_on)
        if self.days_late < 0:
            return f"Due on {due}."
        if self.days_late == 0:
            return "Due today."
        ago = f"{self.days_late} day{'' if self.days_late == 1 else 's'} ago"
        return f"{'Expired: due' if self.stage is Stage.EXPIRED else 'Due'} since {due}, {ago}."


def digest_hour() -> int:
    """The hour from which the day's mail is sent: an editor's choice for the default site, or else the installation's."""
    chosen = PublisherSettings.objects.filter(site__is_default_site=True).values_list(
        "digest_hour", flat=True
    )
    hour = chosen.first()
    return int(settings.DIGEST_HOUR) if hour is None else hour


def send_digests(*, now: datetime.datetime, hour: int) -> int:
    """Send each person whom something waits for today's digest, from `hour` o'clock in the site's time zone on.

    Returns how many mails went out. Safe to miss, repeat or run twice at once. A mail that the server did not
    take is tried again by the next run. Killed between mail and mark, the next run sends it once more under the
    same Message-ID, by which mail programs know it for the same.
    """
    if site_time(now).hour < hour:
        return 0
    day = site_day(now)
    Reminder.objects.overtaken().update(state=ReminderState.LAPSED)
    told_today = ReviewDigest.objects.filter(day=day).values("recipient")
    untold = link_notices.people_to_tell() - set(told_today.values_list("recipient", flat=True))
    link_notices.note_down(untold, now=now)
    waits = Q(pk__in=Reminder.objects.waiting().values("recipient")) | Q(
        pk__in=LinkNotice.objects.waiting().values("recipient")
    )
    waits |= Q(pk__in=_people_with_new_reports(now))
    people = User.objects.filter(waits).exclude(pk__in=told_today).order_by("pk")
    return mail_each(
        people, lambda person, connection: _send(person, day, now=now, connection=connection), what="digest"
    )


def _people_with_new_reports(now: datetime.datetime) -> set[int]:
    """Who is to hear of an open report that came since their last digest. An open one alone is mailed about once; it
    stands in every digest that has another reason."""
    received = ProblemReport.objects.new().received_by(now)
    latest = received.order_by("-received_at").values_list("received_at", flat=True).first()
    if latest is None:
        return set()
    people = report_notices.people_to_tell()
    told = ReviewDigest.objects.filter(recipient__in=people, sent_at__gte=latest)
    return people - set(told.values_list("recipient", flat=True))


def _send(person: User, day: datetime.date, *, now: datetime.datetime, connection: BaseEmailBackend) -> int:
    """Send one person's digest and mark what it told. Another process that is at it is waited for, then believed."""
    with transaction.atomic():
        digest, is_new = ReviewDigest.objects.get_or_create(
            recipient=person, day=day, defaults={"sent_at": now}
        )
        if not is_new:
            return 0
        reminders = list(
            Reminder.objects.waiting().filter(recipient=person).select_for_update().order_by("pk")
        )
        notices = list(
            LinkNotice.objects.waiting().filter(recipient=person).for_a_mail().select_for_update(of=("self",))
        )
        reports = list(ProblemReport.objects.new().received_by(now).defer("text", "email", "note"))
        if reports and person.pk not in report_notices.people_to_tell():
            reports = []
        if not (reminders or notices or reports):  # lapsed since they were counted
            digest.delete()
            return 0
        connection.open()
        links = link_notices.lines(notices, now=now)
        digest_mail(person, reminders, links, reports, day=day, connection=connection).send()
        Reminder.objects.filter(pk__in=[one.pk for one in reminders]).update(
            state=ReminderState.TOLD, digest=digest
        )
        LinkNotice.objects.filter(pk__in=[one.pk for one in notices]).update(told_at=now)
    return 1


def digest_mail(
    person: User,
    reminders: Iterable[Reminder],
    links: Sequence[LinkLine] = (),
    reports: Sequence[ProblemReport] = (),
    *,
    day: datetime.date,
    connection: BaseEmailBackend | None = None,
) -> EmailMultiAlternatives:
    """The mail, in text and HTML. Its Message-ID is that of the person and day."""
    lines = digest_lines(person, reminders, today=day)
    context = {
        "person": person,
        "lines": lines[:MOST_LINES],
        "count": len(lines),
        "more": max(0, len(lines) - MOST_LINES),
        "report": _absolute(f"{reverse('articles:index')}?review=overdue"),
        "links": [(link, _absolute(link.path)) for link in links[:MOST_LINES]],
        "link_count": len(links),
        "more_links": max(0, len(links) - MOST_LINES),
        "link_report": _absolute(reverse("alarms:index")),
        "reports": [
            (report, _absolute(reverse("reader_reports:report", args=[report.pk])))
            for report in reports[:MOST_LINES]
        ],
        "report_count": len(reports),
        "more_reports": max(0, len(reports) - MOST_LINES),
        "report_listing": _absolute(f"{reverse('reader_reports:index')}?status=new"),
        "day": day,
        "site_name": settings.WAGTAIL_SITE_NAME,
        "desk": _absolute(reverse("wagtailadmin_home")),
    }
    mail = EmailMultiAlternatives(
        subject=_subject(len(lines), len(links), len(reports)),
        body=render_to_string("mail/review_digest.txt", context),
        to=[person.email],
        headers={
            "Message-ID": f"<review-digest-{person.pk}-{day:%Y%m%d}@{urlsplit(settings.SITE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=connection,
    )
    mail.attach_alternative(render_to_string("mail/review_digest.html", context), "text/html")
    return mail


def _subject(articles: int, links: int, reports: int) -> str:
    found = [
        ("1 article" if articles == 1 else f"{articles} articles") if articles else "",
        ("1 link to a shop" if links == 1 else f"{links} links to shops") if links else "",
        ("1 report of a reader" if reports == 1 else f"{reports} reports of readers") if reports else "",
    ]
    named = [one for one in found if one]
    if articles and len(named) == 1:
        return f"Medical review: {named[0]} to see to"
    return "To see to: " + " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def digest_lines(person: User, reminders: Iterable[Reminder], *, today: datetime.date) -> list[DigestLine]:
    """One line an article, at the furthest stage it reached; the most urgent first."""
    furthest: dict[int, Stage] = {}
    for reminder in reminders:
        stage = Stage(reminder.stage)
        known = furthest.get(reminder.page_id, stage)
        furthest[reminder.page_id] = max(stage, known, key=URGENCY.index)
    schedules = ReviewSchedule.objects.filter(page__in=furthest).select_related("page")
    addresses = mending_addresses(person, [schedule.page for schedule in schedules])
    lines = [
        DigestLine(
            title=schedule.page.title,
            stage=furthest[schedule.page_id],
            schedule=schedule,
            days_late=(today - schedule.due_on).days,
            address=addresses[schedule.page_id],
        )
        for schedule in schedules
    ]
    return sorted(lines, key=lambda line: (-URGENCY.index(line.stage), line.schedule.due_on, line.title))


def mending_addresses(person: User, pages: Iterable[Page]) -> Mapping[int, str]:
    """Where a person can mend each page (`articles.mending`), or else the page as readers see it."""
    found = {page.pk: page for page in pages}
    paths = mending_paths(person, found.values())
    return {pk: _absolute(paths[pk]) if pk in paths else page.full_url for pk, page in found.items()}


def _absolute(path: str) -> str:
    return f"{settings.WAGTAILADMIN_BASE_URL}{path}"
