"""What articles put on the desk's front page and beside the page editor."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.admin.views.home import WorkflowObjectsToModeratePanel
from wagtail.models import TaskState

from articles.amendments import may_withdraw
from articles.clinical_content import clinical_fingerprint
from articles.days import site_day
from articles.governance import due_dates
from articles.models import (
    ArticleImport,
    ConditionPage,
    MedicalReviewTaskState,
    ReviewSchedule,
    ReviewTrigger,
)
from articles.planners import visible
from articles.reports import addresses
from articles.review_desk import ArticleListingView, Stands, desk_url
from articles.review_line import ReviewLine, governing_sign_offs, review_line, rule_of
from articles.review_states import waiting_for_review
from products.blocks import placed_product_ids
from products.health_desk import problem
from products.models import Offer
from products.querysets import OfferQuerySet

SHOWN = 5


class OverduePanel(Component):
    """Articles whose review is overdue and waits for this person, the longest first, and the way to all of them.

    An editor sees what they may plan, a reviewer their own work. What is at a reviewer is theirs to see to, in a
    panel of its own.
    """

    name = "overdue_articles"
    template_name = "desk/home_overdue.html"
    order = 110

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        today = site_day(timezone.now())
        schedules = visible(self.request.user).exclude(page__in=waiting_for_review())
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
            "overdue_url": desk_url(Stands.OVERDUE),
            "due_soon_url": desk_url(Stands.DUE_SOON),
        }


def add_overdue_panel(request: HttpRequest, panels: list[Component]) -> None:
    """For those who may open the desk."""
    if ArticleListingView.may_be_read_by(request.user):
        panels.append(OverduePanel(request))


class MedicalReviewsPanel(Component):
    """Medical reviews that wait for this person: first their own, then the longest-waiting, and the way to the rest."""

    name = "medical_reviews"
    template_name = "desk/home_reviews.html"
    order = 108

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        user = self.request.user
        waiting = MedicalReviewTaskState.objects.filter(
            pk__in=TaskState.objects.reviewable_by(user).values("pk")
        )
        page = Cast(OuterRef("workflow_state__object_id"), BigIntegerField())
        schedule = ReviewSchedule.objects.filter(page=page)
        longest = (
            waiting.annotate(
                is_own=Exists(schedule.filter(reviewer__user=user.pk)),
                due_on=Subquery(schedule.values("due_on")),
            )
            .select_related("revision__user")
            .order_by("-is_own", "started_at", "pk")[:SHOWN]
        )
        return {
            "rows": [
                {"state": state, "url": reverse("medical_review:review", args=[state.pk])}
                for state in longest
            ],
            "count": waiting.count(),
            "waiting_url": desk_url(Stands.WAITING),
        }


class OtherTasksPanel(WorkflowObjectsToModeratePanel):
    """Wagtail's own panel without the medical reviews. It asks some thirty statements for each task."""

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        waiting = TaskState.objects.reviewable_by(parent_context["request"].user)
        others = set(
            waiting.exclude(pk__in=MedicalReviewTaskState.objects.values("pk")).values_list("pk", flat=True)
        )
        if not others:
            return {"states": []}
        context: dict[str, Any] = super().get_context_data(parent_context)
        context["states"] = [entry for entry in context["states"] if entry["task_state"].pk in others]
        return context


def add_reviews_panel(request: HttpRequest, panels: list[Component]) -> None:
    """Medical reviews in a panel of their own, before Wagtail's of other tasks."""
    panels[:] = [
        OtherTasksPanel() if type(panel) is WorkflowObjectsToModeratePanel else panel for panel in panels
    ]
    panels.append(MedicalReviewsPanel(request))


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
