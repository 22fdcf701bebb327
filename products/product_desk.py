"""The page of one product in the admin: who sells it where, how these links stand, and where readers find it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views.snippets import InspectView

from products.alarms import open_alarms_of
from products.charts import BarChart, Strip, stacked_bars
from products.click_report import OTHERS, PEOPLE
from products.clicks.costs import in_words
from products.columns import ALARMING, axis_words
from products.histories import strips_of
from products.linkcheck.verdict import Axis
from products.models import Clicks, Offer, Product
from products.offer_desk import AXIS_LABELS, legend, offer_page_url, why_hidden
from products.safety_desk import stop_button
from products.shelf import RegionShelf, stock_shelf
from products.where_used import uses_of
from products.where_used_desk import rows_for

STRIP_DAYS = 30
CLICK_DAYS = 90
USES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One offer of the product, as its table shows it."""

    offer: Offer
    url: str
    axes: Sequence[tuple[str, str, bool]]
    """Label, words, whether it asks for a person."""
    strip: Strip | None
    readers: str
    rings: bool


@dataclass(frozen=True, slots=True)
class RegionRows:
    """A region with the product's offers in it, and what its readers find."""

    shelf: RegionShelf
    offers: Sequence[OfferRow]

    @property
    def without(self) -> str:
        """Why readers of the region find no link, in a sentence; "" if they find one."""
        if self.shelf.offers:
            return ""
        if self.shelf.shops:
            return f"Readers find the name of {', '.join(self.shelf.shops)} as plain text, without a link."
        if self.offers:
            return "No offer may be shown, so readers are told that we know of no seller in stock."
        return "Nobody is known to sell it here, and readers are told so."


def offers_by_region(product: Product, *, now: datetime.datetime) -> list[RegionRows]:
    """Every region with the product's offers there. A fixed number of queries."""
    related = Offer.objects.filter(product=product).select_related("product", "retailer__region", "host")
    offers = list(related.by_priority())
    strips, alarms = strips_of(offers, days=STRIP_DAYS), open_alarms_of(offers)
    shelves = stock_shelf([product.pk], now=now)[product.pk].regions
    shown = {one.offer.pk for shelf in shelves for one in shelf.offers}
    rows = {
        offer.pk: OfferRow(
            offer,
            offer_page_url(offer),
            [
                (AXIS_LABELS[axis], axis_words(offer, axis.value), getattr(offer, axis.value) in ALARMING)
                for axis in Axis
            ],
            strips.get(offer.pk),
            "Yes" if offer.pk in shown else f"No. {why_hidden(offer) or _no_link(offer)}",
            bool(alarms[offer.pk]),
        )
        for offer in offers
    }
    return [
        RegionRows(shelf, [rows[offer.pk] for offer in offers if offer.retailer.region_id == shelf.region.pk])
        for shelf in shelves
    ]


def _no_link(offer: Offer) -> str:
    """Why an offer that nothing is wrong with has no link all the same."""
    if not offer.retailer.region.disclosure.strip():
        return "The region has no wording for the disclosure of paid links."
    return "Its programme can make no link of ours to this address."


def clicks_by_region(product: Product, *, days: int) -> BarChart:
    """Clicks on the product's links by the reader's region. One query."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    lately = Clicks.objects.between(today - datetime.timedelta(days=days - 1), today)
    counts = lately.filter(offer__product=product).order_by().values("region__code")
    sums = counts.annotate(people_sum=Sum("people"), others_sum=Sum("others")).order_by("-people_sum")
    rows = [
        (row["region__code"] or "A deleted region", (row["people_sum"], row["others_sum"])) for row in sums
    ]
    return stacked_bars("Clicks by the reader's region", [PEOPLE, OTHERS], rows, axis="Region of the reader")


class ProductInspectView(InspectView):
    """What is known of a product. The number of queries does not follow its offers."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        button = stop_button(self.object, self.request.user)
        return [*super().header_more_buttons, *([button] if button else [])]

    def get_pros_display_value(self) -> str:
        return "; ".join(self.object.pros)

    def get_cons_display_value(self) -> str:
        return "; ".join(self.object.cons)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        product, now = self.object, timezone.now()
        uses = uses_of([product.pk])
        may_see_clicks = self.request.user.has_perm("products.view_clicks")
        chart = clicks_by_region(product, days=CLICK_DAYS) if may_see_clicks else None
        return {
            **super().get_context_data(**kwargs),
            "stop": stop_button(product, self.request.user),
            "regions": offers_by_region(product, now=now),
            "strip_legend": legend(),
            "strip_days": STRIP_DAYS,
            "click_chart": chart,
            "click_words": in_words(chart.totals[0] if chart and chart.rows else 0, days=CLICK_DAYS),
            "uses": rows_for(uses[:USES_SHOWN], self.request),
            "use_count": len(uses),
            "live_count": sum(bool(use.live) for use in uses),
            "usage_url": reverse(Product.snippet_viewset.get_url_name("usage"), args=[product.pk]),
        }
