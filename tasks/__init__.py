"""Background jobs: the only place that knows Celery. A task is fetch, call, return."""

from tasks.celery import app

__all__ = ["app"]
