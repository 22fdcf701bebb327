"""The page cache: answers for anonymous readers, kept outside Django (docs/adr/0010).

A view says by an internal header that its answer is the same for everybody, and until when. Nothing else is kept.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from products.freshness import KEPT_UNTIL, PERSONAL_COOKIES, Generation, reader

Headers = list[tuple[str, str]]
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

OVERHEAD = 4096  # bytes that an entry takes beyond its two bodies, roughly
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "etag", "vary", "date", KEPT_UNTIL.lower()})


@dataclass(frozen=True, slots=True)
class Variant:
    """A body as it is sent, with its tag and headers."""

    body: bytes
    tag: str
    headers: Headers
    """Of a whole answer; those of a 304 are the same without what describes the body."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer, plain and compressed, and for how long it is good."""

    generation: Generation
    until: float
    """Seconds since the epoch."""
    plain: Variant
    compressed: Variant

    @property
    def size(self) -> int:
        return len(self.plain.body) + len(self.compressed.body) + OVERHEAD

    def answer(self, environ: Environ, start_response: StartResponse, *, cache: str) -> Iterable[bytes]:
        variant = self.compressed if _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else self.plain
        said = ("X-Page-Cache", cache)
        asked = environ.get("HTTP_IF_NONE_MATCH")
        if asked and _matches(asked, variant.tag):
            start_response(
                "304 Not Modified", [*(h for h in variant.headers if h[0] != "Content-Length"), said]
            )
            return []
        start_response("200 OK", [*variant.headers, said])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [variant.body]


class PageCache:
    """A WSGI application around another. Safe for threads; each process has its own.

    `generation` is asked before each answer; None means that nothing is sure, and no copy is given or kept.
    `capacity` is in bytes; the longest unused entries leave first. `now` gives seconds since the epoch.
    """

    def __init__(
        self,
        application: Application,
        *,
        generation: Callable[[], Generation | None],
        capacity: int,
        personal_cookies: Iterable[str],
        secure_header: tuple[str, str] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._application = application
        self._generation = generation
        self._capacity = capacity
        self._personal = tuple(f"{name}=" for name in personal_cookies)
        self._secure_header = secure_header
        self._now = now
        self._entries: OrderedDict[tuple[str, str, str], Entry] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        key = self._key(environ)
        generation = self._generation() if key else None
        if key is None or generation is None:
            return self._application(environ, _stripped(start_response))
        entry = self._find(key, generation)
        if entry is not None:
            return entry.answer(environ, start_response, cache="hit")
        if environ["REQUEST_METHOD"] == "HEAD":
            return self._application(environ, _stripped(start_response))
        return self._fill(key, generation, environ, start_response)

    def _key(self, environ: Environ) -> tuple[str, str, str] | None:
        """Scheme, host and path; None for what only Django may answer."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("QUERY_STRING"):
            return None
        cookies = environ.get("HTTP_COOKIE")
        if cookies and any(name in cookies for name in self._personal):
            return None
        if "HTTP_AUTHORIZATION" in environ:
            return None
        scheme = environ.get("wsgi.url_scheme", "http")
        if self._secure_header is not None:
            name, secure = self._secure_header
            scheme = "https" if environ.get(name) == secure else "http"
        return scheme, environ.get("HTTP_HOST", ""), environ.get("PATH_INFO", "")

    def _find(self, key: tuple[str, str, str], generation: Generation) -> Entry | None:
        entry = self._entries.get(key)
        if entry is None or entry.generation != generation or entry.until <= self._now():
            return None
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
        return entry

    def _fill(
        self,
        key: tuple[str, str, str],
        generation: Generation,
        environ: Environ,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        """Let Django answer, and keep what may be kept. Django calls `start_response` before it returns."""
        said: list[Any] = []
        body = self._application(environ, lambda *answer: said.extend(answer))
        status, headers, *error = said
        until = _until(status, headers)
        if until is None:
            start_response(status, _without(headers, KEPT_UNTIL), *error)
            return body
        try:
            entry = _entry(generation, until, b"".join(body), headers)
        finally:
            if hasattr(body, "close"):
                body.close()
        self._store(key, entry)
        return entry.answer(environ, start_response, cache="miss")

    def _store(self, key: tuple[str, str, str], entry: Entry) -> None:
        with self._lock:
            replaced = self._entries.pop(key, None)
            if replaced is not None:
                self._size -= replaced.size
            if entry.size <= self._capacity:
                self._entries[key] = entry
                self._size += entry.size
            while self._size > self._capacity:
                _key, oldest = self._entries.popitem(last=False)
                self._size -= oldest.size


def behind_the_page_cache(application: Application) -> Application:
    """The application as the settings have it: with a cache, or at least without the internal header."""
    if not settings.PAGE_CACHE:
        return lambda environ, start_response: application(environ, _stripped(start_response))
    return PageCache(
        application,
        generation=reader.current,
        capacity=settings.PAGE_CACHE_MEGABYTES * 1_000_000,
        personal_cookies=PERSONAL_COOKIES,
        secure_header=settings.SECURE_PROXY_SSL_HEADER,
    )


def _stripped(start_response: StartResponse) -> StartResponse:
    def start(status: str, headers: Headers, *error: Any) -> Any:
        return start_response(status, _without(headers, KEPT_UNTIL), *error)

    return start


def _without(headers: Headers, name: str) -> Headers:
    return [header for header in headers if header[0].lower() != name.lower()]


def _until(status: str, headers: Headers) -> float | None:
    """Until when an answer may be kept; None if it may not, whatever its view said."""
    found = {name.lower(): value for name, value in headers}
    until = found.get(KEPT_UNTIL.lower())
    control = found.get("cache-control", "")
    personal = "set-cookie" in found or "cookie" in found.get("vary", "").lower()
    if until is None or status != "200 OK" or personal or "no-store" in control or "private" in control:
        return None
    return float(until)


def _entry(generation: Generation, until: float, body: bytes, headers: Headers) -> Entry:
    digest = hashlib.blake2b(body, digest_size=12).hexdigest()
    shared = [header for header in headers if header[0].lower() not in _OF_THE_BODY]
    vary = ", ".join([*(value for name, value in headers if name.lower() == "vary"), "Accept-Encoding"])
    packed = gzip.compress(body, compresslevel=9, mtime=0)
    encoded = [("Vary", vary), ("Content-Encoding", "gzip")]
    return Entry(
        generation,
        until,
        _variant(body, f'"{digest}"', [*shared, ("Vary", vary)]),
        _variant(packed, f'"{digest}-gz"', [*shared, *encoded]),
    )


def _variant(body: bytes, tag: str, headers: Headers) -> Variant:
    return Variant(body, tag, [*headers, ("ETag", tag), ("Content-Length", str(len(body)))])


def _takes_gzip(accepted: str) -> bool:
    return "gzip" in accepted and "gzip;q=0" not in accepted.replace(" ", "").replace("gzip;q=0.", "")


def _matches(asked: str, tag: str) -> bool:
    """If-None-Match compares weakly: a CDN that marked the tag as weak still holds these very words."""
    return asked.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in asked.split(",")}
