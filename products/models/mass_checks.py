"""What somebody asked to have checked at once. What came of it is read from the looks themselves."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from products.models.offers import Offer
from products.querysets import AskedOfferQuerySet, Refusal


class MassCheck(models.Model):
    """Offers that somebody asked to have checked now, 1 or 5,000: their due dates were brought forward, no more.

    Kept as long as looks are, because its results are looks.
    """

    about = models.CharField(max_length=200, help_text="What was asked for, in words.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(db_index=True, help_text="By the database's clock, as looks are.")
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.about


class AskedOffer(models.Model):
    """One offer of a mass check, with what it takes to undo the asking."""

    mass_check = models.ForeignKey(MassCheck, on_delete=models.CASCADE, related_name="rows")
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="+")
    refusal = models.CharField(
        max_length=12,
        choices=[(refusal.value, refusal.value.capitalize()) for refusal in Refusal],
        blank=True,
        help_text="Why it was not asked for after all.",
    )
    former_due_at = models.DateTimeField(null=True, help_text="When it was to be looked at before.")
    former_quarantine_at = models.DateTimeField(null=True)

    objects: ClassVar[AskedOfferQuerySet] = AskedOfferQuerySet.as_manager()  # type: ignore[assignment]  # as_manager() is the queryset's verbs

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["mass_check", "offer"], name="offer_once_in_a_mass_check")
        ]

    def __str__(self) -> str:
        return str(self.offer)
