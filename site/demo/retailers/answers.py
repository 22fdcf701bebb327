"""What each behaviour answers: a pure function from what was asked to what is sent."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from random import Random
from urllib.parse import parse_qsl, urlencode, urlsplit

from demo.retailers.behaviours import Behaviour, Play, other_region
from demo.retailers.networks import hand_over
from demo.retailers.pages import (
    Product,
    category_page,
    home_page,
    message_page,
    product_page,
    replacement,
)

LANDING = "/now"
"""Where redirects lead: `/now/knee` is the page that `/knee` would have been."""


class Ending(StrEnum):
    """How the exchange ends."""

    ANSWERED = "answered"
    SILENT = "silent"  # nothing is ever sent
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, and what the shop has at that address."""

    host: str
    target: str  # path and query
    product: Product
    play: Play
    method: str = "GET"
    visit: int = 0  # how often this path was asked before
    root: str = ""  # prefix of the links on the page, where it is viewed under another address

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One response. `delay` is in seconds, before anything is sent."""

    status: HTTPStatus
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    ending: Ending = Ending.ANSWERED


def html(text: str, status: HTTPStatus = HTTPStatus.OK, *headers: tuple[str, str]) -> Answer:
    return Answer(status, text.encode(), (("Content-Type", "text/html; charset=utf-8"), *headers))


def plain(text: str) -> Answer:
    return Answer(HTTPStatus.OK, text.encode(), (("Content-Type", "text/plain; charset=utf-8"),))


def home(host: str, root: str, products: list[tuple[str, str]]) -> Answer:
    return html(home_page(host, root, products))


def refused(allowed: str) -> Answer:
    return Answer(
        HTTPStatus.METHOD_NOT_ALLOWED,
        b"Method not allowed",
        (("Content-Type", "text/plain"), ("Allow", allowed)),
    )


def _redirect(to: str, status: HTTPStatus = HTTPStatus.FOUND) -> Answer:
    return Answer(status, b"", (("Location", to),))


def _landing(ask: Ask, *, keep_query: bool) -> str:
    query = urlsplit(ask.target).query
    return f"{LANDING}{ask.path}?{query}" if keep_query and query else f"{LANDING}{ask.path}"


def _wall(
    ask: Ask, title: str, words: str, status: HTTPStatus = HTTPStatus.OK, *headers: tuple[str, str]
) -> Answer:
    return html(message_page(ask.host, ask.root, title, words), status, *headers)


def _product(ask: Ask, availability: str | None = "InStock", sold_out: str = "") -> Answer:
    return html(
        product_page(ask.host, ask.root, ask.url, ask.product, availability=availability, sold_out=sold_out)
    )


def _category(ask: Ask) -> Answer:
    return html(category_page(ask.host, ask.root, ask.url, ask.product))


def healthy(ask: Ask) -> Answer:
    """The page as it is when all is well: a category for a range, otherwise a product."""
    return _category(ask) if ask.product.is_range else _product(ask)


def _captcha(ask: Ask, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    words = (
        "<p>To continue, please verify that you are human. Type the characters you see in this image.</p>"
        '<form action="/validate-captcha" method="get"><div class="g-recaptcha"></div>'
        '<label>Characters <input name="answer"></label> <button>Continue</button></form>'
    )
    return _wall(ask, "Robot check", words, status)


def _consent(ask: Ask) -> Answer:
    words = (
        '<div id="consent-wall"><p>We and our partners store cookies on your device. '
        "Accept all cookies to enter the site.</p><button>Accept all</button> <button>Manage choices</button></div>"
    )
    return _wall(ask, "Before you continue", words)


def _script_only(ask: Ask) -> Answer:
    return html(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title></title></head><body>'
        '<noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div>'
        '<script src="/app.js"></script></body></html>'
    )


def _retry_later(ask: Ask, status: HTTPStatus) -> Answer:
    return _wall(
        ask,
        status.phrase,
        "<p>Please come back later.</p>",
        status,
        ("Retry-After", str(ask.play.retry_after)),
    )


def _loop(ask: Ask) -> Answer:
    """`/knee` → `/knee?again=1` → `/knee`, whatever else the query holds."""
    pairs = parse_qsl(urlsplit(ask.target).query, keep_blank_values=True)
    others = [pair for pair in pairs if pair[0] != "again"]
    query = urlencode(others if len(others) < len(pairs) else [*others, ("again", "1")])
    return _redirect(f"{ask.path}?{query}" if query else ask.path)


def _endless(ask: Ask) -> Answer:
    step = dict(parse_qsl(urlsplit(ask.target).query)).get("hop", "0")
    return _redirect(f"{ask.path}?hop={int(step) + 1 if step.isdecimal() else 1}")


def _network(ask: Ask) -> Answer:
    destination = hand_over(ask.target)
    return _inactive(ask) if destination is None else _redirect(destination)


def _inactive(ask: Ask) -> Answer:
    words = (
        "<p>This link is no longer active: the advertiser has left the network or closed its programme.</p>"
    )
    return _wall(ask, "Link inactive", words)


def _flaky(ask: Ask) -> Answer:
    roll = Random(f"{ask.play.seed} {ask.host} {ask.path} {ask.visit}").random()
    return _server_error(ask) if roll < ask.play.fraction else healthy(ask)


def _server_error(ask: Ask) -> Answer:
    return _wall(
        ask, "Internal server error", "<p>Something went wrong.</p>", HTTPStatus.INTERNAL_SERVER_ERROR
    )


def _gzip(ask: Ask) -> Answer:
    page = healthy(ask)
    return replace(
        page, body=gzip.compress(page.body, mtime=0), headers=(*page.headers, ("Content-Encoding", "gzip"))
    )


def _not_found(ask: Ask, status: HTTPStatus) -> Answer:
    return _wall(ask, status.phrase, "<p>There is nothing at this address.</p>", status)


_ANSWERS: dict[Behaviour, Callable[[Ask], Answer]] = {
    Behaviour.PRODUCT: healthy,
    Behaviour.PLAIN_PRODUCT: lambda ask: _product(ask, availability=None),
    Behaviour.CATEGORY: _category,
    Behaviour.SOLD_OUT: lambda ask: _product(ask, "OutOfStock", "Out of stock"),
    Behaviour.SOLD_OUT_IN_WORDS: lambda ask: _product(ask, None, "Sold out"),
    Behaviour.DISCONTINUED: lambda ask: _product(ask, "Discontinued", "This product has been discontinued"),
    Behaviour.OTHER_PRODUCT: lambda ask: _product(replace(ask, product=replacement(ask.product))),
    Behaviour.NOT_FOUND: lambda ask: _not_found(ask, HTTPStatus.NOT_FOUND),
    Behaviour.GONE: lambda ask: _not_found(ask, HTTPStatus.GONE),
    Behaviour.SOFT_404: lambda ask: _wall(
        ask, "Page not found", "<p>Sorry, we could not find the page you were looking for.</p>"
    ),
    Behaviour.REDIRECT_HOME: lambda ask: _redirect("/"),
    Behaviour.CAPTCHA: _captcha,
    Behaviour.CAPTCHA_503: lambda ask: _captcha(ask, HTTPStatus.SERVICE_UNAVAILABLE),
    Behaviour.CHALLENGE: lambda ask: _wall(
        ask,
        "Just a moment...",
        "<p>Checking your browser before you visit the shop.</p>",
        HTTPStatus.FORBIDDEN,
        ("cf-mitigated", "challenge"),
        ("Server", "cloudflare"),
    ),
    Behaviour.CONSENT_WALL: _consent,
    Behaviour.SCRIPT_ONLY: _script_only,
    Behaviour.HEAD_REFUSED: lambda ask: refused("GET") if ask.method == "HEAD" else healthy(ask),
    Behaviour.GET_REFUSED: lambda ask: refused("POST"),
    Behaviour.RATE_LIMITED: lambda ask: _retry_later(ask, HTTPStatus.TOO_MANY_REQUESTS),
    Behaviour.UNAVAILABLE: lambda ask: _retry_later(ask, HTTPStatus.SERVICE_UNAVAILABLE),
    Behaviour.KEEPS_TAG: lambda ask: _redirect(_landing(ask, keep_query=True)),
    Behaviour.DROPS_TAG: lambda ask: _redirect(_landing(ask, keep_query=False)),
    Behaviour.MOVED: lambda ask: _redirect(_landing(ask, keep_query=True), HTTPStatus.MOVED_PERMANENTLY),
    Behaviour.OTHER_REGION: lambda ask: _redirect(
        f"https://{ask.play.to or other_region(ask.host)}{ask.target}"
    ),
    Behaviour.REDIRECT_LOOP: _loop,
    Behaviour.ENDLESS_REDIRECTS: _endless,
    Behaviour.NETWORK_HOP: _network,
    Behaviour.NETWORK_INACTIVE: _inactive,
    Behaviour.SLOW: lambda ask: replace(healthy(ask), delay=ask.play.delay),
    Behaviour.TIMEOUT: lambda ask: Answer(HTTPStatus.OK, ending=Ending.SILENT),
    Behaviour.RESET: lambda ask: Answer(HTTPStatus.OK, ending=Ending.RESET),
    Behaviour.SERVER_ERROR: _server_error,
    Behaviour.FLAKY: _flaky,
    Behaviour.NO_CONTENT: lambda ask: Answer(HTTPStatus.NO_CONTENT),
    Behaviour.GZIP: _gzip,
    Behaviour.CLOSED: lambda ask: Answer(HTTPStatus.OK, ending=Ending.RESET),
    # What a client sees that does not mind the certificate:
    Behaviour.WRONG_CERTIFICATE: healthy,
    Behaviour.EXPIRED_CERTIFICATE: healthy,
    Behaviour.SELF_SIGNED_CERTIFICATE: healthy,
}


def answer(ask: Ask) -> Answer:
    """What the shop sends for `ask`. The same ask brings the same answer."""
    if ask.method not in {"GET", "HEAD"}:
        return refused("GET, HEAD")
    return _ANSWERS[ask.play.behaviour](ask)
