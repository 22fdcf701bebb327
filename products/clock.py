"""The clock that everybody goes by."""

from __future__ import annotations

import datetime

from django.db import connection


def database_now() -> datetime.datetime:
    """The database's clock, so that web servers and workers whose clocks differ agree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    now: datetime.datetime = row[0]
    return now
