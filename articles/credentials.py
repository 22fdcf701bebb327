"""What follows when the registration of a reviewer runs out.

Their signatures stand, with the credential of the day of signing. But nobody vouches for these words any more who may
practise, so that each article whose review is theirs is called for review; a registration in force takes that back.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from django.db.models import Max

from articles.days import site_day
from articles.governance import SignOffOutcome, TriggerKind
from articles.models import ConditionPage, Credential, MedicalReview, ReviewTrigger
from articles.review_line import in_words
from articles.triggers import call_for_review, dismiss


def call_for_lapsed_credentials(*, now: datetime.datetime) -> int:
    """Call for a review of each live article whose last reviewer has no registration in force any more.

    Returns how many calls. Once an article and lapse. A reviewer who is registered again, or whose new date was
    entered late, takes the calls of the lapse back. Safe to miss and to repeat: without a lapse it is two queries.
    """
    today = site_day(now)
    _take_back(today, now=now)
    lapsed = _lapsed(today)
    if not lapsed:
        return 0
    last = (
        MedicalReview.objects.filter(page__live=True, outcome=SignOffOutcome.APPROVED)
        .order_by("page_id", "-signed_at", "-pk")
        .distinct("page_id")
    )
    theirs = MedicalReview.objects.filter(reviewer__in=lapsed).values("page_id")
    signed = dict(last.filter(page__in=theirs).values_list("page_id", "reviewer_id"))
    called = set(
        ReviewTrigger.objects.filter(kind=TriggerKind.LAPSED_CREDENTIAL, page__in=signed).values_list(
            "page_id", "subject"
        )
    )
    wanted = {
        page: lapsed[reviewer]
        for page, reviewer in signed.items()
        if reviewer in lapsed and (page, _subject(lapsed[reviewer])) not in called
    }
    for page in ConditionPage.objects.filter(pk__in=wanted):
        credential = wanted[page.pk]
        assert credential.expires_on is not None
        call_for_review(
            page,
            kind=TriggerKind.LAPSED_CREDENTIAL,
            reason=f"{credential.reviewer} signed it, whose registration {credential} ran out on "
            f"{in_words(credential.expires_on)}.",
            now=now,
            subject=_subject(credential),
        )
    return len(wanted)


def _lapsed(today: datetime.date) -> Mapping[int, Credential]:
    """By reviewer, the registration that ran out last, of those who had one and have none in force."""
    known = (
        Credential.objects.filter(verified_on__isnull=False)
        .select_related("reviewer")
        .order_by("expires_on", "pk")
    )
    in_force = {one.reviewer_id for one in known if one.valid_on(today)}
    return {
        one.reviewer_id: one
        for one in known
        if one.reviewer_id not in in_force and one.expires_on is not None and one.expires_on < today
    }


def _subject(credential: Credential) -> str:
    return f"credential:{credential.pk}:{credential.expires_on}"


def _take_back(today: datetime.date, *, now: datetime.datetime) -> None:
    """Dismiss the calls of reviewers who have a registration in force, unless somebody signed since."""
    calls = list(
        ReviewTrigger.objects.filter(
            kind=TriggerKind.LAPSED_CREDENTIAL, dismissed_at__isnull=True, subject__startswith="credential:"
        )
    )
    if not calls:
        return
    signed = dict(
        MedicalReview.objects.filter(
            page__in=[call.page_id for call in calls], outcome=SignOffOutcome.APPROVED
        )
        .order_by()
        .values_list("page_id")
        .annotate(last=Max("signed_at"))
    )
    for call in calls:
        if call.page_id in signed and signed[call.page_id] >= call.opened_at:
            continue
        credential = Credential.objects.filter(pk=call.subject.split(":")[1]).first()
        again = credential.reviewer.credential_on(today) if credential else None
        if credential is not None and again is not None:
            dismiss(call, reason=f"{credential.reviewer} has a registration in force: {again}.", now=now)
