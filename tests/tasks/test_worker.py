"""Real worker and beat processes on the test database, a real Valkey and loopback shops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import redis
from django.conf import settings
from django.utils import timezone
from kombu import Connection

from articles.governance import ReminderState
from articles.models import Reminder, ReviewDigest, ReviewSchedule
from articles.services import flag_overdue
from demo.retailers import Behaviour, RetailerServer
from products import destinations, mass_checks
from products.clock import database_now
from products.linkcheck.verdict import Outcome
from products.models import Check, Checking, Flip, MassCheck, Offer
from tasks.celery import app
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    ProductFactory,
    RetailerFactory,
    UserFactory,
)
from tests.mail_server import Hold, MailServer
from tests.processes import environment

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

PATIENCE = 40.0  # seconds for anything to happen on a busy machine
STOP = 30.0


@pytest.fixture
def broker() -> Iterator[str]:
    """A database of Valkey for these processes alone, beside that of the tests (tests/services.py)."""
    server = urlsplit(os.environ["REDIS_URL"])
    url = server._replace(path=f"/{int(server.path.strip('/') or 0) + 8}").geturl()
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
    process = _launch(log, *arguments, **more)
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


def _launch(log: Path, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
    """Start `celery -A tasks …` in a process group of its own."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tasks", *arguments, "--loglevel", "INFO"],
            cwd=settings.ROOT, env=environment(**more), stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip


@contextmanager
def _doomed(log: Path, *arguments: str, **more: str) -> Iterator[Path]:
    """A `celery -A tasks …` that is killed with all its children, as by kill -9, when the block ends."""
    process = _launch(log, *arguments, **more)
    try:
        yield log
        assert process.poll() is None, f"it ended by itself:\n{log.read_text()}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP)


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


def test_a_worker_carries_a_mass_check_to_its_end_at_the_shops_pace_and_leaves_what_was_cancelled(
    shops, start, tmp_path, settings
):
    settings.FETCH_HOSTS = str(tmp_path / "fetch_hosts")
    destinations._targets_of.cache_clear()
    peak, pace = shops.shop("peak.example"), 0.5
    shop = RetailerFactory(domains=["peak.example"], programme=None, pace=str(pace))
    for number in range(5):
        address = peak.product(f"/strap-{number}", name=f"Strap {number}")
        product = ProductFactory(name=f"Strap {number}")
        OfferFactory(product=product, retailer=shop, destination=address)
    peak.set("/strap-0", Behaviour.GONE)
    later = timezone.now() + timedelta(days=9)
    Offer.objects.update(next_check_at=later)
    by_hand = OfferFactory(retailer__checking=Checking.HUMAN)
    user = UserFactory(is_superuser=True)

    def ask(**chosen: object) -> MassCheck:
        offers = Offer.objects.filter(**chosen)
        return mass_checks.ask(offers, about="Straps", user=user, now=database_now())

    cancelled = ask(product__name="Strap 4")
    assert mass_checks.cancel(cancelled, user=user, now=database_now()) == 1
    asked = ask(pk__in=Offer.objects.exclude(product__name="Strap 4"))
    more = {"FETCH_HOSTS": settings.FETCH_HOSTS}
    worker = start("worker", "--queues", "links", "--concurrency", "2", **more)
    start("beat", **more)
    eventually(lambda: mass_checks.progress(asked).is_over, worker)

    found = mass_checks.progress(asked)
    assert (found.checked, found.refused) == (4, 1)
    assert found.outcomes == {Outcome.HEALTHY: 3, Outcome.GONE: 1}
    assert asked.rows.exclude(refusal="").get().offer == by_hand
    looks = list(Check.objects.order_by("at").values_list("at", flat=True))
    assert len(looks) == 4  # each once
    assert (looks[-1] - looks[0]).total_seconds() >= 3 * pace * 0.9
    assert shops.max_in_flight["peak.example"] == 1
    assert Offer.objects.get(product__name="Strap 4").next_check_at == later


def test_a_backlog_of_rounds_keeps_no_other_job_of_the_shops_waiting(broker, start):
    """As the Procfile starts it: one worker for both queues, which takes of each in turn."""
    for _ in range(20):
        send(broker, "tasks.links.check_due_links", "links")
    for _ in range(3):
        send(broker, "tasks.links.settle_alarms", "shops")
    worker = start("worker", "--queues", "links,shops", "--concurrency", "1")
    eventually(lambda: worker.read_text().count("succeeded in") == 23, worker)
    done = [line for line in worker.read_text().splitlines() if "succeeded in" in line]
    last = max(place for place, line in enumerate(done) if "settle_alarms" in line)
    assert last < 10, [line.split("Task ")[-1][:40] for line in done]


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


@pytest.mark.parametrize(
    ("hold", "copies"),
    [(Hold.BEFORE_TAKING, 1), pytest.param(Hold.AFTER_TAKING, 2, marks=pytest.mark.full)],
    ids=["before_taking", "after_taking"],
)
def test_a_worker_killed_while_the_server_holds_its_mail_leaves_each_reminder_to_the_next_one(
    broker, start, tmp_path, hold, copies
):
    """Three people have two reminders each, and the worker dies over the second one's mail.

    Killed before the server took the mail: each person gets one. Mails are sent at least once, never at most
    once: the mark is committed after the server's answer, so a kill after the server took the mail and before the
    mark stands undoes the mark but not the mail. That person gets it again, under the same Message-ID, by which
    mail programs know it for the same. Who was told and marked before is left alone either way.
    """
    people = UserFactory.create_batch(3)
    pages = [ConditionPageFactory(owner=person) for person in people for _ in range(2)]
    long_ago = timezone.localdate().replace(year=2020, day=1)
    ReviewSchedule.objects.filter(page__in=pages).update(
        due_on=long_ago, due_soon_on=long_ago, next_stage_on=long_ago
    )
    flag_overdue(now=timezone.now())
    rows = list(Reminder.objects.order_by("pk").values_list("pk", flat=True))
    assert len(rows) == len(pages)

    def states() -> list[tuple[int, str]]:
        return list(Reminder.objects.order_by("recipient").values_list("recipient", "state"))

    first, second, third = (person.pk for person in people)
    with MailServer() as server:
        more = {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",  # those of the tests post no mail
            "EMAIL_URL": "smtp://{}:{}".format(*server.server_address[:2]),
            "EMAIL_TIMEOUT": "120",
            "DIGEST_HOUR": "0",
        }
        queue = ("--queues", "default", "--concurrency", "1")
        server.holds[people[1].email] = hold
        with _doomed(tmp_path / "doomed.log", "worker", *queue, REDIS_URL=broker, **more) as doomed:
            send(broker, "tasks.reviews.send_digests", "default")
            eventually(server.is_holding.is_set, doomed)
        told, waiting = ReminderState.TOLD.value, ReminderState.WAITING.value
        assert states() == [
            *[(first, told)] * 2, *[(second, waiting)] * 2, *[(third, waiting)] * 2,
        ]  # fmt: skip

        server.holds.clear()
        worker = start("worker", *queue, **more)
        for _ in range(2):
            send(broker, "tasks.reviews.send_digests", "default")
        eventually(lambda: worker.read_text().count("succeeded in") == 2, worker)

        mails = [
            (recipient, message_from_bytes(raw, policy=policy.default)) for recipient, raw in server.taken
        ]
    wanted = [people[0].email, *[people[1].email] * copies, people[2].email]
    assert [recipient for recipient, _ in mails] == wanted
    assert len({message["Message-ID"] for _, message in mails}) == len(people)
    assert all(message["Subject"] == "Medical review: 2 articles to see to" for _, message in mails)
    assert list(Reminder.objects.order_by("pk").values_list("pk", flat=True)) == rows
    assert {state for _, state in states()} == {told}
    digests = list(ReviewDigest.objects.order_by("recipient").values_list("recipient", flat=True))
    assert digests == [first, second, third]
    assert all(
        row.digest.recipient_id == row.recipient_id for row in Reminder.objects.select_related("digest")
    )
