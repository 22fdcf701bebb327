"""What a run of a program costs."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall clock and of CPU, and the most memory (bytes) its processes held at one moment together."""

    wall: float
    cpu: float
    peak: int
    finished: bool


def run(
    command: list[str], *, environment: dict[str, str], folder: Path, told: Path, given: Path, most: float
) -> Cost:
    """Run a program to its end, or for `most` seconds."""
    began = time.monotonic()
    peak = 0
    with told.open("wb") as out, given.open("rb") as into, told.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=into, stdout=out, stderr=log, start_new_session=True
        )
        gave_up = threading.Timer(most, os.killpg, (process.pid, 9))
        gave_up.start()
        watched = psutil.Process(process.pid)
        ended = 0
        while not ended:
            peak = max(peak, _held(watched))
            time.sleep(0.05)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        finished = gave_up.is_alive()
        gave_up.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(time.monotonic() - began, usage.ru_utime + usage.ru_stime, peak, finished)


def _held(process: psutil.Process) -> int:
    held = 0
    try:
        for each in (process, *process.children(recursive=True)):
            held += each.memory_info().rss
    except psutil.Error:
        return held
    return held
