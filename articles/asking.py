"""Asking one reviewer for the reviews of several articles: those that cannot be asked for are refused, each in words."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from wagtail.admin.models import EditingSession

from articles.assignments import AssignmentRefused, assign_reviewer
from articles.content_checks import musts
from articles.models import ConditionPage, Reviewer
from articles.notices import told_in_one_letter
from articles.workflow import takes_part, why_not_begin

MOST_AT_ONCE = 50
"""Each is a submission with its checks and its place in the log."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one article. `refusal`: why nothing was done to it, in words; or nothing."""

    page: ConditionPage
    refusal: str = ""


def ask_for_reviews(
    pages: Iterable[ConditionPage], reviewer: Reviewer, *, submit: bool, user: Any, now: datetime.datetime
) -> list[Answer]:
    """Make `reviewer` the next one of each article and, with `submit`, send its live words to review.

    Of each article all is done, or nothing. Nothing is ever signed here. The caller has seen that `user` may edit them.
    """
    with told_in_one_letter():
        return [Answer(page, _ask(page, reviewer, submit=submit, user=user, now=now)) for page in pages]


def _ask(page: ConditionPage, reviewer: Reviewer, *, submit: bool, user: Any, now: datetime.datetime) -> str:
    """Why it was not done, in words; empty if it was."""
    with transaction.atomic():
        page = ConditionPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
        if submit and (refusal := _why_not_submit(page, reviewer, user=user, now=now)):
            return refusal
        try:
            assign_reviewer(page, reviewer, user=user, now=now)
        except AssignmentRefused as refused:
            return str(refused)
        workflow = page.get_workflow()
        if submit and workflow is not None:
            workflow.start(page, user)
    return ""


def _why_not_submit(page: ConditionPage, reviewer: Reviewer, *, user: Any, now: datetime.datetime) -> str:
    if refusal := why_not_begin(page):
        return refusal
    if page.permissions_for_user(user).page_locked():
        return f"It is locked by {page.locked_by}." if page.locked_by else "It is locked."
    if somebody := _who_is_editing(page, besides=user, now=now):
        return f"{somebody} is editing it now."
    if found := musts(page):
        return f"It has to be mended first. {found[0]}"
    if reviewer.user is None or not takes_part(page, reviewer.user):
        return f"{reviewer} does not take part in the workflow of this article."
    return ""


def _who_is_editing(page: ConditionPage, *, besides: Any, now: datetime.datetime) -> Any:
    """Somebody with changes in an open editor that are not saved yet; None if there is nobody."""
    session = (
        EditingSession.objects.filter(
            content_type=ContentType.objects.get_for_model(ConditionPage),
            object_id=str(page.pk),
            is_editing=True,
            last_seen_at__gte=now - EditingSession.IDLE_TIMEOUT,
        )
        .exclude(user=besides)
        .select_related("user")
        .first()
    )
    return session.user if session else None
