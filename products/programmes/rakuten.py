"""Rakuten Advertising: `https://click.linksynergy.com/deeplink?id={publisher}&mid=&u1={sub-id}&murl={destination}`.

The landing carries `ranMID`, `ranSiteID` and `ranEAID`; the last repeats the publisher's id. Also read: the
older `/link` and `/fs-bin/click` forms.
"""

from __future__ import annotations

from products.programmes import address
from products.programmes.adapter import Adapter, Field, IdentityProbe, Link, Settings, destination_or_nothing

_CLICK_PATHS = frozenset({"/deeplink", "/link", "/fs-bin/click"})


class Rakuten(Adapter):
    slug = "rakuten"
    label = "Rakuten Advertising"
    fields = (
        Field(
            "publisher_id",
            "Publisher ID",
            "The code of 11 characters after id= in any of your links; capitals matter.",
            r"[A-Za-z0-9*/._-]{11}",
        ),
        Field("merchant_id", "Advertiser ID", "The advertiser's number (mid).", r"[0-9]{1,10}"),
    )
    click_ids = frozenset({"ranMID", "ranEAID", "ranSiteID"})
    domains = frozenset({"linksynergy.com"})

    def parse(self, url: str, settings: Settings | None = None) -> Link | None:
        if not address.stands_under(address.host(url), self.domains):
            return None
        if address.path(url) not in _CLICK_PATHS:
            return None
        target = address.value(url, "murl", "RD_PARM1")
        if target.lower().startswith(("http%3a", "https%3a")):  # RD_PARM1 was escaped twice
            target = address.decoded(target)
        return Link(
            self.slug, address.value(url, "id"), address.value(url, "u1"), destination_or_nothing(target)
        )

    def expectation(self, settings: Settings) -> IdentityProbe:
        return IdentityProbe(
            self.slug,
            settings["publisher_id"],
            landing_parameters=(("ranEAID", settings["publisher_id"]),),
            landing_click_ids=("ranMID", "ranSiteID"),
            hop_hosts=("linksynergy.com",),
            hop_parameters=("id",),
        )

    def _track(self, settings: Settings, destination: str, sub_id: str) -> str:
        return address.with_parameters(
            "https://click.linksynergy.com/deeplink",
            {
                "id": settings["publisher_id"],
                "mid": settings["merchant_id"],
                "u1": sub_id,
                "murl": destination,
            },
        )


ADAPTER = Rakuten()
