"""A month of reviews on a wide and a narrow screen, earlier dates, and a private calendar: in a real browser."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from articles.models import Leave, ReviewSchedule
from articles.planning import months_from
from articles.review_feed import feed_address
from tests.browser.accessibility import violations
from tests.browser.person import log_in
from tests.desk import REVIEWERS
from tests.factories import BodyAreaPageFactory, ConditionPageFactory, ReviewerFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 768, "height": 900}


@pytest.fixture
def day() -> datetime.date:
    """In the third month from this one, in which Ann has one review more than time."""
    return months_from(timezone.localdate(), 4)[-1].replace(day=16)


@pytest.fixture
def ann(day):
    ann = ReviewerFactory(name="Ann", minutes_per_month=44)
    ann.user.groups.add(Group.objects.get(name=REVIEWERS))
    Leave.objects.create(reviewer=ann, first_day=day, last_day=day)
    area = BodyAreaPageFactory(title="Thigh", slug="thigh")
    for title in ("Hamstring strain", "Thigh bruise"):
        page = ConditionPageFactory(title=title, parent=area)
        ReviewSchedule.objects.filter(page=page).update(due_on=day, reviewer=ann)
    return ann


def is_sound(page: Page) -> bool:
    """Our part of the screen fits, and axe finds nothing wrong with it."""
    assert violations(page, within="main", leaving_out=[".messages"]) == []
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_an_editor_looks_at_a_month_and_plans_a_review_earlier(
    browser: Browser, live_server, ann, day, screenshots, keep_picture
):
    context = browser.new_context(viewport=WIDE, color_scheme="light")
    try:
        log_in(context, live_server)
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/reports/review-calendar/")
        page.get_by_label("Month", exact=True).select_option(f"{day:%Y-%m}")
        page.get_by_role("button", name="Show").press("Enter")
        expect(page.get_by_role("columnheader")).to_have_count(7)
        expect(page.get_by_role("cell").filter(has_text="Hamstring strain")).to_contain_text("Away: Dr Ann")
        assert is_sound(page)
        keep_picture("review-calendar", page.screenshot())

        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(NARROW)
        expect(page.get_by_text(f"{day:%A} 16 {day:%B}")).to_be_visible()
        expect(page.get_by_text(f"{day + datetime.timedelta(days=1):%A} 17")).to_be_hidden()
        assert is_sound(page)
        page.screenshot(path=screenshots / "calendar-narrow.png", full_page=True)

        page.get_by_role("link", name="Review forecast").first.press("Enter")
        page.get_by_role("link", name="Propose earlier dates").press("Enter")
        expect(page.get_by_role("heading", name="If all of these are moved")).to_be_visible()
        assert is_sound(page)
        page.screenshot(path=screenshots / "forecast-narrow.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)
        keep_picture("review-forecast", page.screenshot())
        page.get_by_role("checkbox").first.press("Space")  # unticked: nothing is left to plan
        page.get_by_role("button", name="Plan those ticked earlier").press("Enter")
        expect(page.get_by_text("Tick at least one article.")).to_be_visible()
        page.get_by_role("checkbox").first.press("Space")
        page.get_by_role("button", name="Plan those ticked earlier").press("Enter")
        page.get_by_role("link", name="Undo").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Undo")
    finally:
        context.close()
    assert ReviewSchedule.objects.filter(planned_on__lt=day).count() == 1


def test_a_reviewer_makes_a_private_address_and_copies_it(browser: Browser, live_server, ann, screenshots):
    context = browser.new_context(
        viewport=NARROW, color_scheme="light", permissions=["clipboard-read", "clipboard-write"]
    )
    try:
        log_in(context, live_server, ann.user)
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/reports/review-calendar/")
        page.get_by_role("link", name="Private calendars").first.press("Enter")
        page.get_by_role("button", name="Make an address").press("Enter")
        page.get_by_role("button", name="Copy").press("Enter")
        expect(page.get_by_text("Copied.")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == feed_address(ann) != ""
        assert is_sound(page)
        page.screenshot(path=screenshots / "private-calendar.png", full_page=True)
    finally:
        context.close()
