"""Questions about the reviews of all articles at once, answered from the records, without reading any article."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db.models import BooleanField, Func, OuterRef, Subquery
from wagtail.models import Page, TaskState

from articles.governance import Shown, Signed, SignOffOutcome, governing
from articles.models import (
    MedicalReview,
    MedicalReviewTask,
    MedicalReviewTaskState,
    Publication,
    PublicationKind,
    ReviewSchedule,
)
from articles.review_line import shown_to_readers


class _Differ(Func):
    """Whether both are there and unlike. An `exclude` would have the database look up each of them twice."""

    template = "(%(expressions)s)"
    arg_joiner = " <> "
    output_field = BooleanField()


def edited_since_review(*, today: datetime.date) -> list[int]:
    """The live articles whose words are not those that were signed, and whose review has not expired.

    The live words are known by the fingerprint of their publication. Only where it is not that of the latest sign-off
    are the records of an article read, so that the cost follows what was edited.
    """
    published = Publication.objects.filter(page=OuterRef("page"), kind=PublicationKind.PUBLISHED)
    signed = MedicalReview.objects.filter(page=OuterRef("page")).order_by("-signed_at", "-pk")
    live_words = dict(
        ReviewSchedule.objects.filter(page__live=True, expires_on__gte=today)
        .annotate(
            live_words=Subquery(published.order_by("-at", "-pk").values("fingerprint")[:1]),
            signed_words=Subquery(signed.values("fingerprint")[:1]),
        )
        .filter(_Differ("live_words", "signed_words"))
        .order_by()
        .values_list("page_id", "live_words")
    )
    reviews: dict[int, list[Signed]] = defaultdict(list)
    signatures = MedicalReview.objects.filter(page__in=live_words).order_by("-signed_at", "-pk")
    for review in signatures.values_list("page_id", "outcome", "fingerprint", "signed_at", named=True):
        reviews[review.page_id].append(review)
    shown = shown_to_readers(live_words)
    return [page for page, words in live_words.items() if _is_edited(reviews[page], words, shown[page])]


def _is_edited(signed: Sequence[Signed], live_words: str, shown: Sequence[Shown]) -> bool:
    latest = governing(signed, live_fingerprint=live_words, shown=lambda: shown).latest
    return (
        latest is not None and latest.outcome != SignOffOutcome.WITHDRAWN and latest.fingerprint != live_words
    )


def fetch_tasks(pages: Iterable[Page]) -> None:
    """Read the tasks in which all of these pages wait at once; or else Wagtail asks for each, three times over.

    Give them with their workflow states, as Wagtail's listings prefetch them.
    """
    states = [
        state for page in pages if (state := page.current_workflow_state) and state.current_task_state_id
    ]
    reviews = MedicalReviewTaskState.objects.in_bulk([state.current_task_state_id for state in states])
    tasks = MedicalReviewTask.objects.in_bulk({review.task_id for review in reviews.values()})
    for state in states:
        review = reviews.get(state.current_task_state_id)
        if review is not None and review.task_id in tasks:
            review.task = tasks[review.task_id]
            state.current_task_state = review


def waiting_for_review(pages: Collection[int] | None = None) -> list[int]:
    """The articles that are in their workflow and wait for a reviewer; of these pages, or of all. One query."""
    states = MedicalReviewTaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS)
    if pages is not None:
        states = states.filter(workflow_state__object_id__in=[str(page) for page in pages])
    return [int(page) for page in states.values_list("workflow_state__object_id", flat=True)]
