"""Everything that must hold before a change is merged, on real services: `python -m demo.checks`.

Every step runs even if one before it failed; nothing is skipped. What follows the options goes to pytest:
`python -m demo.checks -n 0` runs the tests in one process, `python -m demo.checks --only tests -k links` some of them. Types are
checked while the database is made.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psycopg

from demo.chromium import NoChromiumError, install_chromium
from demo.services import ROOT, ServiceFailedError, exit_on_signals, own_test_services

TEMPLATES = [
    folder
    for folder in ("site/templates", "articles/templates", "products/templates")
    if (ROOT / folder).is_dir()
]
MIGRATED = "referred_migrated"
MANAGE = [sys.executable, "manage.py"]
PROCESSES = 2 + min(os.cpu_count() or 1, 4)
"""More than cores: tests that kill, freeze and restart processes, and those of the browser, often wait."""
STEPS: dict[str, list[list[str]]] = {
    "style": [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        *([["djlint", "--lint", "--quiet", *TEMPLATES]] if TEMPLATES else []),
    ],
    "contracts": [["lint-imports"]],
    "types": [["mypy", "products", "articles", "tasks", "site/config", "site/demo"]],
    "migrations": [
        [*MANAGE, "makemigrations", "--check", "--dry-run"],
        [*MANAGE, "migrate", "--verbosity", "0"],
    ],
    "django": [[*MANAGE, "check"]],
    "tests": [["pytest", "-m", "", "-n", str(PROCESSES), "--dist", "loadfile", "--no-loadscope-reorder"]],
}
BESIDE = "types"
"""Runs in the background until the tests begin; then it is waited for."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.checks")
    parser.add_argument("--only", choices=STEPS, action="append", help="this step alone (may be given again)")
    options, for_pytest = parser.parse_known_args()
    names = options.only or list(STEPS)
    exit_on_signals()
    started = time.monotonic()
    try:
        if "tests" in names:
            os.environ["CHROMIUM"] = install_chromium()
        with own_test_services() as urls:
            urls |= _fresh_database(urls["DATABASE_URL"])
            failed = _run(names, _environment(urls), for_pytest)
    except (NoChromiumError, ServiceFailedError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(
        f"\n{'Failed: ' + ', '.join(failed) if failed else 'All is well'} ({time.monotonic() - started:.0f} s)."
    )
    return 1 if failed else 0


def _fresh_database(url: str) -> dict[str, str]:
    """A database for the step that migrates, of which the tests' processes then take copies."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {MIGRATED}")
        connection.execute(f"CREATE DATABASE {MIGRATED}")
    return {
        "DATABASE_URL": urlsplit(url)._replace(path=f"/{MIGRATED}").geturl(),
        "TEST_DATABASE_TEMPLATE": MIGRATED,
    }


def _run(names: list[str], environment: dict[str, str], for_pytest: list[str]) -> list[str]:
    """The steps that failed."""
    results = {}
    with ExitStack() as running:
        waits = running.enter_context(_background(BESIDE, environment)) if BESIDE in names else None
        for name in [name for name in STEPS if name in names and name != BESIDE]:
            if waits and name == "tests":
                results[BESIDE], waits = waits(), None
            results[name] = _passes(name, environment, for_pytest)
        if waits:
            results[BESIDE] = waits()
    return [name for name, passed in results.items() if not passed]


def _environment(urls: dict[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        **urls,
        "PATH": os.pathsep.join((str(ROOT / ".venv" / "bin"), os.environ.get("PATH", os.defpath))),
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "site"))),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }


def _passes(name: str, environment: dict[str, str], for_pytest: list[str]) -> bool:
    started = time.monotonic()
    print(f"\n=== {name}", flush=True)
    passed = True
    for command in STEPS[name]:
        arguments = [*command, *for_pytest] if command[0] == "pytest" else command
        passed &= subprocess.run(arguments, env=environment, cwd=ROOT, check=False).returncode == 0
    _report(name, passed, started)
    return passed


@contextmanager
def _background(name: str, environment: dict[str, str]) -> Iterator[Callable[[], bool]]:
    """Starts a step of one command; gives what waits for it, shows what it said and tells whether it passed."""
    started = time.monotonic()
    (command,) = STEPS[name]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )

    def passes() -> bool:
        said, _ = process.communicate()
        print(f"\n=== {name}\n{said}", end="", flush=True)
        _report(name, process.returncode == 0, started)
        return process.returncode == 0

    try:
        yield passes
    finally:
        process.kill()
        process.wait()


def _report(name: str, passed: bool, started: float) -> None:
    print(f"=== {name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
