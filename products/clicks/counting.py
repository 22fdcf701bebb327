"""Counting clicks: one row a day for each link, page and region, and nothing about who clicked."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Collection
from functools import lru_cache

import redis
from django.conf import settings
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.connection import ConnectionInterface
from redis.retry import Retry

from products.models import Clicks
from products.prepared import ask

log = logging.getLogger(__name__)

REPEAT_SECONDS = 10
"""A second click on the same link by the same reader within this time is one click."""
REDIS_TIMEOUT = 0.1  # seconds
REDIS_REST = 2.0  # seconds for which a Redis that did not answer is left alone

# The commit does not wait for the disk: who is counted is safe from a killed web process, and at most the last 0.6 s
# are lost if PostgreSQL itself crashes (docs/adr/0015). Local to this one statement's transaction.
QUICKLY = "SELECT set_config('synchronous_commit', 'off', true)"
ADD_ONE = """
INSERT INTO products_clicks (day, offer_id, page_id, region_id, people, others)
{rows}
ON CONFLICT (offer_id, day, page_id, region_id)
DO UPDATE SET people = products_clicks.people + excluded.people, others = products_clicks.others + excluded.others
"""
_VALUES = "SELECT %s::date, %s::bigint, %s::bigint, %s::bigint, %s::integer, %s::integer FROM quick"
_COUNT = f"WITH quick AS MATERIALIZED ({QUICKLY}) {ADD_ONE.format(rows=_VALUES)}"


def count(
    offer_id: int, page_id: int | None, region_id: int | None, *, is_person: bool, now: datetime.datetime
) -> None:
    """Count one click on the day that `now` is in the site's time zone. One statement, safe against any number at once."""
    day = timezone.localdate(now)
    ask(_COUNT, [day, offer_id, page_id, region_id, int(is_person), int(not is_person)])


def clicked_offers(offer_ids: Collection[int], *, now: datetime.datetime, days: int = 7) -> set[int]:
    """Which of the offers people clicked in the last `days`, today among them."""
    today = timezone.localdate(now)
    recent = Clicks.objects.between(today - datetime.timedelta(days=days - 1), today).by_people()
    return set(recent.filter(offer__in=offer_ids).values_list("offer_id", flat=True))


# --- repeats --------------------------------------------------------------------------------------


def is_repeat(address: str, user_agent: str, offer_id: int, *, day: datetime.date) -> bool:
    """Whether the same reader followed the same link within the last `REPEAT_SECONDS`.

    All that is kept of a reader is a keyed hash, in Redis alone, for so many seconds; its key changes daily. Where
    Redis does not answer nothing is a repeat: better to count twice than to lose a click or keep a reader waiting.
    """
    mark = hashlib.blake2b(
        f"{address}\0{user_agent}\0{offer_id}".encode(errors="replace"), key=_key_of(day), digest_size=16
    )
    first = _marks.set_if_new(f"referred:click:{mark.hexdigest()}", seconds=REPEAT_SECONDS)
    return first is False


@lru_cache(maxsize=2)
def _key_of(day: datetime.date) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"clicks {day.isoformat()}".encode(), "sha256")


class _Marks(threading.local):
    """A connection to Redis of each thread. A client and its pool would take longer than PostgreSQL takes to count."""

    def __init__(self) -> None:
        self._link: ConnectionInterface | None = None
        self._rest_until = 0.0

    def set_if_new(self, key: str, *, seconds: int) -> bool | None:
        """Whether the key was new; it is set for so long. None if Redis does not answer, or did not a moment ago."""
        if time.monotonic() < self._rest_until:
            return None
        try:
            link = self._link = self._link or _connect(settings.REDIS_URL)
            link.send_command("SET", key, "", "NX", "EX", seconds)
            return link.read_response() is not None
        except redis.RedisError as error:
            log.warning("Repeated clicks are not told apart: %s", error)
            self.forget()
            self._rest_until = time.monotonic() + REDIS_REST
            return None

    def forget(self) -> None:
        """Begin anew with the next key."""
        if self._link is not None:
            self._link.disconnect()
        self._link, self._rest_until = None, 0.0


def _connect(url: str) -> ConnectionInterface:
    pool = redis.ConnectionPool.from_url(
        url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT, retry=Retry(NoBackoff(), 0)
    )
    link = pool.make_connection()
    link.connect()
    return link


_marks = _Marks()
