"""What a shop's robots.txt lets our checker ask (RFC 9309). Pure."""

from __future__ import annotations

from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from products.linkcheck.evidence import Evidence

ROBOT = "ReferredCheck"  # our name in User-Agent and robots.txt; without "link", which a stock firewall rule refuses
MOST_KEPT = 64 * 1024  # characters of a shop's rules


def robots_address(address: str) -> str:
    """Where the rules for `address` stand: each scheme, name and port has its own."""
    return urljoin(address, "/robots.txt")


def read_rules(seen: Evidence) -> str | None:
    """The rules that a look at a robots.txt saw; "" where the shop has none, None where they could not be had."""
    status = seen.last.status
    if status is None or status >= 500:
        return None
    return seen.text.replace("\x00", "")[:MOST_KEPT] if status == 200 else ""


def allows(rules: str, address: str) -> bool:
    """Whether the rules let our checker ask for `address`."""
    parser = RobotFileParser()
    parser.parse(rules.splitlines())
    return parser.can_fetch(ROBOT, address)
