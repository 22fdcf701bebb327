"""A list of addresses checked once through the same door, engine and judge as the offers, without a database.

What an operator runs on a list before a migration, and what the benchmark runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urldefrag, urlsplit

from products import programmes
from products.destinations import host_key
from products.fetch import Door, Look, UnsafeAddress
from products.linkcheck.evidence import Evidence
from products.linkcheck.health import Health, accuses, advance
from products.linkcheck.verdict import Expectation, Judgement, Outcome, Probe, Reachable, judge
from products.pacing import Engine, Lease, Work

MOST_LOOKS: Final = 4  # at one address: the rules ask for three at most, and an unknown counts for none
MOST_QUIET: Final = (
    150.0  # seconds; a host that asks for more without an answer between is given up for this run
)
MOST_REFUSALS: Final = 3  # in a row, after which a host is given up too
WORTH_WAITING: Final = 30.0  # seconds of quiet, after which the address that met it is tried once more

_NEVER_SEEN: Final = Health()
_BREAKS: Final = frozenset("\t\v\f\r\x1c\x1d\x1e\x85\u2028\u2029\0")
"""Characters of a bad line that would make two columns, or two lines, of one."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one line."""

    line: str
    outcome: Outcome
    is_broken: bool

    def __str__(self) -> str:
        shown = self.line
        if not _BREAKS.isdisjoint(shown):
            shown = "".join("\ufffd" if character in _BREAKS else character for character in shown)
        return f"{shown}\t{self.outcome.value}\t{int(self.is_broken)}"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a list is checked. Seconds: `pace` between two requests to a host, `confirm_after` between two looks."""

    threads: int = 16
    pace: float = 2.0
    confirm_after: float = 2.0


@dataclass(slots=True, eq=False)
class _Link:
    """One address to look at, with all the lines that spell it and what earlier looks said."""

    address: str
    lines: list[str]
    looks: int = 0
    health: Health = _NEVER_SEEN  # shared: there may be many links, and most need no other


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look means, and the host at which it ended."""

    host: str
    judgement: Judgement


class UrlCheck(Work[_Link, _Seen]):
    """One run over `lines`, one address a line."""

    def __init__(self, lines: Iterable[str], door: Door, manner: Manner = Manner()) -> None:
        self._door = door
        self._manner = manner
        self._engine: Engine[_Link, _Seen] = Engine(self, door, host_of=host_key, threads=manner.threads)
        self._told: Callable[[Result], None]
        self._quiet: dict[str, list[float]] = {}  # what each host asked for since it last answered
        self._links: dict[str, _Link] = {}
        self._unasked: list[str] = []
        self.count = 0
        """How many lines there are."""
        for line in lines:
            self.count += 1
            self._note(line.strip())

    def _note(self, line: str) -> None:
        try:
            address = urldefrag(self._door.checked(line)).url
        except UnsafeAddress:
            self._unasked.append(line)
            return
        if self._door.is_barred(urlsplit(address).hostname or ""):
            self._unasked.append(line)
        elif address in self._links:
            self._links[address].lines.append(line)
        else:
            self._links[address] = _Link(address, [line])

    def run(self, told: Callable[[Result], None]) -> None:
        """Check them all. `told` gets the result of every line, duplicates too, as soon as it is known."""
        self._told = told
        for line in self._unasked:
            judgement = judge(self._door.look(line), Expectation(line))
            told(Result(line, judgement.outcome, is_broken=False))
        by_host: dict[str, list[_Link]] = {}
        for link in self._links.values():
            by_host.setdefault(host_key(link.address), []).append(link)
        self._links.clear()  # from here on the engine alone holds them, until each is told
        while by_host:
            host = next(iter(by_host))
            self._engine.add(host, by_host.pop(host), Lease(self._manner.pace))
        finished = False
        try:
            self._engine.run()
            finished = True
        finally:
            self._engine.close(wait=finished)

    # --- what the engine asks -----------------------------------------------------------------------

    def begin(self, item: _Link) -> Look | None:
        item.looks += 1
        return self._door.begin(item.address)

    def judge(self, item: _Link, evidence: Evidence) -> _Seen:
        return _Seen(host_key(evidence.final_url), judge(evidence, expectation_of(item.address)))

    def ended(self, item: _Link, found: _Seen) -> None:
        """Tell what was found, or look again where one look is not enough to believe it."""
        judgement, quiet = found.judgement, found.judgement.retry_after
        if quiet is None:
            self._quiet.pop(found.host, None)
        elif not self._keeps_quiet(found.host, quiet):
            self._tell(item, judgement.outcome)
            for left in self._engine.abandon(found.host):
                self._tell(left, Outcome.RATE_LIMITED)
            return
        if item.health is not _NEVER_SEEN or accuses(judgement):  # counts, without the hours
            item.health = advance(item.health, judgement, now=datetime.now(UTC), tempo=0.0).health
        if item.health.pending:
            most = MOST_LOOKS
        elif judgement.outcome is Outcome.OUR_NETWORK or (quiet is not None and quiet <= WORTH_WAITING):
            most = 2
        else:
            most = 1
        after = max(self._manner.confirm_after, quiet or 0.0)
        if item.looks >= most or not self._engine.again(host_key(item.address), item, after=after):
            self._tell(item, judgement.outcome)

    def _keeps_quiet(self, host: str, seconds: float) -> bool:
        """Leave the host alone for so long; False: it has asked too often, or for too long."""
        asked = self._quiet.setdefault(host, [])
        asked.append(seconds)
        if len(asked) >= MOST_REFUSALS or sum(asked) > MOST_QUIET:
            return False
        self._engine.pause(host, seconds)
        return True

    def _tell(self, item: _Link, outcome: Outcome) -> None:
        is_broken = item.health.reachable is Reachable.BROKEN
        for line in item.lines:
            self._told(Result(line, outcome, is_broken))

    def lease(self, host: str, item: _Link) -> Lease:
        return Lease(self._manner.pace)

    def given_back(self, item: _Link) -> None:
        """It led to a host that wants to be left alone."""
        self._tell(item, Outcome.RATE_LIMITED)


def expectation_of(address: str) -> Expectation:
    """What a look at `address` should find, as far as the address tells: where it leads, and whose link it is."""
    destination, link = programmes.untrack(address)
    if link is None:
        return Expectation(address)
    probe = _identity_probe(address, link)
    adapter = programmes.recognise(destination)  # of the last link that does not show where it leads
    return Expectation(
        destination if adapter is None else address,
        anywhere_but=() if adapter is None else tuple(sorted(adapter.domains)),
        probe=Probe.NONE if probe is None else Probe.TRACKED,
        identity=probe,
    )


def _identity_probe(address: str, link: programmes.Link) -> programmes.IdentityProbe | None:
    """How to tell that the identity in a tracked address arrives; None where the address tells too little."""
    adapter = programmes.adapter(link.network)
    identity = {field.name: link.identity for field in adapter.fields if field.required}
    names = [
        "",
        *(name for name, _ in parse_qsl(urlsplit(address).query)),
    ]  # in-house links name theirs themselves
    for name in names:
        probe = adapter.expectation({**identity, "parameter": name})
        if probe.is_handed_over_at(address) or probe.is_proven_at(address):
            return probe
    return None
