"""Two deployments that start at the same moment on an empty database."""

import sys

import pytest

from tests.faults.scene import Scene
from tests.faults.stage import Stage

pytestmark = [pytest.mark.faults, pytest.mark.full]


def test_two_deployments_that_migrate_at_once_both_succeed(tmp_path):
    on = Stage(Scene(shops=1, offers=1, pace=1.0), tmp_path, tempo=0.001)
    try:
        on.start_broker()
        on.start_database()
        both = [on.start_deployment(f"deployment-{number}") for number in (1, 2)]
        assert [one.wait(300) for one in both] == [0, 0], f"The logs are in {tmp_path}."
        on.run(sys.executable, "manage.py", "migrate", "--check", "--verbosity", "0")
    finally:
        on.close()
