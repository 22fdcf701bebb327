"""Whether a shop's catalogue can be asked through an API: which programmes have one, and for which we hold a key."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from products.linkcheck.creators_api import Area, Credentials, area_of
from products.programmes import Settings, amazon


def credentials_for(network: str, identity: Settings) -> Credentials | None:
    """The credentials for a programme with this identity, or None where it has no API or we hold none."""
    marketplace = amazon.MARKETPLACES.get(identity.get("marketplace", ""))
    if network != amazon.ADAPTER.slug or marketplace is None:
        return None
    area = area_of(marketplace)
    held: Mapping[str, tuple[str, str]] = settings.AMAZON_CREATORS_API
    return Credentials(area, *held[area]) if area in held else None


def why_not(network: str, identity: Settings) -> str:
    """Why a shop cannot be checked through an API, as a sentence for the editor; "" if it can."""
    if network != amazon.ADAPTER.slug:
        return "No API is known for this shop's programme: choose another way."
    if credentials_for(network, identity) is not None:
        return ""
    marketplace = amazon.MARKETPLACES.get(identity.get("marketplace", ""))
    area: Area | None = area_of(marketplace) if marketplace else None
    named = f"AMAZON_CREATORS_API_{area.value}" if area else "AMAZON_CREATORS_API_…"
    return f"This installation holds no credentials for Amazon's Creators API there (the operator sets {named}): choose a person."
