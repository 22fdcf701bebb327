"""Marks by which shops' pages are known: robot walls, missing pages, stock, dead network links.

The marks are data: the JSON files beside this one. Each file has a `version` (a date) and `markers`,
and each marker says what it shows (`kind`), where it may match (`where`), the `words`, and at what kind
of shop it was seen (`seen_at`). `MARKERS_VERSION` is stored with every check, so that a verdict can
be explained after the marks have changed.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from products.linkcheck.page import PageFacts, split_address
from products.linkcheck.page_text import ascii_lower


class Kind(StrEnum):
    """What a marker shows."""

    WALL = "wall"  # the page is for robots, whatever its status
    MISSING = "missing"  # "page not found" served as a page
    INACTIVE = "inactive"  # an affiliate network's page for links that no longer lead anywhere
    OUT_OF_STOCK = "out_of_stock"
    DISCONTINUED = "discontinued"
    IN_STOCK = "in_stock"
    RELATED = "related"  # where other products begin: words after it are not of this product


class Place(StrEnum):
    """Where a marker may match."""

    TITLE = "title"
    HEADING = "heading"  # the first <h1>
    BODY = "body"  # visible words
    BUTTON = "button"  # a button that can be pressed
    DEAD_BUTTON = "dead_button"  # a disabled one
    NODE = "node"  # class or id of <body>: whole names
    SOURCE = "source"  # the page as sent
    URL = "url"  # the address where the look ended: host and path
    HEADER = "header"  # a response header, named by the marker


@dataclass(frozen=True, slots=True)
class Marker:
    """One mark: any of `words` at any of `where` shows `kind`."""

    id: str
    kind: Kind
    where: tuple[Place, ...]  # in the order of the enumeration
    words: tuple[str, ...]  # normalised; for a header, none means that its presence is enough
    seen_at: str
    header: str = ""  # lower case
    unless_product: bool = False  # says nothing on a page that presents a product
    whole: bool = (
        False  # in a title or heading says nothing beside other words: "Blocked nose relief" is no wall
    )


@dataclass(frozen=True)
class Scene:
    """What markers are held against: the facts of a page with its source, address and headers."""

    page: PageFacts
    source: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def texts(self) -> Mapping[Place, tuple[str, ...]]:
        """What is to be read at each place, as it is compared."""
        page = self.page
        parts = split_address(self.url)
        return {
            Place.TITLE: (normalise(page.title),),
            Place.HEADING: (normalise(page.h1),),
            Place.BODY: (before_related(page.words, page.h1),),
            Place.BUTTON: tuple(normalise(button) for button in page.buttons),
            Place.DEAD_BUTTON: tuple(normalise(button) for button in page.dead_buttons),
            Place.NODE: page.body_classes,
            Place.SOURCE: (ascii_lower(self.source),),
            Place.URL: (f"{parts.hostname or ''}{parts.path}".casefold(),),
        }


@dataclass(frozen=True, slots=True)
class Match:
    """A marker that matched, and the words that did."""

    marker: Marker
    place: Place
    words: str
    whole: bool = False  # title or heading say these words and nothing else but the shop's name


def normalise(text: str) -> str:
    """`text` as it is compared: compatibility forms, straight quotes, lower case, single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return " ".join(text.casefold().split())


def load(folder: Path) -> tuple[str, tuple[Marker, ...]]:
    """The version and the markers of all JSON files in `folder`.

    Raises ValueError for a malformed marker or an id given twice: a wrong mark must stop the start,
    never a check.
    """
    markers: dict[str, Marker] = {}
    digest = hashlib.sha256()
    versions = []
    for path in sorted(folder.glob("*.json")):
        content = path.read_bytes()
        digest.update(content)
        data = json.loads(content)
        versions.append(str(data["version"]))
        for item in data["markers"]:
            marker = _marker(item, path.name)
            if marker.id in markers:
                msg = f"{path.name}: marker {marker.id} is there twice"
                raise ValueError(msg)
            markers[marker.id] = marker
    return f"{max(versions)}+{digest.hexdigest()[:8]}", tuple(markers.values())


def find(kinds: Iterable[Kind], scene: Scene, markers: Iterable[Marker] | None = None) -> tuple[Match, ...]:
    """All markers of `kinds` that match `scene`, each at the first place where it does."""
    wanted = frozenset(kinds)
    among = _ours(wanted) if markers is None else (one for one in markers if one.kind in wanted)
    says_nothing, texts = scene.page.has_product_marker, scene.texts
    return tuple(
        match
        for marker in among
        if not (marker.unless_product and says_nothing)
        and (match := _match(marker, texts, scene.headers)) is not None
    )


@cache
def _ours(kinds: frozenset[Kind]) -> tuple[Marker, ...]:
    return tuple(marker for marker in MARKERS if marker.kind in kinds)


def before_related(words: str, start_after: str = "") -> str:
    """The part of the visible `words` that comes before other products are offered.

    `start_after` is the page's heading: a "Recently viewed" link above it ends nothing.
    """
    text = normalise(words)
    heading = normalise(start_after)
    begin = max(text.find(heading) + len(heading), 0) if heading else 0
    ends = [at for marker in _RELATED for word in marker.words if (at := text.find(word, begin)) >= 0]
    return text[: min(ends)] if ends else text


def _marker(item: Mapping[str, Any], file: str) -> Marker:
    try:
        marker = Marker(
            id=item["id"],
            kind=Kind(item["kind"]),
            where=tuple(sorted(map(Place, item["where"]), key=tuple(Place).index)),
            words=tuple(normalise(word) for word in item["words"]),
            seen_at=item["seen_at"],
            header=item.get("header", "").lower(),
            unless_product=item.get("unless_product", False),
            whole=item.get("whole", False),
        )
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{file}: malformed marker {item!r}: {error}"
        raise ValueError(msg) from error
    if (
        not marker.where
        or not marker.seen_at
        or not all(marker.words)
        or (Place.HEADER in marker.where) != bool(marker.header)
        or not (marker.words or marker.header)
    ):
        msg = f"{file}: marker {marker.id} lacks a place, words, a header or where it was seen"
        raise ValueError(msg)
    return marker


def _match(
    marker: Marker, texts: Mapping[Place, tuple[str, ...]], headers: Mapping[str, str]
) -> Match | None:
    for place in marker.where:
        if place is Place.HEADER:
            value = headers.get(marker.header)
            if value is not None and (
                not marker.words or any(word in value.casefold() for word in marker.words)
            ):
                return Match(marker, place, f"{marker.header}: {value}"[:200])
            continue
        for text in texts[place]:
            for word in marker.words:
                if word in text and _contains(place, text, word, marker.kind):
                    whole = place in (Place.TITLE, Place.HEADING) and _is_whole(text, word)
                    if marker.whole and place in (Place.TITLE, Place.HEADING) and not whole:
                        continue
                    return Match(marker, place, word, whole)
    return None


def _is_whole(text: str, word: str) -> bool:
    return text == word or not {word, word.rstrip(".?!")}.isdisjoint(_SEPARATOR.split(text))


def _contains(place: Place, text: str, word: str, kind: Kind) -> bool:
    if place in (Place.SOURCE, Place.URL):
        return True
    if place is Place.NODE:
        return text == word
    # Whole words only: "unsold outlet" is not "sold out".
    found = re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    if place is Place.BODY and kind in _OF_STOCK:
        return any(not _CONDITION.search(text[max(each.start() - 100, 0) : each.start()]) for each in found)
    return next(found, None) is not None


_QUOTES: Final = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u00ad": None, "\u200b": None},
)
_OF_STOCK: Final = frozenset({Kind.OUT_OF_STOCK, Kind.DISCONTINUED, Kind.IN_STOCK})
# "If it is (out of stock)", "when an item is temporarily (unavailable)": what a shop does then, not what it has now.
_CONDITION: Final = re.compile(
    r"(?<!\w)(?:if|when|whenever|once|unless|should|in case|in the event that) "
    r"(?:(?:[\w'-]+ ){0,5}(?:is|are|be|been|becomes?|goes|shows?|it's) (?:(?:currently|temporarily|now|ever) )?)?$"
)
_SEPARATOR: Final = re.compile(r"\s*(?:[|·•»«:!?.,]|\s[-–—]\s)\s*")

_LOADED: Final = load(Path(__file__).parent)
MARKERS_VERSION: Final = _LOADED[0]
MARKERS: Final = _LOADED[1]
_RELATED: Final = tuple(marker for marker in MARKERS if marker.kind is Kind.RELATED)
