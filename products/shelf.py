"""What product boxes show: for each product, each region's offers. A fixed number of queries for any number of boxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from products.destinations import must_be_direct
from products.freshness import Remembered
from products.linkcheck.verdict import Buyable
from products.models import Offer, Product, Region
from products.programmes import ProgrammeError
from products.questions import Question

PRICES_HOLD = timedelta(hours=24)
"""A price is hidden when it is older: what Amazon's terms demand, kept for every shop."""
PRICES_STAND_ALONE = frozenset({"amazon"})
"""Networks whose prices must not stand beside links to other shops, as Amazon's terms are reported to say."""
_SYMBOLS = {"GBP": "£", "USD": "$", "EUR": "€"}


@dataclass(frozen=True, slots=True)
class ShownPrice:
    """A price that its source lets us show, which must be told with its time."""

    amount: Decimal
    currency: str
    source: str
    at: datetime

    def __str__(self) -> str:
        symbol = _SYMBOLS.get(self.currency)
        return f"{symbol}{self.amount:,.2f}" if symbol else f"{self.amount:,.2f} {self.currency}".rstrip()

    @property
    def until(self) -> datetime:
        return self.at + PRICES_HOLD


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """One Buy button."""

    offer: Offer
    address: str
    paid: bool
    in_stock: bool
    checked_at: datetime | None
    """When a look last reached the shop's page; None where no look ever did."""
    price: ShownPrice | None = None

    @property
    def label(self) -> str:
        return f"Buy from {self.offer.retailer}"

    @property
    def is_direct(self) -> bool:
        """Whether its button bears `address` itself; others lead through `/go/`, which counts them."""
        programme = self.offer.retailer.programme
        return must_be_direct(programme.network if programme else None, self.address)


@dataclass(frozen=True, slots=True)
class RegionShelf:
    """A product's offers in one region."""

    region: Region
    offers: tuple[ShownOffer, ...] = ()
    shops: tuple[str, ...] = ()
    """Shops that stand without a link, as plain text: their address is not known yet, or it may not be linked."""

    @property
    def is_sold_out(self) -> bool:
        return not self.offers and not self.shops

    @property
    def has_paid_links(self) -> bool:
        return any(shown.paid for shown in self.offers)


@dataclass(frozen=True, slots=True)
class PlacedProduct:
    """A product as a box shows it."""

    product: Product
    regions: tuple[RegionShelf, ...] = field(default=())

    @property
    def shops_for(self) -> tuple[Region, ...]:
        """The regions whose shops stand in its box, in their order; none where shops are withheld."""
        return tuple(shelf.region for shelf in self.regions)

    @property
    def has_paid_links(self) -> bool:
        return not self.product.is_withdrawn and any(shelf.has_paid_links for shelf in self.regions)

    @property
    def disclosure(self) -> str:
        """The wordings of the regions that have a paid link, each once, the first region's first."""
        found = (shelf.region.disclosure.strip() for shelf in self.regions if shelf.has_paid_links)
        return " ".join(dict.fromkeys(found))

    @property
    def prices_until(self) -> datetime | None:
        """When the first of the prices shown has to go. None: no price is shown."""
        prices = (shown.price for shelf in self.regions for shown in shelf.offers if shown.price)
        return min((price.until for price in prices), default=None)

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


def _show(offer: Offer, *, now: datetime) -> ShownOffer | None:
    """The button of a showable offer. None where its programme was changed so that no link of ours can be made:
    a reader is never sent without our identity."""
    try:
        address = offer.tracked_address()
    except ProgrammeError:
        return None
    return ShownOffer(
        offer=offer,
        address=address,
        paid=offer.retailer.programme_id is not None,
        in_stock=offer.buyable == Buyable.IN_STOCK,
        checked_at=offer.last_reached_at,
        price=_price(offer, now=now),
    )


_regions = Remembered(lambda: list(Region.objects.all()))
_products = Question(lambda keys: Product.objects.filter(pk__any_of=keys).select_related("picture"))


def _named(product_ids: Collection[int]) -> QuerySet[Offer]:
    """The offers that are shown, and those whose shop is named though its address is not known yet."""
    everything = Offer.objects.filter(product_id__any_of=product_ids)
    drafts, showable = everything.filter(enabled=True).drafts(), everything.showable()
    named = Offer.objects.filter(Q(pk__in=drafts.values("pk")) | Q(pk__in=showable.values("pk")))
    named = named.defer("health_memory", "baseline", "judged_destination", "bad_fingerprint", "dismissal")
    return named.select_related("retailer__region", "retailer__programme").by_priority()


_offers = Question(_named)


def stock_shelf(
    product_ids: Collection[int], *, now: datetime, first_region: str = ""
) -> Mapping[int, PlacedProduct]:
    """Every named product with what may be shown of it now. The region with the code `first_region` (in any case)
    comes first, else the default one.

    A paid link needs a disclosure: where a region has no wording for one, its paying shops stand without links.
    """
    products = {product.pk: product for product in _products(list(product_ids))}
    regions = sorted(
        _regions(),
        key=lambda region: (
            region.code.casefold() != first_region.casefold(),
            not region.is_default,
            region.sort_order,
            region.code,
        ),
    )
    offers: dict[tuple[int, int], list[ShownOffer]] = defaultdict(list)
    shops: dict[tuple[int, int], list[str]] = defaultdict(list)
    for offer in _offers(list(products)):
        place = (offer.product_id, offer.retailer.region_id)
        if offer.is_draft:
            shops[place].append(offer.retailer.name)
            continue
        paid = offer.retailer.programme_id is not None
        if paid and not offer.retailer.region.disclosure.strip():
            shops[place].append(offer.retailer.name)
            continue
        shown = _show(offer, now=now)
        if shown is not None:
            offers[place].append(shown)
    return {
        pk: _with_lawful_prices(
            PlacedProduct(
                product=product,
                regions=tuple(
                    RegionShelf(region, tuple(offers[pk, region.pk]), tuple(shops[pk, region.pk]))
                    for region in regions
                ),
            )
        )
        for pk, product in products.items()
    }


def _with_lawful_prices(placed: PlacedProduct) -> PlacedProduct:
    """Without the prices whose programme forbids them beside another's links."""
    linked = {_network(shown) for shelf in placed.regions for shown in shelf.offers}
    if not linked & PRICES_STAND_ALONE or len(linked) == 1:
        return placed

    def without(shown: ShownOffer) -> ShownOffer:
        return replace(shown, price=None) if _network(shown) in PRICES_STAND_ALONE else shown

    return replace(
        placed,
        regions=tuple(replace(shelf, offers=tuple(map(without, shelf.offers))) for shelf in placed.regions),
    )


def _network(shown: ShownOffer) -> str:
    programme = shown.offer.retailer.programme
    return programme.network if programme else ""


def _price(offer: Offer, *, now: datetime) -> ShownPrice | None:
    """The price of an offer while its source lets us show it. One that a person typed has no source, and is not shown."""
    if offer.price is None or offer.price_at is None or not offer.price_source:
        return None
    price = ShownPrice(offer.price, offer.retailer.region.currency, offer.price_source, offer.price_at)
    return price if price.at <= now < price.until else None
