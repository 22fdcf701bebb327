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
    OuterRef,
    Q,
    QuerySet,
    Subquery,
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

PEOPLE_LOOK_EVERY = timedelta(days=30)  # at shops that robots may not ask
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


class ProductQuerySet(QuerySet[Any]):
    def on_sale(self) -> ProductQuerySet:
        """Not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


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
                outcome=Outcome.OTHER_REGION,
                human_checked_at__isnull=True,
                then=Value(AskedBecause.OTHER_REGION.value),
            ),
            When(
                retailer__checking=Checking.FETCH,
                unverifiable_since__lte=now - UNVERIFIABLE_AFTER * tempo,
                then=Value(AskedBecause.UNVERIFIABLE.value),
            ),
            When(
                Q(retailer__checking=Checking.HUMAN) & wants_a_look,
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
        """Each offer with `page_count`: how many pages show its product. Drafts of live pages are not seen."""
        from products.models import Product

        placed = (
            ReferenceIndex.objects.filter(
                to_content_type=ContentType.objects.get_for_model(Product),
                to_object_id=Cast(OuterRef("product_id"), CharField()),
                base_content_type=ContentType.objects.get_for_model(Page),
            )
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
