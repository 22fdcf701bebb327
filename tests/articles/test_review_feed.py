"""A reviewer's private calendar: what stands in it, and that nobody reads it without its address."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar
from wagtail.models import ModelLogEntry

from articles.models import Reviewer, ReviewFeed, ReviewSchedule
from articles.review_feed import feed_address
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, desk_of, is_refused, text_of
from tests.factories import BodyAreaPageFactory, ConditionPageFactory, ReviewerFactory

pytestmark = pytest.mark.django_db

FEEDS = "/admin/reports/review-calendar/feeds/"


@pytest.fixture(autouse=True)
def in_march():
    with time_machine.travel(datetime.datetime(2026, 3, 10, 9, tzinfo=datetime.UTC), tick=False):
        yield


@pytest.fixture
def ann():
    return ReviewerFactory(name="Ann")


def desk_of_reviewer(reviewer: Reviewer) -> Client:
    reviewer.user.groups.add(Group.objects.get(name=REVIEWERS))
    client = Client()
    client.force_login(reviewer.user)
    return client


def renewed(reviewer: Reviewer) -> str:
    """The path of the address that a reviewer makes at their desk."""
    desk_of_reviewer(reviewer).post(FEEDS, {"verb": "renew"})
    return path_of(feed_address(reviewer))


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def review(title: str, due: date, reviewer: Reviewer, *, planned: date | None = None, **values):
    page = ConditionPageFactory(title=title, **values)
    ReviewSchedule.objects.filter(page=page).update(due_on=due, planned_on=planned, reviewer=reviewer)
    return page


def events(path: str) -> list:
    answer = Client().get(path)
    assert answer.status_code == 200
    return Calendar.from_ical(answer.content).walk("VEVENT")


def test_their_own_reviews_stand_in_it_as_all_day_events(ann):
    page = review("Thigh pain", date(2026, 3, 20), ann)
    review("Knee pain", date(2026, 5, 1), ann, planned=date(2026, 4, 1))
    review("Sciatica", date(2026, 3, 20), ReviewerFactory(name="Ben"))
    review("Draft", date(2026, 3, 20), ann).unpublish()
    due, planned = events(renewed(ann))
    assert (due["summary"], due.decoded("dtstart"), due.decoded("dtend")) == (
        "Medical review due: Thigh pain",
        date(2026, 3, 20),
        date(2026, 3, 21),
    )
    assert due["url"].endswith(f"/admin/medical-review/begin/{page.pk}/")
    assert due.decoded("dtstamp") == datetime.datetime(2026, 3, 10, 9, tzinfo=datetime.UTC)
    assert (planned["summary"], planned.decoded("dtstart")) == (
        "Medical review planned: Knee pain",
        date(2026, 4, 1),
    )


def test_a_review_that_is_planned_anew_moves_and_is_no_other_event(ann):
    page = review("Thigh pain", date(2026, 3, 20), ann)
    path = renewed(ann)
    before = events(path)[0]["uid"]
    page.title = "Pain in the thigh"
    page.save_revision().publish()
    ReviewSchedule.objects.filter(page=page).update(planned_on=date(2026, 4, 1))
    (event,) = events(path)
    assert (event["uid"], event.decoded("dtstart")) == (before, date(2026, 4, 1))


@pytest.mark.parametrize(
    "title",
    [
        "Knees, hips; and \\ backs",
        "Kreuz‐ und Rückenschmerzen " * 6,
        "Two\nlines\r\nDTSTART:19990101",
        "🦵" * 60,
    ],
)
def test_titles_are_escaped_and_long_lines_folded(ann, title):
    page = review("Thigh pain", date(2026, 3, 20), ann)
    type(page).objects.filter(pk=page.pk).update(title=title)
    path = renewed(ann)
    (event,) = events(path)
    assert event["summary"].replace("\r\n", "\n") == f"Medical review due: {title}".replace("\r\n", "\n")
    lines = Client().get(path).content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert event.decoded("dtstart") == date(2026, 3, 20)


def test_the_answer_is_private_and_leaves_nothing_behind(ann):
    answer = Client().get(renewed(ann))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert Client().post(renewed(ann)).status_code == 405


def test_a_new_address_voids_the_old_one(ann):
    old = renewed(ann)
    new = renewed(ann)
    assert old != new
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 200


def test_a_forged_address_is_not_found(ann):
    path = renewed(ann)
    feed = ReviewFeed.objects.get()
    forged = [
        path.replace(feed.key.hex, "0" * 32),
        path[:-5] + ("A" if path[-5] != "A" else "B") + ".ics",
        f"/review-calendar/{feed.key.hex}.ics",
        f"/review-calendar/{feed.key}.ics",
        f"/review-calendar/{Signer(salt='another', sep='.').sign(feed.key.hex)}.ics",
        f"/review-calendar/{Signer(salt='articles.review_feed', sep='.').sign('no key')}.ics",
    ]
    assert [Client().get(one).status_code for one in forged] == [404] * len(forged)


@pytest.mark.parametrize("who", ["reviewer", "account"])
def test_who_left_has_no_calendar_any_more(ann, who):
    path = renewed(ann)
    gone = ann if who == "reviewer" else ann.user
    gone.is_active = False
    gone.save()
    assert Client().get(path).status_code == 404


def test_a_reviewer_finds_makes_and_closes_their_address_and_all_is_on_record(ann):
    desk = desk_of_reviewer(ann)
    assert "You have no calendar address yet." in text_of(desk.get(FEEDS))
    path = renewed(ann)
    assert feed_address(ann) in text_of(desk.get(FEEDS))
    assert FEEDS in text_of(desk.get("/admin/reports/review-calendar/"))
    renewed(ann)
    desk.post(FEEDS, {"verb": "close"})
    assert Client().get(path).status_code == 404
    assert feed_address(ann) == ""
    assert "no such address" in text_of(desk.post(FEEDS, {"verb": "close"}, follow=True))
    logged = ModelLogEntry.objects.for_instance(ann).order_by("pk")
    assert [(entry.action, entry.user) for entry in logged] == [
        ("articles.feed.renew", ann.user),
        ("articles.feed.renew", ann.user),
        ("articles.feed.revoke", ann.user),
    ]
    assert [entry.message for entry in logged][:2] == [
        "Private calendar address made",
        "New private calendar address made; the old one answers no more",
    ]


def test_an_editor_revokes_an_address_without_seeing_it(ann):
    path = renewed(ann)
    editor = desk_of(EDITORS)
    html = text_of(editor.get(FEEDS))
    assert "Dr Ann" in html
    assert path not in html
    assert ReviewFeed.objects.get().key.hex not in html
    editor.post(FEEDS, {"reviewer": ann.pk})
    assert Client().get(path).status_code == 404
    assert ModelLogEntry.objects.for_instance(ann).get(action="articles.feed.revoke").user == editor.user


def test_nobody_makes_or_revokes_another_s_address(ann):
    path = renewed(ann)
    ben = desk_of_reviewer(ReviewerFactory(name="Ben"))
    assert is_refused(ben.post(FEEDS, {"reviewer": ann.pk}))
    assert "Ann" not in text_of(ben.get(FEEDS))
    assert is_refused(desk_of(EDITORS).post(FEEDS, {"verb": "renew"})), "who reviews nothing has no calendar"
    assert is_refused(ben.post(FEEDS, {"verb": "nonsense"}))
    assert is_refused(desk_of(COMMERCIAL).get(FEEDS))
    assert desk_of(EDITORS).post(FEEDS, {"reviewer": "x"}).status_code == 404
    assert Client().get(path).status_code == 200


def test_it_costs_the_same_however_long_it_is(ann):
    area = BodyAreaPageFactory()
    path = renewed(ann)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            Client().get(path)
        return len(asked)

    review("First", date(2026, 3, 20), ann, parent=area)
    few = queries()
    for number in range(5):
        review(f"More {number}", date(2026, 4, 1 + number), ann, parent=area)
    assert queries() == few <= 12
