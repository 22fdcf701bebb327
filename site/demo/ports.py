"""Loopback ports that nobody uses."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import count


def free_port(preferred: int | None = None, *, besides: Collection[int] = ()) -> int:
    """The preferred port or the next above it that is free; without a preference, any free one.

    `besides` are ports promised to others that do not listen yet.
    """
    if preferred is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])
    return next(port for port in count(preferred) if port not in besides and _is_free(port))


@contextmanager
def reserved_port(preferred: int) -> Iterator[int]:
    """As `free_port`, and nobody else is given it for the length of the block.

    Only a server of the same account that shares its port, as granian does, can then open it: it may take minutes until it does.
    """
    port = free_port(preferred)
    with socket.socket() as placeholder:
        placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        placeholder.bind(("127.0.0.1", port))  # it never listens, so that no visitor is sent here
        yield port


def _is_free(port: int) -> bool:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(
            family
        ) as probe:  # a listener on ::1 alone would answer for "localhost" in our place
            if probe.connect_ex((address, port)) == 0:
                return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
