import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.programmes import Link, ProgrammeError
from products.programmes.in_house import ADAPTER
from tests.products.programmes.destinations import addresses, assert_round_trip, sub_ids

OURS = {"parameter": "ref", "value": "referred", "sub_id_parameter": "sub"}
SHOPIFY = {"parameter": "sca_ref", "value": "1234.aBc"}


@given(addresses(), sub_ids, st.sampled_from(["ref", "sca_ref", "partner-id", "aff.code"]))
def test_a_link_gives_back_what_went_into_it(destination, sub_id, parameter):
    assert_round_trip(ADAPTER, OURS | {"parameter": parameter}, "referred", destination, sub_id)


@pytest.mark.parametrize(
    ("settings", "destination", "tracked"),
    [
        (OURS, "https://shop.example/a?b=c#d", "https://shop.example/a?b=c&ref=referred&sub=p7#d"),
        (
            OURS,
            "https://shop.example/a?ref=x&b=c&ref=y&sub=z",
            "https://shop.example/a?b=c&ref=referred&sub=p7",
        ),
        (OURS, "https://shop.example/a?%72ef=x", "https://shop.example/a?ref=referred&sub=p7"),
        (SHOPIFY, "https://shop.example/a?sca_ref=9.x", "https://shop.example/a?sca_ref=1234.aBc"),
        (SHOPIFY, "https://shop.example", "https://shop.example?sca_ref=1234.aBc"),
        (SHOPIFY, "https://shop.example/a?ref=12", "https://shop.example/a?ref=12&sca_ref=1234.aBc"),
    ],
)
def test_the_identity_stands_in_the_address_once(settings, destination, tracked):
    assert ADAPTER.build(settings, destination, "p7") == tracked


@pytest.mark.parametrize(
    ("url", "settings", "link"),
    [
        ("https://shop.example/a?ref=12", None, None),
        ("https://shop.example/a?ref=x&b=c", OURS, Link("in_house", "x", "", "https://shop.example/a?b=c")),
        ("https://shop.example/a?ref=x&sub=s", OURS, Link("in_house", "x", "s", "https://shop.example/a")),
        ("https://shop.example/a?sca_ref=x", None, Link("in_house", "x", "", "https://shop.example/a")),
        ("https://shop.example/a?rfsn=1.2&b", None, Link("in_house", "1.2", "", "https://shop.example/a?b")),
        ("https://shop.example/a?ref=", OURS, None),
        ("ftp://shop.example/a?ref=x", OURS, None),
    ],
)
def test_a_bare_ref_is_an_identity_only_where_the_programme_says_so(url, settings, link):
    assert ADAPTER.parse(url, settings) == link


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"parameter": "a&b"}, "parameter"),
        ({"value": "a b"}, "value"),
        ({"value": ""}, "value"),
        ({"sub_id_parameter": "ref"}, "sub_id_parameter"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_at_their_field(changed, field):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.validate(OURS | changed, "uk")
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("landing", "proven", "lost"),
    [
        ("https://shop.example/p?REF=12345&ref=referred", True, False),  # the product's number
        ("https://shop.example/p?Ref=referred", True, False),  # a shop that writes names its own way
        ("https://shop.example/p?REF=another", False, True),
        ("https://shop.example/p?ref=referred&ref=another", False, True),
    ],
)
def test_a_parameter_in_another_case_is_ours_only_where_ours_is_not_there(landing, proven, lost):
    probe = ADAPTER.expectation({"value": "referred"})
    assert (probe.is_proven_at(landing), probe.is_lost_at(landing)) == (proven, lost)


def test_the_parameter_is_ref_unless_configured():
    settings = {"value": "referred"}
    ADAPTER.validate(settings, "uk")
    assert ADAPTER.build(settings, "https://shop.example/a?ref=x") == "https://shop.example/a?ref=referred"
    assert ADAPTER.expectation(settings).is_proven_at("https://shop.example/a?ref=referred")


def test_the_identity_is_proven_by_the_parameter_at_the_landing():
    probe = ADAPTER.expectation(OURS)
    assert probe.is_proven_at("https://shop.example/a?x=1&ref=referred")
    assert not probe.is_proven_at("https://shop.example/a?xref=referred")
    assert probe.is_lost_at("https://shop.example/a?ref=somebody")
    assert not probe.is_lost_at("https://shop.example/a")
