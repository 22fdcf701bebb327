"""What an editor is called for: one row for each thing that was confirmed bad, closed when it heals."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.models.catalogue import Product
from products.models.hosts import Host
from products.models.offers import Offer
from products.models.regions import Region
from products.querysets import AlarmQuerySet


class AlarmKind(models.TextChoices):
    BROKEN = "broken", "Broken link"
    IDENTITY_LOST = "identity_lost", "Our identity is lost"
    DIFFERENT_PRODUCT = "different_product", "A different product"
    SOLD_OUT = "sold_out", "Sold out everywhere in the region"
    FAILING = "failing", "The whole shop is failing"


OF_AN_OFFER = (AlarmKind.BROKEN, AlarmKind.IDENTITY_LOST, AlarmKind.DIFFERENT_PRODUCT)


class Alarm(models.Model):
    """Something confirmed bad, from when it was confirmed until it healed.

    Its subject is an offer, a product in a region (`SOLD_OUT`) or a host (`FAILING`). While it is open there is
    no second one for the same subject and kind, whoever repeats what.
    """

    kind = models.CharField(max_length=20, choices=AlarmKind.choices)
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, null=True, related_name="alarms")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, related_name="alarms")
    region = models.ForeignKey(Region, on_delete=models.CASCADE, null=True, related_name="+")
    host = models.ForeignKey(Host, on_delete=models.CASCADE, null=True, related_name="alarms")
    reason = models.CharField(max_length=400)
    articles = models.PositiveIntegerField(default=0, help_text="How many it touched when it was opened.")
    opened_at = models.DateTimeField(db_index=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snoozed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    snooze_reason = models.CharField(max_length=400, blank=True)

    objects: ClassVar[AlarmQuerySet] = AlarmQuerySet.as_manager()  # type: ignore[assignment]  # as_manager() is the queryset's verbs

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                name="alarm_has_the_subject_of_its_kind",
                condition=(
                    Q(kind__in=[kind.value for kind in OF_AN_OFFER], offer__isnull=False)
                    & Q(product__isnull=True, region__isnull=True, host__isnull=True)
                )
                | (
                    Q(kind=AlarmKind.SOLD_OUT.value, product__isnull=False, region__isnull=False)
                    & Q(offer__isnull=True, host__isnull=True)
                )
                | (
                    Q(kind=AlarmKind.FAILING.value, host__isnull=False)
                    & Q(offer__isnull=True, product__isnull=True, region__isnull=True)
                ),
            ),
            models.UniqueConstraint(
                name="one_open_alarm_an_offer",
                fields=["offer", "kind"],
                condition=Q(closed_at__isnull=True, offer__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_open_alarm_a_product_in_a_region",
                fields=["product", "region", "kind"],
                condition=Q(closed_at__isnull=True, product__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_open_alarm_a_host",
                fields=["host", "kind"],
                condition=Q(closed_at__isnull=True, host__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"

    @property
    def subject(self) -> str:
        """What it is about, in words."""
        if self.offer is not None:
            return str(self.offer)
        if self.host is not None:
            return str(self.host)
        return f"{self.product}, {self.region}"
