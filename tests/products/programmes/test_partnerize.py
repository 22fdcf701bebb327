import pytest
from hypothesis import given

from products.programmes import Link, ProgrammeError
from products.programmes.partnerize import ADAPTER
from tests.products.programmes.destinations import addresses, assert_round_trip, sub_ids

OURS = {"camref": "1101lpefz"}


@given(addresses(), sub_ids)
def test_a_link_gives_back_what_went_into_it(destination, sub_id):
    assert_round_trip(ADAPTER, OURS, "1101lpefz", destination, sub_id)


@pytest.mark.parametrize(
    ("sub_id", "tracked"),
    [
        (
            "p7",
            "https://prf.hn/click/camref:1101lpefz/pubref:p7/destination:https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc",
        ),
        ("", "https://prf.hn/click/camref:1101lpefz/destination:https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc"),
    ],
)
def test_the_segments_stand_in_the_order_that_the_network_wants(sub_id, tracked):
    assert ADAPTER.build(OURS, "https://shop.example/a?b=c", sub_id) == tracked


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (
            "https://brand.prf.hn/click/camref:abc1/pubref:x/ar:y/destination:https://shop.example/a/b:c?d=e#f",
            Link("partnerize", "abc1", "x", "https://shop.example/a/b:c?d=e#f"),
        ),
        (
            "https://prf.hn/click/camref:abc1/[p_id:1l10]/destination:https%3A%2F%2Fshop.example%2F",
            Link("partnerize", "abc1", "", "https://shop.example/"),
        ),
        ("https://prf.hn/click/camref:abc1/creativeref:9", Link("partnerize", "abc1", "", "")),
        ("https://brand.prf.hn/l/1234512", Link("partnerize", "", "", "")),
        ("https://shop.example/click/camref:abc1", None),
    ],
)
def test_every_form_of_the_network_is_read(url, link):
    assert ADAPTER.parse(url) == link


@pytest.mark.parametrize("camref", ["", "a/b:c", "abc", "x" * 33])
def test_a_camref_that_cannot_be_right_is_refused(camref):
    with pytest.raises(ProgrammeError) as refusal:
        ADAPTER.validate({"camref": camref}, "uk")
    assert refusal.value.field == "camref"


def test_the_grades_of_identity_are_told_apart():
    probe = ADAPTER.expectation(OURS)
    hop = ADAPTER.build(OURS, "https://shop.example/a", "p7")
    assert probe.is_handed_over_at(hop)
    assert not probe.is_handed_over_at(hop.replace("1101lpefz", "1101lpefzz"))
    assert probe.is_proven_at("https://shop.example/a?clickref=1100l")
    assert not probe.is_proven_at("https://shop.example/a")
