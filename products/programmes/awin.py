"""Awin: `https://www.awin1.com/cread.php?awinmid=&awinaffid={publisher}&clickref={sub-id}&ued={destination}`.

Also read: the older `awclick.php` and `pclick.php` forms, the shortener tidd.ly, and links of ShareASale,
which closed and moved to Awin with new merchant ids, so its links must be made anew.
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

BROKEN_LINKS_ACCOUNT = "13430"
"""The publisher that Awin credits when a link is broken (help.awin.com/docs/awin-broken-links-account)."""

_SHARE_A_SALE = frozenset({"shareasale.com", "shrsl.com"})
_AWIN = frozenset({"awin1.com"})
_SHORTENERS = frozenset({"tidd.ly"})


class Awin(Adapter):
    slug = "awin"
    label = "Awin"
    fields = (
        Field("publisher_id", "Publisher ID", "Your Awin publisher number (awinaffid).", r"[0-9]{1,10}"),
        Field("merchant_id", "Advertiser ID", "The advertiser's Awin number (awinmid).", r"[0-9]{1,10}"),
    )
    click_ids = frozenset({"awc"})
    domains = _AWIN | _SHORTENERS | _SHARE_A_SALE

    def check(self, settings: Settings) -> None:
        """Also: the publisher must not be Awin's own account for broken links."""
        super().check(settings)
        if settings["publisher_id"] == BROKEN_LINKS_ACCOUNT:
            raise ProgrammeError(
                "publisher_id", f"{BROKEN_LINKS_ACCOUNT} is Awin's own account for broken links, not yours."
            )

    def parse(self, url: str, settings: Settings | None = None) -> Link | None:
        name = address.host(url)
        if address.stands_under(name, _SHORTENERS):
            return Link(self.slug, identity="", sub_id="", destination="")
        if address.stands_under(name, _SHARE_A_SALE):
            return self._parse_share_a_sale(url)
        if not address.stands_under(name, _AWIN):
            return None
        sub_id = address.value(url, "clickref")
        match address.path(url):
            case "/cread.php" | "/awclick.php":
                publisher = address.value(url, "awinaffid", "id")
                target = destination_or_nothing(address.value(url, "ued", "p"))
                return Link(self.slug, publisher, sub_id, target)
            case "/pclick.php":  # here `p` is a product of Awin's feed and the shop's address is not told
                return Link(self.slug, address.value(url, "a"), sub_id, destination="")
        return None

    def expectation(self, settings: Settings) -> IdentityProbe:
        return IdentityProbe(
            self.slug,
            settings["publisher_id"],
            landing_click_ids=("awc",),
            hop_hosts=("awin1.com", "zenaps.com"),
            hop_parameters=("awinaffid",),
            dead_ends=("awin1.com/closedMerchant",),
            lost_identities=(BROKEN_LINKS_ACCOUNT,),
        )

    def _track(self, settings: Settings, destination: str, sub_id: str) -> str:
        return address.with_parameters(
            "https://www.awin1.com/cread.php",
            {
                "awinmid": settings["merchant_id"],
                "awinaffid": settings["publisher_id"],
                "clickref": sub_id,
                "ued": destination,
            },
        )

    def _parse_share_a_sale(self, url: str) -> Link | None:
        if address.stands_under(address.host(url), {"shrsl.com"}):
            return Link(self.slug, identity="", sub_id="", destination="", legacy=True)
        publisher = address.value(url, "u", "userID")  # the latter in links of its product feeds
        if not address.path(url).casefold().endswith((".cfm", "/")) or not publisher:
            return None
        target = address.value(url, "urllink")
        if target and "://" not in target:  # ShareASale's own tool left the scheme out
            target = f"https://{target}"
        return Link(
            self.slug,
            publisher,
            address.value(url, "afftrack"),
            destination_or_nothing(target),
            legacy=True,
        )


ADAPTER = Awin()
