"""Signing, scheduling and flagging: where pages, people and dates meet."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Prefetch
from wagtail.log_actions import log
from wagtail.models import Revision

from articles.clinical_content import clinical_content, clinical_fingerprint
from articles.content_checks import musts
from articles.contributors import contributors
from articles.days import site_day
from articles.governance import (
    SignOffOutcome,
    due_dates,
    fingerprint,
    next_stage_day,
    planned_stage_days,
    reached,
)
from articles.models import (
    ConditionPage,
    Credential,
    ImportedReview,
    Interest,
    MedicalReview,
    Reminder,
    Reviewer,
    ReviewSchedule,
    ReviewTrigger,
)
from articles.reminders import remind
from articles.review_line import governing_sign_offs, in_words, last_sign_offs, tier_of
from products.blocks import placed_product_ids
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
    submitted: Revision | None = None,
    seen: str | None = None,
) -> MedicalReview:
    """Sign the latest draft of `page` as `user`, seal it, and publish exactly what was signed.

    The draft is copied into a new latest revision that belongs to nobody: Wagtail's autosave refuses to
    overwrite such a revision, so an editor's open tab cannot change what was signed. The original keeps its author.
    `submitted` is such a copy already: it is signed as it is, and newer drafts stay drafts.
    `seen` is the fingerprint of what the reviewer was shown.

    Raises `SigningRefused`.
    """
    page = ConditionPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    today = site_day(now)
    latest = submitted or page.get_latest_revision()
    if latest is None:
        _qualified(user, today)
        raise SigningRefused("There is no draft to sign: save the article first.")
    draft = page.with_content_json(latest.content)
    reviewer, credential = fit_to_sign(draft, user=user, today=today)
    missing = [sentence for key, sentence in CHECKLIST.items() if not checklist.get(key)]
    if missing:
        raise SigningRefused(f"Confirm each point of the checklist. Missing: {' '.join(missing)}")
    refuse_unseen(draft, seen)

    sealed = submitted or seal(draft)
    review = record_sign_off(
        draft,
        sealed,
        outcome=SignOffOutcome.APPROVED,
        meaning=MEANING,
        checklist={CHECKLIST[key]: True for key in CHECKLIST},
        reviewer=reviewer,
        credential=credential,
        user=user,
        now=now,
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


def seal(draft: ConditionPage) -> Revision:
    """Append a copy of a draft that belongs to nobody, as the latest revision."""
    return draft.save_revision(user=None, log_action=False, changed=False, clean=False)


def record_sign_off(
    draft: ConditionPage,
    sealed: Revision,
    *,
    outcome: SignOffOutcome,
    meaning: str,
    checklist: Mapping[str, bool],
    reviewer: Reviewer,
    credential: Credential,
    user: Any,
    now: datetime.datetime,
    reason: str = "",
) -> MedicalReview:
    """Write the record of a signature under `draft`, with all that holds on its day."""
    today = site_day(now)
    content = clinical_content(draft)
    previous, _ = last_sign_offs(draft)
    tier = tier_of(draft)
    return MedicalReview.objects.create(
        page_id=draft.pk,
        revision=sealed,
        outcome=outcome,
        fingerprint=fingerprint(content),
        snapshot=content,
        meaning=meaning,
        checklist=checklist,
        reviewer=reviewer,
        reviewer_name=reviewer.display_name,
        profession=reviewer.profession,
        credential=str(credential),
        interests=[str(interest) for interest in reviewer.interests.all() if interest.holds_on(today)],
        signed_by=user,
        signed_at=now,
        signed_on=today,
        reason=reason,
        tier=tier.slug,
        interval_months=tier.rule(interval_months=draft.review_interval_months).interval_months,
        supersedes=previous,
    )


def fit_to_sign(draft: ConditionPage, *, user: Any, today: datetime.date) -> tuple[Reviewer, Credential]:
    """The reviewer behind an account, and the credential by which they may sign this draft today.

    Raises `SigningRefused`.
    """
    reviewer, credential = _qualified(user, today)
    if found := musts(draft):  # it could not be published
        raise SigningRefused(f"Send it back. {found[0]}")
    _refuse_dependent(draft, reviewer=reviewer, user=user, today=today)
    return reviewer, credential


def refuse_unseen(draft: ConditionPage, seen: str | None) -> None:
    """Raise `SigningRefused` if the words, or a picture's file, are no longer those that the reviewer was shown."""
    if seen is not None and seen != clinical_fingerprint(draft):
        raise SigningRefused("The article changed while you were reading it. Read it again, then sign.")


def _qualified(user: AbstractBaseUser, today: datetime.date) -> tuple[Reviewer, Credential]:
    """The reviewer behind an account, with what they declared, and the credential that lets them sign today."""
    declared = Prefetch("interests", Interest.objects.select_related("retailer__region"))
    reviewer = Reviewer.objects.filter(user_id=user.pk).prefetch_related(declared).first()
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
    products = placed_product_ids(draft.body)
    linked = set(Retailer.objects.filter(offers__product__in=products).values_list("pk", flat=True))
    for interest in reviewer.interests.all():
        if interest.retailer_id in linked and interest.holds_on(today):
            raise SigningRefused(
                f"{reviewer} declared an interest in {interest.retailer}, to which this article leads."
            )


def schedule_review(page: ConditionPage, *, today: datetime.date) -> ReviewSchedule:
    """Recompute when a page is due, and say why. Idempotent; reminders already made are kept."""
    live = ConditionPage.objects.select_related("review_tier", "review_schedule", "imported_review").get(
        pk=page.pk
    )
    tier = tier_of(live)
    rule = tier.rule(interval_months=live.review_interval_months)
    every = f"every {rule.interval_months} months ({tier.name})"
    found = governing_sign_offs(live, live_fingerprint=clinical_fingerprint(live))
    latest, basis = found.latest, found.basis
    imported: ImportedReview | None = getattr(live, "imported_review", None) if basis is None else None
    reviewed_on = basis.signed_on if basis else imported.reviewed_on if imported else None
    if reviewed_on is None:
        first = live.first_published_at
        due_on = site_day(first) if first else today
        why, expires_on = "Never medically reviewed: due since it was published.", None
    elif latest is not None and latest.outcome == SignOffOutcome.WITHDRAWN:
        due_on, expires_on = latest.signed_on, None
        why = f"Its review was withdrawn on {in_words(due_on)}: due since then."
    else:
        due_on, expires_on = due_dates(reviewed_on, rule)
        said = "signed on" if basis else "reviewed before publication here, not verified, on"
        why = f"{said[0].upper()}{said[1:]} {in_words(reviewed_on)}; reviewed {every}."
    if found.waiting is not None:
        why = f"{why} Signed again on {in_words(found.waiting.signed_on)}: these words wait to be published."
    called_for = ReviewTrigger.objects.unanswered(live.pk, since=basis.signed_at if basis else None)
    if called := list(called_for):
        if called[0].opened_on < due_on:
            due_on = called[0].opened_on
            expires_on = due_on + datetime.timedelta(days=rule.grace_days) if expires_on else None
        why = f"{' '.join(str(trigger) for trigger in called)} {why}"
    due_soon_on = due_on - datetime.timedelta(days=rule.due_soon_days) if expires_on else due_on
    known: ReviewSchedule | None = getattr(live, "review_schedule", None)
    same_cycle = (
        known is not None and known.last_review_on == reviewed_on
    )  # a plan and its reviewer are for one cycle
    planned_on = known.planned_on if known and same_cycle else None
    stages = planned_stage_days(due_on, due_soon_on, expires_on, planned_on)
    now_at = reached(stages, today)
    told = Reminder.objects.filter(page_id=live.pk, cycle=due_on, stage=now_at)
    waiting = now_at is not None and not told.exists()
    computed = {
        "last_review_on": reviewed_on,
        "due_on": due_on,
        "due_soon_on": due_soon_on,
        "expires_on": expires_on,
        "next_stage_on": stages[now_at] if waiting and now_at else next_stage_day(stages, today),
        "why": why if len(why) <= 255 else f"{why[:254]}…",
        "rules_changed": False,
        "reviewer_id": known.reviewer_id if known and same_cycle else None,
        "planned_on": planned_on,
        "planned_why": known.planned_why if known and same_cycle else "",
    }
    if known is not None and all(getattr(known, name) == value for name, value in computed.items()):
        return known
    schedule = ReviewSchedule(page_id=live.pk, **computed)
    ReviewSchedule.objects.bulk_create(
        [schedule], update_conflicts=True, unique_fields=["page"], update_fields=list(computed)
    )
    return schedule


def flag_overdue(*, now: datetime.datetime, batch: int = 500) -> int:
    """Record reminders for each live page that reached a stage nobody was told of. Returns how many pages.

    Safe to miss, repeat or run twice at once: a reminder is unique, and rows are claimed with SKIP LOCKED.
    The mail goes out later, from the rows (`articles.digests`).
    The cost follows what is due, by index, not the number of articles.
    """
    today = site_day(now)
    flagged = 0
    while True:
        with transaction.atomic():
            due = list(
                ReviewSchedule.objects.to_flag(today)
                .select_related("page")
                .select_for_update(skip_locked=True, of=("self",))[:batch]
            )
            if not due:
                return flagged
            at_stage = []
            for schedule in due:
                stages = planned_stage_days(
                    schedule.due_on, schedule.due_soon_on, schedule.expires_on, schedule.planned_on
                )
                stage = reached(stages, today)
                if stage is not None:
                    at_stage.append((schedule, stage))
                schedule.next_stage_on = next_stage_day(stages, today)
            ReviewSchedule.objects.bulk_update(due, ["next_stage_on"])
            flagged += remind(at_stage, now=now)
