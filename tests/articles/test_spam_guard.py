"""The guard of the public form, without a database."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator

import pytest
import redis
from django.test import RequestFactory

from articles.spam_guard import LONGEST, QUICKEST, is_too_often, links_in, open_form, read_token, sender_of

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)


@pytest.fixture
def valkey(settings) -> Iterator[redis.Redis]:
    """The real one, without what other tests counted."""
    with redis.Redis.from_url(settings.REDIS_URL) as link:
        for key in link.keys("referred:reports:*"):
            link.delete(key)
        yield link


def test_a_token_says_when_and_about_which_page_the_form_was_handed_out():
    opening = open_form(7, now=NOW)
    assert read_token(opening.token) == opening


def test_no_two_forms_are_the_same():
    assert open_form(7, now=NOW).form != open_form(7, now=NOW).form


@pytest.mark.parametrize("token", ["", "x", "a:b", "a" * 400, "eyJ:x", ":", "\x00", "é:ü", "W10:1"])
def test_a_token_that_we_did_not_sign_says_nothing(token):
    assert read_token(token) is None


def test_a_changed_token_says_nothing():
    token = open_form(7, now=NOW).token
    assert read_token(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert read_token("A" + token[1:]) is None


@pytest.mark.parametrize(
    ("age", "hasty", "stale"),
    [
        (datetime.timedelta(0), True, False),
        (QUICKEST - datetime.timedelta(seconds=1), True, False),
        (QUICKEST, False, False),
        (LONGEST - datetime.timedelta(seconds=1), False, False),
        (LONGEST, False, True),
        (-LONGEST, True, True),
    ],
)
def test_a_form_is_neither_sent_at_once_nor_days_later(age, hasty, stale):
    opening = open_form(None, now=NOW)
    assert (opening.is_hasty(NOW + age), opening.is_stale(NOW + age)) == (hasty, stale)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("The picture under “What helps” is missing.", 0),
        ("http://a.example and HTTPS://b.example", 2),
        ("www.a.example", 1),
        ("[url=http://a.example]", 2),
        ("The httpd of my shop", 0),
    ],
)
def test_links_are_counted(text, count):
    assert links_in(text) == count


@pytest.mark.parametrize(
    ("behind", "remote", "forwarded", "sender"),
    [
        (False, "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (True, "10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "10.0.0.1", "", "10.0.0.1"),
        (True, "10.0.0.1", "nonsense", ""),
        (False, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        (False, "unix:", "", ""),
    ],
)
def test_the_sender_is_the_last_network_that_cannot_be_forged(settings, behind, remote, forwarded, sender):
    settings.BEHIND_PROXY = behind
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded})
    assert sender_of(request) == sender


def test_a_network_may_send_a_few_reports_an_hour_and_others_are_not_held_back(valkey):
    assert [is_too_often("192.0.2.1", now=NOW, most=3) for _ in range(5)] == [False] * 3 + [True] * 2
    assert not is_too_often("192.0.2.2", now=NOW, most=3)


def test_only_a_hash_is_kept_and_for_an_hour(valkey):
    is_too_often("192.0.2.77", now=NOW, most=3)
    (key,) = valkey.keys("referred:reports:*")
    assert b"192.0.2.77" not in key
    assert 3590 < valkey.ttl(key) <= 3600
    is_too_often("192.0.2.77", now=NOW, most=3)
    assert len(valkey.keys("referred:reports:*")) == 1
    is_too_often("192.0.2.77", now=NOW + datetime.timedelta(days=1), most=3)
    assert len(valkey.keys("referred:reports:*")) == 2  # another day, another salt


def test_who_says_no_address_is_not_counted(valkey):
    assert not is_too_often("", now=NOW, most=0)
    assert not valkey.keys("referred:reports:*")


def test_without_valkey_nobody_is_held_back(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nothing listens there
    assert not is_too_often("192.0.2.1", now=NOW, most=0)


def test_a_valkey_that_does_not_answer_holds_nobody_up(valkey, settings):
    valkey.execute_command("CLIENT", "PAUSE", 2000)  # milliseconds
    begun = time.monotonic()
    assert not is_too_often("192.0.2.1", now=NOW, most=0)
    assert time.monotonic() - begun < 1.5
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10) as link:
        assert link.ping()  # it is back before the next test
