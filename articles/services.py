"""Signing, scheduling and flagging: where pages, people and dates meet."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Page, PageLogEntry, Revision

from articles.clinical_content import clinical_content
from articles.governance import (
    SignOffOutcome,
    Stage,
    add_months,
    fingerprint,
    next_stage_day,
    reached,
    stage_days,
)
from articles.models import (
    ConditionPage,
    Credential,
    ImportedReview,
    MedicalReview,
    Reminder,
    Reviewer,
    ReviewSchedule,
)
from articles.review_line import in_words, last_sign_offs, rule_of, tier_of
from products.models import Retailer

MEANING = (
    "I have read this article as readers will see it. In my professional judgement its medical content is accurate, "
    "current and safe for the public. My signature covers the medical text and pictures, not the products."
)

CHECKLIST = {
    "accurate": "The content is accurate.",
    "current": "It agrees with current guidance.",
    "safety": "Contraindications and warning signs are stated.",
    "claims": "No claim about a product stands without evidence.",
}


class SigningRefused(Exception):
    """Why somebody may not sign, in words for that person."""


@transaction.atomic
def sign(
    page: ConditionPage,
    *,
    user: Any,
    checklist: Mapping[str, bool],
    now: datetime.datetime,
    publish: bool = True,
) -> MedicalReview:
    """Sign the latest draft of `page` as `user`, seal it, and publish exactly what was signed.

    The draft is copied into a new latest revision that belongs to nobody: Wagtail's autosave refuses to
    overwrite such a revision, so an editor's open tab cannot change what was signed. The original keeps its author.

    Raises `SigningRefused`.
    """
    page = ConditionPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    today = timezone.localdate(now)
    reviewer, credential = _qualified(user, today)
    latest = page.get_latest_revision()
    if latest is None:
        raise SigningRefused("There is no draft to sign: save the article first.")
    draft = latest.as_object()
    _refuse_dependent(draft, reviewer=reviewer, user=user, today=today)
    missing = [sentence for key, sentence in CHECKLIST.items() if not checklist.get(key)]
    if missing:
        raise SigningRefused(f"Confirm each point of the checklist. Missing: {' '.join(missing)}")

    sealed = draft.save_revision(user=None, log_action=False, changed=False, clean=False)
    content = clinical_content(draft)
    previous, _ = last_sign_offs(page)
    review = MedicalReview.objects.create(
        page_id=page.pk,
        revision=sealed,
        outcome=SignOffOutcome.APPROVED,
        fingerprint=fingerprint(content),
        snapshot=content,
        meaning=MEANING,
        checklist={CHECKLIST[key]: True for key in CHECKLIST},
        reviewer=reviewer,
        reviewer_name=reviewer.display_name,
        profession=reviewer.profession,
        credential=str(credential),
        interests=[
            str(interest)
            for interest in reviewer.interests.select_related("retailer__region")
            if interest.holds_on(today)
        ],
        signed_by=user,
        signed_at=now,
        signed_on=today,
        tier=tier_of(draft).slug,
        interval_months=rule_of(draft).interval_months,
        supersedes=previous,
    )
    log(
        page,
        "articles.review.sign",
        user=user,
        revision=sealed,
        data={"reviewer": reviewer.display_name, "review": review.pk},
    )
    if publish:
        sealed.publish(user=user, skip_permission_checks=True)
    schedule_review(page, today=today)
    return review


def _qualified(user: AbstractBaseUser, today: datetime.date) -> tuple[Reviewer, Credential]:
    """The reviewer behind an account and the credential that lets them sign today."""
    reviewer = Reviewer.objects.filter(user_id=user.pk).first()
    if reviewer is None or not user.is_active:
        raise SigningRefused("This account does not belong to a medical reviewer.")
    if not reviewer.is_active:
        raise SigningRefused(f"{reviewer} may not sign any more.")
    credential = reviewer.credential_on(today)
    if credential is None:
        raise SigningRefused(
            f"{reviewer} has no registration that is verified and in force on {in_words(today)}."
        )
    return reviewer, credential


def _refuse_dependent(
    draft: ConditionPage, *, reviewer: Reviewer, user: AbstractBaseUser, today: datetime.date
) -> None:
    """Nobody vouches for their own words, nor for an article that leads to a shop they have an interest in."""
    if user.pk in contributors(draft):
        raise SigningRefused(
            "You wrote or edited this article since its last sign-off: somebody else has to sign it."
        )
    products = [
        child["value"].get("product") for child in draft.body.raw_data if child["type"] == "product_box"
    ]
    linked = set(
        Retailer.objects.filter(offers__product__in=[pk for pk in products if pk]).values_list(
            "pk", flat=True
        )
    )
    for interest in reviewer.interests.select_related("retailer__region"):
        if interest.retailer_id in linked and interest.holds_on(today):
            raise SigningRefused(
                f"{reviewer} declared an interest in {interest.retailer}, to which this article leads."
            )


def contributors(page: Page) -> set[int]:
    """Accounts that wrote or edited a page since its last sign-off, superusers included.

    Autosave rewrites a revision in place and keeps one name, so the log of edits is read too.
    """
    last = (
        MedicalReview.objects.filter(page_id=page.pk)
        .exclude(outcome=SignOffOutcome.WITHDRAWN)
        .order_by("-signed_at")
        .first()
    )
    since = Q(created_at__gt=last.signed_at) if last else Q()
    logged = Q(timestamp__gt=last.signed_at) if last else Q()
    revisions = Revision.page_revisions.for_instance(page).filter(since)
    edits = PageLogEntry.objects.filter(
        logged, page=page.pk, action__in=("wagtail.create", "wagtail.edit", "wagtail.copy", "wagtail.revert")
    )
    found = {*revisions.values_list("user_id", flat=True), *edits.values_list("user_id", flat=True)}
    if last is None and page.owner_id:
        found.add(page.owner_id)
    return {pk for pk in found if pk is not None}


def schedule_review(page: ConditionPage, *, today: datetime.date) -> ReviewSchedule:
    """Recompute when a page is due, and say why. Idempotent; reminders already made are kept."""
    live = ConditionPage.objects.select_related("review_tier").get(pk=page.pk)
    rule = rule_of(live)
    every = f"every {rule.interval_months} months ({tier_of(live).name})"
    latest, basis = last_sign_offs(live)
    imported = ImportedReview.objects.filter(page_id=live.pk).first() if basis is None else None
    reviewed_on = basis.signed_on if basis else imported.reviewed_on if imported else None
    if reviewed_on is None:
        first = live.first_published_at
        due_on = timezone.localdate(first) if first else today
        why, expires_on = "Never medically reviewed: due since it was published.", None
    elif latest is not None and latest.outcome == SignOffOutcome.WITHDRAWN:
        due_on, expires_on = latest.signed_on, None
        why = f"Its review was withdrawn on {in_words(due_on)}: due since then."
    else:
        due_on = add_months(reviewed_on, rule.interval_months)
        expires_on = due_on + datetime.timedelta(days=rule.grace_days)
        said = "signed on" if basis else "reviewed before publication here, not verified, on"
        why = f"{said[0].upper()}{said[1:]} {in_words(reviewed_on)}; reviewed {every}."
    due_soon_on = due_on - datetime.timedelta(days=rule.due_soon_days) if expires_on else due_on
    stages = stage_days(due_on, due_soon_on, expires_on)
    told = set(Reminder.objects.filter(page_id=live.pk, cycle=due_on).values_list("stage", flat=True))
    now_at = reached(stages, today)
    waiting = now_at is not None and now_at.value not in told
    schedule, _ = ReviewSchedule.objects.update_or_create(
        page_id=live.pk,
        defaults={
            "last_review_on": reviewed_on,
            "due_on": due_on,
            "due_soon_on": due_soon_on,
            "expires_on": expires_on,
            "next_stage_on": stages[now_at] if waiting and now_at else next_stage_day(stages, today),
            "why": why,
        },
    )
    return schedule


def flag_overdue(*, now: datetime.datetime, batch: int = 500) -> int:
    """Record a reminder for each live page that reached a stage nobody was told of. Returns how many.

    Safe to miss, repeat or run twice at once: a reminder is unique, and rows are claimed with SKIP LOCKED.
    The cost follows what is due, by index, not the number of articles.
    """
    today = timezone.localdate(now)
    flagged = 0
    while True:
        with transaction.atomic():
            due = list(
                ReviewSchedule.objects.to_flag(today).select_for_update(skip_locked=True, of=("self",))[
                    :batch
                ]
            )
            if not due:
                return flagged
            for schedule in due:
                stages = stage_days(schedule.due_on, schedule.due_soon_on, schedule.expires_on)
                stage = reached(stages, today)
                if stage is not None:
                    flagged += _flag(schedule, stage, now)
                schedule.next_stage_on = next_stage_day(stages, today)
                schedule.save(update_fields=["next_stage_on"])


def _flag(schedule: ReviewSchedule, stage: Stage, now: datetime.datetime) -> int:
    reminder, created = Reminder.objects.get_or_create(
        page_id=schedule.page_id, cycle=schedule.due_on, stage=stage, defaults={"flagged_at": now}
    )
    if created:
        log(
            schedule.page.specific_deferred,
            "articles.review.flag",
            data={"stage": reminder.get_stage_display(), "due": str(schedule.due_on)},
        )
    return int(created)
