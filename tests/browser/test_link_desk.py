"""The links that people look at, in a real browser: light and dark, with keys and with none."""

from __future__ import annotations

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from products.linkcheck.verdict import Buyable, Reachable
from products.models import Alarm, AlarmKind, Checking, Offer
from tests.browser.accessibility import violations
from tests.browser.person import Person, log_in
from tests.factories import OfferFactory, ProductFactory, RetailerFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def how_many() -> int:
    """How many links wait for somebody to look at them."""
    return 2


@pytest.fixture
def offers(how_many: int) -> list[Offer]:
    shop = RetailerFactory(checking=Checking.HUMAN)
    names = [f"Thigh sleeve {number}" for number in range(how_many)]
    return [OfferFactory(product=ProductFactory(name=name), retailer=shop) for name in names]


@pytest.fixture
def queue(page: Page, live_server, offers) -> Page:
    log_in(page.context, live_server)
    page.goto(live_server.url + reverse("links_to_look_at:index"))
    return page


def offer(number: int) -> Offer:
    return Offer.objects.get(product__name=f"Thigh sleeve {number}")


@pytest.mark.parametrize("how_many", [11])
def test_ten_links_are_judged_by_keyboard_alone_one_key_each(queue: Page, person: Person):
    keys = "fbsdfffbsd"
    for number, key in enumerate(keys):
        expect(queue.get_by_role("heading", name=re.compile(rf"Thigh sleeve {number}\b"))).to_be_visible()
        queue.wait_for_load_state()  # a key pressed before that is heard by nobody
        person.press(key)
    expect(queue.get_by_role("heading", name="Thigh sleeve 10")).to_be_visible()
    person.has_done("Ten links judged by a person", most=10)
    queue.wait_for_load_state()
    queue.keyboard.press("n")
    expect(queue.get_by_text("skipped 1")).to_be_visible()
    verdicts = {
        "f": (Reachable.OK, Buyable.IN_STOCK),
        "b": (Reachable.BROKEN, Buyable.UNKNOWN),
        "s": (Reachable.OK, Buyable.OUT_OF_STOCK),
        "d": (Reachable.OK, Buyable.DIFFERENT_PRODUCT),
    }
    assert [(offer(n).reachable, offer(n).buyable) for n in range(10)] == [verdicts[key] for key in keys]
    assert (offer(10).reachable, offer(10).buyable) == (Reachable.UNKNOWN, Buyable.UNKNOWN)


def test_a_key_opens_the_plain_page_beside_the_queue(queue: Page, live_server):
    address = live_server.url + reverse("health-live")  # a shop that this browser may reach
    Offer.objects.update(destination=address)
    queue.reload()
    with queue.context.expect_page() as opened:
        queue.keyboard.press("o")
    opened.value.wait_for_load_state()
    assert opened.value.url == address
    expect(queue.get_by_role("heading", name="Thigh sleeve 0")).to_be_visible()


def test_without_shortcuts_tab_and_enter_do_the_same(queue: Page):
    queue.get_by_role("link", name="Open the page").focus()
    queue.keyboard.press("Tab")
    queue.keyboard.press("Tab")
    expect(queue.get_by_role("button", name="Broken")).to_be_focused()
    queue.keyboard.press("Enter")
    expect(queue.get_by_role("heading", name=re.compile(r"Thigh sleeve 1\b"))).to_be_visible()
    assert offer(0).reachable == Reachable.BROKEN


def test_the_link_desk_has_no_accessibility_violation_of_its_own(
    queue: Page, live_server, offers, screenshots
):
    alarm = Alarm.objects.create(
        kind=AlarmKind.BROKEN, offer=offers[0], reason="The page is gone.", opened_at=timezone.now()
    )
    Alarm.objects.create(
        kind=AlarmKind.BROKEN,
        offer=offers[1],
        reason="The page is gone.",
        opened_at=timezone.now(),
        snoozed_until=timezone.now() + datetime.timedelta(days=9),
        snooze_reason="The shop is moving.",
    )
    pages = {
        "links-to-look-at": reverse("links_to_look_at:index"),
        "alarms": reverse("alarms:index"),
        "alarm": reverse("alarms:alarm", args=[alarm.pk]),
    }
    for name, address in pages.items():
        queue.goto(live_server.url + address)
        for scheme in ("light", "dark"):
            queue.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its names
            queue.screenshot(path=screenshots / f"{name}-{scheme}.png", full_page=True)
            assert violations(queue, within="main") == []
