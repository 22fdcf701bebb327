"""The whole site on one machine: `python -m demo`, and `python -m demo reset`."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
from honcho.environ import parse_procfile
from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Message, Printer

from demo.claims import ClaimedError, claimed
from demo.environment import FETCH_HOSTS, FOLDER, PRETENCE, demo_environment
from demo.ports import free_port, reserved_port
from demo.progress import step
from demo.services import FOLDER as SERVICES
from demo.services import ROOT, VAR, ServiceFailedError, exit_on_signals, shared_services, stop_leftovers

LOGS = FOLDER / "logs"
MEDIA = VAR / "media"
CONTENT = ROOT / "site" / "demo" / "content"
MARK = "REFERRED_DEMO"  # in the environment of all the demo's processes, so that a later start knows them
DOORMAN = "doorman"
RETAILERS_SECONDS = 30.0
STOP_SECONDS = 5.0


class DemoFailedError(Exception):
    """Something that the demo is made of did not work; the message is for a person."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo")
    parser.add_argument("command", nargs="?", choices=["run", "reset"], default="run")
    command = {"run": run, "reset": reset}[parser.parse_args(arguments).command]
    exit_on_signals()
    try:
        with claimed(FOLDER / "claim.json") as publish:
            return command(publish)
    except ClaimedError as other:
        site = other.claim.details.get("site", "it is still starting")
        print(f"The demo is running already: {site} (process {other.claim.pid}). Ctrl-C there stops it.")
    except (DemoFailedError, ServiceFailedError) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped.")
    return 1


def run(publish: Callable[[dict[str, str]], None]) -> int:
    """Start everything, and stay until Ctrl-C (0) or until one of the processes ends by itself (1)."""
    if _stop_marked_processes():
        print("Stopped what an earlier demo had left running.")
    for folder in (MEDIA, LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as running:
        port = running.enter_context(reserved_port(8000))
        _tell(port, preferred=8000)
        site = f"http://localhost:{port}"
        publish({"site": site})
        with step("Starting PostgreSQL and Valkey"):
            urls = running.enter_context(shared_services())
        environment = demo_environment(urls, site=site) | {
            MARK: str(FOLDER),
            **PRETENCE,
            "GRANIAN_HOST": "127.0.0.1",
            "GRANIAN_PORT": str(port),
        }
        running.callback(_stop_marked_processes)
        with step("Opening the fake retailers"):
            retailers, control = running.enter_context(_retailers(environment))
        with step("Preparing the database, articles, products and people"):
            _manage(["load_demo"], environment, show=True)
        print("Opening the site …", flush=True)
        doorman = ["demo.doorman", "--site", site, "--control", control, "--retailers", str(retailers)]
        besides = {DOORMAN: shlex.join([sys.executable, "-m", *doorman])}
        return _supervise(besides, environment, after=[sys.executable, "-m", "demo.after", site])


def reset(_: Callable[[dict[str, str]], None]) -> int:
    """Stop what a crash left running, and delete the demo's data. A database that `DATABASE_URL` names is left alone."""
    try:
        with claimed(SERVICES / "claim.json"):
            stopped = _stop_marked_processes() + stop_leftovers()
            for folder in (SERVICES, MEDIA, FOLDER):
                shutil.rmtree(folder, ignore_errors=True)
    except ClaimedError as other:
        raise DemoFailedError(
            f"Process {other.claim.pid} is using the demo's PostgreSQL and Valkey. Stop it first."
        ) from other
    print("The demo's data is gone." + (f" {stopped} left-over processes were stopped." if stopped else ""))
    return 0


def _port(preferred: int, *besides: int) -> int:
    port = free_port(preferred, besides=besides)
    _tell(port, preferred=preferred)
    return port


def _tell(port: int, *, preferred: int) -> None:
    if port != preferred:
        print(f"Port {preferred} is taken; using {port}.")


@contextmanager
def _retailers(environment: dict[str, str]) -> Iterator[tuple[int, str]]:
    """The fake retailers' process id and the address of their control page.

    They stand open before anything reads `FETCH_HOSTS`, which they write.
    """
    FETCH_HOSTS.unlink(missing_ok=True)
    port = _port(8443)
    control = _port(8444, port)
    command = [sys.executable, "-m", "demo.retailers", "--folder", str(FETCH_HOSTS.parent)]
    command += [
        "--catalogue",
        str(CONTENT / "products.csv"),
        "--behaviours",
        str(CONTENT / "behaviours.json"),
    ]
    command += ["--port", str(port), "--control-port", str(control)]
    log = _log_of("retailers")
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + RETAILERS_SECONDS
        while not FETCH_HOSTS.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise DemoFailedError(f"The fake retailers did not start. {_end_of(log)}")
            time.sleep(0.05)
        yield process.pid, f"http://localhost:{control}"
    finally:
        process.terminate()
        process.wait()


def _manage(arguments: list[str], environment: dict[str, str], *, show: bool = False) -> None:
    """Run a management command; with `show`, what it says is on the screen too."""
    log = _log_of(arguments[0])
    command = [sys.executable, "manage.py", *arguments]
    with (
        log.open("w", buffering=1) as output,
        subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=output, text=True
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            output.write(line)
            if show:
                print(f"\n    {line.strip()}", end=" ", flush=True)
    if process.returncode:
        raise DemoFailedError(f"`manage.py {' '.join(arguments)}` failed. {_end_of(log)}")


class _Events(Printer):
    """Shows what the doorman says, and remembers why the manager came to an end."""

    stopped: tuple[str, str] | None = None  # the process that was first to end, and its exit code
    asked = False

    def write(self, message: Message) -> None:
        if message.name == DOORMAN:
            print(message.data.decode().rstrip(), flush=True)
        elif message.name == SYSTEM_PRINTER_NAME and not self.stopped and not self.asked:
            if " received" in message.data:
                self.asked = True
                print("\nStopping …", flush=True)
            elif stop := re.match(r"(\S+) stopped \(rc=(-?\d+)\)", message.data):
                self.stopped = (stop[1], stop[2])


def _supervise(besides: dict[str, str], environment: dict[str, str], *, after: Sequence[str] = ()) -> int:
    """Run the Procfile and the commands of `besides` until one ends, or until we are told to stop.

    `after` is put before every command of the Procfile but the web server's.
    """
    events = _Events()
    manager = Manager(events)
    for name, command in besides.items():
        manager.add_process(name, command, env=environment, cwd=str(ROOT))
    for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        polite = command if name == "web" else f"{shlex.join(after)} nice -n 10 {command}".lstrip()
        # A file, not the manager's pipe: children that outlive a killed process would keep its pipe open.
        told = f"exec {polite} >{shlex.quote(str(_log_of(name)))} 2>&1"
        manager.add_process(name, told, env=environment, cwd=str(ROOT))
    manager.loop()
    if events.asked:
        print("Stopped.")
        return 0
    if events.stopped and events.stopped[0] not in besides:
        name, code = events.stopped
        print(f"{name} has stopped by itself (code {code}). {_end_of(_log_of(name))}", file=sys.stderr)
    return 1


def _log_of(name: str) -> Path:
    return LOGS / f"{name}.log"


def _end_of(log: Path, lines: int = 25) -> str:
    said = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
    return "\n".join([f"The end of {log}:", *said])


def _stop_marked_processes() -> int:
    """Stop every process of this checkout's demo but this one; how many there were."""
    found = [process for process in psutil.process_iter() if _is_marked(process)]
    for signal_them in (psutil.Process.terminate, psutil.Process.kill):
        for process in found:
            with suppress(psutil.NoSuchProcess):
                signal_them(process)
        psutil.wait_procs(found, STOP_SECONDS)
    return len(found)


def _is_marked(process: psutil.Process) -> bool:
    try:
        return process.environ().get(MARK) == str(FOLDER) and process.pid != os.getpid()
    except psutil.Error:  # it has ended, or is not ours to look at
        return False


if __name__ == "__main__":
    sys.exit(main())
