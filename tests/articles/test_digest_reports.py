"""What readers reported stands in the leads' daily mail: a line each, and no reader's words."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.digests import MOST_LINES, send_digests
from articles.models import ConditionPage, ProblemKind, ProblemReport, ReportStatus, ReviewDigest, User
from articles.problem_reports import receive, settle
from articles.spam_guard import open_form
from tests.factories import ConditionPageFactory, UserFactory

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)


@pytest.fixture
def lead() -> User:
    user: User = UserFactory()
    user.groups.add(Group.objects.get(name="Review leads"))
    return user


@pytest.fixture
def article() -> ConditionPage:
    return ConditionPageFactory(title="Hamstring <strain>")


def report(
    page: ConditionPage | None, kind: ProblemKind = ProblemKind.LINK, *, at: datetime.datetime = NOW
) -> ProblemReport:
    opening = open_form(page.pk if page else None, now=at)
    return receive(opening, kind=kind, text="It burns my skin.", email="sam@example.org", now=at)


def run(now: datetime.datetime) -> int:
    return send_digests(now=now, hour=7)


def test_a_lead_is_told_of_open_reports_in_a_line_each_without_a_readers_words(lead, article):
    UserFactory()
    link, safety = report(article), report(None, ProblemKind.SAFETY)
    assert run(NOW + DAY) == 1
    (message,) = mail.outbox
    assert message.to == [lead.email]
    assert message.subject == "To see to: 2 reports of readers"
    text, html = message.body, message.alternatives[0].content
    lines = [line for line in text.splitlines() if "/admin/reader-reports/" in line]
    assert [line.rpartition("/admin")[2] for line in lines] == [
        f"/reader-reports/{one.pk}/" for one in (safety, link)
    ]
    assert lines[1].startswith("A link that does not work: Hamstring <strain>, 2 March 2026: http://")
    assert "Hamstring &lt;strain&gt;" in html
    assert f"/admin/reader-reports/{link.pk}/" in html
    assert not any(word in text + html for word in ("burns", "sam@"))


def test_one_report_alone_is_mailed_about_once_and_stands_in_the_next_mail(lead, article):
    first = report(article)
    assert [run(NOW + DAY * day) for day in (1, 1, 2, 3)] == [1, 0, 0, 0]
    second = report(article, at=NOW + 3 * DAY)
    assert run(NOW + 4 * DAY) == 1
    for one in (first, second):
        assert f"/admin/reader-reports/{one.pk}/" in mail.outbox[-1].body


def test_a_settled_report_is_told_to_nobody(lead, article):
    one = report(article)
    settle(one, status=ReportStatus.CLOSED, note="Mended.", user=lead, now=NOW)
    assert run(NOW + DAY) == 0
    assert not ReviewDigest.objects.exists()


def test_without_leads_the_administrators_are_told(article):
    boss = UserFactory(is_superuser=True)
    report(article)
    assert run(NOW + DAY) == 1
    assert mail.outbox[0].to == [boss.email]


def test_a_mail_stays_bounded_however_many_reports_there_are(lead, article):
    def statements(reports: int, day: int) -> int:
        at = NOW + day * DAY
        for _ in range(reports):
            report(article, at=at)
        with CaptureQueriesContext(connection) as seen:
            assert run(at + datetime.timedelta(hours=1)) == 1
        return len(seen)

    few = statements(2, 0)
    assert statements(MOST_LINES, 1) == few
    body = mail.outbox[-1].body
    assert sum("/admin/reader-reports/" in line for line in body.splitlines()) == MOST_LINES + 1
    assert "and 2 more: http://localhost:8000/admin/reader-reports/?status=new" in body
