"""The embedded servers, and what a crash may leave of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest
import redis

from demo import __main__ as demo
from demo.claims import ClaimedError, claimed, live_claim
from demo.services import (
    PROGRAMS,
    ROOT,
    TEST_FOLDER,
    ServiceFailedError,
    services,
    shared_services,
    stop_leftovers,
)

pytestmark = pytest.mark.slow

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
    "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
}


@pytest.fixture(autouse=True)
def _no_servers_given(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.fixture
def own_folder():
    """Not pytest's `tmp_path`: nobody but its owner may pass through that, so PostgreSQL could not when we are root."""
    TEST_FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="try-", dir=TEST_FOLDER) as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def folder(own_folder):
    yield own_folder / "services"
    stop_leftovers(own_folder / "services")


@pytest.fixture(scope="module")
def made():
    """What a run of servers left in its folder: making a cluster takes longer than all else."""
    TEST_FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="made-", dir=TEST_FOLDER) as name, pytest.MonkeyPatch.context() as patch:
        for url in ("DATABASE_URL", "REDIS_URL"):
            patch.delenv(url, raising=False)
        Path(name).chmod(0o711)
        with services(Path(name) / "services", durable=False):
            pass
        yield Path(name) / "services"


@pytest.fixture
def used_folder(made, folder):
    """A folder in which servers ran before."""
    subprocess.run(["cp", "-a", made, folder], check=True)
    return folder


def at_work_in(folder: Path) -> list[str]:
    """The names of the servers whose working folder is inside `folder`."""
    found = set()
    for process in psutil.process_iter():
        try:
            if folder.resolve() in Path(process.cwd()).parents:
                found.add(process.name())
        except psutil.Error:
            continue
    return sorted(found)


def says_hello(urls: dict[str, str]) -> bool:
    with psycopg.connect(urls["DATABASE_URL"]) as connection:
        answer = connection.execute("SELECT current_database()").fetchone()
    with redis.Redis.from_url(urls["REDIS_URL"]) as client:
        return answer == ("referred",) and client.ping()


@contextmanager
def process(code: str):
    """Another Python process; its first line of output has been read when the block begins."""
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        child.first_line = child.stdout.readline().strip()
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@contextmanager
def services_in_another_process(folder: Path, *, durable: bool = True):
    with process(f"""
import time
from pathlib import Path
from demo.services import exit_on_signals, services
exit_on_signals()
with services(Path({str(folder)!r}), durable={durable}) as urls:
    print("running", flush=True)
    time.sleep(60)
""") as child:
        assert child.first_line == "running", child.stdout.read()
        yield child


def test_the_servers_answer_and_leave_no_process(folder):
    with services(folder, durable=False) as urls:
        assert says_hello(urls)
        assert at_work_in(folder) == sorted(PROGRAMS.values())
    assert at_work_in(folder) == []
    assert live_claim(folder / "claim.json") is None


def test_servers_that_the_environment_names_are_not_started(folder, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/theirs")
    monkeypatch.setenv("REDIS_URL", "redis://broker.example/0")
    with services(folder) as urls:
        assert urls == {
            "DATABASE_URL": "postgresql://db.example/theirs",
            "REDIS_URL": "redis://broker.example/0",
        }
        assert at_work_in(folder) == []


def test_a_second_process_shares_the_servers_but_may_not_start_its_own(used_folder):
    with services_in_another_process(used_folder, durable=False) as owner:
        with pytest.raises(ClaimedError) as refusal, services(used_folder):
            pass
        assert refusal.value.claim.pid == owner.pid
        with shared_services(used_folder) as urls:
            assert says_hello(urls)
        assert says_hello(urls), "sharing must not stop what another process started"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_stops_the_servers_with_their_owner(used_folder, number):
    with services_in_another_process(used_folder, durable=False) as owner:
        owner.send_signal(number)
        owner.wait(10)
        assert at_work_in(used_folder) == []


def test_after_kill_9_of_the_owner_the_next_start_stops_the_leftovers_and_keeps_the_data(used_folder):
    with services_in_another_process(used_folder) as owner:
        with shared_services(used_folder) as urls, psycopg.connect(urls["DATABASE_URL"]) as connection:
            connection.execute("CREATE TABLE kept (word text)")
        owner.kill()
        owner.wait()
    assert at_work_in(used_folder) == sorted(PROGRAMS.values())
    with services(used_folder) as urls:
        assert says_hello(urls)
        with psycopg.connect(urls["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert at_work_in(used_folder) == []


def test_after_kill_9_of_everything_the_next_start_works(used_folder):
    with services_in_another_process(used_folder, durable=False) as owner:
        for victim in [owner, *psutil.Process(owner.pid).children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                victim.kill()
        owner.wait()
    with services(used_folder, durable=False) as urls:
        assert says_hello(urls)


def test_a_pid_file_that_names_a_stranger_neither_blocks_the_start_nor_harms_the_stranger(used_folder):
    data = used_folder / "postgresql"
    # As the account the server runs as: PostgreSQL pays no heed to a process it may not signal.
    become = f"import os; os.setuid({data.stat().st_uid}); " if os.geteuid() == 0 else ""
    with process(f"{become}print(flush=True); import time; time.sleep(60)") as stranger:
        (data / "postmaster.pid").write_text(
            f"{stranger.pid}\n{data}\n{int(time.time())}\n5432\n{data}\n\n0 0\nready\n"
        )
        with services(used_folder) as urls:
            assert says_hello(urls)
        assert stranger.poll() is None


def test_a_cluster_half_made_when_the_power_went_is_made_again(folder):
    (folder / "postgresql.new").mkdir(parents=True)
    (folder / "postgresql.new" / "PG_VERSION").write_text("18\n")
    with services(folder, durable=False) as urls:
        assert says_hello(urls)


def test_broken_data_is_remade_for_tests_but_never_thrown_away_elsewhere(used_folder):
    (used_folder / "postgresql" / "global" / "pg_control").write_bytes(b"")
    with (
        pytest.raises(ServiceFailedError, match=r"(?s)PostgreSQL did not start.*pg_control"),
        services(used_folder),
    ):
        pass
    assert at_work_in(used_folder) == [], "a failed start leaves no other server running"
    with services(used_folder, durable=False) as urls:
        assert says_hello(urls)


@pytest.mark.parametrize("name", ["deep" * 30, "with spaces, commas and 100% é"])
def test_a_checkout_with_any_path_can_start(own_folder, name):
    with services(own_folder / name, durable=False) as urls:
        assert says_hello(urls)


def test_a_claim_left_by_a_dead_process_is_nobodys(tmp_path):
    file = tmp_path / "claim.json"
    with process(f"""
from pathlib import Path
from demo.claims import claimed
claim = claimed(Path({str(file)!r}))
claim.__enter__()({{"site": "here"}})
print(flush=True)
import time; time.sleep(60)
""") as holder:
        assert live_claim(file).details == {"site": "here"}
        holder.kill()
        holder.wait()
        assert live_claim(file) is None
    with claimed(file):
        assert live_claim(file).pid == os.getpid()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"pid": 1}', f'{{"pid": {os.getpid()}, "started": 1.0, "details": {{}}}}'],
    ids=["empty", "cut short", "a list", "fields missing", "the number lives again as another process"],
)
def test_a_claim_that_cannot_be_right_is_nobodys(tmp_path, text):
    (tmp_path / "claim.json").write_text(text)
    assert live_claim(tmp_path / "claim.json") is None


def test_a_second_demo_is_refused_with_the_address_of_the_first(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo, "FOLDER", tmp_path)
    monkeypatch.setattr(demo, "exit_on_signals", lambda: None)
    with claimed(tmp_path / "claim.json") as publish:
        publish({"site": "http://localhost:8017"})
        assert demo.main([]) == 1
    assert "http://localhost:8017" in capsys.readouterr().out


@contextmanager
def supervisor(folder: Path, procfile: str):
    """The demo's supervisor on a Procfile of the test's."""
    folder.mkdir()
    (folder / "Procfile").write_text(procfile)
    with process(f"""
import os, sys
from pathlib import Path
from demo import __main__ as demo
demo.ROOT = Path({str(folder)!r})
demo.LOGS = demo.ROOT
if __name__ == "__main__":
    print(flush=True)
    sys.exit(demo._supervise({{}}, dict(os.environ)))
""") as child:
        yield child


def test_when_one_process_ends_by_itself_the_demo_names_it_and_stops_the_others(folder):
    with supervisor(folder, "steady: sleep 61\nweak: sh -c 'sleep 0.5; echo out of luck; exit 3'\n") as child:
        assert child.wait(20) == 1
        said = child.stdout.read()
        assert "weak has stopped by itself (code 3)" in said
        assert "out of luck" in said
    assert not [
        process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "61"]
    ]


def test_a_process_killed_while_its_children_live_on_is_noticed(folder):
    with supervisor(folder, "web: sh -c 'sleep 3 & kill -9 $$'\n") as child:
        assert child.wait(20) == 1
        assert "web has stopped by itself (code -9)" in child.stdout.read()


def test_told_to_stop_the_demo_stops_its_processes_and_reports_no_failure(folder):
    with supervisor(folder, "steady: sh -c 'echo here; exec sleep 62'\n") as child:
        deadline = time.monotonic() + 10
        log = folder / "steady.log"
        while not (log.exists() and "here" in log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        child.terminate()
        assert child.wait(20) == 0
        assert "stopped by itself" not in child.stdout.read()
    assert not [
        process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "62"]
    ]
