"""Regions whose readers find nobody to buy from, though a page shows the product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from wagtail.models import Page, ReferenceIndex

from products.models import Product, Region


@dataclass(frozen=True, slots=True)
class Gap:
    """A live page with the regions in which nobody sells one of its products, each once, in the regions' order."""

    page_id: int
    regions: tuple[Region, ...]


def pages_without_seller() -> Sequence[Gap]:
    """The live pages that lack a seller in some region, those that lack most products first.

    Two queries, and one for each region.
    """
    lacking: dict[int, list[Region]] = defaultdict(list)
    for region in Region.objects.all():
        for product in Product.objects.without_seller_in(region).placed().values_list("pk", flat=True):
            lacking[product].append(region)
    if not lacking:
        return []
    found: dict[int, list[Region]] = defaultdict(list)
    for page, product in _shown_on_live_pages(list(lacking)):
        found[page] += lacking[product]
    worst = sorted(found.items(), key=lambda each: (-len(each[1]), each[0]))
    return [
        Gap(page, tuple(sorted(set(regions), key=lambda region: (region.sort_order, region.code))))
        for page, regions in worst
    ]


def _shown_on_live_pages(products: Sequence[int]) -> set[tuple[int, int]]:
    """Page and product, each pair once."""
    rows = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Product),
        to_object_id__in=[str(pk) for pk in products],
        base_content_type=ContentType.objects.get_for_model(Page),
    ).values_list("object_id", "to_object_id")
    pairs = {(int(page), int(product)) for page, product in rows}
    live = set(Page.objects.live().filter(pk__in={page for page, _ in pairs}).values_list("pk", flat=True))
    return {(page, product) for page, product in pairs if page in live}
