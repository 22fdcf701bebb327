"""Leases on hosts: no two rounds ever ask the same host. Taken and given back in the database alone."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from products.models import Host

LEASE = datetime.timedelta(
    seconds=90
)  # longer than a round and its last look; a killed worker's runs out by itself


def database_now() -> datetime.datetime:
    """The database's clock, so that workers whose clocks differ agree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    now: datetime.datetime = row[0]
    return now


def lease_due_hosts(holder: UUID, *, now: datetime.datetime, most: int) -> list[Host]:
    """Take up to `most` hosts that nobody holds and that have offers due, the longest rested first."""
    with transaction.atomic():
        free = Host.objects.free(now).with_due_offers(now).by_next_polite_moment()
        hosts = list(free.select_for_update(skip_locked=True, of=("self",))[:most])
        Host.objects.filter(pk__in=[host.pk for host in hosts]).update(
            leased_by=holder, leased_until=now + LEASE
        )
    return hosts


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
