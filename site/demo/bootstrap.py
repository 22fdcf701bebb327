"""Make `.venv` and install the locked requirements, only when the lock, Python or the folder has changed.

Run by the Makefile with the system's Python (3.11 or newer), so it uses the standard library alone.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCK = ROOT / "requirements-dev.txt"
STAMP = ENVIRONMENT / "installed-from"


def main() -> int:
    if STAMP.is_file() and STAMP.read_text() == _stamp() and PYTHON.exists():
        return 0
    started = time.monotonic()
    if not _works(PYTHON) or not _belongs_here():
        if find_spec("venv") is None or find_spec("ensurepip") is None:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            print(
                f"Python {version} has no venv module. On Debian and Ubuntu: apt-get install python{version}-venv",
                file=sys.stderr,
            )
            return 1
        print(f"Making .venv with Python {sys.version.split()[0]} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
    print("Installing the locked requirements into .venv …", flush=True)
    install = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    install += [
        "--no-compile",  # Python compiles the few modules that are used, when they are
        "--no-deps",  # the lock names all of them
    ]
    if subprocess.run([*install, "--require-hashes", "-r", str(LOCK)], check=False).returncode:
        print(
            "The requirements could not be installed; what pip said is above. Run the command again.",
            file=sys.stderr,
        )
        return 1
    STAMP.write_text(_stamp())
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def _stamp() -> str:
    """What the installation rests on. The folder counts, because scripts in a virtual environment name it."""
    return f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()}\n{ENVIRONMENT}\n"


def _works(python: Path) -> bool:
    """False too where the Python it was made with has gone or is too old for us."""
    try:
        supported = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
        return subprocess.run([python, "-c", supported], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _belongs_here() -> bool:
    """False in a folder that was moved: the scripts in a virtual environment begin with where it was made."""
    pip = ENVIRONMENT / "bin" / "pip"
    return pip.is_file() and str(PYTHON) in pip.read_text(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
