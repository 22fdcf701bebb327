"""A model field that Django 6 will make needless."""

from __future__ import annotations

from typing import Any

from django.db import models


class AddressField(models.URLField):
    """A URLField whose form takes "shop.example" for https, as Django 6's will."""

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"assume_scheme": "https", **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.URLField", args, kwargs
