"""The generation in a file that all processes of one host share: as fresh as Redis, and left where it is not shared."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, transaction

from demo.ports import free_port
from products import freshness
from products.freshness import GenerationReader, bump
from products.generation_file import LENGTH, GenerationFile

database = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def path(tmp_path: Path, settings) -> Path:
    file = tmp_path / "generation"
    settings.GENERATION_FILE = str(file)
    return file


# --- the file by itself ---------------------------------------------------------------------------


def test_whoever_comes_first_makes_it_and_all_read_the_same(tmp_path):
    first, second = (GenerationFile(tmp_path / "generation") for _ in range(2))
    assert first.read() == second.read() == first.read()
    assert len(first.read()) == LENGTH


def test_another_process_that_renews_it_is_seen_at_once(tmp_path):
    file = GenerationFile(tmp_path / "generation")
    seen = {file.read()}
    renew = f"from products.generation_file import GenerationFile as F; F({str(file.path)!r}).renew()"
    for _ in range(3):
        subprocess.run([sys.executable, "-c", renew], check=True)
        seen.add(file.read())
    assert len(seen) == 4


def test_a_file_that_was_replaced_is_noticed_by_who_writes(tmp_path):
    writer, reader = (GenerationFile(tmp_path / "generation") for _ in range(2))
    reader.read()
    writer.read()
    writer.path.unlink()
    assert not reader.is_in_place()
    writer.renew()
    reader.reopen()
    assert reader.read() == writer.read()


def test_a_file_that_was_emptied_holds_no_token(tmp_path):
    file = GenerationFile(tmp_path / "generation")
    file.read()
    file.path.write_bytes(b"")
    with pytest.raises(OSError, match="holds no token"):
        file.read()


# --- what pages make of it ------------------------------------------------------------------------


@database
def test_a_bump_is_seen_after_the_commit_without_redis(path, settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    reader = GenerationReader()
    before = reader.current()
    assert before is not None
    assert before[0] == GenerationFile(path).read()
    with transaction.atomic():
        bump()
        assert GenerationFile(path).read() == before[0]
    assert reader.current() != before


@database
def test_a_new_process_compares_before_it_trusts_the_file(path, monkeypatch):
    GenerationFile(path).renew()
    monkeypatch.setattr(connection, "cursor", _gone)
    assert GenerationReader().current() is None


@database
def test_a_writer_that_does_not_share_the_file_is_noticed_soon_and_the_file_is_left(
    path, settings, monkeypatch, caplog
):
    monkeypatch.setattr(freshness, "COMPARE_EVERY", 0.0)
    reader = GenerationReader()
    before = reader.current()
    settings.GENERATION_FILE = ""
    bump()
    settings.GENERATION_FILE = str(path)
    after = reader.current()
    assert after[0] == before[0]
    assert after[1] != before[1]
    with caplog.at_level(logging.ERROR):
        reader.current()
    assert "is it shared by every process?" in caplog.text
    settings.GENERATION_FILE = ""
    told = reader.current()
    bump()
    assert reader.current()[0] != told[0]  # Redis says so: it need not compare


@database
def test_writers_that_share_it_are_never_doubted(path, monkeypatch, caplog):
    monkeypatch.setattr(freshness, "COMPARE_EVERY", 0.0)
    reader = GenerationReader()
    seen = {reader.current()}
    for _ in range(5):
        bump()
        seen.add(reader.current())
        seen.add(reader.current())
    assert len(seen) == 6
    assert "no longer used" not in caplog.text


@database
def test_a_replaced_file_is_found_again_at_the_next_comparison(path, monkeypatch):
    monkeypatch.setattr(freshness, "COMPARE_EVERY", 0.0)
    reader = GenerationReader()
    reader.current()
    path.unlink()
    bump()
    reader.current()
    assert reader.current()[0] == GenerationFile(path).read()


@database
def test_a_file_that_cannot_be_read_leaves_pages_to_redis(path, caplog):
    reader = GenerationReader()
    reader.current()
    path.write_bytes(b"")
    before = reader.current()
    assert before is not None
    assert "It cannot be read" in caplog.text
    bump()
    assert reader.current() not in (None, before)


def _gone(*_arguments: object, **_named: object) -> None:
    raise freshness.DatabaseError("The server closed the connection unexpectedly.")
