"""A round of link checks: lease hosts, look at what is due at their polite pace, write down what was seen.

Threads fetch and hand back evidence; only the caller's own thread touches the database. Each row is
written by compare-and-set, so a round that was killed, stopped or repeated neither loses nor doubles a check.
"""

from __future__ import annotations

import datetime
import random
import threading
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from uuid import UUID, uuid4

from django.contrib.contenttypes.models import ContentType
from django.db.models import F
from wagtail.models import ReferenceIndex

from products.checkbook import Plan, plan_look, record
from products.destinations import host_key
from products.fetch import Door, HostBusy, Session
from products.leases import database_now, give_back, lease_due_hosts, lease_host
from products.linkcheck.evidence import Evidence
from products.linkcheck.health import Usage
from products.linkcheck.politeness import LONGEST_PAUSE, Pace, Queue, Turn
from products.linkcheck.verdict import Judgement, judge
from products.models import Host, Offer, Product

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
class _Look:
    """A look under way, and the hosts that nobody else may ask until it ends."""

    turn: Turn[Offer]
    plan: Plan
    holds: set[str]


@dataclass(slots=True, eq=False)
class _Hop:
    """A thread asks leave to follow a redirect to another address, and waits for the answer."""

    look: _Look
    key: str
    since: float
    answered: threading.Event = field(default_factory=threading.Event)
    allowed: bool = False

    def answer(self, *, allowed: bool) -> None:
        self.allowed = allowed
        self.answered.set()


@dataclass(frozen=True, slots=True)
class _Ended:
    """A look that ended; without evidence it has to be made again, or failed by our own fault."""

    look: _Look
    evidence: Evidence | None = None
    fault: BaseException | None = None


def run_round(door: Door, *, tempo: float, limits: Limits = Limits()) -> Report:
    """Look at the offers that are due, for `limits.seconds` and the last looks' end at most."""
    current = _Round(door, tempo, limits)
    try:
        return current.run()
    finally:
        current.close()


class _Round:
    def __init__(self, door: Door, tempo: float, limits: Limits) -> None:
        self.door = door
        self.tempo = tempo
        self.limits = limits
        self.holder: UUID = uuid4()
        self.began_at = database_now()
        self.began = time.monotonic()
        self.queue: Queue[Offer] = Queue(random.random)
        self.hosts: dict[str, Host] = {}
        self.paces: dict[str, float] = {}
        self.last_asked: dict[str, float] = {}
        self.placed: set[int] = set()
        self.hops: list[_Hop] = []
        self.looks = 0
        self.report = Report()
        self.inbox: SimpleQueue[_Hop | _Ended] = SimpleQueue()
        self.sessions: dict[str, Session] = {}
        self.sessions_lock = threading.Lock()
        self.threads = ThreadPoolExecutor(max_workers=limits.threads, thread_name_prefix="look")

    # --- the round, in the caller's thread --------------------------------------------------------

    def run(self) -> Report:
        self._take_hosts()
        while True:
            self._start_looks()
            self._answer_hops()
            if not self.looks and (
                self._seconds_left() <= 0 or not len(self.queue) or self._wait() > self._seconds_left()
            ):
                break
            try:
                message = self.inbox.get(timeout=max(0.005, min(self._wait(), 1.0)))
            except Empty:
                continue
            if isinstance(message, _Hop):
                self.hops.append(message)
            else:
                self._end_look(message)
        self.report.work_left = Host.objects.free(self.now()).with_due_offers(self.now()).exists() or bool(
            len(self.queue)
        )
        return self.report

    def close(self) -> None:
        """Let the threads end, and give the hosts back with the moment at which they may next be asked."""
        for hop in self.hops:
            hop.answer(allowed=False)
        self.threads.shutdown(wait=True, cancel_futures=True)
        for session in self.sessions.values():
            session.close()
        for key in self.hosts:
            moment = self.queue.moment(key)
            if moment is not None and moment > time.monotonic():
                Host.objects.filter(key=key, leased_by=self.holder).update(next_polite_at=self._at(moment))
        give_back(self.hosts, self.holder)

    def now(self) -> datetime.datetime:
        """The database's time, carried on by this machine's steady clock."""
        return self._at(time.monotonic())

    def _at(self, moment: float) -> datetime.datetime:
        return self.began_at + datetime.timedelta(seconds=moment - self.began)

    def _seconds_left(self) -> float:
        return self.began + self.limits.seconds - time.monotonic()

    def _wait(self) -> float:
        """Seconds until something can be done that no thread will tell of."""
        if self.hops:
            return 0.02
        moment = self.queue.next_moment()
        if moment is None or self.looks >= self.limits.threads:
            return 1.0
        return max(0.0, moment - time.monotonic())

    def _take_hosts(self) -> None:
        for host in lease_due_hosts(self.holder, now=self.began_at, most=self.limits.hosts):
            due = Offer.objects.due(self.began_at).filter(host=host)
            offers = list(
                due.select_related("product", "retailer__region", "retailer__programme")[
                    : self.limits.offers_a_host
                ]
            )
            self.placed |= _placed({offer.product_id for offer in offers})
            self._admit(host, max((float(offer.retailer.pace) for offer in offers), default=0.0), offers)

    def _admit(self, host: Host, pace: float, offers: Collection[Offer]) -> None:
        self.hosts[host.key] = host
        self.paces[host.key] = pace
        rest = (host.next_polite_at - self.now()).total_seconds() if host.next_polite_at else 0.0
        self.queue.add(host.key, offers, pace=Pace(pace), not_before=time.monotonic() + max(0.0, rest))

    def _start_looks(self) -> None:
        while self._seconds_left() > 0 and self.looks < self.limits.threads:
            turn = self.queue.take(time.monotonic())
            if turn is None:
                return
            if not self._count_attempt(turn.item):
                self.queue.done(turn.host, time.monotonic())
                continue
            self.last_asked[turn.host] = time.monotonic()
            look = _Look(turn, plan_look(turn.item, now=self.now(), tempo=self.tempo), {turn.host})
            self.looks += 1
            self.threads.submit(self._fetch, look)

    def _count_attempt(self, offer: Offer) -> bool:
        """Count an attempt before it is made, so that a row which ends its worker is known by it. False: leave it."""
        as_read = Offer.objects.filter(pk=offer.pk, version=offer.version)
        if offer.attempts >= MOST_ATTEMPTS:
            as_read.update(quarantined_at=self.now(), next_check_at=None)
            return False
        return bool(as_read.update(attempts=F("attempts") + 1))

    def _answer_hops(self) -> None:
        """Let redirects through whose host may be asked now; send back those that waited too long."""
        waiting: list[_Hop] = []
        for hop in self.hops:
            if self._may_follow(hop):
                hop.look.holds.add(hop.key)
                self.last_asked[hop.key] = time.monotonic()
                hop.answer(allowed=True)
            elif time.monotonic() - hop.since > self.limits.hop_patience:
                hop.answer(allowed=False)
            else:
                waiting.append(hop)
        self.hops = waiting

    def _may_follow(self, hop: _Hop) -> bool:
        now = time.monotonic()
        if hop.key in hop.look.holds:
            return now >= self.last_asked[hop.key] + self.paces[hop.key]
        if hop.key not in self.hosts:
            host = lease_host(hop.key, self.holder, now=self.now())
            if host is None:
                return False
            self._admit(host, self.paces[hop.look.turn.host], [])
        return self.queue.claim(hop.key, now)

    def _end_look(self, ended: _Ended) -> None:
        look, offer = ended.look, ended.look.turn.item
        self.looks -= 1
        judgement: Judgement | None = None
        if ended.fault is not None:
            self._let_go(look)
            raise ended.fault
        if ended.evidence is None:
            self.report.given_back += 1
            as_read = Offer.objects.filter(pk=offer.pk, version=offer.version)
            as_read.update(next_check_at=self.now() + BUSY_AGAIN * self.tempo, attempts=0)
        else:
            judgement = judge(ended.evidence, look.plan.expectation)
            usage = Usage.IN_LIVE_ARTICLE if offer.product_id in self.placed else Usage.ELSEWHERE
            step = record(
                offer, look.plan, ended.evidence, judgement, now=self.now(), tempo=self.tempo, usage=usage
            )
            self.report.looked += step is not None
            self.report.flipped += len(step.flips) if step else 0
        if judgement is not None and judgement.retry_after is not None and ended.evidence is not None:
            self._keep_quiet(host_key(ended.evidence.final_url), judgement.retry_after)
        self._let_go(look)

    def _let_go(self, look: _Look) -> None:
        """Free the hosts of a look; each rests its pace from the last request, which may have been a hop."""
        for key in look.holds:
            self.queue.add(key, (), not_before=self.last_asked[key] + self.paces[key])
            self.queue.done(key, time.monotonic())

    def _keep_quiet(self, key: str, seconds: float) -> None:
        """A host that asked for quiet gets it from every worker, through the database."""
        until = self.now() + datetime.timedelta(seconds=min(seconds, LONGEST_PAUSE))
        Host.objects.filter(key=key).update(paused_until=until)
        self.queue.drop(key)

    # --- in the threads: no database here ---------------------------------------------------------

    def _fetch(self, look: _Look) -> None:
        def may_follow(address: str) -> bool:
            hop = _Hop(look, host_key(address), time.monotonic())
            self.inbox.put(hop)
            hop.answered.wait()
            return hop.allowed

        try:
            begins_elsewhere = (
                host_key(look.plan.address) not in look.holds
            )  # a tracked link begins at its network
            if begins_elsewhere and not may_follow(look.plan.address):
                raise HostBusy(host_key(look.plan.address))
            evidence = self.door.look(look.plan.address, session_for=self._session, before_hop=may_follow)
        except HostBusy:
            self.inbox.put(_Ended(look))
        except (
            BaseException
        ) as fault:  # our own fault: it belongs to the caller's thread, not to a lost future
            self.inbox.put(_Ended(look, fault=fault))
        else:
            self.inbox.put(_Ended(look, evidence))

    def _session(self, name: str) -> Session:
        with self.sessions_lock:
            if name not in self.sessions:
                self.sessions[name] = self.door.session(name)
            return self.sessions[name]


def _placed(products: Collection[int]) -> set[int]:
    """Which of the products stand in an article."""
    references = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Product),
        to_object_id__in=[str(pk) for pk in products],
    )
    return {int(pk) for pk in references.values_list("to_object_id", flat=True).distinct()}
