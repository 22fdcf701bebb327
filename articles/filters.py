"""Filters that listings and reports of articles share."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from articles.models import BodyAreaPage, ReviewTier


class BodyAreaFilter(django_filters.ModelChoiceFilter):
    """Pages below one body area. `field_name` is the path of a page's `path`."""

    def __init__(self, field_name: str = "path") -> None:
        areas = BodyAreaPage.objects.order_by("title")
        super().__init__(field_name=field_name, lookup_expr="startswith", label="Body area", queryset=areas)

    def filter(self, qs: QuerySet[Any], value: BodyAreaPage | None) -> QuerySet[Any]:
        return super().filter(qs, value.path if value else None)


class ReviewTierFilter(django_filters.ModelChoiceFilter):
    """Articles that a tier governs; those without one are the default tier's."""

    def __init__(self, field_name: str = "review_tier") -> None:
        super().__init__(field_name=field_name, label="Review tier", queryset=ReviewTier.objects.all())

    def filter(self, qs: QuerySet[Any], value: ReviewTier | None) -> QuerySet[Any]:
        if value is None:
            return qs
        governed = Q(**{self.field_name: value})
        if value.is_default:
            governed |= Q(**{f"{self.field_name}__isnull": True})
        return qs.filter(governed)
