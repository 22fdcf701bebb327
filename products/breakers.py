"""What a look at an offer means for its host, written down: when a host trips, fails and heals."""

from __future__ import annotations

import datetime

from products.alarms import settle_host
from products.freshness import bump
from products.linkcheck.breaker import WELL, Breaker, Seen, second_look_at, watch
from products.linkcheck.health import HOUR
from products.models import Host, Offer
from products.querysets import OfferQuerySet


def watch_host(host_id: int, seen: Seen, *, now: datetime.datetime, tempo: float) -> bool:
    """Remember one more look at a host, in the caller's transaction. True if its breaker opened, failed or closed.

    Two queries where nothing changed; a change costs a few more, however many offers the host has.
    """
    host = Host.objects.select_for_update(no_key=True).get(pk=host_id)
    before = host.health
    after = watch(before, seen, now=now, tempo=tempo)
    if after != before:
        host.breaker, host.health_memory = after.breaker.value, after.to_json()
        host.save(update_fields=["breaker", "health_memory"])
    changed = after.breaker is not before.breaker
    offers = Offer.objects.filter(host=host)
    again = second_look_at(after, tempo=tempo)
    if changed:
        bump()
        settle_host(host, now=now)
    if changed and again is not None:
        _look_again(offers.filter(pk__in=after.second), at=again)
    elif changed and after.breaker is Breaker.CLOSED:
        _look_again(offers.unhealthy(), at=now)  # each speaks for itself again
    elif after.breaker is Breaker.FAILING and seen.outcome in WELL:
        others = {other.offer for other in after.recent} - {seen.offer}
        resting = offers.filter(last_checked_at__lt=now - HOUR * tempo, next_check_at__gt=now)
        _look_again(resting.filter(pk__in=others), at=now)  # it may be back: see soon
    return changed


def _look_again(offers: OfferQuerySet, *, at: datetime.datetime) -> None:
    """Have offers looked at then. One that an editor is saving just now keeps its own time."""
    due = offers.filter(next_check_at__isnull=False).order_by("pk")
    free = due.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    Offer.objects.filter(pk__in=list(free)).update(next_check_at=at)
