"""What a product box may show."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from products.models import Programme
from products.shelf import PlacedProduct, stock_shelf
from tests.factories import OfferFactory, ProductFactory, ProgrammeFactory, RegionFactory, RetailerFactory

pytestmark = pytest.mark.django_db


def placed(product) -> PlacedProduct:
    return stock_shelf([product.pk], now=timezone.now())[product.pk]


def shops(product) -> dict[str, list[str]]:
    """For each region, the names on its buttons."""
    return {
        shelf.region.code: [shown.offer.retailer.name for shown in shelf.offers]
        for shelf in placed(product).regions
    }


@pytest.fixture
def us():
    return RegionFactory(code="US")


def test_the_default_region_comes_first(us):
    RegionFactory(code="AT", name="Austria")
    product = ProductFactory()
    assert next(iter(shops(product))) == "UK"


def test_each_region_has_its_own_shops_in_the_editors_order(us):
    product = ProductFactory()
    for name, region, priority in [("B", "UK", 2), ("A", "UK", 1), ("C", "US", 1)]:
        shop = RetailerFactory(name=name, region=RegionFactory(code=region), domains=["a.example"])
        OfferFactory(product=product, retailer=shop, priority=priority)
    assert shops(product) == {"UK": ["A", "B"], "US": ["C"]}


@pytest.mark.parametrize(
    "values",
    [
        {"reachable": "broken"},
        {"identity": "lost"},
        {"buyable": "out_of_stock"},
        {"buyable": "discontinued"},
        {"buyable": "different_product"},
        {"enabled": False},
        {"product__withdrawn_at": timezone.now()},
    ],
    ids=lambda values: "-".join(values),
)
def test_a_dead_offer_is_never_shown(values):
    shelf = placed(OfferFactory(**values).product).regions[0]
    assert shelf.offers == ()
    assert shelf.shops == ()
    assert shelf.is_sold_out


@pytest.mark.parametrize(
    "values",
    [{"reachable": "suspect"}, {"reachable": "unknown"}, {"identity": "handed_over"}, {"buyable": "unknown"}],
    ids=lambda values: "-".join(values.values()),
)
def test_what_is_not_known_to_be_bad_is_shown(values):
    assert len(placed(OfferFactory(**values).product).regions[0].offers) == 1


def test_the_next_healthy_shop_takes_the_place_of_a_broken_one():
    product = ProductFactory()
    OfferFactory(product=product, retailer__name="first", retailer__domains=["a.example"], reachable="broken")
    OfferFactory(product=product, retailer__name="second", retailer__domains=["b.example"], priority=1)
    assert shops(product)["UK"] == ["second"]


def test_a_broken_shop_is_never_replaced_by_one_of_another_region(us):
    product = ProductFactory()
    OfferFactory(product=product, reachable="broken")
    OfferFactory(product=product, retailer__region=us)
    assert shops(product)["UK"] == []
    assert placed(product).regions[0].is_sold_out


def test_a_shop_without_an_address_is_a_name_and_no_offer():
    offer = OfferFactory(draft=True)
    shelf = placed(offer.product).regions[0]
    assert shelf.offers == ()
    assert shelf.shops == (offer.retailer.name,)
    assert not shelf.is_sold_out


def test_an_offer_whose_programme_no_longer_makes_a_link_is_not_shown():
    offer = OfferFactory()
    Programme.objects.filter(pk=offer.retailer.programme_id).update(identity={})
    assert placed(offer.product).regions[0].offers == ()


def test_a_link_carries_our_identity():
    (shown,) = placed(OfferFactory().product).regions[0].offers
    assert shown.paid
    assert shown.address.endswith("?ref=referred")


def test_a_shop_that_pays_nothing_gets_its_plain_address_and_no_disclosure():
    offer = OfferFactory(retailer__programme=None)
    found = placed(offer.product)
    (shown,) = found.regions[0].offers
    assert shown.address == offer.destination
    assert not found.has_paid_links
    assert found.disclosure == ""


def test_the_disclosure_is_that_of_the_first_region_with_a_paid_link(us):
    us.disclosure = "Ad: we are paid."
    us.save()
    product = ProductFactory()
    OfferFactory(product=product, retailer__programme=None)
    OfferFactory(product=product, retailer__region=us)
    assert placed(product).disclosure == "Ad: we are paid."


def test_a_programmes_sentence_stands_once_however_many_its_links():
    programme = ProgrammeFactory(
        network="amazon", identity={"marketplace": "amazon.co.uk", "tag": "referred-21"}
    )
    product = ProductFactory()
    for number in (1, 2):
        shop = RetailerFactory(programme=programme)
        OfferFactory(
            product=product, retailer=shop, destination=f"https://www.amazon.co.uk/dp/B00000000{number}"
        )
    assert placed(product).statements == ("As an Amazon Associate I earn from qualifying purchases.",)


def test_each_offer_says_when_its_own_page_was_last_reached():
    now = timezone.now()
    product = ProductFactory()
    OfferFactory(product=product, last_reached_at=now - datetime.timedelta(days=5), priority=0)
    OfferFactory(product=product, priority=1)
    [uk] = [shelf for shelf in placed(product).regions if shelf.offers]
    assert [shown.checked_at for shown in uk.offers] == [now - datetime.timedelta(days=5), None]


def test_any_number_of_boxes_costs_the_same_queries():
    def queries(count: int) -> int:
        products = [OfferFactory().product.pk for _ in range(count)]
        with CaptureQueriesContext(connection) as seen:
            stock_shelf(products, now=timezone.now())
        return len(seen)

    assert queries(8) == queries(1)
