"""Leases on hosts: no two rounds ever ask the same host. Taken and given back in the database alone."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Max, OuterRef, Q

from products.models import Host, Offer
from products.querysets import OfferQuerySet

# Longer than a round and its last look; a killed worker's runs out by itself.
LEASE = datetime.timedelta(seconds=90)
MOST_TOGETHER = 1000  # offers that one round looks at before their time
WORK_COUNTED = 25  # offers; what a round can ask of a host at the usual pace: more makes none more pressing


def lease_due_hosts(holder: UUID, *, now: datetime.datetime, most: int) -> list[Host]:
    """Take up to `most` hosts that nobody holds and that have offers due, those with most due work first."""
    with transaction.atomic():
        free = Host.objects.free(now).with_due_offers(now).by_due_work(now, counted=WORK_COUNTED)
        hosts = list(free.select_for_update(skip_locked=True, of=("self",))[:most])
        Host.objects.filter(pk__in=[host.pk for host in hosts]).update(
            leased_by=holder, leased_until=now + LEASE
        )
    return hosts


def due_offers(hosts: Collection[Host], *, now: datetime.datetime, most: int) -> dict[str, list[Offer]]:
    """For each host's key up to `most` of its due offers, the longest waiting first, with shop and product.

    A handful of queries, however many hosts.
    """
    due = Offer.objects.due(now).filter(host=OuterRef("pk")).values("pk")[:most]
    firsts = Host.objects.filter(pk__in=[host.pk for host in hosts]).annotate(due=ArraySubquery(due))
    chosen = dict(firsts.values_list("key", "due"))
    found = _to_look_at().in_bulk([pk for pks in chosen.values() for pk in pks])
    return {key: [found[pk] for pk in pks if pk in found] for key, pks in chosen.items()}


def same_addresses(
    due: Mapping[str, Collection[Offer]], *, now: datetime.datetime, attempts_below: int
) -> dict[str, list[Offer]]:
    """By the host's key, offers that are not due yet and lead to the address of one that is: a look at it serves both.

    None that has ended workers so often that it must be looked at alone. By an index on the address.
    """
    asked = [offer for offers in due.values() for offer in offers]
    later = _to_look_at().filter(
        destination__in={offer.destination for offer in asked},
        host__in={offer.host_id for offer in asked},
        next_check_at__gt=now,
        quarantined_at__isnull=True,
        enabled=True,
        attempts__lt=attempts_below,
    )
    found: dict[str, list[Offer]] = defaultdict(list)
    for offer in later.order_by("next_check_at", "pk")[:MOST_TOGETHER]:
        found[offer.host.key].append(offer)
    return found


def _to_look_at() -> OfferQuerySet:
    """Offers with all that a look at them needs."""
    return Offer.objects.select_related("product").prefetch_related(
        "retailer__region", "retailer__programme", "host"
    )


def host_paces(hosts: Collection[Host]) -> dict[str, float]:
    """By the host's key, the pace of the shop there that is to be asked least often: seconds. One query."""
    slowest = (
        Offer.objects.filter(host__in=hosts).order_by().values("host__key").annotate(Max("retailer__pace"))
    )
    paces = dict.fromkeys((host.key for host in hosts), 0.0)
    return paces | {key: float(pace) for key, pace in slowest.values_list("host__key", "retailer__pace__max")}


def lease_host(key: str, holder: UUID, *, now: datetime.datetime) -> Host | None:
    """Take the one host that a redirect leads to; None if another round holds it or it asked for quiet."""
    Host.objects.get_or_create(key=key)
    free = Host.objects.filter(key=key).filter(
        Q(leased_by=holder) | Q(pk__in=Host.objects.free(now).values("pk"))
    )
    if not free.update(leased_by=holder, leased_until=now + LEASE):
        return None
    return Host.objects.get(key=key)


def give_back(keys: Collection[str], holder: UUID) -> None:
    """Let other rounds have the hosts; those whose lease ran out and was taken over are left alone."""
    Host.objects.filter(key__in=keys, leased_by=holder).update(leased_by=None, leased_until=None)
