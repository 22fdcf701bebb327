"""Where products stand: live pages and drafts, for shops and offers too, and who is told what."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from articles.models import ConditionPage
from products.models import Offer, Product, Retailer
from products.where_used import FEW, uses_of
from tests.desk import COMMERCIAL, EDITORS, desk_of, text_of
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    OfferFactory,
    ProductFactory,
    block,
    paragraph,
    product_box,
)

pytestmark = pytest.mark.django_db


def article(title: str, *blocks) -> ConditionPage:
    return ConditionPageFactory(title=title, blocks=blocks)


def save_draft(page: ConditionPage, *blocks) -> None:
    """A newer draft, as the editor saves one."""
    draft = page.get_latest_revision_as_object()
    draft.body = json.dumps(list(blocks))
    draft.save_revision()


def never_published(title: str) -> ConditionPage:
    area = BodyAreaPageFactory()
    return area.add_child(instance=ConditionPage(title=title, live=False))


def said_of(product: Product) -> list[tuple[str, str]]:
    return [(use.page.title, use.standing) for use in uses_of([product.pk])]


def test_live_pages_and_every_kind_of_draft_are_found():
    product, other = ProductFactory(), ProductFactory()
    article("Live", product_box(product))
    save_draft(article("Taken out", product_box(product)), paragraph("Nothing."))
    save_draft(article("Put in", product_box(other)), product_box(product))
    save_draft(never_published("New"), product_box(product))
    save_draft(article("Elsewhere", product_box(other)), paragraph(f"The number {product.pk}."))
    assert said_of(product) == [
        ("Live", "Live"),
        ("Taken out", "Live; taken out in the draft"),
        ("New", "Draft"),
        ("Put in", "Draft of a live page"),
    ]
    many = [product.pk, *range(other.pk + 1, other.pk + 1 + FEW)]
    assert uses_of(many) == uses_of([product.pk]), "many products are looked for in another way"


def test_a_draft_that_was_overtaken_counts_no_more():
    product = ProductFactory()
    page = never_published("New")
    save_draft(page, product_box(product))
    save_draft(page, paragraph("Nothing."))
    assert said_of(product) == []


def test_an_unpublished_page_is_a_draft_again():
    product = ProductFactory()
    page = article("Gone", product_box(product))
    page.unpublish()
    assert said_of(product) == [("Gone", "Draft")]


def test_a_comparison_names_its_products():
    products = ProductFactory.create_batch(2)
    value = {"caption": "Two supports", "products": [block("item", one.pk) for one in products]}
    page = article("Compared")
    save_draft(page, block("comparison", value))
    assert said_of(products[1]) == [("Compared", "Draft of a live page")]


def test_the_queries_do_not_depend_on_how_much_there_is(django_assert_max_num_queries):
    products = ProductFactory.create_batch(3)
    for number in range(4):
        save_draft(article(f"Article {number}", product_box(products[0])), *map(product_box, products))
    keys = [product.pk for product in products]
    uses_of(keys)  # content types are asked for once
    with django_assert_max_num_queries(4):
        assert len(uses_of(keys)) == 4


@pytest.mark.parametrize("thing", [Product, Offer, Retailer])
def test_each_has_a_page_and_a_panel_that_tell(thing):
    offer = OfferFactory(product__name="Thigh strap")
    page = article("Hamstring strain", product_box(offer.product))
    subject = {Product: offer.product, Offer: offer, Retailer: offer.retailer}[thing]
    editor, viewset = desk_of(EDITORS), thing.snippet_viewset
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    for view in ("usage", "edit"):
        seen = text_of(editor.get(reverse(viewset.get_url_name(view), args=[subject.pk])))
        assert "Hamstring strain" in seen
        assert address in seen


def test_a_draft_is_named_only_to_who_may_edit_it():
    product = ProductFactory()
    published = article("Hamstring strain", product_box(product))
    save_draft(never_published("Secret plan"), product_box(product))
    seen = text_of(
        desk_of(COMMERCIAL).get(reverse(Product.snippet_viewset.get_url_name("usage"), args=[product.pk]))
    )
    assert "Hamstring strain" in seen
    assert published.get_url() in seen
    assert "Secret plan" not in seen
    assert "A draft that you may not see" in seen
