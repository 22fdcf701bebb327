"""Columns that the desk's listings and reports share. The words in them are what an export holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils.text import Truncator
from wagtail.admin.ui.tables import Column

from products.histories import strips_of
from products.linkcheck.verdict import Identity, Reachable
from products.models import Offer
from products.querysets import ALARMING_BUYABLE

ALARMING = frozenset(
    (Reachable.BROKEN.value, Identity.LOST.value, *(state.value for state in ALARMING_BUYABLE))
)


LONGEST_ADDRESS = 44
STRIP_DAYS = 30


class LinkColumn(Column):
    """A text with a link. `get_url` gives its address, or None for plain text; `outside` opens a new tab."""

    cell_template_name = "desk/columns/link.html"

    def __init__(
        self, name: str, *, get_url: Callable[[Any], str | None], outside: bool = False, **options: Any
    ) -> None:
        super().__init__(name, **options)
        self.get_url = get_url
        self.outside = outside

    def get_cell_context_data(self, instance: Any, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        return {**context, "url": self.get_url(instance), "outside": self.outside}


class MomentColumn(Column):
    """A day, or a moment, by the calendar: Wagtail's own column calls everything ahead "just now"."""

    cell_template_name = "desk/columns/moment.html"

    def get_cell_context_data(self, instance: Any, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        return {**context, "has_time": isinstance(context["raw_value"], datetime)}


class HealthColumn(Column):
    """One axis of an offer's health. A draft has none; what asks for a person stands out."""

    cell_template_name = "desk/columns/health.html"

    def __init__(self, axis: str, label: str) -> None:
        super().__init__(axis, label=label, accessor=lambda offer: axis_words(offer, axis), sort_key=axis)
        self.axis = axis

    def get_cell_context_data(self, instance: Offer, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        return {**context, "alarming": getattr(instance, self.axis) in ALARMING}


class HistoryStripColumn(Column):
    """An offer's health over the last `STRIP_DAYS` days as a strip; in an export, the same in words.

    The rows of a page must have gone through `add_history_strips(rows)`, which costs one query for all of them
    (`DeskReport.describe` is the place).
    """

    cell_template_name = "desk/columns/history_strip.html"

    def __init__(self, name: str = "history", *, label: str = "Last 30 days", **options: Any) -> None:
        super().__init__(name, label=label, accessor=_strip_words, **options)

    def get_cell_context_data(self, instance: Offer, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        return {**context, "strip": instance.history_strip}


def add_history_strips(offers: Collection[Offer]) -> None:
    """Give each offer `history_strip`, what `HistoryStripColumn` shows: a picture with its words, None for a draft.

    One query, however many offers.
    """
    strips = strips_of(offers, days=STRIP_DAYS)
    for offer in offers:
        offer.history_strip = strips.get(offer.pk)


def _strip_words(offer: Offer) -> str:
    strip = offer.history_strip
    return strip.words if strip else ""


def axis_words(offer: Offer, axis: str) -> str:
    """One axis of an offer's health in words; nothing for a draft."""
    if offer.is_draft:
        return ""
    if offer.last_checked_at is None:
        return "Not checked yet"
    return str(getattr(offer, f"get_{axis}_display")())


def short_address(offer: Offer) -> str:
    """An offer's address without the shop's name, cut to what a row has room for."""
    if offer.is_draft:
        return "Needs an address"
    parts = urlsplit(offer.destination)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return Truncator(path or "/").chars(LONGEST_ADDRESS)


HEALTH = (
    HealthColumn("reachable", "Reachable"),
    HealthColumn("identity", "Identity"),
    HealthColumn("buyable", "Can be bought"),
)
