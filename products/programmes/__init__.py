"""Affiliate networks: how each builds, reads and proves a link that carries a publisher's identity.

One module per network. A new network is a new module with an `ADAPTER`, one line in the registry below, and
one table of tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from products.programmes import (
    address,
    amazon,
    awin,
    cj,
    ebay,
    impact,
    in_house,
    partnerize,
    rakuten,
    webgains,
)
from products.programmes.adapter import Adapter, Field, IdentityProbe, Link, ProgrammeError, Settings

__all__ = [
    "ADAPTERS",
    "Adapter",
    "Field",
    "IdentityProbe",
    "Link",
    "ProgrammeError",
    "Settings",
    "adapter",
    "build",
    "parse",
    "recognise",
    "untrack",
    "without_click_ids",
]

ADAPTERS: Mapping[str, Adapter] = MappingProxyType(
    {
        one.slug: one
        for one in (
            amazon.ADAPTER,
            awin.ADAPTER,
            cj.ADAPTER,
            impact.ADAPTER,
            rakuten.ADAPTER,
            partnerize.ADAPTER,
            ebay.ADAPTER,
            webgains.ADAPTER,
            in_house.ADAPTER,  # last: it stands on no domain and would take what the others know better
        )
    }
)
"""Slug → adapter, in the order in which addresses are offered to them."""

_DOMAINS = frozenset(domain for one in ADAPTERS.values() for domain in one.domains)
_CLICK_IDS = frozenset(name for one in ADAPTERS.values() for name in one.click_ids)


def adapter(slug: str) -> Adapter:
    """The adapter called `slug`. Raises KeyError."""
    return ADAPTERS[slug]


def recognise(url: str) -> Adapter | None:
    """The network whose tracked link `url` is, or None for an ordinary address."""
    return next((one for one in ADAPTERS.values() if one.recognise(url)), None)


def parse(url: str, settings: Settings | None = None) -> Link | None:
    """Read a tracked link of any network, or None. `settings`: the retailer's programme, where it is known."""
    if settings is None and not address.stands_under(address.host(url), _DOMAINS):
        # No network's own host. Brands that Impact serves may use one of theirs.
        return impact.ADAPTER.parse(url) or in_house.ADAPTER.parse(url)
    return next((link for one in ADAPTERS.values() if (link := one.parse(url, settings)) is not None), None)


def untrack(url: str, settings: Settings | None = None) -> tuple[str, Link | None]:
    """The ordinary address behind `url`, and the link that was taken off (the outermost of several).

    An ordinary address comes back as it is, with None. Where a link does not show its destination, the address
    that comes back is still a tracked one: `recognise` says so, and the editor must open it and copy on.
    """
    outermost: Link | None = None
    while (link := parse(url, settings)) is not None:  # each turn shortens the address
        outermost = outermost or link
        if not link.destination:
            break
        url = link.destination
    return url, outermost


def without_click_ids(url: str) -> str:
    """A shop's address without what a network added at somebody's click, as it is copied after following a link."""
    return address.without_parameters(url, _CLICK_IDS) if "?" in url else url


def build(slug: str, settings: Settings, destination: str, sub_id: str = "") -> str:
    """The tracked address for a destination, freed first from any network's tracking.

    Raises ProgrammeError, and KeyError for a network that is not in the registry.
    """
    plain, _ = untrack(destination, settings)
    plain = without_click_ids(plain)
    if (other := recognise(plain)) is not None and other.slug != slug:
        raise ProgrammeError(
            "destination",
            f"This is a tracked {other.label} link that does not show where it leads. "
            "Open it and paste the shop's own address.",
        )
    return ADAPTERS[slug].build(settings, plain, sub_id)
