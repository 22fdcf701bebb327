"""What a look expected beside what it saw, in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.linkcheck.evidence import Evidence, Failure, Hop
from products.linkcheck.ledger import Agreement, expected_facts, hop_facts, lines, seen_facts, steps
from products.linkcheck.verdict import Axis, Baseline, Expectation, Outcome, Probe, judge
from products.programmes.adapter import IdentityProbe

SHOP = "https://shop.example/products/sleeve"
PROBE = IdentityProbe("in_house", "referred", landing_parameters=(("ref", "referred"),))
SLEEVE = Baseline(title="Thigh sleeve", gtin="05012345678900")
PAGE = (
    "<title>{name}</title><h1>{name}</h1><p>Made for walking, and for the rest after it.</p>"
    '<script type="application/ld+json">{{"@type": "Product", "name": "{name}", "gtin13": "{gtin}", '
    '"offers": {{"@type": "Offer", "availability": "https://schema.org/{stock}", "price": "9"}}}}</script>'
)


def page(name: str = "Thigh sleeve", gtin: str = "5012345678900", stock: str = "InStock") -> str:
    return PAGE.format(name=name, gtin=gtin, stock=stock)


def compared(
    *hops: Hop, text: str = "", requested: str = SHOP, **expectation
) -> dict[str, tuple[str, str, Agreement]]:
    """What a look is kept as and read back: by what is compared."""
    expected = Expectation(SHOP, domains=("shop.example",), **expectation)
    evidence = Evidence(requested, hops, text=text, content_type="text/html")
    judgement = judge(evidence, expected)
    kept = json.loads(json.dumps([
        expected_facts(expected, evidence), seen_facts(judgement), [hop_facts(hop, expected) for hop in hops],
        {axis.value: {"value": getattr(judgement, axis.value).value, "reason": judgement.reasons.get(axis, "")} for axis in Axis},
    ]))  # fmt: skip
    return {line.about: (line.expected, line.seen, line.agreement) for line in lines(*kept)}


def test_a_good_look_is_as_expected_in_all_it_can_tell():
    seen = compared(Hop(SHOP, 200), text=page(), baseline=SLEEVE)
    assert {about: line[2] for about, line in seen.items()} == {
        "Answer": Agreement.SAME,
        "Page": Agreement.SAME,
        "Product address": Agreement.SAME,
        "Shop": Agreement.SAME,
        "Our identity": Agreement.NOT_TOLD,
        "Product": Agreement.SAME,
        "Can be bought": Agreement.SAME,
    }


@pytest.mark.parametrize(
    ("hops", "text", "expectation", "about", "seen"),
    [
        ([Hop(SHOP, 404)], "", {}, "Answer", "Status 404"),
        ([Hop(SHOP, 200)], "<title>Page not found</title><p>Nothing is here any more.</p>", {}, "Page",
         'The page answers 200 and says "page not found".'),
        ([Hop(SHOP, 301, "https://shop.example/new"), Hop("https://shop.example/new", 200)], page(), {},
         "Product address", "https://shop.example/new"),
        ([Hop(SHOP, 302, "https://parked.example/"), Hop("https://parked.example/", 200)], page(), {}, "Shop", "parked.example"),
        ([Hop(SHOP, 200)], page(), {"probe": Probe.TRACKED, "identity": PROBE}, "Our identity",
         "Our identity did not arrive at the landing."),
        ([Hop(SHOP, 200)], page("Garden hose", "4006381333931"), {"baseline": SLEEVE}, "Product",
         "Garden hose (GTIN 04006381333931)"),
        ([Hop(SHOP, 200)], page(stock="OutOfStock"), {}, "Can be bought", "JSON-LD says out of stock."),
    ],
)  # fmt: skip
def test_what_differs_is_said_beside_what_was_expected(hops, text, expectation, about, seen):
    line = compared(*hops, text=text, **expectation)[about]
    assert line[1:] == (seen, Agreement.DIFFERS)


def test_where_no_page_came_nothing_is_said_of_its_address_or_product():
    seen = compared(Hop(SHOP, failure=Failure.TIMEOUT, detail="10 s passed."), baseline=SLEEVE)
    assert seen["Answer"] == ("Status 200", "No answer in time: 10 s passed", Agreement.DIFFERS)
    for about in ("Product address", "Shop", "Product", "Can be bought"):
        assert seen[about][2] is Agreement.NOT_TOLD


def test_a_trailing_slash_and_a_query_are_no_other_address():
    landed = f"{SHOP}/?ref=referred"
    seen = compared(Hop(landed, 200), text=page(), requested=landed, probe=Probe.TRACKED, identity=PROBE)
    assert seen["Product address"][2] is Agreement.SAME
    assert seen["Our identity"][2] is Agreement.SAME


def test_a_look_at_a_catalogue_compares_the_product_alone():
    seen = compared(Hop("https://api.example/getItems", 200), text=page())
    assert set(seen) == {"Product", "Can be bought"}


def test_looks_of_which_nothing_was_kept_compare_nothing():
    assert lines({}, {}, [{"address": SHOP, "status": 404, "failure": None}], {}) == ()
    assert lines({"address": SHOP, "domains": [], "probe": "none"}, {}, [], {}) == ()


def test_each_hop_says_where_it_led_and_whose_identity_it_bears():
    tracked, elsewhere = f"{SHOP}?ref=referred", "https://other.example/?ref=somebody"
    hops = [Hop(tracked, 302, SHOP), Hop(SHOP, 200, elsewhere), Hop(elsewhere, 302, SHOP), Hop(SHOP, 404)]
    expectation = Expectation(SHOP, probe=Probe.TRACKED, identity=PROBE)
    told = [step.decided for step in steps([hop_facts(hop, expectation) for hop in hops], Outcome.GONE)]
    assert told == [
        "Redirected, within the site. Our identity stands in this address.",
        "The page itself sends its reader on, to another site: other.example. Our identity no longer stands in it.",
        "Redirected, to another site: shop.example. Another identity than ours stands in this address.",
        "This address had been asked before. Here it ended: the shop says that this page no longer exists.",
    ]


@given(st.lists(st.text(max_size=5000), min_size=4, max_size=4))
def test_what_is_kept_is_bounded_whatever_a_shop_says(texts):
    title, code, address, detail = texts
    expectation = Expectation(
        "https://shop.example/" + address,
        domains=("x" * 300,) * 50,
        baseline=Baseline(title, code, code, address),
    )
    hop = Hop("https://shop.example/" + address, location=address, failure=Failure.RESET, detail=detail)
    evidence = Evidence(SHOP, (hop,))
    kept = [
        expected_facts(expectation, evidence),
        seen_facts(judge(evidence, expectation)),
        hop_facts(hop, expectation),
    ]
    assert len(str(kept)) < 60_000
    assert all(len(line.expected) < 3_000 for line in lines(kept[0], kept[1], [kept[2]], {}))
