"""The forecast in the admin, and bringing reviews forward from it."""

from __future__ import annotations

import datetime
from datetime import date
from io import BytesIO

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook
from wagtail.models import GroupPagePermission, PageLogEntry

from articles.levelling import bring_forward, outlook
from articles.models import ConditionPage, Leave, Rescheduling, ReviewSchedule
from articles.rescheduling import ReschedulingRefused
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, csv_of, desk_of, is_refused, text_of
from tests.factories import BodyAreaPageFactory, ConditionPageFactory, ReviewerFactory

pytestmark = pytest.mark.django_db

FORECAST = "/admin/reports/review-forecast/"
TODAY = date(2026, 3, 2)  # a Monday
APRIL = date(2026, 4, 20)


@pytest.fixture(autouse=True)
def in_march():
    with time_machine.travel(datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC), tick=False):
        yield


@pytest.fixture
def ann():
    """44 minutes a month: room for one review of the default tier."""
    return ReviewerFactory(name="Ann", minutes_per_month=44)


@pytest.fixture
def write(ann):
    area = BodyAreaPageFactory()

    def article(title: str, on: date = APRIL, *, reviewer=ann) -> ConditionPage:
        page = ConditionPageFactory(title=title, parent=area)
        ReviewSchedule.objects.filter(page=page).update(due_on=on, reviewer=reviewer)
        return page

    return article


@pytest.fixture
def busy(write):
    """April and May are too full by a review each; March, which is empty, has room for one: the last of May."""
    return [write(f"April {n}", APRIL) for n in (1, 2)] + [
        write(f"May {n}", date(2026, 5, 4)) for n in (1, 2)
    ]


def days() -> dict[int, date]:
    return {one.page_id: one.planned_on or one.due_on for one in ReviewSchedule.objects.all()}


# --- the forecast ---------------------------------------------------------------------------------


def test_each_reviewers_months_stand_beside_their_capacity(busy, write, ann):
    write("Nobody's", date(2026, 4, 1), reviewer=None)
    Leave.objects.create(reviewer=ann, first_day=date(2026, 6, 1), last_day=date(2026, 6, 30))
    lines = csv_of(desk_of(EDITORS).get(f"{FORECAST}?export=csv"))
    assert lines[:6] == [
        "Month,Reviewer,Articles,Minutes,Capacity,Minutes too many",
        "March 2026,Ann,0,0,44,",
        "April 2026,Ann,2,60,44,16",
        "April 2026,Nobody yet,1,30,Not known,",
        "May 2026,Ann,2,60,44,16",
        "June 2026,Ann,0,0,0,",
    ]
    assert lines[-1].startswith("February 2027,Ann")


def test_it_is_downloaded_as_a_spreadsheet_too(busy):
    answer = desk_of(EDITORS).get(f"{FORECAST}?export=xlsx")
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    assert [cell.value for cell in sheet[3]] == ["April 2026", "Ann", 2, 60, 44, 16]


def test_the_chart_draws_the_capacity_and_names_months_beyond_it(busy):
    answer = desk_of(EDITORS).get(FORECAST)
    chart = answer.context["view"].chart
    assert [(line.words) for line in chart.limits][:2] == ["Mar 2026: Capacity 44", "Apr 2026: Capacity 44"]
    html = text_of(answer)
    assert "Beyond the capacity: Apr 2026, May 2026." in html
    assert '<th scope="row">Apr 2026</th><td>60</td><td>44</td>' in html


def test_it_is_narrowed_to_a_reviewer_or_to_what_is_nobodys(busy, write, ann):
    write("Nobody's", date(2026, 4, 1), reviewer=None)
    desk = desk_of(EDITORS)
    assert {load.reviewer for load in desk.get(FORECAST, {"reviewer": ann.pk}).context["view"].loads} == {
        "Ann"
    }
    answer = desk.get(FORECAST, {"reviewer": "nobody"})
    assert [(load.reviewer, load.articles) for load in answer.context["view"].loads] == [("Nobody yet", 1)]
    chart = desk.get(FORECAST, {"measure": "articles"}).context["view"].chart
    assert (chart.totals, chart.limits) == ((4, 1), ())


@pytest.mark.parametrize("query", ["reviewer=x", "measure=weight", "p=99", "ordering=password"])
def test_nonsense_is_no_error(busy, query):
    assert desk_of(EDITORS).get(f"{FORECAST}?{query}").status_code == 200


def test_an_empty_site_has_an_empty_forecast():
    answer = desk_of(EDITORS).get(f"{FORECAST}?level=on")
    assert answer.context["view"].loads == []
    assert "No earlier date would help" in text_of(answer)


def test_it_is_for_who_plans(write):
    page = write("April 1")
    write("April 2")
    value = f"{page.pk}:2026-03-31"
    for group, may in [(EDITORS, True), ("Review leads", True), (REVIEWERS, False), (COMMERCIAL, False)]:
        desk = desk_of(group)
        assert is_refused(desk.get(FORECAST)) is not may
        assert (FORECAST in text_of(desk.get("/admin/"))) is may
        if not may:
            assert is_refused(desk.post(FORECAST, {"move": [value]}))
    assert Rescheduling.objects.count() == 0


def test_the_number_of_queries_does_not_depend_on_how_much_there_is(write):
    desk = desk_of(EDITORS)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            desk.get(f"{FORECAST}?level=on")
        return len(asked)

    write("April 1")
    write("April 2")
    few = queries()
    for number in (5, 6):
        write(f"Month {number}", date(2026, number, 20))
        write(f"Month {number} too", date(2026, number, 21))
    assert queries() == few
    assert few <= 30


# --- earlier dates --------------------------------------------------------------------------------


def test_proposals_are_shown_with_what_they_would_make_of_the_months(busy):
    answer = desk_of(EDITORS).get(f"{FORECAST}?level=on")
    view = answer.context["view"]
    assert [(move.page.title, move.proposal.to) for move in view.moves] == [("May 2", date(2026, 3, 31))]
    assert [sum(row.values) for row in view.chart.rows][:3] == [0, 60, 60]
    assert [sum(row.values) for row in view.chart_after.rows][:3] == [30, 60, 30]
    assert view.chart_after.scale == view.chart.scale
    assert f'href="/admin/pages/{view.moves[0].page.pk}/edit/"' in text_of(answer)
    assert days() == {
        page.pk: on for page, on in zip(busy, [APRIL, APRIL, *[date(2026, 5, 4)] * 2], strict=True)
    }


def test_what_is_ticked_is_planned_earlier_and_can_be_undone(busy):
    desk = desk_of(EDITORS)
    (move,) = desk.get(f"{FORECAST}?level=on").context["view"].moves
    answer = desk.post(f"{FORECAST}?level=on", {"move": [move.value]}, follow=True)
    moved = busy[3]
    assert days()[moved.pk] == date(2026, 3, 31)
    assert ReviewSchedule.objects.get(page=moved).due_on == date(2026, 5, 4), (
        "the promise to readers never moves"
    )
    assert PageLogEntry.objects.get(page=moved, action="articles.review.plan").user == desk.user
    made = Rescheduling.objects.get()
    undo = f"/admin/reports/reschedulings/{made.pk}/undo/"
    assert undo in text_of(answer)
    desk.post(undo)
    assert days()[moved.pk] == date(2026, 5, 4)


def test_several_need_a_reason_and_a_refused_form_keeps_the_ticks(write):
    for number in (1, 2):
        write(f"June {number}", date(2026, 6, 10))
        write(f"July {number}", date(2026, 7, 10))
    desk = desk_of(EDITORS)
    moves = desk.get(f"{FORECAST}?level=on").context["view"].moves
    values = [move.value for move in moves]
    assert len(values) == 2
    before = days()
    answer = desk.post(f"{FORECAST}?level=on", {"move": values, "reason": " "})
    assert "Say why these planned dates are moved." in text_of(answer)
    assert answer.context["form"].ticked == set(values)
    assert days() == before
    desk.post(f"{FORECAST}?level=on", {"move": values, "reason": "Holidays"})
    assert Rescheduling.objects.get().reason == "Holidays"
    assert all(days()[move.page.pk] == move.proposal.to < before[move.page.pk] for move in moves)


def test_a_day_that_is_earlier_and_still_after_the_due_date_needs_a_reason(busy):
    ReviewSchedule.objects.filter(page=busy[3]).update(planned_on=date(2026, 5, 4), due_on=date(2026, 2, 1))
    desk = desk_of(EDITORS)
    (move,) = desk.get(f"{FORECAST}?level=on").context["view"].moves
    assert move.page.pk == busy[3].pk
    answer = desk.post(f"{FORECAST}?level=on", {"move": [move.value]})
    assert "Say why the review is planned for a day after it is due." in text_of(answer)
    assert answer.context["form"].ticked == {move.value}
    desk.post(f"{FORECAST}?level=on", {"move": [move.value], "reason": "No time sooner"})
    assert days()[busy[3].pk] == date(2026, 3, 31)


@pytest.mark.parametrize(
    "move", ["", "{pk}:2026-05-05", "{pk}:2026-03-30", "{other}:2026-03-31", "x", "{pk}:x"]
)
def test_nothing_but_what_is_proposed_can_be_ticked(busy, move):
    before = days()
    value = move.format(pk=busy[3].pk, other=busy[0].pk)
    answer = desk_of(EDITORS).post(
        f"{FORECAST}?level=on", {"move": [value] if value else [], "reason": "Later"}
    )
    assert answer.status_code == 200
    assert days() == before


def test_a_plan_that_changed_meanwhile_is_left_alone(busy):
    """What the service sees is the plan as it stands then, not as the page was drawn."""
    (proposal,) = outlook(TODAY).proposals()
    ReviewSchedule.objects.filter(page=busy[3]).update(planned_on=date(2026, 3, 5))
    with pytest.raises(ReschedulingRefused, match="changed meanwhile"):
        bring_forward({proposal.work.key: proposal.to}, now=timezone.now())
    assert days()[busy[3].pk] == date(2026, 3, 5)


def test_an_editor_of_one_section_is_proposed_its_articles_alone(busy):
    answer = desk_of("Review leads").get(f"{FORECAST}?level=on")
    assert len(answer.context["view"].moves) == 1
    group = Group.objects.create(name="Knees")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    other = BodyAreaPageFactory(title="Knee")
    GroupPagePermission.objects.create(group=group, page=other, permission_type="change")
    narrow = desk_of("Knees")
    answer = narrow.get(f"{FORECAST}?level=on")
    assert answer.context["view"].moves == []
    assert answer.context["view"].loads, "the load of a reviewer is what it is"
