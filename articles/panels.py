"""What articles put on the desk's front page and beside the page editor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.side_panels import BaseSidePanel

from articles.clinical_content import clinical_fingerprint
from articles.models import ArticleImport, ConditionPage, ReviewSchedule
from articles.reports import OverdueArticles, addresses, readable
from articles.review_line import review_line
from products.models import Offer
from products.querysets import OfferQuerySet
from products.reports import problem

SHOWN = 5


class OverduePanel(Component):
    """Articles whose review is overdue, the longest first."""

    name = "overdue_articles"
    template_name = "desk/home_overdue.html"
    order = 110

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        today = timezone.localdate()
        schedules = readable(self.request.user)
        overdue = schedules.overdue(today).select_related("page")
        worst = list(overdue[:SHOWN])
        urls = addresses([schedule.page for schedule in worst], self.request)
        return {
            "count": overdue.count(),
            "due_soon_count": schedules.due_soon(today).count(),
            "rows": [
                {"schedule": schedule, "days": (today - schedule.due_on).days, "url": urls[schedule.page_id]}
                for schedule in worst
            ],
            "report_url": reverse(OverdueArticles().get_url_name("index")),
        }


def add_overdue_panel(request: HttpRequest, panels: list[Component]) -> None:
    """For those who may act on an article."""
    if OverdueArticles.may_be_read_by(request.user):
        panels.append(OverduePanel(request))


class ReviewSidePanel(BaseSidePanel):
    """Where an article's review stands, what its import left to a person, and what its products need."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = "Toggle medical review"
        icon_name = "clipboard-list"
        counter_classname = "w-bg-critical-200"

        def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
            return {**super().get_context_data(parent_context), "count": len(self.panel.notes)}

    name = "medical-review"
    title = "Medical review"
    template_name = "desk/side_panel_review.html"
    order = 200

    def __init__(self, page: ConditionPage, request: HttpRequest) -> None:
        super().__init__(page, request)
        imported = ArticleImport.objects.filter(page_id=page.pk).first()
        self.notes: list[str] = imported.unsure if imported else []

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        draft, live = self.object, ConditionPage.objects.get(pk=self.object.pk)
        line = review_line(live, today=timezone.localdate())
        reworded = line.review is not None and clinical_fingerprint(draft) != line.fingerprint
        return {
            **super().get_context_data(parent_context),
            "line": line,
            "schedule": ReviewSchedule.objects.filter(page_id=live.pk).first() if live.live else None,
            "draft_voids_review": line.is_badge and reworded,
            "notes": self.notes,
            "planned": sorted(set(planned_topics(draft)), key=str.casefold),
            "offers": [
                {"offer": offer, "problem": "Needs an address" if offer.is_draft else problem(offer)}
                for offer in _troubled_offers(draft)
            ],
        }


def planned_topics(page: ConditionPage) -> Iterator[str]:
    """What an article refers to that has no page yet. Only editors are told."""
    for child in page.body.raw_data:
        if child["type"] == "see_also" and not child["value"].get("page"):
            yield child["value"]["topic"]
    for related in page.related_articles.all():
        if related.article_id is None:
            yield related.topic


def _troubled_offers(page: ConditionPage) -> OfferQuerySet:
    products = [
        child["value"]["product"]
        for child in page.body.raw_data
        if child["type"] == "product_box" and child["value"].get("product")
    ]
    placed = Offer.objects.filter(product__in=products).select_related("product", "retailer__region")
    return placed.unhealthy() | placed.drafts()
