"""Read an article from plain text, as copied from a published page in a browser.

Such text has no marks: what a line is must be told from its shape and its neighbours. Every line becomes part of the
document, or is named in a note as left out; nothing is reworded. Where shape alone can't decide, the likelier reading
is taken and a note with `sure=False` asks the editor to look.

Both doors work in time proportional to the text, on any text.
"""

import datetime
from dataclasses import dataclass, field
from typing import Literal

from articles.importers.document import (
    Advert,
    Block,
    BulletList,
    Document,
    Heading,
    ListItem,
    Note,
    Paragraph,
    Picture,
    ProductBox,
    Promotion,
    ReviewLine,
    SeeAlso,
    ShopMention,
    SourceRefused,
)
from articles.importers.plain_text import read_source, tidy
from articles.importers.review_line import goes_on, in_words, read_review
from articles.importers.shapes import (
    INNER_BULLETS,
    LONE_MARKER,
    Kind,
    Line,
    bought,
    could_be_bare_shop,
    could_be_heading,
    diagnostic_test,
    first_sentence,
    is_byline,
    is_damaged,
    is_ended,
    is_section,
    is_section_word,
    kind_of,
    line_of,
    looks_like_caption,
    name_of_product,
    names_what_is_bought,
    repeats,
    says_it_is_a_caption,
    see_also_topic,
    shop_of,
    shows_someone,
)

__all__ = ["LONGEST_TITLE", "MOST_LINES", "parse", "read_source"]

LONGEST_TITLE = 255
"""Characters: what the site can store."""

MOST_LINES = 50_000
"""Lines that aren't blank. A long article has a thousand; each line becomes a block that the site must carry."""


def parse(text: str, *, today: datetime.date) -> Document:
    """The article in `text`.

    Raises SourceRefused where there is no title or nothing below it, where the review line can't be trusted to the
    day (see `read_review`) or is one of two, and where the text holds control characters or more than `MOST_LINES`.
    """
    return _Reader(_lines(tidy(text)), today).read()


# Lines.

# A line that stops at one of these words goes on below.
_LINKING_WORDS = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "because", "but", "by", "can", "from", "has", "have", "if",
    "in", "into", "is", "it", "its", "may", "of", "on", "or", "that", "the", "their", "this", "to", "was",
    "when", "where", "which", "while", "with", "your",
})  # fmt: skip
_NARROWEST_WIDTH = 50
"""Characters: a shorter line wasn't broken because it was too long, unless it plainly stops in mid-sentence."""
_HALF_A_WIDTH = _NARROWEST_WIDTH // 2


def _is_continued(lines: list[Line], part: str, line: Line) -> bool:
    """Whether `line`, directly below the last of `lines` (whose last part is `part`), is the rest of it."""
    last = lines[-1]
    if line.kind not in {Kind.SHORT, Kind.PROSE}:
        return False
    if last.kind is Kind.SIGNS:
        return bool(LONE_MARKER.fullmatch(last.text))
    if last.kind is Kind.ITEM and line.indent > last.indent:
        return True
    # The first line is the title, which stands alone.
    if last.kind not in {Kind.ITEM, Kind.SHORT, Kind.PROSE} or (
        len(lines) == 1 and last.kind is not Kind.ITEM
    ):
        return False
    if part.endswith(",") or part.rpartition(" ")[2].casefold() in _LINKING_WORDS:
        return len(part) >= _HALF_A_WIDTH
    if is_ended(part) or len(part) < _NARROWEST_WIDTH:
        return False
    return line.text[:1].islower() or bool(first_sentence(part)[1])


def _lines(text: str) -> list[Line]:
    """The lines of `text` that aren't blank, with lines that were broken to a width put together again."""
    lines: list[Line] = []
    parts: list[str] = []
    above: int | None = None

    def close() -> None:
        if len(parts) > 1:
            last = lines[-1]
            last.text = " ".join(parts)
            last.joined = True
            if last.kind is not Kind.ITEM:
                last.kind = kind_of(last.text)
        parts.clear()

    for number, raw in enumerate(text.split("\n"), 1):
        body = raw.strip()
        if not body:
            continue
        line = line_of(number, len(raw) - len(raw.lstrip()), body)
        adjacent = above == number - 1
        above = number
        if adjacent and lines and _is_continued(lines, parts[-1], line):
            if lines[-1].kind is Kind.SIGNS:
                lone = lines.pop()
                line = Line(lone.number, lone.indent, line.text, Kind.ITEM, lone.text)
                parts[:] = [line.text]
                lines.append(line)
            else:
                parts.append(line.text)
            continue
        close()
        if len(lines) == MOST_LINES:
            raise SourceRefused(
                f"The text has more than {MOST_LINES:,} lines; that is not one article.", number
            )
        lines.append(line)
        parts.append(line.text)
    close()
    return lines


# The whole article.

_LIKELY_RELATED = 3
_LIKELY_WORDS_IN_A_HEADING = 8


@dataclass(frozen=True, slots=True)
class _Box:
    """A product box, the place of the first line below it, and what is doubtful in it."""

    product: ProductBox
    end: int
    doubts: tuple[str, ...]


@dataclass(slots=True)
class _Reader:
    """Walks the lines once, from the title down."""

    lines: list[Line]
    today: datetime.date
    place: int = 0
    title: str = ""
    standfirst: str = ""
    related: list[str] = field(default_factory=list)
    review: ReviewLine | None = None
    blocks: list[Block] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    in_section: bool = False
    heading: str = ""
    """The words of the last heading."""

    def read(self) -> Document:
        self._leave_out_furniture()
        self._read_title()
        self._read_opening()
        while self.place < len(self.lines):
            self._read_block()
        if not self.standfirst and not self.blocks:
            raise SourceRefused("There is a title, but no article below it.")
        if not self.standfirst:
            self._doubt(1, "No standfirst: no sentence stands between the title and the first section.")
        if self.review is None:
            self._note(1, "No review line: the article claims no medical review.")
        self.notes.sort(key=lambda note: note.line)
        return Document(
            self.title,
            self.standfirst,
            tuple(self.related),
            self.review,
            tuple(self.blocks),
            tuple(self.notes),
        )

    # What is kept is said.

    def _note(self, line: int, text: str, *, sure: bool = True) -> None:
        self.notes.append(Note(line, text, sure))

    def _doubt(self, line: int, text: str) -> None:
        self._note(line, text, sure=False)

    def _leave_out_furniture(self) -> None:
        kept = []
        for line in self.lines:
            if line.kind is Kind.FURNITURE:
                self._note(line.number, f"Furniture dropped: {_quoted(line.text)}.")
            elif line.kind is Kind.SIGNS:
                self._doubt(line.number, f"Left out, there are no words in it: {_quoted(line.text)}.")
            else:
                kept.append(line)
                if is_damaged(line.text):
                    self._doubt(
                        line.number, "Some letters look damaged by a wrong encoding. Compare with the source."
                    )
                if line.joined:
                    self._doubt(line.number, "Several lines were put together into one.")
        self.lines = kept

    # Title, related items, standfirst.

    def _read_title(self) -> None:
        while self.place < len(self.lines):
            line = self.lines[self.place]
            if line.kind in {Kind.ADVERT, Kind.PROMOTION, Kind.REVIEW}:
                self._read_block()
                continue
            self.place += 1
            self.title = f"{line.marker} {line.text}" if line.numbered else line.text
            if len(self.title) > LONGEST_TITLE:
                raise SourceRefused(
                    f"The first line should be the title, but it has {len(self.title)} characters; "
                    f"a title has at most {LONGEST_TITLE}.",
                    line.number,
                )
            if line.kind is Kind.SHORT:
                self._note(line.number, f"Title: {_quoted(line.text)}.")
            else:
                self._doubt(
                    line.number, f"Taken as the title, though it doesn't look like one: {_quoted(line.text)}."
                )
            return
        raise SourceRefused("There is no title: the first line with words should be one.")

    def _read_opening(self) -> None:
        while self.place < len(self.lines):
            line = self.lines[self.place]
            if line.kind in {Kind.ADVERT, Kind.PROMOTION, Kind.REVIEW}:
                self._read_block()
                continue
            if line.kind not in {Kind.SHORT, Kind.PROSE} or self._box() is not None:
                return
            if line.kind is Kind.PROSE:
                if line.text.endswith(":"):
                    return
                self.place += 1
                self.standfirst = line.text
                self._note(line.number, f"Standfirst: {_quoted(line.text)}.")
                return
            if is_section(line.text, self.title) and line.text.casefold() != self.title.casefold():
                return
            self.place += 1
            if line.text.casefold() == self.title.casefold():
                self._note(line.number, "Furniture dropped: the title again.")
            elif is_byline(line.text):
                self._add(Paragraph(line.text))
                self._doubt(
                    line.number,
                    f"Kept as a paragraph, but authors and dates belong to the page: {_quoted(line.text)}.",
                )
            elif looks_like_caption(line.text):
                self._add(Picture(line.text))
                self._doubt(line.number, f"Taken as the caption of a picture: {_quoted(line.text)}.")
            else:
                self.related.append(line.text)
                likely = len(self.related) <= _LIKELY_RELATED and line.text.count(" ") < 6
                self._note(line.number, f"Related item: {_quoted(line.text)}.", sure=likely)

    # Blocks.

    def _add(self, block: Block) -> None:
        self.blocks.append(block)

    def _above(self) -> Block | None:
        """The block above, adverts and promotions left aside: they stand anywhere."""
        for block in reversed(self.blocks):
            if not isinstance(block, Advert | Promotion):
                return block
        return None

    def _next(self) -> Line | None:
        """The line below the current one, adverts and promotions left aside."""
        for place in range(self.place + 1, len(self.lines)):
            if self.lines[place].kind not in {Kind.ADVERT, Kind.PROMOTION}:
                return self.lines[place]
        return None

    def _read_block(self) -> None:
        line = self.lines[self.place]
        box = self._box() if line.kind in {Kind.SHORT, Kind.PROSE} else None
        if box is not None:
            self._read_box(box)
        elif line.kind is Kind.ITEM:
            self._read_list("")
        elif line.kind is Kind.REVIEW:
            self._read_review()
        elif line.kind is Kind.SHORT:
            self._read_short()
        elif line.kind is Kind.PROSE:
            self._read_prose()
        else:
            self.place += 1
            if line.kind is Kind.ADVERT:
                self._add(Advert())
                self._note(line.number, "Advert.")
            elif line.kind is Kind.PROMOTION:
                self._add(Promotion(line.text))
                self._note(line.number, f"Promotion: {_quoted(line.text)}.")
            else:
                self._read_see_also(line)

    def _read_see_also(self, line: Line) -> None:
        topic = see_also_topic(line.text)
        self._add(SeeAlso(line.text, topic))
        self._note(line.number, f"See also: {_quoted(topic)}.")

    def _read_review(self) -> None:
        line = self.lines[self.place]
        if self.review is not None:
            raise SourceRefused(
                "This is a second review line; an article has one. Take one of them out.", line.number
            )
        text = line.text
        self.place += 1
        while self.place < len(self.lines) and goes_on(text, self.lines[self.place].text):
            text = f"{text} {self.lines[self.place].text}"
            self.place += 1
        self.review, rest = read_review(text, line=line.number, today=self.today)
        of = f", {self.review.qualification}," if self.review.qualification else ""
        day = in_words(self.review.reviewed_on)
        self._note(line.number, f"Review claimed by {self.review.reviewer}{of} on {day}.")
        if (
            " " not in self.review.reviewer
            or self.review.reviewer[0].islower()
            or " and " in self.review.reviewer
        ):
            self._doubt(
                line.number, f"The reviewer doesn't read like one person: {_quoted(self.review.reviewer)}."
            )
        if rest:
            self._add(Paragraph(rest))
            self._doubt(line.number, f"Kept as a paragraph, it follows the review date: {_quoted(rest)}.")

    def _read_prose(self) -> None:
        line = self.lines[self.place]
        below = self._next()
        if line.text.endswith(":"):
            if self.place + 1 < len(self.lines) and self.lines[self.place + 1].kind is Kind.ITEM:
                self.place += 1
                self._read_list(line.text)
                return
            if below is not None and below.kind is Kind.PROSE and is_section_word(line.text):
                self._read_section_heading(line)
                return
            if below is not None and below.kind is Kind.SHORT:
                # "There are three causes:" and then a heading for each.
                self.in_section = True
        self.place += 1
        test = diagnostic_test(line.text)
        if test is None:
            self._add(Paragraph(line.text))
            self._note(line.number, f"Paragraph: {_quoted(line.text)}.")
        else:
            self._add(test)
            self._note(line.number, f"Diagnostic test: {_quoted(test.name)}.")
            if not test.positive_result:
                self._doubt(line.number, f"{test.name}: nothing says what a positive result means.")
        self._doubt_claims(line)

    def _doubt_claims(self, line: Line) -> None:
        """Say where text that stays in the article makes a claim that the site itself makes elsewhere."""
        if "medically reviewed by" in line.text.casefold():
            self._doubt(
                line.number, "A review is mentioned inside a line. Put the review line on a line of its own."
            )
        if _offered(line) is not None:
            self._doubt(
                line.number, "Reads like the “Buy” line of a product box, but no shop is named below it."
            )

    def _read_heading(self, line: Line, level: Literal[2, 3], *, sure: bool = True) -> None:
        self.place += 1
        text = f"{line.marker} {line.text}" if line.numbered else line.text
        self.heading = text
        self._add(Heading(level, text))
        self._note(line.number, f"Heading, level {level}: {_quoted(text)}.", sure=sure)

    def _read_section_heading(self, line: Line) -> None:
        self._read_heading(line, 2)
        self.in_section = True

    def _read_part_heading(self, line: Line, *, sure: bool = True) -> None:
        """A heading that names no section by itself: a part of the section it stands in, if there is one."""
        self._read_heading(line, 3 if self.in_section else 2, sure=sure)

    def _read_picture(self, line: Line, *, sure: bool = True) -> None:
        self.place += 1
        self._add(Picture(line.text))
        self._note(line.number, f"Picture with the caption {_quoted(line.text)}.", sure=sure)

    def _read_short(self) -> None:
        """A short line that doesn't end as a sentence does: a heading, a caption, or neither."""
        line = self.lines[self.place]
        above, below = self._above(), self._next()
        self._doubt_claims(line)
        if is_section(line.text, self.title):
            self._read_section_heading(line)
            if below is None:
                self._doubt(line.number, f"Nothing stands below this heading: {_quoted(line.text)}.")
        elif is_byline(line.text) and any(character.isdigit() for character in line.text):
            self._keep_as_paragraph(line, "authors and dates belong to the page")
        elif looks_like_caption(line.text):
            self._read_picture(line, sure=isinstance(above, Heading) or says_it_is_a_caption(line.text))
        elif isinstance(above, Heading | Picture):
            self._read_short_below(above, line, below)
        elif below is None:
            self._keep_as_paragraph(line, "a heading or a caption would have text below it")
        elif (below.kind is Kind.SHORT and is_section(below.text, self.title)) or (
            below.kind is Kind.PROSE and shows_someone(line.text)
        ):
            self._read_picture(line, sure=False)
        else:
            self._read_part_heading(line, sure=line.text.count(" ") < _LIKELY_WORDS_IN_A_HEADING)

    def _read_short_below(self, above: Heading | Picture, line: Line, below: Line | None) -> None:
        """A short line directly below a heading or a caption."""
        says_it_again = repeats(line.text, self.heading, self.title)
        has_caption = (
            below is not None
            and below.kind is Kind.SHORT
            and not is_section(below.text, self.title)
            and (looks_like_caption(below.text) or repeats(below.text, line.text, self.title))
        )
        if isinstance(above, Heading) and above.level == 2 and has_caption:
            self._read_part_heading(line, sure=False)
        elif says_it_again:
            sure = isinstance(above, Heading) and below is not None and below.kind is Kind.PROSE
            self._read_picture(line, sure=sure)
        elif below is None:
            self._keep_as_paragraph(line, "a heading or a caption would have text below it")
        elif (
            isinstance(above, Heading)
            and below.kind is Kind.PROSE
            and (above.level == 3 or not self.in_section or line.text.count(" ") > 2)
        ):
            self._read_picture(line, sure=False)
        else:
            self._read_part_heading(line, sure=False)

    def _keep_as_paragraph(self, line: Line, reason: str) -> None:
        self.place += 1
        self._add(Paragraph(line.text))
        self._doubt(line.number, f"Kept as a paragraph, but {reason}: {_quoted(line.text)}.")

    def _read_list(self, lead_in: str) -> None:
        first = self.lines[self.place]
        if not lead_in and self._is_numbered_heading(first):
            self._read_part_heading(first, sure=False)
            return
        top, inner = first.indent, None
        items: list[tuple[Line, list[str]]] = []
        while self.place < len(self.lines):
            line = self.lines[self.place]
            if line.kind is not Kind.ITEM:
                break
            if items and (
                line.indent > top + 1 or (line.marker in INNER_BULLETS and first.marker not in INNER_BULLETS)
            ):
                inner = line.indent if inner is None else min(inner, line.indent)
                if line.indent > inner + 1:
                    self._doubt(
                        line.number,
                        f"A list has two levels here; this item was a third: {_quoted(line.text)}.",
                    )
                items[-1][1].append(line.text)
            elif line.numbered != first.numbered:
                break
            else:
                top = min(top, line.indent)
                items.append((line, []))
            self.place += 1
        listed = tuple(ListItem(line.text, tuple(children)) for line, children in items)
        self._add(BulletList(lead_in, listed, first.numbered))
        kind = "Numbered list" if first.numbered else "List"
        count = "1 item" if len(listed) == 1 else f"{len(listed)} items"
        led_in = f"led in by {_quoted(lead_in)}" if lead_in else "without a lead-in"
        self._note(first.number, f"{kind} of {count}, {led_in}.")
        numbers = [int(line.marker[:-1]) for line, _ in items if line.marker[:-1].isdecimal()]
        if numbers and numbers != list(range(1, len(numbers) + 1)):
            self._doubt(
                first.number, "The numbers of this list don't run from 1 upwards; on the page they will."
            )

    def _is_numbered_heading(self, line: Line) -> bool:
        """Whether a single numbered line with sentences below is a heading ("1. Rest"), which keeps its number."""
        below = self._next()
        return (
            line.marker[:-1].isdecimal()
            and line.numbered
            and below is not None
            and below.kind is Kind.PROSE
            and could_be_heading(line.text)
        )

    # Product boxes.

    def _is_name_of_box(self, place: int) -> bool:
        """Whether the line at `place` names the product that the line below it offers."""
        if place + 1 >= len(self.lines) or self.lines[place].kind is not Kind.SHORT:
            return False
        name, what = self.lines[place].text, _offered(self.lines[place + 1])
        return what is not None and not is_section(name, self.title) and names_what_is_bought(name, what)

    def _box(self) -> _Box | None:
        """The product box that begins at the current line."""
        named = self._is_name_of_box(self.place)
        call = self.lines[self.place + named]
        if _offered(call) is None:
            return None
        shops: list[ShopMention] = []
        place = self.place + named + 1
        while place < len(self.lines) and not self._is_name_of_box(place):
            shop = self._shop_at(place, expected=named and not shops, first=not shops)
            if shop is None:
                break
            shops.append(shop)
            place += 1
        if not shops:
            return None
        doubts = [
            f"No region is given for the shop {_quoted(shop.name)}."
            for shop in shops
            if not shop.region_label
        ]
        if named:
            name = self.lines[self.place].text
        else:
            name = name_of_product(call.text)
            doubts.append(f"The product's name was taken from {_quoted(call.text)}.")
        return _Box(ProductBox(name, call.text, tuple(shops)), place, tuple(doubts))

    def _shop_at(self, place: int, *, expected: bool, first: bool) -> ShopMention | None:
        line = self.lines[place]
        if line.kind not in {Kind.SHORT, Kind.PROSE, Kind.ITEM}:
            return None
        shop = shop_of(line.text, first=first)
        if shop is not None:
            return shop
        # A bare name ("Boots") is a shop only where a heading can't stand.
        if line.kind is not Kind.SHORT or not could_be_bare_shop(line.text, self.title):
            return None
        below = self.lines[place + 1] if place + 1 < len(self.lines) else None
        if expected or (below is not None and below.kind is Kind.SHORT and shop_of(below.text, first=False)):
            return ShopMention(line.text, "")
        return None

    def _read_box(self, box: _Box) -> None:
        line = self.lines[self.place]
        self.place = box.end
        self._add(box.product)
        shops = [f"{shop.name} ({shop.region_label or '?'})" for shop in box.product.shops]
        count = "1 shop" if len(shops) == 1 else f"{len(shops)} shops"
        self._note(line.number, f"Product box {_quoted(box.product.name)} with {count}: {', '.join(shops)}.")
        for doubt in box.doubts:
            self._doubt(line.number, doubt)


def _offered(line: Line) -> str | None:
    """What this line offers, if it is the "Buy …" line of a product box."""
    return bought(line.text) if line.kind in {Kind.SHORT, Kind.PROSE} else None


def _quoted(text: str) -> str:
    """`text` in quotation marks, cut to what a note can carry."""
    return f"“{text}”" if len(text) <= 70 else f"“{text[:69].rstrip()}…”"
