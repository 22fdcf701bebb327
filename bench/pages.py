"""An article page, cached and not, beside the least that Django can answer, all under the web server of the Procfile.

    PYTHONPATH=.:site .venv/bin/python -m bench.pages [--seconds 5] [--rounds 3]

Runs on PostgreSQL and Valkey of its own under `var/bench-pages/`, with the load of `wrk` (a package of most systems).
The three take turns, so that what else the machine does falls on all of them. CPU is that of the web processes.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import django
import psutil

from bench.serving import serving
from demo.services import VAR, exit_on_signals, services

CACHED_GOAL, RATIO_GOAL, CPU_GOAL, SQL_GOAL = 10_000, 2.5, 15.0, 15


@dataclass
class Runner:
    """A web server, and what was measured of it: requests a second and CPU milliseconds a request."""

    name: str
    process: psutil.Process
    address: str
    connections: int
    """Few for what is slow: what is still on its way at the end is not counted."""
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def measure(self, seconds: int) -> None:
        before = self._cpu()
        command = ["wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "-H", "Accept-Encoding: gzip"]
        said = subprocess.run(
            [*command, "-H", "Host: localhost", self.address], check=True, capture_output=True, text=True
        ).stdout
        requests = re.search(r"(\d+) requests in", said)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
        assert requests, said
        assert rate, said
        assert "Non-2xx" not in said, said
        assert int(requests[1]) > 0, said
        self.rates.append(float(rate[1]))
        self.costs.append((self._cpu() - before) * 1000 / int(requests[1]))

    def _cpu(self) -> float:
        family = [self.process, *self.process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in family)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cost(self) -> float:
        return statistics.median(self.costs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    exit_on_signals()
    if shutil.which("wrk") is None:
        raise SystemExit("This needs wrk: apt-get install wrk, or brew install wrk.")
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    with services(VAR / "bench-pages", durable=False) as urls:
        os.environ.update(urls, DJANGO_SETTINGS_MODULE="config.settings.test", LOG_LEVEL="WARNING")
        django.setup()
        path = _make_article()
        sql = _statements(path)
        with (
            _running("a bare Django view", "bench.bare:application", "/") as bare,
            _running("article, cached", "config.wsgi:application", path) as cached,
            _running(
                "article, cached, one host",
                "config.wsgi:application",
                path,
                GENERATION_FILE=str(VAR / "bench-pages" / "generation"),
            ) as one_host,
            _running(
                "article, not cached", "config.wsgi:application", path, connections=2, PAGE_CACHE="off"
            ) as uncached,
        ):
            runners = (bare, cached, one_host, uncached)
            for _ in range(options.rounds):
                for runner in runners:
                    runner.measure(options.seconds)
    print("| | req/s | CPU ms a request | SQL |\n| --- | --- | --- | --- |")
    for runner, statements in zip(runners, (0, sql["hit"], sql["hit"], sql["made"]), strict=True):
        print(f"| {runner.name} | {runner.rate:,.0f} | {runner.cost:.3f} | {statements} |")
    print()
    for one in (cached, one_host):
        ratio, by_cpu = one.rate / bare.rate, bare.cost / one.cost
        print(f"{one.name}: {one.rate:,.0f} req/s (goal {CACHED_GOAL:,}), {_met(one.rate >= CACHED_GOAL)}")
        print(f"÷ bare: {ratio:.2f}, by CPU {by_cpu:.2f} (goal {RATIO_GOAL}), {_met(ratio >= RATIO_GOAL)}")
    print(f"not cached: {uncached.cost:.1f} ms CPU (goal {CPU_GOAL:.0f}), {_met(uncached.cost <= CPU_GOAL)}")
    print(f"not cached: {sql['made']} statements (goal {SQL_GOAL}), {_met(sql['made'] <= SQL_GOAL)}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


def _met(is_met: bool) -> str:
    return "met" if is_met else "not met"


def _make_article() -> str:
    """An article as an editor would write it: 1,200 words, two pictures, three products in two regions, a review."""
    from django.core.management import call_command
    from django.db import connection

    from tests.factories import (
        AuthorFactory,
        BodyAreaPageFactory,
        ConditionPageFactory,
        OfferFactory,
        PictureFactory,
        ProductFactory,
        RegionFactory,
        RetailerFactory,
        block,
        heading,
        paragraph,
        product_box,
        sign_off,
    )

    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    call_command("migrate", verbosity=0)
    area = BodyAreaPageFactory(title="Thigh")
    others = [ConditionPageFactory(parent=area, standfirst="What it is.") for _ in range(8)]
    link = f'<a linktype="page" id="{others[0].pk}">a strain of the hamstring</a>'
    body = []
    for number in range(6):
        text = "Rest the leg, and walk as soon as it hurts less. " * 7
        items = [{"text": f"<p>Sign number {item}</p>", "children": []} for item in range(4)]
        body += [heading(f"Part {number}"), *(paragraph(f"{text}See {link}.") for _ in range(3))]
        body += [block("points", {"lead_in": "Signs include:", "items": items})]
        if number % 3 == 0:
            body += [block("picture", {"picture": PictureFactory().pk, "alt_text": "A thigh", "caption": ""})]
        if number % 2 == 0:
            product = ProductFactory(picture=PictureFactory(), picture_alt="A support", summary=text[:200])
            for code in ("UK", "US"):
                OfferFactory(product=product, retailer=RetailerFactory(region=RegionFactory(code=code)))
            body += [product_box(product)]
    page = ConditionPageFactory(parent=area, title="Sore thigh", blocks=body, authors=[AuthorFactory()])
    sign_off(page)
    return str(page.url)


def _statements(path: str) -> dict[str, int]:
    """SQL of a page that is made while all is warm, and of one that is cached."""
    from django.db import connection
    from django.test import RequestFactory
    from django.test.utils import CaptureQueriesContext

    from config.wsgi import application, django_application
    from products import freshness

    freshness.COMPARE_EVERY = 60.0  # so that the statement of every two seconds does not fall in between
    counts = {}
    environ = {"HTTP_HOST": "localhost", "SERVER_NAME": "localhost"}
    for name, answers in (("made", django_application), ("hit", application)):
        for _ in range(3):
            request = RequestFactory().get(path, **environ).environ
            with CaptureQueriesContext(connection) as seen:
                b"".join(answers(request, lambda *_: None))
        counts[name] = len(seen)
    return counts


@contextmanager
def _running(
    name: str, application: str, path: str, *, connections: int = 16, **environment: str
) -> Iterator[Runner]:
    with serving(application, ready=path, **environment) as server:
        yield Runner(name, server.process, server.address + path, connections)


if __name__ == "__main__":
    main()
