"""Impact: `https://{brand}.pxf.io/c/{partner}/{ad}/{campaign}?subId1={sub-id}&u={destination}`.

Each brand has its tracking host, below one of Impact's domains or a name of its own. The landing carries
`irclickid`.
"""

from __future__ import annotations

import re

from products.programmes import address
from products.programmes.adapter import Adapter, Field, IdentityProbe, Link, Settings, destination_or_nothing

_IMPACT = frozenset(
    {"pxf.io", "sjv.io", "evyy.net", "7eer.net", "ojrq.net", "8odi.net", "mno8.net", "58dp.net"}
)
_CLICK = re.compile(r"/c/(?P<partner>[0-9]+)/[0-9]+/[0-9]+/?")
_SHORT = re.compile(r"/[A-Za-z0-9]{4,12}")


class Impact(Adapter):
    slug = "impact"
    label = "Impact"
    fields = (
        Field(
            "host",
            "Tracking host",
            "The host of the brand's tracking links, for example brand.pxf.io.",
            r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
        ),
        Field("partner_id", "Partner ID", "Your number at Impact, the first after /c/.", r"[0-9]{1,12}"),
        Field("ad_id", "Ad ID", "The second number after /c/.", r"[0-9]{1,12}"),
        Field("campaign_id", "Campaign ID", "The third number after /c/.", r"[0-9]{1,12}"),
    )
    click_ids = frozenset({"irclickid"})
    domains = _IMPACT

    def parse(self, url: str, settings: Settings | None = None) -> Link | None:
        ours = address.stands_under(address.host(url), _IMPACT)
        if click := _CLICK.fullmatch(address.path(url)):
            target = destination_or_nothing(address.value(url, "u"))
            if ours or target:  # brands may use a host of their own: then `u` must give it away
                return Link(self.slug, click["partner"], address.value(url, "subId1"), target)
        if ours and _SHORT.fullmatch(address.path(url)):
            return Link(self.slug, identity="", sub_id=address.value(url, "subId1"), destination="")
        return None

    def expectation(self, settings: Settings) -> IdentityProbe:
        return IdentityProbe(
            self.slug,
            settings["partner_id"],
            landing_click_ids=("irclickid",),
            hop_hosts=tuple(sorted({settings["host"], *_IMPACT})),
            hop_path=r"/c/([0-9]+)/",
        )

    def _track(self, settings: Settings, destination: str, sub_id: str) -> str:
        start = f"https://{settings['host']}/c"
        return address.with_parameters(
            f"{start}/{settings['partner_id']}/{settings['ad_id']}/{settings['campaign_id']}",
            {"subId1": sub_id, "u": destination},
        )


ADAPTER = Impact()
