"""What a piece of an article may be, told from its own words alone.

The tables and patterns that recognise furniture, bullets, headings, captions, diagnostic tests, "Read more" lines and
shops. What its neighbours make of a line is settled by the reader (`seed_text`).

Patterns that repeat are bounded, or are tried on short lines only, so that no text can make them slow.
"""

import enum
import re
from dataclasses import dataclass

from articles.importers.document import DiagnosticTest, ShopMention
from articles.importers.review_line import claims_review


class Kind(enum.Enum):
    """What a line is by its own shape, before its neighbours are asked."""

    ADVERT = enum.auto()
    PROMOTION = enum.auto()
    FURNITURE = enum.auto()
    SIGNS = enum.auto()
    """No letter and no digit but a lone bullet or number."""
    REVIEW = enum.auto()
    SEE_ALSO = enum.auto()
    ITEM = enum.auto()
    SHORT = enum.auto()
    PROSE = enum.auto()


@dataclass(slots=True)
class Line:
    """A line that isn't blank. `text` is without indent and bullet; `indent` is in columns."""

    number: int
    indent: int
    text: str
    kind: Kind
    marker: str = ""
    joined: bool = False

    @property
    def numbered(self) -> bool:
        return self.marker[-1:] in {".", ")"}


_BULLETS = "\u2022\u2023\u25e6\u25aa\u25ab\u25cf\u25cb\u00b7\u2219*\u2013-"
INNER_BULLETS = frozenset("\u25e6\u25cb\u25ab")
# A bullet that also has other uses ("-5 degrees", "**") needs a space after it.
_ITEM = re.compile(
    r"(?P<marker>[\u2022\u2023\u25e6\u25aa\u25ab\u25cf\u25cb] ?|[\u00b7\u2219*\u2013-] "
    r"|[0-9]{1,3}[.)] |[A-Za-z]\) |[ivx]{2,4}\) ) *(?P<text>[^ ].*)"
)
LONE_MARKER = re.compile(rf"[{re.escape(_BULLETS)}]|[0-9]{{1,3}}[.)]|[A-Za-z]\)")

_ADVERTS = frozenset({"advert", "adverts", "advertisement", "sponsored advert"})
_FURNITURE = frozenset(
    {
        "scroll to top", "scroll up", "back to top", "return to top", "go to top", "top of page", "to top",
        "skip to content", "skip to main content", "skip to navigation", "jump to content",
        "menu", "main menu", "open menu", "close menu", "toggle menu", "toggle navigation", "navigation",
        "search", "home", "previous", "next", "previous article", "next article", "previous post", "next post",
        "share", "share this", "share this article", "print", "print this page", "tweet", "share on facebook",
        "read more", "continue reading", "log in", "sign in", "accept cookies", "cookie settings",
    }
)  # fmt: skip
_BREADCRUMB = re.compile(r"Home ?[\u00bb\u203a>/|] ?[^ ]")
_PROMOTION = re.compile(
    r"(?:download|get|try|install) (?:(?:our|the|your|my|free|new|mobile) ){0,3}app(?: now| today| here| for free)?"
    r"|(?:sign up (?:to|for)|subscribe to) (?:our|the) newsletter"
)
_SEE_ALSO = re.compile(
    r"(?:(?:read|find out|learn) more (?:on|about)\b ?:?|read more ?:|see also\b ?:?|related ?:|further reading ?:)"
    r" ?(?P<topic>[^ ].*)",
    re.IGNORECASE,
)
_LONGEST_SEE_ALSO = 160
_LONGEST_HEADING = 90
_MOST_WORDS_IN_A_HEADING = 14
_ENDED = ".!:;,\u2026"
_CLOSERS = "\"'\u201d\u2019)]"


def line_of(number: int, indent: int, body: str) -> Line:
    """The line with this number, indent in columns, and `body`, which has no space around it and isn't empty."""
    if item := _ITEM.fullmatch(body):
        text = _single_spaced(item["text"])
        if any(character.isalnum() for character in text):
            return Line(number, indent, text, Kind.ITEM, item["marker"].strip())
    text = _single_spaced(body)
    return Line(number, indent, text, kind_of(text))


def kind_of(text: str) -> Kind:
    """What a text without bullet is by its own shape."""
    if LONE_MARKER.fullmatch(text) or not any(character.isalnum() for character in text):
        return Kind.SIGNS
    if len(text) <= _LONGEST_HEADING:
        key = key_of(text)
        if key in _ADVERTS:
            return Kind.ADVERT
        if key in _FURNITURE or _BREADCRUMB.match(text):
            return Kind.FURNITURE
        if _PROMOTION.fullmatch(key):
            return Kind.PROMOTION
    if claims_review(text):
        return Kind.REVIEW
    if len(text) <= _LONGEST_SEE_ALSO and _SEE_ALSO.fullmatch(text) and not first_sentence(text)[1]:
        return Kind.SEE_ALSO
    return Kind.SHORT if could_be_heading(text) else Kind.PROSE


def see_also_topic(text: str) -> str:
    """What a line of kind SEE_ALSO points at: "slipped disc" of "Read more on slipped disc."."""
    found = _SEE_ALSO.fullmatch(text)
    return found["topic"].rstrip(" .!\u00bb\u203a\u2192>") if found else text


def could_be_heading(text: str) -> bool:
    """Whether a text is short and doesn't end as sentences do, but for one question."""
    if len(text) > _LONGEST_HEADING or text.count(" ") >= _MOST_WORDS_IN_A_HEADING:
        return False
    if text.endswith("?"):
        return not first_sentence(text)[1]
    return not is_ended(text)


def is_ended(text: str) -> bool:
    """Whether a text ends with a mark that closes a sentence or a clause."""
    return text.endswith((*_ENDED, "?")) or text.rstrip(_CLOSERS).endswith(tuple(_ENDED))


def _single_spaced(text: str) -> str:
    return " ".join(text.split())


def key_of(text: str) -> str:
    """`text` as fixed phrases are compared: lower case, without the signs around it."""
    return text.casefold().strip(
        " .:|<>[]()\u00ab\u00bb\u2039\u203a\u2190\u2191\u2192\u25b2\u2013\u2014-*\u00d7"
    )


# Sentences.

_STOP = re.compile(r"[.!?\u2026][\"'\u201d\u2019)\]]* ")
_NEVER_LAST = frozenset({
    "dr", "mr", "mrs", "ms", "mx", "prof", "st", "vs", "e.g", "i.e", "eg", "ie", "cf", "fig", "approx",
})  # fmt: skip
_LAST_BEFORE_A_CAPITAL = frozenset({"etc", "al", "jr", "sr", "inc", "ltd"})


def first_sentence(text: str) -> tuple[str, str]:
    """The first sentence of `text`, and the rest of it or ""."""
    for stop in _STOP.finditer(text):
        if text[stop.start()] == ".":
            start = text.rfind(" ", max(0, stop.start() - 40), stop.start()) + 1
            word = text[start : stop.start()].strip("\"'(\u201c\u2018")
            before_a_capital = text[stop.end() : stop.end() + 1].isupper()
            if (
                word.casefold() in _NEVER_LAST
                or (word.casefold() in _LAST_BEFORE_A_CAPITAL and not before_a_capital)
                or (before_a_capital and _is_initial(text[max(0, start - 40) : start], word))
            ):
                continue
        return text[: stop.end() - 1], text[stop.end() :]
    return text, ""


def _is_initial(before: str, word: str) -> bool:
    """Whether `word` shortens a forename ("Peter J. Smith"); in "vitamin C. It" it doesn't."""
    return len(word) == 1 and word.isupper() and before.rstrip().rpartition(" ")[2][:1].isupper()


# Headings and captions.

_SECTIONS = frozenset(
    {
        "overview", "introduction", "summary", "conclusion", "key points", "anatomy", "references", "further reading",
        "signs", "symptoms", "signs and symptoms", "causes", "risk factors", "causes and risk factors",
        "diagnosis", "assessment", "examination", "diagnosis and assessment", "complications",
        "treatment", "treatments", "treatment options", "home treatment", "self-care", "self care", "self-help",
        "first aid", "management", "prevention", "exercises", "rehabilitation", "rehab", "rehabilitation exercises",
        "recovery", "recovery time", "outlook", "prognosis", "return to sport",
        "faq", "faqs", "frequently asked questions", "frequently asked questions (faqs)",
    }
)  # fmt: skip
_SECTION_OF = re.compile(r"(?P<section>[a-z-]+(?: and [a-z-]+)?) (?:of|for|options|after|at home)\b")
_ASKING = frozenset({"what", "how", "when", "why", "who", "where"})
_CAPTION = re.compile(
    r"(?:image|picture|photo|photograph|figure|fig\.?|illustration|diagram|video|caption)"
    r"(?: [0-9]{1,3}[a-z]?)?(?: ?[:\u2013\u2014-] ?[^ ]| of | showing )",
    re.IGNORECASE,
)
_SHOWING = frozenset({
    "showing", "performing", "demonstrating", "illustrating", "holding", "wearing", "causing", "pointing",
})  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{3,}")
_EMPTY_WORDS = frozenset({
    "and", "are", "can", "cause", "causes", "causing", "for", "from", "how", "the", "this", "what",
    "when", "where", "who", "why", "with", "your",
})  # fmt: skip


def is_section_word(text: str) -> bool:
    """Whether the text is one of the words that health articles are divided by, and nothing else."""
    return key_of(text) in _SECTIONS


def is_section(text: str, title: str) -> bool:
    """Whether a heading names a section by itself: a question, or a word that health articles are divided by."""
    if text.endswith("?"):
        return True
    key, title_key = key_of(text), key_of(title)
    if key.partition(" ")[0] in _ASKING and " " in key:
        return True
    if key in _SECTIONS or key.removeprefix(title_key).strip() in _SECTIONS:
        return True
    found = _SECTION_OF.match(key)
    return found is not None and found["section"] in _SECTIONS


def looks_like_caption(text: str) -> bool:
    """Whether a short text is more likely a caption than a heading: it says so, or starts in lower case."""
    first = next((character for character in text if character.isalpha()), "")
    return first.islower() or says_it_is_a_caption(text)


def says_it_is_a_caption(text: str) -> bool:
    """Whether the text opens as only captions do: "Figure 1: …", "Photo of …"."""
    return bool(_CAPTION.match(text))


def shows_someone(text: str) -> bool:
    """Whether the text says what can be seen, as captions do: "Runner wearing a brace"."""
    words = text.casefold().split(" ")
    return len(words) >= 4 and not _SHOWING.isdisjoint(words[1:])


def telling_words(text: str) -> frozenset[str]:
    """The words of `text` that carry meaning, singular as far as dropping an s does it."""
    found = (word.rstrip("s") for word in _WORD.findall(text.casefold()) if word not in _EMPTY_WORDS)
    return frozenset(found)


def repeats(caption: str, heading: str, title: str) -> bool:
    """Whether `caption` says again what `heading` says, beyond the words of the article's title."""
    said, above, known = telling_words(caption), telling_words(heading), telling_words(title)
    return bool((said & above) - known) or (bool(said) and said <= above | known)


# Diagnostic tests.

_TEST = re.compile(
    r"(?:(?:The|An?) )?(?P<name>(?:[^\s.,;:!?]{1,40} ){1,6}?test)"
    r" (?:(?:is|can be|may be|was) (?:\w+ ){0,2}?used|can (?:be )?help|may help|helps|checks|assesses|tests|looks|measures"
    r"|examines|detects|shows|identifies|confirms|evaluates|stresses|involves|is (?:performed|done|carried out|designed|a)"
    r"|aims)\b"
)
_NO_NAME = frozenset({
    "this", "that", "these", "those", "if", "when", "while", "your", "a", "an", "the", "no", "each",
    "any", "another", "same", "positive", "negative", "every", "one", "or", "and", "is", "of", "with",
    "as",
})  # fmt: skip
_OWNER = ("'s", "\u2019s", "s'", "s\u2019")


def diagnostic_test(text: str) -> DiagnosticTest | None:
    """The diagnostic test that this paragraph is about, if it opens by saying what one is used for."""
    found = _TEST.match(text)
    if found is None:
        return None
    name = found["name"]
    named = name.split(" ")[:-1]
    if not _NO_NAME.isdisjoint(word.casefold() for word in named):
        return None
    article = found.start("name") > 0
    if not article and not named[-1].endswith(_OWNER) and " used" not in found[0]:
        return None
    purpose, result = first_sentence(text)
    return DiagnosticTest(name[0].upper() + name[1:], purpose, result)


# Product boxes.

_BUY = re.compile(r"buy:? (?P<name>[^ ].*?)(?: now| here| online| today| from)?[.:!]?", re.IGNORECASE)
_BUY_ANYTHING = frozenset(
    {"now", "here", "online", "today", "direct", "it", "it now", "it here", "this", "this now"}
)
_LONGEST_BUY = 120
_MOST_WORDS_IN_A_SHOP = 4
_SHOP = re.compile(r"(?P<name>[^()\[\]]{1,80}?) ?[(\[](?P<region>[^()\[\]]{1,40})[)\]]\.?")
_WEB_ADDRESS = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+/?")
_REGIONS = frozenset({
    "uk", "u.k.", "usa", "us", "u.s.", "u.s.a.", "eu", "europe", "worldwide", "international", "global",
    "ireland", "germany", "france", "spain", "italy", "portugal", "netherlands", "belgium", "austria",
    "switzerland", "sweden", "norway", "denmark", "finland", "poland", "canada", "australia", "india",
    "japan", "mexico", "brazil", "england", "scotland", "wales",
    "united kingdom", "great britain", "united states", "united states of america", "new zealand", "south africa",
})  # fmt: skip


def bought(text: str) -> str | None:
    """What a line such as "Buy thigh supports" offers; None for other lines."""
    found = _BUY.fullmatch(text) if len(text) <= _LONGEST_BUY else None
    return found["name"] if found else None


def names_what_is_bought(name: str, what: str) -> bool:
    """Whether `name` is the product of a line that offers `what`: "Elbow strap" and "the strap", or just "now"."""
    key = key_of(what)
    return (
        key in _BUY_ANYTHING or key == key_of(name) or not telling_words(what).isdisjoint(telling_words(name))
    )


def name_of_product(call_to_action: str) -> str:
    """The product's name where only the "Buy …" line gives one: what it offers, or the whole line."""
    what = bought(call_to_action)
    return call_to_action if what is None or key_of(what) in _BUY_ANYTHING else what


def could_be_bare_shop(text: str, title: str) -> bool:
    """Whether a short line could be a shop's name without region or web address ("Boots")."""
    return text.count(" ") < _MOST_WORDS_IN_A_SHOP and not is_section(text, title) and bought(text) is None


def shop_of(text: str, *, first: bool) -> ShopMention | None:
    """The shop that this line names, with its region or as a web address."""
    if len(text) > _LONGEST_HEADING:
        return None
    if _WEB_ADDRESS.fullmatch(text):
        return ShopMention(text, "")
    found = _SHOP.fullmatch(text)
    if found is None:
        return None
    name, region = found["name"].strip(), found["region"].strip()
    if not region or not any(character.isalnum() for character in name):
        return None
    if region.casefold() in _REGIONS or _WEB_ADDRESS.fullmatch(name):
        return ShopMention(name, region)
    # "Torn muscle (strain)" and "Iliotibial band (ITB)" are headings of the same shape.
    if not region[0].isupper() or region.count(" ") > 2 or (not first and _abbreviates(region, name)):
        return None
    return ShopMention(name, region)


def _abbreviates(short: str, name: str) -> bool:
    """Whether the letters of `short` stand in `name` in that order, from its first letter on."""
    letters = iter(name.casefold())
    return (
        short.isupper()
        and short[0].casefold() == name[0].casefold()
        and all(letter in letters for letter in short.casefold())
    )


# Lines to doubt.

_BYLINE = re.compile(
    r"(?:(?:written |article |posted )?by |author:|(?:last )?(?:updated|reviewed|modified)\b|published\b)",
    re.IGNORECASE,
)
_SCARS = re.compile("\ufffd|\u00e2\u20ac|\u00c3[\u00a9\u00a8\u00a1\u00b6\u00bc]")


def is_byline(text: str) -> bool:
    """Whether the text says who wrote the article, or when it was published."""
    return bool(_BYLINE.match(text))


def is_damaged(text: str) -> bool:
    """Whether letters were lost or garbled by a wrong encoding before the text came here."""
    return bool(_SCARS.search(text))
