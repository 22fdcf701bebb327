"""Statements that are asked so often that PostgreSQL should plan them once for each connection.

Django binds parameters in the client, so that every statement is planned anew; for a join of six tables that takes longer
than to run it. The few statements on the way to a shop go to psycopg as they are, to be prepared there. A pooler between
the site and PostgreSQL must know prepared statements (PgBouncer does from 1.21 on).
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection


def ask(statement: str, parameters: Sequence[Any], *, repeatable: bool = False) -> tuple[Any, ...] | None:
    """Run a prepared statement on Django's own connection, in its transaction; its first row, if it gives any.

    A connection that PostgreSQL closed since the last request is noticed, and replaced; Django would ask `SELECT 1`
    first, each time. `repeatable`: it changes nothing, and is asked again on a new connection if one is lost under it.
    Raises Django's database errors.
    """
    if connection.in_atomic_block:
        return _ask(statement, parameters)
    if connection.connection is not None and _was_closed(connection.connection):
        connection.close()
    connection.health_check_done = True  # type: ignore[attr-defined]  # the stubs do not know it
    if not repeatable:
        return _ask(statement, parameters)
    try:
        return _ask(statement, parameters)
    except (OperationalError, InterfaceError):
        connection.close()
        return _ask(statement, parameters)


def _was_closed(idle: psycopg.Connection[Any]) -> bool:
    """Whether the other side said something to a connection on which nothing was asked: that is only ever good-bye."""
    if idle.closed:
        return True
    readable, _, _ = select.select([idle.fileno()], [], [], 0)
    return bool(readable)


def _ask(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    with connection.cursor(), connection.wrap_database_errors:
        raw = connection.connection
        raw.prepare_threshold = 0  # Django switches preparing off; its own cursors prepare nothing anyway
        with psycopg.Cursor(raw) as cursor:
            cursor.execute(statement, parameters, prepare=True)
            return cursor.fetchone() if cursor.pgresult and cursor.pgresult.nfields else None
