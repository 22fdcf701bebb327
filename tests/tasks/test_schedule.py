"""Beat says "look now", and holds its tongue while enough messages wait: against a real Valkey."""

from collections.abc import Iterator

import pytest
from celery.beat import ScheduleEntry
from celery.schedules import crontab
from django.conf import settings

from tasks.celery import app
from tasks.links import check_due_links
from tasks.schedule import LINK_TICK_SECONDS, MOST_WAITING, QuietScheduler

LINKS = "check the links that are due"
REVIEWS = "flag articles that are overdue"


@pytest.fixture
def scheduler() -> Iterator[QuietScheduler]:
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        for queue in ("links", "shops", "default"):
            channel.queue_declare(queue)
            channel.queue_purge(queue)
        made = QuietScheduler(app=app)
        made.setup_schedule()
        made.merge_inplace(app.conf.beat_schedule)
        yield made
        made.close()
        for queue in ("links", "shops", "default"):
            channel.queue_purge(queue)


def waiting(queue: str) -> int:
    with app.connection_for_read() as connection:
        return connection.default_channel.queue_declare(queue).message_count


def entry(scheduler: QuietScheduler, name: str) -> ScheduleEntry:
    return scheduler.schedule[name]


def test_a_tick_is_sent_while_few_messages_wait(scheduler):
    for number in range(MOST_WAITING):
        assert waiting("links") == number
        assert scheduler.apply_async(entry(scheduler, LINKS)) is not None


def test_days_without_a_worker_pile_up_nothing(scheduler):
    sent = [scheduler.apply_async(entry(scheduler, LINKS)) for _ in range(50)]
    assert sum(message is not None for message in sent) == MOST_WAITING
    assert waiting("links") == MOST_WAITING


def test_messages_of_one_queue_never_hold_back_the_other(scheduler):
    for _ in range(MOST_WAITING + 2):
        check_due_links.delay()
    assert scheduler.apply_async(entry(scheduler, LINKS)) is None
    assert scheduler.apply_async(entry(scheduler, REVIEWS)) is not None
    assert waiting("default") == 1


def test_a_backlog_of_rounds_holds_no_other_job_of_the_links_back(scheduler):
    for _ in range(MOST_WAITING + 2):
        check_due_links.delay()
    for other in (
        "settle the alarms of links",
        "ask the API of shops that robots may not ask",
        "see what shops show at addresses that cannot exist",
    ):
        assert scheduler.apply_async(entry(scheduler, other)) is not None
    assert waiting("shops") == 3


def test_it_speaks_again_once_a_worker_took_the_messages(scheduler):
    for _ in range(MOST_WAITING):
        check_due_links.delay()
    assert scheduler.apply_async(entry(scheduler, LINKS)) is None
    with app.connection_for_write() as connection:
        connection.default_channel.queue_purge("links")
    assert scheduler.apply_async(entry(scheduler, LINKS)) is not None


def test_a_tick_held_back_still_counts_as_taken_so_that_beat_waits_for_the_next(scheduler):
    for _ in range(MOST_WAITING):
        check_due_links.delay()
    before = entry(scheduler, LINKS)
    scheduler.apply_async(before)
    after = entry(scheduler, LINKS)
    assert after.total_run_count == before.total_run_count + 1
    assert after.last_run_at >= before.last_run_at
    assert not after.is_due().is_due


def test_the_whole_loop_of_beat_sends_what_is_due_and_survives_what_is_held_back(scheduler):
    for item in scheduler.schedule.values():
        item.last_run_at = item.last_run_at.replace(year=2020)
    while scheduler.tick() == 0:
        pass
    assert waiting("links") == 1
    assert (waiting("shops"), waiting("default")) == (MOST_WAITING, MOST_WAITING)


def test_beat_ticks_every_few_seconds_and_keeps_the_house():
    entries = app.conf.beat_schedule
    assert LINK_TICK_SECONDS <= 5
    assert entries[LINKS] == {
        "task": "tasks.links.check_due_links",
        "schedule": LINK_TICK_SECONDS,
        "options": {"queue": "links"},
    }
    assert entries[REVIEWS]["schedule"] == crontab(minute="7")  # hourly
    assert entries["publish what is scheduled"]["schedule"] == 60.0
    assert set(entries) == {
        LINKS,
        REVIEWS,
        "see what shops show at addresses that cannot exist",
        "ask the API of shops that robots may not ask",
        "settle the alarms of links",
        "send the digests of due reviews",
        "tell of safety concerns",
        "forget what readers wrote",
        "draw the share pictures that are missing",
        "gather the words that readers may search for",
        "publish what is scheduled",
        "clear old sessions",
        "forget old checks",
    }


def test_every_entry_names_a_job_that_there_is_and_no_message_expires():
    app.loader.import_default_modules()
    for item in app.conf.beat_schedule.values():
        assert item["task"] in app.tasks
        assert not {"expires", "eta", "countdown"} & item.get("options", {}).keys()


def test_beat_keeps_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    QuietScheduler(app=app).sync()
    assert settings.CELERY_BEAT_SCHEDULER == "tasks.schedule:QuietScheduler"
    assert list(tmp_path.iterdir()) == []
