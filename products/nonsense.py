"""What a shop shows at an address that cannot exist, so that the same page elsewhere is known for what it is.

Some shops answer every address with 200 and the same page. Its fingerprint is kept with the host and compared
by every look (`linkcheck.verdict`). Rare: once a month for each host, as one polite request.
"""

from __future__ import annotations

import datetime
import time
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from django.db.models import F, Q

from products.fetch import Door
from products.leases import database_now, give_back, lease_host
from products.linkcheck.evidence import Evidence
from products.linkcheck.page import read_page
from products.linkcheck.verdict import Expectation, Outcome, judge, page_fingerprint
from products.models import Host, Offer

EVERY = datetime.timedelta(days=30)
NAME = "no-such-page-quixotry"  # no shop sells it; without digits, which fingerprints leave out
A_PAGE_LIKE_ANY = frozenset((Outcome.NOT_JUDGED, Outcome.SOFT_404))


def probe_nonsense(door: Door, *, now: datetime.datetime, most: int = 20, seconds: float = 30.0) -> int:
    """Ask up to `most` hosts that are due, one after the other, for `seconds` at most. Returns how many were asked."""
    ends, asked, holder = time.monotonic() + seconds, 0, uuid4()
    for key in _due(now, most):
        if time.monotonic() >= ends:
            break
        offer = Offer.objects.checkable().filter(host__key=key).select_related("retailer").first()
        if offer is None or lease_host(key, holder, now=database_now()) is None:
            continue
        try:
            evidence = _look(door, nonsense_address(offer.destination))
            Host.objects.filter(key=key).update(
                nonsense_fingerprint=fingerprint(evidence) if evidence else "",
                nonsense_at=now,
                next_polite_at=database_now() + datetime.timedelta(seconds=float(offer.retailer.pace)),
            )
            asked += 1
        finally:
            give_back([key], holder)
    return asked


def nonsense_address(destination: str) -> str:
    """An address beside a product's that no shop has: `/products/brace?size=m` → `/products/no-such-page…`."""
    parts = urlsplit(destination)
    folder = parts.path.rstrip("/").rpartition("/")[0]
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/{NAME}", "", ""))


def fingerprint(evidence: Evidence) -> str:
    """The fingerprint of the page, or "" where the shop says honestly that there is none, or shows robots a wall."""
    judgement = judge(evidence, Expectation(destination=evidence.requested))
    if evidence.last.status != 200 or judgement.outcome not in A_PAGE_LIKE_ANY:
        return ""
    return page_fingerprint(read_page(evidence.text, evidence.final_url))


def _due(now: datetime.datetime, most: int) -> list[str]:
    """The hosts to ask, the longest waiting first; none that rests or is held."""
    asked_before = Q(nonsense_at__isnull=True) | Q(nonsense_at__lte=now - EVERY)
    rested = Q(next_polite_at__isnull=True) | Q(next_polite_at__lte=now)
    checkable = Offer.objects.checkable().values("host")
    due = Host.objects.free(now).filter(asked_before, rested, pk__in=checkable)
    return list(
        due.order_by(F("nonsense_at").asc(nulls_first=True), "pk").values_list("key", flat=True)[:most]
    )


def _look(door: Door, address: str) -> Evidence | None:
    """One request. None where it leads on: a redirect is judged by where a look ends, and would be another request."""
    look = door.begin(address)
    if look.address is None:
        return None
    with door.session(urlsplit(look.address).hostname or "") as session:
        look.ask(session)
    return look.evidence if look.address is None else None
