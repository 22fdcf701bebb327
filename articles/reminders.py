"""Who is told that a review is due, and at which stage: one row for each, from which the digests are written."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from wagtail.models import Page, PageLogEntry

from articles.governance import ReminderState, SignOffOutcome, Stage
from articles.models import ConditionPage, MedicalReview, Reminder, ReviewSchedule, User

LEADS = "articles.lead_reviews"
"""The permission whose holders are told of reviews that are two weeks late."""
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"

People = frozenset[int]


def remind(at_stage: Sequence[tuple[ReviewSchedule, Stage]], *, now: datetime.datetime) -> int:
    """Make the reminders of pages that reached a stage. Returns how many of these stages were new.

    Due soon: the reviewer whom an editor asked, or else who signed last. Due: the page's owner, or else its authors. Two weeks late: the
    leads. Expired: the administrators. A stage for which there is nobody goes to the people of the next one; who was
    passed over at an earlier stage, because no job ran then, is told now. The caller holds the schedules' locks.
    """
    if not at_stage:
        return 0
    escalation = Escalation.of([schedule.page_id for schedule, _ in at_stage])
    told = _told(at_stage)
    rows: list[Reminder] = []
    new: list[tuple[ReviewSchedule, Stage]] = []
    for schedule, stage in at_stage:
        before = told[schedule.page_id, schedule.due_on]
        already = {person for known, person in before if known == stage}
        passed_over = escalation.before(stage, schedule.page_id) - {person for _, person in before}
        wanted = (escalation.at(stage, schedule.page_id) | passed_over) - already
        if already and not wanted:
            continue
        rows += [
            Reminder(
                page_id=schedule.page_id,
                cycle=schedule.due_on,
                stage=stage,
                recipient_id=person,
                flagged_at=now,
                state=ReminderState.WAITING if person else ReminderState.NOBODY,
            )
            for person in (*sorted(wanted),) or (None,)
        ]
        if not already:
            new.append((schedule, stage))
    Reminder.objects.bulk_create(rows, ignore_conflicts=True)
    _log(new, now=now)
    return len(new)


def _log(stages: Iterable[tuple[ReviewSchedule, Stage]], *, now: datetime.datetime) -> None:
    """Put the stages into the audit log, in one statement: Wagtail's `log` takes three for each."""
    article = ContentType.objects.get_for_model(ConditionPage)
    PageLogEntry.objects.bulk_create(
        PageLogEntry(
            page_id=schedule.page_id,
            content_type=article,
            label=schedule.page.get_admin_display_title(),
            action="articles.review.flag",
            timestamp=now,
            data={"stage": stage.label, "due": str(schedule.due_on)},
        )
        for schedule, stage in stages
    )


def _told(
    at_stage: Iterable[tuple[ReviewSchedule, Stage]],
) -> Mapping[tuple[int, datetime.date], set[tuple[str, int | None]]]:
    """The reminders that stand already: stage and recipient by page and cycle."""
    found: dict[tuple[int, datetime.date], set[tuple[str, int | None]]] = defaultdict(set)
    rows = Reminder.objects.filter(page__in=[schedule.page_id for schedule, _ in at_stage])
    for page, cycle, stage, person in rows.values_list("page_id", "cycle", "stage", "recipient_id"):
        found[page, cycle].add((stage, person))
    return found


@dataclass(frozen=True, slots=True)
class Escalation:
    """Whom each stage concerns, by page: accounts that are active and can be written to."""

    reviewers: Mapping[int, People]
    owners: Mapping[int, People]
    leads: People
    admins: People

    @classmethod
    def of(cls, pages: Sequence[int]) -> Escalation:
        """Read it for some pages, in a number of queries that does not depend on how many they are."""
        reachable = User.objects.filter(is_active=True).exclude(email="")
        reviewers = dict(
            MedicalReview.objects.filter(
                page__in=pages, outcome=SignOffOutcome.APPROVED, reviewer__is_active=True
            )
            .order_by("page_id", "-signed_at", "-pk")
            .distinct("page_id")
            .values_list("page_id", "reviewer__user_id")
        )
        reviewers |= dict(
            ReviewSchedule.objects.filter(page__in=pages, reviewer__is_active=True).values_list(
                "page_id", "reviewer__user_id"
            )
        )
        owners = dict(Page.objects.filter(pk__in=pages).values_list("pk", "owner_id"))
        authors = defaultdict(set)
        for page, person in ConditionPage.authors.through.objects.filter(
            conditionpage__in=pages, author__user__isnull=False
        ).values_list("conditionpage_id", "author__user_id"):
            authors[page].add(person)
        named = {*reviewers.values(), *owners.values(), *(one for group in authors.values() for one in group)}
        able = frozenset(reachable.filter(pk__in=named - {None}).values_list("pk", flat=True))
        return cls(
            reviewers={page: able & {person} for page, person in reviewers.items()},
            owners={page: (able & {owners.get(page)}) or (able & authors[page]) for page in pages},
            leads=frozenset(
                User.objects.with_perm(LEADS, include_superusers=False, backend=MODEL_BACKEND)
                .exclude(email="")
                .values_list("pk", flat=True)
            ),
            admins=frozenset(reachable.filter(is_superuser=True).values_list("pk", flat=True)),
        )

    def at(self, stage: Stage, page: int) -> People:
        """Whom a stage concerns: its own people, or the next stage's where there are none."""
        order = list(Stage)
        for step in order[order.index(stage) :]:
            if people := self._own(step, page):
                return people
        return frozenset()

    def before(self, stage: Stage, page: int) -> People:
        """Whom the stages before one concern."""
        order = list(Stage)
        return frozenset().union(*(self._own(step, page) for step in order[: order.index(stage)]))

    def _own(self, stage: Stage, page: int) -> People:
        match stage:
            case Stage.DUE_SOON:
                return self.reviewers.get(page, frozenset())
            case Stage.DUE:
                return self.owners.get(page, frozenset())
            case Stage.LATE:
                return self.leads
            case Stage.EXPIRED:
                return self.admins
