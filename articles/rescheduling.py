"""Moving planned dates, one or many at once: with a preview, a reason and an undo.

A plan never touches when an article was last reviewed, nor when it is due: readers are told of those two alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from wagtail.log_actions import get_active_log_context
from wagtail.models import PageLogEntry

from articles.days import site_day
from articles.governance import next_stage_day, planned_stage_days
from articles.models import Rescheduling, ReschedulingMove, ReviewSchedule

BATCH = 500


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
    written = []
    for move in moves:
        schedule = move.schedule
        written.append(
            ReschedulingMove(
                rescheduling=made,
                page_id=schedule.page_id,
                planned_before=schedule.planned_on,
                reason_before=schedule.planned_why,
                next_stage_before=schedule.next_stage_on,
                planned_after=move.planned_on,
            )
        )
        schedule.planned_on = move.planned_on
        schedule.planned_why = reason if move.planned_on else ""
        _wake(schedule, today)
    ReschedulingMove.objects.bulk_create(written, batch_size=BATCH)
    _write([move.schedule for move in moves], user=user, data={"reason": reason, "rescheduling": made.pk})
    return made


def _wake(schedule: ReviewSchedule, today: datetime.date) -> None:
    """The job that flags looks again on the planned day, if that is the first thing to happen."""
    ahead = next_stage_day(planned_stage_days(schedule.due_on, schedule.due_soon_on, schedule.expires_on, schedule.planned_on), today)  # fmt: skip
    waits = schedule.next_stage_on is not None and schedule.next_stage_on <= today
    if not waits:
        schedule.next_stage_on = ahead


@dataclass(frozen=True, slots=True)
class Return:
    """A move that an undo would take back, or leave alone, and why."""

    move: ReschedulingMove
    schedule: ReviewSchedule
    refusal: str = ""


def undo_preview(rescheduling: Rescheduling) -> list[Return]:
    """What undoing would do, in order of pages. Nothing is written."""
    return _returns(rescheduling, ReviewSchedule.objects.select_related("page"))


def _returns(rescheduling: Rescheduling, schedules: QuerySet[ReviewSchedule]) -> list[Return]:
    moves = {move.page_id: move for move in rescheduling.moves.all()}
    found = []
    for schedule in schedules.filter(page__in=moves).order_by("page_id"):
        move = moves[schedule.page_id]
        stands = (schedule.planned_on, schedule.planned_why)
        made = (move.planned_after, rescheduling.reason if move.planned_after else "")
        refusal = "" if stands == made else "Moved again, or reviewed, since: it stays as it is."
        found.append(Return(move, schedule, refusal))
    return found


@transaction.atomic
def undo(
    rescheduling: Rescheduling, *, reason: str = "", user: Any = None, now: datetime.datetime
) -> list[ReviewSchedule]:
    """Put each plan back exactly as it was. Returns the schedules left alone, because they moved again since.

    Raises `ReschedulingRefused` if it was undone before.
    """
    undone = Rescheduling.objects.filter(pk=rescheduling.pk, undone_at__isnull=True)
    if not undone.update(undone_at=now, undone_by=user):
        raise ReschedulingRefused("This was undone before.")
    locked = ReviewSchedule.objects.select_related("page").select_for_update(of=("self",))
    left: list[ReviewSchedule] = []
    back: list[Return] = []
    for one in _returns(rescheduling, locked):
        move, schedule = one.move, one.schedule
        if one.refusal:
            left.append(schedule)
            continue
        schedule.planned_on, schedule.planned_why = move.planned_before, move.reason_before
        schedule.next_stage_on = move.next_stage_before
        move.undone = True
        back.append(one)
    ReschedulingMove.objects.bulk_update([one.move for one in back], ["undone"], batch_size=BATCH)
    data = {"reason": reason.strip(), "undone": rescheduling.pk}
    _write([one.schedule for one in back], user=user, data=data)
    return left


def _write(schedules: Sequence[ReviewSchedule], *, user: Any, data: Mapping[str, Any]) -> None:
    """Store the plans, and write each into the history of its article."""
    ReviewSchedule.objects.bulk_update(
        schedules, ["planned_on", "planned_why", "next_stage_on"], batch_size=BATCH
    )
    # As `log()` writes them, but together: it looks up the page, its type and the person anew for each entry.
    context, moment = get_active_log_context(), timezone.now()
    PageLogEntry.objects.bulk_create(
        (
            PageLogEntry(
                page=schedule.page,
                content_type_id=schedule.page.content_type_id,
                label=schedule.page.get_admin_display_title(),
                action="articles.review.plan",
                timestamp=moment,
                user=user or context.user,
                uuid=context.uuid,
                data={"plan": schedule.plan or "No planned date any more", **data},
            )
            for schedule in schedules
        ),
        batch_size=BATCH,
    )
