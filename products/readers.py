"""What a request tells of a reader: where they shop, and whether they look like a person. No third party is asked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import maxminddb
from django.conf import settings
from django.http import HttpRequest

from products.clicks.visits import Visit
from products.models import Region
from products.regions import RegionChoice, choose, country_from

log = logging.getLogger(__name__)

REGION_COOKIE = "region"
REGION_COOKIE_AGE = 365 * 24 * 60 * 60  # seconds
REGION_PARAMETER = "region"
_PURPOSES = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")


# --- region ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegionSwitch:
    """The form in the header by which a reader says where they shop."""

    regions: Sequence[Region]
    current: Region


def asked_region(request: HttpRequest) -> str:
    """What stands in `?region=`; empty for the plain address."""
    return request.GET.get(REGION_PARAMETER, "")


def region_switch(request: HttpRequest, regions: Sequence[Region]) -> RegionSwitch | None:
    """The form for a page whose offers stand in the order of `regions`; None where there is nothing to choose.

    If the reader asked for the first of them, that was their choice: the middleware will remember it.
    """
    if len(regions) < 2:
        return None
    asked = asked_region(request)
    if asked:
        request.chosen_region = (  # type: ignore[attr-defined]  # read by `RegionChoiceMiddleware`
            regions[0].code if regions[0].code.casefold() == asked.casefold() else ""
        )
    return RegionSwitch(sorted(regions, key=lambda region: (region.sort_order, region.code)), regions[0])


def region_of(request: HttpRequest, regions: Sequence[RegionChoice]) -> str:
    """The code of the region where a reader shops, as `regions.choose` settles it. Raises ValueError without regions."""
    country = _country_of_cdn(request)
    return choose(
        regions,
        chosen=request.COOKIES.get(REGION_COOKIE),
        country=country,
        geoip_country=None if country else _country_of_file(request),
        accept_language=request.META.get("HTTP_ACCEPT_LANGUAGE", ""),
    )


def _country_of_cdn(request: HttpRequest) -> str | None:
    header = settings.COUNTRY_HEADER
    if not header:
        return None
    value = request.META.get("HTTP_" + header.upper().replace("-", "_"), "")
    return country_from({header: value}, header)


def _country_of_file(request: HttpRequest) -> str | None:
    """What the operator's GeoIP file says of the reader's address, or None."""
    reader = _geoip(settings.GEOIP_FILE) if settings.GEOIP_FILE else None
    if reader is None:
        return None
    try:
        found = reader.get(address_of(request))
    except (ValueError, maxminddb.InvalidDatabaseError):  # no address, one of the other family, a broken file
        return None
    country = found.get("country") if isinstance(found, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else None
    return code if isinstance(code, str) else None


@cache
def _geoip(path: str) -> maxminddb.Reader | None:
    """The file, opened once for this process. A file that cannot be read is named in the log and counts as none."""
    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        log.error("The GeoIP file %s cannot be read, so no region is guessed from it: %s", path, error)
        return None


# --- who it is, as far as it matters --------------------------------------------------------------


def address_of(request: HttpRequest) -> str:
    """The reader's address. Behind a proxy, the last one that `X-Forwarded-For` names: the rest can be forged."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.BEHIND_PROXY:
        return peer
    return request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or peer


def visit_of(request: HttpRequest) -> Visit:
    """What the request says of itself, for `clicks.visits` to judge."""
    meta = request.META
    return Visit(
        user_agent=meta.get("HTTP_USER_AGENT", ""),
        method=request.method or "",
        purposes=tuple(meta[name] for name in _PURPOSES if name in meta),
        fetch_mode=meta.get("HTTP_SEC_FETCH_MODE", ""),
        fetch_place=meta.get("HTTP_SEC_FETCH_DEST", ""),
        is_staff=settings.SESSION_COOKIE_NAME in request.COOKIES,
    )
