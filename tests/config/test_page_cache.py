"""The page cache by itself: what it keeps, what it gives, and to whom. No Django behind it and no database."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from config.page_cache import OVERHEAD, PageCache
from products.freshness import KEPT_UNTIL

HTML = ("Content-Type", "text/html; charset=utf-8")
KEEP = (KEPT_UNTIL, "2000.0")
BODY = b"<p>Sore thigh</p>" * 200


@dataclass
class Site:
    """What stands behind the cache: it answers what it is told to, and counts how often it is asked."""

    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=lambda: [HTML, KEEP])
    body: Callable[[dict[str, Any]], bytes] = lambda environ: BODY
    asked: int = 0
    closed: int = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked += 1
        start_response(self.status, [*self.headers, ("Content-Length", "1")])
        return Answer(self, self.body(environ))


class Answer(list[bytes]):
    def __init__(self, site: Site, body: bytes) -> None:
        super().__init__([body[:10], body[10:]])
        self._site = site

    def close(self) -> None:
        self._site.closed += 1


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


class World:
    """A site behind a cache, with a clock and a generation that the test sets."""

    def __init__(self, capacity: int = 10_000_000, **values: Any) -> None:
        self.site = Site(**values)
        self.generation: Any = (b"one", "")
        self.time = 1000.0
        self.cache = PageCache(
            self.site,
            generation=lambda: self.generation,
            capacity=capacity,
            personal_cookies=("sessionid", "messages"),
            secure_header=("HTTP_X_FORWARDED_PROTO", "https"),
            now=lambda: self.time,
        )

    def get(self, path: str = "/thigh/", *, method: str = "GET", **environ: str) -> Reply:
        said: list[Any] = []
        request = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "HTTP_HOST": "a.example"}
        body = self.cache({**request, **environ}, lambda status, headers, *_: said.append((status, headers)))
        content = b"".join(body)
        if hasattr(body, "close"):
            body.close()
        ((status, headers),) = said
        assert len({name.lower() for name, _ in headers}) == len(headers)
        return Reply(int(status[:3]), {name.lower(): value for name, value in headers}, content)


def test_a_page_is_made_once_and_given_to_everybody():
    world = World()
    first, second = world.get(), world.get()
    assert world.site.asked == 1
    assert first.body == second.body == BODY
    assert (first.headers["x-page-cache"], second.headers["x-page-cache"]) == ("miss", "hit")
    assert world.site.closed == 1


def test_the_internal_header_reaches_nobody():
    for environ in ({}, {"QUERY_STRING": "x=1"}, {"HTTP_COOKIE": "sessionid=1"}, {"REQUEST_METHOD": "POST"}):
        assert KEPT_UNTIL.lower() not in World().get(**environ).headers


@pytest.mark.parametrize(
    "environ",
    [
        {"QUERY_STRING": "region=us"},
        {"HTTP_COOKIE": "a=b; sessionid=abc"},
        {"HTTP_COOKIE": "messages=abc"},
        {"HTTP_AUTHORIZATION": "Basic abc"},
        {"method": "POST"},
        {"method": "OPTIONS"},
    ],
)
def test_what_may_be_somebodys_own_goes_by_the_cache(environ):
    world = World()
    world.get()
    world.get(**environ)
    assert world.site.asked == 2
    world.get()
    assert world.site.asked == 2


@pytest.mark.parametrize("cookie", ["region=us", "theme=dark; region=uk", "_cf=1"])
def test_other_cookies_make_no_difference(cookie):
    world = World()
    world.get()
    assert world.get(HTTP_COOKIE=cookie).headers["x-page-cache"] == "hit"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("404 Not Found", [HTML, KEEP]),
        ("301 Moved Permanently", [HTML, KEEP]),
        ("500 Internal Server Error", [HTML, KEEP]),
        ("200 OK", [HTML]),
        ("200 OK", [HTML, KEEP, ("Set-Cookie", "a=b")]),
        ("200 OK", [HTML, KEEP, ("Vary", "Accept-Encoding, Cookie")]),
        ("200 OK", [HTML, KEEP, ("Cache-Control", "private, no-store")]),
        ("200 OK", [HTML, KEEP, ("cache-control", "private")]),
        ("200 OK", [HTML, (KEPT_UNTIL, "1000.0")]),
    ],
)
def test_what_must_not_be_kept_is_not(status, headers):
    world = World(status=status, headers=headers)
    assert world.get().body == BODY
    world.get()
    assert world.site.asked == 2


def test_a_page_is_as_long_good_as_nothing_changes():
    world = World()
    world.get()
    world.generation = (b"two", "")
    assert world.get().headers["x-page-cache"] == "miss"
    assert world.get().headers["x-page-cache"] == "hit"
    world.generation = (b"two", "another truth")
    assert world.get().headers["x-page-cache"] == "miss"


def test_a_page_that_changed_while_it_was_made_is_never_given():
    world = World()

    def changes_meanwhile(environ: dict[str, Any]) -> bytes:
        world.generation = (b"two", "")
        return BODY

    world.site.body = changes_meanwhile
    world.get()
    assert world.get().headers["x-page-cache"] == "miss"


def test_while_nothing_is_sure_no_copy_is_given_or_kept():
    world = World()
    world.get()
    before, world.generation = world.generation, None
    world.get()
    assert world.site.asked == 2
    world.generation = before
    assert world.get().headers["x-page-cache"] == "hit"


def test_a_page_ends_at_the_moment_its_view_named():
    world = World()
    world.get()
    world.time = 1999.9
    assert world.get().headers["x-page-cache"] == "hit"
    world.time = 2000.0
    world.site.headers = [HTML, (KEPT_UNTIL, "3000.0")]
    assert world.get().headers["x-page-cache"] == "miss"
    assert world.get().headers["x-page-cache"] == "hit"


def test_hosts_schemes_and_paths_are_kept_apart():
    world = World(body=lambda environ: f"{environ['HTTP_HOST']}{environ['PATH_INFO']}".encode())
    assert world.get("/a/").body == b"a.example/a/"
    assert world.get("/b/").body == b"a.example/b/"
    assert world.get("/a/", HTTP_HOST="b.example").body == b"b.example/a/"
    world.get("/a/", HTTP_X_FORWARDED_PROTO="https")
    assert world.site.asked == 4


# --- how it is sent -------------------------------------------------------------------------------


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8"])
def test_who_takes_gzip_gets_what_was_compressed_once(accepted):
    world = World()
    for _ in range(2):
        reply = world.get(HTTP_ACCEPT_ENCODING=accepted)
        assert gzip.decompress(reply.body) == BODY
        assert reply.headers["content-encoding"] == "gzip"
        assert reply.headers["content-length"] == str(len(reply.body))
        assert reply.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip; q=0, br"])
def test_who_does_not_take_gzip_gets_it_plain(accepted):
    reply = World().get(HTTP_ACCEPT_ENCODING=accepted)
    assert reply.body == BODY
    assert "content-encoding" not in reply.headers


def test_other_reasons_to_vary_stay():
    reply = World(headers=[HTML, KEEP, ("Vary", "Accept-Language")]).get()
    assert reply.headers["vary"] == "Accept-Language, Accept-Encoding"


@pytest.mark.parametrize("accepted", ["", "gzip"])
def test_an_unchanged_page_is_answered_by_304(accepted):
    world = World()
    tag = world.get(HTTP_ACCEPT_ENCODING=accepted).headers["etag"]
    assert not tag.startswith("W/")
    for asked in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        reply = world.get(HTTP_ACCEPT_ENCODING=accepted, HTTP_IF_NONE_MATCH=asked)
        assert (reply.status, reply.body) == (304, b"")
        assert reply.headers["etag"] == tag
        assert "content-length" not in reply.headers
    assert world.get(HTTP_ACCEPT_ENCODING=accepted, HTTP_IF_NONE_MATCH='"other"').status == 200


def test_the_tag_is_of_the_words_and_each_encoding_has_its_own():
    world = World()
    plain, packed = (world.get(HTTP_ACCEPT_ENCODING=one).headers["etag"] for one in ("", "gzip"))
    assert plain != packed
    world.generation = (b"two", "")
    assert world.get().headers["etag"] == plain
    world.generation, world.site.body = (b"three", ""), lambda environ: b"other words"
    assert world.get().headers["etag"] != plain


def test_head_is_answered_like_get_without_a_body_and_fills_nothing():
    world = World()
    world.get(method="HEAD")
    page = world.get()
    head = world.get(method="HEAD")
    assert world.site.asked == 2
    assert head.body == b""
    assert head.headers["content-length"] == page.headers["content-length"]


# --- memory ---------------------------------------------------------------------------------------


def test_memory_is_bounded_and_the_longest_unused_leave_first():
    size = OVERHEAD + len(BODY) + len(gzip.compress(BODY, 9, mtime=0))
    world = World(capacity=3 * size)
    for path in ("/a/", "/b/", "/c/", "/a/", "/d/"):
        world.get(path)
    hits = {path: world.get(path).headers["x-page-cache"] for path in ("/a/", "/c/", "/d/", "/b/")}
    assert hits == {"/a/": "hit", "/c/": "hit", "/d/": "hit", "/b/": "miss"}


def test_a_page_that_is_greater_than_the_cache_is_given_and_not_kept():
    world = World(capacity=1000)
    assert world.get().body == world.get().body == BODY
    assert world.site.asked == 2


def test_many_threads_get_only_what_belongs_to_their_path():
    world = World(capacity=5 * (OVERHEAD + 2000), body=lambda environ: environ["PATH_INFO"].encode() * 100)
    wrong: list[str] = []

    def read(start: int) -> None:
        for number in range(300):
            path = f"/{(start + number) % 9}/"
            if world.get(path).body != path.encode() * 100:
                wrong.append(path)

    threads = [threading.Thread(target=read, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert world.cache._size <= 5 * (OVERHEAD + 2000)
