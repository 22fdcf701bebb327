"""Every page of ours in the admin, with something on it: breaks no rule of accessibility, fits, and its buttons can be
reached by keyboard. Light on a desktop, dark on a tablet.

The pages are found, never listed. Pictures of them stand in `var/test/screenshots/admin/` after the run.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Error, Page
from pytest_django.live_server_helper import LiveServer

from articles.models import User
from tests.browser.accessibility import COLOURS, violations
from tests.factories import UserFactory
from tests.furnished import Address, admin_addresses, furnish

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

SCREENS = (("dark", 768, ()), ("light", 1280, COLOURS))
"""How it is looked at, and by which rules of axe: all of them once, and those that colours can break again."""
OF_WAGTAIL = (".messages", ".Draftail-Editor")
"""Left out of the judgement: Wagtail's messages fade in, and are pale for a moment; its editor of rich text has no name."""

BUTTONS = """() => [...document.querySelectorAll("main button, main a.button, main input[type=submit]")]
    .filter(one => one.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !one.disabled)
    .filter(one => { one.focus(); return document.activeElement !== one })
    .map(one => one.outerHTML.slice(0, 120))"""
"""Buttons that the keyboard does not reach."""
CUT_OFF = """() => {
    const edge = document.querySelector("main").getBoundingClientRect().right + 1
    const scrolls = one => one && one.tagName !== "MAIN"
        && (["auto", "scroll"].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement))
    return [...document.querySelectorAll("main *")]
        .filter(one => one.getBoundingClientRect().right > edge && !scrolls(one.parentElement))
        .filter(one => one.checkVisibility({visibilityProperty: true, opacityProperty: true}))
        .filter(one => !one.closest(".form-side, .w-minimap, .messages, .w-sr-only"))
        .map(one => one.outerHTML.slice(0, 120))
}"""
"""What stands beyond the edge of the screen, where nobody gets to by scrolling. Side panels that are shut stand there."""


def worth_a_look(address: Address) -> bool:
    """A page whose view or action is ours, or one on which our settings stand."""
    if not isinstance(address.view, type):
        return address.is_ours and address.verb != "delete" and address.model is not User
    ours = address.view.__module__.startswith(("articles.", "products.")) or address.name.startswith(
        "wagtailsettings:edit"
    )
    return ours and not address.url.endswith("results/")


@pytest.fixture(scope="module")
def desk(server: LiveServer) -> tuple[str, dict[str, str]]:
    """Somebody's session who may open everything, and the pages by name."""
    made = furnish()
    user = UserFactory(is_superuser=True)
    user.groups.add(*Group.objects.all())
    client = Client()
    client.force_login(user)
    everything = admin_addresses(made)
    pages = {
        "home": reverse("wagtailadmin_home"),
        "article-editor": reverse("wagtailadmin_pages:edit", args=[made.article.pk]),
    }
    for address in everything:
        if worth_a_look(address):
            pages[re.sub(r"\W+", "-", address.name.removeprefix("wagtailsnippets_"))] = address.url
    found, templates = {}, set()
    for name, path in pages.items():
        response = client.get(path)
        if response.status_code != 200 or b"data-wagtail-sidebar" not in response.content:
            continue  # a way to elsewhere, or a page of readers
        looks = str(response.template_name)
        if looks not in templates or "table" in response.context_data:  # each table has columns of its own
            found[name] = server.url + path
        templates.add(looks)
    assert len(found) > 30  # or the search for them is broken
    return client.cookies["sessionid"].value, found


def test_every_page_of_ours_fits_breaks_no_rule_and_is_kept_as_a_picture(
    page: Page, desk, server, screenshots: Path
):
    session, pages = desk
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
    page.emulate_media(reduced_motion="reduce")
    folder, wrong = screenshots / "admin", []
    folder.mkdir(exist_ok=True)
    for name, url in pages.items():
        page.goto(url)
        assert page.locator("[data-wagtail-sidebar]").count() == 1, (
            f"{name}: the log-in, or a page of readers"
        )
        for scheme, width, rules in SCREENS:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 1600})
            where = f"{name}, {width} {scheme}"
            with suppress(Error):  # the sidebar makes room first
                page.wait_for_function(f"!({CUT_OFF})().length", timeout=1000)
            wrong += [f"{where}: cut off: {one}" for one in page.evaluate(CUT_OFF)]
            found = violations(page, within="main", leaving_out=OF_WAGTAIL, rules=rules)
            wrong += [f"{where}: {one}" for one in found]
            page.screenshot(
                path=folder / f"{name}-{width}-{scheme}.jpg", full_page=True, type="jpeg", quality=50
            )
        wrong += [f"{name}: the keyboard does not reach {one}" for one in page.evaluate(BUTTONS)]
    assert not wrong, "\n".join(wrong)
