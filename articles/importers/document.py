"""An article as an importer understood it, before it meets the site.

Plain values only: every importer of article text produces a `Document`, and one loader turns documents into
pages. Every text is one line of plain text: markup in it means nothing and must be escaped where it is shown.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, assert_never


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: level 2 opens a section of the article, level 3 a part of a section."""

    level: Literal[2, 3]
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class ListItem:
    """One item of a list, without its bullet or number, and the items one level below it."""

    text: str
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BulletList:
    """A list and the words that lead into it ("Symptoms include:"), or "" where nothing does."""

    lead_in: str
    items: tuple[ListItem, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class DiagnosticTest:
    """A test that a clinician does. Read in order, `purpose`, `how` and `positive_result` are the source's words."""

    name: str
    purpose: str
    positive_result: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A place where the source showed a picture: text carries only its caption."""

    caption: str


@dataclass(frozen=True, slots=True)
class SeeAlso:
    """A pointer to another article: the whole line as written, and what it points at ("slipped disc")."""

    text: str
    topic: str


@dataclass(frozen=True, slots=True)
class ShopMention:
    """A shop as the source names it. `region_label` is the source's word ("UK", "Germany"), "" where it gives none."""

    name: str
    region_label: str


@dataclass(frozen=True, slots=True)
class ProductBox:
    """A product, its "Buy …" line as written, and the shops named below it (at least one)."""

    name: str
    call_to_action: str
    shops: tuple[ShopMention, ...]


@dataclass(frozen=True, slots=True)
class Advert:
    """A place where the source showed an advert."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """A call to do something for the publisher, such as downloading its app."""

    text: str


Block = (
    Heading | Paragraph | BulletList | DiagnosticTest | Picture | SeeAlso | ProductBox | Advert | Promotion
)


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """What the source claims about its medical review. A claim, never a sign-off: nothing here was verified."""

    reviewer: str
    qualification: str
    reviewed_on: datetime.date


@dataclass(frozen=True, slots=True)
class Note:
    """What the importer made of one line, for the editor. `line` counts from 1; `sure` is False where they should look."""

    line: int
    text: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Document:
    """One article. `related` holds the names of related items; `review` is None where the source claims none."""

    title: str
    standfirst: str
    related: tuple[str, ...]
    review: ReviewLine | None
    blocks: tuple[Block, ...]
    notes: tuple[Note, ...]

    def plain_text(self) -> str:
        """The article's words in reading order, one text a line.

        Left out: adverts (they have no words), notes, and the review line, which is a claim about the words and
        not one of them.
        """
        texts = [self.title, *self.related, self.standfirst]
        for block in self.blocks:
            texts.extend(_texts(block))
        return "\n".join(text for text in texts if text)


class SourceRefused(Exception):
    """The source can't become an article.

    `message` tells the person who brought it what is wrong and what to do; `line` is where, counting from 1, or
    None where it concerns the whole source.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message, line)
        self.message = message
        self.line = line

    def __str__(self) -> str:
        return self.message if self.line is None else f"Line {self.line}: {self.message}"


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Heading() | Paragraph() | SeeAlso() | Promotion():
            yield block.text
        case Picture():
            yield block.caption
        case BulletList():
            yield block.lead_in
            for item in block.items:
                yield item.text
                yield from item.children
        case DiagnosticTest():
            yield from (block.purpose, block.how, block.positive_result)
        case ProductBox():
            yield from (block.name, block.call_to_action)
            for shop in block.shops:
                yield f"{shop.name} ({shop.region_label})" if shop.region_label else shop.name
        case Advert():
            return
        case _:
            assert_never(block)
