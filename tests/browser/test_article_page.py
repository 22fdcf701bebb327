"""The article page as readers meet it: in a real browser, on small and large screens, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

SCREENS = [
    {"width": 320, "height": 640},
    {"width": 390, "height": 844},
    {"width": 768, "height": 1024},
    {"width": 1440, "height": 900},
]


@pytest.fixture
def address(site) -> str:
    """Where the article is that has every block."""
    return site["article"]


def test_the_page_asks_nobody_else_for_anything_and_complains_of_nothing(page: Page, address: str, server):
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(address, wait_until="networkidle")
    assert [url for url in asked if not url.startswith((server.url, "data:"))] == []
    assert complaints == []
    assert page.context.cookies() == []


LAYOUT_SHIFT = """() => new Promise(resolve => {
    let total = 0
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) total += entry.value
    }).observe({type: 'layout-shift', buffered: true})
    setTimeout(() => resolve(total), 100)
})"""


def test_nothing_moves_while_the_page_loads(page: Page, address: str):
    for screen in SCREENS:
        page.set_viewport_size(screen)
        page.goto(address, wait_until="networkidle")
        page.mouse.wheel(0, 20_000)
        page.wait_for_timeout(200)
        assert page.evaluate(LAYOUT_SHIFT) == 0, screen


def test_the_keyboard_reaches_the_text_first_and_the_focus_is_seen(page: Page, address: str):
    page.goto(address)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["height"] >= 24
    assert skip.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_contents_lead_to_their_sections(page: Page, address: str):
    page.goto(address)
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Supports").click()
    expect(page.get_by_role("heading", name="Supports", exact=True)).to_be_in_viewport()


def test_a_reader_sees_who_vouches_and_that_links_are_paid_before_the_text(page: Page, address: str):
    page.goto(address)
    byline = page.locator(".byline")
    expect(byline).to_contain_text("Medically reviewed by Dr")
    expect(byline).to_contain_text("Next review due")
    expect(byline.get_by_role("link", name="How we review")).to_be_visible()
    disclosure, body = page.locator(".disclosure"), page.locator(".article__body")
    assert disclosure.bounding_box()["y"] < body.bounding_box()["y"]


def test_a_line_of_text_is_neither_short_nor_long(page: Page, address: str):
    page.goto(address)
    text = page.locator(".article__body > p").first
    lines = text.evaluate(
        "element => element.offsetHeight / parseFloat(getComputedStyle(element).lineHeight)"
    )
    assert 55 <= len(text.inner_text()) / lines <= 75


def test_an_article_prints_without_boxes_and_adverts(page: Page, address: str):
    page.goto(address)
    page.emulate_media(media="print")
    for unprinted in (".product", ".advert", ".site-nav", ".contents", ".related"):
        expect(page.locator(unprinted).first).to_be_hidden()
    expect(page.get_by_role("heading", name="Hamstring strain")).to_be_visible()
    expect(page.locator(".review")).to_be_visible()
