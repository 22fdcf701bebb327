"""The database as migrations left it, put back after each test that commits.

Django empties every table and reads the rows back through its models: half a second a test. Here what a test wrote is
deleted, without a trigger or a foreign key that would mind, and the rows are copied back.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

_TABLES = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""


class PristineRows:
    """The rows of all tables at the time it is made. Its account must be a superuser of the test database."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_TABLES)
            tables = [table for (table,) in cursor.fetchall()]
            copies = {table: b"".join(_copied(cursor, table)) for table in tables}
        self._emptying = "; ".join(f"DELETE FROM {table}" for table in tables)
        self._rows = {table: rows for table, rows in copies.items() if rows}

    def put_back(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(self._emptying)
            for table, rows in self._rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)


def _copied(cursor, table: str) -> Iterator[bytes]:
    with cursor.copy(f"COPY {table} TO STDOUT") as copy:
        yield from map(bytes, copy)
