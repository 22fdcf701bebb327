"""This process's one way out, made from the settings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings

from products.addresses import Network
from products.destinations import may_be_fetched, test_targets
from products.fetch import Door
from products.linkcheck import creators_api
from products.linkcheck.robots import ROBOT


@lru_cache(maxsize=1)
def the_door() -> Door:
    """The door that link checks go through; its TLS contexts are shared by all looks of the process."""
    return make_door()


def make_door(*, allow_networks: Sequence[Network] = (), ca_file: str | None = None) -> Door:
    """A door under this installation's name that also opens an operator's own test networks. Raises OSError."""
    return Door(
        user_agent=f"{ROBOT}/1.0 (+{settings.FETCH_CONTACT})",
        targets=test_targets(),
        allow_networks=allow_networks,
        ca_file=ca_file,
        is_barred=lambda host: not may_be_fetched(host),
        apis=creators_api.HOSTS,
    )
