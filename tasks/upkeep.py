"""Jobs that keep the house."""

from __future__ import annotations

import datetime
import logging

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from articles import problem_reports, search_terms, share_pictures
from products.mass_checks import prune_mass_checks
from products.services import prune_checks as prune

logger = logging.getLogger(__name__)


@shared_task
def publish_scheduled() -> None:
    """Publish and expire what editors scheduled."""
    call_command("publish_scheduled", verbosity=0)


@shared_task
def gather_search_terms() -> None:
    """Let mistyped searches be led to the words that are public now."""
    terms = search_terms.gather()
    logger.info("Search knows %d terms.", terms)


@shared_task
def tidy_share_pictures() -> None:
    """Draw the share pictures that are missing or out of date, and delete files that no page names any more."""
    mended, deleted = share_pictures.tidy(now=timezone.now())
    if mended or deleted:
        logger.info("Drew %d share picture(s), deleted %d old file(s).", mended, deleted)


@shared_task
def clear_sessions() -> None:
    """Forget sessions that ran out."""
    call_command("clearsessions", verbosity=0)


@shared_task
def prune_checks() -> None:
    """Forget looks older than 90 days, and what was asked for before. Changes of health are kept for ever."""
    prune_mass_checks(now=timezone.now())
    pruned = prune(now=timezone.now())
    if pruned:
        logger.info("Forgot %d old check(s).", pruned)


@shared_task
def forget_reports() -> None:
    """Forget what readers wrote, and their addresses, once it was kept long enough."""
    after = datetime.timedelta(days=settings.PROBLEM_REPORT_DAYS)
    forgotten = problem_reports.forget(now=timezone.now(), after=after)
    if forgotten:
        logger.info("Forgot what readers wrote in %d report(s).", forgotten)
