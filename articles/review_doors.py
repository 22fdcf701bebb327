"""How people get from Wagtail's own screens to the views of a medical review."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.action_menu import ActionMenuItem, SubmitForModerationMenuItem, WorkflowMenuItem
from wagtail.admin.widgets.button import Button
from wagtail.models import Page
from wagtail.permissions import policy_registry

from articles.amendments import may_withdraw, why_not_minor
from articles.audit_view import may_audit
from articles.governance import SignOffOutcome
from articles.models import BodyAreaPage, ConditionPage, MedicalReviewTaskState
from articles.review_line import last_sign_offs
from articles.workflow import takes_part, why_not_begin


def may_call(page: Page, user: Any) -> bool:
    """Whether somebody may call for a review of a page before its time: its editors, and reviewers."""
    return bool(page.permissions_for_user(user).can_edit()) or may_withdraw(page, user)


def review_url(page: Page) -> str | None:
    """Where an article is reviewed, if it waits for that."""
    state = page.current_workflow_task_state
    if not isinstance(state, MedicalReviewTaskState):
        return None
    return reverse("medical_review:review", args=[state.pk])


class SubmitMenuItem(SubmitForModerationMenuItem):
    """Names the workflow that an article will have. Before there is one, Wagtail asks the page above it, whose own
    workflow is another."""

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(parent_context)
        workflow = Page.get_workflow(parent_context["parent_page"])
        if workflow:
            context["label"] = f"Submit to {workflow.name}"
        return context


def name_the_workflow(items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]) -> None:
    """`construct_page_action_menu`: below a body area only articles are made."""
    parent = context.get("parent_page")
    if context.get("view") != "create" or parent is None or parent.specific_class is not BodyAreaPage:
        return
    items[:] = [
        SubmitMenuItem(order=item.order) if isinstance(item, SubmitForModerationMenuItem) else item
        for item in items
    ]


class ReviewMenuItem(ActionMenuItem):
    """In the editor's menu of actions: go and review. Signing needs a look at the whole."""

    name = "action-medical-review"
    label = "Open the medical review"
    icon_name = "clipboard-list"
    order = 5

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def get_url(self, parent_context: Any) -> str:
        return self.url


def offer_the_review(items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]) -> None:
    """`construct_page_action_menu`: in place of Wagtail's buttons, which approve unseen."""
    page = context.get("page")
    if page is None or (url := review_url(page)) is None:
        return
    items[:] = [item for item in items if not isinstance(item, WorkflowMenuItem)]
    if page.current_workflow_task.takes_part(request.user):
        items.append(ReviewMenuItem(url))


def lead_reviewers_to_the_review(request: HttpRequest, page: Page) -> HttpResponse | None:
    """`before_edit_page`: who is let into the editor only as a reviewer reviews, and changes nothing."""
    url = review_url(page)
    if url is None:
        return None
    policy = policy_registry.get_by_type(Page)
    if policy.user_has_permission_for_instance(request.user, "change", page):
        return None
    return redirect(url)


def review_buttons(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """`register_page_header_buttons`: the verbs that an article's state allows."""
    page = page.specific
    if not isinstance(page, ConditionPage):
        return
    url = review_url(page)
    if url is not None and page.current_workflow_task.takes_part(user):
        yield Button("Open the medical review", url, icon_name="clipboard-list", priority=5)
    elif (
        user.has_perm("articles.sign_medicalreview")
        and page.live
        and takes_part(page, user)
        and not why_not_begin(page)
    ):
        yield Button(
            "Begin the medical review",
            reverse("medical_review:begin", args=[page.pk]),
            icon_name="clipboard-list",
            priority=5,
        )
    if page.live and may_call(page, user):
        yield Button(
            "Call for a medical review",
            reverse("medical_review:call", args=[page.pk]),
            icon_name="warning",
            priority=63,
        )
    if page.live and page.permissions_for_user(user).can_edit():
        yield Button(
            "Assign the next reviewer",
            reverse("medical_review:assign", args=[page.pk]),
            icon_name="user",
            priority=60,
        )
    if may_audit(page, user):
        yield Button(
            "Audit pack", reverse("medical_review:audit", args=[page.pk]), icon_name="history", priority=64
        )
    latest, _ = last_sign_offs(page)
    if latest is None or latest.outcome == SignOffOutcome.WITHDRAWN:
        return
    if page.permissions_for_user(user).can_edit() and not why_not_minor(
        page.get_latest_revision_as_object(), now=timezone.now()
    ):
        yield Button(
            "Propose a small edit",
            reverse("medical_review:propose_minor", args=[page.pk]),
            icon_name="edit",
            priority=61,
        )
    if may_withdraw(page, user):
        yield Button(
            "Withdraw the medical review",
            reverse("medical_review:withdraw", args=[page.pk]),
            icon_name="undo",
            priority=62,
        )
