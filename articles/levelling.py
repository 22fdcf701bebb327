"""Bringing reviews forward, so that no month is too full: what is proposed, and doing what a person ticked of it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from articles.days import site_day
from articles.models import Rescheduling, ReviewSchedule
from articles.planning import Capacity, Load, Proposal, Work, forecast, level
from articles.rescheduling import ReschedulingRefused, reschedule
from articles.workload import capacities, work_of_months

MONTHS = 12
"""How far planners look ahead."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The reviews of the months ahead, and the time there is for them."""

    today: datetime.date
    work: Sequence[Work]
    time: Mapping[str, Capacity]

    def loads(self, proposals: Sequence[Proposal] = ()) -> list[Load]:
        """Each reviewer's months as they stand, or as they were if these proposals came true."""
        to = {proposal.work.key: proposal.to for proposal in proposals}
        work = [replace(one, on=to.get(one.key, one.on)) for one in self.work]
        return forecast(work, self.time, today=self.today, months=MONTHS)

    def proposals(self) -> list[Proposal]:
        return level(self.work, self.time, today=self.today, months=MONTHS)


def outlook(today: datetime.date) -> Outlook:
    """The next `MONTHS` months, today's included. Three queries."""
    return Outlook(today, work_of_months(today, MONTHS), capacities())


@transaction.atomic
def bring_forward(
    chosen: Mapping[int, datetime.date], *, reason: str = "", user: Any = None, now: datetime.datetime
) -> Rescheduling:
    """Plan articles (by primary key) for the earlier days that are proposed for them now.

    Raises `ReschedulingRefused` if a day is no longer proposed, because plans changed since, or if several move
    without a reason. What was never proposed, and so whatever is later, cannot come through here.
    """
    locked = ReviewSchedule.objects.filter(page__in=chosen).order_by("page_id")
    list(locked.select_for_update().values_list("pk"))
    proposed = {proposal.work.key: proposal.to for proposal in outlook(site_day(now)).proposals()}
    if any(proposed.get(page) != day for page, day in chosen.items()):
        raise ReschedulingRefused(
            "The plan changed meanwhile. Nothing was moved: look at the proposals again."
        )
    return reschedule(chosen, reason=reason, user=user, now=now)
