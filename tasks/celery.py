"""The Celery application. The database row is the truth; a message only says "look now"."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from celery import Celery
from kombu import Queue

_SITE = str(Path(__file__).resolve().parents[1] / "site")
if _SITE not in sys.path:  # `celery -A tasks` starts here, not at manage.py
    sys.path.insert(0, _SITE)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
os.environ.setdefault(
    "RES_OPTIONS", "timeout:1 attempts:2"
)  # a resolver that hangs must not eat a look's ten seconds
os.environ.setdefault(
    "PGOPTIONS", "-c idle_in_transaction_session_timeout=60s"
)  # a process that freezes in the midst of a transaction must not keep its rows from the others

app = Celery("referred")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, routing_key=name) for name in ("default", "links", "shops")]
app.conf.task_routes = {
    "tasks.links.check_due_links": {"queue": "links"},
    # Taken in turn with rounds, so that a backlog of those keeps nothing waiting.
    "tasks.links.*": {"queue": "shops"},
}
app.conf.imports = ["tasks.links", "tasks.reviews", "tasks.upkeep", "tasks.schedule"]
