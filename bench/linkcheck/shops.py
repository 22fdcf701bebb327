"""The shops, in a process of their own: `python -m bench.linkcheck.shops`, driven through its standard input.

The first line in is the scene (JSON); the first line out says port and authority. Every further line in is answered
with what was asked since the last one; the end of the input ends the process.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from bisect import bisect_right
from collections import defaultdict
from pathlib import Path
from typing import Any

from demo.retailers import Behaviour, RetailerServer


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    scene = json.loads(sys.stdin.readline())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # checkers that give up their rights read the authority from here
        server = RetailerServer(folder=Path(folder), log_size=1_000_000)
        _stock(server, scene)
        server.make_certificates()
        server.start()
        _say({"port": server.port, "ca": str(server.ca_file)})
        for _ in sys.stdin:
            _say(_report(server, scene["latency"]))
            server.forget()
        server.stop()


def _stock(server: RetailerServer, scene: dict[str, Any]) -> None:
    for number, plan in scene["shops"].items():
        shop = server.shop(number, default=Behaviour.PRODUCT)
        shop.latency = scene["latency"]
        if plan["down"]:
            shop.down(Behaviour(plan["down"]), retry_after=5)
        for page, (path, behaviour) in enumerate(plan["pages"].items()):
            shop.product(path, name="Knee support", behaviour=Behaviour(behaviour), seed=page)


def _report(server: RetailerServer, latency: float) -> dict[str, Any]:
    moments: dict[str, list[float]] = defaultdict(list)
    for request in server.requests:
        moments[request.host].append(request.at)
    every = [moment for times in moments.values() for moment in times]
    return {
        "requests": len(every),
        "makespan": max(every) - min(every) + latency if every else 0.0,
        "at_once": max(server.max_in_flight.values(), default=0),
        "in_a_second": max((_busiest_second(sorted(times)) for times in moments.values()), default=0),
    }


def _busiest_second(times: list[float]) -> int:
    return max(bisect_right(times, start + 1.0) - index for index, start in enumerate(times))


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
