"""When beat says "look now". Entries are data; missing or repeating one does no harm."""

from __future__ import annotations

import logging
from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from celery.schedules import crontab
from django.conf import settings

from tasks.celery import app

logger = logging.getLogger(__name__)

LINK_TICK_SECONDS = 5.0
API_TICK_SECONDS = 10.0  # one request each: the 8,640 a day that Amazon allows to begin with
MOST_WAITING = 3
_MINUTES = "7" if settings.FLAG_OVERDUE_MINUTES == 60 else f"*/{settings.FLAG_OVERDUE_MINUTES}"

app.conf.beat_schedule = {
    "check the links that are due": {
        "task": "tasks.links.check_due_links",
        "schedule": LINK_TICK_SECONDS,
        "options": {"queue": "links"},
    },
    "ask the API of shops that robots may not ask": {
        "task": "tasks.links.ask_the_api",
        "schedule": API_TICK_SECONDS,
        "options": {"queue": "shops"},
    },
    "see what shops show at addresses that cannot exist": {
        "task": "tasks.links.ask_for_nonsense",
        "schedule": crontab(minute="23"),
        "options": {"queue": "shops"},
    },
    "settle the alarms of links": {
        "task": "tasks.links.settle_alarms",
        "schedule": crontab(minute="*/5"),
        "options": {"queue": "shops"},
    },
    "flag articles that are overdue": {
        "task": "tasks.reviews.flag_overdue",
        "schedule": crontab(minute=_MINUTES),
    },
    "send the digests of due reviews": {
        "task": "tasks.reviews.send_digests",
        "schedule": crontab(minute="11,26,41,56"),
    },
    "tell of safety concerns": {"task": "tasks.reviews.tell_of_safety_concerns", "schedule": 60.0},
    "publish what is scheduled": {"task": "tasks.upkeep.publish_scheduled", "schedule": 60.0},
    "draw the share pictures that are missing": {
        "task": "tasks.upkeep.tidy_share_pictures",
        "schedule": crontab(minute="47"),
    },
    "gather the words that readers may search for": {
        "task": "tasks.upkeep.gather_search_terms",
        "schedule": crontab(hour="2", minute="47"),
    },
    "clear old sessions": {"task": "tasks.upkeep.clear_sessions", "schedule": crontab(hour="3", minute="17")},
    "forget what readers wrote": {
        "task": "tasks.upkeep.forget_reports",
        "schedule": crontab(hour="4", minute="7"),
    },
    "forget old checks": {"task": "tasks.upkeep.prune_checks", "schedule": crontab(hour="3", minute="37")},
}


class QuietScheduler(Scheduler):
    """Plain beat that holds its tongue while enough messages wait, so that days without a worker pile up nothing."""

    def apply_async(
        self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any
    ) -> Any:
        queue = entry.options.get("queue", app.conf.task_default_queue)
        if self._waiting(queue) < MOST_WAITING:
            return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        if advance:
            self.reserve(entry)
        logger.info("Held back: %s. Messages already wait in the queue %s.", entry.name, queue)
        return None

    def _waiting(self, queue: str) -> int:
        return int(self.connection.default_channel.queue_declare(queue).message_count)
