"""What readers get of an article: the rules of its HTML."""

from __future__ import annotations

import datetime
import json

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.blocks import ArticleBody, anchored
from articles.models import ConditionPage, ImportedReview, PublisherSettings
from articles.templatetags.article_tags import json_ld
from tests.factories import (
    AuthorFactory,
    BodyAreaPageFactory,
    ConditionPageFactory,
    InformationPageFactory,
    OfferFactory,
    ProductFactory,
    RetailerFactory,
    ReviewTierFactory,
    block,
    heading,
    home_page,
    paragraph,
    product_box,
    sign_off,
)

TODAY = timezone.localdate()
WITHHELD = "Buying links are withheld until this article has been reviewed again."


def soup(client, page) -> BeautifulSoup:
    response = client.get(page.url)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def preview(rf, page) -> BeautifulSoup:
    """What an editor sees of a page while they edit it."""
    request = rf.get(page.url)
    request.is_preview = True
    response = page.serve_preview(request, mode_name="")
    return BeautifulSoup(response.render().content, "html.parser")


def words(element) -> str:
    return " ".join(element.get_text(" ").split())


def days_ago(days: int) -> datetime.date:
    return TODAY - datetime.timedelta(days=days)


# --- headings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "anchors"),
    [
        (["Symptoms", "Treatment"], ["symptoms", "treatment"]),
        (["Symptoms", "Symptoms", "Symptoms"], ["symptoms", "symptoms-2", "symptoms-3"]),
        (["Symptoms", "Symptoms 2", "Symptoms"], ["symptoms", "symptoms-2", "symptoms-3"]),
        (["Main", "Top", "On this page"], ["main-2", "top-2", "on-this-page-2"]),
        (["???", "!!!"], ["section", "section-2"]),
    ],
)
def test_each_heading_gets_an_anchor_of_its_own(texts, anchors):
    body = ArticleBody().to_python([heading(text) for text in texts])
    assert [anchor for _, anchor in anchored(body)] == anchors


def test_blocks_that_are_no_headings_get_no_anchor():
    body = ArticleBody().to_python([paragraph("Symptoms"), heading("Symptoms")])
    assert [anchor for _, anchor in anchored(body)] == ["", "symptoms"]


@pytest.mark.django_db
def test_no_id_stands_twice_and_each_line_of_the_contents_leads_somewhere(client):
    texts = ["Symptoms", "Treatment", "Symptoms", "Related articles", "Main"]
    page = ConditionPageFactory(blocks=[heading(text) for text in texts])
    ConditionPageFactory(parent=page.get_parent())  # so that there are related articles
    html = soup(client, page)
    ids = [element["id"] for element in html.find_all(id=True)]
    assert len(ids) == len(set(ids))
    contents = html.find("nav", class_="contents")
    links = [link["href"].removeprefix("#") for link in contents.find_all("a")]
    assert len(links) == len(texts)
    assert set(links) <= set(ids)


@pytest.mark.django_db
def test_sub_sections_stand_in_the_text_but_not_in_the_contents(client):
    page = ConditionPageFactory(blocks=[heading("Treatment"), heading("Ice", level=3), heading("Outlook")])
    html = soup(client, page)
    assert [words(link) for link in html.select(".contents a")] == ["Treatment", "Outlook"]
    assert html.find("h3", id="ice")


# --- links that pay -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_disclosure_stands_before_the_first_paid_link(client):
    offer = OfferFactory()
    page = ConditionPageFactory(blocks=[product_box(offer.product)])
    html = client.get(page.url).content.decode()
    assert offer.retailer.region.disclosure in html
    assert html.index('class="disclosure"') < html.index('rel="sponsored')


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [{"draft": True}, {"retailer__programme": None}, {"enabled": False}],
    ids=["draft", "unpaid", "disabled"],
)
def test_an_article_without_a_paid_link_has_no_disclosure(client, values):
    offer = OfferFactory(**values)
    html = soup(client, ConditionPageFactory(blocks=[product_box(offer.product)]))
    assert html.select(".disclosure, .product__label") == []
    assert "sponsored" not in str(html)


@pytest.mark.django_db
def test_a_paid_link_says_so_to_readers_and_to_search_engines(client):
    offer = OfferFactory()
    html = soup(client, ConditionPageFactory(blocks=[product_box(offer.product)]))
    (link,) = html.select(".offers a")
    assert link["href"].startswith(f"/go/{offer.pk}/?p=")
    assert link["rel"] == ["sponsored", "nofollow", "noopener"]
    assert words(link).startswith(f"Buy from {offer.retailer.name} (UK) paid link")


@pytest.mark.django_db
def test_buttons_of_different_products_have_different_names(client):
    shop = RetailerFactory()
    products = ProductFactory.create_batch(3)
    for product in products:
        OfferFactory(product=product, retailer=shop)
    html = soup(client, ConditionPageFactory(blocks=[product_box(product) for product in products]))
    names = [words(link) for link in html.select(".offers a")]
    assert len(set(names)) == 3


@pytest.mark.django_db
def test_a_shop_without_an_address_is_named_in_plain_text(client):
    offer = OfferFactory(draft=True)
    html = soup(client, ConditionPageFactory(blocks=[product_box(offer.product)]))
    assert f"{offer.retailer.name} (UK)" in words(html.find(class_="offers"))
    assert html.select(".offers a") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "health",
    [
        {"reachable": "broken"},
        {"identity": "lost"},
        {"buyable": "out_of_stock"},
        {"buyable": "discontinued"},
        {"buyable": "different_product"},
    ],
    ids=lambda health: "-".join(health.values()),
)
def test_a_bad_offer_has_no_button_and_the_box_says_that_there_is_no_seller(client, health):
    offer = OfferFactory(**health)
    html = soup(client, ConditionPageFactory(blocks=[product_box(offer.product)]))
    box = html.find(class_="product")
    assert box.find("a") is None
    assert offer.retailer.name not in words(box)
    assert "We know of no UK seller in stock." in words(box)


@pytest.mark.django_db
def test_a_withdrawn_product_shows_its_safety_notice_and_nothing_to_buy(client):
    offer = OfferFactory(
        product__withdrawn_at=timezone.now(), product__withdrawn_reason="The strap can tear."
    )
    OfferFactory(product=offer.product, draft=True)
    html = soup(client, ConditionPageFactory(blocks=[product_box(offer.product)]))
    box = html.find(class_="product")
    assert "The strap can tear." in words(box.find(class_="notice--safety"))
    assert box.select("a, .offers") == []
    assert html.select(".disclosure") == []


@pytest.mark.django_db
def test_reviewers_stand_nowhere_in_a_product_box(client):
    offer = OfferFactory()
    page = ConditionPageFactory(blocks=[product_box(offer.product)])
    review = sign_off(page)
    html = soup(client, page)
    assert review.reviewer_name in words(html.find(class_="byline"))
    assert review.reviewer_name not in words(html.find(class_="product"))


@pytest.mark.django_db
def test_an_expired_article_of_a_strict_tier_withholds_its_buying_links(client):
    strict = ReviewTierFactory(slug="strict", interval_months=12, withhold_offers=True)
    offer = OfferFactory()
    page = ConditionPageFactory(blocks=[product_box(offer.product)], review_tier=strict)
    sign_off(page, on=days_ago(800))
    html = soup(client, page)
    box = html.find(class_="product")
    assert WITHHELD in words(box)
    assert box.find("a") is None
    assert html.select(".disclosure, .product__label") == []


# --- the review line ------------------------------------------------------------------------------


def _never(page: ConditionPage) -> None:
    """Nobody ever signed."""


def _imported(page: ConditionPage) -> None:
    ImportedReview.objects.create(
        page=page, reviewer_name="Dr Old", reviewed_on=days_ago(30), source="old.txt"
    )


def _current(page: ConditionPage) -> None:
    sign_off(page)


def _overdue(page: ConditionPage) -> None:
    sign_off(page, on=days_ago(2 * 366 + 10))


def _expired(page: ConditionPage) -> None:
    sign_off(page, on=days_ago(2 * 366 + 200))


def _changed(page: ConditionPage) -> None:
    sign_off(page)
    live = ConditionPage.objects.get(pk=page.pk)
    live.standfirst = "Other words."
    live.save_revision().publish()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("happened", "badge", "said"),
    [
        (_never, False, "Not yet medically reviewed."),
        (_imported, False, "not verified by us."),
        (_current, True, "Medically reviewed by Dr"),
        (_overdue, True, "This review was due on"),
        (_expired, False, "Not medically reviewed since"),
        (_changed, False, "Edited since its medical review on"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_only_a_review_that_is_true_today_looks_like_a_badge(client, happened, badge, said):
    page = ConditionPageFactory()
    happened(page)
    html = soup(client, page)
    line = html.find(class_="review")
    assert said in words(line)
    assert ("review--badge" in line["class"]) is badge
    assert bool(line.find(class_="review__tick")) is badge
    assert ("HCPC PH" in words(line)) is badge
    assert ("reviewedBy" in str(html)) is badge


@pytest.mark.django_db
def test_the_byline_leads_to_how_we_review_where_there_is_such_a_page(client):
    page = ConditionPageFactory(authors=[AuthorFactory(name="Ann Example")])
    assert soup(client, page).select(".review a") == []
    how = InformationPageFactory(title="How we review", slug="how-we-review")
    html = soup(client, page)
    assert [link["href"] for link in html.select(".review a")] == [how.url]
    assert "Written by Ann Example (Health writer)" in words(html.find(class_="byline"))


# --- blocks ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_readers_see_a_link_to_a_live_article_and_no_word_of_a_planned_one(client, rf):
    chosen = ConditionPageFactory(title="Sciatica")
    draft = ConditionPageFactory(title="Gout")
    draft.unpublish()
    page = ConditionPageFactory(
        blocks=[
            block("see_also", {"topic": "sciatica", "page": chosen.pk}),
            block("see_also", {"topic": "gout", "page": draft.pk}),
            block("see_also", {"topic": "sore knees", "page": None}),
        ]
    )
    html = soup(client, page)
    assert [(link["href"], words(link)) for link in html.select(".see-also a")] == [
        (chosen.url, "Read more on sciatica")
    ]
    assert "sore knees" not in words(html)
    notes = [words(note) for note in preview(rf, page).select(".editors-note")]
    assert notes == ["Planned: Read more on gout", "Planned: Read more on sore knees"]


@pytest.mark.django_db
def test_a_planned_topic_leads_to_the_live_page_of_that_title():
    target = ConditionPageFactory(title="Slipped Disc")
    see_also = ArticleBody().to_python([block("see_also", {"topic": "slipped Disc ", "page": None})])[0]
    assert target.url in see_also.render({"topic_pages": {"slipped disc": target}})


@pytest.mark.django_db
def test_a_picture_that_is_wanted_shows_its_caption_and_asks_editors_for_it(client, rf):
    value = {"picture": None, "alt_text": "", "caption": "The slump test"}
    page = ConditionPageFactory(blocks=[block("picture", value)])
    html = soup(client, page)
    assert words(html.find("figure")) == "The slump test"
    assert words(preview(rf, page).find("figure")) == "Picture needed The slump test"


@pytest.mark.django_db
def test_advert_slots_are_empty_until_a_publisher_fills_them_and_labelled_then(client):
    page = ConditionPageFactory(blocks=[block("advert", None), block("promotion", None)])
    assert soup(client, page).select(".advert") == []
    own = PublisherSettings.for_site(home_page().get_site())
    own.house_advert, own.promotion = "Our letter", "Get our app"
    own.save()
    assert [words(slot) for slot in soup(client, page).select(".advert")] == [
        "Advert Our letter",
        "Advert Get our app",
    ]


@pytest.mark.django_db
def test_markup_in_a_heading_or_a_list_is_shown_and_never_run(client):
    hostile = "<script>alert(1)</script>"
    points = {"lead_in": hostile, "ordered": False, "items": [{"text": "<p>One</p>", "children": [hostile]}]}
    page = ConditionPageFactory(
        title=hostile, slug="hostile", blocks=[heading(hostile), block("points", points)]
    )
    assert hostile not in client.get(page.url).content.decode()


# --- the whole page -------------------------------------------------------------------------------


def test_no_text_can_leave_the_json_ld_script():
    data = {"name": "</script><script>alert(1)</script><!-- & -->"}
    element = json_ld(data)
    assert element.count("<") == 2  # the element's own two tags
    text = element.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert json.loads(text) == data


@pytest.mark.django_db
def test_a_page_for_a_reader_sets_no_cookie_and_varies_on_none(client):
    response = client.get(ConditionPageFactory().url)
    assert response.cookies == {}
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.django_db
def test_more_boxes_and_headings_cost_no_more_queries(client):
    def queries(boxes: int) -> int:
        products = [OfferFactory().product for _ in range(boxes)]
        page = ConditionPageFactory(
            blocks=[part for product in products for part in (heading(product.name), product_box(product))]
        )
        client.get(page.url)
        with CaptureQueriesContext(connection) as seen:
            client.get(page.url)
        return len(seen)

    assert queries(6) == queries(1)


@pytest.mark.django_db
def test_related_articles_are_neighbours_and_each_shows_its_standfirst(client):
    area = BodyAreaPageFactory(title="Knee")
    page = ConditionPageFactory(parent=area)
    ConditionPageFactory(parent=area, title="Bursitis", standfirst="A swollen cushion.")
    ConditionPageFactory(title="Far away")
    cards = [words(card) for card in soup(client, page).select(".related .card")]
    assert cards == ["Bursitis A swollen cushion."]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "factory", [home_page, BodyAreaPageFactory, InformationPageFactory, ConditionPageFactory]
)
def test_every_kind_of_page_says_where_it_lives_and_what_it_is(client, factory):
    html = soup(client, page := factory())
    assert html.find("link", rel="canonical")["href"] == page.full_url
    assert page.title in html.title.text
    assert html.find("meta", property="og:title")["content"] == page.title
    assert len(html.find_all("h1")) == 1


def test_the_pages_for_errors_need_no_database(client, settings):
    from django.template.loader import render_to_string

    for name in ("404.html", "500.html"):
        html = BeautifulSoup(render_to_string(name), "html.parser")
        assert html.find("a", href="/")
        assert len(html.find_all("h1")) == 1
