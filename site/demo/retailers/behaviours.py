"""What a shop may do when it is asked for a page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypedDict


class Behaviour(StrEnum):
    """How a page, or a whole shop, answers. The value is the slug, `about` says it in words."""

    about: str

    def __new__(cls, slug: str, about: str = "") -> Self:
        member = str.__new__(cls, slug)
        member._value_ = slug
        member.about = about
        return member

    PRODUCT = "product", "healthy product page with schema.org JSON-LD"
    PLAIN_PRODUCT = "plain_product", "healthy product page without schema.org"
    CATEGORY = "category", "healthy category page, for a range of products"
    SOLD_OUT = "sold_out", "200, schema.org says OutOfStock"
    SOLD_OUT_IN_WORDS = "sold_out_in_words", "200, sold out in words only"
    DISCONTINUED = "discontinued", "200, schema.org says Discontinued"
    OTHER_PRODUCT = "other_product", "200, another product has taken the place: other title and GTIN"

    NOT_FOUND = "not_found", "404"
    GONE = "gone", "410"
    SOFT_404 = "soft_404", "200 with the words “page not found”"
    REDIRECT_HOME = "redirect_home", "302 to the shop's home page"

    CAPTCHA = "captcha", "200 with a CAPTCHA"
    CAPTCHA_503 = "captcha_503", "503 with a CAPTCHA, without Retry-After"
    CHALLENGE = "challenge", "403 with cf-mitigated: challenge"
    CONSENT_WALL = "consent_wall", "200, nothing but a request for consent"
    SCRIPT_ONLY = "script_only", "200, an empty page that a script would fill"
    HEAD_REFUSED = "head_refused", "405 on HEAD, healthy on GET"
    GET_REFUSED = "get_refused", "405 on GET"
    RATE_LIMITED = "rate_limited", "429 with Retry-After"
    UNAVAILABLE = "unavailable", "503 with Retry-After"

    KEEPS_TAG = "keeps_tag", "302 to the landing page, with the query string and so the tag"
    DROPS_TAG = "drops_tag", "302 to the landing page, without the query string and so without the tag"
    MOVED = "moved", "301 to the landing page, with the query string"
    OTHER_REGION = "other_region", "302 to the same path on the shop's domain for another region"
    REDIRECT_LOOP = "redirect_loop", "two addresses that redirect to each other"
    ENDLESS_REDIRECTS = "endless_redirects", "each redirect leads to a new address"
    NETWORK_HOP = "network_hop", "an affiliate network: hands over to the destination with its click id"
    NETWORK_INACTIVE = "network_inactive", "200, an affiliate network's page for an inactive link"

    SLOW = "slow", "healthy, but later than any checker waits"
    TIMEOUT = "timeout", "takes the request and never answers"
    RESET = "reset", "takes the request and resets the connection"
    SERVER_ERROR = "server_error", "500"
    FLAKY = "flaky", "a stated fraction of answers is 500, the others are healthy"
    NO_CONTENT = "no_content", "204"
    GZIP = "gzip", "healthy, compressed whatever the client accepts"

    CLOSED = "closed", "drops every connection before TLS begins"
    WRONG_CERTIFICATE = "wrong_certificate", "the certificate names another host"
    EXPIRED_CERTIFICATE = "expired_certificate", "the certificate expired in 2020"
    SELF_SIGNED_CERTIFICATE = "self_signed_certificate", "the certificate is signed by itself"


WHOLE_SHOP = frozenset(
    {
        Behaviour.CLOSED,
        Behaviour.WRONG_CERTIFICATE,
        Behaviour.EXPIRED_CERTIFICATE,
        Behaviour.SELF_SIGNED_CERTIFICATE,
    }
)
"""What happens before a path is known, so that no single page can do it."""


class Settings(TypedDict, total=False):
    """The figures of a behaviour that has any; see `Play`."""

    delay: float
    retry_after: int
    fraction: float
    seed: int
    to: str
    after: int


@dataclass(frozen=True, slots=True)
class Play:
    """A behaviour with its figures."""

    behaviour: Behaviour
    delay: float = 30.0  # seconds; SLOW
    retry_after: int = 120  # seconds; RATE_LIMITED, UNAVAILABLE
    fraction: float = 0.2  # of answers that fail; FLAKY
    seed: int = 0  # which ones; FLAKY
    to: str = ""  # host; OTHER_REGION, where empty means `other_region(host)`
    after: int = 0  # visits that find a healthy page first; any behaviour of a page


def other_region(host: str) -> str:
    """The domain of the same shop for another region: `x.example` → `x-us.example`.

    >>> other_region("northgate.example"), other_region("northgate-us.example")
    ('northgate-us.example', 'northgate-uk.example')
    """
    label, _, rest = host.partition(".")
    if label.endswith("-us"):
        return f"{label.removesuffix('-us')}-uk.{rest}"
    return f"{label.removesuffix('-uk')}-us.{rest}"
