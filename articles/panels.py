"""What articles put on the desk's front page and beside the page editor."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.side_panels import BaseSidePanel

from articles.amendments import may_withdraw
from articles.clinical_content import clinical_fingerprint
from articles.days import site_day
from articles.governance import due_dates
from articles.models import ArticleImport, ConditionPage, ReviewSchedule, ReviewTrigger
from articles.reports import OverdueArticles, addresses, readable
from articles.review_line import ReviewLine, governing_sign_offs, review_line, rule_of
from products.blocks import placed_product_ids
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
        today = site_day(timezone.now())
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
        line = review_line(live, today=site_day(timezone.now()))
        words = clinical_fingerprint(draft)
        signed = governing_sign_offs(live, live_fingerprint=words).latest
        unsigned = signed is None or signed.fingerprint != words
        found = (
            ReviewSchedule.objects.filter(page_id=live.pk).select_related("reviewer") if live.live else None
        )
        schedule = found.first() if found is not None else None
        calls, user = list(open_calls(live, line)), self.request.user
        return {
            **super().get_context_data(parent_context),
            "page": live,
            "line": line,
            "schedule": schedule,
            "due_then": _due_if_published(draft, live, schedule, next(iter(calls), None))
            if schedule
            else None,
            "calls": calls,
            "may_assign": live.live and live.permissions_for_user(user).can_edit(),
            "may_dismiss": may_withdraw(live, user),
            "draft_voids_review": line.is_badge and unsigned,
            "notes": self.notes,
            "planned": sorted(set(planned_topics(draft)), key=str.casefold),
            "offers": [
                {"offer": offer, "problem": "Needs an address" if offer.is_draft else problem(offer)}
                for offer in _troubled_offers(draft)
            ],
        }


def open_calls(page: ConditionPage, line: ReviewLine) -> Iterable[ReviewTrigger]:
    """What calls for a review now."""
    return ReviewTrigger.objects.unanswered(page.pk, since=line.review.signed_at if line.review else None)


def _due_if_published(
    draft: ConditionPage, live: ConditionPage, schedule: ReviewSchedule, call: ReviewTrigger | None
) -> datetime.date | None:
    """When a review is due by the tier and interval of the draft, if they differ from those in force."""
    rule = rule_of(draft)
    if rule == rule_of(live) or schedule.last_review_on is None or schedule.expires_on is None:
        return None
    due_on, _ = due_dates(schedule.last_review_on, rule, called_on=call.opened_on if call else None)
    return due_on


def planned_topics(page: ConditionPage) -> Iterator[str]:
    """What an article refers to that has no page yet. Only editors are told."""
    for child in page.body.raw_data:
        if child["type"] == "see_also" and not child["value"].get("page"):
            yield child["value"]["topic"]
    for related in page.related_articles.all():
        if related.article_id is None:
            yield related.topic


def _troubled_offers(page: ConditionPage) -> OfferQuerySet:
    products = placed_product_ids(page.body)
    placed = Offer.objects.filter(product__in=products).select_related("product", "retailer__region")
    return placed.unhealthy() | placed.drafts()
