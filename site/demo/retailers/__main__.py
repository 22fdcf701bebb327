"""Runs the fake retailers by themselves: `python -m demo.retailers --help`."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
from pathlib import Path

from demo.retailers.control import ControlServer
from demo.retailers.scene import Changes, SceneError, begin, open_catalogue, open_creators_api, read_plays
from demo.retailers.server import ADDRESS, RetailerServer

CONNECTIONS = 10_000
STOP = {signal.SIGTERM, signal.SIGINT}


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo.retailers", description="Plays every kind of shop, on loopback."
    )
    parser.add_argument(
        "--catalogue", type=Path, required=True, help="product CSV: a shop for each .example address"
    )
    parser.add_argument(
        "--folder", type=Path, required=True, help="keeps ca.pem, fetch_hosts and changes.json"
    )
    parser.add_argument("--port", type=int, required=True, help="HTTPS, all shops")
    parser.add_argument("--control-port", type=int, required=True, help="HTTP, the control page")
    parser.add_argument(
        "--behaviours", type=Path, help="JSON: address, or name of a shop, to behaviour at the start"
    )
    return parser


def main() -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code: 1, with a message, if it cannot start."""
    options = arguments().parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)  # in every thread: one waits for them below
    _allow_connections()
    try:
        shops = RetailerServer(port=options.port, folder=options.folder, log_size=1000)
        open_catalogue(shops, options.catalogue)
        open_creators_api(shops, options.catalogue)
        if options.behaviours:
            begin(shops, read_plays(options.behaviours))
        changes = Changes(shops, options.folder / "changes.json")
        changes.restore()
    except (SceneError, OSError) as error:
        return _complain(str(error))
    control = ControlServer(shops, changes, port=options.control_port)
    for server, port in ((shops, options.port), (control, options.control_port)):
        try:
            server.start()
        except OSError as error:
            shops.stop()
            return _complain(f"cannot listen on {ADDRESS}:{port}: {os.strerror(error.errno or 0)}")
    try:
        shops.write_fetch_hosts(options.folder / "fetch_hosts")
        print(
            f"Retailers: {len(shops.shops)} names on port {shops.port}; control page http://{ADDRESS}:{control.port}/",
            flush=True,
        )
        signal.sigwait(STOP)
    finally:
        control.stop()
        shops.stop()
    return 0


def _allow_connections() -> None:
    """A client that keeps a connection open to each of thousands of shops must not run us dry."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = CONNECTIONS if hard == resource.RLIM_INFINITY else min(CONNECTIONS, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _complain(message: str) -> int:
    print(f"retailers: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
