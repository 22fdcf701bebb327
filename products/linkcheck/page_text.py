"""The bytes of a page as text, in the charset it was written in. Pure."""

from __future__ import annotations

import codecs
import re
from encodings.aliases import aliases
from typing import Final

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?\s*([a-z0-9_:.-]{2,30})", re.IGNORECASE)
# Codecs that pages are written in, by the names of Python's modules: a page must not choose among all of them.
_CHARSETS: Final = re.compile(
    r"utf_8|utf_16(?:_[lb]e)?|iso8859_(?:[2-9]|1[013-6])|cp(?:125[0-8]|874|932|949)|koi8_[ru]|mac_cyrillic|gb2312|gbk|gb18030"
    r"|big5(?:hkscs)?|euc_jp|shift_jis|iso2022_jp|euc_kr"
)


def page_text(body: bytes, content_type: str, *, truncated: bool) -> str:
    """`body` as text, by its byte order mark, its header, its own word, or a guess. Never fails; no NUL."""
    charset = next((name for mark, name in _BOMS if body.startswith(mark)), None) or _charset(content_type)
    if charset is None:
        charset = _charset(body[:1024].decode("latin-1")) or "utf_8"
        if charset.startswith("utf_16"):
            charset = "utf_8"  # what could be read as ASCII so far is not UTF-16 (WHATWG HTML)
        elif charset == "utf_8":
            try:
                codecs.utf_8_decode(body, "strict", not truncated)
            except UnicodeDecodeError:
                charset = "cp1252"
    return body.decode(charset, errors="replace").replace("\0", "\ufffd")


def ascii_lower(text: str) -> str:
    """`text` with A to Z in lower case, which is all that HTML's own names need, in a quarter of the time of `lower`."""
    return text.encode("utf-8", "replace").lower().decode("utf-8")


def _charset(text: str) -> str | None:
    found = _CHARSET.search(text)
    if found is None:
        return None
    # Not codecs.lookup, which keeps every unknown name that it was ever asked for.
    name = found[1].lower().replace("-", "_")
    name = aliases.get(name, name)
    if name in ("latin_1", "ascii"):
        return "cp1252"  # what pages that say so are written in (WHATWG Encoding)
    return name if _CHARSETS.fullmatch(name) else None
