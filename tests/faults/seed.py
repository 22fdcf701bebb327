"""Fills an empty library with the offers of a scene, all due: `python -m tests.faults.seed SCENE`.

A trigger keeps a ledger beside the product's own books: which due moment each recorded look answered.
"""

from __future__ import annotations

import sys
from decimal import Decimal

import django

from tests.faults.scene import Scene

LEDGER = """
    CREATE TABLE ledger (offer_id bigint, due timestamptz, written timestamptz DEFAULT clock_timestamp());
    CREATE FUNCTION note_look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO ledger (offer_id, due) VALUES (OLD.id, OLD.next_check_at);
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_look AFTER UPDATE ON products_offer FOR EACH ROW
        WHEN (OLD.last_checked_at IS DISTINCT FROM NEW.last_checked_at) EXECUTE FUNCTION note_look();
"""


def main() -> None:
    django.setup()
    fill(Scene.from_json(sys.argv[1]))


def fill(scene: Scene) -> None:
    from django.db import connection

    from products.clock import database_now
    from products.models import Host, Offer, Product, Programme, Region, Retailer

    region = Region.objects.create(code="UK", name="the UK", is_default=True)
    programme = Programme.objects.create(
        name="Awin", network="awin", region=region, identity={"merchant_id": "1", "publisher_id": "2"}
    )
    hosts = Host.objects.bulk_create(Host(key=scene.shop(number)) for number in range(scene.shops))
    retailers = Retailer.objects.bulk_create(
        Retailer(
            name=host.key,
            region=region,
            domains=[host.key],
            pace=Decimal(str(scene.pace)),
            programme=programme if scene.is_paid_by_the_network(number) else None,
        )
        for number, host in enumerate(hosts)
    )
    pages = [(shop, address) for shop, address, _ in scene.pages()]
    products = Product.objects.bulk_create(Product(name=f"Support {address}") for _, address in pages)
    now = database_now()
    Offer.objects.bulk_create(
        Offer(
            product=product,
            retailer=retailers[shop],
            host=hosts[shop],
            destination=address,
            judged_destination=address,
            next_check_at=now,
        )
        for (shop, address), product in zip(pages, products, strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(LEDGER)


if __name__ == "__main__":
    main()
