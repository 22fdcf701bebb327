"""No page with a live paid link lacks the disclosure before it: every type of page is walked, element by element."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from products import programmes
from products.models import Region
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    InformationPageFactory,
    OfferFactory,
    ProductFactory,
    RegionFactory,
    RetailerFactory,
    ReviewerFactory,
    block,
    heading,
    home_page,
    paragraph,
    product_box,
    sign_off,
)

pytestmark = pytest.mark.django_db

US_WORDS = "Ad: paid links. We earn from purchases."


def comparison(*products):
    return block("comparison", {"caption": "Supports", "products": [product.pk for product in products]})


def shop_links(html: BeautifulSoup) -> list:
    """Every link that pays: marked, led through /go/, or recognisably tracked."""
    return [
        link
        for link in html.find_all("a", href=True)
        if "sponsored" in link.get("rel", [])
        or link["href"].startswith("/go/")
        or programmes.recognise(link["href"])
    ]


def undisclosed(html: BeautifulSoup, wording: str) -> list[str]:
    """The paid links before which the wording does not stand in the order of the document."""
    return [
        str(link)
        for link in shop_links(html)
        if not any(wording in text for text in link.find_all_previous(string=True))
    ]


@pytest.fixture
def products():
    """One in both regions, one in the UK at a shop that forbids our /go/, one withdrawn, one without an address."""
    uk, us = RegionFactory(), RegionFactory(code="US")
    Region.objects.filter(pk=us.pk).update(disclosure=US_WORDS)
    amazon = RetailerFactory(
        name="Amazon.co.uk",
        region=uk,
        domains=["amazon.co.uk"],
        checking="human",
        programme__network="amazon",
        programme__identity={"marketplace": "amazon.co.uk", "tag": "referred-21"},
    )
    both, direct = ProductFactory.create_batch(2)
    OfferFactory(product=both)
    OfferFactory(product=both, retailer=RetailerFactory(region=us))
    OfferFactory(product=direct, retailer=amazon, destination="https://www.amazon.co.uk/dp/B000000001")
    gone = OfferFactory(product__withdrawn_at=timezone.now(), product__withdrawn_reason="It tears.").product
    draft = OfferFactory(draft=True).product
    return [both, direct, gone, draft]


def pages(products):
    """One of each type of page, and an article in each way to place products."""
    area = BodyAreaPageFactory()
    boxes = ConditionPageFactory(parent=area, blocks=[heading("Supports"), *map(product_box, products)])
    table = ConditionPageFactory(parent=area, blocks=[paragraph("Some help."), comparison(*products)])
    sign_off(boxes, ReviewerFactory(slug="jo"))
    return {
        "boxes": boxes.url,
        "table": table.url,
        "boxes, other region": f"{boxes.url}?region=us",
        "home": home_page().url,
        "area": area.url,
        "information": InformationPageFactory().url,
        "reviewers": reverse("reviewers"),
        "reviewer": reverse("reviewer", args=["jo"]),
        "report": reverse("report-problem"),
        "nowhere": "/no-such-page/",
    }


def test_the_disclosure_stands_before_every_paid_link_of_every_page(client, products):
    wording = Region.objects.get(code="UK").disclosure
    found = {}
    for name, address in pages(products).items():
        html = BeautifulSoup(client.get(address).content, "html.parser")
        found[name] = len(shop_links(html))
        assert undisclosed(html, wording) == [], name
        assert undisclosed(html, US_WORDS) == [], name
    assert found.pop("boxes") == found.pop("table") == found.pop("boxes, other region") == 3
    assert set(found.values()) == {0}


@pytest.mark.parametrize(
    "place", [lambda both, direct: [product_box(both)], lambda both, direct: [comparison(both, direct)]]
)
def test_a_region_without_a_disclosure_shows_its_paying_shops_without_links(client, products, place):
    Region.objects.update(disclosure=" ")
    both, direct, *_ = products
    html = BeautifulSoup(
        client.get(ConditionPageFactory(blocks=place(both, direct)).url).content, "html.parser"
    )
    assert shop_links(html) == []
    assert html.select(".disclosure, .product__label") == []
    shop = both.offers.first().retailer
    assert f"Sold by {shop.name} (UK)" in " ".join(html.find(class_="product").get_text(" ").split())


def test_a_region_with_a_disclosure_keeps_its_links_beside_one_without(client, products):
    Region.objects.filter(code="UK").update(disclosure="")
    page = ConditionPageFactory(blocks=[product_box(products[0])])
    html = BeautifulSoup(client.get(page.url).content, "html.parser")
    assert len(shop_links(html)) == 1
    assert undisclosed(html, US_WORDS) == []


def test_amazons_own_sentence_stands_before_amazons_link(client, products):
    html = BeautifulSoup(
        client.get(ConditionPageFactory(blocks=[comparison(*products)]).url).content, "html.parser"
    )
    assert undisclosed(html, "As an Amazon Associate I earn from qualifying purchases.") == []
