"""One live process at a time may hold a folder.

A claim is a small JSON file that names its holder by process id and start time, so a file left by a crash,
or by a process whose number was given to another since, is nobody's.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

CLOCK_SLACK_SECONDS = 5.0  # a start time is computed from the clock, which may be set while the process runs


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds a folder, and what the holder says about itself (empty until it has said something)."""

    pid: int
    started: float
    details: dict[str, str]

    def is_live(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            return (
                process.status() != psutil.STATUS_ZOMBIE
                and abs(process.create_time() - self.started) < CLOCK_SLACK_SECONDS
            )
        except psutil.NoSuchProcess:
            return False


class ClaimedError(Exception):
    """A live process holds the claim."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(f"Process {claim.pid} holds it.")
        self.claim = claim


def live_claim(file: Path) -> Claim | None:
    """The claim in `file` if its holder lives."""
    try:
        claim = Claim(**json.loads(file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return claim if claim.is_live() else None


@contextmanager
def claimed(file: Path) -> Iterator[Callable[[dict[str, str]], None]]:
    """Hold `file` for the length of the block; gives the function that publishes the holder's details.

    Raises `ClaimedError` if a live process holds it already.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{file}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # between two that start at the same moment
        if other := live_claim(file):
            raise ClaimedError(other)
        _write(file, {})
    try:
        yield lambda details: _write(file, details)
    finally:
        file.unlink(missing_ok=True)


def _write(file: Path, details: dict[str, str]) -> None:
    me = psutil.Process()
    draft = file.with_name(f"{file.name}.{me.pid}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"pid": me.pid, "started": me.create_time(), "details": details}))
    draft.replace(file)
