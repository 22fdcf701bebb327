"""The review calendar: whose reviews stand on which day, who sees them, and how little it costs."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.calendar_desk import MOST_LATE
from articles.models import BodyAreaPage, ConditionPage, Leave, ReviewSchedule
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, desk_of, is_refused, text_of
from tests.factories import BodyAreaPageFactory, ConditionPageFactory, ReviewerFactory, thigh

pytestmark = pytest.mark.django_db

CALENDAR = "/admin/reports/review-calendar/"
TODAY = date(2026, 3, 10)  # a Tuesday


@pytest.fixture(autouse=True)
def in_march():
    with time_machine.travel(datetime.datetime(2026, 3, 10, 9, tzinfo=datetime.UTC), tick=False):
        yield


@pytest.fixture
def ann():
    return ReviewerFactory(name="Ann")


def review(title: str, due: date, *, planned: date | None = None, reviewer=None, **values) -> ConditionPage:
    values.setdefault("parent", thigh())
    page = ConditionPageFactory(title=title, **values)
    ReviewSchedule.objects.filter(page=page).update(due_on=due, planned_on=planned, reviewer=reviewer)
    return page


def desk_of_reviewer(reviewer) -> Client:
    reviewer.user.groups.add(Group.objects.get(name=REVIEWERS))
    client = Client()
    client.force_login(reviewer.user)
    return client


def entries(context: dict) -> dict[date, list[tuple[str, str, str]]]:
    return {
        day.date: [(entry.schedule.page.title, entry.kind, entry.reviewer) for entry in day.entries]
        for week in context["weeks"]
        for day in week
        if day.entries
    }


def test_a_review_stands_on_the_day_it_is_planned_for_or_else_due(ann):
    review("Thigh pain", date(2026, 3, 20), reviewer=ann)
    review("Knee pain", date(2026, 3, 25), planned=date(2026, 3, 18))
    review("Sciatica", date(2026, 4, 2), planned=date(2026, 4, 1))
    answer = desk_of(EDITORS).get(CALENDAR)
    assert entries(answer.context) == {
        date(2026, 3, 18): [("Knee pain", "Planned", "Nobody yet")],
        date(2026, 3, 20): [("Thigh pain", "Due", "Dr Ann")],
    }
    assert "due 25 March 2026" in text_of(answer)


def test_each_title_leads_to_where_it_is_mended(ann):
    page = review("Thigh pain", date(2026, 3, 20), reviewer=ann)
    assert f'href="/admin/pages/{page.pk}/edit/"' in text_of(desk_of(EDITORS).get(CALENDAR))
    assert f'href="/admin/medical-review/begin/{page.pk}/"' in text_of(desk_of_reviewer(ann).get(CALENDAR))


def test_weeks_begin_on_monday_and_the_table_says_what_it_is():
    answer = desk_of(EDITORS).get(CALENDAR)
    assert [f"{day:%A}" for day in answer.context["weekdays"]][::6] == ["Monday", "Sunday"]
    html = text_of(answer)
    assert '<caption class="w-sr-only">Medical reviews in March 2026: 0</caption>' in html
    assert html.count('<th scope="col"><abbr') == 7


def test_months_are_turned_by_plain_links():
    desk = desk_of(EDITORS)
    answer = desk.get(CALENDAR, {"month": "2026-12"})
    assert answer.context["month"] == date(2026, 12, 1)
    assert (answer.context["before"], answer.context["after"]) == (
        f"{CALENDAR}?month=2026-11",
        f"{CALENDAR}?month=2027-01",
    )
    assert desk.get(CALENDAR, {"month": "2025-03"}).context["before"] == ""


@pytest.mark.parametrize(
    "query", ["month=2026-13", "month=1800-01", "reviewer=x", "reviewer=999999", "body_area=%00", "p=7"]
)
def test_nonsense_is_no_error(query):
    answer = desk_of(EDITORS).get(f"{CALENDAR}?{query}")
    assert answer.status_code == 200
    assert answer.context["month"] == date(2026, 3, 1)


def test_late_ones_are_gathered_above_the_month(ann):
    for number in range(7):
        review(f"Late {number}", date(2026, 1, 1 + number), reviewer=ann)
    review("Put off", date(2026, 1, 1), planned=date(2026, 3, 30))
    answer = desk_of(EDITORS).get(CALENDAR)
    assert [entry.schedule.page.title for entry in answer.context["late"]] == [f"Late {n}" for n in range(5)]
    assert "and 2 more that are late" in text_of(answer)
    listed = desk_of(EDITORS).get(answer.context["late_url"])
    assert [entry.schedule.page.title for entry in listed.context["entries"]] == [
        f"Late {n}" for n in range(7)
    ]


def test_a_full_day_leads_to_its_own_list():
    for number in range(9):
        review(f"Article {number}", date(2026, 3, 20))
    desk = desk_of(EDITORS)
    answer = desk.get(CALENDAR)
    (day,) = [day for week in answer.context["weeks"] for day in week if day.entries]
    assert (len(day.entries), day.more) == (6, 3)
    listed = desk.get(day.more_url)
    assert len(listed.context["entries"]) == 9
    assert answer.context["in_all"] == 9


@pytest.mark.parametrize("day", ["2026-02-30", "today", "1"])
def test_a_day_that_is_none_is_not_found(day):
    assert desk_of(EDITORS).get(f"{CALENDAR}{day}/").status_code == 404


def test_the_calendar_is_narrowed_to_a_reviewer_and_a_body_area(ann):
    knee = BodyAreaPageFactory(title="Knee")
    review("Thigh pain", date(2026, 3, 20), reviewer=ann)
    review("Knee pain", date(2026, 3, 20), parent=knee)
    desk = desk_of(EDITORS)
    assert list(entries(desk.get(CALENDAR, {"reviewer": ann.pk}).context).values()) == [
        [("Thigh pain", "Due", "Dr Ann")]
    ]
    answer = desk.get(CALENDAR, {"body_area": BodyAreaPage.objects.get(title="Knee").pk})
    assert list(entries(answer.context).values()) == [[("Knee pain", "Due", "Nobody yet")]]
    assert f"body_area={knee.pk}" in answer.context["after"]


def test_leave_is_shown_to_planners_and_ones_own_to_a_reviewer(ann):
    ben = ReviewerFactory(name="Ben")
    Leave.objects.create(reviewer=ann, first_day=date(2026, 2, 20), last_day=date(2026, 3, 2))
    Leave.objects.create(reviewer=ben, first_day=date(2026, 3, 2), last_day=date(2026, 3, 3))

    def away(answer) -> dict[int, list[str]]:
        return {day.date.day: day.away for week in answer.context["weeks"] for day in week if day.away}

    assert away(desk_of(EDITORS).get(CALENDAR)) == {1: ["Dr Ann"], 2: ["Dr Ann", "Dr Ben"], 3: ["Dr Ben"]}
    assert away(desk_of_reviewer(ben).get(CALENDAR)) == {2: ["Dr Ben"], 3: ["Dr Ben"]}
    assert away(desk_of(EDITORS).get(CALENDAR, {"reviewer": ann.pk})) == {1: ["Dr Ann"], 2: ["Dr Ann"]}


def test_a_reviewer_sees_their_own_work_whatever_they_ask_for(ann):
    ben = ReviewerFactory(name="Ben")
    review("Thigh pain", date(2026, 3, 20), reviewer=ann)
    review("Knee pain", date(2026, 3, 20), reviewer=ben)
    review("Late", date(2026, 1, 20), reviewer=ben)
    desk = desk_of_reviewer(ann)
    for query in ({}, {"reviewer": ben.pk}):
        answer = desk.get(CALENDAR, query)
        assert list(entries(answer.context).values()) == [[("Thigh pain", "Due", "Dr Ann")]]
        assert answer.context["late"] == []
    assert len(desk.get(f"{CALENDAR}2026-03-20/").context["entries"]) == 1


def test_it_is_for_who_plans_and_for_reviewers():
    lead = desk_of("Review leads")
    review("Thigh pain", date(2026, 3, 20))
    assert len(entries(lead.get(CALENDAR).context)) == 1
    for group, may in [(EDITORS, True), (REVIEWERS, True), (COMMERCIAL, False)]:
        desk = desk_of(group)
        assert is_refused(desk.get(CALENDAR)) is not may
        assert is_refused(desk.get(f"{CALENDAR}2026-03-20/")) is not may
        assert (CALENDAR in text_of(desk.get("/admin/"))) is may
    assert "belongs to no active reviewer" in text_of(desk_of(REVIEWERS).get(CALENDAR))


def test_drafts_never_stand_in_it():
    review("Thigh pain", date(2026, 3, 20)).unpublish()
    assert entries(desk_of(EDITORS).get(CALENDAR).context) == {}


def test_the_number_of_queries_does_not_depend_on_how_much_there_is(ann):
    desk = desk_of(EDITORS)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            desk.get(CALENDAR)
        return len(asked)

    area = BodyAreaPageFactory()
    review("First", date(2026, 3, 20), reviewer=ann, parent=area)
    for number in range(MOST_LATE):
        review(f"Late {number}", date(2026, 1, 20), reviewer=ann, parent=area)
    few = queries()
    for number in range(4):
        review(f"More {number}", date(2026, 3, 11 + number), reviewer=ReviewerFactory(), parent=area)
        review(f"Later {number}", date(2026, 1, 11 + number), parent=area)
    assert queries() == few
    assert few <= 30
