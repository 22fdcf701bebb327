"""A shop: its pages, how each behaves now, and whether the whole shop is down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Unpack
from urllib.parse import parse_qsl, unquote, urlsplit

from demo.retailers.answers import LANDING, Answer, Ask, answer, home, plain
from demo.retailers.behaviours import WHOLE_SHOP, Behaviour, Play, Settings
from demo.retailers.certificates import Kind
from demo.retailers.pages import Product

_CERTIFICATES = {
    Behaviour.WRONG_CERTIFICATE: Kind.WRONG_HOST,
    Behaviour.EXPIRED_CERTIFICATE: Kind.EXPIRED,
    Behaviour.SELF_SIGNED_CERTIFICATE: Kind.SELF_SIGNED,
}
Query = frozenset[tuple[str, str]]


@dataclass(slots=True)
class Page:
    """One address of a shop. `target` is its path, with a query string if the page has one."""

    target: str
    product: Product
    play: Play


def _split(target: str) -> tuple[str, Query]:
    parts = urlsplit(target)
    return parts.path, frozenset(parse_qsl(parts.query, keep_blank_values=True))


def _product_of(path: str) -> Product:
    """A product for an address that nobody described: `/knee-support` → "Knee support"."""
    words = unquote(path).rstrip("/").rpartition("/")[2].rpartition(".html")
    return Product((words[0] or words[2]).replace("-", " ").strip().capitalize() or "Support")


class Shop:
    """One host name. May be changed from any thread while it is served.

    `default` is played at every address that has no page of its own (but `/` and `/robots.txt`). `latency` is how
    many seconds every answer takes.
    """

    def __init__(
        self,
        name: str,
        default: Behaviour,
        hang_up: Callable[[str], None],
        robots: str = "User-agent: *\nAllow: /\n",
    ) -> None:
        self.name = name
        self.default = default
        self.robots = robots
        self.latency = 0.0
        self._hang_up = hang_up
        self._down: Play | None = None
        self._pages: dict[str, dict[Query, Page]] = {}
        self._visits: Counter[str] = Counter()

    # What it sells

    def product(
        self,
        target: str,
        *,
        name: str,
        gtin: str = "",
        price: Decimal | str = "24.99",
        currency: str = "GBP",
        behaviour: Behaviour = Behaviour.PRODUCT,
        **settings: Unpack[Settings],
    ) -> str:
        """Put a product on the shelf, or in place of the one there. Returns its full address."""
        return self._put(target, Product(name, gtin, Decimal(price), currency), behaviour, settings)

    def category(
        self,
        target: str,
        *,
        name: str,
        price: Decimal | str = "24.99",
        currency: str = "GBP",
        behaviour: Behaviour = Behaviour.CATEGORY,
        **settings: Unpack[Settings],
    ) -> str:
        """The same for a range: a page of several products."""
        product = Product(name, "", Decimal(price), currency, is_range=True)
        return self._put(target, product, behaviour, settings)

    def _put(self, target: str, product: Product, behaviour: Behaviour, settings: Settings) -> str:
        if behaviour in WHOLE_SHOP:
            raise ValueError(f"{behaviour} belongs to a whole shop: use down()")
        if not target.startswith("/"):
            raise ValueError(f"a page's address begins with /: {target!r}")
        path, query = _split(target)
        page = Page(target, product, Play(behaviour, **settings))
        self._pages[path] = {**self._pages.get(path, {}), query: page}
        return f"https://{self.name}{target}"

    @property
    def pages(self) -> list[Page]:
        return [page for pages in list(self._pages.values()) for page in pages.values()]

    def page(self, target: str) -> Page | None:
        """The page that a request for `target` gets: parameters it does not know, such as tags, are ignored."""
        path, query = _split(target)
        fitting = [(len(known), page) for known, page in self._pages.get(path, {}).items() if known <= query]
        return max(fitting, key=lambda pair: pair[0])[1] if fitting else None

    # How it behaves

    def set(self, target: str, behaviour: Behaviour, **settings: Unpack[Settings]) -> None:
        """From now on `target` behaves so. An address that has no page yet gets one.

        Raises `ValueError` for a behaviour of whole shops.
        """
        page = self.page(target)
        if page is None:
            self._put(target, _product_of(urlsplit(target).path), behaviour, settings)
        else:
            self._put(page.target, page.product, behaviour, settings)

    def down(self, behaviour: Behaviour = Behaviour.SERVER_ERROR, **settings: Unpack[Settings]) -> None:
        """From now on the whole shop behaves so, whatever its pages would do."""
        self._turn(Play(behaviour, **settings))

    def up(self) -> None:
        """The end of `down`: every page does again what it did."""
        self._turn(None)

    def _turn(self, play: Play | None) -> None:
        before = (self.certificate, self.closed)
        self._down = play
        if (self.certificate, self.closed) != before:
            self._hang_up(self.name)  # a connection kept alive would never see the change

    @property
    def down_as(self) -> Behaviour | None:
        return self._down.behaviour if self._down else None

    @property
    def closed(self) -> bool:
        return self.down_as is Behaviour.CLOSED

    @property
    def certificate(self) -> Kind:
        return _CERTIFICATES.get(self._down.behaviour, Kind.VALID) if self._down else Kind.VALID

    # What it answers

    def answer(self, target: str, method: str = "GET", *, root: str = "", counts: bool = True) -> Answer:
        """The response to one request; `counts` is False for a look that is no visit."""
        given = self._answer(target, method, root=root, counts=counts)
        return replace(given, delay=given.delay + self.latency) if self.latency else given

    def _answer(self, target: str, method: str, *, root: str, counts: bool) -> Answer:
        path = urlsplit(target).path
        page = self.page(target)
        landing = page is None and path.startswith(f"{LANDING}/")
        if landing:
            page = self.page(target.removeprefix(LANDING))
        visit = self._visits[path]
        play = self._play(page, landing=landing)
        if self._down is None and visit < play.after:
            play = Play(Behaviour.PRODUCT)
        if counts:
            self._visits[path] += 1
        if self._down is None and page is None and method in {"GET", "HEAD"}:
            if path == "/robots.txt":
                return plain(self.robots)
            if path == "/" and self.default not in {Behaviour.NETWORK_HOP, Behaviour.NETWORK_INACTIVE}:
                return home(self.name, root, [(each.target, each.product.name) for each in self.pages])
        product = page.product if page else _product_of(path)
        return answer(Ask(self.name, target, product, play, method, visit, root))

    def _play(self, page: Page | None, *, landing: bool) -> Play:
        if self._down is not None:
            return self._down
        if landing:
            return Play(Behaviour.PRODUCT)
        return page.play if page else Play(self.default)
