import dataclasses
import pkgutil
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products import programmes
from products.programmes import ADAPTERS, ProgrammeError, adapter, build, parse, recognise, untrack
from tests.products.programmes.destinations import addresses

SETTINGS = {
    "amazon": {"marketplace": "amazon.co.uk", "tag": "referred-21"},
    "awin": {"publisher_id": "123456", "merchant_id": "789"},
    "cj": {"pid": "7251228"},
    "impact": {"host": "brand.pxf.io", "partner_id": "1", "ad_id": "2", "campaign_id": "3"},
    "rakuten": {"publisher_id": "aB3*xY/9kLm", "merchant_id": "24513"},
    "partnerize": {"camref": "1101lpefz"},
    "ebay": {"campaign_id": "5338364432"},
    "webgains": {"campaign_id": "5", "programme_id": "6"},
    "in_house": {"parameter": "sca_ref", "value": "1.a"},
}
DESTINATIONS = {"amazon": "https://www.amazon.co.uk/dp/B000000001", "ebay": "https://www.ebay.co.uk/itm/1"}
WRAPPING = ("awin", "cj", "impact", "rakuten", "partnerize", "webgains")


def destination_for(slug):
    return DESTINATIONS.get(slug, "https://shop.example/a?b=c#d")


def test_every_module_of_a_network_is_in_the_registry():
    modules = {module.name for module in pkgutil.iter_modules(programmes.__path__)} - {"adapter", "address"}
    assert set(ADAPTERS) == modules == set(SETTINGS)


@pytest.mark.parametrize("slug", SETTINGS)
def test_every_network_finds_and_unwraps_its_own_links_and_no_other_claims_them(slug):
    tracked = adapter(slug).build(SETTINGS[slug], destination_for(slug), "p7")
    assert recognise(tracked) is adapter(slug)
    assert recognise(destination_for(slug)) is None
    address, link = untrack(tracked)
    assert address == destination_for(slug)
    assert link.network == slug


@pytest.mark.parametrize("slug", SETTINGS)
def test_every_field_can_be_made_a_form_field(slug):
    for field in adapter(slug).fields:
        assert field.label
        assert field.help.endswith(".")
        assert re.compile(field.pattern)
        assert not field.required or field.pattern or field.choices
        if field.default:
            assert re.fullmatch(field.pattern, field.default)


@pytest.mark.parametrize("slug", SETTINGS)
def test_a_probe_is_plain_data(slug):
    probe = adapter(slug).expectation(SETTINGS[slug])
    assert dataclasses.asdict(probe)["network"] == slug
    assert probe.landing_parameters or probe.landing_click_ids or probe.hop_hosts


@pytest.mark.parametrize("slug", SETTINGS)
def test_only_amazon_forbids_redirects_and_fetching(slug):
    assert adapter(slug).allows_redirect is adapter(slug).may_be_fetched is (slug != "amazon")


@pytest.mark.parametrize("outer", WRAPPING)
@pytest.mark.parametrize("inner", SETTINGS)
def test_a_link_in_a_link_is_unwrapped_to_the_ordinary_address(outer, inner):
    within = adapter(inner).build(SETTINGS[inner], destination_for(inner))
    nested = adapter(outer).build(SETTINGS[outer], within)
    address, link = untrack(nested)
    assert address == destination_for(inner)
    assert link.network == outer


@pytest.mark.parametrize("other", WRAPPING)
def test_building_frees_a_destination_from_any_other_network_first(other):
    theirs = adapter(other).build(SETTINGS[other], "https://shop.example/a?b=c#d")
    assert build("in_house", SETTINGS["in_house"], theirs) == "https://shop.example/a?b=c&sca_ref=1.a#d"


@pytest.mark.parametrize("slug", SETTINGS)
def test_building_leaves_somebody_else_s_click_behind(slug):
    plain = destination_for(slug)
    copied = f"{plain.partition('#')[0]}{'&' if '?' in plain else '?'}awc=7_1_abc&cjevent=1&irclickid=2&ranSiteID=3"
    ours = build(slug, SETTINGS[slug], copied)
    assert untrack(ours)[0] == plain.partition("#")[0]


@pytest.mark.parametrize("slug", ["awin", "cj", "impact", "partnerize", "rakuten"])
def test_only_a_click_id_of_our_own_click_proves_anything(slug):
    probe = adapter(slug).expectation(SETTINGS[slug])
    name = probe.landing_click_ids[0]
    theirs = f"https://shop.example/a?{name}=theirs"
    assert probe.is_proven_at(f"https://shop.example/a?{name}=ours", sent_to="https://shop.example/a")
    assert probe.is_proven_at(f"{theirs}&{name}=ours", sent_to=theirs)
    assert not probe.is_proven_at(theirs, sent_to=theirs)
    assert not probe.is_proven_at(f"https://shop.example/a?{name}=")
    assert not probe.is_proven_at(f"https://shop.example/a?{name}")


@pytest.mark.parametrize(
    "hidden", ["https://amzn.to/3x", "https://tidd.ly/3x", "https://prf.hn/l/3x", "https://ebay.us/3x"]
)
def test_a_link_that_hides_its_destination_stays_and_is_refused_as_a_destination(hidden):
    address, link = untrack(hidden)
    assert (address, link.destination) == (hidden, "")
    assert recognise(address) is not None
    with pytest.raises(ProgrammeError, match="does not show where it leads"):
        build("in_house", SETTINGS["in_house"], hidden)


@pytest.mark.parametrize(
    "url",
    [
        "https://goto.brand.example/c/1/2/3?u=https%3A%2F%2Fwww.shop.example%2Fp&subId1=s",
        "https://goto.brand.example/c/1/2/3?u=nothing",
        "https://shop.example/c/1/2/3",
        "https://shop.example/p?rfsn=1.a&sca_ref=2",
        "https://shop.example/p?ref=2",
    ],
)
def test_an_address_on_no_network_s_host_is_read_as_every_network_in_turn_would_read_it(url):
    assert parse(url) == next((link for one in ADAPTERS.values() if (link := one.parse(url, None))), None)


@given(addresses())
def test_an_ordinary_address_is_left_exactly_as_it_is(address):
    assert untrack(address) == (address, None)


@given(
    st.text(max_size=80)
    | st.builds(
        "{}{}{}".format,
        st.sampled_from(
            ["https://www.awin1.com/cread.php?ued=", "https://prf.hn/click/", "https://a.pxf.io/c/"]
        ),
        st.text(max_size=40),
        st.sampled_from(["", "#", "?u=%", "%ZZ", "://[", "\ud800"]),
    )
)
def test_no_text_makes_reading_raise(text):
    address, link = untrack(text)
    assert link is not None or address == text
    recognise(text)


def test_an_unknown_network_is_a_key_error():
    with pytest.raises(KeyError):
        adapter("shareasale")
