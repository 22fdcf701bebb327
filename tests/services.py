"""A pytest plugin that gives the tests a database and a broker before Django reads its settings.

Loaded by `-p tests.services` in pyproject.toml: a conftest.py would come too late. Where `DATABASE_URL` and
`REDIS_URL` are set (CI, or `make test`, which starts servers for all its steps) those are used.
"""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from demo.services import exit_on_signals, own_test_services


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if not early_config.pluginmanager.hasplugin("django"):
        return  # `-p no:django` runs the pure tests alone
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        _take_a_redis_database(int(worker.removeprefix("gw")) + 1)
        return
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        exit_on_signals()
    running = ExitStack()
    early_config.add_cleanup(running.close)
    os.environ.update(running.enter_context(own_test_services()))


def _take_a_redis_database(number: int) -> None:
    """Processes of one run share the servers; pytest-django gives each a database of PostgreSQL, this one of Redis."""
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()
