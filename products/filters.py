"""Filters that listings and reports of links share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django_filters
from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django_filters.fields import ModelChoiceField

from products.models import Retailer


class LongSelect(forms.Select):
    """A select of thousands of options. Django renders a template for each, which took more time than the rest of a page."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        chosen = set(self.format_value(value))
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (option, mark_safe(" selected") if str(option) in chosen else "", label)
                for option, label in self.choices
            ),
        )
        return format_html(
            "<select{}>{}</select>",
            flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name})),
            options,
        )


class _Shops(forms.models.ModelChoiceIterator):
    """The shops as a shop names itself, without making an object of each."""

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        yield "", str(self.field.empty_label)
        for pk, name, region in self.queryset.values_list("pk", "name", "region__code"):
            yield pk, f"{name} ({region})"


class _ShopField(ModelChoiceField):
    iterator = _Shops
    widget = LongSelect


class RetailerFilter(django_filters.ModelChoiceFilter):
    """Those of one shop. `options` as of any filter of the kind: the field's name, or a method."""

    field_class = _ShopField

    def __init__(self, **options: Any) -> None:
        super().__init__(label="Retailer", queryset=Retailer.objects.select_related("region"), **options)
