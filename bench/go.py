"""How many readers a second `/go/` sends to their shops, and whether every one of them is counted.

    PYTHONPATH=.:site .venv/bin/python -m bench.go [--clicks 20000] [--connections 8]

The web server is the Procfile's (granian, two processes, one thread each) with production settings; PostgreSQL and Valkey
are its own, under `var/bench/go/`, and write to disk as they do in production. The load comes from one process on the same
machine. Nothing here is a test: the figures are of one run on one machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import selectors
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import django
import psutil

from demo.ports import free_port
from demo.services import ROOT, VAR, exit_on_signals, services

GOAL = 1500  # requests a second on two cores
SPREAD = 10  # p99 ÷ p50 at most
SHOPS, PRODUCTS, PAGES, BOXES = 20, 200, 20, 10
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@dataclass
class Answers:
    """What came back."""

    statuses: Counter[int] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.go", description=__doc__.partition("\n")[0])
    parser.add_argument("--clicks", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    exit_on_signals()
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    with services(VAR / "bench" / "go") as urls:
        port = free_port(8800)
        environment = {
            **os.environ,
            **urls,
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "SECRET_KEY": "for-this-benchmark-only-" * 3,
            "ALLOWED_HOSTS": "127.0.0.1",
            "SITE_URL": f"http://127.0.0.1:{port}",
            "BEHIND_PROXY": "on",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
        }
        os.environ.update(environment)
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        buttons = _stock()
        with _web(port, environment):
            _measure("warming up", port, buttons, clicks=2_000, connections=options.connections)
            for number in range(options.rounds):
                _measure(
                    f"round {number + 1}",
                    port,
                    buttons,
                    clicks=options.clicks,
                    connections=options.connections,
                )
            _measure(
                "one button", port, buttons[:1], clicks=options.clicks // 2, connections=options.connections
            )


def _stock() -> list[tuple[int, int]]:
    """A library and articles; gives pairs of offer and page."""
    from articles.models import BodyAreaPage, ConditionPage, HomePage
    from products.models import Clicks, Offer, Product, Programme, Region, Retailer

    area = BodyAreaPage.objects.filter(slug="bench").first()
    if area is None:
        area = BodyAreaPage(title="Bench", slug="bench")
        HomePage.objects.get().add_child(instance=area)
        uk = Region.objects.get(code="UK")
        programme = Programme.objects.create(
            name="Bench", network="awin", region=uk, identity={"merchant_id": "1", "publisher_id": "2"}
        )
        shops = [
            Retailer.objects.create(
                name=f"shop-{number}.example",
                region=uk,
                domains=[f"shop-{number}.example"],
                programme=programme,
            )
            for number in range(SHOPS)
        ]
        for number in range(PRODUCTS):
            product, shop = Product.objects.create(name=f"Support {number}"), shops[number % SHOPS]
            Offer.objects.create(product=product, retailer=shop, destination=f"https://{shop.name}/{number}")
        products = list(Product.objects.filter(name__startswith="Support ").order_by("pk"))
        for number in range(PAGES):
            boxes = products[number * BOXES : (number + 1) * BOXES]
            body = [{"type": "product_box", "value": {"product": one.pk, "badge": ""}} for one in boxes]
            page = ConditionPage(title=f"Article {number}", slug=f"article-{number}", body=json.dumps(body))
            area.add_child(instance=page)
            page.save_revision().publish()
    Clicks.objects.all().delete()
    offers = list(Offer.objects.filter(product__name__startswith="Support ").order_by("pk"))
    pages = list(ConditionPage.objects.child_of(area).order_by("path"))
    return [(offer.pk, pages[number // BOXES].pk) for number, offer in enumerate(offers)]


@contextmanager
def _web(port: int, environment: dict[str, str]) -> Iterator[None]:
    """The Procfile's web server, until the block ends."""
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line)
    program, *arguments = shlex.split(procfile["web"])
    command = [sys.executable, "-m", program, "--host", "127.0.0.1", "--port", str(port), *arguments]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
            yield
        finally:
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGTERM)
            for child in children:
                child.wait(20)


def _wait(attempt: Callable[[], None]) -> None:
    for _ in range(200):
        try:
            return attempt()
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The web server did not start.")


def _measure(name: str, port: int, buttons: list[tuple[int, int]], *, clicks: int, connections: int) -> None:
    from django.db.models import Sum

    from products.models import Clicks

    def counted() -> tuple[int, int]:
        found = Clicks.objects.aggregate(people=Sum("people"), others=Sum("others"))
        return found["people"] or 0, found["others"] or 0

    before = counted()
    requests, robots = [], 0
    for number in range(clicks):
        offer, page = random.choice(buttons)
        robot = number % 10 == 0
        robots += robot
        reader = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        agent = ROBOT if robot else BROWSER
        requests.append(
            f"GET /go/{offer}/?p={page} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: {agent}\r\n"
            f"X-Forwarded-For: {reader}\r\nAccept: text/html\r\nAccept-Language: en-GB\r\n"
            f"Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n".encode()
        )
    spent = _cpu_seconds()
    answers = _send(port, requests, connections)
    spent = _cpu_seconds() - spent
    after = counted()
    people, others = after[0] - before[0], after[1] - before[1]
    quantiles = statistics.quantiles(answers.milliseconds, n=100)
    p50, p99 = quantiles[49], quantiles[98]
    rate = clicks / answers.seconds
    verdicts = [
        "met" if rate >= GOAL else "MISSED",
        "met" if p99 <= SPREAD * p50 else "MISSED",
        "met" if people + others == clicks == answers.statuses[307] else "MISSED",
    ]
    print(
        f"{name}: {rate:,.0f} requests/s (goal {GOAL:,}: {verdicts[0]}); p50 {p50:.2f} ms, p99 {p99:.2f} ms, "
        f"{p99 / p50:.1f} times (goal {SPREAD}: {verdicts[1]}); sent {clicks:,}, counted {people + others:,} "
        f"({verdicts[2]}): people {people:,}, others {others:,} of which {robots:,} robots; "
        f"answers {dict(answers.statuses)}; CPU ms a request: "
        + ", ".join(f"{program} {seconds / clicks * 1000:.2f}" for program, seconds in spent.most_common(4))
        + f"; load of the machine {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _cpu_seconds() -> Counter[str]:
    """What the programs under this one, and this one, have taken so far."""
    taken: Counter[str] = Counter()
    me = psutil.Process()
    for process in (me, *me.children(recursive=True)):
        times = process.cpu_times()
        name = "load" if process.pid == me.pid else process.name().partition(":")[0]
        taken[name] += times.user + times.system  # type: ignore[assignment]  # seconds are no whole numbers
    return taken


def _send(port: int, requests: list[bytes], connections: int) -> Answers:
    """Send every request over kept-alive connections, one under way on each."""
    answers = Answers()
    waiting = iter(requests)
    selector = selectors.DefaultSelector()
    sent_at: dict[socket.socket, float] = {}
    began = time.perf_counter()

    def give(connection: socket.socket) -> bool:
        request = next(waiting, None)
        if request is None:
            return False
        sent_at[connection] = time.perf_counter()
        connection.sendall(request)
        return True

    def open_one() -> None:
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if give(connection):
            selector.register(connection, selectors.EVENT_READ)

    for _ in range(connections):
        open_one()
    while selector.get_map():
        for key, _events in selector.select():
            connection: socket.socket = key.fileobj  # type: ignore[assignment]  # sockets are all that was registered
            answer = connection.recv(65536)  # a redirect has no body, and fits into one packet
            answers.milliseconds.append((time.perf_counter() - sent_at[connection]) * 1000)
            answers.statuses[int(answer[9:12])] += 1
            if not give(connection):
                selector.unregister(connection)
                connection.close()
    answers.seconds = time.perf_counter() - began
    return answers


if __name__ == "__main__":
    main()
