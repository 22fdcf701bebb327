"""A medical review in Wagtail's workflow: submitted words are sealed, a reviewer signs those very words, and the end
of the workflow publishes them.

Wagtail itself would publish the latest revision, whoever approved it, and autosave rewrites that one in place.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from wagtail.log_actions import log
from wagtail.models import Page, Revision, TaskState, WorkflowState

from articles.amendments import confirm_minor_edit, why_not_minor
from articles.days import site_day
from articles.gate import PublishingRefused
from articles.models import ConditionPage, MedicalReviewTaskState
from articles.services import SigningRefused, fit_to_sign, seal, sign

NOT_WAITING = "This article is not waiting for a medical review any more."


class SubmissionRefused(Exception):
    """Why an article cannot be sent to a reviewer that way, in words for its editor."""


def seal_submission(page: Page) -> Revision:
    """Make a copy of the latest draft that belongs to nobody the latest one, unless it is such a copy."""
    latest = page.get_latest_revision()
    if latest.user_id is not None:
        latest = seal(latest.as_object())
        page.latest_revision = latest  # the caller goes on with this instance
    return latest


def why_not_sign(state: MedicalReviewTaskState, user: Any, now: datetime.datetime) -> str:
    """Why somebody may not sign what waits, in words; empty if they may."""
    if state.status != TaskState.STATUS_IN_PROGRESS:
        return NOT_WAITING
    draft = state.revision.as_object()
    if not isinstance(draft, ConditionPage):
        return "Only articles about conditions are reviewed."
    try:
        fit_to_sign(draft, user=user, today=site_day(now))
    except SigningRefused as refused:
        return str(refused)
    return ""


@transaction.atomic
def sign_and_finish(
    state: MedicalReviewTaskState,
    *,
    user: Any,
    checklist: Mapping[str, bool],
    seen: str,
    now: datetime.datetime,
    comment: str = "",
) -> None:
    """Sign what was submitted, and let the workflow go on; at its end these words are published.

    Raises `SigningRefused`.
    """
    state = _waiting(state)
    page = ConditionPage.objects.get(pk=state.revision.object_id)
    state.review = sign(
        page, user=user, checklist=checklist, now=now, publish=False, submitted=state.revision, seen=seen
    )
    state.approve(user=user, comment=comment)


@transaction.atomic
def confirm_and_finish(
    state: MedicalReviewTaskState, *, user: Any, seen: str, now: datetime.datetime, comment: str = ""
) -> None:
    """Confirm that the edit which waits is as small as its editor says, and let the workflow go on.

    Raises `SigningRefused`.
    """
    state = _waiting(state)
    page = ConditionPage.objects.get(pk=state.revision.object_id)
    state.review = confirm_minor_edit(
        page, user=user, reason=state.minor_edit, submitted=state.revision, seen=seen, now=now
    )
    state.approve(user=user, comment=comment)


@transaction.atomic
def send_back(state: MedicalReviewTaskState, *, user: Any, comment: str) -> None:
    """Return the article to its editor. Whoever takes part may, also one who may not sign. Raises `SigningRefused`."""
    _waiting(state).reject(user=user, comment=comment)


def _waiting(state: MedicalReviewTaskState) -> MedicalReviewTaskState:
    """The same state, locked until the transaction ends: of two who sign at once the second is refused."""
    waiting = MedicalReviewTaskState.objects.select_for_update(of=("self",)).filter(pk=state.pk).first()
    if waiting is None or waiting.status != TaskState.STATUS_IN_PROGRESS:
        raise SigningRefused(NOT_WAITING)
    return waiting


@transaction.atomic
def propose_minor_edit(
    page: ConditionPage, *, user: Any, reason: str, now: datetime.datetime
) -> MedicalReviewTaskState:
    """Send the latest draft to the reviewer as a small edit, or say so of one that waits already.

    Raises `SubmissionRefused`.
    """
    page = ConditionPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    draft = page.get_latest_revision_as_object()
    if refusal := why_not_minor(draft, now=now):
        raise SubmissionRefused(refusal)
    state = page.current_workflow_state
    workflow = page.get_workflow()
    if state is not None and state.status == WorkflowState.STATUS_NEEDS_CHANGES:
        state.resume(user)
    elif state is None and workflow is not None:
        workflow.start(page, user)
    waiting = page.current_workflow_task_state
    if not isinstance(waiting, MedicalReviewTaskState):
        raise SubmissionRefused("The workflow of this article does not wait for a medical review now.")
    waiting.minor_edit = reason
    waiting.save(update_fields=["minor_edit"])
    log(page, "articles.review.propose_minor", user=user, revision=waiting.revision, data={"reason": reason})
    return waiting


def finish(workflow_state: WorkflowState, *, user: Any) -> None:
    """The end of a workflow: publish what was signed in it, though a newer draft exists.

    A workflow without a medical review publishes the latest draft of its page, as Wagtail does.
    """
    signed = (
        MedicalReviewTaskState.objects.filter(workflow_state=workflow_state, review__isnull=False)
        .order_by("-finished_at")
        .first()
    )
    if signed is not None:
        signed.review.revision.publish(user=user, skip_permission_checks=True)
        return
    try:
        workflow_state.content_object.get_latest_revision().publish(user=user)
    except PublishingRefused as refused:
        log(
            workflow_state.content_object.specific,
            "articles.publish.refuse",
            user=user,
            data={"reason": refused.message},
        )
