"""A look for people to read: what was expected beside what was seen, and what was made of each address asked. Pure.

A check keeps plain facts (`expected_facts`, `seen_facts`, `hop_facts`), bounded in size; the rest turns them into words
when somebody opens the page, so that words may improve and old looks with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from products.linkcheck.evidence import Evidence, Failure, Hop
from products.linkcheck.page import split_address
from products.linkcheck.verdict import (
    Axis,
    Baseline,
    Buyable,
    Expectation,
    Identity,
    Judgement,
    Outcome,
    Probe,
    Reachable,
    difference,
)
from products.programmes.adapter import IdentityProbe

LONGEST_FACT: Final = 300  # characters of a title or a code kept
LONGEST_ADDRESS: Final = 2_048
MOST_DOMAINS: Final = 10


class Sign(StrEnum):
    """Whose identity an address bears."""

    OURS = "ours"
    ANOTHER = "another"


class Agreement(StrEnum):
    """Whether what was seen is what was expected; `words` says it, and an icon only repeats it."""

    SAME = "same"
    DIFFERS = "differs"
    NOT_TOLD = "not_told"

    @property
    def words(self) -> str:
        return _AGREEMENT[self]


_AGREEMENT: Final[Mapping[Agreement, str]] = {
    Agreement.SAME: "As expected",
    Agreement.DIFFERS: "Differs",
    Agreement.NOT_TOLD: "Could not be told",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a look compares."""

    about: str
    expected: str
    seen: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Step:
    """One address asked, what came back, and what was made of it."""

    number: int
    address: str
    answer: str
    decided: str
    seconds: float


# --- what is kept ---------------------------------------------------------------------------------


def expected_facts(expectation: Expectation, evidence: Evidence) -> dict[str, Any]:
    """What a check keeps of what its look should have found. `evidence` tells whether the shop's page was asked at all."""
    probe, baseline = expectation.identity, expectation.baseline
    facts: dict[str, Any] = {
        "address": expectation.destination[:LONGEST_ADDRESS],
        "domains": [domain[:253] for domain in expectation.domains[:MOST_DOMAINS]],
        "probe": expectation.probe.value,
    }
    if probe is not None:
        facts["identity"] = probe.identity[:LONGEST_FACT]
    if expectation.is_range:
        facts["is_range"] = True
    if _host(evidence.hops[0].url) != _host(evidence.requested):
        facts["by_catalogue"] = True
    if baseline is not None:
        facts |= _product(baseline)
    return facts


def seen_facts(judgement: Judgement) -> dict[str, str]:
    """What a check keeps of what the page said of itself; nothing where no page came."""
    return _product(judgement.saw) if judgement.saw is not None else {}


def hop_facts(hop: Hop, expectation: Expectation) -> dict[str, Any]:
    """What a check keeps of one request."""
    facts: dict[str, Any] = {
        "address": hop.url[:LONGEST_ADDRESS],
        "status": hop.status,
        "led_to": hop.location and hop.location[:LONGEST_ADDRESS],
        "failure": hop.failure.value if hop.failure else None,
        "detail": hop.detail[:LONGEST_FACT],
        "seconds": round(hop.seconds, 3),
    }
    if expectation.probe is Probe.TRACKED and expectation.identity is not None:
        sign = _sign(hop.url, expectation.identity, sent_to=expectation.destination)
        if sign is not None:
            facts["sign"] = sign.value
    return facts


def _product(facts: Baseline) -> dict[str, str]:
    kept = {
        "title": facts.title[:LONGEST_FACT],
        "gtin": facts.gtin[:LONGEST_FACT],
        "mpn": facts.mpn[:LONGEST_FACT],
    }
    return {name: value for name, value in kept.items() if value}


def _sign(address: str, probe: IdentityProbe, *, sent_to: str) -> Sign | None:
    if probe.is_lost_at(address):
        return Sign.ANOTHER
    is_ours = probe.is_proven_at(address, sent_to=sent_to) or probe.is_handed_over_at(address)
    return Sign.OURS if is_ours else None


# --- in words -------------------------------------------------------------------------------------


def steps(hops: Sequence[Mapping[str, Any]], outcome: Outcome) -> tuple[Step, ...]:
    """A look's requests in their order. The last says what the whole came to."""
    asked: set[str] = set()
    had_ours = False
    found = []
    for number, hop in enumerate(hops, start=1):
        is_last = number == len(hops)
        decided = [] if is_last else [_led_on(hop)]
        if hop["address"] in asked:
            decided.append("This address had been asked before.")
        if hop.get("sign") == Sign.OURS:
            decided.append("Our identity stands in this address.")
        elif hop.get("sign") == Sign.ANOTHER:
            decided.append("Another identity than ours stands in this address.")
        elif had_ours:
            decided.append("Our identity no longer stands in it.")
        had_ours = hop.get("sign") == Sign.OURS
        if is_last:
            decided.append(f"Here it ended: {_lower_first(outcome.words)}")
        asked.add(hop["address"])
        found.append(
            Step(number, hop["address"], _answer(hop), " ".join(decided), float(hop.get("seconds") or 0))
        )
    return tuple(found)


def lines(
    expected: Mapping[str, Any],
    seen: Mapping[str, str],
    hops: Sequence[Mapping[str, Any]],
    verdicts: Mapping[str, Mapping[str, str]],
) -> tuple[Line, ...]:
    """What a look compared. Nothing for looks of which that was not kept, such as a person's."""
    if not expected or not hops:
        return ()
    last = hops[-1]
    came = last["failure"] is None and last["status"] is not None
    said = {axis: verdicts.get(axis.value, {}) for axis in Axis}
    about_the_product = (
        _same_product(expected, seen, said[Axis.BUYABLE]),
        _stock(expected, said[Axis.BUYABLE]),
    )
    if expected.get("by_catalogue"):
        return about_the_product
    return (
        Line("Answer", "Status 200", _answer(last), Agreement.SAME if last["status"] == 200 else Agreement.DIFFERS),
        _page(expected, said[Axis.REACHABLE]),
        _address(expected, last, came=came),
        _shop(expected, last, came=came),
        _identity(expected, said[Axis.IDENTITY]),
        *about_the_product,
    )  # fmt: skip


def _page(expected: Mapping[str, Any], verdict: Mapping[str, str]) -> Line:
    """A page may answer 200 and say that there is nothing here: what was made of it decides."""
    wanted = "A page of products" if expected.get("is_range") else "The product's page"
    agreement = {
        Reachable.OK.value: Agreement.SAME,
        Reachable.BROKEN.value: Agreement.DIFFERS,
    }.get(verdict.get("value", ""), Agreement.NOT_TOLD)
    return Line("Page", wanted, verdict.get("reason", "") or "Nothing was seen.", agreement)


def _address(expected: Mapping[str, Any], last: Mapping[str, Any], *, came: bool) -> Line:
    wanted = expected["address"]
    if not came:
        return Line("Product address", wanted, "No page came.", Agreement.NOT_TOLD)
    same = _place(last["address"]) == _place(wanted)
    return Line("Product address", wanted, last["address"], Agreement.SAME if same else Agreement.DIFFERS)


def _shop(expected: Mapping[str, Any], last: Mapping[str, Any], *, came: bool) -> Line:
    domains = [_bare(domain) for domain in expected["domains"] or [_host(expected["address"])]]
    host = _host(last["address"])
    at_shop = any(host == domain or host.endswith(f".{domain}") for domain in domains)
    wanted = " or ".join(domains)
    if not came:
        return Line("Shop", wanted, f"{host}, which gave no page", Agreement.NOT_TOLD)
    return Line("Shop", wanted, host, Agreement.SAME if at_shop else Agreement.DIFFERS)


def _identity(expected: Mapping[str, Any], verdict: Mapping[str, str]) -> Line:
    match expected["probe"]:
        case Probe.NO_PROGRAMME:
            return Line("Our identity", "None: no programme pays here", "Not looked for", Agreement.SAME)
        case Probe.NONE:
            wanted = f"“{expected['identity']}”" if expected.get("identity") else "Ours"
            seen = "Not looked at: the address without our identity was asked"
            return Line("Our identity", wanted, seen, Agreement.NOT_TOLD)
    value, reason = verdict.get("value", ""), verdict.get("reason", "")
    agreement = {
        Identity.LOST.value: Agreement.DIFFERS,
        Identity.PROVEN.value: Agreement.SAME,
        Identity.HANDED_OVER.value: Agreement.SAME,
    }.get(value, Agreement.NOT_TOLD)
    return Line("Our identity", f"“{expected.get('identity', '')}”", reason or "Nothing was seen.", agreement)


def _same_product(expected: Mapping[str, Any], seen: Mapping[str, str], verdict: Mapping[str, str]) -> Line:
    wanted, found = _product_words(expected), _product_words(seen)
    if not wanted:
        agreement = Agreement.NOT_TOLD
    elif verdict.get("value") == Buyable.DIFFERENT_PRODUCT:
        agreement = Agreement.DIFFERS
    elif not found:
        agreement = Agreement.NOT_TOLD
    else:
        differs = difference(_read_product(expected), _read_product(seen))
        agreement = Agreement.DIFFERS if differs else Agreement.SAME
    return Line(
        "Product", wanted or "Not known before a first good look", found or "The page names none.", agreement
    )


def _stock(expected: Mapping[str, Any], verdict: Mapping[str, str]) -> Line:
    value, reason = verdict.get("value", ""), verdict.get("reason", "")
    if expected.get("is_range"):
        return Line(
            "Can be bought",
            "A range: stock does not apply",
            reason or "Nothing was seen.",
            Agreement.NOT_TOLD,
        )
    agreement = {
        Buyable.IN_STOCK.value: Agreement.SAME,
        Buyable.UNKNOWN.value: Agreement.NOT_TOLD,
        "": Agreement.NOT_TOLD,
    }.get(value, Agreement.DIFFERS)
    return Line("Can be bought", "In stock", reason or "Nothing was seen.", agreement)


def _product_words(facts: Mapping[str, Any]) -> str:
    title, code, mpn = facts.get("title", ""), facts.get("gtin", ""), facts.get("mpn", "")
    codes = ", ".join([*([f"GTIN {code}"] if code else []), *([f"maker's number {mpn}"] if mpn else [])])
    return f"{title} ({codes})" if title and codes else title or codes


def _read_product(facts: Mapping[str, Any]) -> Baseline:
    return Baseline(title=facts.get("title", ""), gtin=facts.get("gtin", ""), mpn=facts.get("mpn", ""))


def _answer(hop: Mapping[str, Any]) -> str:
    if hop["failure"] is not None:
        detail = hop.get("detail", "").rstrip(".")
        words = _FAILED[Failure(hop["failure"])]
        return f"{words}: {detail}" if detail else words
    return f"Status {hop['status']}" if hop["status"] is not None else "No answer"


_FAILED: Final[Mapping[Failure, str]] = {
    Failure.UNSAFE_ADDRESS: "Not asked: the address may not be opened",
    Failure.BARRED: "Not asked: only a person may open it",
    Failure.DNS_NOT_FOUND: "The name does not exist",
    Failure.DNS_TEMPORARY: "The name could not be looked up",
    Failure.REFUSED: "Connection refused",
    Failure.RESET: "Connection broken off",
    Failure.TIMEOUT: "No answer in time",
    Failure.TLS: "Certificate not valid",
}


def _led_on(hop: Mapping[str, Any]) -> str:
    led_to = hop.get("led_to")
    if not led_to:
        return "Asked again."
    here, there = _host(hop["address"]), _host(led_to)
    by = "The page itself sends its reader on" if hop["status"] == 200 else "Redirected"
    return f"{by}, within the site." if here == there else f"{by}, to another site: {there}."


def _place(address: str) -> tuple[str, str]:
    return _host(address), split_address(address).path.rstrip("/")


def _host(address: str) -> str:
    return _bare(split_address(address).hostname or "")


def _bare(domain: str) -> str:
    return domain.lower().rstrip(".").removeprefix("www.")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
