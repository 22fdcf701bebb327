"""Chromium for the browser tests: the system's own, or installed with the system's package manager.

`python -m demo.chromium` installs it where there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
INSTALLERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "apt-get": (
        ("apt-get", "update"),
        ("apt-get", "install", "--yes", "--no-install-recommends", "chromium"),
    ),
    "dnf": (("dnf", "install", "--assumeyes", "chromium"),),
    "pacman": (("pacman", "--sync", "--noconfirm", "chromium"),),
    "brew": (("brew", "install", "--cask", "chromium"),),
}
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",  # no page reaches the outside
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)


class NoChromiumError(Exception):
    """There is none and it could not be installed; the message says what to do."""


def find_chromium() -> str | None:
    """The program named by `CHROMIUM`, else the first that the system has."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    found = (shutil.which(name) for name in (*NAMES, *MAC_APPLICATIONS))
    return next((program for program in found if program), None)


def install_chromium() -> str:
    """The system's Chromium, installed if need be. Raises `NoChromiumError`."""
    if program := find_chromium():
        return program
    if named := os.environ.get("CHROMIUM"):
        raise NoChromiumError(f"CHROMIUM names {named}, which is not a program.")
    manager = next((name for name in INSTALLERS if shutil.which(name)), None)
    if manager is None:
        raise NoChromiumError("The browser tests need Chromium: install it, or name the program in CHROMIUM.")
    as_root = ("sudo",) if os.geteuid() and manager != "brew" else ()
    print(f"The browser tests need Chromium; installing it with {manager} …", flush=True)
    for command in INSTALLERS[manager]:
        try:
            done = subprocess.run((*as_root, *command), stdin=subprocess.DEVNULL, check=False).returncode == 0
        except FileNotFoundError:
            done = False
        if not done:
            raise NoChromiumError(
                f"Chromium could not be installed (`{' '.join((*as_root, *command))}` failed). "
                "Install it yourself, or name the program in CHROMIUM."
            )
    if program := find_chromium():
        return program
    raise NoChromiumError(f"{manager} installed no Chromium that can be found: name the program in CHROMIUM.")


def main() -> int:
    try:
        print(f"Chromium: {Path(install_chromium())}")
    except NoChromiumError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
