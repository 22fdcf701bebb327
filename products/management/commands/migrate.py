"""`manage.py migrate`: Django's own, one at a time."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as DjangosOwn
from django.db import connections

LOCK = 7_235_414_663  # any number that no other program takes in this database


class Command(DjangosOwn):
    """Two deployments that start together would both make the same tables: the second waits, and finds them made."""

    def handle(self, *args: Any, **options: Any) -> None:
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            super().handle(*args, **options)
        finally:
            with connections[options["database"]].cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
