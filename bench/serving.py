"""A web server as the Procfile starts it, for as long as something is measured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from demo.ports import free_port
from demo.services import ROOT

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Server:
    address: str
    """Without a slash at its end."""
    process: psutil.Process


@contextmanager
def serving(application: str, *, ready: str, media: bool = False, **environment: str) -> Iterator[Server]:
    """Start granian with an application and this process's environment, and what is given; it is there once `ready`,
    a path, is answered with 200. With `media` it serves the demo's pictures too. Raises `SystemExit` if it does not start."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", str(WORKERS), "--blocking-threads", "1"]
    if media:
        command += ["--static-path-route", "/media", "--static-path-mount", "var/media"]
    command += ["--log-level", "warning", application]
    paths = os.pathsep.join((str(ROOT), str(ROOT / "site")))
    address = f"http://127.0.0.1:{port}"
    all_of_it = {**os.environ, "PYTHONPATH": paths, "SITE_URL": address, **environment}
    process = subprocess.Popen(command, cwd=ROOT, env=all_of_it)
    try:
        deadline = time.monotonic() + 60
        while not _answers(address + ready):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{application}: the web server did not start.")
            time.sleep(0.2)
        yield Server(address, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        request = urllib.request.Request(address, headers={"Host": "localhost"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
