"""Whom an editor asks for the next review of an article."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from wagtail.log_actions import log

from articles.contributors import contributors
from articles.days import site_day
from articles.governance import planned_stage_days, reached
from articles.models import ConditionPage, Reviewer, ReviewSchedule
from articles.services import SigningRefused, fit_to_sign


class AssignmentRefused(Exception):
    """Why somebody cannot be asked for a review, in words."""


def why_not_ask(page: ConditionPage, reviewer: Reviewer, *, today: datetime.date) -> str:
    """Why a reviewer could not sign the latest draft today, in words; empty if they could."""
    if reviewer.user is None:
        return f"{reviewer} has no account here, and can be neither told nor sign."
    draft = page.get_latest_revision_as_object()
    if reviewer.user_id in contributors(draft):
        return (
            f"{reviewer} wrote or edited this article since its last sign-off: somebody else has to sign it."
        )
    try:
        fit_to_sign(draft, user=reviewer.user, today=today)
    except SigningRefused as refused:
        return str(refused)
    return ""


@transaction.atomic
def assign_reviewer(
    page: ConditionPage, reviewer: Reviewer | None, *, user: Any, now: datetime.datetime
) -> ReviewSchedule:
    """Ask a reviewer for the next review of a live article; None: it falls to who signed last.

    For this cycle: the next full sign-off ends it. If a reminder is due already, they are told by the next one.
    Raises `AssignmentRefused`.
    """
    today = site_day(now)
    schedule = (
        ReviewSchedule.objects.select_for_update(of=("self",))
        .filter(page_id=page.pk, page__live=True)
        .first()
    )
    if schedule is None:
        raise AssignmentRefused("Only a published article has a next review.")
    if reviewer is not None and (refusal := why_not_ask(page, reviewer, today=today)):
        raise AssignmentRefused(refusal)
    if schedule.reviewer_id == (reviewer.pk if reviewer else None):
        return schedule
    schedule.reviewer = reviewer
    stages = planned_stage_days(
        schedule.due_on, schedule.due_soon_on, schedule.expires_on, schedule.planned_on
    )
    if reviewer is not None and reached(stages, today) is not None:
        schedule.next_stage_on = today  # the job looks at once, and finds whom nobody told
    schedule.save(update_fields=["reviewer", "next_stage_on"])
    data = {"reviewer": reviewer.display_name if reviewer else "", "why": schedule.why}
    log(page, "articles.review.assign", user=user, data=data)
    return schedule
