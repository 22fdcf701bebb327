"""Search as readers meet it: by keyboard, on a phone, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.factories import BodyAreaPageFactory, ConditionPageFactory, home_page, sign_off

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


SCREENS = (({"width": 320, "height": 640}, "dark"), ({"width": 1280, "height": 800}, "light"))


def test_a_reader_mistypes_in_the_header_and_finds_the_article_by_keyboard(live_server, page: Page):
    area = BodyAreaPageFactory(title="Lower back", slug="lower-back")
    sign_off(ConditionPageFactory(parent=area, title="Sciatica", standfirst="Pain down the leg."))
    for size, scheme in SCREENS:
        page.set_viewport_size(size)  # type: ignore[arg-type]  # width and height
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its names
        page.goto(live_server.url + home_page().url)
        page.get_by_role("searchbox", name="Search our guides").focus()
        page.keyboard.type("siatica")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=2, name="1 article for “sciatica”")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), scheme
        assert violations(page) == [], scheme
        page.get_by_role("link", name="Sciatica").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1, name="Sciatica")).to_be_visible()
