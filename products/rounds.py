"""A round of link checks: lease hosts, look at what is due at their polite pace, write down what was seen.

The pacing engine's threads fetch and judge; only the caller's own thread touches the database. Each row is
written by compare-and-set, so a round that was killed, stopped or repeated neither loses nor doubles a check.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib.contenttypes.models import ContentType
from django.db.models import F
from wagtail.models import ReferenceIndex

from products.checkbook import Plan, plan_look, record
from products.destinations import host_key
from products.fetch import Door, Look
from products.leases import database_now, due_offers, give_back, lease_due_hosts, lease_host
from products.linkcheck.evidence import Evidence
from products.linkcheck.health import Usage
from products.linkcheck.politeness import LONGEST_PAUSE
from products.linkcheck.verdict import Judgement, judge
from products.models import Host, Offer, Product
from products.pacing import Engine, Lease, Work

ALONE_AFTER = 2  # attempts without an answer; from then on a row is looked at while nothing else is
MOST_ATTEMPTS = 5  # a row that ended its worker so often is set aside and shown
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


@dataclass(slots=True)
class Report:
    """What a round did."""

    looked: int = 0
    flipped: int = 0
    given_back: int = 0
    work_left: bool = False


@dataclass(slots=True, eq=False)
class _Due:
    """An offer whose look is due, and once it is begun what it should find."""

    offer: Offer
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look saw, and what that means."""

    evidence: Evidence
    judgement: Judgement


def run_round(door: Door, *, tempo: float, limits: Limits = Limits()) -> Report:
    """Look at the offers that are due, for `limits.seconds` and the last looks' end at most."""
    current = _Round(door, tempo, limits)
    try:
        return current.run()
    finally:
        current.close()


class _Round(Work[_Due, _Seen]):
    def __init__(self, door: Door, tempo: float, limits: Limits) -> None:
        self.door = door
        self.tempo = tempo
        self.limits = limits
        self.holder: UUID = uuid4()
        self.began_at = database_now()
        self.began = time.monotonic()
        self.engine: Engine[_Due, _Seen] = Engine(
            self, door, host_of=host_key, threads=limits.threads, patience=limits.hop_patience
        )
        self.leased: set[str] = set()
        self.placed: set[int] = set()
        self.report = Report()

    def run(self) -> Report:
        hosts = lease_due_hosts(self.holder, now=self.began_at, most=self.limits.hosts)
        due = due_offers(hosts, now=self.began_at, most=self.limits.offers_a_host)
        self.placed = _placed({offer.product_id for offers in due.values() for offer in offers})
        leases = {
            host.key: self._admit(
                host, max((float(offer.retailer.pace) for offer in due[host.key]), default=0.0)
            )
            for host in hosts
        }
        for key, offers in due.items():
            for offer in offers:
                if (
                    offer.attempts >= ALONE_AFTER
                ):  # if it ends this process, no other row falls under suspicion
                    self.engine.add(key, [_Due(offer)], leases[key])
                    self.engine.run(seconds=self._seconds_left())
        for key, offers in due.items():
            self.engine.add(
                key, [_Due(offer) for offer in offers if offer.attempts < ALONE_AFTER], leases[key]
            )
        self.engine.run(seconds=self._seconds_left())
        others = Host.objects.free(self.now()).with_due_offers(self.now())
        self.report.work_left = self.engine.unfinished or others.exists()
        return self.report

    def close(self) -> None:
        """Let the threads end, and give the hosts back with the moment at which they may next be asked."""
        self.engine.close()
        for key in self.leased:
            moment = self.engine.rests_until(key)
            if moment is not None and moment > time.monotonic():
                Host.objects.filter(key=key, leased_by=self.holder).update(next_polite_at=self._at(moment))
        give_back(self.leased, self.holder)

    def now(self) -> datetime.datetime:
        """The database's time, carried on by this machine's steady clock."""
        return self._at(time.monotonic())

    def _at(self, moment: float) -> datetime.datetime:
        return self.began_at + datetime.timedelta(seconds=moment - self.began)

    def _seconds_left(self) -> float:
        return self.began + self.limits.seconds - time.monotonic()

    def _admit(self, host: Host, pace: float) -> Lease:
        self.leased.add(host.key)
        rest = (host.next_polite_at - self.now()).total_seconds() if host.next_polite_at else 0.0
        return Lease(pace, max(0.0, rest))

    # --- what the engine asks ------------------------------------------------------------------------

    def begin(self, item: _Due) -> Look | None:
        if not self._count_attempt(item.offer):
            return None
        item.plan = plan_look(item.offer, now=self.now(), tempo=self.tempo)
        return self.door.begin(item.plan.address)

    def _count_attempt(self, offer: Offer) -> bool:
        """Count an attempt before it is made, so that a row which ends its worker is known by it. False: leave it.

        Left alone too where the lease is no longer ours: a process that was frozen wakes up and knows nothing of it.
        """
        as_read = Offer.objects.filter(pk=offer.pk, version=offer.version, host__leased_by=self.holder)
        if offer.attempts >= MOST_ATTEMPTS:
            as_read.update(quarantined_at=self.now(), next_check_at=None)
            return False
        return bool(as_read.update(attempts=F("attempts") + 1))

    def judge(self, item: _Due, evidence: Evidence) -> _Seen:
        assert item.plan is not None
        return _Seen(evidence, judge(evidence, item.plan.expectation))

    def ended(self, item: _Due, found: _Seen) -> None:
        assert item.plan is not None
        usage = Usage.IN_LIVE_ARTICLE if item.offer.product_id in self.placed else Usage.ELSEWHERE
        step = record(
            item.offer,
            item.plan,
            found.evidence,
            found.judgement,
            now=self.now(),
            tempo=self.tempo,
            usage=usage,
        )
        self.report.looked += step is not None
        self.report.flipped += len(step.flips) if step else 0
        if found.judgement.retry_after is not None:
            self._keep_quiet(host_key(found.evidence.final_url), found.judgement.retry_after)

    def _keep_quiet(self, key: str, seconds: float) -> None:
        """A host that asked for quiet gets it from every worker, through the database."""
        until = self.now() + datetime.timedelta(seconds=min(seconds, LONGEST_PAUSE))
        Host.objects.filter(key=key).update(paused_until=until)
        self.engine.abandon(key)

    def lease(self, host: str, item: _Due) -> Lease | None:
        leased = lease_host(host, self.holder, now=self.now())
        return None if leased is None else self._admit(leased, float(item.offer.retailer.pace))

    def given_back(self, item: _Due) -> None:
        self.report.given_back += 1
        as_read = Offer.objects.filter(pk=item.offer.pk, version=item.offer.version)
        as_read.update(next_check_at=self.now() + BUSY_AGAIN * self.tempo, attempts=0)


def _placed(products: Collection[int]) -> set[int]:
    """Which of the products stand in an article."""
    references = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Product),
        to_object_id__in=[str(pk) for pk in products],
    )
    return {int(pk) for pk in references.values_list("to_object_id", flat=True).distinct()}
