"""Mail at the moments of a workflow. Wagtail writes to the groups of its own kind of task only."""

from __future__ import annotations

from typing import Any

from wagtail.admin.mail import (
    GroupApprovalTaskStateSubmissionEmailNotifier,
    WorkflowStateRejectionEmailNotifier,
)
from wagtail.models import WorkflowState
from wagtail.signals import task_submitted, workflow_rejected

from articles.governance import Stage
from articles.models import MedicalReviewTaskState, ReviewSchedule, User
from articles.reminders import Escalation


class ReviewAwaited(GroupApprovalTaskStateSubmissionEmailNotifier):
    """Tells the reviewers that an article waits, with a link to its review."""

    template_directory = "desk/mail/"

    def get_template_base_prefix(self, instance: Any, **kwargs: Any) -> str:
        return "review_"

    def get_recipient_users(self, task_state: MedicalReviewTaskState, **kwargs: Any) -> set[User]:
        """The reviewers of the task; where an editor asked one of them, that one alone."""
        everybody: set[User] = set(super().get_recipient_users(task_state, **kwargs))
        page = int(task_state.workflow_state.object_id)
        asked = ReviewSchedule.objects.filter(page=page).values_list("reviewer__user", flat=True).first()
        return {person for person in everybody if person.pk == asked} or everybody

    def get_context(self, task_state: MedicalReviewTaskState, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context(task_state, **kwargs),
            "state": task_state,
            "title": task_state.revision.content["title"],
            "submitted_by": task_state.workflow_state.requested_by,
        }


class SentBackToOwner(WorkflowStateRejectionEmailNotifier):
    """Tells the article's people what a reviewer wants changed who had begun the review: nobody submitted it."""

    def get_recipient_users(self, workflow_state: WorkflowState, **kwargs: Any) -> set[User]:
        began = workflow_state.requested_by
        if began is None or began != kwargs.get("user"):
            return set()  # Wagtail tells who submitted it
        page = int(workflow_state.object_id)
        people = Escalation.of([page]).at(Stage.DUE, page)
        return set(User.objects.filter(pk__in=people - {began.pk}))


workflow_rejected.connect(
    SentBackToOwner(), sender=WorkflowState, weak=False, dispatch_uid="medical_review_sent_back"
)
task_submitted.connect(
    ReviewAwaited(), sender=MedicalReviewTaskState, weak=False, dispatch_uid="medical_review_awaited"
)
