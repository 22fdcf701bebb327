"""Safety concerns are told to the leads at once, by mail that is written from rows."""

from __future__ import annotations

import datetime
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.contrib.auth.models import Group
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from articles.models import ConditionPage, ProblemKind, ProblemReport, ReportNotice, ReportStatus, User
from articles.problem_reports import receive, settle
from articles.report_notices import MOST_LINES, tell_of_safety_concerns
from articles.spam_guard import open_form
from tests.factories import ConditionPageFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)


class Moody(EmailBackend):
    """A mail server that refuses the person called "refused" and hangs up on the one called "cut"."""

    def send_messages(self, messages):
        (message,) = messages
        if "refused" in message.to[0]:
            raise SMTPRecipientsRefused({})
        if "cut" in message.to[0]:
            raise SMTPServerDisconnected("Connection unexpectedly closed")
        return super().send_messages(messages)


@pytest.fixture
def article() -> ConditionPage:
    return ConditionPageFactory(title="Hamstring strain")


def lead(**values: str) -> User:
    user: User = UserFactory(**values)
    user.groups.add(Group.objects.get(name="Review leads"))
    return user


def concern(article: ConditionPage, kind: ProblemKind = ProblemKind.SAFETY) -> ProblemReport:
    opening = open_form(article.pk, now=NOW)
    return receive(opening, kind=kind, text="It burns my skin.", email="sam@example.org", now=NOW)


def test_each_lead_gets_one_mail_that_leads_to_the_desk_and_repeats_no_words(article, mailoutbox):
    leads = [lead(), lead()]
    one = concern(article)
    assert tell_of_safety_concerns(now=NOW) == 2
    assert {mail.to[0] for mail in mailoutbox} == {user.email for user in leads}
    for text in (mailoutbox[0].body, mailoutbox[0].alternatives[0][0]):
        assert "Hamstring strain" in text
        assert f"/admin/reader-reports/{one.pk}/" in text
        assert "It burns" not in text
        assert "sam@example.org" not in text


def test_nobody_is_told_twice(article, mailoutbox):
    lead()
    concern(article)
    assert [tell_of_safety_concerns(now=NOW) for _ in range(3)] == [1, 0, 0]
    assert len(mailoutbox) == 1
    concern(ConditionPageFactory(title="Sciatica"))
    assert tell_of_safety_concerns(now=NOW) == 1
    assert "Hamstring strain" not in mailoutbox[1].body


def test_several_concerns_are_one_mail(article, mailoutbox):
    lead()
    for _ in range(MOST_LINES + 3):
        concern(article)
    tell_of_safety_concerns(now=NOW)
    (mail,) = mailoutbox
    assert mail.subject == f"Readers reported {MOST_LINES + 3} safety concerns"
    assert "and 3 more" in mail.body


@pytest.mark.parametrize("kind", [kind for kind in ProblemKind if kind != ProblemKind.SAFETY])
def test_other_reports_wait_on_the_desk(article, mailoutbox, kind):
    lead()
    concern(article, kind)
    assert tell_of_safety_concerns(now=NOW) == 0


def test_what_was_settled_meanwhile_rings_no_more(article, mailoutbox):
    somebody = lead()
    settle(concern(article), status=ReportStatus.CLOSED, note="Mended.", user=somebody, now=NOW)
    assert tell_of_safety_concerns(now=NOW) == 0


def test_without_leads_the_administrators_are_told(article, admin_user, mailoutbox):
    concern(article)
    assert tell_of_safety_concerns(now=NOW) == 1
    assert mailoutbox[0].to == [admin_user.email]


def test_with_nobody_to_tell_it_waits_for_somebody(article, mailoutbox):
    concern(article)
    assert tell_of_safety_concerns(now=NOW) == 0
    lead()
    assert tell_of_safety_concerns(now=NOW) == 1


def test_a_refused_mail_is_tried_again_and_keeps_no_other_back(article, settings, mailoutbox):
    settings.EMAIL_BACKEND = f"{__name__}.Moody"
    for name in ("refused", "cut", "well"):
        lead(username=name)
    concern(article)
    assert tell_of_safety_concerns(now=NOW) == 1
    assert [mail.to for mail in mailoutbox] == [["well@example.org"]]
    assert ReportNotice.objects.filter(sent_at__isnull=True).count() == 2
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert tell_of_safety_concerns(now=timezone.now()) == 2


def test_a_mail_sent_again_is_known_by_its_name(article, mailoutbox):
    lead()
    concern(article)
    tell_of_safety_concerns(now=NOW)
    ReportNotice.objects.update(sent_at=None)  # killed between mail and mark
    tell_of_safety_concerns(now=NOW)
    first, second = (mail.extra_headers["Message-ID"] for mail in mailoutbox)
    assert first == second
