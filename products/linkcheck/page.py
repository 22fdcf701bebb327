"""What an HTML page says about itself: title, product data, availability, visible words. Pure.

`html.parser` of the supported Python releases takes quadratic time on hostile markup (32 KiB of
`<a <a <a` cost ten seconds on 3.11.7, so a page at the cap would cost the better part of an hour).
The tokeniser below is one regular expression whose every alternative, once begun, succeeds: no
character is looked at more than a fixed number of times.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from products.linkcheck.page_text import ascii_lower

MAX_TEXT: Final = 512 * 1024  # characters read; the door stops at as many bytes
MAX_WORDS: Final = 20_000  # characters of visible text kept
MAX_FIELD: Final = 500  # characters of a title, heading, name or code kept
MAX_ADDRESS: Final = 2_048  # longer addresses are never right
FEW_WORDS: Final = 5  # a page that shows fewer shows nothing
_MAX_LISTED: Final = 50  # buttons, products, codes kept of each kind
_MAX_DEPTH: Final = 40  # nesting of JSON-LD followed


class Stock(StrEnum):
    """What a shop's markup says of its own stock."""

    IN = "in_stock"
    OUT = "out_of_stock"
    DISCONTINUED = "discontinued"


@dataclass(frozen=True, slots=True)
class StockSignal:
    """One source's word on availability. Of several variants of one product the best counts."""

    source: str  # "JSON-LD", "microdata" or "product tags"
    stock: Stock


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What one page says. Text has entities resolved and white space collapsed; absent is empty."""

    url: str
    title: str = ""
    h1: str = ""
    canonical: str = ""  # absolute
    name: str = ""  # the product's own name in its markup, else the heading, else the title
    availability: tuple[StockSignal, ...] = ()
    price: str = ""
    currency: str = ""
    gtins: tuple[str, ...] = ()  # digits only, sorted
    mpn: str = ""
    sku: str = ""
    meta_refresh: str = ""  # the absolute address that the page sends its reader on to
    body_classes: tuple[str, ...] = ()  # class names and id of <body>, lower case
    buttons: tuple[str, ...] = ()  # what the buttons that can be pressed say
    dead_buttons: tuple[str, ...] = ()  # what disabled buttons say
    has_product_marker: bool = False  # the page presents one product for sale
    is_marked_up_as_product: bool = False  # its markup says so, not just a form or a button
    scripts: int = 0
    basket_buttons: tuple[
        str, ...
    ] = ()  # what can be pressed to send an "add to basket" form; a picture may say ""
    words: str = ""  # visible text, at most MAX_WORDS characters


# Every alternative ends in `\Z` as a way out, so none can fail after a long scan.
_TOKEN: Final = re.compile(
    r"""
    (?P<comment> <!-- (?: -?> | .*? (?: --!?> | \Z ) ) )
  | (?P<raw> < (?P<raw_name> script | style | template | textarea | title | iframe | noembed | noscript | xmp ) (?=[\s/>])
        (?P<raw_attrs> (?: [^>=]++ | =\s*+ (?: "[^"]*+(?:"|\Z) | '[^']*+(?:'|\Z) )?+ )*+ ) (?: > | \Z )
        (?P<raw_text> .*? ) (?: </ (?P=raw_name) (?=[\s/>]) [^>]*+ (?: > | \Z ) | \Z ) )
  | (?P<close> </ (?P<close_name> [a-z][^\s/>]*+ ) [^>]*+ (?: > | \Z ) )
  | (?P<open> < (?P<open_name> [a-z][^\s/>]*+ )
        (?P<open_attrs> (?: [^>=]++ | =\s*+ (?: "[^"]*+(?:"|\Z) | '[^']*+(?:'|\Z) )?+ )*+ ) (?: > | \Z ) )
  | (?P<declaration> <[!?/] [^>]*+ (?: > | \Z ) )
  | (?P<text> [^<]++ | < )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(
    r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"?+|'([^']*+)'?+|([^\s"'>]++)))?+""",
)
_REFRESH: Final = re.compile(
    r"^\s*(\d+)(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?['\"]?\s*([^'\"\s]+)", re.IGNORECASE
)
_HIDDEN: Final = re.compile(r"display\s*+:\s*+none|visibility\s*+:\s*+hidden", re.IGNORECASE)
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL's JSON refuses NUL and half characters
_PRICE: Final = re.compile(r"(?:[£$€]|\b(?:GBP|USD|EUR))\s?\d|\d\s?(?:[£$€]|(?:GBP|USD|EUR)\b)")
_TRADE_BUTTON: Final = re.compile(
    r"\b(?:basket|cart|bag|trolley|buy|pre-?order|sold out|out of stock|unavailable|notify me|discontinued"
    r"|warenkorb|panier|carrito|cesta)\b",
    re.IGNORECASE,
)

_VOID: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ],
)
_INLINE: Final = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
        "wbr",
    ],
)
_GTIN_KEYS: Final = ("gtin", "gtin8", "gtin12", "gtin13", "gtin14", "isbn")
_PRODUCT_TYPES: Final = frozenset(
    ("product", "productgroup", "productmodel", "individualproduct", "someproducts")
)

_IN_STOCK: Final = frozenset(
    [
        "instock",
        "instoreonly",
        "onlineonly",
        "limitedavailability",
        "preorder",
        "presale",
        "backorder",
        "madetoorder",
        "available",
        "availablefororder",
    ],
)
_OUT_OF_STOCK: Final = frozenset(["outofstock", "soldout", "oos", "reserved", "unavailable", "notavailable"])

# Marks of a product page in shops without schema.org: WooCommerce, Magento, PrestaShop, BigCommerce, OpenCart.
_PRODUCT_CLASSES: Final = frozenset(
    [
        "single-product",
        "catalog-product-view",
        "template-product",
        "product-template",
        "page-product",
        "product-page",
        "page-type-product",
        "product-product",
        "type-product",
    ],
)
# Where the "add to basket" form of common shop systems goes: Shopify, Magento, PrestaShop, WooCommerce.
_BASKET_ACTIONS: Final = (
    "/cart/add",
    "checkout/cart/add",
    "/basket/add",
    "/bag/add",
    "add-to-cart=",
    "add-to-basket",
)
# What tells such a form from the one beside it: the fields that say what is put into the basket.
_BASKET_FIELDS: Final = frozenset(
    (
        "id",
        "product",
        "product_id",
        "productid",
        "id_product",
        "variant",
        "variant_id",
        "item",
        "item_id",
        "pid",
        "sku",
        "add-to-cart",
    ),
)
_CHOICES: Final = frozenset(("", "text", "number", "radio", "checkbox"))  # types of <input>


def read_page(text: str, url: str) -> PageFacts:
    """The facts of the page `text` that was served at `url`. Never raises, whatever the text; linear in its length."""
    reader = _Reader(url)
    reader.read(text[:MAX_TEXT])
    facts = reader.facts()
    if (
        reader.has_hidden and len(facts.words.split()) < FEW_WORDS
    ):  # a cover that a script lifts once all is there
        reader = _Reader(url, sees_hidden=True)
        reader.read(text[:MAX_TEXT])
        facts = reader.facts()
    return facts


def split_address(url: str) -> SplitResult:
    """The parts of `url`; all empty where it cannot be read, such as with an unclosed bracket in the host."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def collapse(text: str) -> str:
    """`text` with runs of white space made one space, trimmed, and without what a database cannot hold."""
    return " ".join(_UNSTORABLE.sub("", text).split())


@dataclass(slots=True)
class _Product:
    """One product as a page's markup describes it."""

    source: str
    name: str = ""
    url: str = ""
    price: str = ""
    currency: str = ""
    mpn: str = ""
    sku: str = ""
    gtins: tuple[str, ...] = ()
    stocks: tuple[Stock, ...] = ()

    @property
    def stock(self) -> Stock | None:
        """One size that is left keeps the product in stock; all gone for good is discontinued."""
        if not self.stocks:
            return None
        if Stock.IN in self.stocks:
            return Stock.IN
        return Stock.OUT if Stock.OUT in self.stocks else Stock.DISCONTINUED


@dataclass(slots=True)
class _BasketForm:
    """A form that puts something into the basket."""

    action: str
    puts: tuple[str, ...] = ()  # what its hidden fields name
    has_choice: bool = False  # of a number, a size or a colour


@dataclass(slots=True)
class _Unseen:
    """An element that shows nothing, and how many of what can hold another of its name are open within it."""

    name: str
    depth: int = 0


class _Reader:
    """One pass over the tokens of a page."""

    def __init__(self, url: str, *, sees_hidden: bool = False) -> None:
        self.has_hidden = False
        """Whether elements were met that show nothing, and passed over."""
        self._sees_hidden = sees_hidden
        self._url = url
        self._base = url
        self._title = ""
        self._canonical = ""
        self._refresh = ""
        self._metas: dict[str, str] = {}
        self._body_classes: tuple[str, ...] = ()
        self._buttons: list[str] = []
        self._dead_buttons: list[str] = []
        self._products: list[_Product] = []
        self._scripts = 0
        self._words: list[str] = []
        self._words_length = 0
        self._unseen: _Unseen | None = None
        self._basket_form: _BasketForm | None = None
        self._basket_forms: list[_BasketForm] = []
        self._basket_buttons: list[str] = []
        self._heading: list[str] = []
        self._heading_state = 0  # 0 not seen, 1 inside, 2 read
        self._button: list[str] | None = None
        self._button_dead = False
        self._button_sends = False
        self._microdata: _Microdata | None = None  # most pages hold none, and following it is dear

    def read(self, text: str) -> None:
        if "itemscope" in ascii_lower(text):
            self._microdata = _Microdata()
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup
            if kind == "text":
                self._text(match[0])
            elif kind == "open":
                name, source = match.group("open_name", "open_attrs")
                self._open(name.lower(), source)
            elif kind == "close":
                self._close(match["close_name"].lower())
            elif kind == "raw":
                self._raw(match["raw_name"].lower(), match["raw_attrs"], match["raw_text"])

    def facts(self) -> PageFacts:
        h1 = collapse("".join(self._heading))[:MAX_FIELD]
        title = self._title or self._metas.get("og:title", "")
        if self._microdata is not None:
            self._products.extend(self._microdata.products())
        mains = self._main_products(h1, title)
        signals = {main.source: main.stock for main in mains if main.stock is not None}
        tagged = _stock(self._metas.get("product:availability") or self._metas.get("og:availability", ""))
        if tagged is not None:
            signals["product tags"] = tagged
        price = self._metas.get("product:price:amount") or self._metas.get("og:price:amount", "")
        # A shop's address may say og:type "product" on a listing too, but a price is of one product.
        tags_product = self._metas.get("og:type", "").lower() in ("product", "og:product", "product.item")
        is_marked_up = bool(
            mains
            or (not self._products and (tags_product or price or tagged))
            or _PRODUCT_CLASSES.intersection(self._body_classes)
        )
        return PageFacts(
            url=self._url,
            title=title,
            h1=h1,
            canonical=_absolute(self._base, self._canonical),
            name=next((main.name for main in mains if main.name), "") or h1 or title,
            availability=tuple(StockSignal(source, stock) for source, stock in sorted(signals.items())),
            price=next((main.price for main in mains if main.price), price),
            currency=next(
                (main.currency for main in mains if main.currency),
                self._metas.get("product:price:currency", ""),
            ),
            gtins=tuple(sorted({code for main in mains for code in main.gtins}))[:_MAX_LISTED],
            mpn=next((main.mpn for main in mains if main.mpn), ""),
            sku=next((main.sku for main in mains if main.sku), ""),
            meta_refresh=_absolute(self._base, self._refresh),
            body_classes=self._body_classes,
            buttons=tuple(self._buttons),
            dead_buttons=tuple(self._dead_buttons),
            has_product_marker=is_marked_up or self._fills_basket() or self._sells_without_markup(h1),
            is_marked_up_as_product=is_marked_up,
            scripts=self._scripts,
            basket_buttons=tuple(self._basket_buttons),
            words=collapse("".join(self._words))[:MAX_WORDS],
        )

    def _main_products(self, h1: str, title: str) -> list[_Product]:
        """The product that the page is about, once for each kind of markup; none on a listing."""
        mains = []
        for source in ("JSON-LD", "microdata"):
            found = [product for product in self._products if product.source == source]
            if len(found) > 1:
                found = self._about_this_page(found, h1, title)
            if found:
                mains.append(_merged(found))
        return mains

    def _about_this_page(self, products: list[_Product], h1: str, title: str) -> list[_Product]:
        """Of several products those that are this page's: by address, else by the heading, else by the title."""
        here = {_place(self._url), _place(_absolute(self._base, self._canonical))} - {""}
        names = [collapse(product.name).casefold() for product in products]
        return (
            [one for one in products if _place(_absolute(self._base, one.url)) in here]
            or [one for one, name in zip(products, names, strict=True) if name and name == h1.casefold()]
            or [
                one
                for one, name in zip(products, names, strict=True)
                if name and title.casefold().startswith(name)
            ]
        )

    def _fills_basket(self) -> bool:
        """One thing can be put into the basket here; or several, and of one alone a number or a size is asked for.

        A listing has such a form for each product, and they are alike.
        """
        forms = self._basket_forms
        things = {(form.action, form.puts) for form in forms}
        with_choice = {(form.action, form.puts) for form in forms if form.has_choice}
        return len(things) == 1 or len(with_choice) == 1

    def _sells_without_markup(self, h1: str) -> bool:
        """A heading, a price, and one button to buy (or that says why not): a plain shop's product page.

        A listing has such a button for each product, with the same label.
        """
        labels = [
            one.casefold() for one in (*self._buttons, *self._dead_buttons) if _TRADE_BUTTON.search(one)
        ]
        words = "".join(self._words)
        return bool(h1 and 1 <= len(labels) == len(set(labels)) and _PRICE.search(words))

    def _text(self, text: str) -> None:
        if self._unseen is not None:
            if self._microdata is not None:  # which is for machines, and often hidden
                self._microdata.text(unescape(text[:MAX_WORDS]))
            return
        if self._heading_state != 1 and self._button is None and self._words_length > MAX_WORDS:
            if self._microdata is not None:
                self._microdata.text(text)
            return
        words = unescape(text[:MAX_WORDS])
        if self._microdata is not None:
            self._microdata.text(words)
        if self._words_length <= MAX_WORDS:
            self._words.append(words)
            self._words_length += len(words)
        if self._heading_state == 1 and len(self._heading) < MAX_FIELD:
            self._heading.append(words[:MAX_FIELD])
        if self._button is not None and len(self._button) < MAX_FIELD:
            self._button.append(words[:MAX_FIELD])

    def _break(self) -> None:
        """Words on both sides of a block are two words."""
        if self._heading_state == 1 or self._button is not None or self._microdata is not None:
            self._text(" ")
        elif self._words_length <= MAX_WORDS:
            self._words.append(" ")
            self._words_length += 1

    def _open(self, name: str, source: str) -> None:
        if name not in _INLINE:
            self._break()
        attrs: dict[str, str] = {}
        if name in _READ or (self._microdata is not None and "item" in source):
            attrs = _attributes(source)
        if (
            self._unseen is not None
            or name == "select"
            or "hid" in (lower := source.lower())
            or "none" in lower
        ):
            self._may_hide(name, source)
        if self._basket_form is not None:
            self._in_basket_form(self._basket_form, name, attrs)
        if self._microdata is not None and (attrs or name not in _VOID):
            self._microdata.open(name, attrs, self._base)
        if name == "h1" and self._heading_state == 0:
            self._heading_state = 1
        if name not in _READ:
            return
        if name == "meta":
            self._meta(attrs)
        elif name == "link" and "canonical" in attrs.get("rel", "").lower().split():
            self._canonical = self._canonical or attrs.get("href", "").strip()
        elif name == "base" and self._base == self._url:
            self._base = _absolute(self._url, attrs.get("href", "")) or self._url
        elif name == "body" and not self._body_classes:
            classes = f"{attrs.get('class', '')} {attrs.get('id', '')}".lower().split()
            self._body_classes = tuple(one[:MAX_FIELD] for one in classes[:_MAX_LISTED])
        elif name == "form":
            action = attrs.get("action", "").lower()
            self._basket_form = None
            if any(one in action for one in _BASKET_ACTIONS):
                self._basket_form = _BasketForm(action[:MAX_ADDRESS])
                if len(self._basket_forms) < _MAX_LISTED:
                    self._basket_forms.append(self._basket_form)
        elif self._unseen is not None:
            return
        elif name == "button":
            self._end_button()
            self._button = []
            self._button_dead = _is_disabled(attrs)
            self._button_sends = attrs.get("type", "submit").lower() == "submit"
        elif name == "input" and (kind := attrs.get("type", "").lower()) in ("submit", "button", "image"):
            label = attrs.get("alt" if kind == "image" else "value", "")
            self._add_button(label, dead=_is_disabled(attrs), sends=kind != "button")

    def _close(self, name: str) -> None:
        if name not in _INLINE:
            self._break()
        if self._microdata is not None:
            self._microdata.close(name)
        if name == "h1" and self._heading_state == 1:
            self._heading_state = 2
        elif name == "button":
            self._end_button()
        elif name == "form":
            self._basket_form = None
        if self._unseen is not None:
            self._may_end_hiding(self._unseen, name)

    def _may_hide(self, name: str, source: str) -> None:
        """Note an element whose words nobody sees: a script may show them later, or never. Choices are no statements."""
        if name in _SVG and source.endswith("/"):
            return  # has no end tag; browsers heed the slash there
        unseen = self._unseen
        if unseen is not None:
            if name in _HOLDERS.get(unseen.name, (unseen.name,)):
                unseen.depth += 1
                return
            if unseen.depth or name not in _ENDED_BY.get(unseen.name, ()):
                return
            self._unseen = None  # its end tag was left out
        if name == "select":
            self._unseen = _Unseen(name)
        elif not self._sees_hidden and name not in _NEVER_HIDDEN and _is_hidden(source):
            self._unseen = _Unseen(name)
            self.has_hidden = True

    def _may_end_hiding(self, unseen: _Unseen, name: str) -> None:
        if name in _HOLDERS.get(unseen.name, (unseen.name,)):
            unseen.depth -= 1
        if unseen.depth < 0 or (not unseen.depth and name == unseen.name and name in _ENDED_BY):
            self._unseen = None

    def _in_basket_form(self, form: _BasketForm, name: str, attrs: dict[str, str]) -> None:
        """Note what a form puts into the basket, and whether it leaves a choice."""
        if name == "select":
            form.has_choice = True
        elif name == "input":
            kind = attrs.get("type", "").lower()
            form.has_choice = form.has_choice or kind in _CHOICES
            if (
                kind == "hidden"
                and attrs.get("name", "").lower() in _BASKET_FIELDS
                and len(form.puts) < len(_BASKET_FIELDS)
            ):
                form.puts += (attrs.get("value", "")[:MAX_FIELD],)

    def _raw(self, name: str, source: str, text: str) -> None:
        if name == "title":
            # An SVG may hold titles of its own; the page's is the first.
            self._title = self._title or collapse(unescape(text[: 4 * MAX_FIELD]))[:MAX_FIELD]
        elif name == "script":
            self._scripts += 1
            kind = _attributes(source).get("type", "").split(";")[0].strip().lower()
            if kind == "application/ld+json" and len(self._products) < _MAX_LISTED:
                self._products.extend(_json_ld_products(text))

    def _meta(self, attrs: dict[str, str]) -> None:
        content = attrs.get("content", "")
        if attrs.get("http-equiv", "").lower() == "refresh":
            if found := _REFRESH.match(content[: 2 * MAX_ADDRESS]):
                self._refresh = self._refresh or found[2]
            return
        key = (attrs.get("property") or attrs.get("name") or "").lower()
        if key.startswith(("og:", "product:")):
            self._metas.setdefault(key[:MAX_FIELD], collapse(content)[:MAX_FIELD])

    def _end_button(self) -> None:
        if self._button is not None:
            label = "".join(self._button)
            speaks = any(map(str.isalpha, label))  # "+" and "-" are for the quantity
            self._add_button(label, dead=self._button_dead, sends=self._button_sends and speaks)
        self._button = None

    def _add_button(self, label: str, *, dead: bool, sends: bool) -> None:
        buttons = self._dead_buttons if dead else self._buttons
        label = collapse(label)[:MAX_FIELD]
        if sends and self._basket_form is not None and not dead and len(self._basket_buttons) < _MAX_LISTED:
            self._basket_buttons.append(label)
        if label and len(buttons) < _MAX_LISTED:
            buttons.append(label)


# Elements whose end tags are often left out, what begins after them then, and what may hold further ones of them.
_CELLS: Final = frozenset(("td", "th", "tr", "tbody", "tfoot"))
_ENDED_BY: Final = {
    "p": frozenset(("p",)),
    "li": frozenset(("li",)),
    "dt": frozenset(("dt", "dd")),
    "dd": frozenset(("dt", "dd")),
    "tr": _CELLS - {"td", "th"},
    "td": _CELLS,
    "th": _CELLS,
}
_HOLDERS: Final[Mapping[str, Collection[str]]] = {
    "p": frozenset(),
    "li": frozenset(("ul", "ol", "menu")),
    "dt": frozenset(("dl",)),
    "dd": frozenset(("dl",)),
    "tr": frozenset(("table",)),
    "td": frozenset(("table",)),
    "th": frozenset(("table",)),
}
_SVG: Final = frozenset(
    (
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "use",
        "image",
        "stop",
        "symbol",
    )
)
_NEVER_HIDDEN: Final = _VOID | {"html", "body"}  # scripts that test variants hide a whole page for a moment
_READ: Final = frozenset(("meta", "link", "base", "body", "form", "button", "input"))


class _Microdata:
    """schema.org products written as `itemscope`/`itemprop` attributes."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int]] = []  # element, index of the product it opened or -1
        self._counts: dict[str, int] = {}
        self._scopes: list[int] = []  # product of each open itemscope; -1 for other things
        self._products: list[_Product] = []
        self._reading: tuple[str, int, list[str], int] | None = None  # property, product, text so far, depth

    def products(self) -> list[_Product]:
        self._finish()
        return self._products

    def open(self, name: str, attrs: dict[str, str], base: str) -> None:
        inside = self._scopes[-1] if self._scopes else -1
        prop = attrs.get("itemprop", "").lower()
        if prop or "itemscope" in attrs:
            self._finish()
        scope = -2
        if "itemscope" in attrs:
            kind = attrs.get("itemtype", "").rstrip("/").rpartition("/")[2].lower()
            if kind in _PRODUCT_TYPES:
                nested = inside >= 0 and prop in ("hasvariant", "model")
                scope = (
                    inside if nested else self._new(counts=not prop or prop in ("mainentity", "itemoffered"))
                )
            elif kind in ("offer", "aggregateoffer", "demand"):
                scope = inside
            else:
                scope = -1
        elif prop and inside >= 0:
            value = attrs.get("content") or attrs.get("href") or attrs.get("src")
            if value is not None:
                self._set(inside, prop, value)
            elif name not in _VOID:
                self._reading = (prop, inside, [], len(self._open))
        if name not in _VOID:
            self._open.append((name, scope))
            self._counts[name] = self._counts.get(name, 0) + 1
            if scope != -2:
                self._scopes.append(scope)

    def text(self, words: str) -> None:
        if self._reading is not None and len(self._reading[2]) < 20:
            self._reading[2].append(words[:MAX_FIELD])

    def close(self, name: str) -> None:
        if not self._counts.get(name):
            return  # an end without a beginning: looking for it would cost a scan each time
        while self._open:
            opened, scope = self._open.pop()
            self._counts[opened] -= 1
            if scope != -2:
                self._scopes.pop()
            if opened == name:
                break
        if self._reading is not None and len(self._open) <= self._reading[3]:
            self._finish()

    def _new(self, *, counts: bool) -> int:
        """A product of its own; one that another only points at (`isRelatedTo`) is left out."""
        if not counts or len(self._products) >= _MAX_LISTED:
            return -1
        self._products.append(_Product("microdata"))
        return len(self._products) - 1

    def _finish(self) -> None:
        if self._reading is not None:
            prop, index, words, _ = self._reading
            self._reading = None
            self._set(index, prop, "".join(words))

    def _set(self, index: int, prop: str, value: str) -> None:
        product = self._products[index]
        value = collapse(value)[:MAX_FIELD]
        if prop == "availability":
            stock = _stock(value)
            if stock is not None:
                product.stocks += (stock,) if len(product.stocks) < _MAX_LISTED else ()
        elif prop in _GTIN_KEYS:
            product.gtins += (_digits(value),) if _digits(value) and len(product.gtins) < _MAX_LISTED else ()
        elif prop == "name":
            product.name = product.name or value
        elif prop == "url":
            product.url = product.url or value
        elif prop in ("price", "lowprice"):
            product.price = product.price or value
        elif prop == "pricecurrency":
            product.currency = product.currency or value
        elif prop == "mpn":
            product.mpn = product.mpn or value
        elif prop in ("sku", "productid"):
            product.sku = product.sku or value


def _json_ld_products(text: str) -> list[_Product]:
    """The products that a JSON-LD script lists at its top, in `@graph`, or as the page's main entity."""
    try:
        data = json.loads(
            text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";"), strict=False
        )
    except (ValueError, RecursionError):
        return []  # shops do serve broken JSON; it says nothing then
    found: list[_Product] = []
    pending: deque[tuple[object, int]] = deque([(data, 0)])
    while pending and len(found) < _MAX_LISTED:
        node, depth = pending.popleft()
        if depth > _MAX_DEPTH:
            continue
        if isinstance(node, list):
            pending.extend((one, depth + 1) for one in node[:_MAX_LISTED])
        elif isinstance(node, dict):
            if _types(node) & _PRODUCT_TYPES:
                found.append(_json_ld_product(node))
            else:
                pending.extend(
                    (node[key], depth + 1)
                    for key in ("@graph", "mainEntity", "mainEntityOfPage")
                    if key in node
                )
    return found


def _json_ld_product(node: dict[str, object]) -> _Product:
    product = _Product(
        "JSON-LD", name=_word(node.get("name")), url=_word(node.get("url")) or _word(node.get("@id"))
    )
    product.mpn = _word(node.get("mpn"))
    product.sku = _word(node.get("sku")) or _word(node.get("productID"))
    gtins: list[str] = []
    stocks: list[Stock] = []
    pending: deque[tuple[object, int]] = deque([(node, 0)])
    seen = 0
    while pending and seen < 10 * _MAX_LISTED:
        item, depth = pending.popleft()
        seen += 1
        if isinstance(item, list):
            pending.extend((one, depth + 1) for one in item[: 4 * _MAX_LISTED])
        elif isinstance(item, dict) and depth <= _MAX_DEPTH:
            gtins.extend(code for key in _GTIN_KEYS if key in item and (code := _digits(_word(item[key]))))
            availability = item.get("availability")
            listed = availability if isinstance(availability, list) else [availability]
            stocks.extend(stock for one in listed[:_MAX_LISTED] if (stock := _stock(_word(one))) is not None)
            product.price = product.price or _word(item.get("price")) or _word(item.get("lowPrice"))
            product.currency = product.currency or _word(item.get("priceCurrency"))
            pending.extend(
                (item[key], depth + 1)
                for key in ("offers", "hasVariant", "priceSpecification")
                if key in item
            )
    product.gtins = tuple(gtins[:_MAX_LISTED])
    product.stocks = tuple(stocks)
    return product


def _merged(products: list[_Product]) -> _Product:
    """Several descriptions of the one product (one for each size, say) as one."""
    first = products[0]
    for other in products[1:]:
        first.gtins += other.gtins
        first.stocks += other.stocks
    return first


def _types(node: dict[str, object]) -> set[str]:
    kinds = node.get("@type", "")
    names = kinds if isinstance(kinds, list) else [kinds]
    return {
        name.rstrip("/").rpartition("/")[2].rpartition(":")[2].lower()
        for name in names
        if isinstance(name, str)
    }


def _word(value: object) -> str:
    """A JSON-LD value as text: lists give their first, objects their `@id` or `@value`."""
    if value is None:
        return ""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("@id") or value.get("@value") or value.get("name")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value) if not isinstance(value, int) or abs(value) < 10**30 else ""
    return collapse(unescape(text[: 4 * MAX_FIELD]))[:MAX_FIELD]


def _stock(value: str) -> Stock | None:
    """https://schema.org/ItemAvailability and the words of Open Graph product tags, however they are spelt."""
    word = "".join(
        character for character in value.rstrip("/").rpartition("/")[2].lower() if character.isalpha()
    )
    if word in _IN_STOCK:
        return Stock.IN
    if word in _OUT_OF_STOCK:
        return Stock.OUT
    return Stock.DISCONTINUED if word == "discontinued" else None


def _digits(value: str) -> str:
    """A GTIN or ISBN as 14 digits, so that the UPC and EAN of one thing are equal; "" if it is none."""
    if not value:
        return ""
    code = value.replace("-", "").replace(" ", "")
    return code.zfill(14) if code.isascii() and code.isdigit() and 8 <= len(code) <= 14 and int(code) else ""


def _attributes(source: str) -> dict[str, str]:
    attrs: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(source):
        attrs.setdefault(name.lower(), unescape(double or single or bare))
    return attrs


def _is_hidden(source: str) -> bool:
    attrs = _attributes(source)
    return "hidden" in attrs or _HIDDEN.search(attrs.get("style", "")) is not None


def _is_disabled(attrs: dict[str, str]) -> bool:
    classes = attrs.get("class", "").lower().split()
    return "disabled" in attrs or attrs.get("aria-disabled", "").lower() == "true" or "disabled" in classes


def _absolute(base: str, reference: str) -> str:
    """`reference` as an absolute http(s) address, or "" where it is none."""
    reference = reference.strip()
    if not reference or len(reference) > MAX_ADDRESS:
        return ""
    try:
        joined = reference if reference.startswith(("https://", "http://")) else urljoin(base, reference)
    except ValueError:
        return ""
    return joined if split_address(joined).scheme in ("http", "https") else ""


def _place(url: str) -> str:
    """An address for comparing: host without www, and path without its closing slash; "" for none."""
    if not url:
        return ""
    parts = split_address(url)
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"
