"""Everything that must hold before a change is merged, on real services: `python -m demo.checks`.

Every step runs even if one before it failed; nothing is skipped. What follows the options goes to pytest:
`python -m demo.checks -n 0` runs the tests in one process, `python -m demo.checks --only tests -k links` some of them. Those
that kill and freeze processes come last.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
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
PROCESSES = ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile", "--no-loadscope-reorder"]
STEPS: dict[str, list[list[str]]] = {
    "style": [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        *([["djlint", "--lint", "--quiet", *TEMPLATES]] if TEMPLATES else []),
    ],
    "types": [["mypy", "products", "articles", "tasks", "site/config", "site/demo"]],
    "contracts": [["lint-imports"]],
    "migrations": [
        [*MANAGE, "makemigrations", "--check", "--dry-run"],
        [*MANAGE, "migrate", "--verbosity", "0"],
    ],
    "django": [[*MANAGE, "check"]],
    "tests": [["pytest", *PROCESSES]],
    "faults": [["pytest", "tests/faults", "tests/tasks", "-m", "faults", *PROCESSES]],
}


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
            failed = [name for name in names if not _passes(name, urls, for_pytest)]
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


def _passes(name: str, urls: dict[str, str], for_pytest: list[str]) -> bool:
    environment = {
        **os.environ,
        **urls,
        "PATH": os.pathsep.join((str(ROOT / ".venv" / "bin"), os.environ.get("PATH", os.defpath))),
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "site"))),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    started = time.monotonic()
    print(f"\n=== {name}", flush=True)
    passed = True
    for command in STEPS[name]:
        arguments = [*command, *for_pytest] if command[0] == "pytest" else command
        passed &= subprocess.run(arguments, env=environment, cwd=ROOT, check=False).returncode == 0
    print(f"=== {name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - started:.1f} s", flush=True)
    return passed


if __name__ == "__main__":
    sys.exit(main())
