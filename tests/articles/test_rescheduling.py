"""Planned dates move together, with a reason, and back exactly as they were; the promise to readers never moves."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import PageLogEntry

from articles.governance import Stage
from articles.models import ConditionPage, MedicalReview, Reminder, Rescheduling, ReviewSchedule
from articles.rescheduling import ReschedulingRefused, preview, reschedule, undo
from articles.services import flag_overdue
from tests.factories import (
    ReviewerFactory,
    UserFactory,
    reviewed_article,
    sign_off,
    thigh,
)

pytestmark = pytest.mark.django_db

SIGNED, TODAY, DUE = date(2026, 1, 10), date(2026, 3, 1), date(2028, 1, 10)
DAY = datetime.timedelta(days=1)


def noon(day: date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


NOW = noon(TODAY)


@pytest.fixture
def reviewer():
    return ReviewerFactory()


@pytest.fixture
def write(reviewer):
    def article(title: str = "Thigh pain") -> ConditionPage:
        return reviewed_article(reviewer, on=SIGNED, title=title, parent=thigh())

    return article


def rows() -> list[dict]:
    return list(ReviewSchedule.objects.order_by("page_id").values())


def schedule_of(page: ConditionPage) -> ReviewSchedule:
    return ReviewSchedule.objects.get(page=page)


def test_a_preview_says_what_would_move_and_writes_nothing(write):
    early, late, over = write("Early"), write("Late"), write("Over")
    before = rows()
    moves = preview({early.pk: DUE - DAY, late.pk: DUE + 3 * DAY, over.pk: TODAY - DAY}, today=TODAY)
    assert [(move.schedule.page.title, move.days_after_due, move.refusal) for move in moves] == [
        ("Early", 0, ""),
        ("Late", 3, ""),
        ("Over", 0, "That day is over."),
    ]
    assert rows() == before


def test_one_article_moves_freely_up_to_its_due_date(write):
    page = write()
    for day in (DUE - 100 * DAY, DUE):
        reschedule({page.pk: day}, now=NOW)
        assert schedule_of(page).planned_on == day
        assert schedule_of(page).plan == f"Planned for {day:%-d %B %Y}."


def test_a_day_after_the_due_date_needs_a_reason_and_is_shown_as_such(write):
    page = write()
    with pytest.raises(ReschedulingRefused, match="after it is due"):
        reschedule({page.pk: DUE + DAY}, reason=" ", now=NOW)
    reschedule({page.pk: DUE + DAY}, reason="The guideline is being rewritten.", now=NOW)
    assert schedule_of(page).plan == (
        "Planned for 11 January 2028, 1 day after it is due: The guideline is being rewritten."
    )


def test_several_articles_need_a_reason(write):
    dates = {write("One").pk: DUE - DAY, write("Two").pk: DUE - DAY}
    with pytest.raises(ReschedulingRefused, match="Say why"):
        reschedule(dates, now=NOW)
    assert not Rescheduling.objects.exists()


def test_where_nothing_would_move_nothing_is_recorded(write):
    page = write()
    reschedule({page.pk: DUE - DAY}, now=NOW)
    for dates in ({page.pk: DUE - DAY}, {page.pk: TODAY - DAY}, {0: DUE}, {}):
        with pytest.raises(ReschedulingRefused, match="No planned date would move"):
            reschedule(dates, reason="Because.", now=NOW)
    assert Rescheduling.objects.count() == 1


def test_a_plan_never_moves_the_last_review_nor_the_due_date_nor_signs_anything(write):
    page = write()
    reviews = MedicalReview.objects.count()
    kept = ("last_review_on", "due_on", "due_soon_on", "expires_on", "why")
    before = ReviewSchedule.objects.values(*kept).get(page=page)
    reschedule({page.pk: DUE + 50 * DAY}, reason="Because.", now=NOW)
    assert ReviewSchedule.objects.values(*kept).get(page=page) == before
    assert MedicalReview.objects.count() == reviews


def test_an_early_plan_is_told_to_the_reviewer_on_its_day(write, reviewer):
    page = write()
    early = date(2026, 6, 1)
    reschedule({page.pk: early}, now=NOW)
    assert [flag_overdue(now=noon(day)) for day in (early - DAY, early, early + DAY)] == [0, 1, 0]
    reminder = Reminder.objects.get()
    assert (reminder.stage, reminder.recipient) == (Stage.DUE_SOON, reviewer.user)
    assert schedule_of(page).next_stage_on == DUE


def test_a_late_plan_keeps_nobody_from_being_told_in_time(write):
    page = write()
    before = schedule_of(page).next_stage_on
    reschedule({page.pk: DUE + 60 * DAY}, reason="Because.", now=NOW)
    assert schedule_of(page).next_stage_on == before


def test_a_plan_survives_a_publication_and_ends_with_the_next_sign_off(write, reviewer):
    page = write()
    reschedule({page.pk: DUE - DAY}, now=NOW)
    page.save_revision().publish()
    assert schedule_of(page).planned_on == DUE - DAY
    sign_off(page, reviewer, on=TODAY + DAY)
    assert (schedule_of(page).planned_on, schedule_of(page).planned_why) == (None, "")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.lists(st.integers(-40, 900), min_size=3, max_size=3),
    second=st.lists(st.one_of(st.none(), st.integers(-40, 900)), min_size=3, max_size=3),
)
def test_undoing_brings_back_an_identical_state(write, first, second):
    pages = list(ConditionPage.objects.order_by("pk")) or [write(f"Article {number}") for number in range(3)]

    def dates(days):
        return {
            page.pk: None if number is None else TODAY + number * DAY
            for page, number in zip(pages, days, strict=True)
        }

    states, made = [rows()], []
    for days in (first, second):
        try:
            made.append(reschedule(dates(days), reason="Because.", now=NOW))
        except ReschedulingRefused:
            continue
        states.append(rows())
    for one in reversed(made):
        assert rows() == states.pop()
        assert undo(one, now=NOW) == []
    assert rows() == states.pop()


def test_undoing_twice_is_refused(write):
    made = reschedule({write().pk: DUE}, now=NOW)
    undo(made, now=NOW)
    with pytest.raises(ReschedulingRefused, match="before"):
        undo(made, now=NOW)


def test_undoing_leaves_alone_and_names_what_moved_again_since(write, reviewer):
    kept, moved, signed = write("Kept"), write("Moved"), write("Signed")
    made = reschedule({page.pk: DUE - 9 * DAY for page in (kept, moved, signed)}, reason="Leave.", now=NOW)
    reschedule({moved.pk: DUE - 5 * DAY}, now=NOW)
    sign_off(signed, reviewer, on=TODAY)
    left = undo(made, now=NOW)
    assert {schedule.page.title for schedule in left} == {"Moved", "Signed"}
    assert schedule_of(kept).planned_on is None
    assert schedule_of(moved).planned_on == DUE - 5 * DAY


def test_moves_and_undos_stand_in_the_audit_log_with_who_and_why(write):
    page, editor = write(), UserFactory()
    undo(reschedule({page.pk: DUE + DAY}, reason="Leave.", user=editor, now=NOW), user=editor, now=NOW)
    entries = PageLogEntry.objects.filter(page=page.pk, action="articles.review.plan").order_by("timestamp")
    assert [(entry.user, str(entry.formatter.format_message(entry))) for entry in entries] == [
        (editor, "Planned for 11 January 2028, 1 day after it is due: Leave."),
        (editor, "Undone. No planned date any more"),
    ]
