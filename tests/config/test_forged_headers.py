"""What a stranger writes into a request's headers changes nothing in the page cache, for anybody."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.test import RequestFactory

from config.wsgi import application
from products import freshness
from tests.factories import ConditionPageFactory, OfferFactory, product_box

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

HOSTS = ("evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil.example", "localhost:1", "LOCALHOST",
         "127.0.0.1", "[::1]", "localhost\t", "localhost/evil", "", "xn--80ak6aa92e.example", "a" * 300)  # fmt: skip
HEADERS = {
    "HTTP_X_FORWARDED_HOST": ("evil.example", "evil.example, localhost"),
    "HTTP_X_FORWARDED_PROTO": ("https", "javascript"),
    "HTTP_X_FORWARDED_PORT": ("1", "443"),
    "HTTP_X_FORWARDED_FOR": ("203.0.113.7", "' OR 1=1"),
    "HTTP_X_FORWARDED_PREFIX": ("/evil",),
    "HTTP_X_ORIGINAL_URL": ("/admin/",),
    "HTTP_X_REWRITE_URL": ("/admin/",),
    "HTTP_X_HOST": ("evil.example",),
    "HTTP_FORWARDED": ("host=evil.example;proto=https",),
    "HTTP_CF_IPCOUNTRY": ("US", "XX", "<script>"),
    "HTTP_CLOUDFRONT_VIEWER_COUNTRY": ("US",),
    "HTTP_X_VERCEL_IP_COUNTRY": ("US",),
    "HTTP_ACCEPT_LANGUAGE": ("en-US", "*;q=nonsense", "de"),
    "HTTP_ACCEPT": ("application/json", "image/evil"),
    "HTTP_COOKIE": ("region=US", "region=<script>", "csrftoken=x; theme=dark", "sessionid=nobody"),
    "HTTP_X_HTTP_METHOD_OVERRIDE": ("POST", "DELETE"),
    "HTTP_RANGE": ("bytes=0-10",),
    "HTTP_IF_MODIFIED_SINCE": ("Thu, 01 Jan 2037 00:00:00 GMT",),
    "HTTP_USER_AGENT": ("<script>alert(1)</script>",),
    "HTTP_REFERER": ("https://evil.example/",),
    "HTTP_ORIGIN": ("https://evil.example",),
    "HTTP_X_PAGE_CACHE_UNTIL": ("99999999999",),
    "HTTP_PRAGMA": ("no-cache",),
    "HTTP_CACHE_CONTROL": ("no-cache, max-age=0",),
}


def get(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    environ = (
        RequestFactory().get(path).environ | {"HTTP_HOST": "localhost", "SERVER_NAME": "localhost"} | headers
    )
    said: list[Any] = []
    body = application(environ, lambda status, found, *_: said.extend((status, found)))
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    return int(said[0][:3]), {name.lower(): value for name, value in said[1]}, content


def test_fifty_forged_requests_change_nothing_in_the_page_cache(monkeypatch):
    monkeypatch.setattr(freshness, "COMPARE_EVERY", 1000.0)
    path = ConditionPageFactory(blocks=[product_box(OfferFactory().product)]).url
    forged = [{"HTTP_HOST": host} for host in HOSTS]
    forged += [{name: value} for name, values in HEADERS.items() for value in values]
    assert len(forged) >= 50
    for one in itertools.chain(forged, forged):  # before anything is kept, and with it
        get(path, **one)
    status, headers, page = get(path)
    assert status == 200
    kept = dict(application._entries)
    assert {key[1] for key in kept if key[2] == path} <= {"localhost", "localhost:8000"}
    for one in forged:
        _status, _headers, content = get(path, **one)
        assert b"evil" not in content
        assert get(path) == (200, headers | {"x-page-cache": "hit"}, page)
    assert {key: entry.plain.body for key, entry in application._entries.items()} == {
        key: entry.plain.body for key, entry in kept.items()
    }


@pytest.mark.parametrize("name", ["HTTP_COOKIE", "HTTP_AUTHORIZATION"])
def test_who_may_be_known_fills_nothing(name):
    path = ConditionPageFactory().url
    value = {"HTTP_COOKIE": "sessionid=forged", "HTTP_AUTHORIZATION": "Basic Zm9yZ2Vk"}[name]
    get(path, **{name: value})
    assert not [key for key in application._entries if key[2] == path]
