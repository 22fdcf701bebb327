"""Jobs that keep the house."""

from __future__ import annotations

import logging

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from products.services import prune_checks as prune

logger = logging.getLogger(__name__)


@shared_task
def publish_scheduled() -> None:
    """Publish and expire what editors scheduled."""
    call_command("publish_scheduled", verbosity=0)


@shared_task
def clear_sessions() -> None:
    """Forget sessions that ran out."""
    call_command("clearsessions", verbosity=0)


@shared_task
def prune_checks() -> None:
    """Forget looks older than 90 days. Changes of health are kept for ever."""
    pruned = prune(now=timezone.now())
    if pruned:
        logger.info("Forgot %d old check(s).", pruned)
