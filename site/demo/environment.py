"""The environment that the demo's processes run in."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from demo.retailers.creators_api import DEMO_CREDENTIALS
from demo.services import ROOT, VAR, postgresql_programs

FOLDER = VAR / "demo"
FETCH_HOSTS = FOLDER / "retailers" / "fetch_hosts"
PRETENCE = {
    "FETCH_HOSTS": str(FETCH_HOSTS),
    "AMAZON_CREATORS_API_NA": ":".join(DEMO_CREDENTIALS),
}
"""What sends the link checks to the fake retailers and to the stand-in of Amazon's API: both or neither."""
TEMPO = "0.0002"  # an hour between two looks at a link becomes 0.7 seconds, a week two minutes


def demo_environment(urls: dict[str, str], *, site: str) -> dict[str, str]:
    """This process's environment with everything the demo's settings read; `site` is the address readers use.

    The programs of `.venv` and of the embedded PostgreSQL (`pg_dump` for backups) come first on the path.
    """
    programs = (str(ROOT / ".venv" / "bin"), str(postgresql_programs()), os.environ.get("PATH", os.defpath))
    return {
        **os.environ,
        **urls,
        "PATH": os.pathsep.join(programs),
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "site"))),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "SECRET_KEY": _secret_key(FOLDER / "secret_key"),
        "DEBUG": os.environ.get("DEBUG", "false"),
        "SITE_URL": site,
        "FLAG_OVERDUE_MINUTES": "1",
        "LINK_CHECK_TEMPO": os.environ.get("LINK_CHECK_TEMPO", TEMPO),
        **(PRETENCE if FETCH_HOSTS.exists() else {}),
    }


def _secret_key(file: Path) -> str:
    """Made at the first start, and kept so that nobody is logged out by a restart."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50))
    return file.read_text()
