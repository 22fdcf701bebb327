"""The blocks that place products: what editors may choose, and what readers are shown."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.blocks import ArticleBody
from products.blocks import placed_product_ids
from products.examples import example, examples, states
from products.models import Offer
from products.shelf import stock_shelf
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    ProductFactory,
    RegionFactory,
    RetailerFactory,
    block,
    paragraph,
    product_box,
)

NOW = timezone.now()
BODY = ArticleBody()


def comparison(*products, caption="Supports"):
    return block("comparison", {"caption": caption, "products": [product.pk for product in products]})


def words(html) -> str:
    return " ".join(html.get_text(" ").split())


def soup(client, *blocks) -> BeautifulSoup:
    return BeautifulSoup(client.get(ConditionPageFactory(blocks=blocks).url).content, "html.parser")


# --- what an editor may choose --------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("number", "allowed"), [(1, False), (2, True), (6, True), (7, False)])
def test_two_to_six_products_are_compared(number, allowed):
    products = ProductFactory.create_batch(number)
    value = BODY.to_python([comparison(*products)])
    if allowed:
        BODY.clean(value)
    else:
        with pytest.raises(ValidationError):
            BODY.clean(value)


@pytest.mark.django_db
def test_a_product_is_not_compared_with_itself():
    one, other = ProductFactory.create_batch(2)
    with pytest.raises(ValidationError):
        BODY.clean(BODY.to_python([comparison(one, other, one)]))


@pytest.mark.django_db
def test_every_product_that_a_body_places_is_found_once_and_in_order(django_assert_num_queries):
    one, two, three = ProductFactory.create_batch(3)
    body = BODY.to_python(
        [product_box(two), paragraph("Text."), comparison(one, two, three), block("product_box", {})]
    )
    with django_assert_num_queries(0):
        assert placed_product_ids(body) == [two.pk, one.pk, three.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://www.example.org/advice", True),
        ("https://www.amazon.co.uk/dp/B000000001", True),
        ("https://www.amazon.co.uk/dp/B000000001?tag=somebody-21", False),
        (
            "https://www.awin1.com/cread.php?awinmid=1&amp;awinaffid=2&amp;ued=https%3A%2F%2Fshop.example%2F",
            False,
        ),
    ],
)
def test_running_text_holds_no_link_that_pays(address, allowed):
    value = BODY.to_python([block("paragraph", f'<p>See <a href="{address}">this</a>.</p>')])
    if allowed:
        BODY.clean(value)
    else:
        with pytest.raises(ValidationError):
            BODY.clean(value)


# --- what readers are shown -----------------------------------------------------------------------


@pytest.mark.django_db
def test_a_comparison_keeps_the_rules_of_a_box(client):
    sold, sold_out = OfferFactory().product, OfferFactory().product
    gone = OfferFactory(product__withdrawn_at=NOW, product__withdrawn_reason="The strap can tear.").product
    Offer.objects.filter(product=sold_out).update(buyable="out_of_stock")
    table = soup(client, comparison(sold, gone, sold_out)).find("table")
    rows = table.find("tbody").find_all("tr")
    assert [words(row.find("th")) for row in rows] == [sold.name, gone.name, sold_out.name]
    assert len(rows[0].find_all("a")) == 1
    assert "The strap can tear." in words(rows[1])
    assert rows[1].find_all("a") == []
    assert "We know of no UK seller in stock." in words(rows[2])
    assert words(table.caption) == "Supports: whom each suits, and where to buy it"
    assert all(cell["scope"] == "col" for cell in table.thead.find_all("th"))


@pytest.mark.django_db
def test_a_comparison_costs_no_query_for_each_of_its_products(client):
    def queries(number: int) -> int:
        page = ConditionPageFactory(blocks=[comparison(*(OfferFactory().product for _ in range(number)))])
        client.get(page.url)
        with CaptureQueriesContext(connection) as seen:
            client.get(page.url)
        return len(seen)

    assert queries(6) == queries(2)


def offer_with_price(hours: float, **values) -> Offer:
    offer = OfferFactory(**values)
    at = NOW - datetime.timedelta(hours=hours)
    Offer.objects.filter(pk=offer.pk).update(price="1234.50", price_source="The shop's API", price_at=at)
    return offer


def price_of(offer: Offer):
    return stock_shelf([offer.product_id], now=NOW)[offer.product_id].regions[0].offers[0].price


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "is_shown"), [(0, True), (23.9, True), (24, False), (30, False), (-1, False)]
)
def test_a_price_is_shown_for_a_day(hours, is_shown):
    assert (price_of(offer_with_price(hours)) is not None) is is_shown


@pytest.mark.django_db
def test_a_price_without_a_source_is_never_shown():
    offer = OfferFactory(price=Decimal("9.99"))
    Offer.objects.filter(pk=offer.pk).update(price_at=NOW)
    assert price_of(offer) is None


@pytest.mark.django_db
def test_a_price_is_told_with_its_source_and_time_and_the_page_is_new_when_it_goes(client):
    offer = offer_with_price(1)
    page = ConditionPageFactory(blocks=[product_box(offer.product)])
    response = client.get(page.url)
    price = BeautifulSoup(response.content, "html.parser").find(class_="offer__price")
    assert words(price).startswith("£1,234.50 said The shop's API, ")
    assert response.context_data["changes_at"] == price_of(offer).until


@pytest.mark.django_db
def test_amazons_price_does_not_stand_beside_another_shop():
    amazon = RetailerFactory(
        region=RegionFactory(),
        domains=["amazon.co.uk"],
        checking="human",
        programme__network="amazon",
        programme__identity={"marketplace": "amazon.co.uk", "tag": "referred-21"},
    )
    offer = offer_with_price(1, retailer=amazon, destination="https://www.amazon.co.uk/dp/B000000001")
    assert price_of(offer) is not None
    OfferFactory(product=offer.product, priority=5)
    assert price_of(offer) is None


# --- previews -------------------------------------------------------------------------------------


def test_the_examples_show_every_state_without_a_database():
    names = [one.name for one in states()]
    assert len(names) == len(set(names))
    assert example().has_paid_links
    assert any(placed.product.is_withdrawn for placed in examples())
    assert any(one.withheld for one in states())


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(BODY.child_blocks))
def test_every_block_has_a_preview_for_the_editor(admin_client, name):
    block_type = BODY.child_blocks[name]
    assert block_type.is_previewable
    response = admin_client.get(f"/admin/block-preview/?id={block_type.definition_prefix}")
    assert response.status_code == 200
    html = BeautifulSoup(response.content, "html.parser")
    assert words(html.main)
    assert html.find("link", href="/static/css/article.css")
