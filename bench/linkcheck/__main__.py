"""Our checker of links beside others, on the same lists at the same shops: accuracy, speed, cost, manners.

    PYTHONPATH=.:site .venv/bin/python -m bench.linkcheck [--links 1200] [--only check_urls]

The shops are the fake retailers in a process of their own, each a number of 127.0.0.0/8 and speaking TLS (Linux
only). Others are installed under `var/bench/`. Ours keeps the pace given; the others are run as they come, 32 at
once where that can be said. Figures are of one run on one machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.linkcheck import lists
from bench.linkcheck.checkers import FOLDER, ROOT, THREADS, Checker, Job, Ours, install, plain_environment
from bench.linkcheck.measure import Cost, run

COLUMNS = (
    "checker",
    "precision",
    "recall",
    "links/s",
    "CPU s per 1,000",
    "peak MB",
    "requests",
    "most at once, a host",
    "most in 1 s, a host",
    "makespan ÷ bound",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.linkcheck", description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=12, help="of each behaviour, for accuracy (default: 12)")
    parser.add_argument("--links", type=int, default=1200, help="of the Zipf list (default: 1200)")
    parser.add_argument("--hosts", type=int, default=150, help="of the Zipf list (default: 150)")
    parser.add_argument(
        "--equal-links", type=int, default=4000, help="of the list of equal hosts (default: 4000)"
    )
    parser.add_argument("--equal-hosts", type=int, default=2000, help="of that list (default: 2000)")
    parser.add_argument(
        "--pace", type=float, default=0.25, help="ours on the Zipf list, seconds (default: 0.25)"
    )
    parser.add_argument("--equal-pace", type=float, default=2.0, help="ours on equal hosts (default: 2)")
    parser.add_argument("--latency", type=float, default=0.2, help="of each answer, seconds (default: 0.2)")
    parser.add_argument("--most", type=float, default=240.0, help="seconds for one run (default: 240)")
    parser.add_argument("--only", action="append", default=[], help="name of a checker; may be repeated")
    parser.add_argument(
        "--list", action="append", default=[], choices=["every", "zipf", "equal"], dest="lists"
    )
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    checkers = [Ours()] if options.only == [Ours.name] else install()
    chosen = {
        "every": lists.every_behaviour(options.pages),
        "zipf": lists.zipf(options.links, options.hosts, pace=options.pace, latency=options.latency),
        "equal": lists.equal(
            options.equal_links, options.equal_hosts, pace=options.equal_pace, latency=options.latency
        ),
    }
    print(f"Starting `check_urls` alone takes {start_up():.1f} s of CPU, which its figures contain.")
    for name, urls in chosen.items():
        if options.lists and name not in options.lists:
            continue
        print(
            f"\n{urls.name}: {len(urls.paths):,} links, answers take {urls.latency} s, our pace {urls.pace} s\n"
        )
        print("| " + " | ".join(COLUMNS) + " |")
        print("|" + " --- |" * len(COLUMNS), flush=True)
        with shops(urls) as ask:
            for checker in checkers:
                if not options.only or checker.name in options.only:
                    print("| " + " | ".join(measured(checker, urls, ask, options.most)) + " |", flush=True)


def start_up() -> float:
    """CPU seconds of a run of ours on an empty list."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job(Path(folder), [], "", 0.0)
        ours = Ours()
        ours.prepare(job)
        words = [word for word in ours.command(job) if word not in ("--ca", "")]
        environment = plain_environment() | ours.environment(job)
        return run(
            words, environment=environment, folder=job.folder, told=job.told, given=job.listed, most=60
        ).cpu


@contextmanager
def shops(urls: lists.UrlList) -> Iterator[Any]:
    """The shops of a list, open. Gives a function that returns what was asked of them since the last call."""
    environment = {**plain_environment(), "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.linkcheck.shops"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
    )

    def say(line: str) -> Any:
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    try:
        place = say(
            json.dumps({"latency": urls.latency, "shops": {n: asdict(s) for n, s in urls.shops.items()}})
        )
        yield lambda: {**say("report"), **place}
    finally:
        process.stdin.close()
        process.wait(timeout=30)


def measured(checker: Checker, urls: lists.UrlList, ask: Any, most: float) -> list[str]:
    """One row of the table."""
    place = ask()  # what came late from the checker before does not count
    folder = Path(tempfile.mkdtemp(prefix="linkcheck-"))
    folder.chmod(0o755)
    try:
        job = Job(folder, urls.addresses(place["port"]), place["ca"], urls.pace)
        checker.prepare(job)
        cost = run(
            checker.command(job),
            environment=plain_environment() | checker.environment(job),
            folder=folder,
            told=job.told,
            given=job.listed,
            most=most,
        )
        seen = ask()
        if not cost.finished:
            return [checker.name, f"gave up after {most:.0f} s", *[""] * (len(COLUMNS) - 2)]
        said = checker.broken(job)
    finally:
        shutil.rmtree(folder)
    return [checker.name, *_accuracy(said, urls, place["port"]), *_cost(cost, seen, urls, checker)]


def _accuracy(said: set[str], urls: lists.UrlList, port: int) -> list[str]:
    broken = {f"https://{number}:{port}{path}" for number, path in urls.broken}
    said &= set(urls.addresses(port))
    if not broken:
        return [f"{len(said)} false" if said else "–", "–"]
    hits = len(said & broken)
    return [f"{hits / len(said):.3f}" if said else "–", f"{hits / len(broken):.3f}"]


def _cost(cost: Cost, seen: dict[str, Any], urls: lists.UrlList, checker: Checker) -> list[str]:
    count = len(urls.paths)
    paced = isinstance(checker, Ours) and not urls.broken
    return [
        f"{count / cost.wall:,.0f}",
        f"{cost.cpu / count * 1000:.2f}",
        f"{cost.peak / 1e6:,.0f}",
        f"{seen['requests']:,}",
        str(seen["at_once"]),
        str(seen["in_a_second"]),
        f"{seen['makespan'] / urls.bound(threads=THREADS):.3f}" if paced else "–",
    ]


if __name__ == "__main__":
    main()
