"""Questions asked of the product library, as named verbs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Lower
from wagtail.models import Page, ReferenceIndex

from products.destinations import NOT_TO_BE_FETCHED
from products.linkcheck.breaker import Breaker
from products.linkcheck.health import UNVERIFIABLE_AFTER
from products.linkcheck.verdict import Buyable, Identity, Outcome, Reachable

if TYPE_CHECKING:
    from products.models import Offer, Region

# At shops that robots may not ask, or that send ours to another country.
PEOPLE_LOOK_EVERY = timedelta(days=30)
PEOPLE_LOOK_AT_BAD_EVERY = timedelta(days=7)
API_SILENT_FOR = timedelta(days=3)  # then people look at what it used to tell
ALARMING_BUYABLE = (Buyable.OUT_OF_STOCK, Buyable.DISCONTINUED, Buyable.DIFFERENT_PRODUCT)


class AskedBecause(StrEnum):
    """Why a person is asked to look at an offer."""

    DIFFERENT_PRODUCT = "different_product"
    OTHER_REGION = "other_region"
    UNVERIFIABLE = "unverifiable"
    BY_HAND = "by_hand"
    API_SILENT = "api_silent"


class Concern(StrEnum):
    """Which offers a person of the link desk wants to see."""

    NEEDS_SOMEBODY = "needs_somebody"
    BROKEN = "broken"
    IDENTITY_LOST = "identity_lost"
    SOLD_OUT = "sold_out"
    DIFFERENT_PRODUCT = "different_product"
    SUSPECT = "suspect"
    FLAKY = "flaky"
    QUARANTINED = "quarantined"
    SNOOZED = "snoozed"
    ALL = "all"


class Refusal(StrEnum):
    """Why the checker does not look at an offer that somebody asked for."""

    DRAFT = "draft"
    OFF = "off"
    HUMAN = "human"
    API = "api"
    QUARANTINED = "quarantined"


class Standing(StrEnum):
    """How an offer stands that somebody asked to have checked."""

    WAITING = "waiting"
    CHECKED = "checked"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class ProductQuerySet(QuerySet[Any]):
    def on_sale(self) -> ProductQuerySet:
        """Not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)

    def without_seller_in(self, region: Region) -> ProductQuerySet:
        """On sale, but readers of the region are told that we know of no seller: no offer may be shown, no shop is
        named."""
        from products.models import Offer

        offers = Offer.objects.for_region(region).filter(product=OuterRef("pk"))
        named = offers.filter(enabled=True).drafts()
        return self.on_sale().filter(~Exists(offers.showable()), ~Exists(named))

    def placed(self) -> ProductQuerySet:
        """Those that a live page shows. Drafts of live pages are not seen."""
        shown = _on_live_pages(self.model, "pk")
        return self.filter(Exists(shown))


class OfferQuerySet(QuerySet[Any]):
    def drafts(self) -> OfferQuerySet:
        """Offers that ask for an address."""
        return self.filter(destination="")

    def addressed(self) -> OfferQuerySet:
        return self.exclude(destination="")

    def for_region(self, region: Region) -> OfferQuerySet:
        return self.filter(retailer__region=region)

    def listed(self) -> OfferQuerySet:
        """Offers that an editor means readers to have: addressed, switched on, of a product not withdrawn."""
        return self.addressed().filter(enabled=True, product__withdrawn_at__isnull=True)

    def in_good_health(self) -> OfferQuerySet:
        """Not known to be bad by themselves."""
        return (
            self.exclude(reachable=Reachable.BROKEN)
            .exclude(identity=Identity.LOST)
            .exclude(buyable__in=ALARMING_BUYABLE)
        )

    def showable(self) -> OfferQuerySet:
        """Offers that a reader may be sent to: listed, in good health, and not at a host that turned bad as a whole.

        Readers leave such a host at once, before it is known why.
        """
        return self.listed().in_good_health().exclude(host__breaker__in=(Breaker.TRIPPED, Breaker.FAILING))

    def by_priority(self) -> OfferQuerySet:
        """Editors' order. Commission is no part of it."""
        return self.order_by("priority", "pk")

    def pick(self) -> Offer | None:
        """The offer that readers get: the first showable one in the editors' order."""
        return self.showable().by_priority().select_related("retailer__programme", "retailer__region").first()

    def unhealthy(self) -> OfferQuerySet:
        """Offers that somebody should look at: broken, suspect, identity lost, not to be bought."""
        return self.addressed().filter(
            Q(reachable__in=(Reachable.BROKEN, Reachable.SUSPECT))
            | Q(identity=Identity.LOST)
            | Q(buyable__in=ALARMING_BUYABLE)
        )

    def checkable(self) -> OfferQuerySet:
        """Offers that the checker may look at: addressed, switched on, at a shop that robots may ask, or its API."""
        from products.models import Checking  # the models import this module

        return self.addressed().filter(enabled=True).exclude(retailer__checking=Checking.HUMAN)

    def of_concern(self, concern: Concern, now: datetime) -> OfferQuerySet:
        """Those that a person of the link desk asked to see. Drafts have no health and are never among them."""
        addressed = self.addressed()
        match concern:
            case Concern.NEEDS_SOMEBODY:
                return self.needs_somebody(now)
            case Concern.BROKEN:
                return addressed.filter(reachable=Reachable.BROKEN)
            case Concern.IDENTITY_LOST:
                return addressed.filter(identity=Identity.LOST)
            case Concern.SOLD_OUT:
                return addressed.filter(buyable__in=(Buyable.OUT_OF_STOCK, Buyable.DISCONTINUED))
            case Concern.DIFFERENT_PRODUCT:
                return addressed.filter(buyable=Buyable.DIFFERENT_PRODUCT)
            case Concern.SUSPECT:
                return addressed.filter(reachable=Reachable.SUSPECT)
            case Concern.FLAKY:
                return addressed.once_flaky()
            case Concern.QUARANTINED:
                return addressed.filter(quarantined_at__isnull=False)
            case Concern.SNOOZED:
                return addressed.filter(_is_snoozed(now))
            case Concern.ALL:
                return addressed

    def needs_somebody(self, now: datetime) -> OfferQuerySet:
        """Listed offers that do not mend themselves: confirmed bad, at a shop that fails, or set aside; not snoozed.

        A suspect is no person's business yet. What one shop has sold out isn't while another of the region sells it.
        """
        bad = (
            Q(reachable=Reachable.BROKEN)
            | Q(identity=Identity.LOST)
            | Q(buyable__in=(Buyable.DISCONTINUED, Buyable.DIFFERENT_PRODUCT))
            | (Q(buyable=Buyable.OUT_OF_STOCK) & Exists(_open_alarms().filter(**_SOLD_OUT_THERE)))
            | Q(host__breaker=Breaker.FAILING)
            | Q(quarantined_at__isnull=False)
        )
        return self.listed().filter(bad).exclude(_is_snoozed(now))

    def not_checked_since(self, day: date) -> OfferQuerySet:
        """Those that were last looked at before that day, or never."""
        return self.filter(Q(last_checked_at__date__lt=day) | Q(last_checked_at__isnull=True))

    def named(self, words: str) -> OfferQuerySet:
        """Those with each of the words in the product's name, the shop's name or the address."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(product__name__icontains=word)
                | Q(retailer__name__icontains=word)
                | Q(destination__icontains=word)
            )
        return found

    def with_clicks(self, first: date, last: date) -> OfferQuerySet:
        """Each offer with `clicks`, how often people followed it from one day to another, both counted."""
        from products.models import Clicks

        of_it = Clicks.objects.between(first, last).by_people().filter(offer=OuterRef("pk")).order_by()
        total = of_it.values("offer").annotate(total=Sum("people")).values("total")
        return self.annotate(clicks=Coalesce(Subquery(total), 0))

    def with_severity(self) -> OfferQuerySet:
        """Each offer with `severity`, a number to sort by: the worse, the less."""
        return self.annotate(
            severity=Case(
                When(reachable=Reachable.BROKEN, then=Value(1)),
                When(identity=Identity.LOST, then=Value(2)),
                When(buyable=Buyable.DIFFERENT_PRODUCT, then=Value(3)),
                When(buyable=Buyable.DISCONTINUED, then=Value(4)),
                When(buyable=Buyable.OUT_OF_STOCK, then=Value(5)),
                When(quarantined_at__isnull=False, then=Value(6)),
                When(reachable=Reachable.SUSPECT, then=Value(7)),
                When(reachable=Reachable.UNKNOWN, then=Value(8)),
                default=Value(9),
            )
        )

    def with_refusal(self, silent_shops: Collection[int]) -> OfferQuerySet:
        """Each offer with `refusal`: why the checker would not look at it now, or "".

        `silent_shops`: keys of shops with an API for which we hold no credentials.
        """
        return self.annotate(refusal=refusal_of("", silent_shops))

    def for_people(self, now: datetime, *, tempo: float = 1.0) -> OfferQuerySet:
        """Listed offers that wait for a person's look, worst first, each with `asked_because` and `page_count`.

        `tempo` scales how long robots may go without an answer; people keep their own time.
        """
        from products.models import Checking

        wants_a_look = (
            Q(human_checked_at__isnull=True)
            | Q(human_checked_at__lte=now - PEOPLE_LOOK_EVERY)
            | (
                Q(human_checked_at__lte=now - PEOPLE_LOOK_AT_BAD_EVERY)
                & (Q(reachable=Reachable.BROKEN) | Q(buyable__in=ALARMING_BUYABLE))
            )
        )
        silent_since = now - API_SILENT_FOR * tempo
        because = Case(
            When(
                Q(buyable=Buyable.DIFFERENT_PRODUCT)
                & (Q(human_checked_at__isnull=True) | Q(human_checked_at__lt=F("changed_at"))),
                then=Value(AskedBecause.DIFFERENT_PRODUCT.value),
            ),
            When(
                wants_a_look,
                outcome=Outcome.OTHER_REGION,
                then=Value(AskedBecause.OTHER_REGION.value),
            ),
            When(
                ~Q(outcome=Outcome.OTHER_REGION),
                retailer__checking=Checking.FETCH,
                unverifiable_since__lte=now - UNVERIFIABLE_AFTER * tempo,
                then=Value(AskedBecause.UNVERIFIABLE.value),
            ),
            When(
                (
                    Q(retailer__checking=Checking.HUMAN)
                    | Q(retailer__checking=Checking.FETCH, host__key__in=NOT_TO_BE_FETCHED)
                )
                & wants_a_look,
                then=Value(AskedBecause.BY_HAND.value),
            ),
            When(
                Q(retailer__checking=Checking.API)
                & (Q(unverifiable_since__lte=silent_since) | Q(next_check_at__lte=silent_since))
                & wants_a_look,
                then=Value(AskedBecause.API_SILENT.value),
            ),
            default=Value(""),
        )
        rank = Case(
            When(asked_because=AskedBecause.DIFFERENT_PRODUCT.value, then=Value(1)),
            When(last_reached_at__isnull=True, then=Value(2)),  # nobody ever saw where it sends readers
            default=Value(3),
        )
        asked = self.listed().annotate(asked_because=because).exclude(asked_because="")
        return (
            asked.with_page_count()
            .annotate(rank=rank)
            .order_by("rank", "-page_count", F("human_checked_at").asc(nulls_first=True), "pk")
        )

    def with_evidence(self) -> OfferQuerySet:
        """Each offer with `last_verdicts`, what its last look said of each axis; None before the first."""
        from products.models import Check

        last = Check.objects.filter(offer=OuterRef("pk")).order_by("-at")
        return self.annotate(last_verdicts=Subquery(last.values("verdicts")[:1]))

    def with_page_count(self) -> OfferQuerySet:
        """Each offer with `page_count`: how many live pages show its product. Drafts of live pages are not seen."""
        from products.models import Product

        placed = (
            _on_live_pages(Product, "product_id")
            .order_by()
            .values("to_object_id")
            .annotate(pages=Count("object_id", distinct=True))
            .values("pages")
        )
        return self.annotate(page_count=Coalesce(Subquery(placed), 0))

    def due(self, now: datetime) -> OfferQuerySet:
        """Offers whose look is due, the longest waiting first."""
        return self.filter(next_check_at__lte=now, quarantined_at__isnull=True, enabled=True).order_by(
            "next_check_at", "pk"
        )

    def once_flaky(self) -> OfferQuerySet:
        """Offers of which an axis was changing back and forth when it was last looked at. By an index of its own."""
        return self.filter(health_memory__has_key="flaky")


def _on_live_pages(product: type[Model], key: str) -> QuerySet[ReferenceIndex]:
    """The references from live pages to the product whose primary key the outer query has as `key`."""
    pages = ContentType.objects.get_for_model(Page)
    # Only a page's key is sure to be a number.
    number = Case(When(base_content_type=pages, then=Cast("object_id", IntegerField())))
    references = ReferenceIndex.objects.annotate(page=number).filter(
        to_content_type=ContentType.objects.get_for_model(product),
        base_content_type=pages,
        to_object_id=Cast(OuterRef(key), CharField()),
    )
    return references.filter(Exists(Page.objects.live().filter(pk=OuterRef("page"))))


def refusal_of(offer: str, silent_shops: Collection[int]) -> Case:
    """Why the checker would not look at an offer now, as an expression; `offer` is the way to it: "" or "offer"."""
    from products.models import Checking

    def at(**fields: Any) -> Q:
        return Q(**{f"{offer}__{name}" if offer else name: value for name, value in fields.items()})

    by_hand = at(retailer__checking=Checking.HUMAN)
    not_ours_to_ask = at(retailer__checking=Checking.FETCH, host__key__in=NOT_TO_BE_FETCHED)
    return Case(
        When(at(destination=""), then=Value(Refusal.DRAFT.value)),
        When(at(enabled=False), then=Value(Refusal.OFF.value)),
        When(by_hand | not_ours_to_ask, then=Value(Refusal.HUMAN.value)),
        When(at(retailer__in=silent_shops), then=Value(Refusal.API.value)),
        default=Value(""),
        output_field=CharField(),
    )


_SOLD_OUT_THERE = {"product": OuterRef("product"), "region": OuterRef("retailer__region")}


def _open_alarms() -> AlarmQuerySet:
    from products.models import Alarm

    return Alarm.objects.open()


def _is_snoozed(now: datetime) -> Q:
    """Whether something rings for an offer, its shop or its product in the region, and all of that is snoozed."""
    opened = _open_alarms()

    def any_of(alarms: AlarmQuerySet) -> Q:
        return (
            Q(Exists(alarms.filter(offer=OuterRef("pk"))))
            | Q(Exists(alarms.filter(host=OuterRef("host"))))
            | Q(Exists(alarms.filter(**_SOLD_OUT_THERE)))
        )

    return any_of(opened.filter(snoozed_until__gt=now)) & ~any_of(opened.ringing(now))


class AskedOfferQuerySet(QuerySet[Any]):
    def with_standing(self, silent_shops: Collection[int]) -> AskedOfferQuerySet:
        """Each with `standing`, `why_not`, and of the first look since it was asked for `looked_at`, `outcome`, `verdicts`.

        A look counts that a worker wrote down after the asking and before the cancelling: the looks themselves are
        the truth, so a worker that dies can leave nothing wrong here.
        """
        from products.models import Check

        looks = Check.objects.filter(
            offer=OuterRef("offer_id"),
            judged_by__isnull=True,
            at__gte=OuterRef("mass_check__asked_at"),
            at__lte=Coalesce(OuterRef("mass_check__cancelled_at"), F("at")),
        ).order_by("at")
        since = Case(
            When(~Q(refusal=""), then=F("refusal")),
            When(offer__quarantined_at__isnull=False, then=Value(Refusal.QUARANTINED.value)),
            default=refusal_of("offer", silent_shops),
            output_field=CharField(),
        )
        return self.annotate(
            looked_at=Subquery(looks.values("at")[:1]),
            outcome=Subquery(looks.values("outcome")[:1]),
            verdicts=Subquery(looks.values("verdicts")[:1]),
            why_not=since,
            standing=Case(
                When(~Q(refusal=""), then=Value(Standing.REFUSED.value)),
                When(Exists(looks), then=Value(Standing.CHECKED.value)),
                When(mass_check__cancelled_at__isnull=False, then=Value(Standing.CANCELLED.value)),
                When(~Q(why_not=""), then=Value(Standing.REFUSED.value)),
                default=Value(Standing.WAITING.value),
                output_field=CharField(),
            ),
        )


class AlarmQuerySet(QuerySet[Any]):
    def open(self) -> AlarmQuerySet:
        return self.filter(closed_at__isnull=True)

    def ringing(self, now: datetime) -> AlarmQuerySet:
        """Open, and not snoozed until later."""
        return self.open().filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now))

    def shop_by_shop(self, now: datetime) -> AlarmQuerySet:
        """Each alarm with `shop`, a name to sort by, and `is_snoozed`; what rings comes first, then what touches most."""
        shop = Lower(Coalesce("offer__retailer__name", "host__key", "region__name"))
        is_snoozed = Q(snoozed_until__isnull=False, snoozed_until__gt=now)
        described = self.annotate(shop=shop, is_snoozed=ExpressionWrapper(is_snoozed, BooleanField()))
        return described.order_by("is_snoozed", "shop", "-articles", "opened_at", "pk")


class ClickQuerySet(QuerySet[Any]):
    def between(self, first: date, last: date) -> ClickQuerySet:
        """Those of the days from `first` to `last`, both counted."""
        return self.filter(day__range=(first, last))

    def by_people(self) -> ClickQuerySet:
        return self.filter(people__gt=0)


class LinkNoticeQuerySet(QuerySet[Any]):
    def waiting(self) -> LinkNoticeQuerySet:
        """Those that no mail carried yet."""
        return self.filter(told_at__isnull=True)

    def for_a_mail(self) -> LinkNoticeQuerySet:
        """With what their lines say, in a fixed number of queries."""
        return self.select_related(
            "alarm__offer__product",
            "alarm__offer__retailer__region",
            "alarm__product",
            "alarm__region",
            "alarm__host",
            "offer__product",
            "offer__retailer__region",
        )

    def about(self, alarms: Collection[int], offers: Collection[int]) -> LinkNoticeQuerySet:
        return self.filter(Q(alarm__in=alarms) | Q(offer__in=offers))


class HostQuerySet(QuerySet[Any]):
    def free(self, now: datetime) -> HostQuerySet:
        """Hosts that nobody holds and that have not asked for quiet."""
        return self.filter(
            Q(leased_until__isnull=True) | Q(leased_until__lte=now),
            Q(paused_until__isnull=True) | Q(paused_until__lte=now),
        )

    def with_due_offers(self, now: datetime) -> HostQuerySet:
        """Hosts of shops that robots may ask with offers that are due. Those of an API are not asked at their host."""
        from products.models import Offer  # the models import this module

        robots_may = self.exclude(key__in=NOT_TO_BE_FETCHED)
        return robots_may.filter(Exists(Offer.objects.due(now).filter(host=OuterRef("pk")).order_by()))

    def by_due_work(self, now: datetime, *, counted: int) -> HostQuerySet:
        """Hosts with `due_work`, most of it first; among equals the longest rested. No more than `counted` is counted.

        The index is read once for each host and only so far, so the cost does not follow what is due. Hosts with
        more than that take turns until few enough are left for all of them to be leased at once, so the long ones
        lose no more than the time that the short ones among them take.
        """
        from products.models import Offer  # the models import this module

        due = Offer.objects.due(now).filter(host=OuterRef("pk")).order_by().values("host_id")[:counted]
        work = Func(ArraySubquery(due), function="cardinality", output_field=IntegerField())
        return self.annotate(due_work=work).order_by(
            "-due_work", F("next_polite_at").asc(nulls_first=True), "pk"
        )
