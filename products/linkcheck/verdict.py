"""What one look at an offer means: evidence → judgement. Pure.

The rules and their order are the table "Evidence → verdict" of the design: the first that matches
names the outcome. Two promises decide every doubtful case: a shop that refuses robots is never
called broken, and what cannot be known is UNKNOWN.

One rule stands earlier than in the table: a look that ended at another regional site of the same
retailer saw what readers of *our* region never see, so nothing seen there, not even a 404, counts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import SplitResult, parse_qsl

from products.linkcheck.evidence import Evidence, Failure, Hop
from products.linkcheck.markers import MARKERS, MARKERS_VERSION, Kind, Match, Scene, find, normalise
from products.linkcheck.page import FEW_WORDS, PageFacts, Stock, read_page, split_address
from products.programmes.adapter import IdentityProbe

LONGEST_PAUSE: Final = 86_400.0  # seconds; no shop may silence the checker for longer than a day
DEFAULT_PAUSE: Final = 900.0  # seconds, where a shop says "too many" and not for how long

BLOCKED_STATUSES: Final = frozenset((401, 403, 405, 406, 430, 451, 999))
GONE_STATUSES: Final = frozenset((404, 410))
HEADERS_READ: Final = frozenset(
    ("retry-after", "date", "content-encoding", *(marker.header for marker in MARKERS if marker.header)),
)
"""The response headers that `judge` looks at: the door keeps these among others."""


class Axis(StrEnum):
    """The three questions asked of an offer."""

    REACHABLE = "reachable"
    IDENTITY = "identity"
    BUYABLE = "buyable"


class Reachable(StrEnum):
    """Does the link lead to the page? A judgement says ok, broken or unknown; only health is suspect."""

    OK = "ok"
    SUSPECT = "suspect"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Identity(StrEnum):
    """Does our affiliate identity arrive?"""

    PROVEN = "proven"  # our own parameter, or a click id of the network, was seen at the landing
    HANDED_OVER = "handed_over"  # seen at the network's hop and stripped later, which is its right
    LOST = "lost"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"


class Buyable(StrEnum):
    """Can the product be bought there?"""

    IN_STOCK = "in_stock"
    OUT_OF_STOCK = "out_of_stock"
    DISCONTINUED = "discontinued"
    DIFFERENT_PRODUCT = "different_product"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What one look came to; `words` says it to an editor."""

    HEALTHY = "healthy"
    REDIRECTED = "redirected"
    NOT_JUDGED = "not_judged"
    RATE_LIMITED = "rate_limited"
    BLOCKED = "blocked"
    GONE = "gone"
    SOFT_404 = "soft_404"
    REDIRECT_LOOP = "redirect_loop"
    TLS_ERROR = "tls_error"
    INCOMPLETE_CERTIFICATE = "incomplete_certificate"
    DNS_ERROR = "dns_error"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    RESET = "reset"
    IDENTITY_LOST = "identity_lost"
    OUT_OF_STOCK = "out_of_stock"
    DISCONTINUED = "discontinued"
    DIFFERENT_PRODUCT = "different_product"
    OTHER_REGION = "other_region"
    UNSAFE_ADDRESS = "unsafe_address"
    OUR_NETWORK = "our_network"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS: Final[Mapping[Outcome, str]] = {
    Outcome.HEALTHY: "The link leads to the product.",
    Outcome.REDIRECTED: "The link is redirected and leads to the product.",
    Outcome.NOT_JUDGED: "The page answers; whether the product can be bought could not be told.",
    Outcome.RATE_LIMITED: "The shop asked the checker to slow down; it will be asked again later.",
    Outcome.BLOCKED: "The shop shows robots a different page, so only a person can check this link.",
    Outcome.GONE: "The shop says that this page no longer exists.",
    Outcome.SOFT_404: 'The link leads to a "not found" page, a home page or a page that is not the product\'s.',
    Outcome.REDIRECT_LOOP: "The link is redirected in a circle and never arrives.",
    Outcome.TLS_ERROR: "The shop's security certificate is not valid, so browsers warn readers away.",
    Outcome.INCOMPLETE_CERTIFICATE: "The shop seems to leave out part of its security certificate; most browsers make up for it.",
    Outcome.DNS_ERROR: "The shop's domain name does not exist.",
    Outcome.SERVER_ERROR: "The shop's server reported an error.",
    Outcome.TIMEOUT: "The shop did not answer in time.",
    Outcome.RESET: "The shop refused or broke off the connection.",
    Outcome.IDENTITY_LOST: "The link works, but our affiliate identity does not arrive: sales earn nothing.",
    Outcome.OUT_OF_STOCK: "The shop says that the product is out of stock.",
    Outcome.DISCONTINUED: "The shop says that the product is no longer sold.",
    Outcome.DIFFERENT_PRODUCT: "The page now seems to be of a different product.",
    Outcome.OTHER_REGION: "The shop sent the checker to its site for another country; a person in the region must look.",
    Outcome.UNSAFE_ADDRESS: "The link leads to an address that the checker may not open.",
    Outcome.OUR_NETWORK: "Our own network failed; nothing was learnt of the shop.",
    Outcome.UNKNOWN: "The answer could not be understood; nothing is concluded from it.",
}


class Probe(StrEnum):
    """What a look can tell of our affiliate identity."""

    NONE = "none"  # the untracked destination was asked: identity stays as it was
    TRACKED = "tracked"  # the link that readers follow was asked
    NO_PROGRAMME = "no_programme"  # nobody pays for this retailer: identity does not apply


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the page said at its first good check. Absent is empty."""

    title: str = ""  # the product's name as the page gives it
    gtin: str = ""  # 14 digits; those of several sizes separated by spaces
    mpn: str = ""
    canonical: str = ""


@dataclass(frozen=True)
class Expectation:
    """What a look at an offer should find.

    `destination` is the untracked address. `domains` are the retailer's own in the offer's region
    (empty: the destination's host), `regional_domains` the same retailer's elsewhere; a domain that
    differs from ours in its suffix alone (shop.com for shop.co.uk) is taken for such a one.

    `countries` are those of the offer's region (ISO 3166), if they are known: a shop may keep its sites for several
    countries on one domain.

    `anywhere_but`: a network's domains, where its link does not tell which shop it leads to. The landing may then be
    on any other, and be any page of it.

    `identity` is how the programme's adapter says that our identity is proven; it is looked at on a
    tracked probe, and its network's page for dead links counts on any.

    `nonsense_fingerprint` is `page_fingerprint` of what this host serves at an address that cannot exist.
    """

    destination: str
    domains: tuple[str, ...] = ()
    regional_domains: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    anywhere_but: tuple[str, ...] = ()
    is_range: bool = False
    probe: Probe = Probe.NONE
    identity: IdentityProbe | None = None
    baseline: Baseline | None = None
    nonsense_fingerprint: str = ""


@dataclass(frozen=True)
class Judgement:
    """What one look means. An axis that the look says nothing of is UNKNOWN and has no reason."""

    outcome: Outcome
    reachable: Reachable = Reachable.UNKNOWN
    identity: Identity = Identity.UNKNOWN
    buyable: Buyable = Buyable.UNKNOWN
    reasons: Mapping[Axis, str] = field(default_factory=dict)
    markers: tuple[str, ...] = ()  # ids of those that matched
    markers_version: str = MARKERS_VERSION
    facts: Baseline | None = None  # what a healthy page says of itself, to be kept as the baseline
    saw: Baseline | None = None  # what any page says of itself, good or bad, for people to read
    retry_after: float | None = None  # seconds to leave the host alone; given when rate limited
    fingerprint: str = ""  # equal for equal results: what a dismissal holds for


def judge(evidence: Evidence, expectation: Expectation) -> Judgement:
    """What `evidence` means for an offer that should be as `expectation` says. Total: never raises."""
    look = _Look(evidence, expectation)
    judgement = next((found for rule in _RULES if (found := rule(look)) is not None), None) or _page_seen(
        look
    )
    return _sealed(judgement, look)


def page_fingerprint(page: PageFacts) -> str:
    """A short hash, equal for pages with the same words; digits (dates, request ids) do not count."""
    words = re.sub(r"\d+", "", normalise(f"{page.title}\n{page.h1}\n{page.words}"))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


class _Look:
    """Evidence and expectation with what several rules need, computed once."""

    def __init__(self, evidence: Evidence, expectation: Expectation) -> None:
        self.evidence = evidence
        self.expectation = expectation
        self.last: Hop = evidence.last
        self.status = self.last.status
        self.final = split_address(evidence.final_url)
        self.destination = split_address(expectation.destination)

    @cached_property
    def page(self) -> PageFacts:
        return read_page(self.evidence.text, self.evidence.final_url)

    @cached_property
    def scene(self) -> Scene:
        return Scene(self.page, self.evidence.text, self.evidence.final_url, self.last.headers)

    @cached_property
    def domains(self) -> tuple[str, ...]:
        return self.expectation.domains or (_host(self.destination),)

    def is_at_shop(self, host: str) -> bool:
        """Whether `host` is the retailer's, as far as that is known."""
        if self.expectation.anywhere_but:
            return not _within(host, self.expectation.anywhere_but)
        return _within(host, self.domains)

    def is_at_network(self, url: str) -> bool:
        probe = self.expectation.identity
        return (probe is not None and probe.is_on_network(url)) or _within(
            _host(split_address(url)), self.expectation.anywhere_but
        )

    @property
    def is_html(self) -> bool:
        kind = self.evidence.content_type.partition(";")[0].strip().lower()
        return not kind or "html" in kind or "xml" in kind

    @cached_property
    def is_plainly_missing(self) -> bool:
        """Whether title or heading say "Page not found" and nothing else."""
        return any(match.whole for match in self.matches(Kind.MISSING))

    def matches(self, *kinds: Kind) -> tuple[Match, ...]:
        return find(kinds, self.scene)


def _unknown(outcome: Outcome, reason: str, matches: tuple[Match, ...] = (), **more: float) -> Judgement:
    return Judgement(
        outcome, reasons={Axis.REACHABLE: reason}, markers=_ids(matches), retry_after=more.get("retry_after")
    )


def _broken(outcome: Outcome, reason: str, matches: tuple[Match, ...] = ()) -> Judgement:
    return Judgement(outcome, Reachable.BROKEN, reasons={Axis.REACHABLE: reason}, markers=_ids(matches))


def _rate_limited(look: _Look) -> Judgement | None:
    asked = look.last.headers.get("retry-after")
    if look.status == 429 or (look.status == 503 and asked is not None):
        pause = _pause(asked, look.last.headers.get("date"))
        reason = f"Status {look.status}: asked to wait for {pause:.0f} seconds."
        return _unknown(Outcome.RATE_LIMITED, reason, retry_after=pause)
    return None


def _blocked(look: _Look) -> Judgement | None:
    if look.status is None:
        return None
    walls = look.matches(Kind.WALL)
    if walls and look.is_plainly_missing:
        # An honest "Page not found" may ask for cookies, or hold a form for people.
        walls = tuple(match for match in walls if not match.marker.unless_product)
    if walls:
        return _unknown(
            Outcome.BLOCKED, f"A page for robots: {_quoted(walls[0])}, with status {look.status}.", walls
        )
    if look.status in BLOCKED_STATUSES:
        return _unknown(Outcome.BLOCKED, f"Status {look.status}: the shop refuses robots.")
    if look.status == 200 and look.is_html and _is_script_only(look.page) and not look.is_plainly_missing:
        return _unknown(Outcome.BLOCKED, "The page is drawn by a script, so it shows a robot no words.")
    return None


def _other_region(look: _Look) -> Judgement | None:
    hosts = (
        [_host(split_address(hop.url)) for hop in look.evidence.hops]
        if look.evidence.looped
        else [_host(look.final)]
    )
    for host in hosts:
        if _is_regional_sibling(host, look):
            return _unknown(Outcome.OTHER_REGION, f"The checker was sent to {host}.")
    here, there = _locale(look.destination.path), _locale(look.final.path)
    if there and here != there and look.is_at_shop(_host(look.final)):
        if _country(there) in look.expectation.countries:
            return None  # "/uk/" and "/en-gb/" are one
        if here:
            return _unknown(Outcome.OTHER_REGION, f"The checker was sent from /{here}/ to /{there}/.")
        if look.expectation.countries and _country(there) not in ("", *look.expectation.countries):
            return _unknown(Outcome.OTHER_REGION, f"The checker was sent to /{there}/.")
    return None


def _gone(look: _Look) -> Judgement | None:
    if look.status in GONE_STATUSES:
        return _broken(Outcome.GONE, f"Status {look.status}.")
    return None


def _soft_404(look: _Look) -> Judgement | None:
    if look.status != 200:
        return None
    expectation = look.expectation
    host = _host(look.final)
    inactive = look.matches(Kind.INACTIVE)
    probe = expectation.identity
    at_network = look.is_at_network(look.evidence.final_url)
    if probe is not None and at_network and probe.is_lost_at(look.evidence.final_url):
        return _broken(
            Outcome.SOFT_404, f"The link ended at the network, {host}, on its page for dead links."
        )
    if inactive and (at_network or not look.is_at_shop(host)):
        return _broken(
            Outcome.SOFT_404, f"The network's page for dead links: {_quoted(inactive[0])}.", inactive
        )
    if at_network and not look.is_at_shop(host):
        return _unknown(
            Outcome.UNKNOWN, f"The look ended at the network, {host}, and never reached the shop."
        )
    missing = tuple(match for match in look.matches(Kind.MISSING) if _says_missing(match, look.page))
    if missing:
        return _broken(Outcome.SOFT_404, f"The page answers 200 and says {_quoted(missing[0])}.", missing)
    if expectation.anywhere_but:
        return None
    if not look.is_at_shop(host):
        return _broken(Outcome.SOFT_404, f"The link leads to another site, {host}.")
    if not _is_home(look.destination) and _is_home(look.final):
        return _broken(Outcome.SOFT_404, "The link leads to the shop's home page.")
    if (
        not expectation.is_range
        and not look.page.is_marked_up_as_product
        and _is_search(look.final)
        and not _is_search(look.destination)
        and not _is_added_to(look)
    ):
        return _broken(Outcome.SOFT_404, "The link leads to a search page.")
    if (
        expectation.nonsense_fingerprint
        and not look.page.has_product_marker
        and page_fingerprint(look.page) == expectation.nonsense_fingerprint
    ):
        return _broken(Outcome.SOFT_404, "The shop serves the same page at an address that cannot exist.")
    return None


def _redirect_loop(look: _Look) -> Judgement | None:
    if look.evidence.looped:
        return _broken(Outcome.REDIRECT_LOOP, f"After {len(look.evidence.hops)} requests no page had come.")
    return None


def _failed(look: _Look) -> Judgement | None:
    failure = look.last.failure
    if failure is None:
        return None
    outcome, sentence = _FAILURES[failure]
    if failure is Failure.TLS and any(words in look.last.detail.lower() for words in _INCOMPLETE_CHAIN):
        outcome, sentence = Outcome.INCOMPLETE_CERTIFICATE, "Part of the certificate seems to be missing"
    reason = f"{sentence}: {look.last.detail.rstrip('.')}." if look.last.detail else f"{sentence}."
    if outcome not in _OF_THE_SHOP:
        return _unknown(outcome, reason)
    return _broken(outcome, reason)


def _server_error(look: _Look) -> Judgement | None:
    if look.status is not None and 400 <= look.status <= 599:
        return _broken(Outcome.SERVER_ERROR, f"Status {look.status}.")
    return None


def _not_a_page(look: _Look) -> Judgement | None:
    """Answers from which nothing follows: the table's "anything else"."""
    status = look.status
    if status is None:
        return _unknown(Outcome.UNKNOWN, "No answer, and no reason why.")
    if 300 <= status <= 399:
        led = "led on, and was not followed" if look.last.location else "led nowhere"
        return _unknown(Outcome.UNKNOWN, f"Status {status} {led}.")
    if status != 200:
        return _unknown(Outcome.UNKNOWN, f"Status {status} brings no page.")
    encoding = look.last.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        return _unknown(
            Outcome.UNKNOWN, f"The page came compressed ({encoding[:40]}), though that was refused."
        )
    if look.is_html and not look.evidence.text.strip():
        return _unknown(Outcome.UNKNOWN, "Status 200 with an empty page.")
    return None


_RULES: Final[tuple[Callable[[_Look], Judgement | None], ...]] = (
    _rate_limited,
    _blocked,
    _other_region,
    _gone,
    _soft_404,
    _redirect_loop,
    _failed,
    _server_error,
    _not_a_page,
)

_FAILURES: Final[Mapping[Failure, tuple[Outcome, str]]] = {
    Failure.UNSAFE_ADDRESS: (Outcome.UNSAFE_ADDRESS, "The address may not be opened"),
    Failure.BARRED: (Outcome.BLOCKED, "Only a person may open it"),
    Failure.DNS_NOT_FOUND: (Outcome.DNS_ERROR, "The name does not exist"),
    Failure.DNS_TEMPORARY: (Outcome.OUR_NETWORK, "The name could not be looked up just now"),
    Failure.REFUSED: (Outcome.RESET, "The connection was refused"),
    Failure.RESET: (Outcome.RESET, "The connection broke"),
    Failure.TIMEOUT: (Outcome.TIMEOUT, "The deadline passed"),
    Failure.TLS: (Outcome.TLS_ERROR, "The certificate is not valid"),
}
_OF_THE_SHOP: Final = frozenset((Outcome.DNS_ERROR, Outcome.RESET, Outcome.TIMEOUT, Outcome.TLS_ERROR))
# OpenSSL cannot tell a missing intermediate from an unknown issuer (its codes 20 and 21); the former is by
# far the commoner, and browsers fetch what is missing.
_INCOMPLETE_CHAIN: Final = ("certificate was not sent", "first certificate", "local issuer", "intermediate")


def _page_seen(look: _Look) -> Judgement:
    """A page came with status 200 from where it should: reachable; identity and stock are read from it."""
    page, expectation = look.page, look.expectation
    moved = len(look.evidence.hops) > 1
    reasons = {Axis.REACHABLE: "Status 200, after a redirect." if moved else "Status 200."}
    identity, reason = _identity(look)
    if reason:
        reasons[Axis.IDENTITY] = reason
    buyable = Buyable.UNKNOWN
    matches: tuple[Match, ...] = ()
    if expectation.is_range:
        reason = "A range of products: stock does not apply."
    elif page.has_product_marker:
        buyable, reason, matches = _stock(look)
        if buyable in (Buyable.IN_STOCK, Buyable.UNKNOWN) and expectation.baseline is not None:
            found = difference(expectation.baseline, _baseline(page))
            if found:
                buyable, reason = Buyable.DIFFERENT_PRODUCT, found
    else:
        reason = "The page bears no mark of a product."
    reasons[Axis.BUYABLE] = reason
    if identity is Identity.LOST:
        outcome = Outcome.IDENTITY_LOST
    elif buyable is Buyable.IN_STOCK:
        outcome = Outcome.REDIRECTED if moved else Outcome.HEALTHY
    elif buyable is Buyable.UNKNOWN:
        outcome = Outcome.NOT_JUDGED
    else:
        outcome = Outcome(buyable.value)
    return Judgement(
        outcome,
        Reachable.OK,
        identity,
        buyable,
        reasons,
        _ids(matches),
        facts=_baseline(page) if buyable is Buyable.IN_STOCK else None,
    )


def _identity(look: _Look) -> tuple[Identity, str]:
    probe = look.expectation.identity
    if look.expectation.probe is Probe.NO_PROGRAMME:
        return Identity.NOT_APPLICABLE, "No programme pays for this retailer."
    if look.expectation.probe is Probe.NONE or probe is None:
        return Identity.UNKNOWN, ""
    urls = [hop.url for hop in look.evidence.hops]
    if any(probe.is_lost_at(url) for url in urls):
        return Identity.LOST, "Another identity was seen in place of ours."
    if not probe.hop_hosts:
        if probe.is_proven_at(urls[-1], sent_to=look.expectation.destination):
            return Identity.PROVEN, "Our identity was seen at the landing."
        return Identity.LOST, "Our identity did not arrive at the landing."
    if not any(probe.is_handed_over_at(url) for url in urls):
        return Identity.LOST, "Our identity was never seen at the network."
    # Shops may count the network's click id and strip it at once, so any hop of theirs may have shown it.
    at_shop = (url for url in urls if look.is_at_shop(_host(split_address(url))))
    if any(probe.is_proven_at(url, sent_to=look.expectation.destination) for url in at_shop):
        return Identity.PROVEN, "Our identity, or the network's click id, was seen at the shop."
    return Identity.HANDED_OVER, "Our identity was seen at the network and stripped later."


def _stock(look: _Look) -> tuple[Buyable, str, tuple[Match, ...]]:
    """What a product page says of its stock; markup and words that disagree say nothing."""
    matches = look.matches(Kind.OUT_OF_STOCK, Kind.DISCONTINUED, Kind.IN_STOCK)
    said = {
        f"{signal.source} says {signal.stock.replace('_', ' ')}": signal.stock
        for signal in look.page.availability
    }
    said |= {f"the page says {_quoted(match)}": Stock(match.marker.kind.value) for match in matches}
    if said and Stock.IN not in said.values() and _can_be_put_in_basket(look.page):
        said["the page has a form that puts it in the basket"] = Stock.IN
    stocks = set(said.values())
    reason = "; ".join(said)[:500]
    reason = f"{reason[:1].upper()}{reason[1:]}."
    if not stocks:
        if look.evidence.truncated:
            return (
                Buyable.UNKNOWN,
                "The page was too long to be read whole, and its beginning says nothing of stock.",
                matches,
            )
        return Buyable.IN_STOCK, "A product page, and nothing on it speaks against buying.", matches
    if stocks == {Stock.IN}:
        return Buyable.IN_STOCK, reason, matches
    if Stock.IN in stocks:
        return Buyable.UNKNOWN, f"Conflicting: {reason}", matches
    gone = Stock.DISCONTINUED in stocks
    return (Buyable.DISCONTINUED if gone else Buyable.OUT_OF_STOCK), reason, matches


def difference(before: Baseline, now: Baseline) -> str:
    """How a product differs from what it was, in words; "" if it is the same.

    Codes decide where both sides have them. Without codes the name does: a shop that rewrites its
    addresses keeps the names, and one that reuses an address does not.
    """
    codes = now.gtin.split()
    if before.gtin and codes:
        known = set(before.gtin.split())
        return "" if known.intersection(codes) else f"GTIN {codes[0]} was {before.gtin[:60]}."
    if before.mpn and now.mpn:
        same = normalise(before.mpn) == normalise(now.mpn)
        return "" if same else f'Maker\'s number "{now.mpn[:60]}" was "{before.mpn[:60]}".'
    if before.title and now.title and not _alike(before.title, now.title):
        return f'"{now.title[:120]}" was "{before.title[:120]}".'
    return ""


def _alike(one: str, other: str) -> bool:
    """Are these two names of one thing? One may say more than the other, or most words agree."""
    first, second = _name_words(one), _name_words(other)
    if not first or not second:
        return True
    shared = len(first & second)
    return shared == min(len(first), len(second)) or shared >= 0.6 * len(first | second)


def _name_words(name: str) -> set[str]:
    words = re.findall(r"[^\W_]+", normalise(name))
    return {word.removesuffix("s") if len(word) > 3 else word for word in words}


def _baseline(page: PageFacts) -> Baseline:
    return Baseline(title=page.name, gtin=" ".join(page.gtins), mpn=page.mpn, canonical=page.canonical)


def _sealed(judgement: Judgement, look: _Look) -> Judgement:
    """`judgement` with its fingerprint: outcome, axes, and where and as what the page presented itself."""
    different = look.page.name if judgement.buyable is Buyable.DIFFERENT_PRODUCT else ""
    seen = str(look.status), _host(look.final), look.final.path, normalise(different)
    saw = judgement.facts
    if saw is None and look.status is not None and look.evidence.text.strip():
        saw = _baseline(look.page)  # which was read already: for its walls
    return replace(judgement, saw=saw, fingerprint=_fingerprint(judgement, seen))


def seal(judgement: Judgement, *seen: str) -> Judgement:
    """`judgement` with its fingerprint, made of its outcome, its axes and what was `seen`."""
    return replace(judgement, fingerprint=_fingerprint(judgement, seen))


def _fingerprint(judgement: Judgement, seen: Iterable[str]) -> str:
    """Of identity only its loss counts: a plain and a tracked look at one page are one result."""
    parts = (
        judgement.outcome,
        judgement.reachable,
        "lost" if judgement.identity is Identity.LOST else "",
        judgement.buyable,
        *seen,
    )
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _pause(asked: str | None, date: str | None) -> float:
    """Seconds that a Retry-After asks for (RFC 9110, 10.2.3), between 1 and a day.

    A date is measured against the response's own Date: shops' clocks are wrong, but wrong alike.
    """
    seconds = DEFAULT_PAUSE
    text = (asked or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    elif text and date:
        try:
            seconds = (_moment(text) - _moment(date)).total_seconds()
        except (ValueError, OverflowError):
            seconds = DEFAULT_PAUSE
    return min(max(seconds, 1.0), LONGEST_PAUSE)


def _moment(text: str) -> datetime:
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_script_only(page: PageFacts) -> bool:
    return page.scripts > 0 and len(page.words.split()) < FEW_WORDS and not page.has_product_marker


def _can_be_put_in_basket(page: PageFacts) -> bool:
    """Whether an "add to basket" form can be sent, whatever language its button speaks."""
    if page.dead_buttons:
        return False
    out = (Kind.OUT_OF_STOCK, Kind.DISCONTINUED)
    return any(not find(out, Scene(PageFacts("", buttons=(label,)))) for label in page.basket_buttons)


def _says_missing(match: Match, page: PageFacts) -> bool:
    """A title that says nothing but "Not found" outweighs products recommended below it; a longer one does not.

    A single word ("404") is believed only when it stands alone: it may be a model's number.
    """
    return match.whole or (
        not page.has_product_marker and (" " in match.words or "/" in match.words or match.place == "node")
    )


_REGIONS: Final = frozenset(
    [
        "uk",
        "gb",
        "us",
        "ie",
        "au",
        "ca",
        "nz",
        "eu",
        "de",
        "fr",
        "es",
        "it",
        "nl",
        "at",
        "ch",
        "be",
        "dk",
        "se",
        "no",
        "fi",
        "pl",
        "pt",
        "in",
        "jp",
        "row",
        "int",
        "ww",
        "intl",
        "global",
        "en",
    ],
)
_NO_COUNTRIES: Final = frozenset(("eu", "row", "int", "ww", "intl", "global", "en"))
_HOME_PATHS: Final = frozenset(
    (
        "",
        "index.html",
        "index.htm",
        "index.php",
        "home",
        "home.html",
        "homepage",
        "default.aspx",
        "default.asp",
    ),
)
_DEEP_KEYS: Final = frozenset(
    ("p", "product", "product_id", "productid", "id", "pid", "sku", "route", "item", "prod")
)
_SEARCH_SEGMENTS: Final = frozenset(
    (
        "search",
        "search-results",
        "searchresults",
        "search.html",
        "search.php",
        "catalogsearch",
        "suche",
        "recherche",
        "buscar",
    ),
)
_SEARCH_KEYS: Final = frozenset(
    ("q", "query", "search", "keyword", "keywords", "searchterm", "search_query", "s")
)

_GENERIC_LABELS: Final = frozenset(("co", "com", "org", "net", "gov", "ac", "ltd", "plc", "me", "gen", "web"))
# Domains below which shops that have nothing to do with each other stand side by side.
_LET_TO_ANYBODY: Final = (
    "uk.com", "gb.com", "us.com", "eu.com", "de.com", "uk.net", "gb.net", "co.com",
    "myshopify.com", "bigcartel.com", "mybigcommerce.com", "wixsite.com", "square.site", "webflow.io", "shop.site",
)  # fmt: skip

_LOCALE: Final = re.compile(r"[a-z]{2}-[a-z]{2}")


def _is_regional_sibling(host: str, look: _Look) -> bool:
    if not host or look.is_at_shop(host) or look.is_at_network(f"https://{host}/"):
        return False
    if _within(host, look.expectation.regional_domains):
        return True
    return _brand(host) in {_brand(domain) for domain in look.domains}


def _brand(host: str) -> str:
    """The label that a retailer's domains share in all countries: "shop" of shop.co.uk, uk.shop.com and shop-us.com.

    A number shares nothing with another.
    """
    if host.replace(".", "").isdigit() or ":" in host:
        return host
    host = host.lower().removeprefix("www.")
    shared = next((domain for domain in _LET_TO_ANYBODY if host.endswith(f".{domain}")), "")
    labels = host.removesuffix(f".{shared}").split(".") if shared else host.split(".")[:-1] or [host]
    while len(labels) > 1 and labels[-1] in _GENERIC_LABELS:
        labels.pop()
    name, _, suffix = labels[-1].rpartition("-")
    return name if name and suffix in _REGIONS else labels[-1]


def _locale(path: str) -> str:
    """The locale that a path begins with ("en-gb", "us"), or ""."""
    first = path.strip("/").partition("/")[0].lower().replace("_", "-")
    return first if first in _REGIONS or _LOCALE.fullmatch(first) else ""


def _country(locale: str) -> str:
    """The country (ISO 3166) that a locale names, GB for "uk" and "en-gb"; "" where it names none, as "en" and "eu" do."""
    language, _, country = locale.rpartition("-")
    if country not in _REGIONS - _NO_COUNTRIES or (language and language not in _REGIONS):
        return ""
    return "GB" if country == "uk" else country.upper()


def _is_home(url: SplitResult) -> bool:
    path = url.path.strip("/").lower()
    locale = _locale(url.path)
    if locale:
        path = path[len(locale) :].strip("/")
    return path in _HOME_PATHS and not _DEEP_KEYS.intersection(key.lower() for key, _ in _query(url))


def _is_search(url: SplitResult) -> bool:
    segments = set(url.path.lower().strip("/").split("/"))
    keys = {key.lower() for key, value in _query(url) if value}
    return bool(segments & _SEARCH_SEGMENTS or keys & _SEARCH_KEYS)


def _is_added_to(look: _Look) -> bool:
    """Whether the shop added to the query of the same address alone: "?keyword=" may be its own."""
    same_path = look.final.path.rstrip("/") == look.destination.path.rstrip("/")
    return same_path and set(_query(look.destination)) <= set(_query(look.final))


def _within(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in map(_bare, domains) if domain)


def _bare(domain: str) -> str:
    return domain.lower().rstrip(".").removeprefix("www.")


def _host(url: SplitResult) -> str:
    return _host_at(url.netloc)


@lru_cache(maxsize=1024)
def _host_at(netloc: str) -> str:
    return _bare(SplitResult("", netloc, "", "", "").hostname or "")


def _query(url: SplitResult) -> list[tuple[str, str]]:
    try:
        return parse_qsl(url.query, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return []


def _ids(matches: tuple[Match, ...]) -> tuple[str, ...]:
    return tuple(match.marker.id for match in matches)


def _quoted(match: Match) -> str:
    return f'"{match.words}"'
