"""How an affiliate network's link hands the reader over to the shop.

The shapes are those of the table "how a link carries our identity" in the design: the destination
stands in a parameter or at the end of the path, and most networks add their click id to it.
"""

from __future__ import annotations

import re
import zlib
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

HOSTS = ("www.awin1.com", "www.anrdoezrs.net", "click.linksynergy.com", "prf.hn", "track.webgains.com")
"""The networks' link hosts that do not depend on the brand."""

_CLICK_IDS = {
    "ued": ("awc",),
    "u": ("irclickid",),
    "murl": ("ranMID", "ranEAID", "ranSiteID"),
    "url": ("cjevent",),
    "wgtarget": (),
}
_AT_THE_END = re.compile(r"/(destination:)?(https?(?:://|%3a%2f%2f).+)$", re.IGNORECASE)


def hand_over(target: str) -> str | None:
    """The shop's address with the network's click ids, for the path and query of a network's link.

    None where the link names no destination, as an inactive link does.
    """
    query = dict(parse_qsl(urlsplit(target).query))
    click = f"{zlib.crc32(target.encode()):08x}"
    at_the_end = _AT_THE_END.search(target.partition("?")[0])
    if at_the_end:
        address = target[at_the_end.start(2) :]
        if "://" not in address.partition("?")[0]:
            address = unquote(address)
        return _with_ids(address, () if at_the_end[1] else ("cjevent",), click)
    for parameter, names in _CLICK_IDS.items():
        address = query.get(parameter, "")
        if address.startswith(("http://", "https://")):
            value = f"{query['awinmid']}_{click}" if "awinmid" in query else click
            return _with_ids(address, names, value)
    return None


def _with_ids(address: str, names: tuple[str, ...], value: str) -> str:
    if not names:
        return address
    parts = urlsplit(address)
    added = urlencode([(name, value) for name in names])
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))
