"""Whose reviews come when, from the database, and the forecast on the terminal."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
import time_machine
from django.core.management import CommandError, call_command

from articles.models import Leave, ReviewSchedule, ReviewTier
from articles.planning import Away, Capacity, Work
from articles.workload import NOBODY, capacities, work_of_months
from tests.factories import (
    ConditionPageFactory,
    ReviewerFactory,
    ReviewTierFactory,
    reviewed_article,
    sign_off,
    thigh,
)

pytestmark = pytest.mark.django_db

MARCH = date(2026, 3, 2)


@pytest.fixture
def reviewer():
    return ReviewerFactory(name="Ann", minutes_per_month=44)


def signed(reviewer, on: date, **values):
    return reviewed_article(reviewer, on=on, parent=thigh(), **values)


def test_a_review_falls_to_who_signed_last_and_takes_the_minutes_of_its_tier(reviewer):
    strict = ReviewTierFactory(slug="strict", interval_months=12, review_minutes=50)
    page = signed(ReviewerFactory(), date(2024, 3, 20))
    sign_off(page, reviewer, on=date(2024, 3, 21))
    one, two = page, signed(reviewer, date(2025, 4, 10), review_tier=strict)
    signed(reviewer, date(2024, 6, 1))
    assert work_of_months(MARCH, 3) == [
        Work(one.pk, "Ann", date(2026, 3, 21), 30),
        Work(two.pk, "Ann", date(2026, 4, 10), 50),
    ]


def test_a_planned_day_counts_before_the_due_date(reviewer):
    page = signed(reviewer, date(2025, 1, 1))
    ReviewSchedule.objects.filter(page=page).update(planned_on=date(2026, 4, 1))
    assert [one.on for one in work_of_months(MARCH, 2)] == [date(2026, 4, 1)]


def test_what_nobody_signed_or_somebody_who_left_is_nobody_s_yet(reviewer):
    signed(reviewer, date(2024, 3, 20))
    reviewer.is_active = False
    reviewer.save()
    ReviewSchedule.objects.filter(page=ConditionPageFactory()).update(due_on=date(2026, 1, 1))
    assert {one.reviewer for one in work_of_months(MARCH, 1)} == {NOBODY}
    assert capacities() == {}


def test_what_is_not_live_is_no_work(reviewer):
    signed(reviewer, date(2024, 3, 20)).unpublish()
    assert work_of_months(MARCH, 1) == []


def test_capacities_know_minutes_and_leave(reviewer):
    Leave.objects.create(reviewer=reviewer, first_day=MARCH, last_day=date(2026, 3, 8))
    assert capacities() == {"Ann": Capacity(44, (Away(MARCH, date(2026, 3, 8)),))}


def test_reading_the_work_is_one_query_however_much_it_is(reviewer, django_assert_num_queries):
    for day in range(1, 6):
        signed(reviewer, date(2024, 3, day))
    with django_assert_num_queries(1):
        assert len(work_of_months(MARCH, 1)) == 5


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def in_march():
    with time_machine.travel(datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC), tick=False):
        yield


def test_the_forecast_is_a_table_and_proposes_earlier_dates(reviewer, in_march, capsys):
    assert ReviewTier.objects.get(is_default=True).review_minutes == 30
    signed(reviewer, date(2024, 4, 20), title="Thigh pain")
    signed(reviewer, date(2024, 4, 21), title="Knee pain")
    before = list(ReviewSchedule.objects.order_by("pk").values())
    call_command("review_forecast", "--months", "2", "--level")
    assert capsys.readouterr().out.splitlines() == [
        "month    reviewer  articles  minutes  capacity  load",
        "2026-03  Ann       0         0        44        0 %",
        "2026-04  Ann       2         60       44        136 % too full",
        "",
        "Earlier dates that would help (nothing was changed):",
        "from        to          reviewer  article",
        "2026-04-21  2026-03-31  Ann       Knee pain",
    ]
    assert list(ReviewSchedule.objects.order_by("pk").values()) == before


def test_the_forecast_of_an_empty_site_says_so(in_march, capsys):
    call_command("review_forecast")
    assert capsys.readouterr().out == "No medical review is due in that time.\n"


@pytest.mark.parametrize("months", ["0", "61"])
def test_the_forecast_refuses_a_senseless_span(months):
    with pytest.raises(CommandError, match="from 1 to 60"):
        call_command("review_forecast", "--months", months)
