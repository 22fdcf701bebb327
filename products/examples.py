"""Products that stand nowhere but in previews and on the page of components: one for each state a block can show.

Nothing here is stored, and every name is invented.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from products.models import Offer, Picture, Product, Programme, Region, Retailer
from products.models.catalogue import ProductKind
from products.models.regions import DEFAULT_DISCLOSURE
from products.shelf import PlacedProduct, RegionShelf, ShownOffer, ShownPrice

_SEEN = datetime.datetime(2026, 11, 12, 9, 30, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Example:
    """A product box in one state."""

    name: str
    placed: PlacedProduct
    badge: str = ""
    withheld: bool = False


def example() -> PlacedProduct:
    """A product with all that a box can show, but for a picture."""
    return PlacedProduct(_sleeve(), (_uk(), _us()))


def examples(picture: Picture | None = None) -> list[PlacedProduct]:
    """Products to compare: three with shops, one without a seller in the first region, one withdrawn."""
    everything = [example(), _range(), _strap(), PlacedProduct(_roller(), (_none(), _us())), _withdrawn()]
    return [_with_picture(placed, picture) for placed in everything]


def states(picture: Picture | None = None) -> Sequence[Example]:
    """Every state of a product box. `picture` is what the pictured one shows."""
    full = example()
    uk, us = full.regions
    return (
        Example("Several offers, with a picture and a badge", _with_picture(full, picture), badge="Our pick"),
        Example("No picture, no badge", full),
        Example("A price, with its source and time", replace(full, regions=(_priced(uk), us))),
        Example("No seller in the first region", PlacedProduct(_roller(), (_none(), us))),
        Example("No seller anywhere", PlacedProduct(_roller(), (_none(), replace(us, offers=())))),
        Example("A shop that nobody may fetch: no date of a check", _strap()),
        Example("A range", _range()),
        Example("Shops without an address", PlacedProduct(_strap().product, (_drafts(),))),
        Example("A shop that pays nothing", PlacedProduct(_roller(), (_unpaid(),))),
        Example("Withdrawn", _withdrawn()),
        Example("In an expired article of a strict tier", replace(full, regions=()), withheld=True),
    )


# --- products -------------------------------------------------------------------------------------


def _sleeve() -> Product:
    return Product(
        name="Harbour Compression Sleeve",
        brand="Harbour",
        summary="An elastic sleeve that gives light, even compression to the elbow.",
        who_for="Adults who want a snug feeling on the elbow while a mild strain settles.",
        not_for="People with broken skin, poor circulation or loss of feeling in the arm.",
        pros=["Thin enough to wear under clothes", "Machine washable"],
        cons=["Warm in summer"],
        size_and_fit="Four sizes. Measure round the elbow with the arm straight.",
        material="78% nylon, 22% elastane; latex free",
        conformity_mark="UKCA and CE, class I medical device",
    )


def _range() -> PlacedProduct:
    product = Product(
        name="Elbow supports",
        kind=ProductKind.RANGE,
        summary="Sleeves, straps and hinged braces for the elbow.",
        who_for="People who were advised to support the elbow and want to choose how.",
        not_for="People whose elbow is hot, badly swollen or newly deformed: see a clinician first.",
    )
    uk = RegionShelf(_region("UK"), (_offer(product, "Harbour Physio", in_stock=False),))
    return PlacedProduct(product, (uk, _none("US")))


def _strap() -> PlacedProduct:
    product = Product(
        name="Tidewater Forearm Strap",
        summary="A firm strap that sits just below the elbow.",
        who_for="People whose outer elbow hurts when they grip.",
        not_for="People with numb or tingling fingers.",
        pros=["Quick to put on"],
        cons=["Can slip on bare skin", "One size"],
    )
    shop = _offer(product, "Amazon.co.uk", network="amazon", checked=False, in_stock=False)
    return PlacedProduct(product, (RegionShelf(_region("UK"), (shop,)), _us(product)))


def _roller() -> Product:
    return Product(
        name="Quay Massage Ball",
        summary="A firm rubber ball, the size of an orange.",
        who_for="People who find that pressing a sore muscle eases it.",
        not_for="People who take blood thinners or bruise easily.",
    )


def _withdrawn() -> PlacedProduct:
    product = Product(
        name="Breakwater Hinged Brace",
        withdrawn_at=_SEEN,
        withdrawn_reason="The maker recalled this brace because its hinge can break. Stop using it, and ask the shop for your money back.",
    )
    return PlacedProduct(product, (_none(), _none("US")))


# --- shops ----------------------------------------------------------------------------------------


def _region(code: str = "UK") -> Region:
    names = {"UK": ("the UK", "GBP"), "US": ("the USA", "USD")}
    name, currency = names[code]
    return Region(
        code=code, name=name, currency=currency, disclosure=DEFAULT_DISCLOSURE, is_default=code == "UK"
    )


def _offer(
    product: Product,
    shop: str,
    *,
    region: str = "UK",
    network: str = "in_house",
    paid: bool = True,
    checked: bool = True,
    in_stock: bool = True,
) -> ShownOffer:
    place = _region(region)
    programme = Programme(name=shop, network=network, region=place) if paid else None
    retailer = Retailer(name=shop, region=place, programme=programme)
    return ShownOffer(
        offer=Offer(product=product, retailer=retailer),
        address=f"https://{shop.lower().replace(' ', '-').removesuffix('.co.uk')}.example/",
        paid=paid,
        in_stock=in_stock,
        checked_at=_SEEN if checked else None,
    )


def _uk() -> RegionShelf:
    product = _sleeve()
    amazon = _offer(product, "Amazon.co.uk", network="amazon", checked=False, in_stock=False)
    return RegionShelf(_region("UK"), (_offer(product, "Harbour Physio"), amazon))


def _us(product: Product | None = None) -> RegionShelf:
    return RegionShelf(_region("US"), (_offer(product or _sleeve(), "Bayside Rehab", region="US"),))


def _none(region: str = "UK") -> RegionShelf:
    return RegionShelf(_region(region))


def _drafts() -> RegionShelf:
    return RegionShelf(_region("UK"), shops=("Harbour Physio", "Pier Pharmacy"))


def _unpaid() -> RegionShelf:
    return RegionShelf(_region("UK"), (_offer(_roller(), "Pier Pharmacy", paid=False),))


def _priced(shelf: RegionShelf) -> RegionShelf:
    first, *others = shelf.offers
    price = ShownPrice(Decimal("18.5"), "GBP", "Harbour Physio", _SEEN)
    return replace(shelf, offers=(replace(first, price=price), *others))


def _with_picture(placed: PlacedProduct, picture: Picture | None) -> PlacedProduct:
    if picture is not None and not placed.product.is_withdrawn:
        placed.product.picture, placed.product.picture_alt = picture, "The product as it is worn"
    return placed
