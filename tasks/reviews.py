"""Jobs of medical review."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from articles import credentials, digests, references, report_notices, rule_changes, services

logger = logging.getLogger(__name__)


@shared_task
def flag_overdue() -> None:
    """Flag what became due, after what makes it due: changed tiers, outdated references, registrations that ran out.

    Hourly; safe to miss or repeat.
    """
    rule_changes.apply_changed_rules(now=timezone.now())
    references.call_for_outdated_references(now=timezone.now())
    credentials.call_for_lapsed_credentials(now=timezone.now())
    flagged = services.flag_overdue(now=timezone.now())
    if flagged:
        logger.info("Flagged %d article(s) for medical review.", flagged)


@shared_task
def send_digests() -> None:
    """Send the day's digests, once their hour has come. Four times an hour; safe to miss or repeat."""
    sent = digests.send_digests(now=timezone.now(), hour=digests.digest_hour())
    if sent:
        logger.info("Sent %d review digest(s).", sent)


@shared_task
def tell_of_safety_concerns() -> None:
    """Tell the leads of safety concerns that readers reported. Every minute; safe to miss or repeat."""
    sent = report_notices.tell_of_safety_concerns(now=timezone.now())
    if sent:
        logger.info("Sent %d mail(s) about safety concerns.", sent)
