"""What the demo and the checks print while they work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print a line for one step, and how long it took once it is done."""
    print(f"{name} … ", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)  # whatever is said about it starts on a line of its own
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)
