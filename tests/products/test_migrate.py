"""Migrations run one at a time."""

from __future__ import annotations

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from products.management.commands.migrate import LOCK
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_second_migration_waits_for_the_first():
    with psycopg.connect(environment()["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        try:
            with pytest.raises(OperationalError, match="lock timeout"):
                call_command("migrate", verbosity=0)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
        other.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    call_command("migrate", verbosity=0)
    with psycopg.connect(environment()["DATABASE_URL"], autocommit=True) as other:
        assert other.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() == (True,)  # given back
