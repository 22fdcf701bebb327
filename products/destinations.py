"""The addresses editors paste: are they safe to ask, whose are they, which host do they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from publicsuffixlist import PublicSuffixList

from products import programmes
from products.addresses import Target, check_url, read_targets
from products.programmes.address import host, stands_under


@lru_cache(maxsize=1)
def _targets_of(path: str) -> Mapping[str, Target]:
    return read_targets(path)


def test_targets() -> Mapping[str, Target]:
    """The names that `FETCH_HOSTS` maps to loopback servers; empty in production."""
    return _targets_of(settings.FETCH_HOSTS) if settings.FETCH_HOSTS else {}


def check_destination(address: str) -> str:
    """The address, normalised. Raises `UnsafeAddress` with a sentence for the editor."""
    return check_url(address, targets=test_targets())


@lru_cache(maxsize=1)
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=4096)
def _registrable(name: str) -> str:
    if name.replace(".", "").isdigit() or ":" in name:
        return name
    return str(_public_suffixes().privatesuffix(name) or name)


def host_key(address: str) -> str:
    """The registrable domain of an address: the unit of leasing. An IP address is its own host."""
    return _registrable((urlsplit(address).hostname or "").rstrip(".").lower())


NOT_TO_BE_FETCHED = frozenset(
    domain
    for adapter in programmes.ADAPTERS.values()
    if not adapter.may_be_fetched
    for domain in adapter.domains
)
"""Registrable domains of shops whose terms forbid robots: Amazon's."""


def may_be_fetched(name: str) -> bool:
    """Whether a robot of ours may ask a shop's pages."""
    return not stands_under(name, NOT_TO_BE_FETCHED)


NEVER_BEHIND_A_REDIRECT = frozenset(
    domain
    for adapter in programmes.ADAPTERS.values()
    if not adapter.allows_redirect
    for domain in adapter.domains
)
"""Domains of shops whose terms forbid an address of ours before theirs: Amazon's."""


def must_be_direct(network: str | None, destination: str) -> bool:
    """Whether a Buy button must bear the shop's own address, and our `/go/` may not stand before it.

    `network`: the slug of the programme's adapter, None where nobody pays. The shop's terms hold there too.
    """
    if network is not None and not programmes.adapter(network).allows_redirect:
        return True
    return stands_under(host(destination), NEVER_BEHIND_A_REDIRECT)
