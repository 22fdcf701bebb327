import pytest
from hypothesis import given

from products.programmes import Link, ProgrammeError
from products.programmes.webgains import ADAPTER
from tests.products.programmes.destinations import addresses, assert_round_trip, sub_ids

OURS = {"campaign_id": "1386005", "programme_id": "10253"}


@given(addresses(), sub_ids)
def test_a_link_gives_back_what_went_into_it(destination, sub_id):
    assert_round_trip(ADAPTER, OURS, "1386005", destination, sub_id)


def test_the_link_is_of_the_networks_form():
    assert ADAPTER.build(OURS, "https://shop.example/a?b=c", "p7") == (
        "https://track.webgains.com/click.html?wgcampaignid=1386005&wgprogramid=10253&clickref=p7"
        "&wgtarget=https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc"
    )


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (
            "http://track.webgains.com/click.html?wgcampaignid=5&wgprogramid=6&wgtarget=https://shop.example/a?b=c",
            Link("webgains", "5", "", "https://shop.example/a?b=c"),
        ),
        ("https://track.webgains.com/click.html?wgcampaignid=5&wgprogramid=6", Link("webgains", "5", "", "")),
        ("https://www.webgains.com/", None),
        ("https://track.webgains.com/link.html?wglinkid=1", None),
    ],
)
def test_links_of_others_are_read(url, link):
    assert ADAPTER.parse(url) == link


@pytest.mark.parametrize("field", ["campaign_id", "programme_id"])
def test_settings_that_cannot_be_right_are_refused_at_their_field(field):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.validate(OURS | {field: "x1"}, "uk")
    assert refusal.value.field == field


def test_the_identity_is_handed_over_at_the_networks_hop():
    probe = ADAPTER.expectation(OURS)
    hop = ADAPTER.build(OURS, "https://shop.example/a")
    assert probe.is_handed_over_at(hop)
    assert not probe.is_handed_over_at(hop.replace("1386005", "9"))
    assert not probe.is_proven_at("https://shop.example/a")
