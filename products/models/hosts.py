"""Hosts: the unit of leasing and politeness (docs/adr/0005)."""

from __future__ import annotations

import logging
from typing import ClassVar

from django.db import models

from products.linkcheck.breaker import Breaker, HostHealth
from products.linkcheck.health import DISORDER
from products.querysets import HostQuerySet

logger = logging.getLogger(__name__)


class Host(models.Model):
    """A registrable domain that the checker asks, one request at a time.

    The lease is what keeps two workers from asking the same host: it is taken and given back in the
    database and runs out by itself, so a killed worker blocks nothing for long.
    """

    key = models.CharField(max_length=253, unique=True, help_text="The registrable domain.")
    leased_by = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(
        null=True, blank=True, help_text="The host asked for quiet until then."
    )
    next_polite_at = models.DateTimeField(null=True, blank=True)
    breaker = models.CharField(
        max_length=8,
        choices=[
            (Breaker.CLOSED.value, "Each offer by itself"),
            (Breaker.TRIPPED.value, "Many offers turned bad at once"),
            (Breaker.FAILING.value, "Failing"),
        ],
        default=Breaker.CLOSED.value,
    )
    health_memory = models.JSONField(default=dict)  # what `linkcheck.breaker` remembers of its last looks
    nonsense_fingerprint = models.CharField(
        max_length=32, blank=True, help_text="The page it serves at an address that cannot exist."
    )
    nonsense_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last asked for an address that cannot exist."
    )
    robots = models.JSONField(
        default=dict,
        help_text="Its rules for robots, and when they were read, by the address of the robots.txt.",
    )

    objects: ClassVar[models.Manager[Host]] = HostQuerySet.as_manager()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key

    @property
    def health(self) -> HostHealth:
        """What is remembered of its last looks; nothing where that is in disorder, for looks at its offers go on."""
        try:
            return HostHealth.from_json(self.health_memory)
        except DISORDER:
            logger.exception("What is remembered of %s is in disorder, and forgotten.", self.key)
            return HostHealth()
