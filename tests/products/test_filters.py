"""The filter by shop, which has to stay quick with thousands of them."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from products.filters import RetailerFilter
from products.health_desk import LinkHealthFilterSet
from products.models import Offer
from tests.factories import OfferFactory, RetailerFactory

pytestmark = pytest.mark.django_db


def test_shops_are_named_as_they_name_themselves_and_the_chosen_one_is_selected():
    RetailerFactory(name="B & Q <Bath>")
    chosen = RetailerFactory()
    field = RetailerFilter(field_name="retailer").field
    markup = field.widget.render("retailer", str(chosen.pk), {"id": "shop"})
    assert markup.startswith('<select id="shop" name="retailer"><option value="">')
    assert "B &amp; Q &lt;Bath&gt; (UK)</option>" in markup
    assert f'<option value="{chosen.pk}" selected>{chosen}</option>' in markup
    assert markup.count(" selected") == 1


def test_all_shops_cost_one_query(django_assert_num_queries):
    RetailerFactory.create_batch(3)
    field = RetailerFilter(field_name="retailer").field
    with django_assert_num_queries(1):
        assert field.widget.render("retailer", "").count("<option") == 4


def test_a_shop_that_does_not_exist_is_no_choice():
    offer = OfferFactory()
    ours = LinkHealthFilterSet(
        QueryDict(f"show=all&retailer={offer.retailer_id}"), queryset=Offer.objects.all()
    )
    assert list(ours.qs) == [offer]
    assert not LinkHealthFilterSet(
        QueryDict("show=all&retailer=999"), queryset=Offer.objects.all()
    ).is_valid()
