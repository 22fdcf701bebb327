"""Mail at the moments of a workflow. Wagtail writes to the groups of its own kind of task only."""

from __future__ import annotations

from typing import Any

from wagtail.admin.mail import GroupApprovalTaskStateSubmissionEmailNotifier
from wagtail.signals import task_submitted

from articles.models import MedicalReviewTaskState


class ReviewAwaited(GroupApprovalTaskStateSubmissionEmailNotifier):
    """Tells the reviewers that an article waits, with a link to its review."""

    template_directory = "desk/mail/"

    def get_template_base_prefix(self, instance: Any, **kwargs: Any) -> str:
        return "review_"

    def get_context(self, task_state: MedicalReviewTaskState, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context(task_state, **kwargs),
            "state": task_state,
            "title": task_state.revision.content["title"],
            "submitted_by": task_state.workflow_state.requested_by,
        }


task_submitted.connect(
    ReviewAwaited(), sender=MedicalReviewTaskState, weak=False, dispatch_uid="medical_review_awaited"
)
