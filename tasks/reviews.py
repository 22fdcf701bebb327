"""Jobs of medical review."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from articles import digests, references, services

logger = logging.getLogger(__name__)


@shared_task
def flag_overdue() -> None:
    """Flag what became due, after the calls that outdated references make. Hourly; safe to miss or repeat."""
    references.call_for_outdated_references(now=timezone.now())
    flagged = services.flag_overdue(now=timezone.now())
    if flagged:
        logger.info("Flagged %d article(s) for medical review.", flagged)


@shared_task
def send_digests() -> None:
    """Send the day's digests, once their hour has come. Four times an hour; safe to miss or repeat."""
    sent = digests.send_digests(now=timezone.now(), hour=settings.DIGEST_HOUR)
    if sent:
        logger.info("Sent %d review digest(s).", sent)
