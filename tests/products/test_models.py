"""What editors may save: retailers, programmes and offers hold their own rules, in forms and in the database."""

import datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from products.clock import database_now
from products.models import Checking, Host, Offer, Product, Programme, Region, Retailer
from products.services import named_retailer
from tests.factories import OfferFactory, ProductFactory, ProgrammeFactory, RegionFactory, RetailerFactory

pytestmark = pytest.mark.django_db


def faults(thing) -> dict[str, str]:
    """What the admin's form would say, by field."""
    try:
        thing.full_clean()
    except ValidationError as error:
        return {name: " ".join(texts) for name, texts in error.message_dict.items()}
    return {}


def shop(**values) -> Retailer:
    values.setdefault("name", "Peak Sports")
    values.setdefault("domains", ["peaksports.co.uk"])
    return RetailerFactory(**values)


def offer(destination: str, retailer: Retailer | None = None) -> Offer:
    return Offer(product=ProductFactory(), retailer=retailer or shop(), destination=destination)


def amazon(code: str = "UK", domain: str = "amazon.co.uk", tag: str = "referred-21") -> Retailer:
    region = RegionFactory(code=code)
    programme = ProgrammeFactory(
        network="amazon", region=region, identity={"marketplace": domain, "tag": tag}
    )
    return RetailerFactory(
        name=domain, region=region, domains=[domain], programme=programme, checking=Checking.HUMAN
    )


# --- the address of an offer ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "destination",
    [
        "https://peaksports.co.uk/strap",
        "https://www.peaksports.co.uk/strap?size=m",
        "https://shop.eu.peaksports.co.uk/strap",
        "",
    ],
)
def test_an_ordinary_address_at_the_shop_is_taken_as_it_is(destination):
    made = offer(destination)
    assert faults(made) == {}
    assert made.destination == destination


@pytest.mark.parametrize(
    "destination",
    [
        "https://othersports.co.uk/strap",
        "https://peaksports.co.uk.evil.com/strap",
        "https://notpeaksports.co.uk/strap",
        "https://peaksports.com/strap",
    ],
)
def test_an_address_at_another_shop_is_refused(destination):
    assert faults(offer(destination)) == {
        "destination": "This address is not at Peak Sports (UK), whose pages live at peaksports.co.uk."
    }


@pytest.mark.parametrize(
    "destination",
    [
        "https://127.0.0.1/x", "https://10.0.0.1/x", "https://169.254.169.254/latest", "http://[::1]/", "http://localhost/x",
        "https://user:secret@peaksports.co.uk/x", "https://peaksports.co.uk:22/x", "ftp://peaksports.co.uk/x",
        "javascript:alert(1)", "https://intranet/x", "https://0x7f.1/x", "https://peaksports.co.uk/" + "x" * 2048,
    ],
)  # fmt: skip
def test_an_address_that_must_not_be_asked_is_refused(destination):
    assert set(faults(offer(destination))) == {"destination"}


def test_the_tests_own_shops_are_refused_where_the_settings_do_not_name_them():
    assert (
        "never are"
        in faults(offer("https://peak.example/strap", shop(domains=["peak.example"])))["destination"]
    )


@pytest.mark.parametrize(
    ("network", "identity", "pasted"),
    [
        ("in_house", {"value": "referred"}, "https://peaksports.co.uk/strap?size=m&ref=referred"),
        (
            "awin",
            {"merchant_id": "1", "publisher_id": "2"},
            "https://www.awin1.com/cread.php?awinmid=1&awinaffid=2&ued=https%3A%2F%2Fpeaksports.co.uk%2Fstrap%3Fsize%3Dm",
        ),
        (
            "awin",
            {"merchant_id": "1", "publisher_id": "2"},
            "https://www.awin1.com/cread.php?awinmid=1&awinaffid=999&ued=https%3A%2F%2Fpeaksports.co.uk%2Fstrap%3Fsize%3Dm",
        ),
    ],
)
def test_a_tracked_link_is_unwrapped_and_our_own_identity_is_added_when_it_is_shown(
    network, identity, pasted
):
    made = offer(pasted, shop(programme=ProgrammeFactory(network=network, identity=identity)))
    assert faults(made) == {}
    assert made.destination == "https://peaksports.co.uk/strap?size=m"
    assert "999" not in made.tracked_address()
    assert made.tracked_address() != made.destination


@pytest.mark.parametrize(
    "pasted", ["https://amzn.to/3abcdef", "https://www.awin1.com/awclick.php?mid=1&id=2"]
)
def test_a_link_that_does_not_show_where_it_leads_is_refused(pasted):
    assert "does not show where it leads" in faults(offer(pasted, shop(domains=[])))["destination"]


def test_a_shop_whose_domains_nobody_gave_takes_any_public_address():
    assert faults(offer("https://othersports.co.uk/strap", shop(domains=[]))) == {}


@pytest.mark.parametrize(
    ("retailer", "destination", "ok"),
    [
        (("UK", "amazon.co.uk", "referred-21"), "https://www.amazon.co.uk/dp/B000000001", True),
        (
            ("UK", "amazon.co.uk", "referred-21"),
            "https://www.amazon.co.uk/dp/B000000001?tag=someone-21",
            True,
        ),
        (("UK", "amazon.co.uk", "referred-21"), "https://www.amazon.com/dp/B000000001", False),
        (("US", "amazon.com", "referred-20"), "https://www.amazon.co.uk/dp/B000000001", False),
    ],
)
def test_an_amazon_link_carries_our_tag_of_its_own_marketplace_and_no_other(retailer, destination, ok):
    made = offer(destination, amazon(*retailer))
    assert (faults(made) == {}) == ok
    if ok:
        assert f"tag={retailer[2]}" in made.tracked_address()
        assert "someone" not in made.tracked_address()


def test_the_wrong_marketplace_is_refused_even_where_nobody_gave_the_shop_s_domains():
    retailer = amazon()
    retailer.domains = []
    assert set(faults(offer("https://www.amazon.com/dp/B000000001", retailer))) == {"destination"}


# --- what saving an offer does --------------------------------------------------------------------


def test_a_new_address_is_due_at_once_and_starts_from_unknown():
    made = OfferFactory(reachable="ok")
    before = made.version
    made.destination += "?size=m"
    made.save()
    made.refresh_from_db()
    assert (made.reachable, made.last_checked_at, made.version) == ("unknown", None, before + 1)
    assert made.next_check_at <= timezone.now()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_new_address_is_due_at_once_whatever_the_web_server_s_clock_says(hours):
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=hours)):
        offer = OfferFactory()
    assert abs(offer.next_check_at - database_now()) < datetime.timedelta(minutes=5)


def test_an_offer_whose_shop_may_not_be_fetched_is_never_due():
    made = OfferFactory(retailer=amazon(), destination="https://www.amazon.co.uk/dp/B000000001")
    assert made.next_check_at is None
    assert made.host.key == "amazon.co.uk"


def test_taking_the_address_away_makes_a_draft_that_is_never_due():
    made = OfferFactory()
    made.destination = ""
    made.save()
    made.refresh_from_db()
    assert (made.is_draft, made.next_check_at, made.host) == (True, None, None)


# --- retailers and programmes ---------------------------------------------------------------------


@pytest.mark.parametrize("domain", ["amazon.co.uk", "www.amazon.com", "AMAZON.DE", "smile.amazon.co.uk"])
def test_an_amazon_shop_may_not_be_fetched(domain):
    retailer = shop(domains=[domain])
    assert "forbid fetching" in faults(retailer)["checking"]
    retailer.checking = Checking.HUMAN
    assert faults(retailer) == {}


def test_a_shop_whose_programme_forbids_robots_may_not_be_fetched_whatever_its_domains():
    retailer = amazon()
    retailer.domains, retailer.checking = [], Checking.FETCH
    assert "forbid fetching" in faults(retailer)["checking"]


def test_an_address_that_robots_may_not_open_needs_a_shop_that_people_look_at():
    retailer = RetailerFactory(name="Marketplace", domains=[], programme=None)
    offer = OfferFactory.build(
        product=ProductFactory(), retailer=retailer, destination="https://www.amazon.co.uk/dp/B000000001"
    )
    with pytest.raises(ValidationError, match="Robots may not open this address"):
        offer.full_clean()
    retailer.checking = Checking.HUMAN
    offer.full_clean()


@pytest.mark.parametrize(
    ("name", "checking"),
    [("Amazon", "human"), ("Amazon UK", "human"), ("amazon.co.uk", "human"), ("Amazonia Herbs", "fetch")],
)
def test_a_shop_that_an_import_names_is_fetched_only_where_robots_may(name, checking):
    RegionFactory()
    assert named_retailer(name, "UK")[0].checking == checking


def test_an_address_of_amazon_s_that_is_there_already_waits_for_people_however_its_shop_is_checked():
    offer = OfferFactory(retailer=RetailerFactory(programme=None))
    Host.objects.filter(pk=offer.host_id).update(key="amazon.co.uk")
    assert Offer.objects.for_people(timezone.now()).filter(pk=offer.pk).exists()


def test_a_shop_that_only_sounds_like_amazon_may_be_fetched():
    assert faults(shop(domains=["notamazon.com"])) == {}


def test_domains_are_kept_in_one_form():
    retailer = shop(domains=[" PeakSports.co.uk. "])
    assert faults(retailer) == {}
    assert retailer.domains == ["peaksports.co.uk"]


def test_a_programme_serves_the_shops_of_its_own_region():
    retailer = shop(programme=ProgrammeFactory(name="Peak US", region=RegionFactory(code="US")))
    assert faults(retailer) == {"programme": "Peak US is for US, this shop is in UK."}


@pytest.mark.parametrize(
    ("pace", "ok"), [("0.1", True), ("2", True), ("0", False), ("0.09", False), ("3601", False)]
)
def test_a_shop_is_never_asked_more_than_ten_times_a_second(pace, ok):
    assert ("pace" not in faults(shop(pace=Decimal(pace)))) == ok


@pytest.mark.parametrize(
    ("network", "region", "identity", "fault"),
    [
        ("amazon", "UK", {"marketplace": "amazon.co.uk", "tag": "referred-21"}, None),
        ("amazon", "US", {"marketplace": "amazon.com", "tag": "referred-20"}, None),
        ("amazon", "UK", {"marketplace": "amazon.co.uk", "tag": "referred-20"}, "tag: "),
        ("amazon", "US", {"marketplace": "amazon.com", "tag": "referred-21"}, "tag: "),
        ("amazon", "UK", {"marketplace": "amazon.com", "tag": "referred-20"}, "marketplace: "),
        ("amazon", "UK", {"tag": "referred-21"}, "marketplace: "),
        ("amazon", "UK", {"marketplace": "amazon.co.uk", "tag": ""}, "tag: "),
        ("awin", "UK", {"merchant_id": "1", "publisher_id": "2"}, None),
        ("awin", "UK", {"merchant_id": "1"}, "publisher_id: "),
        ("in_house", "UK", {"value": "referred"}, None),
        ("in_house", "UK", {"value": 7}, "Give the identity as JSON with texts"),
        ("in_house", "UK", ["referred"], "Give the identity as JSON with texts"),
        ("in_house", "UK", "referred", "Give the identity as JSON with texts"),
    ],
)
def test_a_programme_needs_what_its_network_asks_for(network, region, identity, fault):
    programme = Programme(name="P", network=network, region=RegionFactory(code=region), identity=identity)
    found = faults(programme)
    assert found.get("identity", "").startswith(fault or "")
    assert set(found) == ({"identity"} if fault else set())


def test_a_programme_without_network_or_region_is_told_of_that_alone():
    assert set(faults(Programme(name="P", identity={"tag": "x-21"}))) == {"network", "region"}


def test_a_product_s_picture_needs_words():
    product = ProductFactory.build(picture_id=1)
    with pytest.raises(ValidationError, match="cannot see it"):
        product.clean()


# --- what the database refuses --------------------------------------------------------------------


def twice(make, **values) -> None:
    make(**values)
    make(**values)


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("offer_once_at_a_retailer", lambda: twice(OfferFactory, product=ProductFactory(), retailer=shop())),
        ("retailer_once_in_a_region", lambda: twice(RetailerFactory, name="Peak")),
        ("product_name_once", lambda: [ProductFactory(name="Strap"), ProductFactory(name="STRAP")]),
        ("one_default_region", lambda: Region.objects.create(code="DE", name="Germany", is_default=True)),
        ("region_code_once_in_any_case", lambda: Region.objects.create(code="uk", name="Elsewhere")),
        (
            "draft_offers_are_never_checked",
            lambda: Offer.objects.filter(pk=OfferFactory(draft=True).pk).update(next_check_at=timezone.now()),
        ),
    ],
)
def test_the_database_refuses_what_must_not_be(name, act):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        act()


def test_a_second_offer_at_a_shop_is_refused_in_words():
    first = OfferFactory()
    again = Offer(product=first.product, retailer=first.retailer)
    assert "has an offer at this retailer already" in faults(again)["__all__"]


def test_a_shop_with_offers_cannot_be_deleted_and_a_product_takes_its_offers_along():
    made = OfferFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        made.retailer.delete()
    made.product.delete()
    assert not Offer.objects.exists()
    assert not Product.objects.exists()
