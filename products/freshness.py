"""When readers' pages change: one generation for the whole site, kept beside every copy of a page.

A copy is good while the generation is still the one that was read before the page was rendered. PostgreSQL holds
the truth: `bump` changes it in the transaction of the write, so both are committed or neither. Redis holds a token
for quick reading, replaced after the commit; on one host a file may hold another (`products.generation_file`).
docs/adr/0010 and 0022 say why.
"""

from __future__ import annotations

import datetime
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.connection import ConnectionInterface
from redis.retry import Retry
from wagtail.models import Site

from products.generation_file import GenerationFile

log = logging.getLogger(__name__)

T = TypeVar("T")

KEY = "referred:generation"
KEPT_UNTIL = "X-Page-Cache-Until"
"""The internal header by which a view tells `config.page_cache` that its answer is the same for everybody."""
PERSONAL_COOKIES = (settings.SESSION_COOKIE_NAME, "messages")
"""Who sends one of these may get an answer of their own."""
PATIENCE = 0.25  # seconds; a Redis that is slower than this is as good as none
REST = 1.0  # seconds for which a Redis that did not answer is not asked again
COMPARE_EVERY = (
    2.0  # seconds: how long a writer that died between its commit and its word to Redis may go unnoticed
)

Generation = tuple[bytes, str]
"""The token of Redis or of the file, empty if neither is to be had, and the truth of PostgreSQL as last compared."""

# A row that nobody else is changing gets a new token, or there is a new row: writers never wait for each other.
_BUMP = """
WITH free AS (SELECT id FROM products_generation ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1),
     changed AS (UPDATE products_generation SET token = gen_random_uuid() WHERE id IN (SELECT id FROM free) RETURNING id)
INSERT INTO products_generation (token) SELECT gen_random_uuid() WHERE NOT EXISTS (SELECT 1 FROM changed)
"""
_TRUTH = "SELECT coalesce(string_agg(token::text, ' ' ORDER BY id), '') FROM products_generation"


# --- writing --------------------------------------------------------------------------------------


def bump() -> None:
    """Readers' pages change: call it inside the transaction of the write; takes effect on commit.

    One statement for each transaction, however often it is called. A Redis that is away is no error.
    """
    if any(entry[1] is _announce for entry in connection.run_on_commit):
        return  # one that was rolled back with its savepoint has left this list
    with connection.cursor() as cursor:
        cursor.execute(_BUMP)
    transaction.on_commit(_announce)


def _announce() -> None:
    """Replace the quick copies. Where Redis does not answer, who reads from it notices too, or compares soon."""
    if settings.GENERATION_FILE:
        try:
            generation_file(settings.GENERATION_FILE).renew()
        except OSError as error:
            log.error("%s could not be told that pages changed: %s", settings.GENERATION_FILE, error)
    try:
        link = _connect()
        try:
            _ask(link, "SET", KEY, _new_token())
        finally:
            link.disconnect()
    except redis.RedisError as error:
        log.warning("Redis could not be told that pages changed: %s", error)


# --- reading --------------------------------------------------------------------------------------


class GenerationReader:
    """Which generation it is now, asked before each answer. One for a process; its threads share it.

    Each thread has a connection of its own to Redis, never mended in silence: a thread that lost it trusts no
    token until it has compared with PostgreSQL.
    """

    def __init__(self) -> None:
        self._file = generation_file(settings.GENERATION_FILE) if settings.GENERATION_FILE else None
        self._compared_at: bytes | None = None
        self._doubted: bytes | None = None
        self._own = _OwnLink()
        self._lock = threading.Lock()
        self._truth = ""
        self._compare_at = 0.0
        self._rest_until = 0.0

    def current(self) -> Generation | None:
        """The generation, or None if nothing is sure: then no copy is good, and none may be kept.

        Without Redis the truth itself is asked each time. Without PostgreSQL, where nothing can be written
        either, the token alone serves on.
        """
        token = self._token()
        if token is None:
            return (b"", self._truth) if self._compare() else None
        if not self._own.trusted or time.monotonic() >= self._compare_at:
            self._own.trusted = self._compare() or self._own.trusted
        return (token, self._truth) if self._own.trusted else None

    def of_this_request(self) -> Generation | None:
        """The same, asked once for a request: what makes a page is then of one generation, or newer."""
        own = self._own
        if not own.in_request:
            return self.current()
        if not own.has_asked:
            own.answer, own.has_asked = self.current(), True
        return own.answer

    def begin_request(self, **_signal: Any) -> None:
        self._own.in_request, self._own.has_asked = True, False

    def end_request(self, **_signal: Any) -> None:
        self._own.in_request = False

    def _token(self) -> bytes | None:
        """The token of the file where there is one, else that in Redis. None if there is none to be had."""
        if self._file is not None:
            try:
                return self._file.read()
            except OSError as error:
                self._leave_file("It cannot be read: %s", error)
        return self._token_of_redis()

    def _token_of_redis(self) -> bytes | None:
        """The token in Redis; a new one where it was flushed. None if Redis does not answer."""
        own = self._own
        if own.process != os.getpid():
            own.link, own.process = None, os.getpid()  # a fork must not read from its parent's connection
        try:
            if own.link is None:
                if time.monotonic() < self._rest_until:
                    return None
                own.trusted = False
                own.link = _connect()
            own.link.send_packed_command(_GET, check_health=False)
            token = own.link.read_response()
            if token is None:
                own.trusted = False
                _ask(own.link, "SET", KEY, _new_token(), "NX")
                token = _ask(own.link, "GET", KEY)
        except redis.RedisError as error:
            log.warning("Pages are compared with PostgreSQL, as Redis does not answer: %s", error)
            self._rest_until = time.monotonic() + REST
            own.drop()
            return None
        return bytes(token) if token else None

    def _compare(self) -> bool:
        """Read the truth. False, and the earlier one stays, if PostgreSQL does not answer."""
        with self._lock:  # an older answer must not overwrite a newer one
            self._compare_at = time.monotonic() + COMPARE_EVERY
            close_old_connections()
            before = self._truth
            try:
                with connection.cursor() as cursor:
                    cursor.execute(_TRUTH)
                    (self._truth,) = cursor.fetchone()
            except DatabaseError as error:
                log.warning("The generation of pages could not be compared: %s", error)
                connection.close()
                return False
            if self._file is not None:
                self._mistrust(self._file, is_changed=self._truth != before)
            return True

    def _mistrust(self, file: GenerationFile, *, is_changed: bool) -> None:
        """Leave a file in which a change that PostgreSQL knows of was not announced by the next comparison: not every
        writer has it, so it is not shared as the operator said."""
        try:
            if not file.is_in_place():
                file.reopen()
            token = file.read()
        except OSError as error:
            self._leave_file("It cannot be read: %s", error)
            return
        if token == self._doubted:
            self._leave_file("A change of pages was not announced in it: is it shared by every process?")
        self._doubted = token if is_changed and token == self._compared_at else None
        self._compared_at = token

    def _leave_file(self, reason: str, *values: object) -> None:
        """Ask Redis from now on. Each thread compares before it trusts what it hears there."""
        log.error(f"GENERATION_FILE is no longer used. {reason}", *values)
        self._file = None


class _OwnLink(threading.local):
    """A thread's connection to Redis, whether PostgreSQL was asked since it was opened, and its request's answer."""

    link: ConnectionInterface | None = None
    trusted = False
    process = 0
    in_request = has_asked = False
    answer: Generation | None = None

    def drop(self) -> None:
        if self.link is not None:
            self.link.disconnect()
        self.link = None


def _connect() -> ConnectionInterface:
    """A single connection, for a client's pool would replace a broken one without a word."""
    pool = redis.ConnectionPool.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
    link = pool.make_connection()
    link.connect()
    return link


@cache
def generation_file(path: str) -> GenerationFile:
    """This process's own."""
    return GenerationFile(path)


def _ask(link: ConnectionInterface, *command: str) -> Any:
    link.send_command(*command)
    return link.read_response()


def _new_token() -> str:
    """Random, for a counter would begin anew after Redis was flushed."""
    return secrets.token_hex(8)


_GET = [f"*2\r\n$3\r\nGET\r\n${len(KEY)}\r\n{KEY}\r\n".encode()]

reader = GenerationReader()
"""This process's own."""
request_started.connect(reader.begin_request, dispatch_uid="freshness")
request_finished.connect(reader.end_request, dispatch_uid="freshness")


class Remembered(Generic[T]):
    """A value made of what pages show: kept in this process, and made anew once that changed. Not to be altered.

    Inside a transaction it is made each time, for no generation tells yet of what was written there.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._kept: tuple[Generation, T] | None = None

    def __call__(self) -> T:
        if connection.in_atomic_block:
            return self._make()
        generation, kept = reader.of_this_request(), self._kept
        if kept is not None and kept[0] == generation:
            return kept[1]
        value = self._make()
        self._kept = None if generation is None else (generation, value)
        return value


# --- what views say -------------------------------------------------------------------------------


def next_midnight(today: datetime.date) -> datetime.datetime:
    """When a day ends where the site is: states that depend on the day may change then."""
    return timezone.make_aware(
        datetime.datetime.combine(today + datetime.timedelta(days=1), datetime.time.min)
    )


def keep(request: HttpRequest, response: HttpResponseBase, *, until: datetime.datetime) -> None:
    """Say that anybody may be given a copy of this answer until then, or until `bump`.

    Only under a name of the site itself: copies under every name that somebody sends would push the others
    out. Browsers and a CDN may keep it too, and ask each time whether it still holds. What somebody who is
    logged in gets is for them alone.
    """
    if any(name in request.COOKIES for name in PERSONAL_COOKIES):
        response.headers["Cache-Control"] = "private, no-store"
        return
    response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    site = Site.find_for_request(request)
    names = {urlsplit(address).netloc for address in (settings.SITE_URL, site.root_url if site else "")}
    if request.get_host() in names:
        response.headers[KEPT_UNTIL] = str(until.timestamp())
