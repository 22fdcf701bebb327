"""What changed between two clinical contents, block by block and word by word. Standard library only.

A content is what `articles.clinical_content` makes and a sign-off keeps: title, standfirst, search description and
`body`, a list of `{"type": …, "value": …}`. If two contents have different fingerprints, `differences` shows where:
formatting and links, which the plain words would hide, are spelled out as marks such as ⟨bold⟩, and what has no
mark is shown as it is stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from html.parser import HTMLParser

from articles.governance import ClinicalValue, normalise

ALIKE = 0.4
"""From this share of common words on, a block replaced by another of its type counts as the same one, edited."""


class Change(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that are the same on both sides, or stand on one side only."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One passage of the article: the title, or a block of its body."""

    name: str
    """What it is, for instance "Paragraph"."""
    change: Change
    pieces: tuple[Piece, ...]

    @property
    def is_change(self) -> bool:
        return self.change is not Change.SAME


@dataclass(frozen=True, slots=True)
class _Passage:
    name: str
    words: tuple[str, ...]
    stored: tuple[str, ...]
    """The value as JSON, cut at its spaces: what to show where the words alone do not differ."""


_NAMES = {"title": "Title", "standfirst": "Standfirst", "search_description": "Search description"}
_MARKS = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "sup": "raised", "sub": "lowered"}
_PARAGRAPH = "¶"
_MARKUP = re.compile(r"<[a-zA-Z/][^<>]*>|&[#\w]+;")


def differences(before: Mapping[str, ClinicalValue], after: Mapping[str, ClinicalValue]) -> list[Difference]:
    """Each passage of either content in reading order, with what became of it."""
    rank: dict[str, int] = {}
    for content in (after, before):
        _rank_fields(content, rank)
    old, new = _passages(before, rank), _passages(after, rank)
    found: list[Difference] = []
    for verb, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verb == "equal":
            found.extend(_whole(Change.SAME, passage) for passage in old[i1:i2])
        else:
            found.extend(_replaced(old[i1:i2], new[j1:j2]))
    return found


def _replaced(old: Sequence[_Passage], new: Sequence[_Passage]) -> Iterator[Difference]:
    """Pair what was edited with what it became, in order; the rest was removed or added."""
    start = 0
    for passage in new:
        match = next((n for n in range(start, len(old)) if _is_edit(old[n], passage)), None)
        if match is None:
            yield _whole(Change.ADDED, passage)
            continue
        yield from (_whole(Change.REMOVED, gone) for gone in old[start:match])
        yield _edited(old[match], passage)
        start = match + 1
    yield from (_whole(Change.REMOVED, gone) for gone in old[start:])


def _is_edit(old: _Passage, new: _Passage) -> bool:
    if old.name != new.name:
        return False
    if old.name in _NAMES.values():
        return True  # a page has one title, whatever it was called before
    return SequenceMatcher(None, old.words, new.words, autojunk=False).ratio() >= ALIKE


def _edited(old: _Passage, new: _Passage) -> Difference:
    before, after = (old.words, new.words) if old.words != new.words else (old.stored, new.stored)
    pieces = []
    for verb, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if verb == "equal":
            pieces.append(Piece(Change.SAME, " ".join(before[i1:i2])))
            continue
        if i1 < i2:
            pieces.append(Piece(Change.REMOVED, " ".join(before[i1:i2])))
        if j1 < j2:
            pieces.append(Piece(Change.ADDED, " ".join(after[j1:j2])))
    return Difference(new.name, Change.EDITED, tuple(pieces))


def _whole(change: Change, passage: _Passage) -> Difference:
    return Difference(passage.name, change, (Piece(change, " ".join(passage.words or passage.stored)),))


# --- from a content to passages -------------------------------------------------------------------


def _rank_fields(value: ClinicalValue, rank: dict[str, int]) -> None:
    """The order in which fields are met. A database hands a stored content back with its fields in another order."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            rank.setdefault(key, len(rank))
            _rank_fields(child, rank)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for child in value:
            _rank_fields(child, rank)


def _passages(content: Mapping[str, ClinicalValue], rank: Mapping[str, int]) -> list[_Passage]:
    passages = [
        _passage(name, value, rank)
        for key, name in _NAMES.items()
        if (value := normalise(content.get(key, "")))
    ]
    body = content.get("body", ())
    assert isinstance(body, Sequence)
    for block in body:
        assert isinstance(block, Mapping)
        passages.append(_passage(_in_words(str(block["type"])), normalise(block["value"]), rank))
    return passages


def _passage(name: str, value: ClinicalValue, rank: Mapping[str, int]) -> _Passage:
    stored = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _Passage(name, tuple(_words(value, rank)), tuple(stored.split(" ")))


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _words(value: ClinicalValue, rank: Mapping[str, int]) -> Iterator[str]:
    """A value as words; each field of a block is led by its name, each point of a list by a bullet."""
    if isinstance(value, Mapping):
        for key in sorted(value, key=rank.__getitem__):
            if words := list(_words(value[key], rank)):
                yield f"{_in_words(key)}:"
                yield from words
    elif isinstance(value, str):
        yield from _text(value)
    elif isinstance(value, Sequence):
        for child in value:
            yield "•"
            yield from _words(child, rank)
    elif isinstance(value, bool):
        yield "yes" if value else "no"
    elif value is not None:
        yield str(value)


def _text(value: str) -> list[str]:
    if not _MARKUP.search(value):
        return value.split()
    reader = _Markup()
    reader.feed(value)
    reader.close()
    while reader.words and reader.words[-1] == _PARAGRAPH:
        reader.words.pop()
    return reader.words


class _Markup(HTMLParser):
    """Rich text as words, with marks for what is not a word."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.words.append("↵")
        elif tag == "a":
            values = {name: value or "" for name, value in attrs}
            target = values.get("href") or f"{values.get('linktype', '')} {values.get('id', '')}".strip()
            self.words.append(f"⟨link to {target}⟩")
        elif tag != "p":
            self.words.append(f"⟨{_MARKS.get(tag, tag)}⟩")

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.words.append(_PARAGRAPH)
        elif tag != "br":
            self.words.append(f"⟨end of {'link' if tag == 'a' else _MARKS.get(tag, tag)}⟩")

    def handle_data(self, data: str) -> None:
        self.words.extend(data.split())
