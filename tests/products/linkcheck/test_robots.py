"""What a robots.txt lets the checker ask."""

from __future__ import annotations

import pytest

from products.linkcheck.evidence import Evidence, Failure, Hop
from products.linkcheck.robots import MOST_KEPT, allows, read_rules, robots_address

PAGE = "https://shop.example/products/brace?size=m"


@pytest.mark.parametrize(
    ("address", "robots"),
    [
        (PAGE, "https://shop.example/robots.txt"),
        ("http://www.shop.example:8080/", "http://www.shop.example:8080/robots.txt"),
    ],
)
def test_each_scheme_name_and_port_has_rules_of_its_own(address, robots):
    assert robots_address(address) == robots


@pytest.mark.parametrize(
    ("rules", "may"),
    [
        ("", True),
        ("User-agent: *\nDisallow: /basket", True),
        ("User-agent: *\nDisallow: /products/", False),
        ("User-agent: ReferredCheck\nDisallow: /", False),
        ("User-agent: referredcheck\nAllow: /products/\nDisallow: /", True),
        ("User-agent: ReferredCheck\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        ("<html>Not found", True),
    ],
)
def test_rules_for_us_come_before_those_for_everybody(rules, may):
    assert allows(rules, PAGE) is may


@pytest.mark.parametrize(
    ("hop", "rules"),
    [
        (Hop(PAGE, status=200), "Disallow: /"),
        (Hop(PAGE, status=404), ""),
        (Hop(PAGE, status=403), ""),
        (Hop(PAGE, status=500), None),
        (Hop(PAGE, failure=Failure.TIMEOUT), None),
    ],
)
def test_no_rules_are_leave_and_rules_that_cannot_be_had_are_neither(hop, rules):
    assert read_rules(Evidence(PAGE, (hop,), text="Disallow: /\x00")) == rules


def test_of_endless_rules_a_part_is_kept():
    assert (
        len(read_rules(Evidence(PAGE, (Hop(PAGE, status=200),), text="x" * MOST_KEPT * 2)) or "") == MOST_KEPT
    )
