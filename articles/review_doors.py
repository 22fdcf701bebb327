"""How people get from Wagtail's own screens to the views of a medical review."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.action_menu import ActionMenuItem, WorkflowMenuItem
from wagtail.admin.widgets.button import Button
from wagtail.models import Page
from wagtail.permissions import policy_registry

from articles.amendments import may_withdraw, why_not_minor
from articles.governance import SignOffOutcome
from articles.models import ConditionPage, MedicalReviewTaskState
from articles.review_line import last_sign_offs


def review_url(page: Page) -> str | None:
    """Where an article is reviewed, if it waits for that."""
    state = page.current_workflow_task_state
    if not isinstance(state, MedicalReviewTaskState):
        return None
    return reverse("medical_review:review", args=[state.pk])


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
