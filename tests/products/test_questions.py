"""Questions that are compiled once give what the querysets give, whatever values they are asked with."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from products.models import Offer, Product
from products.questions import Question
from tests.factories import OfferFactory, ProductFactory, RegionFactory, RetailerFactory

pytestmark = pytest.mark.django_db


def test_each_call_asks_with_its_own_values_and_compiles_once():
    made = []

    def ask(name, keys):
        made.append(name)
        return Product.objects.filter(Q(name=name) | Q(pk__any_of=keys)).order_by("name")

    question = Question(ask)
    a, b, c = (ProductFactory(name=name) for name in "ABC")
    assert question("A", [c.pk]) == [a, c]
    assert question("B", []) == [b]
    assert question("none", [a.pk, b.pk, c.pk]) == [a, b, c]
    assert len(made) == 1


def test_an_answer_is_of_now():
    question = Question(lambda key: Product.objects.filter(pk=key))
    product = ProductFactory(name="Before")
    assert question(product.pk)[0].name == "Before"
    Product.objects.update(name="After")
    assert question(product.pk)[0].name == "After"
    product.delete()
    assert question(product.pk) == []


def test_related_objects_come_along_and_nothing_more_is_asked():
    question = Question(
        lambda keys: Offer.objects.filter(product_id__any_of=keys).select_related(
            "retailer__region", "product"
        )
    )
    shop = RetailerFactory(name="Shop", region=RegionFactory(code="US"))
    offers = [OfferFactory(retailer=shop), OfferFactory()]
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            found = question([offers[0].product_id])
            assert [(one.retailer.name, one.retailer.region.code) for one in found] == [("Shop", "US")]
            assert found[0].product == offers[0].product
        assert len(seen) == 1


def test_rows_may_be_plain_values():
    question = Question(lambda key: Product.objects.filter(pk=key).values_list("name", "pros"))
    product = ProductFactory(name="A", pros=["Light"])
    assert question(product.pk) == [("A", ["Light"])]


@pytest.mark.parametrize("wanted", ["50%", "a_b", "back\\slash", "it's", ""])
def test_the_text_of_a_beginning_is_no_pattern(wanted):
    question = Question(lambda start: Product.objects.filter(name__startswith=start).order_by("name"))
    ProductFactory(name="500")
    ProductFactory(name="aXb")
    ProductFactory(name=f"{wanted} more")
    assert question(wanted) == list(Product.objects.filter(name__startswith=wanted).order_by("name"))


def test_nothing_is_equal_to_none():
    question = Question(lambda key: Product.objects.filter(pk=key))
    ProductFactory()
    assert question(None) == []
    assert question(Product.objects.get().pk) == [Product.objects.get()]


def test_a_value_that_is_looked_at_is_refused():
    question = Question(lambda key: Product.objects.filter(pk=key + 1))
    with pytest.raises(TypeError, match="elsewhere"):
        question(1)
