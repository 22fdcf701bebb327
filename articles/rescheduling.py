"""Moving planned dates, one or many at once: with a preview, a reason and an undo.

A plan never touches when an article was last reviewed, nor when it is due: readers are told of those two alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from wagtail.log_actions import log

from articles.days import site_day
from articles.governance import next_stage_day, planned_stage_days
from articles.models import Rescheduling, ReschedulingMove, ReviewSchedule


class ReschedulingRefused(Exception):
    """Why planned dates cannot be moved or moved back, in words."""


@dataclass(frozen=True, slots=True)
class Move:
    """An article whose plan would change. `planned_on` None: it is planned for no day of its own any more."""

    schedule: ReviewSchedule
    planned_on: datetime.date | None
    refusal: str = ""

    @property
    def days_after_due(self) -> int:
        """By how many days the plan is later than the due date; 0 if it is not."""
        return max(0, (self.planned_on - self.schedule.due_on).days) if self.planned_on else 0


def preview(dates: Mapping[int, datetime.date | None], *, today: datetime.date) -> list[Move]:
    """What moving pages (by primary key) to these dates would do, in order of due dates. Nothing is written."""
    schedules = ReviewSchedule.objects.filter(page__in=dates, page__live=True).select_related("page")
    return [
        _move(schedule, dates[schedule.page_id], today=today)
        for schedule in schedules.order_by("due_on", "page_id")
    ]


def _move(schedule: ReviewSchedule, planned_on: datetime.date | None, *, today: datetime.date) -> Move:
    if planned_on == schedule.planned_on:
        return Move(schedule, planned_on, "It is planned for that day already.")
    if planned_on is not None and planned_on < today:
        return Move(schedule, planned_on, "That day is over.")
    return Move(schedule, planned_on)


@transaction.atomic
def reschedule(
    dates: Mapping[int, datetime.date | None], *, reason: str = "", user: Any = None, now: datetime.datetime
) -> Rescheduling:
    """Move the planned dates of live articles; those that are refused in the preview stay as they are.

    A reason is needed for more than one article, and for a day after the due date, where it is shown with the plan.
    Raises `ReschedulingRefused` if it is missing, or if nothing would move.
    """
    reason = reason.strip()
    today = site_day(now)
    locked = ReviewSchedule.objects.filter(page__in=dates).order_by("page_id")
    list(locked.select_for_update().values_list("pk"))
    moves = [move for move in preview(dates, today=today) if not move.refusal]
    if not moves:
        raise ReschedulingRefused("No planned date would move.")
    if not reason and len(moves) > 1:
        raise ReschedulingRefused("Say why these planned dates are moved.")
    if not reason and any(move.days_after_due for move in moves):
        raise ReschedulingRefused("Say why the review is planned for a day after it is due.")
    made = Rescheduling.objects.create(reason=reason, made_at=now, made_by=user)
    for move in moves:
        schedule = move.schedule
        ReschedulingMove.objects.create(
            rescheduling=made,
            page_id=schedule.page_id,
            planned_before=schedule.planned_on,
            reason_before=schedule.planned_why,
            next_stage_before=schedule.next_stage_on,
            planned_after=move.planned_on,
        )
        schedule.planned_on = move.planned_on
        schedule.planned_why = reason if move.planned_on else ""
        _wake(schedule, today)
        schedule.save(update_fields=["planned_on", "planned_why", "next_stage_on"])
        log(
            schedule.page.specific_deferred,
            "articles.review.plan",
            user=user,
            data={"plan": schedule.plan or "No planned date any more", "rescheduling": made.pk},
        )
    return made


def _wake(schedule: ReviewSchedule, today: datetime.date) -> None:
    """The job that flags looks again on the planned day, if that is the first thing to happen."""
    ahead = next_stage_day(planned_stage_days(schedule.due_on, schedule.due_soon_on, schedule.expires_on, schedule.planned_on), today)  # fmt: skip
    waits = schedule.next_stage_on is not None and schedule.next_stage_on <= today
    if not waits:
        schedule.next_stage_on = ahead


@transaction.atomic
def undo(rescheduling: Rescheduling, *, user: Any = None, now: datetime.datetime) -> list[ReviewSchedule]:
    """Put each plan back exactly as it was. Returns the schedules left alone, because they moved again since.

    Raises `ReschedulingRefused` if it was undone before.
    """
    undone = Rescheduling.objects.filter(pk=rescheduling.pk, undone_at__isnull=True)
    if not undone.update(undone_at=now, undone_by=user):
        raise ReschedulingRefused("This was undone before.")
    moves = {move.page_id: move for move in rescheduling.moves.all()}
    left: list[ReviewSchedule] = []
    for schedule in (
        ReviewSchedule.objects.filter(page__in=moves)
        .select_related("page")
        .order_by("page_id")
        .select_for_update(of=("self",))
    ):
        move = moves[schedule.page_id]
        now_stands = (schedule.planned_on, schedule.planned_why)
        made = (move.planned_after, rescheduling.reason if move.planned_after else "")
        if now_stands != made:
            left.append(schedule)
            continue
        schedule.planned_on, schedule.planned_why = move.planned_before, move.reason_before
        schedule.next_stage_on = move.next_stage_before
        schedule.save(update_fields=["planned_on", "planned_why", "next_stage_on"])
        move.undone = True
        move.save(update_fields=["undone"])
        log(
            schedule.page.specific_deferred,
            "articles.review.plan",
            user=user,
            data={"plan": schedule.plan or "No planned date any more", "undone": rescheduling.pk},
        )
    return left
