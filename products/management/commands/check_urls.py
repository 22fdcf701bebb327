"""`manage.py check_urls INPUT OUTPUT`: check a list of addresses, and write what came of each."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from products.addresses import Network
from products.door import make_door
from products.progress import Progress
from products.urlcheck import Manner, Result, UrlCheck

INTERRUPTED = 130  # as shells say it


class Command(BaseCommand):
    help = (
        "Check the addresses of a list, one a line, at a polite pace. Writes a line for each as it finishes: "
        "address, outcome and 1 if the link is broken, with tabs between."
    )
    requires_system_checks = []  # it needs no database and serves no pages

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("input", type=Path, help="the list, UTF-8, one address a line")
        parser.add_argument("output", type=Path, help="the file to write; it is replaced")
        parser.add_argument(
            "--concurrency",
            type=_whole(1, 256),
            default=settings.LINK_CHECK_THREADS,
            help="how many hosts are asked at once (default: LINK_CHECK_THREADS, %(default)s)",
        )
        parser.add_argument(
            "--pace",
            type=_seconds,
            default=2.0,
            help="seconds between two requests to one host (default: %(default)s)",
        )
        parser.add_argument(
            "--confirm-after",
            type=_seconds,
            default=2.0,
            metavar="SECONDS",
            help="how long after a bad result the address is looked at again (default: %(default)s)",
        )
        parser.add_argument(
            "--allow-network",
            type=_network,
            action="append",
            default=[],
            metavar="CIDR",
            help="a network of test servers that may be asked, on any port; never in production",
        )
        parser.add_argument(
            "--ca", metavar="FILE", help="the authority (PEM) of test servers; never in production"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.TEST_NETWORKS_ALLOWED:
            for name in ("allow_network", "ca"):
                if options[name]:
                    flag = name.replace("_", "-")
                    raise CommandError(f"--{flag} opens the checker to test servers: production refuses it.")
        try:
            door = make_door(allow_networks=options["allow_network"], ca_file=options["ca"])
        except OSError as error:
            raise CommandError(f"--ca {options['ca']}: {error.strerror or error}.") from error
        source, target = options["input"], options["output"]
        manner = Manner(options["concurrency"], options["pace"], options["confirm_after"])
        try:
            if target.exists() and target.samefile(source):
                raise CommandError(f"{target}: the list itself would be replaced.")
            # Surrogates stand for bytes that are no UTF-8, so that every line comes back as it was.
            with source.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as lines:
                check = UrlCheck(lines, door, manner)
            with target.open("wb", buffering=0) as results:
                progress = Progress(sys.stderr, check.count)

                def tell(result: Result) -> None:
                    _append(results, f"{result}\n".encode(errors="surrogateescape"))
                    progress.advance(broken=result.is_broken)

                try:
                    check.run(tell)
                except KeyboardInterrupt:
                    sys.exit(INTERRUPTED)
                finally:
                    progress.end()
        except OSError as error:
            raise CommandError(f"{error.filename or target}: {error.strerror}.") from error


def _append(file: FileIO, line: bytes) -> None:
    """Write a line at the end of a file, or else nothing of it: an interruption, or a full disk, leaves whole lines."""
    rest = memoryview(line)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError:
        with suppress(OSError):  # a device has no length
            file.truncate(file.tell() - (len(line) - len(rest)))
        raise


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isdecimal() and least <= int(text) <= most):
            raise ArgumentTypeError(f"a whole number from {least} to {most} is needed, not {text!r}")
        return int(text)

    return read


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise ArgumentTypeError(f"seconds from 0 to 86400 are needed, not {text!r}")
    return seconds


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
