"""A round of link checks: lease hosts, look at what is due at their polite pace, write down what was seen.

The pacing engine's threads fetch and judge; only the caller's own thread touches the database. Each row is
written by compare-and-set, so a round that was killed, stopped or repeated neither loses nor doubles a check.

Offers with the same address share one look: one request, judged for each by its own history, one row each.
"""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import DatabaseError
from django.db.models.functions import Greatest

from products.attempts import ALONE_AFTER, count_attempt, is_databases_own, take_back
from products.checkbook import Plan, plan_look, record
from products.clicks.counting import clicked_offers
from products.clock import database_now
from products.destinations import host_key
from products.fetch import Door, Look
from products.leases import (
    LEASE,
    due_offers,
    give_back,
    host_paces,
    lease_due_hosts,
    lease_host,
    same_addresses,
)
from products.linkcheck.evidence import Evidence, Failure, Hop
from products.linkcheck.health import DISORDER, Health, Usage
from products.linkcheck.politeness import LONGEST_PAUSE
from products.linkcheck.robots import allows, read_rules, robots_address
from products.linkcheck.verdict import Judgement, judge
from products.models import Host, Offer, Product
from products.pacing import Engine, Lease, Work

logger = logging.getLogger(__name__)

KEPT_OUT = "the shop's robots.txt asks robots to keep away."
RULES_KEPT = datetime.timedelta(days=1)  # how long a robots.txt holds once it was read
BUSY_AGAIN = datetime.timedelta(
    seconds=30
)  # an offer given back because another round held a host on its way


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one round takes on. Seconds are real: they do not shrink with the tempo."""

    hosts: int = 300
    offers_a_host: int = 50
    threads: int = 16
    seconds: float = 45.0
    hop_patience: float = 10.0
    alone_patience: float = (
        5.0  # how long a whole round may wait for the host of a row that must be looked at alone
    )


@dataclass(slots=True)
class Report:
    """What a round did."""

    looked: int = 0
    flipped: int = 0
    given_back: int = 0
    work_left: bool = False


@dataclass(frozen=True, slots=True)
class _Sharer:
    """An offer, and what a look should find for it."""

    offer: Offer
    plan: Plan


@dataclass(slots=True, eq=False)
class _Due:
    """A look that is due, for all offers of one address. Once it is begun, those that it is still made for."""

    sharers: Sequence[_Sharer]
    asks_rules: bool = False  # the look under way is at the shop's robots.txt; the page's own comes after
    rules: str | None = None  # what that look told

    @property
    def pace(self) -> float:
        return max(float(sharer.offer.retailer.pace) for sharer in self.sharers)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look saw, and what that means for each of its sharers, in their order."""

    evidence: Evidence
    judgements: Sequence[Judgement]


def run_round(
    door: Door, *, tempo: float, limits: Limits = Limits(), respects_robots: bool = False
) -> Report:
    """Look at the offers that are due, for `limits.seconds` and the last looks' end at most.

    `respects_robots`: leave product pages to people where the shop's robots.txt keeps robots from them. Raises
    DatabaseError where PostgreSQL cannot do its part; what was due then is due still.
    """
    current = _Round(door, tempo, limits, respects_robots)
    try:
        return current.run()
    except DatabaseError as error:
        if is_databases_own(error):
            current.take_attempts_back()
        raise
    finally:
        current.close()


class _Round(Work[_Due, _Seen]):
    def __init__(self, door: Door, tempo: float, limits: Limits, respects_robots: bool) -> None:
        self.door = door
        self.respects_robots = respects_robots
        self.tempo = tempo
        self.limits = limits
        self.holder: UUID = uuid4()
        self.began_at = database_now()
        self.began = time.monotonic()
        self.engine: Engine[_Due, _Seen] = Engine(
            self, door, host_of=host_key, threads=limits.threads, patience=limits.hop_patience
        )
        self.leased: dict[str, float] = {}  # and their paces
        self.rules: dict[str, dict[str, tuple[str, str]]] = {}
        self.placed: set[int] = set()
        self.clicked: set[int] = set()
        self.attempted: set[int] = set()  # offers whose attempt is counted and has no answer yet
        self.report = Report()

    def run(self) -> Report:
        hosts = lease_due_hosts(self.holder, now=self.began_at, most=self.limits.hosts)
        due = due_offers(hosts, now=self.began_at, most=self.limits.offers_a_host)
        together = same_addresses(due, now=self.began_at, attempts_below=ALONE_AFTER)
        offers = [offer for found in (due, together) for each in found.values() for offer in each]
        self.placed = _placed({offer.product_id for offer in offers})
        self.clicked = clicked_offers({offer.pk for offer in offers}, now=self.began_at)
        paces = host_paces(hosts)
        leases = {host.key: self._admit(host, paces[host.key]) for host in hosts}
        for key, found in due.items():
            suspects = [offer for offer in found if offer.attempts >= ALONE_AFTER]
            if leases[key].rest > self.limits.alone_patience:
                continue  # nobody else works meanwhile: they wait for a round that finds the host rested
            for sharer in self._sharers(
                suspects
            ):  # if it ends this process, no other row falls under suspicion
                self.engine.add(key, [_Due([sharer])], leases[key])
                self.engine.run(seconds=self._seconds_left(), patience=0.0)
        for key, found in due.items():
            calm = self._sharers(offer for offer in found if offer.attempts < ALONE_AFTER)
            others = self._sharers(together.get(key, ()))
            self.engine.add(key, _looks(calm, others), leases[key])
        self.engine.run(seconds=self._seconds_left())
        free = Host.objects.free(self.now()).with_due_offers(self.now())
        full = [key for key, found in due.items() if len(found) == self.limits.offers_a_host]
        more = Host.objects.filter(key__in=full).with_due_offers(self.now())
        self.report.work_left = self.engine.unfinished or free.exists() or more.exists()
        return self.report

    def close(self) -> None:
        """Let the threads end, and give the hosts back with the moment at which they may next be asked."""
        self.engine.close()
        for key, pace in self.leased.items():
            moment = self.engine.rests_until(key)
            if moment is None:  # it was asked as the round ended
                moment = time.monotonic() + pace
            if moment > time.monotonic():
                Host.objects.filter(key=key, leased_by=self.holder).update(next_polite_at=self._at(moment))
        give_back(self.leased, self.holder)

    def take_attempts_back(self) -> None:
        """The database failed, and no row is to blame."""
        take_back(Offer.objects.filter(pk__in=self.attempted, host__leased_by=self.holder))

    def now(self) -> datetime.datetime:
        """The database's time, carried on by this machine's steady clock."""
        return self._at(time.monotonic())

    def _at(self, moment: float) -> datetime.datetime:
        return self.began_at + datetime.timedelta(seconds=moment - self.began)

    def _seconds_left(self) -> float:
        return self.began + self.limits.seconds - time.monotonic()

    def _admit(self, host: Host, pace: float) -> Lease:
        self.leased[host.key] = pace
        if pace > LEASE.total_seconds():
            # If this worker is killed, the next one must not ask when the lease ends.
            soonest = max(self.now(), host.next_polite_at or self.now())
            Host.objects.filter(key=host.key, leased_by=self.holder).update(
                next_polite_at=soonest + datetime.timedelta(seconds=pace)
            )
        rest = (host.next_polite_at - self.now()).total_seconds() if host.next_polite_at else 0.0
        return Lease(pace, max(0.0, rest))

    # --- what the engine asks ------------------------------------------------------------------------

    def begin(self, item: _Due) -> Look | None:
        item.asks_rules = False
        first = item.sharers[0]
        if self.respects_robots and first.offer.host is not None:
            robots = robots_address(first.offer.destination)
            if item.rules is None:
                item.rules = self._rules(first.offer.host, robots)
            if item.rules is None:
                item.asks_rules = True
                return self.door.begin(robots)
            if not allows(item.rules, first.offer.destination):
                barred = Hop(first.offer.destination, failure=Failure.BARRED, detail=KEPT_OUT)
                self.ended(item, self.judge(item, Evidence(first.offer.destination, (barred,))))
                return None
        return self.door.begin(first.plan.address)

    def attempt(self, item: _Due) -> bool:
        """Not before: a look that waits for its network's host ends no worker, and must not be suspected of it."""
        item.sharers = [sharer for sharer in item.sharers if self._count_attempt(sharer.offer)]
        return bool(item.sharers)

    def _rules(self, host: Host, robots: str) -> str | None:
        """A shop's rules for robots, if they were read lately."""
        read_at, rules = self.rules.setdefault(host.key, dict(host.robots)).get(robots, (None, ""))
        fresh = read_at and self.now() - datetime.datetime.fromisoformat(read_at) < RULES_KEPT * self.tempo
        return rules if fresh else None

    def _keep_rules(self, item: _Due, seen: Evidence) -> None:
        """Keep a shop's rules, and go on to the page. Where they can't be had the last ones hold, or there are none.

        RFC 9309 would have an unreachable robots.txt keep us away from everything; then no shop could ever be found dead.
        """
        host = item.sharers[0].offer.host
        assert host is not None  # `begin` has seen it
        known = self.rules[host.key]
        rules = read_rules(seen)
        if rules is None:
            rules = known.get(seen.requested, ("", ""))[1]
        item.rules = rules
        known[seen.requested] = (self.now().isoformat(), rules)
        Host.objects.filter(pk=host.pk, leased_by=self.holder).update(robots=known)
        self.engine.again(host.key, item, after=0.0)

    def _uncount_attempt(self, offer: Offer) -> None:
        """The worker outlived what it asked, and has not asked for the offer's page yet."""
        self.attempted.discard(offer.pk)
        Offer.objects.filter(pk=offer.pk, version=offer.version).update(attempts=offer.attempts)

    def _sharers(self, offers: Iterable[Offer]) -> list[_Sharer]:
        """The offers with what a look at each should find. One whose memory can't be read costs an attempt, and no round."""
        sharers = []
        for offer in offers:
            try:
                # Or it would end the round where its look is written down.
                Health.from_json(offer.health_memory)
                sharers.append(_Sharer(offer, plan_look(offer, now=self.now(), tempo=self.tempo)))
            except DISORDER:
                logger.exception(
                    "Offer %d can't be planned; what is remembered of it is in disorder.", offer.pk
                )
                self._count_attempt(offer)
                self.attempted.discard(offer.pk)
        return sharers

    def _count_attempt(self, offer: Offer) -> bool:
        """Count an attempt. False: leave it alone, as where the lease is no longer ours: a process that was frozen
        wakes up and knows nothing of it."""
        as_read = Offer.objects.filter(pk=offer.pk, version=offer.version, host__leased_by=self.holder)
        counted = count_attempt(offer, as_read, now=self.now())
        if counted:
            self.attempted.add(offer.pk)
        return counted

    def judge(self, item: _Due, evidence: Evidence) -> _Seen:
        return _Seen(evidence, [judge(evidence, sharer.plan.expectation) for sharer in item.sharers])

    def ended(self, item: _Due, found: _Seen) -> None:
        pause = found.judgements[0].retry_after
        if pause is not None:
            self._keep_quiet(host_key(found.evidence.final_url), pause)
        if item.asks_rules:
            for sharer in item.sharers:
                self._uncount_attempt(sharer.offer)
            if pause is None:
                self._keep_rules(item, found.evidence)
            return
        is_told = False  # the host hears of a look once, and always through the same offer
        for sharer, judgement in zip(item.sharers, found.judgements, strict=True):
            step = record(
                sharer.offer,
                sharer.plan,
                found.evidence,
                judgement,
                now=self.now(),
                tempo=self.tempo,
                usage=self._usage(sharer.offer),
                tells_host=not is_told,
            )
            self.attempted.discard(sharer.offer.pk)
            is_told |= step is not None
            self.report.looked += step is not None
            self.report.flipped += len(step.flips) if step else 0

    def _usage(self, offer: Offer) -> Usage:
        if offer.pk in self.clicked:
            return Usage.CLICKED_THIS_WEEK
        return Usage.IN_LIVE_ARTICLE if offer.product_id in self.placed else Usage.ELSEWHERE

    def _keep_quiet(self, key: str, seconds: float) -> None:
        """A host that asked for quiet gets it from every worker, through the database."""
        until = self.now() + datetime.timedelta(seconds=min(seconds, LONGEST_PAUSE))
        Host.objects.filter(key=key).update(paused_until=until)
        self.engine.abandon(key)

    def lease(self, host: str, item: _Due) -> Lease | None:
        leased = lease_host(host, self.holder, now=self.now())
        if leased is None:
            return None
        return self._admit(leased, max(item.pace, host_paces([leased])[leased.key]))

    def given_back(self, item: _Due) -> None:
        again = self.now() + BUSY_AGAIN * self.tempo
        for sharer in item.sharers:
            self.report.given_back += 1
            as_read = Offer.objects.filter(pk=sharer.offer.pk, version=sharer.offer.version)
            as_read.update(next_check_at=Greatest("next_check_at", again), attempts=sharer.offer.attempts)
            self.attempted.discard(sharer.offer.pk)


def _looks(due: Iterable[_Sharer], others: Iterable[_Sharer]) -> list[_Due]:
    """One look for each address that is due, the longest waiting first, for all offers that lead there.

    In the order of their keys: whoever is told of a look through its first offer hears of the same one each time.
    """
    by_address: dict[str, list[_Sharer]] = {}
    for sharer in due:
        by_address.setdefault(sharer.plan.address, []).append(sharer)
    for sharer in others:
        if sharer.plan.address in by_address:
            by_address[sharer.plan.address].append(sharer)
    return [_Due(sorted(sharers, key=lambda sharer: sharer.offer.pk)) for sharers in by_address.values()]


def _placed(products: Collection[int]) -> set[int]:
    """Which of the products stand on a live page."""
    found = Product.objects.filter(pk__in=products).placed()
    return set(found.values_list("pk", flat=True))
