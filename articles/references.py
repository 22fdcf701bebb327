"""Where references are cited, and what follows when one is no longer good."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Max
from wagtail.models import Page, ReferenceIndex

from articles.governance import SignOffOutcome, TriggerKind
from articles.models import ConditionPage, MedicalReview, Reference, ReviewTrigger
from articles.triggers import call_for_review


def citing(references: Iterable[Reference]) -> Mapping[int, set[int]]:
    """Primary keys of the articles that cite each reference in what is stored of them, from Wagtail's index."""
    rows = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Reference),
        to_object_id__in=[str(reference.pk) for reference in references],
        base_content_type=ContentType.objects.get_for_model(Page),
        content_type=ContentType.objects.get_for_model(ConditionPage),
    ).values_list("to_object_id", "object_id")
    found: dict[int, set[int]] = defaultdict(set)
    for reference, page in rows:
        found[int(reference)].add(int(page))
    return found


def call_for_outdated_references(*, now: datetime.datetime, user: Any = None) -> int:
    """Call for a review of each live article that cites a superseded or retracted reference. Returns how many calls.

    Once an article, reference and fate. An article signed since the reference went out of date was signed in its
    knowledge. Safe to miss and to repeat: the cost follows what is out of date.
    """
    references = list(Reference.objects.outdated().select_related("superseded_by"))
    cited = citing(references)
    pages = {
        page.pk: page for page in ConditionPage.objects.live().filter(pk__in=set().union(*cited.values()))
    }
    if not pages:
        return 0
    signed = dict(
        MedicalReview.objects.filter(page__in=pages, outcome=SignOffOutcome.APPROVED)
        .order_by()
        .values_list("page_id")
        .annotate(last=Max("signed_at"))
    )
    called = set(
        ReviewTrigger.objects.filter(page__in=pages, kind=TriggerKind.OUTDATED_REFERENCE).values_list(
            "page_id", "subject"
        )
    )
    calls = 0
    for reference in references:
        subject, reason = _fate(reference)
        for pk in sorted(cited[reference.pk] & pages.keys()):
            if (pk, subject) in called or (pk in signed and signed[pk] >= reference.outdated_at):
                continue
            call_for_review(
                pages[pk],
                kind=TriggerKind.OUTDATED_REFERENCE,
                reason=reason,
                user=user,
                now=now,
                subject=subject,
            )
            calls += 1
    return calls


def _fate(reference: Reference) -> tuple[str, str]:
    """What happened to a reference: the key under which a call for a review is made once, and the reason in words."""
    if reference.retracted:
        return f"reference:{reference.pk}:retracted", f"“{reference}” was retracted."
    return (
        f"reference:{reference.pk}:superseded:{reference.superseded_by_id}",
        f"“{reference}” was superseded by “{reference.superseded_by}”.",
    )
