"""When readers' pages change: on commit, with Redis or without it."""

from __future__ import annotations

import time

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from demo.ports import free_port
from products import freshness
from products.freshness import KEY, GenerationReader, Remembered, bump

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redis_client():
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


def cut_off(client: redis.Redis) -> None:
    """Close all connections to this process's database of Redis but the client's own."""
    own = client.client_info()
    for other in client.client_list():
        if other["db"] == str(own["db"]) and other["id"] != str(own["id"]):
            client.client_kill_filter(_id=other["id"])


@pytest.fixture
def away(settings):
    """An address at which there is no Redis."""
    return f"redis://127.0.0.1:{free_port()}/0"


def elsewhere() -> psycopg.Connection:
    """A connection of another process, as it were."""
    values = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return psycopg.connect(**{name: values[name] for name in names if values.get(name)})


def test_a_bump_is_seen_after_the_commit_and_not_before(redis_client):
    reader = GenerationReader()
    before, token = reader.current(), redis_client.get(KEY)
    with transaction.atomic():
        bump()
        with elsewhere() as other:
            assert other.execute(freshness._TRUTH).fetchone() == (before[1],)
        assert redis_client.get(KEY) == token
    assert reader.current() != before
    assert redis_client.get(KEY) != token


def test_what_is_rolled_back_changes_nothing(redis_client):
    reader = GenerationReader()
    before = reader.current()
    with transaction.atomic():
        bump()
        transaction.set_rollback(True)
    assert reader.current() == before


def test_a_bump_after_a_savepoint_that_was_rolled_back_counts():
    reader = GenerationReader()
    before = reader.current()
    with transaction.atomic():
        with transaction.atomic():
            bump()
            transaction.set_rollback(True)
        bump()
    assert reader.current() != before
    assert GenerationReader().current()[1] != before[1]


def test_many_writes_of_a_transaction_cost_one_statement(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(1):
        for _ in range(100):
            bump()


def test_outside_a_transaction_a_bump_takes_effect_at_once():
    reader = GenerationReader()
    before = reader.current()
    bump()
    assert reader.current() != before


def test_two_writers_do_not_wait_for_each_other():
    bump()  # so that there is a row to meet at
    with elsewhere() as other:
        other.execute("SET lock_timeout = '1s'")
        with transaction.atomic():
            bump()
            other.execute(freshness._BUMP)
            other.commit()
    bump()
    with elsewhere() as other:
        rows = other.execute("SELECT count(*) FROM products_generation").fetchone()
    assert rows == (2,)


def test_both_of_two_writers_that_overlap_are_seen():
    reader = GenerationReader()
    seen = {reader.current()[1]}
    with elsewhere() as other:
        with transaction.atomic():
            bump()
            other.execute(freshness._BUMP)
        seen.add(GenerationReader().current()[1])
        other.commit()
    seen.add(GenerationReader().current()[1])
    assert len(seen) == 3


# --- Redis comes and goes -------------------------------------------------------------------------


def test_a_flushed_redis_gets_another_token_and_never_an_old_one(redis_client):
    reader = GenerationReader()
    seen = {reader.current()}
    for _ in range(5):
        redis_client.flushdb()
        assert reader.current() not in seen
        seen.add(reader.current())


def test_without_redis_the_truth_is_asked_each_time(settings, away):
    settings.REDIS_URL = away
    reader = GenerationReader()
    first = reader.current()
    assert first is not None
    assert reader.current() == first
    bump()
    assert reader.current() != first


def test_a_process_that_lost_redis_compares_before_it_trusts_a_token(
    redis_client, settings, away, monkeypatch
):
    monkeypatch.setattr(freshness, "REST", 0.0)
    monkeypatch.setattr(freshness, "COMPARE_EVERY", 1000.0)
    reader = GenerationReader()
    before = reader.current()
    address, settings.REDIS_URL = settings.REDIS_URL, away
    bump()  # its word to Redis is lost
    settings.REDIS_URL = address
    assert reader.current() == before  # this process did not notice: it compares soon
    cut_off(redis_client)
    lost = reader.current()
    assert lost[0] == b""
    assert lost[1] != before[1]
    back = reader.current()
    assert back[0] == before[0]
    assert back[1] == lost[1]


def test_a_writer_that_died_after_its_commit_is_noticed_soon(monkeypatch):
    monkeypatch.setattr(freshness, "COMPARE_EVERY", 0.2)
    reader = GenerationReader()
    before = reader.current()
    with elsewhere() as dying:
        dying.execute(freshness._BUMP)
        dying.commit()
    time.sleep(0.2)
    assert reader.current() != before


def test_without_postgresql_a_known_token_serves_on(monkeypatch):
    monkeypatch.setattr(freshness, "COMPARE_EVERY", 0.0)
    reader = GenerationReader()
    before = reader.current()
    monkeypatch.setattr(connection, "cursor", _gone)
    assert reader.current() == before


def test_without_postgresql_and_redis_nothing_is_sure(monkeypatch, settings, away):
    reader = GenerationReader()
    assert reader.current() is not None
    settings.REDIS_URL = away
    monkeypatch.setattr(connection, "cursor", _gone)
    assert GenerationReader().current() is None


def test_a_new_process_trusts_no_token_before_it_has_compared(monkeypatch):
    monkeypatch.setattr(connection, "cursor", _gone)
    assert GenerationReader().current() is None


def _gone(*_arguments: object, **_named: object) -> None:
    raise freshness.DatabaseError("The server closed the connection unexpectedly.")


# --- what is remembered ---------------------------------------------------------------------------


def test_what_is_remembered_is_made_anew_after_a_change():
    made = []
    remembered = Remembered(lambda: made.append(None) or len(made))
    assert [remembered(), remembered()] == [1, 1]
    bump()
    assert [remembered(), remembered()] == [2, 2]


def test_inside_a_transaction_nothing_is_remembered():
    made = []
    remembered = Remembered(lambda: made.append(None) or len(made))
    with transaction.atomic():
        assert [remembered(), remembered()] == [1, 2]
