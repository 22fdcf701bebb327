"""Run a command beside the demo's servers and in its environment; alone, keep the servers running.

    python -m demo.run                          until Ctrl-C
    python -m demo.run python manage.py shell
    python -m demo.run psql

Servers that run already (a demo in another terminal) are shared; otherwise they are started for this command.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress

from demo.claims import live_claim
from demo.environment import FOLDER, demo_environment
from demo.services import ROOT, ServiceFailedError, exit_on_signals, postgresql_programs, shared_services


def main(command: list[str]) -> int:
    exit_on_signals()
    demo = live_claim(FOLDER / "claim.json")
    site = demo.details.get("site") if demo else None
    try:
        with shared_services() as urls:
            if not command:
                _wait_beside(urls)
                return 0
            if command[0] == "psql":
                command = [str(postgresql_programs() / "psql"), urls["DATABASE_URL"], *command[1:]]
            signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is the command's to answer
            environment = demo_environment(urls, site=site or "http://localhost:8000")
            return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode
    except ServiceFailedError as error:
        print(error, file=sys.stderr)
        return 1


def _wait_beside(urls: dict[str, str]) -> None:
    for name, value in urls.items():
        print(f"export {name}='{value}'")
    print("# They run until Ctrl-C.", flush=True)
    with suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
