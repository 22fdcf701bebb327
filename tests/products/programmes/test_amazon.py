import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.programmes import ProgrammeError
from products.programmes.amazon import ADAPTER, MARKETPLACES, asin, marketplace_of
from tests.products.programmes.destinations import addresses, assert_round_trip, sub_ids

UK = {"marketplace": "amazon.co.uk", "tag": "referred-21"}
US = {"marketplace": "amazon.com", "tag": "referred-20"}


@given(addresses(hosts=("www.amazon.co.uk", "amazon.co.uk", "m.amazon.co.uk")), sub_ids)
def test_a_link_gives_back_what_went_into_it(destination, sub_id):
    assert_round_trip(ADAPTER, UK, "referred-21", destination, sub_id)


@given(st.sampled_from(sorted(MARKETPLACES)))
def test_every_marketplace_builds_with_a_tag_of_its_own_suffix(domain):
    tag = f"referred-{MARKETPLACES[domain].suffix}"
    tracked = ADAPTER.build({"marketplace": domain, "tag": tag}, f"https://www.{domain}/dp/B000000001")
    assert tracked == f"https://www.{domain}/dp/B000000001?tag={tag}"


@pytest.mark.parametrize(
    ("destination", "tracked"),
    [
        (
            "https://www.amazon.co.uk/dp/B000000001?th=1&tag=other-21&psc=1#reviews",
            "https://www.amazon.co.uk/dp/B000000001?th=1&psc=1&tag=referred-21&ascsubtag=p7#reviews",
        ),
        (
            "https://www.amazon.co.uk/dp/B000000001?tag=a-21&tag=b-21&linkCode=ll1&linkId=x&ascsubtag=theirs",
            "https://www.amazon.co.uk/dp/B000000001?tag=referred-21&ascsubtag=p7",
        ),
        (
            "https://www.amazon.co.uk/s?k=knee+support&i=drugstore",
            "https://www.amazon.co.uk/s?k=knee+support&i=drugstore&tag=referred-21&ascsubtag=p7",
        ),
    ],
)
def test_another_tag_is_replaced_and_never_doubled(destination, tracked):
    assert ADAPTER.build(UK, destination, "p7") == tracked


@pytest.mark.parametrize(
    ("settings", "region", "field"),
    [
        ({"marketplace": "amazon.co.uk", "tag": "referred-20"}, "uk", "tag"),
        ({"marketplace": "amazon.com", "tag": "referred-21"}, "us", "tag"),
        (US, "uk", "marketplace"),
        (UK, "us", "marketplace"),
        (UK, "US", "marketplace"),
        ({"marketplace": "amazon.example", "tag": "referred-21"}, "uk", "marketplace"),
        ({"marketplace": "amazon.co.uk", "tag": ""}, "uk", "tag"),
        ({"marketplace": "amazon.co.uk", "tag": "referred"}, "uk", "tag"),
        ({"marketplace": "amazon.co.uk", "tag": "re&ferred-21"}, "uk", "tag"),
        ({"tag": "referred-21"}, "uk", "marketplace"),
    ],
)
def test_settings_that_do_not_fit_the_region_are_refused_at_their_field(settings, region, field):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.validate(settings, region)
    assert refusal.value.field == field
    assert refusal.value.sentence


@pytest.mark.parametrize(
    ("settings", "region"), [(UK, "uk"), (UK, "GB"), (UK, "ie"), (US, "us"), (UK, "europe")]
)
def test_settings_that_fit_the_region_pass(settings, region):
    ADAPTER.validate(settings, region)


@pytest.mark.parametrize(
    "destination",
    [
        "https://www.amazon.com/dp/B000000001",
        "https://www.amazon.co.uk.evil.example/dp/B000000001",
        "https://notamazon.co.uk/dp/B000000001",
        "https://amzn.to/3abcdef",
        "https://reader@www.amazon.co.uk/dp/B000000001",
        "https://www.amazon.co.uk/dp/B0 00",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_tag_is_never_put_on_an_address_outside_its_marketplace(destination):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.build(UK, destination)
    assert refusal.value.field == "destination"


@pytest.mark.parametrize(
    ("url", "recognised"),
    [
        ("https://www.amazon.com/dp/B000000001?tag=x-20", True),
        ("https://amzn.to/3abcdef", True),
        ("https://www.amazon.com/dp/B000000001", False),
        ("https://shop.example/?tag=x-20", False),
        ("https://[broken", False),
    ],
)
def test_only_links_with_a_tag_are_tracked_links(url, recognised):
    assert ADAPTER.recognise(url) is recognised


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.amazon.co.uk/Some-Support/dp/B000000001/ref=sr_1_1?th=1", "B000000001"),
        ("https://www.amazon.com/gp/product/B000000001", "B000000001"),
        ("https://www.amazon.com/gp/aw/d/1234567890?x=1", "1234567890"),
        ("https://www.amazon.com/gp/offer-listing/B000000001/ref=x", "B000000001"),
        ("https://www.amazon.com/dp/b000000001", "B000000001"),
        ("https://www.amazon.com/s?k=dp/B000000001", ""),
        ("https://shop.example/dp/B000000001", ""),
    ],
)
def test_the_asin_is_read_from_the_address(url, name):
    assert asin(url) == name


def test_a_marketplace_is_not_taken_for_a_longer_one():
    assert marketplace_of("https://www.amazon.com.au/dp/B000000001").domain == "amazon.com.au"


def test_the_programme_forbids_redirects_and_fetching_and_demands_its_sentence():
    assert not ADAPTER.allows_redirect
    assert not ADAPTER.may_be_fetched
    assert ADAPTER.statement == "As an Amazon Associate I earn from qualifying purchases."


def test_the_identity_is_proven_by_the_tag_in_the_address():
    probe = ADAPTER.expectation(UK)
    assert probe.is_proven_at(ADAPTER.build(UK, "https://www.amazon.co.uk/dp/B000000001"))
    assert not probe.is_proven_at("https://www.amazon.co.uk/dp/B000000001")
    assert probe.is_lost_at("https://www.amazon.co.uk/dp/B000000001?tag=other-21")
