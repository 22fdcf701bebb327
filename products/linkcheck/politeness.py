"""Who may be asked next, and when: the policy of the pacing engine, without threads, clock or network. Pure.

Times are seconds on any clock that only moves forward. A host is asked one thing at a time, and two requests
to it begin at least its pace apart; a host that asked for a pause gets it. Among the hosts that
may be asked, the one with the longest work left goes first if it might be left alone at the end, and a thread is
kept free for one that certainly will be: the run takes little more than the least that politeness and the number of
threads allow. While nobody is in such a hurry, hosts that were begun go before others, so that they are done while
their connections are open.

Not safe for threads: one thread takes and gives back, others fetch.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Generic, TypeVar

URGENT_SHARE: Final = 0.5  # of all that is left: a host with so much of it might be the last to end
LAST_SHARE: Final = 1.0  # a host with so much will be: no answer of another may keep a thread from it
LONGEST_PAUSE: Final = 86_400.0  # seconds; whatever a shop asks for

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Pace:
    """The least time between the beginnings of two requests to one host."""

    seconds: float = 2.0
    jitter: float = 0.04  # at most this part longer, never shorter: two in a hundred in the mean

    def gap(self, random: float) -> float:
        """Seconds to the next request; `random` is a number in [0, 1)."""
        return self.seconds * (1 + self.jitter * random)


@dataclass(frozen=True, slots=True)
class Turn(Generic[Item]):
    """Leave to ask one host one thing now. Give it back with `Queue.done`."""

    host: str
    item: Item
    began: float


@dataclass(slots=True)
class _Host(Generic[Item]):
    name: str
    pace: Pace
    moment: float  # when it may be asked next
    items: deque[Item] = field(default_factory=deque)
    urgent: int = 0  # how many of the first items go before those added later
    in_flight: bool = False
    begun: bool = False
    latency: float = 0.0  # smoothed; how long its answers take
    ticket: int = 0  # entries of the heaps with an older one are stale

    @property
    def work_left(self) -> float:
        """Seconds that its items will take at best."""
        return len(self.items) * max(self.pace.seconds, self.latency)


class Queue(Generic[Item]):
    """The hosts of one round with what is due at each.

    `random` gives numbers in [0, 1). `threads` is how many hosts can be asked at once; 0, where that is not known,
    makes every host urgent.
    """

    def __init__(self, random: Callable[[], float], *, threads: int = 0) -> None:
        self._random = random
        self._threads = threads
        self._latency = 0.0  # smoothed, of all hosts
        self._ranked_for = 0.0  # what was left, in seconds, when the hosts that wait for a thread were ranked
        self._hosts: dict[str, _Host[Item]] = {}
        self._waiting: list[tuple[float, int, str]] = []  # by moment
        self._ready: list[tuple[float, int, str]] = []  # by rank
        self._tickets = 0
        self._left = 0
        self._in_flight = 0
        self._last: list[_Host[Item]] = []  # hosts that will be the last to end

    def add(
        self,
        host: str,
        items: Iterable[Item],
        *,
        pace: Pace = Pace(),
        not_before: float = 0.0,
        urgent: bool = False,
    ) -> None:
        """Put `items` after what is due at `host`, or before all that is not `urgent` too.

        A host's first `pace` stays; `not_before` can only defer the host.
        """
        state = self._hosts.get(host)
        if state is None:
            state = self._hosts[host] = _Host(host, pace, not_before)
        state.moment = max(state.moment, not_before)
        before = len(state.items)
        if urgent:
            for item in items:
                state.items.insert(state.urgent, item)
                state.urgent += 1
        else:
            state.items.extend(items)
        self._left += len(state.items) - before
        self._schedule(state)

    def take(self, now: float) -> Turn[Item] | None:
        """The next thing that may be asked now, or None: wait until `next_moment` or the next `done`."""
        while self._waiting and self._waiting[0][0] <= now:
            _, ticket, name = heapq.heappop(self._waiting)
            state = self._hosts[name]
            if ticket == state.ticket:
                heapq.heappush(self._ready, (self._rank(state), ticket, name))
        self._rank_anew()
        first = self._fresh(self._ready)
        if first is None or self._is_held_back(self._hosts[first[2]], now):
            return None
        heapq.heappop(self._ready)
        state = self._hosts[first[2]]
        self._left -= 1
        item = state.items.popleft()
        state.urgent = max(0, state.urgent - 1)
        self._begin(state, now)
        return Turn(state.name, item, now)

    def next_moment(self, now: float) -> float | None:
        """When to `take` next, if no answer comes before (the past: at once); None: only an answer changes anything."""
        resting = self._fresh(self._waiting)
        ready = self._fresh(self._ready)
        if ready is not None and not self._is_held_back(self._hosts[ready[2]], now):
            return 0.0
        return resting[0] if resting is not None else None

    def moment(self, host: str) -> float | None:
        """When `host` may be asked next; None if it is busy or unknown."""
        state = self._hosts.get(host)
        return None if state is None or state.in_flight else state.moment

    def done(
        self, host: str, now: float, *, latency: float | None = None, retry_after: float | None = None
    ) -> None:
        """The request to `host` has ended. `retry_after`: seconds for which the shop asked to be left alone.

        Raises ValueError if nothing was in flight there.
        """
        state = self._hosts.get(host)
        if state is None or not state.in_flight:
            msg = f"nothing is in flight at {host}"
            raise ValueError(msg)
        state.in_flight = False
        self._in_flight -= 1
        if latency is not None:
            state.latency = latency if not state.latency else 0.7 * state.latency + 0.3 * latency
            self._latency = latency if not self._latency else 0.99 * self._latency + 0.01 * latency
        state.moment = max(state.moment, now)
        if retry_after is not None:
            state.moment = max(state.moment, now + min(max(retry_after, 0.0), LONGEST_PAUSE))
        self._schedule(state)

    def drop(self, host: str) -> tuple[Item, ...]:
        """Take what is still due at `host` out of the queue, to be given back. What is in flight stays so."""
        state = self._hosts.get(host)
        if state is None:
            return ()
        items = tuple(state.items)
        state.items.clear()
        state.urgent = 0
        self._left -= len(items)
        self._schedule(state)
        return items

    def left(self, host: str) -> int:
        """How many items are due at `host`."""
        state = self._hosts.get(host)
        return len(state.items) if state is not None else 0

    def __len__(self) -> int:
        """How many items are due in all; those in flight do not count."""
        return self._left

    def _fresh(self, heap: list[tuple[float, int, str]]) -> tuple[float, int, str] | None:
        """The first entry of `heap` that still holds."""
        while heap and heap[0][1] != self._hosts[heap[0][2]].ticket:
            heapq.heappop(heap)
        return heap[0] if heap else None

    @property
    def _everything(self) -> float:
        """Seconds that all items will take if every thread is busy; 0 while that can't be told."""
        return self._left * self._latency / self._threads if self._threads else 0.0

    def _rank(self, state: _Host[Item]) -> float:
        """Lower goes first: the urgent, longest work first; then hosts that were begun; then the others."""
        if state.work_left >= URGENT_SHARE * self._everything:
            return -state.work_left
        return 1.0 if state.begun else 2.0

    def _rank_anew(self) -> None:
        """What is urgent changes as the work goes by; ranking all hosts is dear, so it is done now and then."""
        if 0.8 * self._ranked_for <= self._everything <= 1.2 * self._ranked_for:
            return
        self._ranked_for = self._everything
        self._ready = [
            (self._rank(self._hosts[name]), ticket, name)
            for _, ticket, name in self._ready
            if ticket == self._hosts[name].ticket
        ]
        heapq.heapify(self._ready)
        self._last = [
            state for state in self._hosts.values() if state.work_left >= LAST_SHARE * self._everything
        ]

    def _is_held_back(self, state: _Host[Item], now: float) -> bool:
        """Whether the threads still free are for hosts that will end last and may be asked before `state` has answered."""
        if not self._threads or state.work_left >= LAST_SHARE * self._everything:
            return False
        free = max(1, self._threads - self._in_flight)
        soon = (
            other
            for other in self._last
            if other.items and not other.in_flight and now < other.moment <= now + self._latency
        )
        return sum(1 for _ in islice(soon, free)) == free

    def _begin(self, state: _Host[Item], now: float) -> None:
        self._in_flight += 1
        state.in_flight = state.begun = True
        state.moment = now + state.pace.gap(self._random())
        self._tickets += 1
        state.ticket = self._tickets

    def _schedule(self, state: _Host[Item]) -> None:
        self._tickets += 1
        state.ticket = self._tickets
        if state.items and not state.in_flight:
            heapq.heappush(self._waiting, (state.moment, state.ticket, state.name))
