"""Jobs of medical review."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from articles import services

logger = logging.getLogger(__name__)


@shared_task
def flag_overdue() -> None:
    """Flag what became due. Hourly; safe to miss or repeat."""
    flagged = services.flag_overdue(now=timezone.now())
    if flagged:
        logger.info("Flagged %d article(s) for medical review.", flagged)
