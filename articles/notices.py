"""Mail at the moments of a workflow. Wagtail writes to the groups of its own kind of task only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from wagtail.admin.mail import (
    GroupApprovalTaskStateSubmissionEmailNotifier,
    WorkflowStateRejectionEmailNotifier,
)
from wagtail.models import TaskState, WorkflowState
from wagtail.signals import task_submitted, workflow_rejected

from articles.governance import Stage
from articles.models import MedicalReviewTaskState, ReviewSchedule, User
from articles.reminders import Escalation

_told_later: ContextVar[list[MedicalReviewTaskState] | None] = ContextVar("told_later", default=None)


class ReviewAwaited(GroupApprovalTaskStateSubmissionEmailNotifier):
    """Tells the reviewers that an article waits, with a link to its review."""

    template_directory = "desk/mail/"

    def __call__(self, instance: MedicalReviewTaskState, **kwargs: Any) -> None:
        if (later := _told_later.get()) is not None:
            later.append(instance)
        else:
            self.tell_of([instance])

    def tell_of(self, states: Sequence[MedicalReviewTaskState]) -> None:
        """One letter to each person, whatever the number of articles."""
        awaited: dict[User, list[MedicalReviewTaskState]] = defaultdict(list)
        for state in states:
            for person in self.get_valid_recipients(state):
                awaited[person].append(state)
        templates = self.get_template_set(None)
        for person, theirs in awaited.items():
            self.send_notifications(templates, self.get_context(theirs), {person})

    def get_template_base_prefix(self, instance: Any, **kwargs: Any) -> str:
        return "review_"

    def get_recipient_users(self, task_state: MedicalReviewTaskState, **kwargs: Any) -> set[User]:
        """The reviewers of the task; where an editor asked one of them, that one alone."""
        everybody: set[User] = set(super().get_recipient_users(task_state, **kwargs))
        page = int(task_state.workflow_state.object_id)
        asked = ReviewSchedule.objects.filter(page=page).values_list("reviewer__user", flat=True).first()
        return {person for person in everybody if person.pk == asked} or everybody

    def get_context(self, states: Sequence[MedicalReviewTaskState], **kwargs: Any) -> dict[str, Any]:
        return {
            "reviews": [
                {
                    "pk": state.pk,
                    "title": state.revision.content["title"],
                    "submitted_by": state.workflow_state.requested_by,
                }
                for state in states
            ]
        }


@contextmanager
def told_in_one_letter() -> Iterator[None]:
    """Of the reviews that begin to wait meanwhile, each person is told at the end, in one letter."""
    begun: list[MedicalReviewTaskState] = []
    before = _told_later.set(begun)
    try:
        yield
    finally:
        _told_later.reset(before)
        waiting = MedicalReviewTaskState.objects.filter(
            pk__in=[state.pk for state in begun], status=TaskState.STATUS_IN_PROGRESS
        )
        _tell.tell_of(list(waiting.select_related("revision", "workflow_state__requested_by").order_by("pk")))


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
_tell = ReviewAwaited()
task_submitted.connect(
    _tell, sender=MedicalReviewTaskState, weak=False, dispatch_uid="medical_review_awaited"
)
