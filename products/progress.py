"""A bar for a person who waits: how far a list has got."""

from __future__ import annotations

import time
from typing import Final, TextIO

WIDTH: Final = 30  # characters
EVERY: Final = 0.2  # seconds between two drawings
EVERY_LINE: Final = 30.0  # seconds between two lines of a log, where nobody watches a screen


class Progress:
    """Counts to `total` on `screen`. In a log it writes a line now and then instead of redrawing one."""

    def __init__(self, screen: TextIO, total: int) -> None:
        self._screen = screen
        self._total = total
        self._done = 0
        self._broken = 0
        self._began = self._shown = time.monotonic()
        self._redraws = screen.isatty()
        if self._redraws:
            self._show("\r")

    def advance(self, *, broken: bool) -> None:
        """One more is done."""
        self._done += 1
        self._broken += broken
        if time.monotonic() - self._shown >= (EVERY if self._redraws else EVERY_LINE):
            self._shown = time.monotonic()
            self._show("\r" if self._redraws else "\n")

    def end(self) -> None:
        """Leave the last state standing, on a line of its own."""
        self._show("\n")

    def _show(self, ending: str) -> None:
        full = WIDTH * self._done // self._total if self._total else WIDTH
        bar = "█" * full + "░" * (WIDTH - full)
        seconds = time.monotonic() - self._began
        start = "\r" if self._redraws else ""
        self._screen.write(
            f"{start}{bar} {self._done:,} of {self._total:,} checked, {self._broken:,} broken, {seconds:,.0f} s{ending}"
        )
        self._screen.flush()
