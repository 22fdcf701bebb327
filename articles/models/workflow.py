"""The medical review as a task of Wagtail's workflow. What it does is in `articles.workflow`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone
from wagtail.models import AbstractGroupApprovalTask, TaskState, Workflow, WorkflowState

from articles.models.reviews import MedicalReview


class MedicalReviewTaskState(TaskState):
    """One article's wait for a review. `revision` is a sealed copy of what was submitted, then what was signed."""

    minor_edit = models.TextField(
        "why the edit is small", blank=True, help_text="An editor's proposal. Empty: it needs a full review."
    )
    review = models.ForeignKey(
        MedicalReview, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = "medical review of an article"


class MedicalReviewTask(AbstractGroupApprovalTask):
    """A reviewer of the chosen groups reads the article, sees what changed, and signs or sends it back.

    Who may not sign is not offered it: superusers neither. Nobody needs a permission to publish.
    """

    task_state_class = MedicalReviewTaskState

    class Meta:
        verbose_name = "medical review"
        verbose_name_plural = "medical reviews"

    @classmethod
    def get_description(cls) -> str:
        return "A reviewer of the chosen groups signs the article, and exactly what was signed is published."

    def start(self, workflow_state: WorkflowState, user: Any = None) -> TaskState:
        """Seal what is submitted, so that no open tab can change what the reviewer reads (docs/adr/0001)."""
        from articles.workflow import seal_submission  # it reads the models of this package

        seal_submission(workflow_state.content_object)
        return super().start(workflow_state, user=user)

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, str, bool]]:
        """Send back: the groups and superusers. Sign: only who may sign these very words today."""
        from articles.workflow import why_not_sign  # it reads the models of this package

        if not self.takes_part(user):
            return []
        actions = [("reject", "Send back", True)]
        state = obj.current_workflow_task_state
        if isinstance(state, MedicalReviewTaskState) and not why_not_sign(state, user, timezone.now()):
            actions.append(("approve", "Review and sign", True))
        return actions

    def takes_part(self, user: Any) -> bool:
        """Whether somebody may read along and send back."""
        return bool(user.is_superuser or self._user_in_groups(user))

    def get_form_for_action(self, action: str) -> Any:
        from articles.review_forms import SendBackForm, SignForm  # they read the services

        return SignForm if action == "approve" else SendBackForm

    def get_template_for_action(self, action: str) -> str:
        return "desk/review_modal.html" if action == "approve" else ""

    @transaction.atomic
    def on_action(self, task_state: TaskState, user: Any, action_name: str, **kwargs: Any) -> None:
        """What Wagtail's own views call. Signing goes by the same rules as in the review view.

        Raises `PermissionDenied`, with the reason.
        """
        from articles.services import SigningRefused
        from articles.workflow import sign_and_finish

        if action_name != "approve":
            super().on_action(task_state, user, action_name, **kwargs)
            return
        comment, seen = kwargs.pop("comment", ""), kwargs.pop("seen", "")
        try:
            sign_and_finish(
                task_state, user=user, checklist=kwargs, seen=seen, comment=comment, now=timezone.now()
            )
        except SigningRefused as refused:
            raise PermissionDenied(str(refused)) from refused

    @classmethod
    def workflows_with_it(cls) -> models.QuerySet[Workflow]:
        """Every workflow that asks for a medical review."""
        return Workflow.objects.filter(workflow_tasks__task__in=cls.objects.values("pk"))
