"""The shops of a fault test, as a process of their own: `python -m tests.faults.shops SCENE FOLDER`.

Answers each line on its standard input with a line of JSON: `report` says how much was asked, and the most
that was asked of one host at once; an address says how often it was asked.
"""

from __future__ import annotations

import json
import resource
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from demo.retailers import Behaviour, RetailerServer
from tests.faults.scene import NETWORK, Scene

CONNECTIONS = 8_000


def main() -> None:
    scene, folder = Scene.from_json(sys.argv[1]), Path(sys.argv[2])
    _allow_connections()
    server = RetailerServer(folder=folder, log_size=1_000_000)
    server.shop(NETWORK, default=Behaviour.NETWORK_HOP)
    for _, address, behaviour in scene.pages():
        parts = urlsplit(address)
        server.shop(parts.netloc).product(parts.path, name=f"Support {parts.path[1:]}", behaviour=behaviour)
    if scene.poisoned:
        parts = urlsplit(scene.poisoned)
        server.shop(parts.netloc).set(parts.path, Behaviour.TIMEOUT)
    with server:
        server.write_fetch_hosts(folder / "fetch_hosts")
        print("ready", flush=True)
        for line in sys.stdin:
            print(json.dumps(_answer(server, line.strip())), flush=True)


def _allow_connections() -> None:
    """Rounds keep a connection open to each of some hundred shops."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = CONNECTIONS if hard == resource.RLIM_INFINITY else min(CONNECTIONS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _answer(server: RetailerServer, question: str) -> object:
    asked = Counter(f"https://{request.host}{request.target}" for request in server.requests)
    if question != "report":
        return asked[question]
    crowded = {host: most for host, most in server.max_in_flight.items() if most > 1}
    return {"requests": asked.total(), "hosts": len(server.max_in_flight), "crowded": crowded}


if __name__ == "__main__":
    main()
