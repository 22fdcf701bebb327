"""Choosing a region, and following links to shops, in a real browser: with and without JavaScript, by keyboard alone."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from products.models import Clicks
from tests.browser.accessibility import violations
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    ProductFactory,
    ProgrammeFactory,
    RegionFactory,
    RetailerFactory,
    heading,
    paragraph,
    product_box,
)

pytestmark = pytest.mark.browser

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
SHIFT = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value; }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 300);
})"""


NOTE_WHETHER_A_FRAME_WAS_DRAWN = """
  let drawn = false;
  const { fetch, requestAnimationFrame } = window;
  window.requestAnimationFrame = (callback) => requestAnimationFrame((time) => { callback(time); drawn = true; });
  window.fetch = (...asked) => { window.askedAfterAFrame = drawn; return fetch(...asked); };
"""


@pytest.fixture(scope="module")
def article(server: LiveServer) -> str:
    """Far down on it stands a product of three shops: one in each region, and Amazon."""
    product = ProductFactory(name="Sleeve")
    OfferFactory(product=product, retailer__name="british.example")
    american = RetailerFactory(name="american.example", region=RegionFactory(code="US"))
    OfferFactory(product=product, retailer=american)
    programme = ProgrammeFactory(
        network="amazon", identity={"marketplace": "amazon.co.uk", "tag": "referred-21"}
    )
    amazon = RetailerFactory(
        name="Amazon.co.uk", programme=programme, domains=["amazon.co.uk"], checking="human"
    )
    OfferFactory(
        product=product, retailer=amazon, destination="https://www.amazon.co.uk/dp/B000000001", priority=1
    )
    page = ConditionPageFactory(
        blocks=[
            heading("Supports"),
            *(paragraph("Some words. " * 60) for _ in range(8)),
            product_box(product),
        ]
    )
    return server.url + page.url


@pytest.fixture(autouse=True)
def _clicks_of_this_test_alone(article: str) -> Iterator[None]:
    yield
    Clicks.objects.all().delete()
    cache.clear()  # it knows who has clicked today


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def reader(request, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=request.param, user_agent=BROWSER, locale="en-GB")
    context.route("**/*.example/**", _shop)
    context.route("https://www.amazon.co.uk/**", _shop)
    yield context.new_page()
    context.close()


def _shop(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body="<title>The shop</title>")


def first_region(page: Page) -> str | None:
    return page.locator("[data-offers] [data-region]").first.get_attribute("data-region")


def choose_the_us(page: Page, article: str) -> None:
    page.goto(article)
    page.get_by_role("button", name="US").click()
    page.wait_for_url("**/?region=US")
    assert [cookie["name"] for cookie in page.context.cookies()] == ["region"]


def test_a_region_is_chosen_by_keyboard_and_comes_first(reader: Page, article: str):
    reader.goto(article)
    assert first_region(reader) == "UK"
    assert reader.context.cookies() == []
    button = reader.get_by_role("button", name="US")
    for _ in range(30):
        reader.keyboard.press("Tab")
        if button.evaluate("it => it === document.activeElement"):
            break
    reader.keyboard.press("Enter")
    reader.wait_for_url("**/?region=US")
    assert first_region(reader) == "US"
    expect(reader.locator(".offers__region--first .offers__title")).to_have_text("Ships to the USA")
    expect(reader.get_by_role("button", name="US")).to_have_attribute("aria-current", "true")
    (cookie,) = reader.context.cookies()
    assert (cookie["name"], cookie["value"], cookie["httpOnly"]) == ("region", "US", True)


@pytest.mark.parametrize("reader", [True], indirect=True, ids=["script"])
def test_the_next_page_puts_the_chosen_region_first_and_nothing_shifts(reader: Page, article: str):
    choose_the_us(reader, article)
    reader.goto(article)
    expect(reader.locator("[data-offers] [data-region]").first).to_have_attribute("data-region", "US")
    expect(reader.locator(".offers__region--first .offers__title")).to_have_text("Ships to the USA")
    expect(reader.locator("[data-other-regions] ~ [data-region] .offers__where")).to_have_text(
        "Ships to the UK"
    )
    expect(reader.get_by_role("button", name="US")).to_have_attribute("aria-current", "true")
    expect(reader.get_by_role("button", name="UK")).not_to_have_attribute("aria-current", "true")
    reader.get_by_role("link", name="american.example").scroll_into_view_if_needed()
    assert reader.evaluate(SHIFT) == 0
    assert violations(reader) == []


@pytest.mark.parametrize("reader", [True], indirect=True, ids=["script"])
def test_the_region_is_asked_for_once_the_words_are_painted(reader: Page, article: str):
    reader.add_init_script(NOTE_WHETHER_A_FRAME_WAS_DRAWN)
    with reader.expect_response("**/region/"):
        reader.goto(article)
    assert reader.evaluate("() => window.askedAfterAFrame") is True


@pytest.mark.parametrize("reader", [False], indirect=True, ids=["no script"])
def test_without_script_the_plain_page_stays_in_the_common_order(reader: Page, article: str):
    choose_the_us(reader, article)
    reader.goto(article)
    assert first_region(reader) == "UK"


def test_a_button_leads_to_the_shop_and_is_counted(reader: Page, article: str):
    reader.goto(article)
    reader.get_by_role("link", name="british.example").click()
    reader.wait_for_url("https://british.example/**")
    assert reader.url.endswith("?ref=referred")
    row = Clicks.objects.get()
    assert (row.people, row.others, row.region.code) == (1, 0, "UK")
    assert row.page is not None


@pytest.mark.parametrize("key", [None, "Enter"], ids=["mouse", "keyboard"])
def test_a_link_to_amazon_is_direct_and_told_of_where_script_runs(
    reader: Page, article: str, key: str | None, request
):
    reader.goto(article)
    link = reader.get_by_role("link", name="Amazon.co.uk")
    assert link.get_attribute("href") == "https://www.amazon.co.uk/dp/B000000001?tag=referred-21"
    if key:
        link.focus()
        reader.keyboard.press(key)
    else:
        link.click()
    reader.wait_for_url("https://www.amazon.co.uk/**")
    if "no script" in request.node.name:
        assert not Clicks.objects.exists()
        return
    deadline = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=10)
    while not Clicks.objects.exists() and datetime.datetime.now(datetime.UTC) < deadline:
        reader.wait_for_timeout(50)
    assert Clicks.objects.get().people == 1
