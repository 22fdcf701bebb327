"""What the link checks saw (kept 90 days) and every change of health (kept for ever)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from products.linkcheck.verdict import Axis, Outcome
from products.models.offers import Offer, _choices


class Check(models.Model):
    """One look at an offer: the evidence, and what it means."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="checks")
    at = models.DateTimeField(db_index=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The person who looked; empty for the checker.",
    )
    seconds = models.FloatField()
    outcome = models.CharField(max_length=24, choices=_choices(Outcome))
    status = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of the last answer; empty if none came."
    )
    final_address = models.TextField(blank=True)
    hops = models.JSONField(default=list, help_text="Each address asked, its answer and where it led.")
    expected = models.JSONField(
        default=dict,
        help_text="What it should have found: address, shop, identity, product. Empty for a person's look.",
    )
    seen = models.JSONField(default=dict, help_text="What the page said of itself.")
    verdicts = models.JSONField(default=dict, help_text="For each axis, what it means and why.")
    markers = models.JSONField(
        default=list, help_text="The markers that matched, with the version of their list."
    )
    excerpt = models.CharField(max_length=2048, blank=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["offer", "-at"], name="check_history")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, {self.at:%d %B %Y %H:%M}"

    @property
    def was_redirected(self) -> bool:
        """Whether the look ended elsewhere than where it began."""
        return len(self.hops) > 1


class Flip(models.Model):
    """A change of health on one axis. It outlives the offer."""

    offer = models.ForeignKey(Offer, on_delete=models.SET_NULL, null=True, related_name="flips")
    offer_name = models.CharField(max_length=400)
    at = models.DateTimeField(db_index=True)
    axis = models.CharField(max_length=12, choices=[(axis.value, axis.value.capitalize()) for axis in Axis])
    before = models.CharField(max_length=20)
    after = models.CharField(max_length=20)
    reason = models.CharField(max_length=400)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.offer_name}: {self.axis} {self.before} → {self.after}"
