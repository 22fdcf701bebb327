"""Histories of health, read from flips: for the strips of listings and pages, and for the charts of a shop."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Mapping

from django.utils import timezone

from products.charts import Shape, Strip, strip
from products.linkcheck.health import Health
from products.linkcheck.history import DayState, FlipOfDay, Standing, by_day, in_words
from products.linkcheck.verdict import Axis, Reachable
from products.models import Flip, Offer

LOOKS: Mapping[DayState, tuple[Shape, str]] = {
    DayState.WELL: (Shape.BAR, "w-text-positive-100"),
    DayState.SUSPECT: (Shape.HOLLOW, "w-text-text-label"),
    DayState.NOT_FOR_SALE: (Shape.HALF, "w-text-text-label"),
    DayState.IDENTITY_LOST: (Shape.RING, "w-text-critical-200"),
    DayState.BROKEN: (Shape.CROSS, "w-text-critical-200"),
    DayState.UNKNOWN: (Shape.DOT, "w-text-text-meta"),
}
"""How a day of each state is drawn: a shape, and a class of Wagtail's for its colour."""


def histories_of(offers: Collection[Offer], *, days: int) -> dict[int, tuple[DayState, ...]]:
    """By offer, the state of each of the last `days` days in the site's time zone, today the last. One query."""
    zone = timezone.get_default_timezone()
    today = timezone.localdate(timezone=zone)
    first = today - datetime.timedelta(days=days - 1)
    begins = timezone.make_aware(datetime.datetime.combine(first, datetime.time()), zone)
    flips: dict[int, list[FlipOfDay]] = defaultdict(list)
    found = Flip.objects.filter(offer__in=[offer.pk for offer in offers], at__gte=begins).order_by("at", "pk")
    for offer, at, axis, before, after in found.values_list("offer_id", "at", "axis", "before", "after"):
        flips[offer].append(FlipOfDay(timezone.localdate(at, zone), Axis(axis), before, after))
    return {
        offer.pk: by_day(_standing(offer, zone), flips[offer.pk], first=first, today=today)
        for offer in offers
    }


def strips_of(offers: Collection[Offer], *, days: int) -> dict[int, Strip]:
    """By offer, the picture of its last `days` days. Drafts have none. One query."""
    histories = histories_of([offer for offer in offers if not offer.is_draft], days=days)
    return {pk: picture(states) for pk, states in histories.items()}


def picture(states: Collection[DayState]) -> Strip:
    """The strip that shows these days, of which the last is today."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    first = today - datetime.timedelta(days=len(states) - 1)
    cells = [
        (*LOOKS[state], f"{first + datetime.timedelta(days=number):%-d %B}: {state.words}")
        for number, state in enumerate(states)
    ]
    return strip(in_words(tuple(states), today=today), cells)


def _standing(offer: Offer, zone: datetime.tzinfo) -> Standing:
    """How an offer stands, with a suspect as what it was before."""
    values: dict[Axis, str] = {axis: getattr(offer, axis.value) for axis in Axis}
    if offer.reachable != Reachable.SUSPECT:
        return Standing(values)
    health = Health.read(offer.health_memory)
    values[Axis.REACHABLE] = (Reachable.OK if health.was_ok else Reachable.UNKNOWN).value
    pending = health.pending.get(Axis.REACHABLE)
    since = pending.since if pending else timezone.now()
    return Standing(values, suspect_since=timezone.localdate(since, zone))
