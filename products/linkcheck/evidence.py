"""What one look at an offer saw: plain facts, no judgement.

`products.fetch` gathers these, `verdict.py` judges them. Evidence is immutable, holds at most
512 KiB of page text, and never a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Failure(StrEnum):
    """Why a request brought no response. Each has its own rule in `verdict.py`."""

    UNSAFE_ADDRESS = "unsafe_address"  # the door refused to dial it
    BARRED = "barred"  # the shop allows no robots, so the door did not ask
    DNS_NOT_FOUND = "dns_not_found"  # the name does not exist
    DNS_TEMPORARY = "dns_temporary"  # our resolver could not say: ours, never the shop's
    REFUSED = "refused"  # nothing listens
    RESET = "reset"  # the connection broke, or the answer was no HTTP
    TIMEOUT = "timeout"  # the total deadline passed
    TLS = "tls"  # certificate expired, for another host, self-signed, unknown issuer


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a look: an address asked, and what came back."""

    url: str
    status: int | None = None  # None where `failure` says why
    location: str | None = None  # the absolute address it led to, if it led anywhere
    failure: Failure | None = None
    detail: str = ""  # the failure in words, for the editor
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names; those the judge reads
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that one look saw. `hops` is never empty; the last hop is where it ended."""

    requested: str
    hops: tuple[Hop, ...]
    text: str = ""  # the last page, decoded; at most 512 KiB
    content_type: str = ""
    truncated: bool = False  # the page was longer than the cap, or ended early
    looped: bool = False  # an address came three times, or more than ten hops

    @property
    def last(self) -> Hop:
        return self.hops[-1]

    @property
    def final_url(self) -> str:
        return self.last.url

    @property
    def seconds(self) -> float:
        return sum(hop.seconds for hop in self.hops)
