"""Opening and closing alarms, so that they say what health says: no more, no less, and once.

What ought to ring follows from the state of offers and hosts alone, never from who noticed it first. So a
repeat, a worker killed half-way or two rounds at once change nothing, and `settle_all` mends what editors
change where nobody looks: a shop switched off, a product withdrawn.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from wagtail.models import Page, ReferenceIndex

from products.linkcheck.breaker import Breaker
from products.linkcheck.health import AxisValue, Health
from products.linkcheck.verdict import Axis, Buyable, Identity, Reachable
from products.models import Alarm, AlarmKind, Host, Offer, Product
from products.models.alarms import OF_AN_OFFER
from products.querysets import OfferQuerySet

BATCH = 500

KIND_OF: Mapping[AxisValue, AlarmKind] = {
    Reachable.BROKEN: AlarmKind.BROKEN,
    Identity.LOST: AlarmKind.IDENTITY_LOST,
    Buyable.DIFFERENT_PRODUCT: AlarmKind.DIFFERENT_PRODUCT,
}
SOLD_OUT = (Buyable.OUT_OF_STOCK, Buyable.DISCONTINUED)


def settle_offers(offers: Collection[int], *, now: datetime.datetime) -> None:
    """Open what these offers deserve and close what they no longer do.

    Nothing opens while their host speaks for them, nor afterwards before each was looked at again: what broke with
    the shop heals with the shop.

    Lock their products first (`lock_products`) where an offer's health changes in the same transaction, or two
    shops that sell out at once each see the other as open.
    """
    found = Offer.objects.filter(pk__in=offers).select_related("product", "retailer__region", "host")
    rows = list(found.with_page_count())
    deserved: dict[tuple[int, str], Alarm] = {}
    held: set[int] = set()
    for offer in rows:
        if offer.host is not None and _speaks_for(offer.host, offer):
            held.add(offer.pk)
        for kind, reason in _deserved(offer).items():
            deserved[offer.pk, kind.value] = Alarm(
                kind=kind, offer=offer, reason=reason, articles=offer.page_count, opened_at=now
            )
    open_ones = Alarm.objects.open().filter(offer__in=[offer.pk for offer in rows])
    ringing = {(offer, kind): pk for pk, offer, kind in open_ones.values_list("pk", "offer_id", "kind")}
    _close((pk for key, pk in ringing.items() if key not in deserved), now)
    _open(alarm for key, alarm in deserved.items() if key not in ringing and key[0] not in held)
    _settle_products({offer.product_id for offer in rows}, now)


def settle_host(host: Host, *, now: datetime.datetime) -> None:
    """One alarm for a failing host, whatever the number of its offers."""
    ringing = Alarm.objects.open().filter(host=host, kind=AlarmKind.FAILING)
    if host.breaker != Breaker.FAILING:
        ringing.update(closed_at=now)
    elif not ringing.exists():
        _open([_failing(host, now)])


def settle_all(*, now: datetime.datetime) -> None:
    """The same for everything that rings or ought to. Its cost follows what is bad, not what is there."""
    for host in Host.objects.filter(
        Q(breaker=Breaker.FAILING)
        | Q(pk__in=Alarm.objects.open().filter(kind=AlarmKind.FAILING).values("host"))
    ):
        settle_host(host, now=now)
    ringing = Alarm.objects.open().filter(kind__in=OF_AN_OFFER).values("offer")
    _settle_in_batches(Offer.objects.filter(_BAD | Q(buyable__in=SOLD_OUT) | Q(pk__in=ringing)), now)
    sold_out = Alarm.objects.open().filter(kind=AlarmKind.SOLD_OUT)
    _settle_products(set(sold_out.values_list("product_id", flat=True)), now)


def open_alarms_of(offers: Collection[Offer]) -> dict[int, list[Alarm]]:
    """By offer, what is open for it: by itself, for its shop as a whole, or for its product in the region. One query."""
    found = Alarm.objects.open().filter(
        Q(offer__in=[offer.pk for offer in offers])
        | Q(host__in={offer.host_id for offer in offers if offer.host_id is not None})
        | Q(product__in={offer.product_id for offer in offers})
    )
    alarms = list(
        found.select_related("offer__product", "offer__retailer__region", "product", "region", "host")
    )
    return {
        offer.pk: [
            alarm
            for alarm in alarms
            if alarm.offer_id == offer.pk
            or (alarm.host_id is not None and alarm.host_id == offer.host_id)
            or (alarm.product_id, alarm.region_id) == (offer.product_id, offer.retailer.region_id)
        ]
        for offer in offers
    }


def lock_products(products: Iterable[int]) -> None:
    """Make who settles alarms of the same products wait for the end of this transaction."""
    locked = Product.objects.filter(pk__in=list(products)).order_by("pk").select_for_update(no_key=True)
    list(locked.values_list("pk", flat=True))


_BAD = (
    Q(reachable=Reachable.BROKEN) | Q(identity=Identity.LOST) | Q(buyable=Buyable.DIFFERENT_PRODUCT)
)  # the states of `KIND_OF`


def _settle_in_batches(offers: OfferQuerySet, now: datetime.datetime) -> None:
    pks = list(offers.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        settle_offers(pks[start : start + BATCH], now=now)


def _speaks_for(host: Host, offer: Offer) -> bool:
    """Whether what is known of the offer was seen while its host had turned bad as a whole."""
    if host.breaker != Breaker.CLOSED:
        return True
    closed_at = host.health.since
    return closed_at is not None and offer.last_checked_at is not None and offer.last_checked_at < closed_at


def _deserved(offer: Offer) -> dict[AlarmKind, str]:
    """What rings for an offer by itself, and why. Axes that flap are muted."""
    if offer.is_draft or not offer.enabled or offer.product.is_withdrawn:
        return {}
    health = Health.read(offer.health_memory)
    found: dict[AlarmKind, str] = {}
    for axis, confirmed in health.confirmed.items():
        kind = KIND_OF.get(health.value(axis))
        if kind is not None and axis not in health.muted:
            found[kind] = confirmed.outcome.words
    return found


def _settle_products(products: Collection[int], now: datetime.datetime) -> None:
    """A product that somebody in a region sold, and nobody there sells any more."""
    listed = Offer.objects.filter(product__in=products).listed()
    pair = ("product_id", "retailer__region_id")
    sellers = set(listed.in_good_health().order_by().values_list(*pair).distinct())
    shops: dict[tuple[int, int], list[Offer]] = {}
    for offer in listed.filter(buyable__in=SOLD_OUT).select_related("retailer__region").with_page_count():
        shops.setdefault((offer.product_id, offer.retailer.region_id), []).append(offer)
    open_ones = Alarm.objects.open().filter(kind=AlarmKind.SOLD_OUT, product__in=products)
    ringing = {(product, region): pk for pk, product, region in open_ones.values_list("pk", "product_id", "region_id")}  # fmt: skip
    deserved = {key: offers for key, offers in shops.items() if key not in sellers}
    flapping = {key for key, offers in deserved.items() if any(map(_is_muted, offers))}
    _close((pk for key, pk in ringing.items() if key not in deserved), now)
    _open(
        Alarm(
            kind=AlarmKind.SOLD_OUT,
            product_id=product,
            region_id=region,
            reason=_sold_out_words(offers),
            articles=offers[0].page_count,
            opened_at=now,
        )
        for (product, region), offers in deserved.items()
        if (product, region) not in ringing and (product, region) not in flapping
    )


def _is_muted(offer: Offer) -> bool:
    """Whether its stock changes back and forth, so that it rings for nobody until it keeps still."""
    return Axis.BUYABLE in Health.read(offer.health_memory).muted


def _sold_out_words(offers: list[Offer]) -> str:
    names = ", ".join(sorted(offer.retailer.name for offer in offers))
    return f"Nobody in the region has it any more: sold out or no longer sold at {names}."[:400]


def _failing(host: Host, now: datetime.datetime) -> Alarm:
    offers = Offer.objects.filter(host=host, enabled=True)
    cause = host.health.cause
    words = cause.words if cause else ""
    return Alarm(
        kind=AlarmKind.FAILING,
        host=host,
        reason=f"Many links to this shop turned bad together, and a second look agreed: {words} Readers are sent elsewhere.",
        articles=_pages_with(offers.values_list("product_id", flat=True).distinct()),
        opened_at=now,
    )


def _pages_with(products: Iterable[int]) -> int:
    """How many pages show any of the products."""
    references = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Product),
        to_object_id__in=[str(pk) for pk in products],
        base_content_type=ContentType.objects.get_for_model(Page),
    )
    return references.order_by().values("object_id").distinct().count()


def _open(alarms: Iterable[Alarm]) -> None:
    Alarm.objects.bulk_create(alarms, ignore_conflicts=True)  # one open alarm a subject: the database insists


def _close(pks: Iterable[int], now: datetime.datetime) -> None:
    closing = list(pks)
    if closing:
        Alarm.objects.filter(pk__in=closing, closed_at__isnull=True).update(closed_at=now)
