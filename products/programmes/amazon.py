"""Amazon Associates: the tag stands in the shop's own address, one tag for each marketplace.

`https://www.amazon.co.uk/dp/{ASIN}?tag={tag}&ascsubtag={sub-id}`. A tag earns only in the marketplace that
issued it. The programme forbids redirects and shorteners that hide that a link goes to Amazon, and robots get
CAPTCHA pages, so these addresses are read and never fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from products.programmes import address
from products.programmes.adapter import Adapter, Field, IdentityProbe, Link, ProgrammeError, Settings


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One Amazon shop. `serves`: ISO 3166 countries whose readers are sent there; `suffix` ends its tags."""

    domain: str
    suffix: str
    serves: frozenset[str]


MARKETPLACES: dict[str, Marketplace] = {
    domain: Marketplace(domain, suffix, frozenset(serves.split()))
    for domain, suffix, serves in (
        ("amazon.com", "20", "US"),
        ("amazon.co.uk", "21", "GB IE"),
        ("amazon.ie", "21", "IE"),
        ("amazon.de", "21", "DE AT CH"),
        ("amazon.fr", "21", "FR"),
        ("amazon.it", "21", "IT"),
        ("amazon.es", "21", "ES PT"),
        ("amazon.nl", "21", "NL"),
        ("amazon.com.be", "21", "BE LU"),
        ("amazon.se", "21", "SE"),
        ("amazon.pl", "21", "PL"),
        ("amazon.com.tr", "21", "TR"),
        ("amazon.ae", "21", "AE"),
        ("amazon.sa", "21", "SA"),
        ("amazon.eg", "21", "EG"),
        ("amazon.in", "21", "IN"),
        ("amazon.ca", "20", "CA"),
        ("amazon.com.mx", "20", "MX"),
        ("amazon.com.br", "20", "BR"),
        ("amazon.com.au", "22", "AU NZ"),
        ("amazon.co.jp", "22", "JP"),
        ("amazon.sg", "22", "SG"),
    )
}

_SHORTENERS = frozenset({"amzn.to", "a.co", "amzn.eu", "amzn.asia"})
# What Amazon's own link tools add beside the tag; they name the account that made the link.
_TRACKING = frozenset({"tag", "ascsubtag", "linkCode", "linkId", "camp", "creative", "creativeASIN"})
_ASIN = re.compile(
    r"/(?:dp|gp/product|gp/aw/d|gp/offer-listing|exec/obidos/ASIN|product-reviews)/(?:product/)?([A-Z0-9]{10})(?:/|$)",
    re.IGNORECASE,
)


class Amazon(Adapter):
    slug = "amazon"
    label = "Amazon Associates"
    fields = (
        Field(
            "marketplace",
            "Marketplace",
            "The Amazon shop that issued the tag.",
            choices=tuple((domain, domain) for domain in MARKETPLACES),
        ),
        Field(
            "tag",
            "Tracking ID (tag)",
            "The tag as Associates Central shows it, for example example-21.",
            pattern=r"[A-Za-z0-9_-]{1,100}-[0-9]{2}",
        ),
    )
    domains = frozenset(MARKETPLACES) | _SHORTENERS
    allows_redirect = False
    may_be_fetched = False
    statement = "As an Amazon Associate I earn from qualifying purchases."

    def validate(self, settings: Settings, region_code: str) -> None:
        """Also: the marketplace must serve the region.

        A region whose code is no country with an Amazon shop (a continent, say) may use any marketplace.
        """
        super().validate(settings, region_code)
        country = {"UK": "GB"}.get(region_code.upper(), region_code.upper())
        serving = [shop.domain for shop in MARKETPLACES.values() if country in shop.serves]
        if serving and settings["marketplace"] not in serving:
            raise ProgrammeError(
                "marketplace",
                f"{settings['marketplace']} is not the shop of {region_code.upper()} readers: "
                f"choose {' or '.join(serving)}.",
            )

    def check(self, settings: Settings) -> None:
        """Also: the tag must end as the tags of its marketplace do."""
        super().check(settings)
        shop = MARKETPLACES[settings["marketplace"]]
        if not settings["tag"].endswith("-" + shop.suffix):
            raise ProgrammeError(
                "tag",
                f"Tags of {shop.domain} end in -{shop.suffix}: “{settings['tag']}” belongs to another "
                "marketplace and would earn nothing here.",
            )

    def parse(self, url: str, settings: Settings | None = None) -> Link | None:
        name = address.host(url)
        if address.stands_under(name, _SHORTENERS):
            return Link(self.slug, identity="", sub_id="", destination="")
        tag = address.value(url, "tag")
        if not tag or marketplace_of(url) is None:
            return None
        plain = address.without_parameters(url, _TRACKING)
        return Link(self.slug, tag, address.value(url, "ascsubtag"), plain)

    def expectation(self, settings: Settings) -> IdentityProbe:
        return IdentityProbe(self.slug, settings["tag"], landing_parameters=(("tag", settings["tag"]),))

    def _track(self, settings: Settings, destination: str, sub_id: str) -> str:
        shop = marketplace_of(destination)
        if shop is None or shop.domain != settings["marketplace"]:
            raise ProgrammeError(
                "destination",
                f"The tag {settings['tag']} earns on {settings['marketplace']} only, "
                f"and this address is on {address.host(destination)}.",
            )
        return address.with_parameters(destination, {"tag": settings["tag"], "ascsubtag": sub_id}, _TRACKING)


def marketplace_of(url: str) -> Marketplace | None:
    """The Amazon shop that an address stands on, or None."""
    name = address.host(url)
    return next((shop for shop in MARKETPLACES.values() if address.stands_under(name, {shop.domain})), None)


def asin(url: str) -> str:
    """The ASIN that an Amazon address names, or empty."""
    match = _ASIN.search(address.path(url)) if marketplace_of(url) else None
    return match[1].upper() if match else ""


ADAPTER = Amazon()
