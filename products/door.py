"""This process's one way out, made from the settings."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from products.destinations import test_targets
from products.fetch import Door


@lru_cache(maxsize=1)
def the_door() -> Door:
    """The door that link checks go through; its TLS contexts are shared by all looks of the process."""
    return Door(user_agent=f"ReferredCheck/1.0 (+{settings.FETCH_CONTACT})", targets=test_targets())
