import pytest
from hypothesis import given

from products.programmes import Link, ProgrammeError
from products.programmes.cj import ADAPTER
from tests.products.programmes.destinations import addresses, assert_round_trip, sub_ids

DEEP = {"pid": "7251228"}
CLICK = {"pid": "7251228", "aid": "15150084"}


@given(addresses(), sub_ids)
def test_a_deep_link_gives_back_what_went_into_it(destination, sub_id):
    assert_round_trip(ADAPTER, DEEP, "7251228", destination, sub_id)


@given(addresses(), sub_ids)
def test_a_click_link_gives_back_what_went_into_it(destination, sub_id):
    assert_round_trip(ADAPTER, CLICK, "7251228", destination, sub_id)


@pytest.mark.parametrize(
    ("settings", "sub_id", "tracked"),
    [
        (DEEP, "p7", "https://www.anrdoezrs.net/links/7251228/type/dlg/sid/p7/https://shop.example/a?b=c#d"),
        (DEEP, "", "https://www.anrdoezrs.net/links/7251228/type/dlg/https://shop.example/a?b=c#d"),
        (
            CLICK,
            "p7",
            "https://www.anrdoezrs.net/click-7251228-15150084?sid=p7&url=https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc%23d",
        ),
    ],
)
def test_the_link_is_of_the_networks_form(settings, sub_id, tracked):
    assert ADAPTER.build(settings, "https://shop.example/a?b=c#d", sub_id) == tracked


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://www.kqzyfj.com/click-1-2", Link("cj", "1", "", "")),
        (
            "http://www.dpbolvw.net/click-1-2-1444244669000?sid=x&url=http%3A%2F%2Fshop.example%2F",
            Link("cj", "1", "x", "http://shop.example/"),
        ),
        (
            "https://www.tkqlhce.com/links/1/type/am/sid/a%2Fb/https%3A%2F%2Fshop.example%2F",
            Link("cj", "1", "a/b", "https://shop.example/"),
        ),
        ("https://www.kqzyfj.com/l5115shqnhp4E797", Link("cj", "", "", "")),
        ("https://www.cj.com/links/1/type/dlg/https://shop.example/", None),
        ("https://shop.example/click-1-2", None),
    ],
)
def test_every_form_of_the_network_is_read(url, link):
    assert ADAPTER.parse(url) == link


@pytest.mark.parametrize(
    "destination", ["https://shop.example/../a", "https://shop.example/a/%2e%2E", "https://s.example/./"]
)
def test_dots_that_a_browser_would_resolve_are_refused_in_deep_links(destination):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.build(DEEP, destination)
    assert refusal.value.field == "destination"
    assert ADAPTER.parse(ADAPTER.build(CLICK, destination)).destination == destination


@pytest.mark.parametrize(
    ("settings", "field"), [({}, "pid"), ({"pid": "x"}, "pid"), ({"pid": "1", "aid": "a"}, "aid")]
)
def test_settings_that_cannot_be_right_are_refused_at_their_field(settings, field):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.validate(settings, "us")
    assert refusal.value.field == field


@pytest.mark.parametrize("settings", [DEEP, CLICK])
def test_the_grades_of_identity_are_told_apart(settings):
    probe = ADAPTER.expectation(settings)
    hop = ADAPTER.build(settings, "https://shop.example/a", "p7")
    assert probe.is_handed_over_at(hop)
    assert not probe.is_handed_over_at(hop.replace("7251228", "72512289"))
    assert probe.is_proven_at("https://shop.example/a?cjevent=18c5")
    assert not probe.is_proven_at("https://shop.example/a")
    assert probe.is_on_network("https://www.emjcd.com/x")
