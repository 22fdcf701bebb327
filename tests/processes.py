"""Processes of our own that work on the database of the running test."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection


def environment(**more: str) -> dict[str, str]:
    """The environment of a child process: the tests' settings, the test database, and what is given."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return {
        **os.environ,
        "DATABASE_URL": database.geturl(),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "PYTHONPATH": os.pathsep.join((str(settings.ROOT), str(settings.SITE))),
        **more,
    }


def manage(*arguments: object) -> list[str]:
    """A command line of manage.py."""
    return [sys.executable, str(settings.ROOT / "manage.py"), *map(str, arguments)]
