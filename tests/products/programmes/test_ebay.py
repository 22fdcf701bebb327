import pytest
from hypothesis import given

from products.programmes import Link, ProgrammeError
from products.programmes.ebay import ADAPTER, ROTATION_IDS
from tests.products.programmes.destinations import addresses, assert_round_trip, sub_ids

OURS = {"campaign_id": "5338364432"}


@given(addresses(hosts=("www.ebay.co.uk", "www.ebay.com", "m.ebay.de", "www.befr.ebay.be")), sub_ids)
def test_a_link_gives_back_what_went_into_it(destination, sub_id):
    assert_round_trip(ADAPTER, OURS, "5338364432", destination, sub_id)


@pytest.mark.parametrize("site", ROTATION_IDS)
def test_the_rotation_id_is_that_of_the_sites_country(site):
    assert ADAPTER.build(OURS, f"https://www.{site}/itm/1?var=2", "p7") == (
        f"https://www.{site}/itm/1?var=2&mkevt=1&mkcid=1&mkrid={ROTATION_IDS[site]}"
        "&campid=5338364432&toolid=10001&customid=p7"
    )


def test_another_partners_parameters_are_replaced_and_never_doubled():
    theirs = (
        "https://www.ebay.co.uk/itm/1?mkcid=1&mkrid=711-53200-19255-0&siteid=3&campid=1&customid=x&var=2#d"
    )
    assert ADAPTER.build(OURS, theirs) == ADAPTER.build(OURS, "https://www.ebay.co.uk/itm/1?var=2#d")


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (
            "http://rover.ebay.com/rover/1/710-53481-19255-0/1?campid=5&customid=x&mpre=http%3A%2F%2Fwww.ebay.co.uk%2Fitm%2F1",
            Link("ebay", "5", "x", "http://www.ebay.co.uk/itm/1", legacy=True),
        ),
        ("https://ebay.us/abc", Link("ebay", "", "", "")),
        ("https://www.ebay.co.uk/itm/1", None),
        ("https://shop.example/?campid=5", None),
    ],
)
def test_older_and_shorter_forms_are_read_too(url, link):
    assert ADAPTER.parse(url) == link


def test_an_address_elsewhere_is_refused():
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.build(OURS, "https://ebay.com.evil.example/itm/1")
    assert refusal.value.field == "destination"


@pytest.mark.parametrize("campaign", ["", "123", "53383644321"])
def test_a_campaign_that_cannot_be_right_is_refused(campaign):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.validate({"campaign_id": campaign}, "uk")
    assert refusal.value.field == "campaign_id"


def test_the_identity_is_proven_by_the_campaign_at_the_landing():
    probe = ADAPTER.expectation(OURS)
    assert probe.is_proven_at(ADAPTER.build(OURS, "https://www.ebay.co.uk/itm/1"))
    assert not probe.is_proven_at("https://www.ebay.co.uk/itm/1")


@pytest.mark.parametrize(
    ("change", "into"),
    [("710-53481", "711-53200"), ("&mkevt=1", ""), ("mkevt=1", "mkevt=2"), ("ebay.co.uk", "ebay.de")],
)
def test_a_campaign_with_the_rotation_of_another_country_or_without_its_event_earns_nothing(change, into):
    probe = ADAPTER.expectation(OURS)
    changed = ADAPTER.build(OURS, "https://www.ebay.co.uk/itm/1?a=b").replace(change, into)
    assert not probe.is_proven_at(changed)
    assert probe.is_lost_at(changed)
    assert probe.is_lost_at("https://www.ebay.co.uk/itm/1?campid=5330000000")
