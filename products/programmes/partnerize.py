"""Partnerize: `https://prf.hn/click/camref:{camref}/pubref:{sub-id}/destination:{destination}`.

The order of the segments matters and the destination comes last. We escape it; others' links leave it as it
is, and both are read.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from products.programmes import address
from products.programmes.adapter import Adapter, Field, IdentityProbe, Link, Settings, destination_or_nothing

_CLICK = re.compile(
    r"https?://[^/?#]+/click/(?P<segments>[^?#]*?)(?:/destination:(?P<destination>.*))?", re.IGNORECASE
)


class Partnerize(Adapter):
    slug = "partnerize"
    label = "Partnerize"
    fields = (
        Field(
            "camref",
            "Campaign reference (camref)",
            "The letters and digits after camref: in your tracking link; every brand has its own.",
            r"[A-Za-z0-9]{4,32}",
        ),
    )
    click_ids = frozenset({"clickref"})
    domains = frozenset({"prf.hn"})

    def parse(self, url: str, settings: Settings | None = None) -> Link | None:
        if not address.stands_under(address.host(url), self.domains):
            return None
        click = _CLICK.fullmatch(url)
        if click is None:  # /l/…, a short link
            return Link(self.slug, identity="", sub_id="", destination="")
        found = dict(segment.partition(":")[::2] for segment in click["segments"].split("/"))
        target = click["destination"] or ""
        if not target.lower().startswith(("http://", "https://")):
            target = address.decoded(target)
        return Link(
            self.slug,
            address.decoded(found.get("camref", "")),
            address.decoded(found.get("pubref", "")),
            destination_or_nothing(target),
        )

    def expectation(self, settings: Settings) -> IdentityProbe:
        return IdentityProbe(
            self.slug,
            settings["camref"],
            landing_click_ids=("clickref",),
            hop_hosts=("prf.hn",),
            hop_path=r"/click/camref:([A-Za-z0-9]+)",
        )

    def _track(self, settings: Settings, destination: str, sub_id: str) -> str:
        pubref = f"/pubref:{sub_id}" if sub_id else ""
        target = quote(destination, safe="")
        return f"https://prf.hn/click/camref:{settings['camref']}{pubref}/destination:{target}"


ADAPTER = Partnerize()
