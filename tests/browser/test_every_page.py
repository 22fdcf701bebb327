"""Every type of page in every state, as readers meet it: fits, breaks no rule of accessibility, and is kept as a picture.
Then the article, closely: it has every block.

The pictures stand in `var/test/screenshots/pages/` after the run: phone and desktop, light and dark.
"""

from __future__ import annotations

import gzip
import re
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.template.loader import render_to_string
from playwright.sync_api import Browser, BrowserContext, Page, expect

from config.static_files import whole_sheet
from tests.browser.accessibility import COLOURS, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

WIDTHS = (320, 768, 1280, 1440)
JUDGED_AT = (320, 1280)
BUDGET_HTML_AND_CSS = 14 * 1024  # bytes, compressed, before pictures
BUDGET_JAVASCRIPT = 3 * 1024


@pytest.fixture
def visit(page: Page):
    """Opens an address of the site. Nothing there is broken, so the page for that is put in its place."""
    broken = render_to_string("500.html")

    def visit(address: str) -> None:
        # Only for the one address: a route, wherever it leads, keeps the browser from caching what pages share.
        if address.endswith("/broken/"):
            page.route(
                address,
                lambda route: route.fulfill(status=500, content_type="text/html", body=broken),
                times=1,
            )
        page.goto(address)

    return visit


def overflow(page: Page) -> int:
    """How far the page is wider than its window, in CSS pixels."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


LOAD_PICTURES = """() => Promise.all([...document.images].map(image => {
    image.loading = "eager"
    return image.decode().catch(() => {})
}))"""


def test_every_page_fits_breaks_no_rule_and_is_kept_as_a_picture(page: Page, site, visit, screenshots: Path):
    folder = screenshots / "pages"
    folder.mkdir(exist_ok=True)
    for name, path in site.items():
        visit(path)
        page.evaluate(LOAD_PICTURES)
        for width, (scheme, rules) in product(WIDTHS, (("light", ()), ("dark", COLOURS))):
            where = f"{name}, {width} {scheme}"
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert overflow(page) <= 0, where
            if width in JUDGED_AT:
                assert violations(page, rules=rules) == [], where
                picture = folder / f"{name}-{width}-{scheme}.jpg"
                page.screenshot(path=picture, full_page=True, type="jpeg", quality=60)


def test_no_page_needs_to_be_scrolled_sideways_when_it_is_enlarged_to_twice_its_size(page: Page, site, visit):
    for name, path in site.items():
        page.set_viewport_size({"width": 640, "height": 400})  # 1,280 by 800 at 200 %
        visit(path)
        assert overflow(page) <= 0, f"{name}, the whole page enlarged"
        page.evaluate("document.documentElement.style.fontSize = '200%'")  # the text alone
        assert overflow(page) <= 0, f"{name}, the text enlarged"


def test_the_whole_visit_can_be_made_with_the_keyboard(page: Page, site, visit):
    page.emulate_media(reduced_motion="reduce")
    visit(site["article"])
    reachable = page.locator("a[href], button, input, [tabindex='0']").locator("visible=true").count()
    seen: list[str] = []
    for _ in range(reachable):
        page.keyboard.press("Tab")
        shown, name = page.evaluate(
            """() => {
                const at = document.activeElement, box = at.getBoundingClientRect(), after = getComputedStyle(at, "::after")
                const outlined = [getComputedStyle(at), after].some(s => s.outlineStyle !== "none" && s.outlineWidth !== "0px")
                const inView = box.bottom > 0 && box.top < innerHeight
                return [outlined && inView, at.innerText || at.getAttribute("aria-label") || at.name]
            }"""
        )
        assert shown, f"the focus cannot be seen on {name!r}"
        seen.append(" ".join(name.split()))
    assert seen[0] == "Skip to content"
    order = [
        next(n for n, name in enumerate(seen) if wanted in name)
        for wanted in ("About Dr", "Buy from", "Back to top")
    ]
    assert order == sorted(order)
    page.get_by_role("link", name="About Dr").first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/reviewers/jamie-clinician/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Jamie Clinician")


@pytest.fixture
def without_script(browser: Browser) -> BrowserContext:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="en-GB"
    )
    yield context
    context.close()


def test_nothing_is_lost_without_javascript(without_script: BrowserContext, site):
    page = without_script.new_page()
    page.goto(site["article"])
    box = page.locator(".product").first
    expect(box.get_by_role("heading", name="Ships to the UK")).to_be_visible()
    expect(box.get_by_text("Ships to the USA")).to_be_visible()
    page.get_by_role("button", name="Shops in the USA").click()
    expect(page).to_have_url(re.compile(r"\?region=US$"))
    expect(page.locator(".product").first.get_by_role("heading", name="Ships to the USA")).to_be_visible()
    page.get_by_role("link", name="Report a problem").first.click()
    expect(page.get_by_role("heading", level=1, name="Report a problem")).to_be_visible()


def test_nothing_moves_for_who_asks_for_less_motion(page: Page, site, visit):
    page.emulate_media(reduced_motion="reduce")
    visit(site["article"])
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter(element => {
            const style = getComputedStyle(element)
            return style.scrollBehavior === "smooth" || style.animationName !== "none" || parseFloat(style.transitionDuration) > 0
        }).map(element => element.outerHTML.slice(0, 80))"""
    )
    assert moving == []


def test_what_colour_says_is_said_by_lines_where_the_system_paints(
    page: Page, site, visit, screenshots: Path
):
    page.emulate_media(forced_colors="active")
    visit(site["article"])
    for bounded in (".review", ".product__card", ".offers .button", ".notice--safety", ".compare__row"):
        sides = page.locator(bounded).first.evaluate(
            "e => { const s = getComputedStyle(e); return ['Top', 'Bottom'].map(side => s[`border${side}Style`] + s[`border${side}Width`]) }"
        )
        assert any(side.startswith("solid") and side != "solid0px" for side in sides), bounded
    assert violations(page) == []
    page.screenshot(path=screenshots / "pages" / "article-forced-colours.png", full_page=True)


def test_a_comparison_is_a_table_where_there_is_room_and_cards_on_a_phone(page: Page, site, visit):
    visit(site["article"])
    table = page.get_by_role("table", name=re.compile("^Three supports"))
    expect(table.get_by_role("columnheader")).to_have_count(4)
    expect(table.get_by_role("rowheader")).to_have_count(4)
    first = table.get_by_role("row").nth(1).get_by_role("cell")
    tops = [cell.bounding_box()["y"] for cell in first.all()]
    assert len(set(tops)) == 1, "side by side"
    page.set_viewport_size({"width": 390, "height": 844})
    tops = [cell.bounding_box()["y"] for cell in first.all()]
    assert tops == sorted(set(tops)), "one below the other"
    expect(table.get_by_role("rowheader")).to_have_count(4)


def test_every_control_is_large_enough_for_a_thumb_and_every_shop_link_has_a_name_of_its_own(
    page: Page, site, visit
):
    visit(site["article"])
    page.set_viewport_size({"width": 390, "height": 844})
    boxes = page.locator(".button, button, .site-nav a, .beside a, .back-to-top a").locator("visible=true")
    small = [
        each.inner_text()
        for each in boxes.all()
        if min(each.bounding_box()[side] for side in ("width", "height")) < 44
    ]
    assert small == []
    for block_of_products in page.locator(".product").all():
        names = [link.inner_text() for link in block_of_products.locator(".offer__button").all()]
        assert len(names) == len(set(names))
        assert all("paid link" in name for name in names)


def test_the_page_is_light(client, site):
    """Counted as sent: compressed, with the CSS as `collectstatic` keeps it."""
    html = client.get(site["article"]).content.decode()
    static = Path(site_settings.STATICFILES_DIRS[0])
    sheets = re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"', html)
    scripts = re.findall(r'<script src="/static/([^"]+)"', html)
    css = [
        whole_sheet((static / sheet).read_text(), lambda name: (static / "css" / name).read_text())
        for sheet in sheets
    ]
    weights = {"html": packed(html)} | {sheet: packed(text) for sheet, text in zip(sheets, css, strict=True)}
    assert sheets, "the page has a style"
    assert sum(weights.values()) <= BUDGET_HTML_AND_CSS, weights
    assert sum(packed((static / script).read_text()) for script in scripts) <= BUDGET_JAVASCRIPT


def packed(text: str) -> int:
    return len(gzip.compress(text.encode(), 6))


# --- the article ----------------------------------------------------------------------------------

SCREENS = [
    {"width": 320, "height": 640},
    {"width": 390, "height": 844},
    {"width": 768, "height": 1024},
    {"width": 1440, "height": 900},
]


def test_the_page_asks_nobody_else_for_anything_and_complains_of_nothing(page: Page, site, server):
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(site["article"], wait_until="networkidle")
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


def test_nothing_moves_while_the_page_loads(page: Page, site):
    for screen in SCREENS:
        page.set_viewport_size(screen)
        page.goto(site["article"], wait_until="networkidle")
        page.mouse.wheel(0, 20_000)
        page.wait_for_timeout(200)
        assert page.evaluate(LAYOUT_SHIFT) == 0, screen


# A page that comes in pieces is its beginning, then a longer one: taken back from the end, block by block.
MOVED = """() => {
    const body = document.body
    const at = element => { const box = element.getBoundingClientRect(); return [box.x, box.y + scrollY, box.width, box.height] }
    const seen = [...body.querySelectorAll("*:not(svg *, caption)")].filter(e => !e.matches("a span, button span"))
    const whole = new Map(seen.map(element => [element, at(element)]))
    const moved = new Set()
    for (const last of [...body.querySelectorAll("article, div, form, h1, h2, h3, li, main, nav, p, section, td, tr, ul")].reverse()) {
        const rest = new Range()
        rest.setStartBefore(last)
        rest.setEndAfter(body.lastChild)
        rest.deleteContents()
        for (const [element, [x, y]] of whole) {
            if (!element.isConnected) { whole.delete(element); continue }
            const [left, top, width, height] = at(element)
            const filled = element.textContent.trim() || element.querySelector("img, input") || element.matches("img, input")
            if (filled && width && height && Math.max(Math.abs(left - x), Math.abs(top - y)) >= 3)
                moved.add(`${element.outerHTML.slice(0, 80)} … until ${last.outerHTML.slice(0, 80)}`)
        }
    }
    return [...moved].slice(0, 20)
}"""


@pytest.mark.parametrize("kind", ["home", "body-area", "article"])
def test_what_has_come_of_a_page_stays_where_it_is_when_the_rest_comes(page: Page, site, kind):
    for screen in SCREENS:
        page.set_viewport_size(screen)
        page.goto(site[kind])
        page.evaluate(LOAD_PICTURES)
        assert page.evaluate(MOVED) == [], screen


def test_the_keyboard_reaches_the_text_first_and_the_focus_is_seen(page: Page, site):
    page.goto(site["article"])
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["height"] >= 24
    assert skip.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_contents_lead_to_their_sections(page: Page, site):
    page.goto(site["article"])
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Supports").click()
    expect(page.get_by_role("heading", name="Supports", exact=True)).to_be_in_viewport()


def test_a_reader_sees_who_vouches_and_that_links_are_paid_before_the_text(page: Page, site):
    page.goto(site["article"])
    byline = page.locator(".byline")
    expect(byline).to_contain_text("Medically reviewed by Dr")
    expect(byline).to_contain_text("Next review due")
    expect(byline.get_by_role("link", name="How we review")).to_be_visible()
    disclosure, body = page.locator(".disclosure"), page.locator(".article__body")
    assert disclosure.bounding_box()["y"] < body.bounding_box()["y"]


def test_a_line_of_text_is_neither_short_nor_long(page: Page, site):
    page.goto(site["article"])
    text = page.locator(".article__body > p").first
    lines = text.evaluate(
        "element => element.offsetHeight / parseFloat(getComputedStyle(element).lineHeight)"
    )
    assert 55 <= len(text.inner_text()) / lines <= 75


def test_an_article_prints_without_boxes_and_adverts(page: Page, site):
    page.goto(site["article"])
    page.emulate_media(media="print")
    for unprinted in (".product", ".advert", ".site-nav", ".contents", ".related"):
        expect(page.locator(unprinted).first).to_be_hidden()
    expect(page.get_by_role("heading", name="Hamstring strain")).to_be_visible()
    expect(page.locator(".review")).to_be_visible()
