"""What a shop shows at an address that cannot exist, so that the same page elsewhere is known for what it is.

Some shops answer every address with 200 and the same page. Its fingerprint is kept with the host and compared
by every look (`linkcheck.verdict`). A shop whose pages are drawn by scripts shows a robot that same page where its
products are, too: so one of them is asked for before the page counts. Rare: once a month for each host, as two
polite requests, and a third where there is such a page.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from django.db.models import Case, F, Q, When

from products.clock import database_now
from products.destinations import host_key
from products.fetch import Door, Look
from products.leases import give_back, host_paces, lease_host
from products.linkcheck.evidence import Evidence
from products.linkcheck.page import read_page
from products.linkcheck.robots import allows, read_rules, robots_address
from products.linkcheck.verdict import Expectation, Outcome, Reachable, judge, page_fingerprint
from products.models import Checking, Host, Offer
from products.pacing import Engine, Lease, Work

EVERY = datetime.timedelta(days=30)
THREADS = 4
SLOWEST = 10.0  # seconds between two requests; three must fit in a run
NAME = "no-such-page-quixotry"  # no shop sells it; without digits, which fingerprints leave out
A_PAGE_LIKE_ANY = frozenset((Outcome.NOT_JUDGED, Outcome.SOFT_404))


def probe_nonsense(door: Door, *, now: datetime.datetime, most: int = 20, seconds: float = 30.0) -> int:
    """Ask up to `most` hosts that are due, for `seconds` at most. Returns how many were asked.

    No editor chose that address, so the shop's robots.txt is asked first, and obeyed.
    """
    holder, probes = uuid4(), []
    for key in _due(now, most):
        offer = _likely_alive(key)
        if offer is not None and (host := lease_host(key, holder, now=database_now())) is not None:
            known = "" if offer.reachable == Reachable.OK else host.nonsense_fingerprint
            probes.append(_Probe(key, offer.destination, host_paces([host])[key], known))
    asking = _Asking(door)
    try:
        told = asking.run(probes, seconds=seconds)
        for key, shown in told.items():
            learnt = {} if shown is None else {"nonsense_fingerprint": shown}
            Host.objects.filter(key=key).update(nonsense_at=now, **learnt)
        return len(told)
    finally:
        for probe in probes:  # whatever was learnt, and even if nothing was
            rested = database_now() + datetime.timedelta(seconds=probe.pace)
            Host.objects.filter(key=probe.host, leased_by=holder).update(next_polite_at=rested)
        give_back([probe.host for probe in probes], holder)


@dataclass(frozen=True, slots=True)
class _Probe:
    """A host to ask, at its own pace: for its rules, then for an address that it cannot have, then for a page it has."""

    host: str
    page: str
    pace: float
    known: str = ""  # fingerprint by which all that it has here may have been found dead
    rules_known: bool = False
    suspect: str = ""  # fingerprint of what it showed at the address that it cannot have

    @property
    def address(self) -> str:
        if self.suspect:
            return self.page
        nonsense = nonsense_address(self.page)
        return nonsense if self.rules_known else robots_address(nonsense)


class _Asking(Work[_Probe, Evidence]):
    def __init__(self, door: Door) -> None:
        self.door = door
        self.told: dict[str, str | None] = {}
        self.engine: Engine[_Probe, Evidence] = Engine(
            self, door, host_of=host_key, threads=THREADS, patience=0.0
        )

    def run(self, probes: Iterable[_Probe], *, seconds: float) -> Mapping[str, str | None]:
        """The fingerprint that each host told, "" for none, None where its own page could not be had beside it; hosts
        that are to be asked another time are left out."""
        for probe in probes:
            self.engine.add(probe.host, [probe], Lease(probe.pace))
        try:
            self.engine.run(seconds=seconds)
        finally:
            self.engine.close()
        return self.told

    def begin(self, item: _Probe) -> Look:
        return self.door.begin(item.address)

    def judge(self, item: _Probe, evidence: Evidence) -> Evidence:
        return evidence

    def ended(self, item: _Probe, found: Evidence) -> None:
        if (quiet := judge(found, Expectation(found.requested)).retry_after) is not None:
            until = database_now() + datetime.timedelta(seconds=quiet)
            Host.objects.filter(key=item.host).update(paused_until=until)  # and it is asked another time
        elif item.suspect:
            self.told[item.host] = self._counter_test(item, found)
        elif not item.rules_known:
            if may_ask(found, nonsense_address(item.page)):
                self.engine.again(item.host, replace(item, rules_known=True), after=0.0)
            else:
                self.told[item.host] = ""
        elif len(found.hops) == 1 and (suspect := fingerprint(found)):
            self.engine.again(item.host, replace(item, suspect=suspect), after=0.0)
        else:  # a redirect is judged by where a look ends, and is no page like any
            self.told[item.host] = ""

    def _counter_test(self, item: _Probe, found: Evidence) -> str | None:
        """The suspect, if a page that the shop has differs from it. An error page differs, too, and tells nothing."""
        if judge(found, Expectation(item.page)).reachable is not Reachable.OK:
            return None
        shown = page_fingerprint(read_page(found.text, found.final_url))
        if shown != item.suspect:
            return item.suspect
        return None if item.suspect == item.known else ""

    def lease(self, host: str, item: _Probe) -> Lease | None:
        return None  # another host is not ours to ask

    def given_back(self, item: _Probe) -> None:
        self.told[item.host] = None if item.suspect else ""  # it leads elsewhere


def may_ask(rules: Evidence, address: str) -> bool:
    """Whether a shop's robots.txt lets our checker ask for `address` (RFC 9309: none is leave, none to be had is not)."""
    known = read_rules(rules)
    return known is not None and allows(known, address)


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


def _likely_alive(key: str) -> Offer | None:
    """An offer at the host `key`, the one that was reached last among those that are well."""
    offers = Offer.objects.checkable().filter(host__key=key).select_related("retailer")
    well = Case(When(reachable=Reachable.OK, then=0), default=1)
    return offers.order_by(well, F("last_reached_at").desc(nulls_last=True), "pk").first()


def _due(now: datetime.datetime, most: int) -> list[str]:
    """The hosts to ask, the longest waiting first; none that rests or is held, nor so slow that nothing would be learnt."""
    asked_before = Q(nonsense_at__isnull=True) | Q(nonsense_at__lte=now - EVERY)
    rested = Q(next_polite_at__isnull=True) | Q(next_polite_at__lte=now)
    fetched = Offer.objects.checkable().filter(retailer__checking=Checking.FETCH)
    too_slow = Offer.objects.filter(retailer__pace__gt=SLOWEST, host__isnull=False)
    due = Host.objects.free(now).filter(asked_before, rested, pk__in=fetched.values("host"))
    due = due.exclude(pk__in=too_slow.values("host"))
    return list(
        due.order_by(F("nonsense_at").asc(nulls_first=True), "pk").values_list("key", flat=True)[:most]
    )
