"""What an alarm costs, and what an article earns: how often people followed the links that it is about."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from products.models import Alarm, Clicks
from products.querysets import ClickQuerySet

DAYS = 30


def clicks_lately(alarms: Collection[Alarm], *, now: datetime.datetime) -> dict[int, int]:
    """By alarm, the clicks of people in the last `DAYS` days, today among them, on the offers that it is about.

    The offer itself, every offer of a shop, or every offer of a product in a region. A query for each of these three.
    """
    recent = _lately(now)
    of_offers, of_hosts, of_products = (
        [alarm for alarm in alarms if getattr(alarm, subject) is not None]
        for subject in ("offer_id", "host_id", "product_id")
    )
    found: dict[int, int] = defaultdict(int)
    if of_offers:
        sums = _sums(recent.filter(offer__in=[alarm.offer_id for alarm in of_offers]), "offer_id")
        found |= {alarm.pk: sums[(alarm.offer_id,)] for alarm in of_offers}
    if of_hosts:
        at_hosts = recent.filter(offer__host__in=[alarm.host_id for alarm in of_hosts])
        sums = _sums(at_hosts, "offer__host_id")
        found |= {alarm.pk: sums[(alarm.host_id,)] for alarm in of_hosts}
    if of_products:
        of_them = recent.filter(offer__product__in=[alarm.product_id for alarm in of_products])
        sums = _sums(of_them, "offer__product_id", "offer__retailer__region_id")
        found |= {alarm.pk: sums[alarm.product_id, alarm.region_id] for alarm in of_products}
    return found


def clicks_of_pages(pages: Collection[int] | None = None, *, now: datetime.datetime) -> dict[int, int]:
    """By page that was clicked on, the clicks of people in the last `DAYS` days, today among them. One query.

    `pages`: primary keys; None: every page.
    """
    recent = _lately(now).filter(page__isnull=False)
    if pages is not None:
        recent = recent.filter(page__in=pages)
    return {page: clicks for (page,), clicks in _sums(recent, "page_id").items() if clicks}


def _lately(now: datetime.datetime) -> ClickQuerySet:
    today = timezone.localdate(now, timezone=timezone.get_default_timezone())
    return Clicks.objects.between(today - datetime.timedelta(days=DAYS - 1), today).by_people()


def _sums(counts: ClickQuerySet, *fields: str) -> dict[tuple[Any, ...], int]:
    rows = counts.order_by().values_list(*fields).annotate(together=Sum("people"))
    return defaultdict(int, {tuple(key): together for *key, together in rows})


def in_words(clicks: int, *, days: int = DAYS) -> str:
    """ "41 clicks in the last 30 days" """
    number = "No clicks" if not clicks else "1 click" if clicks == 1 else f"{clicks} clicks"
    return f"{number} in the last {days} days"
