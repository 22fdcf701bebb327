"""Calling for a review before its time, and taking the call back if it was unfounded."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from wagtail.log_actions import log

from articles.days import site_day
from articles.governance import TriggerKind
from articles.models import ConditionPage, ReviewTrigger
from articles.services import schedule_review
from products.freshness import bump


class TriggerRefused(Exception):
    """Why a review cannot be called for, or a call not be dismissed, in words."""


@transaction.atomic
def call_for_review(
    page: ConditionPage,
    *,
    kind: TriggerKind,
    reason: str,
    user: Any = None,
    now: datetime.datetime,
    subject: str = "",
) -> ReviewTrigger:
    """Open a review cycle that is due today. A review that is due already stays due since then.

    With a `subject`, a second call for the same returns the first and changes nothing.
    Raises `TriggerRefused` without a reason.
    """
    reason = reason.strip()
    if not reason:
        raise TriggerRefused("Say why the article is to be reviewed before its time.")
    page = ConditionPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    if subject and (known := ReviewTrigger.objects.filter(page=page.pk, subject=subject).first()):
        return known
    today = site_day(now)
    trigger = ReviewTrigger.objects.create(
        page_id=page.pk,
        kind=kind,
        reason=reason,
        subject=subject,
        opened_at=now,
        opened_on=today,
        opened_by=user,
    )
    log(page, "articles.review.call", user=user, data={"kind": kind.label, "reason": reason})
    schedule_review(page, today=today)
    return trigger


def call_for_reviews(
    pages: Sequence[ConditionPage],
    *,
    kind: TriggerKind,
    reason: str,
    user: Any = None,
    now: datetime.datetime,
) -> list[ReviewTrigger]:
    """The same for several articles, all or none of them."""
    with transaction.atomic():
        return [call_for_review(page, kind=kind, reason=reason, user=user, now=now) for page in pages]


@transaction.atomic
def dismiss(trigger: ReviewTrigger, *, reason: str, user: Any = None, now: datetime.datetime) -> None:
    """Take an unfounded call back: the due date is what it would be without it. The call stays on record.

    Raises `TriggerRefused` without a reason, or if it was dismissed before.
    """
    reason = reason.strip()
    if not reason:
        raise TriggerRefused("Say why the call for a review was unfounded.")
    page = ConditionPage.objects.select_for_update(of=("self",)).get(pk=trigger.page_id)
    dismissed = ReviewTrigger.objects.filter(pk=trigger.pk, dismissed_at__isnull=True).update(
        dismissed_at=now, dismissed_by=user, dismissal=reason
    )
    if not dismissed:
        raise TriggerRefused("This call for a review was dismissed before.")
    bump()
    log(
        page,
        "articles.review.dismiss",
        user=user,
        data={"kind": TriggerKind(trigger.kind).label, "reason": reason},
    )
    schedule_review(page, today=site_day(now))
