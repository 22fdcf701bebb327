"""The checkers: how each is installed, run on a list, and asked which links it calls broken."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import venv
from abc import ABC, abstractmethod
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
FOLDER = ROOT / "var" / "bench"
THREADS = 16


@dataclass(frozen=True, slots=True)
class Job:
    """One list to check. `folder` is empty and the checker's own."""

    folder: Path
    addresses: list[str]
    ca_file: str
    pace: float

    @property
    def listed(self) -> Path:
        return self.folder / "list.txt"

    @property
    def told(self) -> Path:
        return self.folder / "told"


class Checker(ABC):
    """One program."""

    name: str

    def prepare(self, job: Job) -> None:
        """Write the list as the program wants it."""
        job.listed.write_text("".join(f"{address}\n" for address in job.addresses))

    @abstractmethod
    def command(self, job: Job) -> list[str]:
        """What to run; its standard output goes to `job.told`, its input is the list."""

    def environment(self, job: Job) -> dict[str, str]:
        return {}

    @abstractmethod
    def broken(self, job: Job) -> set[str]:
        """The addresses that it calls broken."""


class Ours(Checker):
    name = "check_urls"

    def command(self, job: Job) -> list[str]:
        return [
            sys.executable,
            str(ROOT / "manage.py"),
            "check_urls",
            str(job.listed),
            str(job.folder / "results.tsv"),
            *("--pace", str(job.pace), "--concurrency", str(THREADS)),
            *("--allow-network", "127.0.0.0/8", "--ca", job.ca_file),
        ]

    def environment(self, job: Job) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere",  # neither is ever asked
            "REDIS_URL": "redis://127.0.0.1:1/0",
        }

    def broken(self, job: Job) -> set[str]:
        rows = [line.split("\t") for line in (job.folder / "results.tsv").read_text().splitlines()]
        return {address for address, _, is_broken in rows if is_broken == "1"}


class Lychee(Checker):
    name = "lychee"

    def command(self, job: Job) -> list[str]:
        told = ["--format", "json", "--output", str(job.told.with_suffix(".json")), "--no-progress"]
        return [_program("lychee"), *told, "--max-concurrency", "32", "--timeout", "10", str(job.listed)]

    def environment(self, job: Job) -> dict[str, str]:
        return {"SSL_CERT_FILE": job.ca_file}

    def broken(self, job: Job) -> set[str]:
        report = json.loads(job.told.with_suffix(".json").read_text())
        maps = [report.get("error_map", {}), report.get("timeout_map", {})]
        return {one["url"] for each in maps for found in each.values() for one in found}


class LinkChecker(Checker):
    name = "LinkChecker"

    def prepare(self, job: Job) -> None:
        super().prepare(job)
        (job.folder / "rc").write_text(
            f"[checking]\nsslverify={job.ca_file}\nthreads=32\ntimeout=10\n[output]\nstatus=0\n"
        )

    def command(self, job: Job) -> list[str]:
        told = ["--output", "csv/utf-8", "--verbose", "--no-warnings"]
        return [
            _program("linkchecker"),
            "--config",
            str(job.folder / "rc"),
            *told,
            "--recursion-level",
            "0",
            "--stdin",
        ]

    def broken(self, job: Job) -> set[str]:
        lines = [line for line in job.told.read_text().splitlines() if not line.startswith("#")]
        return {row["urlname"] for row in csv.DictReader(lines, delimiter=";") if row["valid"] == "False"}


class Linkinator(Checker):
    name = "linkinator"

    def prepare(self, job: Job) -> None:
        anchors = "".join(f'<a href="{escape(address)}">x</a>\n' for address in job.addresses)
        (job.folder / "list.html").write_text(f"<!doctype html><title>List</title>{anchors}")
        super().prepare(job)

    def command(self, job: Job) -> list[str]:
        program = str(FOLDER / "node_modules" / ".bin" / "linkinator")
        return [program, "list.html", "--format", "json", "--timeout", "10000", "--concurrency", "32"]

    def environment(self, job: Job) -> dict[str, str]:
        return {"NODE_EXTRA_CA_CERTS": job.ca_file}

    def broken(self, job: Job) -> set[str]:
        text = job.told.read_text()
        links = json.loads(text[text.index("{") :])["links"]
        return {link["url"] for link in links if link["state"] == "BROKEN"}


class Script(Checker):
    """One of the two that everybody writes first."""

    def __init__(self, name: str, script: str) -> None:
        self.name = name
        self._script = HERE / script

    def command(self, job: Job) -> list[str]:
        return [
            _program("python"),
            str(self._script),
            str(job.listed),
            str(job.folder / "broken.txt"),
            job.ca_file,
        ]

    def broken(self, job: Job) -> set[str]:
        return set((job.folder / "broken.txt").read_text().split())


def _program(name: str) -> str:
    return str(FOLDER / "venv" / "bin" / name)


def install() -> list[Checker]:
    """All checkers, with those of others installed under `var/bench/`; linkinator only where npm is."""
    python = Path(_program("python"))
    if not python.exists():
        venv.create(FOLDER / "venv", with_pip=True)
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "-r", ROOT / "bench" / "requirements.in"], check=True
    )
    checkers: list[Checker] = [
        Ours(),
        Lychee(),
        LinkChecker(),
        Script("requests, 32 threads", "pool.py"),
        Script("aiohttp, 32 at once", "gather.py"),
    ]
    if npm := shutil.which("npm"):
        if not (FOLDER / "node_modules" / ".bin" / "linkinator").exists():
            words = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", FOLDER, "linkinator"]
            subprocess.run(words, check=True, cwd=FOLDER)
        checkers.insert(3, Linkinator())
    else:
        print("No npm here: linkinator is left out.", file=sys.stderr)
    return checkers


def plain_environment() -> dict[str, str]:
    """Ours, without what would change how a checker goes about it."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}
