"""What shops and products put on the desk's front page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.ui.components import Component

from products.alarm_desk import SUBJECTS, alarm_url
from products.clicks.costs import clicks_lately, in_words
from products.models import Alarm, Offer
from products.reports import UnhealthyOffersReport, problem

SHOWN = 5


class OffersPanel(Component):
    """Offers that wait for a person: those that broke, and those without an address."""

    name = "offers"
    template_name = "desk/home_offers.html"
    order = 120

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        offers = Offer.objects.select_related("product", "retailer__region")
        unhealthy, drafts = offers.unhealthy().order_by("changed_at", "pk"), offers.drafts()
        listing = reverse(Offer.snippet_viewset.get_url_name("list"))
        return {
            "unhealthy_count": unhealthy.count(),
            "unhealthy": [
                {"offer": offer, "problem": problem(offer), "url": _url("inspect", offer)}
                for offer in unhealthy[:SHOWN]
            ],
            "unhealthy_url": reverse(UnhealthyOffersReport().get_url_name("index")),
            "draft_count": drafts.count(),
            "drafts": [{"offer": offer, "url": _url("edit", offer)} for offer in drafts[:SHOWN]],
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


def _url(view: str, offer: Offer) -> str:
    return reverse(Offer.snippet_viewset.get_url_name(view), args=[offer.pk])


def add_offers_panel(request: HttpRequest, panels: list[Component]) -> None:
    """For those who may act: who may change offers."""
    if request.user.has_perm("products.change_offer"):
        panels += [LinksPanel(), OffersPanel()]
