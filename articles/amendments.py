"""Sign-offs that amend another one: a small edit confirmed, a signature withdrawn. Each is a further record."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from wagtail.log_actions import log
from wagtail.models import Page, Revision

from articles.clinical_content import clinical_fingerprint
from articles.contributors import last_standing
from articles.days import site_day
from articles.governance import ReviewState, SignOffOutcome
from articles.models import ConditionPage, MedicalReview, Reviewer
from articles.review_line import last_sign_offs, review_line
from articles.services import (
    SigningRefused,
    fit_to_sign,
    record_sign_off,
    refuse_unseen,
    schedule_review,
)

MINOR_MEANING = (
    "I have seen every change since I signed this article. None of them changes its medical meaning. "
    "My review of that day stands; its due date does not move."
)
MINOR_CHECKLIST = {"I have seen every change, and none changes the medical meaning.": True}
WITHDRAWN_MEANING = "This review is withdrawn: readers are told so until somebody signs the article again."


def why_not_minor(draft: ConditionPage, *, now: datetime.datetime) -> str:
    """Why a draft cannot pass as a small edit of what was signed, in words; empty if it can."""
    latest, basis = last_sign_offs(draft)
    if latest is None or basis is None:
        return "Nobody signed this article yet: it needs a full review."
    if latest.outcome == SignOffOutcome.WITHDRAWN:
        return "Its medical review was withdrawn: it needs a full review."
    line = review_line(ConditionPage.objects.get(pk=draft.pk), today=site_day(now))
    if line.standing.state is ReviewState.EXPIRED:
        return "Its last medical review has expired: it needs a full review."
    if clinical_fingerprint(draft) == latest.fingerprint:
        return "Its medical words are those that were signed: publish it without a review."
    return ""


def why_not_confirm(draft: ConditionPage, *, user: Any, now: datetime.datetime) -> str:
    """Why somebody may not confirm a draft as a small edit, in words; empty if they may.

    The name that readers see stands under these words, so only its bearer can say that a change is small.
    """
    if refusal := why_not_minor(draft, now=now):
        return refusal
    _, basis = last_sign_offs(draft)
    assert basis is not None
    if basis.reviewer.user_id != user.pk:
        return (
            f"The page bears the name of {basis.reviewer_name}: nobody else can confirm a small edit of it. "
            "Sign the article in full instead."
        )
    try:
        fit_to_sign(draft, user=user, today=site_day(now))
    except SigningRefused as refused:
        return str(refused)
    return ""


@transaction.atomic
def confirm_minor_edit(
    page: ConditionPage,
    *,
    user: Any,
    reason: str,
    submitted: Revision,
    seen: str,
    now: datetime.datetime,
) -> MedicalReview:
    """A light sign-off of a sealed draft: an editor proposed that its edit is small, its reviewer saw the changes.

    It does not move the due date, and publishes nothing. Raises `SigningRefused`.
    """
    page = ConditionPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    if not reason:
        raise SigningRefused("No editor proposed that this edit is small: it needs a full review.")
    draft = submitted.as_object()
    if refusal := why_not_confirm(draft, user=user, now=now):
        raise SigningRefused(refusal)
    refuse_unseen(draft, seen)
    reviewer, credential = fit_to_sign(draft, user=user, today=site_day(now))
    review = record_sign_off(
        draft,
        submitted,
        outcome=SignOffOutcome.MINOR,
        meaning=MINOR_MEANING,
        checklist=MINOR_CHECKLIST,
        reviewer=reviewer,
        credential=credential,
        user=user,
        now=now,
        reason=reason,
    )
    log(
        page,
        "articles.review.sign_minor",
        user=user,
        revision=submitted,
        data={"reviewer": reviewer.display_name, "review": review.pk, "reason": reason},
    )
    return review


def may_withdraw(page: Page, user: Any) -> bool:
    """Reviewers who may sign, and whoever may publish the page: to take a badge away is to be careful."""
    if not user.is_active:
        return False
    return bool(
        page.permissions_for_user(user).can_publish()
        or (
            user.has_perm("articles.sign_medicalreview")
            and Reviewer.objects.filter(user_id=user.pk, is_active=True).exists()
        )
    )


@transaction.atomic
def withdraw(page: ConditionPage, *, user: Any, reason: str, now: datetime.datetime) -> MedicalReview:
    """Withdraw the last sign-off of a page. Readers are told at once, and the page is due at once.

    The record keeps who had signed, and says who withdrew it and why. Raises `SigningRefused`.
    """
    page = ConditionPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    if not may_withdraw(page, user):
        raise SigningRefused(
            "Only medical reviewers, and who may publish the article, can withdraw its review."
        )
    if not reason.strip():
        raise SigningRefused("Say why the review is withdrawn.")
    latest, _ = last_sign_offs(page)
    standing = last_standing(page)
    if latest is None or standing is None or latest.outcome == SignOffOutcome.WITHDRAWN:
        raise SigningRefused("There is no medical review to withdraw.")
    review = MedicalReview.objects.create(
        page_id=page.pk,
        revision=latest.revision,
        outcome=SignOffOutcome.WITHDRAWN,
        fingerprint=latest.fingerprint,
        snapshot=latest.snapshot,
        meaning=WITHDRAWN_MEANING,
        checklist={},
        reviewer=latest.reviewer,
        reviewer_name=latest.reviewer_name,
        profession=latest.profession,
        credential=latest.credential,
        interests=latest.interests,
        signed_by=user,
        signed_at=now,
        signed_on=site_day(now),
        reason=reason.strip(),
        tier=latest.tier,
        interval_months=latest.interval_months,
        supersedes=latest,
    )
    log(
        page,
        "articles.review.withdraw",
        user=user,
        revision=latest.revision,
        data={"reviewer": latest.reviewer_name, "review": review.pk, "reason": review.reason},
    )
    schedule_review(page, today=site_day(now))
    return review
