"""Planning in a real browser: a month of reviews re-scheduled, previewed and undone; ten articles sent to a reviewer.

What a person has to do is counted, and printed at the end of the run.
"""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from wagtail.models import TaskState

from articles.models import ConditionPage, MedicalReviewTaskState, ReviewSchedule
from tests.browser.accessibility import violations
from tests.browser.person import Person, log_in
from tests.desk import REVIEWERS
from tests.factories import BodyAreaPageFactory, ConditionPageFactory, ReviewerFactory, sign_off

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def articles(server: LiveServer) -> None:
    """Twelve, signed 25 months ago, the last two lately. Made once: the first test leaves the plans as they were."""
    reviewer = ReviewerFactory(name="Ann Bell")
    reviewer.user.groups.add(Group.objects.get(name=REVIEWERS))
    area = BodyAreaPageFactory(title="Thigh")
    signed = timezone.localdate() - datetime.timedelta(days=760)
    for number in range(12):
        article = ConditionPageFactory(title=f"Condition {number + 1}", parent=area)
        sign_off(article, reviewer, on=signed + datetime.timedelta(days=number if number < 10 else 60))


@pytest.fixture
def desk(page: Page, server: LiveServer, articles: None) -> Page:
    """An editor at the home page."""
    log_in(page.context, server)
    page.goto(server.url + reverse("wagtailadmin_home"))
    return page


def plans() -> list[dict]:
    return list(ReviewSchedule.objects.order_by("page_id").values())


def is_sound(page: Page) -> bool:
    """Our part of the screen; Wagtail's messages fade in, and are pale for a moment."""
    assert violations(page, within="main", leaving_out=[".messages"]) == []
    return True


def test_a_month_of_reviews_is_rescheduled_previewed_and_undone(desk: Page, person: Person, keep_picture):
    before = plans()
    soon = ReviewSchedule.objects.get(page__title="Condition 12").due_on
    person.click(desk.get_by_role("link", name="Articles", exact=True))
    expect(desk.get_by_role("link", name="Condition 1", exact=True)).to_be_visible()
    person.click(desk.get_by_role("button", name="Show filters"))
    person.click(desk.get_by_role("button", name="Planned, or else due, in"))
    person.choose(desk.get_by_role("combobox", name="Planned, or else due, in"), f"{soon:%Y-%m}")
    expect(desk.get_by_role("link", name="Condition 1", exact=True)).to_have_count(0)
    person.press("Escape")
    person.click(desk.get_by_role("checkbox", name="Select all").first)
    person.click(desk.get_by_role("link", name="Re-schedule the reviews of the selected articles"))
    person.click(desk.get_by_label("Move each by a number of weeks"))
    person.fill(desk.get_by_label("Weeks", exact=True), "6")
    person.fill(desk.get_by_label("Reason"), "Dr Bell is on leave.")
    person.click(desk.get_by_role("button", name="Preview"))
    expect(desk.get_by_text("Nothing is written yet.")).to_be_visible()
    expect(desk.get_by_text("days after it is due").first).to_be_visible()
    assert is_sound(desk)
    keep_picture("reschedule-preview", desk.screenshot())
    assert plans() == before
    person.click(desk.get_by_role("button", name="Re-schedule 2 reviews"))
    expect(desk.get_by_text("2 planned dates moved.")).to_be_visible()
    assert plans() != before
    person.has_done("A month of reviews re-scheduled, from the home page")
    person.click(desk.get_by_role("link", name="Undo"))
    expect(desk.get_by_text("2 plans would be as before:")).to_be_visible()
    assert is_sound(desk)
    person.click(desk.get_by_role("button", name="Undo the re-scheduling"))
    expect(desk.get_by_text("2 plans are as before.")).to_be_visible()
    assert is_sound(desk)
    assert plans() == before
    person.has_done("Undone")


def test_ten_due_articles_are_sent_to_a_reviewer_in_six_actions(desk: Page, person: Person, keep_picture):
    person.click(desk.get_by_role("link", name="Plan the overdue reviews"))
    expect(desk.get_by_role("link", name="Condition 10", exact=True)).to_be_visible()
    assert is_sound(desk)
    keep_picture("review-desk", desk.screenshot())
    boxes = desk.locator("tbody input[type=checkbox]")
    person.click(boxes.nth(0))
    person.click(boxes.nth(9), modifiers=["Shift"])
    person.click(desk.get_by_role("link", name="Ask a reviewer for the reviews of the selected articles"))
    expect(desk.get_by_text("Send the articles to review now")).to_be_visible()
    assert is_sound(desk)
    person.click(desk.get_by_label("Dr Ann Bell"))
    person.click(desk.get_by_role("button", name="Ask the reviewer"))
    expect(desk.get_by_text("10 articles are with Dr Ann Bell for review.")).to_be_visible()
    person.has_done("Ten due articles sent to a reviewer, from the home page", most=6)
    sent = MedicalReviewTaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS)
    assert sent.count() == 10
    assert ConditionPage.objects.filter(review_schedule__reviewer__name="Ann Bell").count() == 10
