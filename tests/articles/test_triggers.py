"""A call for a review before its time: with a reason, on record, shown where the date is shown."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from wagtail.models import PageLogEntry

from articles.governance import ReviewState, Stage, TriggerKind
from articles.models import ConditionPage, ImportedReview, Reminder, ReviewSchedule, ReviewTrigger
from articles.review_line import review_line, review_lines
from articles.services import flag_overdue, schedule_review
from articles.triggers import TriggerRefused, call_for_review, dismiss
from tests.factories import (
    ConditionPageFactory,
    ReviewerFactory,
    UserFactory,
    live,
    reviewed_article,
    sign_off,
)

pytestmark = pytest.mark.django_db

SIGNED, DAY = date(2026, 1, 10), datetime.timedelta(days=1)
CALLED = date(2026, 3, 1)


def noon(day: date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


@pytest.fixture
def reviewer():
    return ReviewerFactory()


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def article(reviewer, owner) -> ConditionPage:
    return reviewed_article(reviewer, on=SIGNED, title="Thigh pain", owner=owner)


def call(page: ConditionPage, on: date = CALLED, **more) -> ReviewTrigger:
    values = {"kind": TriggerKind.SAFETY_ALERT, "reason": "MHRA alert 7.", **more}
    return call_for_review(page, now=noon(on), **values)


def due(page: ConditionPage) -> tuple[date, str]:
    return ReviewSchedule.objects.values_list("due_on", "why").get(page=page)


def state(page: ConditionPage, today: date) -> ReviewState:
    line = review_line(live(page), today=today)
    assert review_lines([live(page)], today=today)[page.pk].standing == line.standing
    return line.standing.state


def test_a_call_makes_the_review_due_on_its_day_and_says_why(article):
    call(article)
    assert due(article) == (
        CALLED,
        "Safety alert, 1 March 2026: MHRA alert 7. Signed on 10 January 2026; reviewed every 24 months (Standard).",
    )
    assert ReviewSchedule.objects.get(page=article).last_review_on == SIGNED


def test_readers_are_told_the_same_due_date_as_the_desk(article):
    call(article)
    assert state(article, CALLED) is ReviewState.DUE_SOON
    assert review_line(live(article), today=CALLED + DAY).notice == "This review was due on 1 March 2026."
    assert state(article, CALLED + 91 * DAY) is ReviewState.EXPIRED


def test_a_call_is_flagged_at_once_as_a_cycle_of_its_own(article, owner):
    assert flag_overdue(now=noon(CALLED)) == 0
    call(article)
    assert [flag_overdue(now=noon(CALLED)) for _ in range(2)] == [1, 0]
    reminders = Reminder.objects.filter(page=article, cycle=CALLED)
    assert {one.stage for one in reminders} == {Stage.DUE}
    assert owner in {one.recipient for one in reminders}


def test_the_next_full_sign_off_answers_it(article, reviewer):
    call(article)
    sign_off(article, reviewer, on=CALLED + DAY)
    assert due(article)[0] == date(2028, 3, 2)
    assert state(article, CALLED + 2 * DAY) is ReviewState.CURRENT


def test_a_review_that_is_overdue_already_stays_due_since_then(article):
    call(article, date(2028, 2, 1))
    day, why = due(article)
    assert day == date(2028, 1, 10)
    assert why.startswith("Safety alert, 1 February 2028: MHRA alert 7.")


@pytest.mark.parametrize("imported", [False, True])
def test_an_article_that_nobody_signed_is_due_all_the_same(imported):
    page = ConditionPageFactory()
    today = timezone.localdate()
    if imported:
        ImportedReview.objects.create(page=page, reviewer_name="Dr A", reviewed_on=today, source="a.txt")
        schedule_review(page, today=today)
    call(page, today)
    assert due(page)[0] == today
    assert "MHRA alert 7." in due(page)[1]


def test_the_first_of_several_calls_sets_the_date_and_all_are_named(article):
    call(article, CALLED + 5 * DAY, kind=TriggerKind.READER_REPORT, reason="A reader doubts the dose.")
    call(article, CALLED + 9 * DAY)
    day, why = due(article)
    assert day == CALLED + 5 * DAY
    assert why.index("A reader doubts the dose.") < why.index("MHRA alert 7.")


def test_a_long_reason_is_kept_whole_and_shortened_in_the_schedule(article):
    trigger = call(article, reason="Dose. " * 150)
    assert len(trigger.reason) == 899
    assert due(article)[1].endswith("…")


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_call_without_a_reason_is_refused_in_words_and_by_the_database(article, reason):
    with pytest.raises(TriggerRefused, match="Say why"):
        call(article, reason=reason)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewTrigger.objects.create(
            page=article, kind="safety_alert", reason="", opened_at=noon(CALLED), opened_on=CALLED
        )
    assert due(article)[0] == date(2028, 1, 10)


def test_a_call_for_the_same_subject_is_made_once(article):
    first, second = (call(article, subject="alert:7", reason=reason) for reason in ("One.", "Two."))
    assert (first, second.reason) == (second, "One.")
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewTrigger.objects.create(
            page=article, kind="safety_alert", reason="3", subject="alert:7", opened_at=noon(CALLED), opened_on=CALLED
        )  # fmt: skip


def test_dismissing_an_unfounded_call_brings_the_schedule_back_as_it_was(article):
    before = ReviewSchedule.objects.filter(page=article).values().get()
    trigger = call(article)
    with pytest.raises(TriggerRefused, match="Say why"):
        dismiss(trigger, reason=" ", now=noon(CALLED))
    dismiss(trigger, reason="Another product.", now=noon(CALLED))
    assert ReviewSchedule.objects.filter(page=article).values().get() == before
    assert state(article, CALLED + DAY) is ReviewState.CURRENT
    with pytest.raises(TriggerRefused, match="before"):
        dismiss(trigger, reason="Again.", now=noon(CALLED))


def test_calls_and_dismissals_stand_in_the_audit_log_in_words(article, owner):
    dismiss(call(article, user=owner), reason="Another product.", user=owner, now=noon(CALLED))
    entries = PageLogEntry.objects.filter(
        page=article.pk, action__in=["articles.review.call", "articles.review.dismiss"]
    )
    assert {entry.user for entry in entries} == {owner}
    assert sorted(str(entry.formatter.format_message(entry)) for entry in entries) == [
        "Called for a medical review (safety alert): MHRA alert 7.",
        "Dismissed the call for a medical review (safety alert): Another product.",
    ]


# --- the command ----------------------------------------------------------------------------------


def test_the_command_calls_for_articles_by_slug_or_by_who_signed_them(article, reviewer, capsys):
    other = ConditionPageFactory(title="Knee pain")
    call_command("call_for_review", other.slug, "--kind", "reader_report", "--reason", "A reader doubts it.")
    call_command(
        "call_for_review", "--signed-by", reviewer.slug, "--kind", "lapsed_credential", "--reason", "Lapsed."
    )
    assert set(ReviewTrigger.objects.values_list("page_id", "kind")) == {
        (other.pk, "reader_report"),
        (article.pk, "lapsed_credential"),
    }
    assert "Thigh pain" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such-page"], "no-such-page"),
        (["--signed-by", "nobody"], "nobody"),
        ([], "Name the articles"),
        (["thigh-pain", "--reason", " "], "Say why"),
    ],
)
def test_the_command_refuses_in_words_and_calls_for_nothing(article, arguments, words):
    options = ["--kind", "safety_alert", "--reason", "Alert."]
    with pytest.raises(CommandError, match=words):
        call_command("call_for_review", *options, *arguments)
    assert not ReviewTrigger.objects.exists()
