"""CJ Affiliate, in two forms.

`https://www.anrdoezrs.net/links/{PID}/type/dlg/sid/{sub-id}/{destination}`, the destination as it is, to the
end of the address; and `…/click-{PID}-{AID}?url={destination}&sid={sub-id}` where the programme has an
advertisement id (AID). The landing carries `cjevent`.
"""

from __future__ import annotations

import re

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

_CLICK_HOSTS = frozenset(
    {"anrdoezrs.net", "dpbolvw.net", "jdoqocy.com", "kqzyfj.com", "tkqlhce.com", "qksrv.net", "apmebf.com"}
)
_DEEP = re.compile(
    r"https?://[^/?#]+/links/(?P<pid>[0-9]+)/type/[a-z]+/(?:sid/(?P<sid>[^/]*)/)?(?P<destination>https?(?::|%3a).*)",
    re.IGNORECASE,
)
_CLICK = re.compile(r"/click-(?P<pid>[0-9]+)-[0-9]+(?:-[0-9]+)?")
_DOT_SEGMENT = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)


class CJ(Adapter):
    slug = "cj"
    label = "CJ Affiliate"
    fields = (
        Field("pid", "Website ID (PID)", "The number of your website at CJ.", r"[0-9]{1,12}"),
        Field(
            "aid",
            "Link ID (AID)",
            "Only if the advertiser has no deep links of the /links/ kind: the number of its link.",
            r"[0-9]{1,12}",
            required=False,
        ),
    )
    click_ids = frozenset({"cjevent"})
    domains = _CLICK_HOSTS

    def parse(self, url: str, settings: Settings | None = None) -> Link | None:
        if not address.stands_under(address.host(url), _CLICK_HOSTS):
            return None
        if deep := _DEEP.fullmatch(url):
            target = deep["destination"]
            if not target.lower().startswith(("http://", "https://")):
                target = address.decoded(target)
            sub_id = address.decoded(deep["sid"] or "")
            return Link(self.slug, deep["pid"], sub_id, destination_or_nothing(target))
        if click := _CLICK.fullmatch(address.path(url)):
            target = destination_or_nothing(address.value(url, "url"))
            return Link(self.slug, click["pid"], address.value(url, "sid"), target)
        return Link(
            self.slug, identity="", sub_id=address.value(url, "sid"), destination=""
        )  # encrypted form

    def expectation(self, settings: Settings) -> IdentityProbe:
        return IdentityProbe(
            self.slug,
            settings["pid"],
            landing_click_ids=("cjevent",),
            hop_hosts=(*sorted(_CLICK_HOSTS), "emjcd.com"),
            hop_path=r"/(?:links/|click-)([0-9]+)(?=[/-])",
        )

    def _track(self, settings: Settings, destination: str, sub_id: str) -> str:
        if aid := settings.get("aid"):
            return address.with_parameters(
                f"https://www.anrdoezrs.net/click-{settings['pid']}-{aid}",
                {"sid": sub_id, "url": destination},
            )
        if _DOT_SEGMENT.search(address.path(destination)):
            # Browsers resolve these in the whole tracked address, and eat CJ's part of it.
            raise ProgrammeError(
                "destination",
                "The address has “.” or “..” in its path. Open it and paste what the browser then shows.",
            )
        sid = f"sid/{sub_id}/" if sub_id else ""
        return f"https://www.anrdoezrs.net/links/{settings['pid']}/type/dlg/{sid}{destination}"


ADAPTER = CJ()
