"""Webgains: `https://track.webgains.com/click.html?wgcampaignid={campaign}&wgprogramid=&clickref={sub-id}&wgtarget=`.

The campaign is our identity; it is seen at the network's hop and nowhere later.
"""

from __future__ import annotations

from products.programmes import address
from products.programmes.adapter import Adapter, Field, IdentityProbe, Link, Settings, destination_or_nothing


class Webgains(Adapter):
    slug = "webgains"
    label = "Webgains"
    fields = (
        Field("campaign_id", "Campaign ID", "The number of your campaign (wgcampaignid).", r"[0-9]{1,10}"),
        Field("programme_id", "Programme ID", "The advertiser's programme (wgprogramid).", r"[0-9]{1,10}"),
    )
    click_ids = frozenset({"wgu", "wgexpiry"})
    domains = frozenset({"track.webgains.com"})

    def parse(self, url: str, settings: Settings | None = None) -> Link | None:
        if not address.stands_under(address.host(url), self.domains) or address.path(url) != "/click.html":
            return None
        target = destination_or_nothing(address.value(url, "wgtarget"))
        return Link(self.slug, address.value(url, "wgcampaignid"), address.value(url, "clickref"), target)

    def expectation(self, settings: Settings) -> IdentityProbe:
        return IdentityProbe(
            self.slug,
            settings["campaign_id"],
            hop_hosts=("track.webgains.com",),
            hop_parameters=("wgcampaignid",),
        )

    def _track(self, settings: Settings, destination: str, sub_id: str) -> str:
        return address.with_parameters(
            "https://track.webgains.com/click.html",
            {
                "wgcampaignid": settings["campaign_id"],
                "wgprogramid": settings["programme_id"],
                "clickref": sub_id,
                "wgtarget": destination,
            },
        )


ADAPTER = Webgains()
