"""Affiliate links that stand in text as somebody pasted them, where no check reaches them. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from products import programmes

# In running text a sentence may end right after an address.
_ADDRESS = re.compile(r"https?://[^\s\"'<>“”]+", re.IGNORECASE)
_AFTER = ".,;:!?)]}"


def raw_affiliate_links(value: Any) -> list[str]:
    """The affiliate links in a text, or in all texts of a stored block, once each, in order.

    Text is plain or rich: an address counts wherever it stands, in a link or in the words.
    """
    found = (
        address
        for text in _texts(value)
        for address in (match.rstrip(_AFTER) for match in _ADDRESS.findall(html.unescape(text)))
        if programmes.recognise(address) is not None
    )
    return list(dict.fromkeys(found))


def raw_link_sentence(address: str) -> str:
    """The error of an affiliate link in the text."""
    return (
        f"There is an affiliate link to {urlsplit(address).hostname} in the text, which nobody checks or discloses. "
        "Use a product box, or the shop's plain address."
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from _texts(one)
