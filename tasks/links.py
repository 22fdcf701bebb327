"""Jobs of the link checks."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings

from products.door import the_door
from products.rounds import Limits, run_round

logger = logging.getLogger(__name__)


@shared_task(soft_time_limit=80, time_limit=100)
def check_due_links() -> None:
    """Run one round; ask for the next at once if work is left."""
    report = run_round(
        the_door(), tempo=settings.LINK_CHECK_TEMPO, limits=Limits(threads=settings.LINK_CHECK_THREADS)
    )
    if report.looked or report.given_back:
        logger.info(
            "Looked at %d offer(s): %d change(s) of health, %d given back.",
            report.looked,
            report.flipped,
            report.given_back,
        )
    if report.looked and report.work_left:
        check_due_links.delay()
