import pytest
from hypothesis import given

from products.programmes import Link, ProgrammeError
from products.programmes.impact import ADAPTER
from tests.products.programmes.destinations import addresses, assert_round_trip, sub_ids

OURS = {"host": "brand.pxf.io", "partner_id": "123456", "ad_id": "264167", "campaign_id": "4272"}
VANITY = OURS | {"host": "goto.brand.example"}


@given(addresses(), sub_ids)
def test_a_link_gives_back_what_went_into_it(destination, sub_id):
    assert_round_trip(ADAPTER, OURS, "123456", destination, sub_id)


@given(addresses(), sub_ids)
def test_a_link_on_the_brands_own_host_gives_back_what_went_into_it(destination, sub_id):
    assert_round_trip(ADAPTER, VANITY, "123456", destination, sub_id)


def test_the_link_is_of_the_networks_form():
    assert ADAPTER.build(OURS, "https://shop.example/a?b=c", "p7") == (
        "https://brand.pxf.io/c/123456/264167/4272?subId1=p7&u=https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc"
    )


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://brand.evyy.net/c/1/2/3", Link("impact", "1", "", "")),
        ("https://brand.sjv.io/AbC12", Link("impact", "", "", "")),
        ("https://shop.example/c/1/2/3", None),
        ("https://shop.example/c/1/2/3?u=me", None),
        ("https://brand.pxf.io/i/1/2/3", None),
    ],
)
def test_other_forms_are_read_and_shops_paths_are_left_alone(url, link):
    assert ADAPTER.parse(url) == link


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"host": "https://brand.pxf.io"}, "host"),
        ({"host": "brand"}, "host"),
        ({"partner_id": "1/2"}, "partner_id"),
        ({"ad_id": ""}, "ad_id"),
        ({"campaign_id": "x"}, "campaign_id"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_at_their_field(changed, field):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.validate(OURS | changed, "us")
    assert refusal.value.field == field


@pytest.mark.parametrize("settings", [OURS, VANITY])
def test_the_grades_of_identity_are_told_apart(settings):
    probe = ADAPTER.expectation(settings)
    hop = ADAPTER.build(settings, "https://shop.example/a")
    assert probe.is_handed_over_at(hop)
    assert not probe.is_handed_over_at(hop.replace("/c/123456/", "/c/99/"))
    assert probe.is_proven_at("https://shop.example/a?irclickid=x")
    assert not probe.is_proven_at("https://shop.example/a")
