"""Real processes for the fault tests. With `--full` each fault comes by itself, in the midst of 10,000 checks."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from demo.services import postgresql_programs
from tests.faults.scene import Scene
from tests.faults.stage import Stage, staged
from tests.processes import environment

Stager = Callable[..., Stage]


@pytest.fixture(scope="session")
def schema(django_db_setup: None) -> bytes:
    """The test database's tables without a row."""
    dump = [
        str(postgresql_programs() / "pg_dump"),
        "--schema-only",
        "--no-owner",
        environment()["DATABASE_URL"],
    ]
    return subprocess.run(dump, check=True, capture_output=True).stdout


@pytest.fixture
def stage(tmp_path_factory: pytest.TempPathFactory, schema: bytes) -> Iterator[Stager]:
    """Set a stage: `stage(scene, tempo=…)`."""
    with ExitStack() as running:

        def set_stage(scene: Scene, *, tempo: float) -> Stage:
            folder: Path = tmp_path_factory.mktemp("faults")
            return running.enter_context(staged(scene, folder, tempo=tempo, schema=schema))

        yield set_stage
