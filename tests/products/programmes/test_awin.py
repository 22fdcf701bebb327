import pytest
from hypothesis import given

from products.programmes import Link, ProgrammeError
from products.programmes.awin import ADAPTER
from tests.products.programmes.destinations import addresses, assert_round_trip, sub_ids

OURS = {"publisher_id": "123456", "merchant_id": "789"}


@given(addresses(), sub_ids)
def test_a_link_gives_back_what_went_into_it(destination, sub_id):
    assert_round_trip(ADAPTER, OURS, "123456", destination, sub_id)


def test_the_link_is_of_the_networks_form():
    assert ADAPTER.build(OURS, "https://shop.example/a?b=c&d=e#f", "p7") == (
        "https://www.awin1.com/cread.php?awinmid=789&awinaffid=123456&clickref=p7"
        "&ued=https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc%26d%3De%23f"
    )


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (
            "http://www.awin1.com/awclick.php?mid=1&id=55&clickref=x&p=https%3A%2F%2Fshop.example%2F",
            Link("awin", "55", "x", "https://shop.example/"),
        ),
        ("https://www.awin1.com/pclick.php?p=99&a=55&m=1", Link("awin", "55", "", "")),
        ("https://www.awin1.com/cread.php?awinmid=1&awinaffid=55", Link("awin", "55", "", "")),
        ("https://www.awin1.com/cread.php?awinaffid=55&ued=javascript:x", Link("awin", "55", "", "")),
        ("https://tidd.ly/3abc", Link("awin", "", "", "")),
        (
            "https://www.shareasale.com/r.cfm?b=1&u=77&m=2&urllink=www.shop.example%2Fknee&afftrack=old",
            Link("awin", "77", "old", "https://www.shop.example/knee", legacy=True),
        ),
        (
            "https://shareasale.com/m-pr.cfm?merchantID=2&userID=77&productID=5",
            Link("awin", "77", "", "", legacy=True),
        ),
        ("https://www.shareasale.com/r.cfm?b=1&u=77&m=2", Link("awin", "77", "", "", legacy=True)),
        ("https://shrsl.com/abc", Link("awin", "", "", "", legacy=True)),
        ("https://www.awin.com/gb", None),
        ("https://awin1.com.evil.example/cread.php?awinaffid=55", None),
        ("https://www.awin1.com/closedMerchant.html", None),
    ],
)
def test_older_and_shorter_forms_are_read_too(url, link):
    assert ADAPTER.parse(url) == link


def test_another_publishers_link_is_unwrapped_and_made_ours():
    theirs = "https://www.awin1.com/cread.php?awinmid=789&awinaffid=999&ued=https%3A%2F%2Fshop.example%2Fa"
    assert ADAPTER.build(OURS, theirs) == ADAPTER.build(OURS, "https://shop.example/a")


def test_a_link_that_hides_its_destination_is_refused():
    with pytest.raises(ProgrammeError, match="paste the shop's own address"):
        ADAPTER.build(OURS, "https://tidd.ly/3abc")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"publisher_id": "12 3", "merchant_id": "789"}, "publisher_id"),
        ({"publisher_id": "123456"}, "merchant_id"),
        ({"publisher_id": "13430", "merchant_id": "789"}, "publisher_id"),
        ({"publisher_id": "1234\n", "merchant_id": "789"}, "publisher_id"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_at_their_field(settings, field):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.validate(settings, "uk")
    assert refusal.value.field == field


@pytest.mark.parametrize("sub_id", ["a/b", "..", "a b", "x" * 65, "é"])
def test_a_sub_id_that_would_not_survive_is_refused(sub_id):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.build(OURS, "https://shop.example/", sub_id)
    assert refusal.value.field == "sub_id"


def test_the_three_grades_of_identity_are_told_apart():
    probe = ADAPTER.expectation(OURS)
    hop = ADAPTER.build(OURS, "https://shop.example/a")
    assert probe.is_handed_over_at(hop)
    assert not probe.is_handed_over_at(hop.replace("123456", "1234567"))
    assert not probe.is_handed_over_at("https://shop.example/?awinaffid=123456")
    assert probe.is_proven_at("https://shop.example/a?awc=789_1_abc")
    assert not probe.is_proven_at("https://shop.example/a")
    assert probe.is_lost_at("https://www.awin1.com/closedMerchant.html?mid=789")
    assert probe.is_lost_at("https://www.awin1.com/cread.php?awinmid=789&awinaffid=13430")
    assert not probe.is_lost_at(hop)
