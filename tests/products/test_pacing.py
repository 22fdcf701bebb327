"""The pacing engine over real retailers, without database or Django."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from demo.retailers import Behaviour, RetailerServer
from products import fetch, pacing
from products.addresses import Target
from products.fetch import Door, Look
from products.linkcheck.evidence import Evidence
from products.pacing import Engine, Lease, Work
from tests.hostile_server import HostileServer

ROOT = Path(__file__).resolve().parents[2]
BLUR = 0.08  # seconds that the way to the server's clock may add or take on a busy machine


@pytest.fixture(scope="module")
def shops() -> Iterator[RetailerServer]:
    with RetailerServer() as server:
        server.open(("alder.example", "birch.example", "cedar.example", "alder-us.example"))
        yield server


@pytest.fixture
def door(shops: RetailerServer) -> Door:
    shops.forget()
    return door_to(shops.port, str(shops.ca_file), shops.shops)


def door_to(port: int, ca_file: str | None, names) -> Door:
    targets = {name: Target("127.0.0.1", port, ca_file) for name in names}
    return Door(user_agent="Referred/1.0", targets=targets, deadline=2.0)


@dataclass
class Looks(Work[str, Evidence]):
    """Looks at addresses and remembers what came; the whole world is ours to ask, but what is `held`."""

    door: Door
    pace: float = 0.05
    held: set[str] = field(default_factory=set)
    seen: list[tuple[str, Evidence]] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)
    first: Callable[[str], str] = lambda address: address
    then: Callable[[str, Evidence], None] = lambda address, evidence: None

    def begin(self, item: str) -> Look | None:
        return self.door.begin(self.first(item)) if item else None

    def attempt(self, item: str) -> bool:
        self.attempts.append(item)
        return not item.endswith("/never")

    def judge(self, item: str, evidence: Evidence) -> Evidence:
        return evidence

    def ended(self, item: str, found: Evidence) -> None:
        self.seen.append((item, found))
        self.then(item, found)

    def lease(self, host: str, item: str) -> Lease | None:
        return None if host in self.held else Lease(self.pace)

    def given_back(self, item: str) -> None:
        self.returned.append(item)


def host_of(address: str) -> str:
    return urlsplit(address).hostname or ""


def engine_for(looks: Looks, *addresses: str, threads: int = 8, **more) -> Engine[str, Evidence]:
    engine: Engine[str, Evidence] = Engine(looks, looks.door, host_of=host_of, threads=threads, **more)
    for address in addresses:
        engine.add(host_of(address), [address], Lease(looks.pace))
    return engine


def run(looks: Looks, *addresses: str, threads: int = 8, seconds: float = 20.0, **more):
    engine = engine_for(looks, *addresses, threads=threads, **more)
    try:
        engine.run(seconds=seconds)
    finally:
        engine.close()
    return engine


def asked(shops: RetailerServer, host: str) -> list[float]:
    return [request.at for request in shops.requests if request.host == host]


def gaps(moments: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(moments)]


def test_every_address_is_looked_at_once(shops, door):
    addresses = [f"https://{name}.example/{number}" for name in ("alder", "birch") for number in range(4)]
    looks = Looks(door)
    run(looks, *addresses)
    assert sorted(item for item, _ in looks.seen) == sorted(addresses)
    assert {evidence.last.status for _, evidence in looks.seen} == {200}
    assert len(shops.requests) == len(addresses)


def test_an_attempt_is_told_once_before_the_first_request_of_a_look_and_can_be_forbidden(shops, door):
    shops.shop("alder.example").set("/moved", Behaviour.MOVED)
    addresses = [f"https://alder.example/{path}" for path in ("moved", "never", "waits")]
    held = "https://cedar.example/"
    looks = Looks(door, held={"cedar.example"}, first=lambda item: held if item.endswith("waits") else item)
    run(looks, *addresses, patience=0.1)
    assert looks.attempts == addresses[:2]
    assert [item for item, _ in looks.seen] == addresses[:1]
    assert looks.returned == addresses[2:]
    assert not any(request.target == "/never" for request in shops.requests)


def test_a_host_is_asked_one_thing_at_a_time_however_slow_and_however_many_threads(shops, door):
    for number in range(4):
        shops.shop("alder.example").set(f"/slow{number}", Behaviour.SLOW, delay=0.15)
    looks = Looks(door, pace=0.01)
    run(looks, *(f"https://alder.example/slow{number}" for number in range(4)), threads=8)
    assert shops.max_in_flight["alder.example"] == 1
    assert len(looks.seen) == 4


def test_the_pace_counts_from_request_to_request_redirects_and_the_first_included(shops, door):
    for number in range(3):
        shops.shop("alder.example").set(f"/moved{number}", Behaviour.MOVED)
    looks = Looks(door, pace=0.2)
    run(looks, *(f"https://alder.example/moved{number}" for number in range(3)))
    moments = asked(shops, "alder.example")
    assert len(moments) == 6
    assert min(gaps(moments)) >= 0.2 - BLUR


def test_no_thread_sleeps_for_a_host(shops, door):
    """With a single thread, another shop is served while a redirect waits for its host's pace."""
    shops.shop("alder.example").set("/moved", Behaviour.MOVED)
    looks = Looks(door)
    engine = engine_for(looks, *(f"https://birch.example/{number}" for number in range(3)), threads=1)
    engine.add("alder.example", ["https://alder.example/moved"], Lease(1.0))
    engine.run()
    engine.close()
    assert max(asked(shops, "birch.example")) < max(asked(shops, "alder.example"))
    assert gaps(asked(shops, "alder.example"))[0] >= 1.0 - BLUR


def test_a_shop_that_stops_answering_holds_one_thread_and_no_other_shop(shops, door):
    shops.shop("cedar.example").down(Behaviour.TIMEOUT)
    looks = Looks(door, pace=0.05)
    silent = [f"https://cedar.example/{number}" for number in range(2)]
    others = [f"https://{name}.example/{number}" for name in ("alder", "birch") for number in range(6)]
    try:
        run(looks, *silent, *others, threads=2)
    finally:
        shops.shop("cedar.example").up()
    assert {item for item, _ in looks.seen[: len(others)]} == set(others)


def test_a_redirect_to_another_host_waits_for_that_host_s_pace(shops, door):
    shops.shop("alder.example").set("/away", Behaviour.OTHER_REGION)
    looks = Looks(door, pace=0.3)
    run(
        looks,
        "https://alder.example/away",
        *(f"https://alder-us.example/{number}" for number in range(2)),
    )
    assert len(asked(shops, "alder-us.example")) == 3
    assert min(gaps(asked(shops, "alder-us.example"))) >= 0.3 - BLUR
    assert dict(looks.seen)["https://alder.example/away"].final_url == "https://alder-us.example/away"


def test_two_looks_that_lead_to_each_other_s_hosts_both_arrive(shops, door):
    shops.shop("alder.example").set("/there", Behaviour.OTHER_REGION, to="birch.example")
    shops.shop("birch.example").set("/here", Behaviour.OTHER_REGION, to="alder.example")
    looks = Looks(door)
    run(looks, "https://alder.example/there", "https://birch.example/here", threads=2)
    assert {evidence.final_url for _, evidence in looks.seen} == {
        "https://birch.example/there",
        "https://alder.example/here",
    }


def test_a_look_that_leads_to_a_host_which_somebody_else_holds_is_given_back(shops, door):
    shops.shop("alder.example").set("/away", Behaviour.OTHER_REGION)
    looks = Looks(door, held={"alder-us.example"})
    engine = run(looks, "https://alder.example/away", "https://birch.example/1", patience=0.2)
    assert looks.returned == ["https://alder.example/away"]
    assert [item for item, _ in looks.seen] == ["https://birch.example/1"]
    assert not asked(shops, "alder-us.example")
    assert engine.unfinished


def test_a_host_that_is_let_go_in_time_is_asked_after_all(shops, door):
    shops.shop("alder.example").set("/away", Behaviour.OTHER_REGION)
    looks = Looks(door, held={"alder-us.example"})
    looks.then = lambda item, evidence: looks.held.clear()
    run(looks, "https://alder.example/away", "https://birch.example/1", patience=5.0)
    assert not looks.returned
    assert asked(shops, "alder-us.example")


def test_a_look_that_begins_at_another_host_needs_that_host(shops, door):
    """A tracked link is due at its shop and begins at its network."""
    looks = Looks(door, held={"cedar.example"}, first=lambda item: "https://cedar.example/click")
    run(looks, "https://alder.example/1", patience=0.1)
    assert looks.returned == ["https://alder.example/1"]
    assert not shops.requests


def test_an_item_that_is_left_alone_costs_no_request(shops, door):
    looks = Looks(door)
    engine = engine_for(looks)
    engine.add("alder.example", ["", "https://alder.example/1"], Lease(0.05))
    engine.run()
    engine.close()
    assert [item for item, _ in looks.seen] == ["https://alder.example/1"]
    assert len(shops.requests) == 1


def test_an_address_that_may_not_be_asked_ends_at_once_and_is_told(shops, door):
    looks = Looks(door, first=lambda item: "https://10.0.0.1/")
    run(looks, "https://alder.example/1")
    assert looks.seen[0][1].last.failure == "unsafe_address"


def test_when_time_is_up_nothing_more_begins_and_what_is_under_way_ends(shops, door):
    shops.shop("alder.example").set("/slow", Behaviour.SLOW, delay=0.5)
    looks = Looks(door, pace=0.05)
    addresses = [f"https://birch.example/{number}" for number in range(40)]
    engine = run(looks, "https://alder.example/slow", *addresses, seconds=0.3)
    done = {item for item, _ in looks.seen}
    assert "https://alder.example/slow" in done
    assert 1 < len(done) < 20
    assert engine.unfinished


def test_a_redirect_that_would_outlast_the_run_is_given_back(shops, door):
    shops.shop("alder.example").set("/moved", Behaviour.MOVED)
    looks = Looks(door, pace=30.0)
    engine = run(looks, "https://alder.example/moved", seconds=1.0)
    assert looks.returned == ["https://alder.example/moved"]
    assert engine.unfinished


def test_a_pause_holds_one_host_and_no_other(shops, door):
    looks = Looks(door)
    engine = engine_for(looks, *(f"https://alder.example/{number}" for number in range(2)))
    engine.add("birch.example", [f"https://birch.example/{number}" for number in range(3)], Lease(0.05))
    looks.then = lambda item, evidence: (
        engine.pause("alder.example", 0.6) if item.endswith("r.example/0") else None
    )
    engine.run()
    engine.close()
    assert gaps(asked(shops, "alder.example"))[0] >= 0.6 - BLUR
    assert max(asked(shops, "birch.example")) < max(asked(shops, "alder.example"))


def test_an_abandoned_host_is_not_asked_again_even_by_a_redirect(shops, door):
    shops.shop("birch.example").set("/away", Behaviour.OTHER_REGION, to="alder.example")
    looks = Looks(door, pace=0.1)
    engine = engine_for(looks, *(f"https://alder.example/{number}" for number in range(3)))
    engine.add("birch.example", ["https://birch.example/1", "https://birch.example/away"], Lease(0.2))
    left: list[str] = []
    looks.then = lambda item, evidence: (
        left.extend(engine.abandon("alder.example")) if "alder" in item else None
    )
    engine.run()
    engine.close()
    assert left == ["https://alder.example/1", "https://alder.example/2"]
    assert looks.returned == ["https://birch.example/away"]
    assert len(asked(shops, "alder.example")) == 1


def test_an_item_whose_host_was_abandoned_while_it_was_looked_at_is_handed_back(shops, door):
    shops.shop("birch.example").set("/away", Behaviour.OTHER_REGION, to="alder.example")
    looks = Looks(door)
    engine = engine_for(looks, "https://alder.example/1")
    engine.add("birch.example", ["https://birch.example/away"], Lease(0.05))
    taken: list[bool] = []

    def then(item: str, evidence: Evidence) -> None:
        if item.endswith("/away") and not taken:
            engine.abandon("birch.example")
            taken.append(engine.again("birch.example", item, after=0.05))

    looks.then = then
    engine.run()
    engine.close()
    assert taken == [False]
    assert len(asked(shops, "birch.example")) == 1


def test_a_connection_is_kept_from_look_to_look_and_a_second_look_gets_a_new_one():
    with HostileServer() as server:
        looks = Looks(door_to(server.port, None, ["shop.example"]), pace=0.05)
        addresses = [f"http://shop.example/page?{number}" for number in range(6)]
        engine = engine_for(looks, *addresses)
        connections: list[int] = []

        def again(item: str, evidence: Evidence) -> None:
            connections.append(server.connections)
            if len(looks.seen) == 1:
                engine.again("shop.example", item, after=0.06)

        looks.then = again
        engine.run()
        engine.close()
        assert [item for item, _ in looks.seen] == [*addresses, addresses[0]]
        assert connections == [1, 1, 1, 1, 1, 1, 2]


def test_opening_a_connection_does_not_shorten_the_pace(shops, door, monkeypatch):
    dial = fetch._Line.dial

    def slowly(line, host, port):
        time.sleep(0.2)
        return dial(line, host, port)

    monkeypatch.setattr(fetch._Line, "dial", slowly)
    looks = Looks(door, pace=0.3)
    run(looks, *(f"https://alder.example/{number}" for number in range(3)))
    assert min(gaps(asked(shops, "alder.example"))) >= 0.3 - BLUR


def test_a_second_look_waits_and_holds_up_nobody_at_its_host(shops, door):
    looks = Looks(door)
    engine = engine_for(looks, *(f"https://alder.example/{number}" for number in range(4)))

    def again(item: str, evidence: Evidence) -> None:
        if len(looks.seen) == 1:
            engine.again("alder.example", item, after=0.5)

    looks.then = again
    engine.run()
    engine.close()
    order = [item.rpartition("/")[2] for item, _ in looks.seen]
    assert order == ["0", "1", "2", "3", "0"]
    moments = asked(shops, "alder.example")
    assert moments[4] - moments[0] >= 0.5 - BLUR


def test_connections_are_closed_when_a_host_is_done_and_never_more_than_a_fixed_number_kept(
    shops, door, monkeypatch
):
    monkeypatch.setattr(pacing, "MOST_OPEN", 2)
    open_at_once: list[int] = []
    looks = Looks(door, pace=0.1)
    names = ("alder", "birch", "cedar", "alder-us")
    engine = engine_for(
        looks, *(f"https://{name}.example/{number}" for name in names for number in range(2)), threads=1
    )
    looks.then = lambda item, evidence: open_at_once.append(len(engine._sessions))
    engine.run()
    most = (
        3 + pacing.AHEAD
    )  # those in use, and the one that has just answered and is counted before it is spared
    assert max(open_at_once) <= most
    assert not engine._sessions
    engine.close()


def test_a_fault_of_our_own_ends_the_run_and_leaves_no_thread(shops, door):
    class Faulty(Looks):
        def judge(self, item: str, evidence: Evidence) -> Evidence:
            raise LookupError("our own")

    before = threading.active_count()
    with pytest.raises(LookupError, match="our own"):
        run(Faulty(door), "https://alder.example/1", "https://birch.example/1")
    assert threading.active_count() == before


def test_no_more_threads_are_started_than_there_are_hosts_to_ask(shops, door):
    looks = Looks(door)
    engine = engine_for(looks, *(f"https://alder.example/{number}" for number in range(3)), threads=16)
    engine.run()
    assert len(engine._threads) == 1
    engine.close()


def test_the_engine_needs_no_django():
    asked = "import sys, products.pacing; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=False).returncode == 0
