"""What shops and products put on the desk's front page."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.ui.components import Component
from wagtail.models import Page

from products.alarm_desk import SUBJECTS, alarm_url
from products.clicks.costs import clicks_lately, in_words
from products.health_desk import health_url, inspect_url, problem
from products.models import Alarm, Offer, Product
from products.sellers import pages_without_seller
from products.where_used_desk import page_links

SHOWN = 5


class OffersPanel(Component):
    """Offers that wait for a person: those that broke, and those without an address."""

    name = "offers"
    template_name = "desk/home_offers.html"
    order = 120

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        offers = Offer.objects.select_related("product", "retailer__region")
        unhealthy = offers.needs_somebody(timezone.now()).order_by("changed_at", "pk")
        drafts = offers.drafts()
        listing = reverse(Offer.snippet_viewset.get_url_name("list"))
        return {
            "unhealthy_count": unhealthy.count(),
            "unhealthy": [
                {"offer": offer, "problem": problem(offer), "url": inspect_url(offer)}
                for offer in unhealthy[:SHOWN]
            ],
            "unhealthy_url": health_url(),
            "draft_count": drafts.count(),
            "drafts": [{"offer": offer, "url": _edit_url(offer)} for offer in drafts[:SHOWN]],
            "drafts_url": f"{listing}?needs=address",
        }


class LinksPanel(Component):
    """What rings, and how many links wait for a person's eyes."""

    name = "links"
    template_name = "desk/home_links.html"
    order = 110

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        now = timezone.now()
        ringing = (
            Alarm.objects.ringing(now).select_related(*SUBJECTS).order_by("-articles", "opened_at", "pk")
        )
        shown = list(ringing[:SHOWN])
        clicks = clicks_lately(shown, now=now)
        return {
            "ringing_count": ringing.count(),
            "ringing": [
                {"alarm": alarm, "url": alarm_url(alarm), "cost": in_words(clicks[alarm.pk])}
                for alarm in shown
            ],
            "alarms_url": reverse("alarms:index"),
            "waiting_count": Offer.objects.for_people(now, tempo=settings.LINK_CHECK_TEMPO).count(),
            "queue_url": reverse("links_to_look_at:index"),
        }


class SellersPanel(Component):
    """Articles in which readers of some region find nobody to buy from, those that lack most first."""

    name = "sellers"
    template_name = "desk/home_sellers.html"
    order = 125

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        gaps = pages_without_seller()
        shown = gaps[:SHOWN]
        pages = Page.objects.in_bulk([gap.page_id for gap in shown])
        links = page_links([pages[gap.page_id] for gap in shown], self.request)
        regions = sorted(
            {region for gap in gaps for region in gap.regions}, key=attrgetter("sort_order", "code")
        )
        listing = reverse(Product.snippet_viewset.get_url_name("list"))
        return {
            "count": len(gaps),
            "rows": [
                {"title": title, "url": url, "regions": gap.regions}
                for gap, (title, url) in zip(shown, links, strict=True)
            ],
            "regions": [(region, f"{listing}?no_seller_in={region.pk}") for region in regions],
        }


def _edit_url(offer: Offer) -> str:
    return reverse(Offer.snippet_viewset.get_url_name("edit"), args=[offer.pk])


def add_offers_panel(request: HttpRequest, panels: list[Component]) -> None:
    """For those who may act: who may change offers."""
    if request.user.has_perm("products.change_offer"):
        panels += [LinksPanel(), OffersPanel(), SellersPanel(request)]
