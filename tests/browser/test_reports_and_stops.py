"""A reader reports a problem and an editor acts on it; a product is stopped and offered again: in a real browser."""

from __future__ import annotations

import time

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from articles.models import ConditionPage, ProblemKind, ProblemReport, ReviewTrigger
from articles.problem_reports import receive
from articles.spam_guard import QUICKEST, open_form
from products.models import Product
from tests.browser.accessibility import violations
from tests.browser.person import Person, log_in
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    OfferFactory,
    heading,
    paragraph,
    product_box,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

light = pytest.mark.parametrize("colour_scheme", ["light"])
dark = pytest.mark.parametrize("colour_scheme", ["dark"])
PHONE = {"width": 320, "height": 640}
NOTICE = "The strap can tear under load. Stop using it."


@pytest.fixture
def article() -> ConditionPage:
    strap = OfferFactory(product__name="Thigh strap", product__not_for="People with a rash.").product
    return ConditionPageFactory(
        parent=BodyAreaPageFactory(title="Thigh", slug="thigh"),
        title="Hamstring strain",
        blocks=[heading("What helps?"), paragraph("Rest the leg for two days."), product_box(strap)],
    )


def is_sound(page: Page) -> bool:
    """Our part of the screen; Wagtail's own messages fade in, and are judged by nobody."""
    assert violations(page, within="main", leaving_out=[".messages"]) == []
    return True


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@dark
@pytest.mark.parametrize("viewport", [PHONE])
def test_a_reader_reports_a_problem_by_keyboard_without_javascript_on_a_small_phone(
    browser: Browser, live_server, article, screenshots, viewport, colour_scheme
):
    context = browser.new_context(viewport=viewport, color_scheme=colour_scheme, java_script_enabled=False)
    seeing = browser.new_context(viewport=viewport, color_scheme=colour_scheme)
    try:
        page, judge = context.new_page(), seeing.new_page()
        page.goto(live_server.url + article.url)
        page.get_by_role("link", name="Report a problem").first.press("Enter")
        expect(page.get_by_role("heading", level=1, name="Report a problem")).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text("About the page Hamstring strain")
        page.screenshot(path=screenshots / f"report-{colour_scheme}.png", full_page=True)

        page.get_by_role("button", name="Send the report").press("Enter")
        expect(page).to_have_title("Error: Report a problem | Referred")
        opened = time.monotonic()
        summary = page.get_by_role("alert")
        expect(summary).to_be_focused()
        page.screenshot(path=screenshots / f"report-errors-{colour_scheme}.png", full_page=True)
        summary.get_by_role("link", name="Say what is wrong.").press("Enter")
        words = page.get_by_label("What is wrong, and where on the page?")
        expect(words).to_be_focused()
        page.keyboard.type("The strap left a rash.")
        kind = page.get_by_label("A side effect or safety concern")
        kind.press("Space")
        for address in (f"/report-a-problem/?page={article.pk}", "/report-a-problem/thank-you/"):
            judge.goto(live_server.url + address)
            assert fits(judge)
            assert violations(judge) == []
        judge.goto(live_server.url + "/report-a-problem/")
        judge.get_by_role("button", name="Send the report").click()
        expect(judge.get_by_role("alert")).to_be_visible()
        assert fits(judge)
        assert violations(judge) == []

        page.wait_for_timeout(max(0.0, opened + QUICKEST.total_seconds() + 1 - time.monotonic()) * 1000)
        page.get_by_role("button", name="Send the report").press("Enter")
        expect(page.get_by_role("heading", level=1, name="Thank you")).to_be_visible()
        page.screenshot(path=screenshots / f"report-thanks-{colour_scheme}.png", full_page=True)
        assert context.cookies() == []
        page.get_by_role("link", name="Back to Hamstring strain").press("Enter")
        expect(page.get_by_role("heading", level=1, name="Hamstring strain")).to_be_visible()
    finally:
        context.close()
        seeing.close()
    (report,) = ProblemReport.objects.all()
    assert (report.page_id, report.kind, report.text) == (article.pk, "safety", "The strap left a rash.")


@light
def test_an_editor_sees_the_report_calls_for_a_review_and_settles_it(
    page: Page, live_server, article, screenshots, colour_scheme
):
    now = timezone.now()
    receive(
        open_form(article.pk, now=now),
        kind=ProblemKind.SAFETY,
        text="It left a rash.",
        email="a@example.org",
        now=now,
    )
    log_in(page.context, live_server)
    page.goto(live_server.url + reverse("wagtailadmin_home"))
    page.get_by_role("region", name="Reader reports").get_by_role("link", name="Hamstring strain").click()
    expect(page.get_by_text("It left a rash.")).to_be_visible()
    assert is_sound(page)
    page.screenshot(path=screenshots / f"reader-report-{colour_scheme}.png", full_page=True)
    page.get_by_label("Reason").fill("A reader was hurt.")
    page.get_by_role("button", name="Call for a review").click()
    expect(page.get_by_text("is due for a medical review from today")).to_be_visible()
    page.get_by_label("Note").fill("The box warns of it now.")
    page.get_by_role("button", name="Settle the report").click()
    expect(page.get_by_text("The report is answered.")).to_be_visible()
    assert is_sound(page)
    page.screenshot(path=screenshots / f"reader-reports-{colour_scheme}.png", full_page=True)
    assert ReviewTrigger.objects.get().reason == "A reader was hurt."
    page.goto(live_server.url + reverse("wagtailadmin_home"))
    expect(page.get_by_role("region", name="Reader reports")).to_have_count(0)


@dark
def test_a_product_is_stopped_in_three_actions_seen_by_readers_and_offered_again(
    page: Page, person: Person, browser: Browser, live_server, article, screenshots, colour_scheme
):
    strap = Product.objects.get(name="Thigh strap")
    log_in(page.context, live_server)
    reader = browser.new_context(color_scheme=colour_scheme).new_page()
    try:
        reader.goto(live_server.url + article.url)
        expect(reader.get_by_role("link", name="Buy from")).to_have_count(1)

        page.goto(live_server.url + reverse(Product.snippet_viewset.get_url_name("inspect"), args=[strap.pk]))
        person.click(page.get_by_role("link", name="Safety stop").first)
        expect(page.get_by_text("Readers find it on 1 page.")).to_be_visible()
        assert is_sound(page)
        page.screenshot(path=screenshots / f"safety-stop-{colour_scheme}.png", full_page=True)
        person.fill(page.get_by_label("Safety notice"), NOTICE)
        person.click(page.get_by_role("button", name="Withdraw from every page"))
        expect(page.get_by_text("is withdrawn from every page")).to_be_visible()
        person.has_done("A product withdrawn everywhere, from its page", most=3)

        reader.reload()
        expect(reader.get_by_text(NOTICE)).to_be_visible()
        expect(reader.get_by_role("link", name="Buy from")).to_have_count(0)
        reader.screenshot(path=screenshots / f"safety-notice-{colour_scheme}.png", full_page=True)

        page.goto(
            live_server.url + reverse(Product.snippet_viewset.get_url_name("safety_stop"), args=[strap.pk])
        )
        expect(page.get_by_text(f"“{NOTICE}”")).to_be_visible()
        assert is_sound(page)
        page.screenshot(path=screenshots / f"safety-stop-lift-{colour_scheme}.png", full_page=True)
        page.get_by_label("Why it may be offered again").fill("Another batch.")
        page.get_by_role("button", name="Lift the safety stop").click()
        expect(page.get_by_text("is offered again, as it was")).to_be_visible()
        reader.reload()
        expect(reader.get_by_role("link", name="Buy from")).to_have_count(1)
        expect(reader.get_by_text(NOTICE)).to_have_count(0)
    finally:
        reader.context.close()


@light
def test_the_content_checks_lead_to_the_block(page: Page, live_server, article, screenshots, colour_scheme):
    draft = article.get_latest_revision_as_object()
    draft.body = draft.body.stream_block.to_python(
        [*draft.body.raw_data, paragraph("Buy it at https://amzn.to/3abcdef today.")]
    )
    draft.save_revision(clean=False)
    log_in(page.context, live_server)
    page.goto(live_server.url + reverse("wagtailadmin_pages:edit", args=[article.pk]))
    page.get_by_role("button", name="Toggle content checks").click()
    panel = page.locator('[data-side-panel="content-checks"]')
    expect(panel.get_by_text("To mend before publishing")).to_be_visible()
    assert violations(page, within='[data-side-panel="content-checks"]') == []
    page.screenshot(path=screenshots / f"content-checks-{colour_scheme}.png")
    link = panel.get_by_role("link", name="Paragraph, block 4")
    link.click()
    expect(page.locator(link.get_attribute("href") or "")).to_be_in_viewport()
