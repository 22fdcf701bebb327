"""The article page as readers meet it: in a real browser, on small and large screens, light and dark."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles.models import PublisherSettings
from tests.factories import (
    AuthorFactory,
    BodyAreaPageFactory,
    ConditionPageFactory,
    InformationPageFactory,
    OfferFactory,
    PictureFactory,
    ProductFactory,
    RegionFactory,
    RetailerFactory,
    block,
    heading,
    home_page,
    paragraph,
    product_box,
    sign_off,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

SCREENS = [
    {"width": 320, "height": 640},
    {"width": 390, "height": 844},
    {"width": 768, "height": 1024},
    {"width": 1440, "height": 900},
]
light_and_dark = pytest.mark.parametrize("colour_scheme", ["light", "dark"])

SENTENCE = (
    "Most people get better within a few weeks, and simple measures help a great deal in the meantime. "
)


@pytest.fixture
def product():
    """A product with everything a box can show, at two shops in the UK and one in the US."""
    product = ProductFactory(
        name="Compression thigh sleeve",
        summary="An elastic sleeve for the thigh.",
        who_for="Adults with a mild strain.",
        not_for="People with poor circulation.",
        pros=["Thin", "Washable"],
        cons=["Warm in summer"],
        size_and_fit="Four sizes",
        material="Nylon",
        conformity_mark="UKCA, class I",
        picture=PictureFactory(),
        picture_alt="A sleeve on a thigh",
    )
    OfferFactory(product=product, buyable="in_stock", reachable="ok", last_reached_at=timezone.now())
    OfferFactory(product=product)
    shop = RetailerFactory(region=RegionFactory(code="US"), name="A shop with quite a long name.example")
    OfferFactory(product=product, retailer=shop)
    return product


@pytest.fixture
def address(live_server, product) -> str:
    """Where the article is that has every block."""
    own = PublisherSettings.for_site(home_page().get_site())
    own.house_advert, own.house_advert_link = "Our weekly letter", "https://letter.example/"
    own.promotion, own.promotion_link = "Get our app", "https://app.example/"
    own.save()
    InformationPageFactory(title="How we review", slug="how-we-review")
    area = BodyAreaPageFactory(title="Thigh", slug="thigh")
    neighbour = ConditionPageFactory(parent=area, title="Sciatica", standfirst="Pain down the leg.")
    points = {
        "lead_in": "Symptoms include:",
        "ordered": False,
        "items": [{"text": "<p>Pain</p>", "children": ["At night"]}],
    }
    test = {
        "name": "Slump test",
        "purpose": "It tests nerves.",
        "how": "You sit.",
        "positive_result": "Pain.",
    }
    page = ConditionPageFactory(
        parent=area,
        title="Hamstring strain",
        standfirst="A tear of a muscle at the back of the thigh.",
        authors=[AuthorFactory()],
        blocks=[
            block("advert", None),
            heading("What is it?"),
            paragraph(SENTENCE * 4),
            block("points", points),
            heading("Tests"),
            block("diagnostic_test", test),
            block(
                "picture", {"picture": PictureFactory().pk, "alt_text": "A muscle", "caption": "The muscle"}
            ),
            block("picture", {"picture": None, "alt_text": "", "caption": "A picture to come"}),
            block("see_also", {"topic": "sciatica", "page": neighbour.pk}),
            heading("Supports"),
            product_box(product, badge="Our pick"),
            block("promotion", None),
        ],
    )
    sign_off(page)
    return live_server.url + page.url


def test_the_page_asks_nobody_else_for_anything_and_complains_of_nothing(
    page: Page, address: str, live_server
):
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(address, wait_until="networkidle")
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []
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


def test_buy_buttons_are_large_enough_for_a_thumb_and_have_names_of_their_own(page: Page, address: str):
    page.goto(address)
    buttons = page.locator(".offers a")
    assert buttons.count() == 3
    for screen in SCREENS:
        page.set_viewport_size(screen)
        boxes = [button.bounding_box() for button in buttons.all()]
        assert min(box["width"] for box in boxes) >= 44, screen
        assert min(box["height"] for box in boxes) >= 44, screen
    names = [button.inner_text() for button in buttons.all()]
    assert len(set(names)) == 3
    for name in names:
        assert "paid link" in name


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


def test_the_page_keeps_its_meaning_where_the_system_paints_the_colours(page: Page, address: str):
    page.emulate_media(forced_colors="active")
    page.goto(address)
    for bounded in (".review", ".offers .button"):
        style = page.locator(bounded).first.evaluate(
            "element => [getComputedStyle(element).borderTopStyle, getComputedStyle(element).borderTopWidth]"
        )
        assert style[0] == "solid"
        assert style[1] != "0px"
