"""The pacing engine: many looks at many hosts, each host asked one thing at a time and at its own pace.

Rounds (database, Celery) and the operator's command (neither) run on it. The policy is `linkcheck.politeness`;
this is the machinery around it: threads, sessions and a clock. A look moves one request at a time. Where it leads
to another host, or must wait for its own, it goes back into the queue, so no thread ever sleeps for a host.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
import resource
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

from products.fetch import Door, Look, Session
from products.linkcheck.evidence import Evidence
from products.linkcheck.politeness import Pace, Queue, Turn

_FILES: Final = resource.getrlimit(resource.RLIMIT_NOFILE)[0]  # that a process may have open; -1: any number
# Hosts whose connections are kept; each costs some 36 KB, and one opened anew more time than the rest of a look.
MOST_OPEN: Final = min(480, _FILES // 2) if _FILES > 0 else 480
ASK_AGAIN: Final = 1.0  # seconds until a host that somebody else holds is tried again
AHEAD: Final = (
    2  # requests handed out before a thread is free, so that none waits for this one to see that it is
)
LONGEST_WAIT: Final = 1.0  # seconds without a glance at the clock

Item = TypeVar("Item")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Lease:
    """Leave to ask a host: at most every `pace` seconds, and not for the first `rest` seconds."""

    pace: float
    rest: float = 0.0


class Work(ABC, Generic[Item, Found]):
    """What the engine does its looks for. All but `judge` is called in the thread that called `Engine.run`."""

    @abstractmethod
    def begin(self, item: Item) -> Look | None:
        """The item's turn has come: the look to make, or None to leave the item alone."""

    def attempt(self, item: Item) -> bool:
        """The first request of a look that was begun goes out next. False: leave the item alone after all."""
        return True

    @abstractmethod
    def judge(self, item: Item, evidence: Evidence) -> Found:
        """What an ended look means. Runs in any thread: neither database nor anything shared."""

    @abstractmethod
    def ended(self, item: Item, found: Found) -> None:
        """Take note of it. May call the engine's `again`, `pause` and `abandon`."""

    @abstractmethod
    def lease(self, host: str, item: Item) -> Lease | None:
        """Leave to ask a further host to which the item's look leads; None while somebody else holds it."""

    @abstractmethod
    def given_back(self, item: Item) -> None:
        """A look was begun and could not be finished for want of a host or of time: make it again later."""


@dataclass(slots=True, eq=False)
class _Visit(Generic[Item]):
    """An item in the queue of a host: not begun, or on its way from one host to the next."""

    item: Item
    look: Look | None = None
    attempted: bool = False
    fresh: bool = False  # must not use a connection of an earlier look
    refused_since: float | None = None  # since when a lease has been refused


@dataclass(frozen=True, slots=True)
class _Asked(Generic[Item, Found]):
    """One request has ended. `found` is there if the look has ended too, `fault` if we failed ourselves."""

    turn: Turn[_Visit[Item]]
    found: Found | None = None
    fault: BaseException | None = None


@dataclass(frozen=True, slots=True, order=True)
class _Later(Generic[Item]):
    """A visit that joins its host's queue at a moment to come."""

    moment: float
    ticket: int
    host: str
    visit: _Visit[Item]


class Engine(Generic[Item, Found]):
    """One run of looks. `add` what is due, `run`, `close`.

    `host_of(address)` is the host that an address belongs to. `patience`: seconds for which a look waits for a host
    that somebody else holds before it is given back.
    """

    def __init__(
        self,
        work: Work[Item, Found],
        door: Door,
        *,
        host_of: Callable[[str], str],
        threads: int,
        patience: float = math.inf,
    ) -> None:
        self._work = work
        self._door = door
        self._host_of = host_of
        self._threads_allowed = threads
        self._most = threads + AHEAD
        self._usual_patience = self._patience = patience
        self._ends = math.inf
        self._queue: Queue[_Visit[Item]] = Queue(random.random, threads=threads)
        self._paces: dict[str, float] = {}
        self._abandoned: set[str] = set()
        self._later: list[_Later[Item]] = []
        self._tickets = itertools.count()
        self._sessions: OrderedDict[str, dict[str, Session]] = OrderedDict()
        self._asking: set[str] = set()
        self._threads: list[threading.Thread] = []
        self._orders: SimpleQueue[tuple[Turn[_Visit[Item]], Session] | None] = SimpleQueue()
        self._reports: SimpleQueue[_Asked[Item, Found]] = SimpleQueue()
        self.unfinished = False
        """Whether the last `run` left work behind."""

    # --- what there is to do ------------------------------------------------------------------------

    def add(self, host: str, items: Iterable[Item], lease: Lease) -> None:
        """Put `items` after what is due at `host`, which the caller may ask. A host's first pace stays.

        At a host that was abandoned nothing is asked any more: they are left alone.
        """
        if host in self._abandoned:
            return
        self._paces.setdefault(host, lease.pace)
        visits = [_Visit(item) for item in items]
        self._queue.add(host, visits, pace=Pace(lease.pace), not_before=time.monotonic() + lease.rest)

    def again(self, host: str, item: Item, *, after: float) -> bool:
        """Look at an item once more, over a new connection, `after` seconds from now at the earliest. False: the host was
        abandoned, and the item is left alone."""
        if host in self._abandoned:
            return False
        self._postpone(host, _Visit(item, fresh=True), time.monotonic() + after)
        return True

    def pause(self, host: str, seconds: float) -> None:
        """Leave `host` alone for so long."""
        self._queue.add(host, (), not_before=time.monotonic() + seconds)

    def abandon(self, host: str) -> list[Item]:
        """Ask `host` nothing more. Returns the items not begun; looks that are under way and lead there are given back."""
        self._abandoned.add(host)
        return self._drop(host)

    def rests_until(self, host: str) -> float | None:
        """When `host` may be asked next, by the monotonic clock; None if it is busy or unknown."""
        return self._queue.moment(host)

    # --- the run, in the caller's thread ------------------------------------------------------------

    def run(self, *, seconds: float = math.inf, patience: float | None = None) -> None:
        """Work until nothing is left, or begin no more after `seconds`; for this run with a `patience` of its own, if
        one is given. Raises what `work` raises."""
        self._patience = self._usual_patience if patience is None else patience
        self._ends = time.monotonic() + seconds
        self.unfinished = False
        while True:
            now = time.monotonic()
            if now >= self._ends:
                self._begin_no_more()
            self._wake(now)
            self._start_looks()
            moment = self._next_moment()
            if not self._asking:
                if moment == math.inf:
                    return
                if moment > self._ends:
                    self._begin_no_more()
                    return
            try:
                asked = self._reports.get(timeout=min(max(moment - time.monotonic(), 0.0005), LONGEST_WAIT))
            except Empty:
                continue
            self._take_note(asked)

    def close(self, *, wait: bool = True) -> None:
        """End the threads and close the connections. Without `wait`, requests under way are left to the process's end."""
        for _ in self._threads:
            self._orders.put(None)
        if not wait:
            return
        for thread in self._threads:
            thread.join()
        while self._sessions:
            self._close_sessions(next(iter(self._sessions)))

    def _next_moment(self) -> float:
        """When something can be done that no thread will tell of; infinity: never."""
        moments = [self._later[0].moment] if self._later else []
        if (
            len(self._asking) < self._most
            and (first := self._queue.next_moment(time.monotonic())) is not None
        ):
            moments.append(first)
        return min(moments, default=math.inf)

    def _drop(self, host: str) -> list[Item]:
        visits = list(self._queue.drop(host))
        visits += [later.visit for later in self._later if later.host == host]
        self._later = [later for later in self._later if later.host != host]
        heapq.heapify(self._later)
        for visit in visits:
            if visit.look is not None:
                self._give_back(visit)
        return [visit.item for visit in visits if visit.look is None]

    def _begin_no_more(self) -> None:
        for host in list(self._paces):
            self.unfinished |= bool(self._queue.left(host))
            self._drop(host)
        for later in self._later:  # at hosts that were never ours
            self._give_back(later.visit)
        self._later.clear()

    def _wake(self, now: float) -> None:
        while self._later and self._later[0].moment <= now:
            later = heapq.heappop(self._later)
            if later.visit.look is None:
                self._queue.add(later.host, [later.visit])
            else:
                self._lead_on(later.visit)

    def _start_looks(self) -> None:
        while len(self._asking) < self._most and (turn := self._queue.take(time.monotonic())) is not None:
            visit = turn.item
            if visit.look is None:
                visit.look = self._work.begin(visit.item)
            look = visit.look
            if look is None:
                self._queue.done(turn.host, time.monotonic())
            elif look.address is None:
                self._queue.done(turn.host, time.monotonic())
                self._work.ended(visit.item, self._work.judge(visit.item, look.evidence))
            elif self._host_of(look.address) != turn.host:  # a tracked link begins at its network
                self._queue.done(turn.host, time.monotonic())
                self._lead_on(visit)
            elif visit.attempted or self._work.attempt(visit.item):
                visit.attempted = True
                self._ask(turn, look.address)
            else:
                self._queue.done(turn.host, time.monotonic())

    def _ask(self, turn: Turn[_Visit[Item]], address: str) -> None:
        if turn.item.fresh:
            turn.item.fresh = False
            self._close_sessions(turn.host)
        name = urlsplit(address).hostname or ""
        sessions = self._sessions.setdefault(turn.host, {})
        self._sessions.move_to_end(turn.host)
        if name not in sessions:
            sessions[name] = self._door.session(name)
        self._asking.add(turn.host)
        if len(self._threads) < min(len(self._asking), self._threads_allowed):
            # A daemon, so that a person who interrupts the command need not wait for a shop.
            self._threads.append(
                threading.Thread(target=self._carry_out, name=f"look-{len(self._threads)}", daemon=True)
            )
            self._threads[-1].start()
        self._orders.put((turn, sessions[name]))

    def _take_note(self, asked: _Asked[Item, Found]) -> None:
        host, visit = asked.turn.host, asked.turn.item
        assert visit.look is not None
        now = time.monotonic()
        self._asking.discard(host)
        self._queue.done(host, now, latency=now - asked.turn.began)
        # The pace counts from the moment of the request: opening a connection comes before it.
        self._queue.add(host, (), not_before=visit.look.asked_at + self._paces[host])
        if asked.fault is not None:
            raise asked.fault
        if visit.look.address is not None:
            self._lead_on(visit)
        elif asked.found is not None:
            self._work.ended(visit.item, asked.found)
        self._spare_connections(host)

    def _lead_on(self, visit: _Visit[Item]) -> None:
        """Put a look that is under way into the queue of the host that it leads to."""
        assert visit.look is not None
        assert visit.look.address is not None
        host, now = self._host_of(visit.look.address), time.monotonic()
        if now >= self._ends or host in self._abandoned:
            self._give_back(visit)
            return
        if host not in self._paces:
            lease = self._work.lease(host, visit.item)
            if lease is None:
                visit.refused_since = now if visit.refused_since is None else visit.refused_since
                if now - visit.refused_since >= self._patience:
                    self._give_back(visit)
                else:
                    self._postpone(host, visit, now + min(ASK_AGAIN, self._patience))
                return
            self.add(host, (), lease)
        visit.refused_since = None
        self._queue.add(host, [visit], urgent=True)

    def _give_back(self, visit: _Visit[Item]) -> None:
        self.unfinished = True
        if visit.look is not None:
            self._work.given_back(visit.item)

    def _postpone(self, host: str, visit: _Visit[Item], moment: float) -> None:
        heapq.heappush(self._later, _Later(moment, next(self._tickets), host, visit))

    def _spare_connections(self, host: str) -> None:
        """Keep the connections of hosts that have more to be asked, and of no more than `MOST_OPEN`."""
        if not self._queue.left(host):
            self._close_sessions(host)
        while len(self._sessions) > MOST_OPEN:
            idle = next((each for each in self._sessions if each not in self._asking), None)
            if idle is None:
                return
            self._close_sessions(idle)

    def _close_sessions(self, host: str) -> None:
        for session in self._sessions.pop(host, {}).values():
            session.close()

    # --- in the threads -----------------------------------------------------------------------------

    def _carry_out(self) -> None:
        while (order := self._orders.get()) is not None:
            turn, session = order
            self._reports.put(self._carried_out(turn, session))

    def _carried_out(self, turn: Turn[_Visit[Item]], session: Session) -> _Asked[Item, Found]:
        look = turn.item.look
        assert look is not None
        try:
            look.ask(session)
            if look.address is not None:
                return _Asked(turn)
            return _Asked(turn, self._work.judge(turn.item.item, look.evidence))
        except BaseException as fault:  # our own: it belongs to the caller's thread, not to a lost one
            return _Asked(turn, fault=fault)
