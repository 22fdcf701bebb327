"""Who is told that a review is due: once, at the right stage, whatever the machine went through."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import PageLogEntry

from articles.governance import ReminderState, Stage
from articles.models import ConditionPage, Reminder, User
from articles.services import flag_overdue
from tests.factories import (
    AuthorFactory,
    ConditionPageFactory,
    ReviewerFactory,
    UserFactory,
    reviewed_article,
    thigh,
)

pytestmark = pytest.mark.django_db

SIGNED = date(2024, 2, 21)
DUE_SOON, DUE, LATE, EXPIRED = date(2025, 12, 23), date(2026, 2, 21), date(2026, 3, 7), date(2026, 5, 23)
DAY = datetime.timedelta(days=1)


def noon(day: date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


@pytest.fixture
def reviewer():
    return ReviewerFactory()


@pytest.fixture
def owner() -> User:
    return UserFactory(username="owner")


@pytest.fixture
def lead() -> User:
    one = UserFactory(username="lead")
    one.groups.add(Group.objects.get(name="Review leads"))
    return one


@pytest.fixture
def admin() -> User:
    return UserFactory(username="admin", is_superuser=True)


@pytest.fixture
def article(reviewer, owner) -> ConditionPage:
    """Owned, and signed on 21 February 2024; the schedule as it stood then."""
    return reviewed_article(reviewer, on=SIGNED, title="Thigh pain", owner=owner)


def told(page: ConditionPage, stage: Stage) -> set[User | None]:
    return {one.recipient for one in Reminder.objects.filter(page=page, stage=stage)}


# --- escalation -----------------------------------------------------------------------------------


def test_each_stage_goes_to_its_own_people(article, reviewer, owner, lead, admin):
    for day, stage, person in [
        (DUE_SOON, Stage.DUE_SOON, reviewer.user),
        (DUE, Stage.DUE, owner),
        (LATE, Stage.LATE, lead),
        (EXPIRED, Stage.EXPIRED, admin),
    ]:
        for _ in range(2):
            flag_overdue(now=noon(day))
        assert told(article, stage) == {person}
    assert Reminder.objects.count() == 4


def test_ten_days_without_a_worker_tell_who_was_passed_over_at_the_stage_reached(
    article, reviewer, owner, lead, admin
):
    flag_overdue(now=noon(DUE_SOON))
    assert flag_overdue(now=noon(LATE + 3 * DAY)) == 1
    assert told(article, Stage.DUE) == set()
    assert told(article, Stage.LATE) == {owner, lead}
    assert told(article, Stage.DUE_SOON) == {reviewer.user}


def test_months_without_a_worker_tell_everybody_once(article, reviewer, owner, lead, admin):
    flag_overdue(now=noon(EXPIRED + 100 * DAY))
    assert told(article, Stage.EXPIRED) == {reviewer.user, owner, lead, admin}
    assert Reminder.objects.count() == 4


def test_the_accounts_of_the_authors_stand_in_for_an_owner(reviewer, lead):
    authors = [AuthorFactory(user=UserFactory()), AuthorFactory(user=UserFactory()), AuthorFactory()]
    page = ConditionPageFactory(authors=authors)
    flag_overdue(now=timezone.now())
    assert told(page, Stage.DUE) == {authors[0].user, authors[1].user}


def test_a_stage_for_which_there_is_nobody_goes_to_the_next_one_s_people(lead, admin):
    page = ConditionPageFactory()
    flag_overdue(now=timezone.now())
    assert told(page, Stage.DUE) == {lead}
    lead.groups.clear()
    flag_overdue(now=timezone.now() + 14 * DAY)
    assert told(page, Stage.LATE) == {admin}


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": ""}])
def test_who_cannot_be_written_to_is_passed_over(article, owner, lead, change):
    User.objects.filter(pk=owner.pk).update(**change)
    flag_overdue(now=noon(DUE_SOON))
    flag_overdue(now=noon(DUE))
    assert told(article, Stage.DUE) == {lead}


def test_a_reviewer_who_may_not_sign_any_more_is_not_asked(article, reviewer, owner):
    reviewer.is_active = False
    reviewer.save()
    flag_overdue(now=noon(DUE_SOON))
    assert told(article, Stage.DUE_SOON) == {owner}


def test_with_nobody_to_tell_the_stage_is_on_record_all_the_same():
    page = ConditionPageFactory()
    assert [flag_overdue(now=timezone.now()) for _ in range(2)] == [1, 0]
    reminder = Reminder.objects.get()
    assert (reminder.page_id, reminder.recipient, reminder.state) == (page.pk, None, ReminderState.NOBODY)


def test_a_superuser_who_is_no_lead_is_not_taken_for_one(article, reviewer, owner, admin, lead):
    flag_overdue(now=noon(LATE))
    assert admin not in told(article, Stage.LATE)


# --- each reminder once ---------------------------------------------------------------------------


@pytest.mark.parametrize("somebody", [True, False])
def test_the_database_refuses_a_reminder_twice(article, owner, somebody):
    one = {"page": article, "cycle": DUE, "stage": Stage.DUE, "recipient": owner if somebody else None}
    Reminder.objects.create(**one, flagged_at=noon(DUE))
    with pytest.raises(IntegrityError), transaction.atomic():
        Reminder.objects.create(**one, flagged_at=noon(LATE))


def test_a_stage_stands_in_the_audit_log_once_however_many_are_told(article, lead, admin):
    flag_overdue(now=noon(EXPIRED))
    assert PageLogEntry.objects.filter(page=article.pk, action="articles.review.flag").count() == 1


def test_an_article_signed_on_29_february_is_due_on_28_february_and_flagged_once(reviewer, owner):
    reviewed_article(reviewer, on=date(2024, 2, 29), owner=owner)
    flag_overdue(now=noon(date(2025, 12, 31)))
    days = [date(2026, 2, 27), date(2026, 2, 28), date(2026, 2, 28), date(2026, 3, 1)]
    assert [flag_overdue(now=noon(day)) for day in days] == [0, 1, 0, 0]


@pytest.mark.parametrize(
    "night", [date(2026, 3, 29), date(2026, 10, 25)]
)  # clocks go forward; clocks go back
def test_the_hours_of_a_night_in_which_clocks_change_flag_once(night, reviewer, owner, admin):
    reviewed_article(reviewer, on=night.replace(year=2024), owner=owner)
    flag_overdue(now=noon(night - DAY))
    midnight = timezone.make_aware(datetime.datetime.combine(night, datetime.time()))
    hours = [
        midnight.astimezone(datetime.UTC) + datetime.timedelta(minutes=20 * step) for step in range(-3, 18)
    ]
    assert [flag_overdue(now=hour) for hour in hours] == [0, 0, 0, 1, *[0] * 17]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu"])
def test_a_job_that_runs_in_another_time_zone_keeps_the_site_s_day(article, zone):
    last_minute = datetime.datetime(2025, 12, 22, 23, 59, tzinfo=ZoneInfo("Europe/London"))
    with timezone.override(zone):
        assert flag_overdue(now=last_minute) == 0
        assert flag_overdue(now=last_minute + datetime.timedelta(minutes=1)) == 1
        assert flag_overdue(now=last_minute + DAY) == 0


@pytest.mark.django_db(transaction=True)
def test_two_at_once_tell_everybody_once(reviewer, owner, lead, admin):
    pages = [reviewed_article(reviewer, on=SIGNED, parent=thigh(), owner=owner) for _ in range(6)]
    together = Barrier(2, timeout=20)

    def run(_: int) -> int:
        try:
            together.wait()
            return flag_overdue(now=noon(EXPIRED), batch=2)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(run, range(2))) == len(pages)
    for page in pages:
        assert told(page, Stage.EXPIRED) == {reviewer.user, owner, lead, admin}
    assert Reminder.objects.count() == 4 * len(pages)


class Killed(BaseException):
    """As of kill -9: nothing catches it."""


def test_a_job_that_is_killed_leaves_no_stage_half_told(article, owner, lead, admin, monkeypatch):
    def kill(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("articles.reminders._log", kill)
        with pytest.raises(Killed):
            flag_overdue(now=noon(EXPIRED))
    assert not Reminder.objects.exists()
    assert flag_overdue(now=noon(EXPIRED)) == 1


def test_to_find_who_is_told_costs_no_more_queries_for_more_articles(article, reviewer, owner):
    def queries(day: date) -> int:
        with CaptureQueriesContext(connection) as captured:
            flag_overdue(now=noon(day))
        return len(captured)

    one = queries(DUE_SOON)
    for _ in range(4):
        reviewed_article(reviewer, on=SIGNED, parent=thigh(), owner=owner)
    assert queries(DUE) == one
    assert Reminder.objects.filter(stage=Stage.DUE).count() == 5 + 4  # the reviewer was passed over for four
