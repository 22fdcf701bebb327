"""A medical review in Wagtail's workflow: submitted words are sealed, a reviewer signs those very words, and the end
of the workflow publishes them.

Wagtail itself would publish the latest revision, whoever approved it, and autosave rewrites that one in place.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from wagtail.log_actions import log
from wagtail.models import Comment, Page, Revision, TaskState, WorkflowState

from articles.amendments import confirm_minor_edit, why_not_minor
from articles.contributors import work_of
from articles.days import site_day
from articles.gate import PublishingRefused
from articles.models import ConditionPage, MedicalReviewTask, MedicalReviewTaskState
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


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reviewer has to say on one passage."""

    place: str
    """Its content path, under which Wagtail's editor shows comments."""
    passage: str
    """Its name and first words."""
    text: str


@transaction.atomic
def send_back(
    state: MedicalReviewTaskState, *, user: Any, comment: str, remarks: Sequence[Remark] = ()
) -> None:
    """Return the article to its editor. Whoever takes part may, also one who may not sign. Raises `SigningRefused`.

    Each remark becomes a comment at its passage in Wagtail's editor. No draft is saved for it, so that a reviewer
    who comments is no contributor, and needs no permission to edit.
    """
    state = _waiting(state)
    for remark in remarks:
        made = Comment.objects.create(
            page_id=int(state.revision.object_id),
            user=user,
            text=remark.text,
            contentpath=remark.place,
            revision_created=state.revision,
        )
        made.log_create(page_revision=state.revision, user=user)
    lines = [comment, *(f"{remark.passage}: {remark.text}" for remark in remarks)]
    state.reject(user=user, comment="\n\n".join(line for line in lines if line))


def takes_part(page: ConditionPage, user: Any) -> bool:
    """Whether somebody reviews the articles of this page's workflow."""
    workflow = page.get_workflow()
    tasks = [task.specific for task in workflow.tasks] if workflow else []
    return any(isinstance(task, MedicalReviewTask) and task.takes_part(user) for task in tasks)


def why_not_begin(page: ConditionPage) -> str:
    """Why a reviewer cannot begin the review of a page by themselves, in words; empty if they can."""
    state = page.current_workflow_state
    if state is not None and state.status == WorkflowState.STATUS_NEEDS_CHANGES:
        return "It was sent back to its editor, who has to submit it again."
    if state is not None:
        return "It is in its workflow already."
    if not page.live:
        return "It is not published: its editor has to submit it."
    if page.has_unpublished_changes and not _is_idle(page):
        return "Its editor has a newer draft: it is reviewed once they submit it."
    return ""


def _is_idle(page: ConditionPage) -> bool:
    """Whether the latest draft says what is live: the editor saves one by itself as soon as somebody looks."""
    return page.live_revision is not None and work_of(page.get_latest_revision()) == work_of(
        page.live_revision
    )


@transaction.atomic
def begin_review(page: ConditionPage, *, user: Any) -> None:
    """Send the live words to review, as a reviewer may without an editor. Raises `SubmissionRefused`."""
    page = ConditionPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    workflow = page.get_workflow()
    if refusal := why_not_begin(page):
        raise SubmissionRefused(refusal)
    if workflow is None or not takes_part(page, user):
        raise SubmissionRefused("The workflow of this article has no medical review for you.")
    workflow.start(page, user)


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
