"""Where a small page sends its reader on to by itself: meta refresh, Refresh header or a one-line script.

Shops and networks redirect so where they want to count a visit first. Only what every browser would do at
once, and unconditionally, is taken for a hop: what stands in `<noscript>`, waits longer than a few seconds,
reloads the same page or is one statement among others is not.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final
from urllib.parse import urldefrag, urljoin

from products.linkcheck.page_text import ascii_lower

MAX_PAGE: Final = 4 * 1024  # characters; longer pages are there to be read
MAX_WAIT: Final = 5.0  # seconds; a page that stays longer is there to be read

# On at most MAX_PAGE characters: every alternative but `meta` and `script` can end at the end of the text.
_TOKEN: Final = re.compile(
    r"""
    <!--.*?(?:-->|\Z)
  | <(?P<hidden>noscript|template|textarea|title|style|iframe|xmp)\b.*?(?:</(?P=hidden)\s*>|\Z)
  | <script\b(?P<attributes>[^>]*+)>(?P<script>.*?)</script\s*>
  | <meta\b(?P<meta>(?:[^>"']|"[^"]*+"|'[^']*+')*+)>
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(r"""([a-z-]+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""", re.IGNORECASE)
_REFRESH: Final = re.compile(
    r"""\s*+(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})\s*+[;,]?\s*+(?:url\s*+=\s*+)?+(?:"([^"]*)"?|'([^']*)'?|(\S*))\s*""",
    re.IGNORECASE,
)
_SCRIPT_DRESSING: Final = re.compile(
    r"""<!--|(?://)?\s*-->|//\s*(?:<!\[CDATA\[|\]\]>)|/\*.*?\*/|(["'])use strict\1;?""", re.DOTALL
)
_STATEMENT: Final = (
    r"""(?:(?:window|document|self|top)\s*\.\s*)*location"""
    r"""(?:(?:\s*\.\s*href)?\s*=\s*|\s*\.\s*(?P<call>replace|assign)\s*\(\s*)"""
    r"""(?P<quote>["'])(?P<url>(?:[^"'\\\r\n]|\\.)*+)(?P=quote)\s*(?(call)\))\s*;?\s*"""
)
_SCRIPT_HOP: Final = re.compile(rf"\s*{_STATEMENT}")
_TIMED_HOP: Final = re.compile(
    r"\s*(?:window\s*\.\s*)?setTimeout\s*\(\s*(?:function\s*\(\s*\)|\(\s*\)\s*=>)\s*\{\s*"
    rf"{_STATEMENT}\}}\s*,\s*(?P<wait>\d{{1,5}})\s*\)\s*;?\s*"
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")


def page_hop(text: str, url: str, *, refresh: str = "") -> str | None:
    """The absolute address that the page `text`, served at `url`, leads to by itself; None if it stays.

    `refresh` is the value of its Refresh header. The address is not checked: it may be unsafe or nonsense.
    """
    if len(text) >= MAX_PAGE:
        return None
    target = _refresh_target(refresh) if refresh else ""
    for token in () if target or not _may_lead_on(text) else _TOKEN.finditer(text):
        if token["meta"] is not None:
            attributes = _attributes(token["meta"])
            if attributes.get("http-equiv", "").lower() == "refresh":
                target = _refresh_target(attributes.get("content", ""))
        elif token["script"] is not None:
            target = _script_target(token["script"])
        if target:
            break
    if not target:
        return None
    try:
        absolute = urljoin(url, target.strip())
    except ValueError:  # brackets that hold no address
        return target
    return None if urldefrag(absolute).url == urldefrag(url).url else absolute


def _may_lead_on(text: str) -> bool:
    """Whether it is worth reading: a page that holds neither word stays."""
    lower = ascii_lower(text)
    return "refresh" in lower or "location" in lower


def _attributes(source: str) -> dict[str, str]:
    return {
        name.lower(): unescape(double or single or bare)
        for name, double, single, bare in _ATTRIBUTE.findall(source)
    }


def _refresh_target(content: str) -> str:
    found = _REFRESH.fullmatch(content)
    if found is None or float(found[1]) > MAX_WAIT:
        return ""
    return found[2] or found[3] or found[4] or ""


def _script_target(script: str) -> str:
    bare = _SCRIPT_DRESSING.sub(" ", script)
    found = _SCRIPT_HOP.fullmatch(bare) or _TIMED_HOP.fullmatch(bare)
    if found is None or float(found.groupdict().get("wait") or 0) > MAX_WAIT * 1000:
        return ""
    return _ESCAPE.sub(
        lambda escape: chr(int(escape[1] or escape[2], 16)) if escape[1] or escape[2] else escape[3],
        found["url"],
    )
