"""What product boxes show: for each product, each region's offers. A fixed number of queries for any number of boxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from products.linkcheck.verdict import Buyable
from products.models import Offer, Product, Region
from products.programmes import ProgrammeError


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """One Buy button."""

    offer: Offer
    address: str
    paid: bool
    in_stock: bool
    checked_at: datetime | None
    """When a look last reached the shop's page; None where no look ever did."""

    @property
    def label(self) -> str:
        return f"Buy from {self.offer.retailer}"


@dataclass(frozen=True, slots=True)
class RegionShelf:
    """A product's offers in one region."""

    region: Region
    offers: tuple[ShownOffer, ...] = ()
    shops: tuple[str, ...] = ()
    """Shops whose address is not known yet: named as plain text."""

    @property
    def is_sold_out(self) -> bool:
        return not self.offers and not self.shops


@dataclass(frozen=True, slots=True)
class PlacedProduct:
    """A product as a box shows it."""

    product: Product
    regions: tuple[RegionShelf, ...] = field(default=())

    @property
    def has_paid_links(self) -> bool:
        return not self.product.is_withdrawn and any(
            shown.paid for shelf in self.regions for shown in shelf.offers
        )

    @property
    def disclosure(self) -> str:
        """The wording of the first region that has a paid link."""
        return next(
            (shelf.region.disclosure for shelf in self.regions if any(shown.paid for shown in shelf.offers)),
            "",
        )

    @property
    def statements(self) -> tuple[str, ...]:
        """Sentences that the programmes demand beside their links, once each."""
        found = (
            shown.offer.retailer.programme.adapter.statement
            for shelf in self.regions
            for shown in shelf.offers
            if shown.offer.retailer.programme is not None
        )
        return tuple(dict.fromkeys(sentence for sentence in found if sentence))


def stock_shelf(product_ids: Collection[int]) -> Mapping[int, PlacedProduct]:
    """Every named product with what may be shown of it now, the default region first."""
    products = (
        Product.objects.filter(pk__in=product_ids)
        .select_related("picture")
        .prefetch_related("picture__renditions")
        .in_bulk()
    )
    regions = sorted(
        Region.objects.all(), key=lambda region: (not region.is_default, region.sort_order, region.code)
    )
    offers: dict[tuple[int, int], list[ShownOffer]] = defaultdict(list)
    shops: dict[tuple[int, int], list[str]] = defaultdict(list)
    everything = Offer.objects.filter(product__in=products)
    for offer in everything.filter(enabled=True).drafts().select_related("retailer").by_priority():
        shops[offer.product_id, offer.retailer.region_id].append(offer.retailer.name)
    for offer in (
        everything.showable().select_related("retailer__region", "retailer__programme").by_priority()
    ):
        try:
            address = offer.tracked_address()
        except (
            ProgrammeError
        ):  # the programme was changed under the link: never send a reader without our identity
            continue
        offers[offer.product_id, offer.retailer.region_id].append(
            ShownOffer(
                offer=offer,
                address=address,
                paid=offer.retailer.programme_id is not None,
                in_stock=offer.buyable == Buyable.IN_STOCK,
                checked_at=offer.last_reached_at,
            )
        )
    return {
        pk: PlacedProduct(
            product=product,
            regions=tuple(
                RegionShelf(region, tuple(offers[pk, region.pk]), tuple(shops[pk, region.pk]))
                for region in regions
            ),
        )
        for pk, product in products.items()
    }
