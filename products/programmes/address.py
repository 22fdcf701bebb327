"""Reading and changing web addresses without disturbing what stands in them.

`urllib.parse` rebuilds an address from its parts, and a rebuilt address is not always the one that came:
empty queries, odd escapes and the order of parameters matter to shops. Here an address stays text: only the
parameters that are named are taken out or put in, everything else is kept character for character.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes, urlsplit


class _Place(NamedTuple):
    host: str
    path: str


def is_web_address(text: str) -> bool:
    """Whether `text` is an absolute http or https address that every reader of addresses reads alike.

    Refused: spaces and control characters (parsers drop some of them silently), backslashes (browsers take
    them for slashes), a user name before the host, a broken port. Whether the host may be asked is another
    question, for the door to the network.
    """
    return _place(text) is not None


def host(url: str) -> str:
    """The host in lower case without port or final dot; empty if `url` is no web address."""
    place = _place(url)
    return "" if place is None else place.host


def path(url: str) -> str:
    """The path, escapes untouched; empty if `url` is no web address."""
    place = _place(url)
    return "" if place is None else place.path


@lru_cache(maxsize=64)  # every network is asked in turn whether an address is its own
def _place(text: str) -> _Place | None:
    if "\\" in text or " " in text or not text.isprintable():  # no other space is printable
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises on a port that is no number
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return _Place(parts.hostname.rstrip("."), parts.path)


def stands_under(name: str, domains: Collection[str]) -> bool:
    """Whether the host `name` is one of `domains` or a name below one of them."""
    while name and name not in domains:
        name = name.partition(".")[2]
    return bool(name)


def value(url: str, *names: str) -> str:
    """The decoded value of the first query parameter called one of `names`, or empty."""
    for name, raw in _parameters(_divide(url)[1]):
        if name in names:
            return decoded(raw)
    return ""


def values(url: str, name: str, *, any_case: bool = True) -> set[str]:
    """The decoded values, less empty ones, of every query parameter called `name`, in any case or exactly so."""
    found = _parameters(_divide(url)[1])
    return {
        decoded(raw)
        for each, raw in found
        if raw and (each == name or (any_case and each.casefold() == name.casefold()))
    }


def without_parameters(url: str, names: Collection[str]) -> str:
    """`url` less every query parameter called one of `names`; the others keep order and spelling."""
    start, query, fragment = _divide(url)
    return _join(start, [piece for piece in query if _name(piece) not in names], fragment)


def with_parameters(url: str, values: Mapping[str, str], replacing: Collection[str] = ()) -> str:
    """`url` with `values` at the end of its query, each exactly once, and without those in `replacing`."""
    start, query, fragment = _divide(without_parameters(url, {*values, *replacing}))
    return _join(start, [*query, *parameters(values)], fragment)


def parameters(values: Mapping[str, str]) -> list[str]:
    """`name=value` pieces with everything reserved escaped; empty values are left out."""
    return [f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in values.items() if text]


def decoded(text: str) -> str:
    """`text` with its escapes undone once. What is not UTF-8 stays or becomes escaped; `+` stays a plus."""
    raw = unquote_to_bytes(text.encode("utf-8", errors="surrogatepass"))
    characters = raw.decode("utf-8", errors="surrogateescape")
    return "".join(
        f"%{ord(character) - 0xDC00:02X}" if 0xDC80 <= ord(character) <= 0xDCFF else character
        for character in characters
    )


def _divide(url: str) -> tuple[str, list[str], str]:
    """Everything before the query, the query's pieces (none without `?`), the fragment with its `#`."""
    before, mark, fragment = url.partition("#")
    start, question, query = before.partition("?")
    return start, query.split("&") if question else [], mark + fragment


def _join(start: str, query: list[str], fragment: str) -> str:
    return f"{start}?{'&'.join(query)}{fragment}" if query else start + fragment


def _name(piece: str) -> str:
    return decoded(piece.partition("=")[0])


def _parameters(query: list[str]) -> Iterator[tuple[str, str]]:
    for piece in query:
        yield _name(piece), piece.partition("=")[2]
