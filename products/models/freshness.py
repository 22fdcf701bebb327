"""The generation of readers' pages, as PostgreSQL holds it."""

from __future__ import annotations

import uuid

from django.db import models


class Generation(models.Model):
    """A part of the generation: all rows together are its value. As many rows as writers that met.

    Written by `products.freshness.bump` alone.
    """

    token = models.UUIDField(default=uuid.uuid4)

    def __str__(self) -> str:
        return str(self.token)
