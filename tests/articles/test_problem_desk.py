"""Reports of readers on the desk: who sees them, what they can do, and what stays on record."""

from __future__ import annotations

import datetime
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from articles.models import (
    ConditionPage,
    ProblemKind,
    ProblemReport,
    ReportStatus,
    ReviewSchedule,
    ReviewTrigger,
)
from articles.problem_reports import forget, receive
from articles.spam_guard import open_form
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, csv_of, desk_of, is_refused, text_of
from tests.factories import ConditionPageFactory

pytestmark = pytest.mark.django_db

LEADS = "Review leads"
INDEX = "reader_reports:index"


@pytest.fixture
def article() -> ConditionPage:
    return ConditionPageFactory(title="Hamstring strain")


def report(
    page: ConditionPage | None = None,
    kind: ProblemKind = ProblemKind.MEDICAL,
    days_ago: int = 0,
    **values: str,
) -> ProblemReport:
    """A report as the form makes it."""
    at = timezone.now() - datetime.timedelta(days=days_ago)
    given = {"text": "It says two days of rest.", **values}
    return receive(open_form(page.pk if page else None, now=at), kind=kind, now=at, **given)


def address_of(one: ProblemReport) -> str:
    return reverse("reader_reports:report", args=[one.pk])


def settle(client, one: ProblemReport, status: str = "closed", note: str = "Mended.") -> None:
    client.post(address_of(one), {"verb": "settle", "settle-status": status, "settle-note": note})
    one.refresh_from_db()


@pytest.mark.parametrize(
    ("group", "sees", "answers"),
    [(EDITORS, True, True), (LEADS, True, True), (REVIEWERS, True, False), (COMMERCIAL, False, False)],
)
def test_each_group_does_what_it_should(article, group, sees, answers):
    one, somebody = report(article, email="sam@example.org"), desk_of(group)
    for address in (reverse(INDEX), address_of(one)):
        assert is_refused(somebody.get(address)) != sees
    assert ("sam@example.org" in text_of(somebody.get(address_of(one)))) == answers
    settle(somebody, one)
    assert (one.status == ReportStatus.CLOSED) == answers
    assert ('"Reader reports"' in text_of(somebody.get(reverse("wagtailadmin_home")))) == sees


def test_an_administrator_can_give_a_group_the_right_to_answer(admin_client):
    assert "Can answer reader reports" in text_of(admin_client.get(reverse("wagtailusers_groups:add")))


def test_new_safety_concerns_come_first_and_stand_out(article):
    report(article, days_ago=3)
    settled = report(article, ProblemKind.SAFETY, days_ago=1)
    report(article, ProblemKind.SAFETY, days_ago=9, text="It burns.")
    editor = desk_of(EDITORS)
    settle(editor, settled)
    rows = editor.get(reverse(INDEX)).context["table"].data
    assert [(row.kind, row.status) for row in rows] == [
        ("safety", "new"),
        ("medical", "new"),
        ("safety", "closed"),
    ]
    page = text_of(editor.get(reverse(INDEX)))
    assert page.count("w-status--primary") == 2


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": "safety"}, 1),
        ({"status": "new"}, 2),
        ({"status": "closed"}, 0),
        ({"received_at_from": "2090-01-01"}, 0),
    ],
)
def test_the_listing_is_filtered(article, asked, found):
    report(article)
    report(article, ProblemKind.SAFETY)
    assert len(desk_of(EDITORS).get(reverse(INDEX), asked).context["table"].data) == found


def test_the_listing_is_filtered_by_body_area(article):
    report(article)
    report(ConditionPageFactory())
    area = article.get_parent()
    assert len(desk_of(EDITORS).get(reverse(INDEX), {"body_area": area.pk}).context["table"].data) == 1


def test_the_listing_is_exported_without_mail_addresses(article):
    report(article, email="sam@example.org")
    editor = desk_of(EDITORS)
    lines = csv_of(editor.get(reverse(INDEX), {"export": "csv"}))
    assert lines[0].startswith("Page,Problem,Status,Received,Settled by,What the reader wrote")
    assert lines[1].startswith("Hamstring strain,Wrong or out-of-date medical information,New,")
    assert "sam@example.org" not in "".join(lines)
    sheet = openpyxl.load_workbook(
        BytesIO(b"".join(editor.get(reverse(INDEX), {"export": "xlsx"}).streaming_content))
    ).active
    assert sheet["A2"].value == "Hamstring strain"


def test_more_reports_cost_no_more_queries(article, django_assert_max_num_queries):
    editor = desk_of(EDITORS)
    report(article)
    editor.get(reverse(INDEX))
    for _ in range(10):
        settle(editor, report(article))
    with django_assert_max_num_queries(20):
        editor.get(reverse(INDEX))


def test_a_report_is_settled_with_a_note_and_taken_up_again_by_another(article):
    one, editor = report(article), desk_of(EDITORS)
    settle(editor, one, "answered", "Wrote back.")
    assert (one.status, one.note, one.handled_by) == ("answered", "Wrote back.", editor.user)
    settle(editor, one, "closed", "Mended.")
    page = text_of(editor.get(address_of(one)))
    assert "Answered: Wrote back." in page
    assert "Closed: Mended." in page
    assert str(editor.user) in page


@pytest.mark.parametrize(
    "sent",
    [
        {"settle-status": "closed", "settle-note": " "},
        {"settle-status": "new", "settle-note": "x"},
        {"settle-note": "x"},
    ],
)
def test_nothing_is_settled_without_a_note_and_a_state(article, sent):
    one = report(article)
    assert desk_of(EDITORS).post(address_of(one), {"verb": "settle", **sent}).status_code == 200
    one.refresh_from_db()
    assert one.status == ReportStatus.NEW


def test_a_review_is_called_for_once_with_a_reason(article):
    one, editor = report(article), desk_of(EDITORS)
    editor.post(address_of(one), {"verb": "call", "call-reason": " "})
    assert not ReviewTrigger.objects.exists()
    for _ in range(2):
        editor.post(address_of(one), {"verb": "call", "call-reason": "The dose is wrong."})
    (trigger,) = ReviewTrigger.objects.all()
    assert (trigger.page_id, trigger.kind, trigger.reason) == (
        article.pk,
        "reader_report",
        "The dose is wrong.",
    )
    assert ReviewSchedule.objects.get(page_id=article.pk).due_on == timezone.localdate()
    page = text_of(editor.get(address_of(one)))
    assert "A medical review was called for from this report" in page
    assert 'value="call"' not in page
    assert "Called for a medical review of “Hamstring strain”: The dose is wrong." in page


def test_no_review_is_called_for_where_there_is_no_published_article(article):
    editor, about_none, about_one = desk_of(EDITORS), report(), report(article)
    article.unpublish()
    for one in (about_none, about_one):
        assert 'value="call"' not in text_of(editor.get(address_of(one)))
        editor.post(address_of(one), {"verb": "call", "call-reason": "The dose is wrong."})
    assert not ReviewTrigger.objects.exists()


def test_the_front_page_shows_new_ones_to_who_may_answer(article):
    editor, home = desk_of(EDITORS), reverse("wagtailadmin_home")
    assert "Reader reports (" not in text_of(editor.get(home))
    one = report(article, ProblemKind.SAFETY)
    assert "Reader reports (1)" in text_of(editor.get(home))
    assert address_of(one) in text_of(editor.get(home))
    assert "Reader reports (" not in text_of(desk_of(REVIEWERS).get(home))
    settle(editor, one)
    assert "Reader reports (" not in text_of(editor.get(home))


def test_words_and_address_are_forgotten_and_what_was_done_is_not(article):
    old = report(article, days_ago=181, email="sam@example.org")
    young = report(article, days_ago=179)
    editor = desk_of(EDITORS)
    settle(editor, old)
    assert forget(now=timezone.now(), after=datetime.timedelta(days=180)) == 1
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.text, old.email, old.note, old.status) == ("", "", "Mended.", "closed")
    assert young.text
    assert "as readers are promised" in text_of(editor.get(address_of(old)))
    assert forget(now=timezone.now(), after=datetime.timedelta(days=180)) == 0


def test_forgetting_works_in_batches(article):
    for _ in range(5):
        report(article, days_ago=200)
    assert forget(now=timezone.now(), after=datetime.timedelta(days=180), batch=2) == 5
    assert not ProblemReport.objects.exclude(text="").exists()


def test_a_report_outlives_its_page(article):
    area = article.get_parent().specific
    one = report(area)
    area_title = area.title
    article.move(ConditionPageFactory().get_parent(), pos="last-child")
    type(area).objects.get(pk=area.pk).delete()
    one.refresh_from_db()
    assert (one.page_id, one.page_title) == (None, area_title)
    assert area_title in text_of(desk_of(EDITORS).get(address_of(one)))
