import pytest
from hypothesis import given

from products.programmes import Link, ProgrammeError
from products.programmes.rakuten import ADAPTER
from tests.products.programmes.destinations import addresses, assert_round_trip, sub_ids

OURS = {"publisher_id": "aB3*xY/9kLm", "merchant_id": "24513"}


@given(addresses(), sub_ids)
def test_a_link_gives_back_what_went_into_it(destination, sub_id):
    assert_round_trip(ADAPTER, OURS, "aB3*xY/9kLm", destination, sub_id)


def test_the_link_is_of_the_networks_form():
    assert ADAPTER.build(OURS, "https://shop.example/a?b=c", "p7") == (
        "https://click.linksynergy.com/deeplink?id=aB3%2AxY%2F9kLm&mid=24513&u1=p7"
        "&murl=https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc"
    )


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (
            "http://click.linksynergy.com/fs-bin/click?id=aBcDeFgHiJk&offerid=1.1&type=10&u1=x"
            "&RD_PARM1=http%253A%252F%252Fshop.example%252Fa%253Fb%253Dc",
            Link("rakuten", "aBcDeFgHiJk", "x", "http://shop.example/a?b=c"),
        ),
        (
            "https://click.linksynergy.com/link?id=aBcDeFgHiJk&offerid=1&murl=https%3A%2F%2Fshop.example%2F",
            Link("rakuten", "aBcDeFgHiJk", "", "https://shop.example/"),
        ),
        ("https://click.linksynergy.com/fs-bin/click?id=aBcDeFgHiJk", Link("rakuten", "aBcDeFgHiJk", "", "")),
        ("https://ad.linksynergy.com/fs-bin/show?id=aBcDeFgHiJk", None),
        ("https://linksynergy.com.evil.example/deeplink?id=aBcDeFgHiJk", None),
    ],
)
def test_older_forms_are_read_too(url, link):
    assert ADAPTER.parse(url) == link


@pytest.mark.parametrize(
    ("changed", "field"), [({"publisher_id": "short"}, "publisher_id"), ({"merchant_id": "x"}, "merchant_id")]
)
def test_settings_that_cannot_be_right_are_refused_at_their_field(changed, field):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.validate(OURS | changed, "us")
    assert refusal.value.field == field


def test_the_grades_of_identity_are_told_apart():
    probe = ADAPTER.expectation(OURS)
    hop = ADAPTER.build(OURS, "https://shop.example/a")
    assert probe.is_handed_over_at(hop)
    assert probe.is_handed_over_at("https://click.linksynergy.com/deeplink?id=aB3*xY/9kLm&mid=1")
    assert not probe.is_handed_over_at(hop.replace("aB3", "xx3"))
    assert probe.is_proven_at("https://shop.example/a?ranMID=24513&ranEAID=aB3%2AxY%2F9kLm&ranSiteID=z")
    assert probe.is_proven_at("https://shop.example/a?ranmid=24513")
    assert not probe.is_proven_at("https://shop.example/a?ranMID=24513&ranEAID=somebodyels")
    assert probe.is_lost_at("https://shop.example/a?ranMID=24513&ranEAID=somebodyels")
