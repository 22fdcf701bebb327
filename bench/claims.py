"""How long a tick takes to claim due hosts among a million offers, and what it costs to prune their history.

    PYTHONPATH=.:site .venv/bin/python -m bench.claims [--offers 1000000] [--hosts 2000]

Runs on a PostgreSQL of its own under `var/bench/claims/`, whose library it replaces. Prints the plans, so that it can be
seen which index is read. Nothing here is a test: the figures are of one run on one machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import django

from demo.services import VAR, exit_on_signals, services

REPEATS = 15
MOST_HOSTS = 300  # what a round leases
GOAL = 50.0  # ms
MONTH = timedelta(days=30)
DUE = {  # what is due, of all offers
    "a quiet tick": 0.0005,
    "a day behind": 0.033,
    "ten days without a worker": 0.33,
    "everything due at once": 1.0,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.claims", description=__doc__.partition("\n")[0])
    parser.add_argument("--offers", type=int, default=1_000_000)
    parser.add_argument("--hosts", type=int, default=2_000)
    parser.add_argument(
        "--checks", type=int, default=500_000, help="rows of history, a fifth of them too old"
    )
    options = parser.parse_args()
    exit_on_signals()
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    with services(VAR / "bench" / "claims", durable=False) as urls:
        os.environ.update(urls, DJANGO_SETTINGS_MODULE="config.settings.test")
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        with _timed(f"{options.offers:,} offers at {options.hosts:,} hosts made"):
            _stock(options.offers, options.hosts)
        for name, share in DUE.items():
            _measure_claims(name, share)
        _measure_pruning(options.checks)


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{what} in {time.perf_counter() - began:.1f} s", flush=True)


def _stock(offers: int, hosts: int) -> None:
    """A library of `offers` at `hosts` of very different size: the greatest has one in twelve of them."""
    from django.db import connection

    from products.models import Host, Offer, Product, Region, Retailer

    products = -(-offers // hosts)  # one offer of each at each shop
    tables = ("check", "flip", "offer", "host", "product", "retailer")
    with connection.cursor() as cursor:
        cursor.execute(
            f"TRUNCATE {', '.join(f'products_{table}' for table in tables)} RESTART IDENTITY CASCADE"
        )
    region = Region.objects.get(is_default=True)
    Host.objects.bulk_create(Host(key=f"shop-{number}.example") for number in range(hosts))
    Retailer.objects.bulk_create(
        Retailer(name=f"shop-{number}.example", region=region, domains=[f"shop-{number}.example"])
        for number in range(hosts)
    )
    Product.objects.bulk_create(Product(name=f"Thigh support {number}") for number in range(products))
    first = Offer(
        product=Product.objects.earliest("pk"),
        retailer=Retailer.objects.earliest("pk"),
        destination="https://shop-0.example/products/thigh-support",
    )
    first.save()
    Offer.objects.filter(pk=first.pk).update(
        baseline={
            "title": "Thigh support, size M | Shop",
            "gtin": "5012345678900",
            "mpn": "",
            "canonical": "",
        },
        health_memory={"reachable": "ok", "buyable": "in_stock"},
    )
    columns = [field.column for field in Offer._meta.concrete_fields if not field.primary_key]
    values = {column: f"first.{column}" for column in columns} | {
        "product_id": "product.id",
        "retailer_id": "retailer.id",
        "destination": "'https://' || retailer.name || '/products/thigh-support-' || product.id",
        "next_check_at": "clock_timestamp() + random() * interval '30 days'",
        "host_id": f"1 + floor({hosts} * power(random(), 3))::int",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO products_offer ({', '.join(columns)}) SELECT {', '.join(values[column] for column in columns)}"
            " FROM products_offer first, products_product product, products_retailer retailer"
            " WHERE first.id = %s AND (product.id, retailer.id) <> (first.product_id, first.retailer_id)"
            " ORDER BY md5(product.id || 'at' || retailer.id) LIMIT %s",  # in no order that an index could profit from
            [first.pk, offers - 1],
        )
        cursor.execute("VACUUM ANALYZE products_offer, products_host, products_product, products_retailer")


def _measure_claims(name: str, share: float) -> None:
    """Claim as at the moment when `share` of all offers are due: time passes, rows stay as they are."""
    from products.leases import WORK_COUNTED, due_offers, give_back, lease_due_hosts
    from products.models import Host, Offer

    earliest = Offer.objects.earliest("next_check_at").next_check_at
    now = earliest + MONTH * share
    due = Offer.objects.due(now).order_by().count()
    claims, loads = [], []
    for _ in range(REPEATS):
        holder = uuid4()
        began = time.perf_counter()
        hosts = lease_due_hosts(holder, now=now, most=MOST_HOSTS)
        leased = time.perf_counter()
        offers = due_offers(hosts, now=now, most=WORK_COUNTED)
        loads.append((time.perf_counter() - leased) * 1000)
        claims.append((leased - began) * 1000)
        give_back([host.key for host in hosts], holder)
    print(
        f"\n{name}: {due:,} offers due; {len(hosts)} hosts leased with {sum(map(len, offers.values())):,} offers"
    )
    goal = "met" if statistics.median(claims) <= GOAL else "MISSED"
    print(
        f"claim: median {statistics.median(claims):.1f} ms, longest {max(claims):.1f} ms (goal {GOAL:.0f} ms: {goal})"
    )
    print(f"load: median {statistics.median(loads):.1f} ms, longest {max(loads):.1f} ms")
    free = Host.objects.free(now).with_due_offers(now).by_due_work(now, counted=WORK_COUNTED)[:MOST_HOSTS]
    print(free.explain(analyze=True, buffers=True))


def _measure_pruning(checks: int) -> None:
    """Prune a fifth of the history, and say how long the longest statement held its locks."""
    from django.db import connection

    from products.clock import database_now
    from products.models import Check, Offer
    from products.services import CHECKS_KEPT, prune_checks

    Check.objects.create(
        offer=Offer.objects.earliest("pk"),
        at=database_now(),
        seconds=0.4,
        outcome="healthy",
        status=200,
        final_address="https://shop-0.example/products/thigh-support",
        hops=[{"address": "https://shop-0.example/products/thigh-support", "status": 200, "seconds": 0.4}],
        excerpt="Thigh support, size M. In stock. " * 20,
    )
    columns = [field.column for field in Check._meta.concrete_fields if not field.primary_key]
    values = {column: f"first.{column}" for column in columns} | {
        "offer_id": "offer.id",
        "at": "clock_timestamp() - random() * %s * 1.25",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO products_check ({', '.join(columns)}) SELECT {', '.join(values[column] for column in columns)}"
            " FROM products_check first, products_offer offer LIMIT %s",
            [CHECKS_KEPT, checks - 1],
        )
        cursor.execute("VACUUM ANALYZE products_check")
    statements = []

    def timed(execute, *arguments):
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            statements.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    with connection.execute_wrapper(timed):
        pruned = prune_checks(now=database_now())
    print(
        f"\nPruned {pruned:,} of {checks:,} checks in {time.perf_counter() - began:.1f} s:"
        f" {len(statements)} statements, median {statistics.median(statements):.0f} ms, longest {max(statements):.0f} ms"
    )


if __name__ == "__main__":
    main()
