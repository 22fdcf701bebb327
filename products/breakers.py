"""What a look at an offer means for its host, written down: when a host trips, fails and heals."""

from __future__ import annotations

import datetime

from django.db import transaction

from products.alarms import settle_host
from products.freshness import bump
from products.linkcheck.breaker import (
    WELL,
    Breaker,
    HostHealth,
    Seen,
    overrule,
    reconsider,
    second_look_at,
    watch,
)
from products.linkcheck.health import HOUR
from products.models import Host, Offer
from products.querysets import OfferQuerySet


def watch_host(host_id: int, seen: Seen, *, now: datetime.datetime, tempo: float) -> bool:
    """Remember one more look at a host, in the caller's transaction. True if its breaker opened, failed or closed.

    Two queries where nothing changed; a change costs a few more, however many offers the host has.
    """
    host = _locked(host_id)
    before = host.health
    after = watch(_as_it_stands(host, now=now, tempo=tempo), seen, now=now, tempo=tempo)
    changed = _write(host, before, after, now=now)
    again = second_look_at(after, tempo=tempo)
    offers = Offer.objects.filter(host=host)
    if changed and again is not None:
        _look_again(offers.filter(pk__in=after.second), at=again)
    elif after.breaker is Breaker.FAILING and seen.outcome in WELL:
        others = {other.offer for other in after.recent} - {seen.offer}
        resting = offers.filter(last_checked_at__lt=now - HOUR * tempo, next_check_at__gt=now)
        _look_again(resting.filter(pk__in=others), at=now)  # it may be back: see soon
    return changed


def believe_of_host(host_id: int, offer: int, *, was_opened: bool, now: datetime.datetime) -> bool:
    """A person found an offer's page fine, in the caller's transaction. True if the host's breaker closed with that."""
    host = _locked(host_id)
    before = host.health
    return _write(host, before, overrule(before, offer, was_opened=was_opened, now=now), now=now)


def reconsider_hosts(*, now: datetime.datetime, tempo: float) -> int:
    """Let go of hosts that no look would: those whose time is over, or whose accused offers are gone. Returns how many."""
    closed = 0
    for pk in list(Host.objects.exclude(breaker=Breaker.CLOSED).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            host = _locked(pk)
            closed += _write(host, host.health, _as_it_stands(host, now=now, tempo=tempo), now=now)
    return closed


def _locked(host_id: int) -> Host:
    return Host.objects.select_for_update(no_key=True).get(pk=host_id)


def _as_it_stands(host: Host, *, now: datetime.datetime, tempo: float) -> HostHealth:
    """What is remembered of a host, less what was withdrawn, moved or given to people since."""
    health = host.health
    if health.breaker is Breaker.CLOSED:
        return health
    named = {*health.second, *(seen.offer for seen in health.recent)}
    present = Offer.objects.filter(pk__in=named, host=host).checkable().values_list("pk", flat=True)
    return reconsider(health, present=frozenset(present), now=now, tempo=tempo)


def _write(host: Host, before: HostHealth, after: HostHealth, *, now: datetime.datetime) -> bool:
    """Write what became of a host that is locked. True if its breaker moved."""
    if after != before:
        host.breaker, host.health_memory = after.breaker.value, after.to_json()
        host.save(update_fields=["breaker", "health_memory"])
    if after.breaker is before.breaker:
        return False
    bump()
    settle_host(host, now=now)
    if after.breaker is Breaker.CLOSED:
        _look_again(Offer.objects.filter(host=host).unhealthy(), at=now)  # each speaks for itself again
    return True


def _look_again(offers: OfferQuerySet, *, at: datetime.datetime) -> None:
    """Have offers looked at then. One that an editor is saving just now keeps its own time."""
    due = offers.filter(next_check_at__isnull=False).order_by("pk")
    free = due.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    Offer.objects.filter(pk__in=list(free)).update(next_check_at=at)
