"""Questions asked of the product library, as named verbs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce
from wagtail.models import Page, ReferenceIndex

from products.linkcheck.verdict import Buyable, Identity, Reachable

if TYPE_CHECKING:
    from products.models import Offer, Region

ALARMING_BUYABLE = (Buyable.OUT_OF_STOCK, Buyable.DISCONTINUED, Buyable.DIFFERENT_PRODUCT)


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

    def showable(self) -> OfferQuerySet:
        """Offers that a reader may be sent to: addressed, enabled, not withdrawn, not known to be bad."""
        return (
            self.addressed()
            .filter(enabled=True, product__withdrawn_at__isnull=True)
            .exclude(reachable=Reachable.BROKEN)
            .exclude(identity=Identity.LOST)
            .exclude(buyable__in=ALARMING_BUYABLE)
        )

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
        """Offers that the checker may look at: addressed, switched on, at a shop that robots may ask."""
        from products.models import Checking  # the models import this module

        return self.addressed().filter(enabled=True, retailer__checking=Checking.FETCH)

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


class HostQuerySet(QuerySet[Any]):
    def free(self, now: datetime) -> HostQuerySet:
        """Hosts that nobody holds and that have not asked for quiet."""
        return self.filter(
            Q(leased_until__isnull=True) | Q(leased_until__lte=now),
            Q(paused_until__isnull=True) | Q(paused_until__lte=now),
        )

    def with_due_offers(self, now: datetime) -> HostQuerySet:
        from products.models import Offer  # the models import this module

        return self.filter(Exists(Offer.objects.due(now).filter(host=OuterRef("pk")).order_by()))

    def by_next_polite_moment(self) -> HostQuerySet:
        return self.order_by(F("next_polite_at").asc(nulls_first=True), "pk")
