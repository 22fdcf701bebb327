"""A registration that ran out calls for a review of what its holder signed; the signatures stand."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
from django.utils import timezone

import tasks.reviews
from articles.credentials import call_for_lapsed_credentials
from articles.governance import ReviewState
from articles.models import ConditionPage, Credential, Reviewer, ReviewSchedule, ReviewTrigger
from articles.review_line import review_line
from tests.factories import (
    CredentialFactory,
    ReviewerFactory,
    live,
    reviewed_article,
    sign_off,
    thigh,
)

pytestmark = pytest.mark.django_db

SIGNED, LAST_DAY = date(2026, 1, 10), date(2026, 3, 31)
DAY = datetime.timedelta(days=1)


def noon(day: date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


@pytest.fixture
def reviewer() -> Reviewer:
    one = ReviewerFactory(name="Ann Bell")
    one.credentials.update(regulator="HCPC", number="PH1", expires_on=LAST_DAY)
    return one


@pytest.fixture
def article(reviewer) -> ConditionPage:
    return reviewed_article(reviewer, on=SIGNED, title="Thigh pain")


def run(day: date) -> int:
    return call_for_lapsed_credentials(now=noon(day))


def test_nothing_happens_until_the_last_day_is_over(article):
    assert run(LAST_DAY) == 0
    assert run(LAST_DAY + DAY) == 1


def test_the_article_is_due_and_says_why_and_its_badge_keeps_the_name_of_the_day_of_signing(article):
    run(LAST_DAY + DAY)
    schedule = ReviewSchedule.objects.get(page=article)
    assert schedule.due_on == LAST_DAY + DAY
    assert (
        "Lapsed credential, 1 April 2026: Dr Ann Bell signed it, whose registration HCPC PH1 ran out on 31 March 2026."
        in schedule.why
    )
    line = review_line(live(article), today=LAST_DAY + 5 * DAY)
    assert line.standing.state is ReviewState.OVERDUE
    assert line.headline == "Medically reviewed by Dr Ann Bell, 10 January 2026."
    assert line.review.credential == "HCPC PH1"


def test_a_lapse_calls_once_however_often_the_job_runs(article):
    assert [run(LAST_DAY + n * DAY) for n in (1, 1, 2, 90)] == [1, 0, 0, 0]
    assert ReviewTrigger.objects.count() == 1


def test_only_the_last_reviewer_of_a_live_article_counts(article, reviewer):
    signed_again, drafted = (reviewed_article(reviewer, on=SIGNED, parent=thigh()) for _ in range(2))
    sign_off(signed_again, on=SIGNED + DAY)
    live(drafted).unpublish()
    assert run(LAST_DAY + DAY) == 1


@pytest.mark.parametrize(
    ("other", "calls"),
    [
        ({"expires_on": None}, 0),
        ({"expires_on": LAST_DAY + DAY}, 0),
        ({"verified_on": None}, 1),
        ({"expires_on": LAST_DAY - DAY}, 1),
    ],
)
def test_another_registration_in_force_is_enough(article, reviewer, other, calls):
    CredentialFactory(reviewer=reviewer, **other)
    assert run(LAST_DAY + DAY) == calls


def test_a_date_that_was_entered_late_takes_the_call_back(article):
    due = live(article).review_schedule.due_on
    run(LAST_DAY + DAY)
    Credential.objects.update(expires_on=LAST_DAY + 365 * DAY)
    assert run(LAST_DAY + 2 * DAY) == 0
    call = ReviewTrigger.objects.get()
    assert call.dismissal == "Dr Ann Bell has a registration in force: HCPC PH1."
    assert live(article).review_schedule.due_on == due
    assert run(LAST_DAY + 366 * DAY) == 1


def test_a_call_that_was_answered_is_history(article):
    run(LAST_DAY + DAY)
    sign_off(article, on=LAST_DAY + 2 * DAY)
    Credential.objects.filter(number="PH1").update(expires_on=None)
    run(LAST_DAY + 3 * DAY)
    assert ReviewTrigger.objects.get().dismissed_at is None


def test_the_hourly_job_finds_it_and_flags_the_article(article, time_machine):
    time_machine.move_to(noon(LAST_DAY + DAY))
    tasks.reviews.flag_overdue()
    tasks.reviews.flag_overdue()
    assert ReviewTrigger.objects.count() == 1
    assert article.review_reminders.filter(cycle=LAST_DAY + DAY).exists()


def test_without_a_lapse_it_costs_two_queries(article, django_assert_max_num_queries):
    for _ in range(5):
        reviewed_article(on=SIGNED, parent=thigh())
    with django_assert_max_num_queries(2):
        run(LAST_DAY)
