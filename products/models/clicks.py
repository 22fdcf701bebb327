"""Clicks on links to shops, counted by the day. Nothing here, or anywhere, says who clicked."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from wagtail.models import Page

from products.models.offers import Offer
from products.models.regions import Region
from products.querysets import ClickQuerySet


class Clicks(models.Model):
    """How often one link was followed on one day, from one page, by readers of one region. Kept for ever.

    Written by `products.clicks` alone. The counts outlive what they speak of: no foreign key is held by the
    database, and each may be missing, so that a report's joins lose no click.
    """

    day = models.DateField(help_text="In the site's time zone.")
    offer = models.ForeignKey(
        Offer, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    page = models.ForeignKey(
        Page,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        help_text="The live page that showed the product; empty where the request named none.",
    )
    region = models.ForeignKey(
        Region,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        help_text="Where the reader shops, as far as the site knows.",
    )
    people = models.PositiveIntegerField(default=0, help_text="Navigations by what looks like a person.")
    others = models.PositiveIntegerField(
        default=0, help_text="Known robots, prefetches, and repeats within seconds."
    )

    objects: ClassVar[ClickQuerySet] = ClickQuerySet.as_manager()  # type: ignore[assignment]  # as_manager() is the queryset's verbs

    class Meta:
        verbose_name = verbose_name_plural = "clicks"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "day", "page", "region"], nulls_distinct=False, name="clicks_counted_once"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="clicks_by_day")]

    def __str__(self) -> str:
        return f"{self.day:%d %B %Y}: {self.people}"
