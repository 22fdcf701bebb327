"""Jobs of the link checks."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings

from products.alarms import settle_all
from products.api_round import ask_api, forget_old_prices, the_api
from products.breakers import reconsider_hosts
from products.clock import database_now
from products.door import the_door
from products.judgements import read_identities
from products.models import Offer
from products.nonsense import probe_nonsense
from products.rounds import Limits, run_round

logger = logging.getLogger(__name__)


@shared_task(soft_time_limit=80, time_limit=100)
def check_due_links() -> None:
    """Run one round; ask for the next at once if work is left."""
    report = run_round(
        the_door(),
        tempo=settings.LINK_CHECK_TEMPO,
        limits=Limits(threads=settings.LINK_CHECK_THREADS),
        respects_robots=settings.RESPECT_ROBOTS_FOR_PRODUCTS,
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


@shared_task(soft_time_limit=80, time_limit=100)
def ask_for_nonsense() -> None:
    """See what shops show at addresses that cannot exist. Safe to miss or repeat."""
    probe_nonsense(the_door(), now=database_now())


@shared_task(soft_time_limit=60, time_limit=80)
def ask_the_api() -> None:
    """Ask the API of shops whose pages robots may not open, once. Safe to miss or repeat."""
    looked = ask_api(the_api(), tempo=settings.LINK_CHECK_TEMPO)
    if looked:
        logger.info("Asked the API about %d offer(s).", looked)


@shared_task
def settle_alarms() -> None:
    """Mend what edits changed where no look was made: identities that are read, and alarms. Safe to miss or repeat."""
    now = database_now()
    released = reconsider_hosts(now=now, tempo=settings.LINK_CHECK_TEMPO)
    if released:
        logger.info("%d shop(s) speak for each link by itself again.", released)
    settle_all(now=now)
    changed = read_identities(Offer.objects.all(), now=now)
    if changed:
        logger.info("Read %d change(s) of identity from addresses.", changed)
    forgotten = forget_old_prices(now=now)
    if forgotten:
        logger.info("Forgot %d price(s) that are a day old.", forgotten)
