"""Which region a reader shops in. Pure: no request, no cookie, no look-up, only the values read from them.

The order is fixed: the reader's own choice, the country header of a CDN that the operator configured, a local
GeoIP answer, the site's default. Everything a request carries can be forged or broken, so whatever is not
plainly a region code or an ISO 3166 country is treated as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

KNOWN_COUNTRY_HEADERS: Mapping[str, str] = {
    "CF-IPCountry": "Cloudflare",
    "CloudFront-Viewer-Country": "Amazon CloudFront",
    "X-Vercel-IP-Country": "Vercel",
    "X-AppEngine-Country": "Google App Engine",
    "CDN-RequestCountryCode": "bunny.net",
}
"""Header → whose it is. For settings pages and documentation; any other header may be configured."""

# What CDNs and GeoIP files say when they do not know: XX and ZZ unknown, EU and AP a continent.
_NO_COUNTRY = frozenset({"XX", "ZZ", "EU", "AP"})
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?-([A-Za-z]{2})")
_QUALITY = re.compile(r"\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*")
_LANGUAGES_READ = 20


@dataclass(frozen=True, slots=True)
class RegionChoice:
    """A region as far as choosing goes. `countries` holds ISO 3166-1 alpha-2 codes in capitals."""

    code: str
    countries: frozenset[str]
    is_default: bool = False


def choose(
    regions: Sequence[RegionChoice],
    *,
    chosen: str | None,
    country: str | None,
    geoip_country: str | None = None,
    accept_language: str = "",
) -> str:
    """The code of the reader's region: always the code of one of `regions`.

    `chosen` is the reader's own choice (cookie or query), `country` the configured CDN header's answer,
    `geoip_country` the GeoIP file's. The first country that is known decides, even where no region serves it:
    a reader in France gets the site's default, not what a second source guesses.

    `accept_language` only breaks ties, because it tells what a person reads and not where they stand (most
    browsers in Britain were installed as en-US). A tie is: several regions serve the reader's country; or
    nothing else is known and the site has no default, or more than one. With one default the header is
    never looked at. A tie it cannot break goes to the default among the tied, else to the first in order.

    Raises ValueError if `regions` is empty. Nothing that comes from a request raises.
    """
    if not regions:
        raise ValueError("a site needs at least one region")
    by_code = {region.code.casefold(): region.code for region in regions}
    own = by_code.get((chosen or "").strip().casefold())
    if own is not None:
        return own
    known = country_code(country) or country_code(geoip_country)
    serving = [region for region in regions if known in region.countries]
    defaults = [region for region in regions if region.is_default]
    return _break_tie(serving or defaults or list(regions), accept_language).code


def country_from(headers: Mapping[str, str], header_name: str) -> str | None:
    """The country in the header that the operator configured, or None.

    An empty `header_name` means that no CDN is configured: then every country header is a reader's invention
    and none is read. Names are compared without case. Two answers in one header are no answer.
    """
    wanted = header_name.strip().casefold()
    if not wanted:
        return None
    for name, value in headers.items():
        if name.casefold() == wanted:
            return country_code(value)
    return None


def country_code(text: str | None) -> str | None:
    """`text` as an ISO 3166-1 alpha-2 code in capitals, or None if it is none (XX, T1 for Tor, garbage)."""
    code = (text or "").strip()
    if not code.isascii():  # str.upper() makes two letters of some single ones
        return None
    code = code.upper()
    if code == "UK":  # reserved for, and often sent instead of, GB
        return "GB"
    return code if _COUNTRY.fullmatch(code) and code not in _NO_COUNTRY else None


def _break_tie(tied: Sequence[RegionChoice], accept_language: str) -> RegionChoice:
    if len(tied) > 1:
        for country in _countries_of_languages(accept_language):
            for region in tied:
                if country in region.countries:
                    return region
    return next((region for region in tied if region.is_default), tied[0])


def _countries_of_languages(accept_language: str) -> list[str]:
    """The countries named in an Accept-Language header, most wanted first. Broken entries are skipped."""
    wanted: list[tuple[float, str]] = []
    for entry in accept_language.split(",", _LANGUAGES_READ)[:_LANGUAGES_READ]:
        tag, _, parameters = entry.partition(";")
        language = _LANGUAGE.fullmatch(tag.strip())
        quality = _QUALITY.fullmatch(parameters) if parameters.strip() else None
        if language is None or (parameters.strip() and quality is None):
            continue
        weight = float(quality[1]) if quality else 1.0
        country = country_code(language[1])
        if weight > 0 and country:
            wanted.append((weight, country))
    return [country for _, country in sorted(wanted, key=lambda pair: -pair[0])]
