"""Where a person can see to the review of an article."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from wagtail.models import Page, TaskState
from wagtail.permissions import policy_registry

from articles.models import MedicalReviewTask, MedicalReviewTaskState


def mending_paths(user: Any, pages: Iterable[Page]) -> Mapping[int, str]:
    """The path of the admin where a person mends each page, by primary key; pages without one are left out.

    A reviewer: the review that waits, or else where one is begun. Somebody who may edit the page: its editor.
    The number of queries does not depend on how many pages there are.
    """
    found = [page.pk for page in pages]
    editable = policy_registry.get_by_type(Page).instances_user_has_permission_for(user, "change").order_by()
    paths = {
        pk: reverse("wagtailadmin_pages:edit", args=[pk])
        for pk in editable.filter(pk__in=found).values_list("pk", flat=True)
    }
    if len(paths) < len(found) and reviews(user):
        paths |= {pk: reverse("medical_review:begin", args=[pk]) for pk in found if pk not in paths}
        waiting = MedicalReviewTaskState.objects.filter(
            status=TaskState.STATUS_IN_PROGRESS, workflow_state__object_id__in=[str(pk) for pk in found]
        )
        for state, pk in waiting.values_list("pk", "workflow_state__object_id"):
            if paths[int(pk)] == reverse("medical_review:begin", args=[pk]):
                paths[int(pk)] = reverse("medical_review:review", args=[state])
    return paths


def reviews(user: Any) -> bool:
    """Whether somebody takes part in medical reviews anywhere."""
    return bool(
        user.is_superuser
        or MedicalReviewTask.objects.filter(active=True, groups__in=user.groups.all()).exists()
    )
