"""eBay Partner Network: the identity stands in the item's own address.

`?mkevt=1&mkcid=1&mkrid={rotation id}&campid={campaign}&toolid=10001&customid={sub-id}`. A campaign is valid on
every eBay site, but the rotation id belongs to the site's country (eBay developer documentation, "EPN link").
Also read: the older rover.ebay.com form and the shortener ebay.us.
"""

from __future__ import annotations

from products.programmes import address
from products.programmes.adapter import (
    Adapter,
    Field,
    IdentityProbe,
    Link,
    ProgrammeError,
    Settings,
    destination_or_nothing,
)

ROTATION_IDS: dict[str, str] = {
    "ebay.com": "711-53200-19255-0",
    "ebay.co.uk": "710-53481-19255-0",
    "ebay.ie": "5282-53468-19255-0",
    "ebay.de": "707-53477-19255-0",
    "ebay.at": "5221-53469-19255-0",
    "ebay.ch": "5222-53480-19255-0",
    "ebay.fr": "709-53476-19255-0",
    "ebay.it": "724-53478-19255-0",
    "ebay.es": "1185-53479-19255-0",
    "ebay.nl": "1346-53482-19255-0",
    "ebay.be": "1553-53471-19255-0",
    "ebay.pl": "4908-226936-19255-0",
    "ebay.ca": "706-53473-19255-0",
    "ebay.com.au": "705-53470-19255-0",
}
"""eBay site → rotation id (`mkrid`)."""

_SHORTENERS = frozenset({"ebay.us", "ebay.to"})
_TRACKING = frozenset({"mkevt", "mkcid", "mkrid", "siteid", "campid", "toolid", "customid"})


class EBay(Adapter):
    slug = "ebay"
    label = "eBay Partner Network"
    fields = (Field("campaign_id", "Campaign ID", "The 10 digits of your campaign (campid).", r"[0-9]{10}"),)
    domains = frozenset(ROTATION_IDS) | _SHORTENERS

    def parse(self, url: str, settings: Settings | None = None) -> Link | None:
        name = address.host(url)
        if address.stands_under(name, _SHORTENERS):
            return Link(self.slug, identity="", sub_id="", destination="")
        campaign = address.value(url, "campid")
        sub_id = address.value(url, "customid")
        if name == "rover.ebay.com" and campaign:
            target = destination_or_nothing(address.value(url, "mpre"))
            return Link(self.slug, campaign, sub_id, target, legacy=True)
        if not campaign or _site_of(url) is None:
            return None
        return Link(self.slug, campaign, sub_id, address.without_parameters(url, _TRACKING))

    def expectation(self, settings: Settings) -> IdentityProbe:
        campaign = settings["campaign_id"]
        rotations = tuple((site, "mkrid", rotation) for site, rotation in ROTATION_IDS.items())
        events = tuple((site, "mkevt", "1") for site in ROTATION_IDS)
        return IdentityProbe(
            self.slug, campaign, landing_parameters=(("campid", campaign),), companions=rotations + events
        )

    def _track(self, settings: Settings, destination: str, sub_id: str) -> str:
        site = _site_of(destination)
        if site is None:
            raise ProgrammeError(
                "destination", f"{address.host(destination)} is not an eBay site that pays partners."
            )
        return address.with_parameters(
            destination,
            {
                "mkevt": "1",
                "mkcid": "1",
                "mkrid": ROTATION_IDS[site],
                "campid": settings["campaign_id"],
                "toolid": "10001",
                "customid": sub_id,
            },
            _TRACKING,
        )


def _site_of(url: str) -> str | None:
    return next((site for site in ROTATION_IDS if address.stands_under(address.host(url), {site})), None)


ADAPTER = EBay()
