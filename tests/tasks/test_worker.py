"""Real worker and beat processes on the test database, a real Valkey and loopback shops."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import redis
from django.conf import settings
from django.utils import timezone
from kombu import Connection

from articles.models import Reminder, ReviewSchedule
from demo.retailers import Behaviour, RetailerServer
from products import destinations
from products.models import Check, Flip, Offer
from tasks.celery import app
from tests.factories import ConditionPageFactory, OfferFactory, ProductFactory, RetailerFactory
from tests.processes import environment

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

PATIENCE = 40.0  # seconds for anything to happen on a busy machine
STOP = 30.0


@pytest.fixture
def broker() -> Iterator[str]:
    """A database of Valkey for these processes alone."""
    url = urlsplit(os.environ["REDIS_URL"])._replace(path="/9").geturl()
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture
def start(broker, tmp_path) -> Iterator[Callable[..., Path]]:
    """Start `celery -A tasks …`; everything is stopped by its id, and nothing may be left of it."""
    with ExitStack() as running:

        def celery(name: str, *arguments: str, **more: str) -> Path:
            return running.enter_context(
                _celery(tmp_path / f"{name}.log", name, *arguments, REDIS_URL=broker, **more)
            )

        yield celery


@contextmanager
def _celery(log: Path, *arguments: str, **more: str) -> Iterator[Path]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tasks", *arguments, "--loglevel", "INFO"],
            cwd=settings.ROOT, env=environment(**more), stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield log
        assert process.poll() is None, f"it ended by itself:\n{log.read_text()}"
    finally:
        family = [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]
        process.terminate()
        try:
            code = process.wait(STOP)
        finally:
            process.kill()
    assert code == 0, log.read_text()
    assert not [pid for pid in family if psutil.pid_exists(pid)]


def eventually(
    happened: Callable[[], bool], log: Path, *, nudge: Callable[[], object] = lambda: None
) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"it did not happen; the process said:\n{log.read_text()[-3000:]}"
        nudge()
        time.sleep(0.2)


def send(broker: str, job: str, queue: str) -> None:
    with Connection(broker) as connection:
        app.send_task(job, queue=queue, connection=connection)


@pytest.fixture
def shops(tmp_path) -> Iterator[RetailerServer]:
    with RetailerServer() as server:
        server.shop("peak.example")
        server.write_fetch_hosts(tmp_path / "fetch_hosts")
        yield server


def test_beat_and_a_worker_see_a_shop_go_down_and_come_back(shops, broker, start, tmp_path, settings):
    settings.FETCH_HOSTS = str(tmp_path / "fetch_hosts")
    destinations._targets_of.cache_clear()
    product = ProductFactory(name="Knee strap")
    retailer = RetailerFactory(domains=["peak.example"], programme=None, pace="0.1")
    address = shops.shop("peak.example").product("/strap", name=product.name)
    offer = OfferFactory(product=product, retailer=retailer, destination=address)

    def is_now(state: str) -> Callable[[], bool]:
        return lambda: Offer.objects.get(pk=offer.pk).reachable == state

    def look() -> None:
        """A month passes in 52 seconds here: the day of the next look comes sooner."""
        Offer.objects.filter(pk=offer.pk).update(next_check_at=timezone.now())
        send(broker, "tasks.links.check_due_links", "links")

    more = {"FETCH_HOSTS": settings.FETCH_HOSTS, "LINK_CHECK_TEMPO": "0.00002"}
    worker = start("worker", "--queues", "links,default", "--concurrency", "1", **more)
    start("beat", **more)
    eventually(is_now("ok"), worker)  # by beat's own tick
    shops.shop("peak.example").down(Behaviour.GONE)
    eventually(is_now("broken"), worker, nudge=look)
    assert not Offer.objects.showable().filter(pk=offer.pk).exists()
    shops.shop("peak.example").up()
    eventually(is_now("ok"), worker, nudge=look)

    flips = Flip.objects.filter(offer=offer, axis="reachable").order_by("pk").values_list("before", "after")
    assert list(flips) == [("unknown", "ok"), ("ok", "broken"), ("broken", "ok")]
    assert Check.objects.filter(offer=offer).count() >= 4
    assert shops.max_in_flight["peak.example"] == 1


def test_a_worker_flags_an_overdue_article_once_however_often_it_is_told(broker, start):
    page = ConditionPageFactory()
    long_ago = timezone.localdate().replace(year=2020)
    ReviewSchedule.objects.filter(page=page).update(
        due_on=long_ago, due_soon_on=long_ago, next_stage_on=long_ago
    )
    for _ in range(3):
        send(broker, "tasks.reviews.flag_overdue", "default")
    worker = start("worker", "--queues", "default", "--concurrency", "2")
    eventually(
        lambda: worker.read_text().count("flag_overdue[") >= 6, worker
    )  # received and succeeded, three times
    assert Reminder.objects.count() == 1
    assert "Flagged 1 article(s) for medical review." in worker.read_text()
