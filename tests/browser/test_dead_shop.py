"""A shop dies: from the day's mail to what was seen, and back to well, in a real browser against a real shop."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles.digests import send_digests
from demo.retailers import Behaviour, RetailerServer, Shop
from products import destinations
from products.addresses import read_targets
from products.clock import database_now
from products.fetch import Door
from products.models import Alarm, AlarmKind, MassCheck, Offer
from products.rounds import Limits, run_round
from tests.browser.accessibility import violations
from tests.browser.person import Person, log_in
from tests.factories import ConditionPageFactory, OfferFactory, ProductFactory, RetailerFactory, product_box

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEMPO = 0.00002  # an hour passes in 72 ms
OFFERS = 6
QUICK = Limits(threads=4, seconds=10.0, hop_patience=1.0)


@pytest.fixture
def shop(tmp_path: Path, settings) -> Iterator[Shop]:
    with RetailerServer() as server:
        server.shop("peak.example")
        server.write_fetch_hosts(tmp_path / "fetch_hosts")
        settings.FETCH_HOSTS = str(tmp_path / "fetch_hosts")
        destinations._targets_of.cache_clear()
        yield server.shop("peak.example")
    destinations._targets_of.cache_clear()


@pytest.fixture
def check_all(shop: Shop, settings) -> Callable[[], None]:
    """What the worker does when everything is due."""
    door = Door(
        user_agent="ReferredCheck/1.0", targets=read_targets(Path(settings.FETCH_HOSTS)), deadline=2.0
    )

    def look() -> None:
        Offer.objects.update(next_check_at=database_now())
        run_round(door, tempo=TEMPO, limits=QUICK)

    return look


@pytest.fixture
def offers(shop: Shop) -> list[Offer]:
    retailer = RetailerFactory(name="Peak Physio", domains=["peak.example"], programme=None, pace="0.01")
    products = [ProductFactory(name=f"Thigh strap {number}") for number in range(OFFERS)]
    ConditionPageFactory(title="Hamstring strain", blocks=[product_box(product) for product in products])
    return [
        OfferFactory(
            product=product, retailer=retailer, destination=shop.product(f"/p/{number}", name=product.name)
        )
        for number, product in enumerate(products)
    ]


def is_sound(page: Page) -> bool:
    """Our part of the screen; Wagtail's own filters and messages are judged by nobody."""
    assert violations(page, within="#listing-results", leaving_out=[".messages", "[role=alert]"]) == []
    return True


def test_an_editor_goes_from_the_mail_to_what_was_seen_and_sees_the_shop_well_again(
    page: Page, person: Person, live_server, shop, offers, check_all, screenshots, keep_picture
):
    editor = log_in(page.context, live_server)
    check_all()
    shop.down(Behaviour.GONE)
    for _ in range(6):
        check_all()
    alarm = Alarm.objects.ringing(timezone.now()).get()
    assert alarm.kind == AlarmKind.FAILING
    send_digests(now=timezone.now(), hour=0)
    (letter,) = mail.outbox
    link = re.search(r"https?://[^/\s]+(/admin/alarms/\d+/)", letter.body)
    assert link is not None

    person.open(live_server.url + link[1])
    person.click(page.get_by_role("link", name="Health of the links to Peak Physio (UK)").first)
    evidence = page.get_by_text("The shop says that this page no longer exists.")
    expect(evidence).to_have_count(OFFERS)
    person.has_done("From the day's mail to what was seen of a dead shop", most=3)
    keep_picture("link-health", page.screenshot())
    assert is_sound(page)

    shop.up()
    person.click(page.get_by_role("link", name="Check all of these now").first)
    person.click(page.get_by_role("main").get_by_role("button", name="Check now").first)
    said = page.locator("[data-mass-check-said]")
    expect(said).to_have_text(f"0 of {OFFERS} done.")
    page.reload()
    expect(page.get_by_role("progressbar", name=f"0 of {OFFERS} done.")).to_be_visible()
    asked = MassCheck.objects.get()
    assert (asked.asked_by, Offer.objects.due(database_now()).count()) == (editor, OFFERS)

    check_all()
    expect(said).to_have_text(f"Done: {OFFERS} looked at.", timeout=10_000)  # by itself
    expect(page.get_by_role("status").filter(has_text="Done")).to_have_count(1)
    expect(page.get_by_role("button", name="Cancel the rest")).to_have_count(0)
    expect(page.get_by_text(f"{OFFERS} × The link leads to the product.")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its names
        page.screenshot(path=screenshots / f"mass-check-{scheme}.png", full_page=True)
        assert is_sound(page)
    for _ in range(3):
        check_all()  # each speaks for itself again
    assert not Alarm.objects.open().exists()
    page.goto(live_server.url + reverse("link_health:index"))
    expect(page.get_by_role("main")).not_to_contain_text("Thigh strap")
    person.has_done("From there to the check that finds it well again")
