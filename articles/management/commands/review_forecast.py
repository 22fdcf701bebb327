"""`manage.py review_forecast`: medical reviews per month and reviewer against their time, as a table."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from wagtail.models import Page

from articles.days import site_day
from articles.planning import Load, Proposal, forecast, level
from articles.workload import capacities, work_of_months

MOST_MONTHS = 60
HEADINGS = ("month", "reviewer", "articles", "minutes", "capacity", "load")


class Command(BaseCommand):
    help = (
        "Show the medical reviews of the coming months per reviewer, against the time they have. "
        "What is late counts in this month."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--months", type=int, default=12, help="how many months (default: 12)")
        parser.add_argument(
            "--level", action="store_true", help="propose earlier dates for months that are too full"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        months = options["months"]
        if not 1 <= months <= MOST_MONTHS:
            raise CommandError(f"--months goes from 1 to {MOST_MONTHS}.")
        today = site_day(timezone.now())
        work, time = work_of_months(today, months), capacities()
        loads = forecast(work, time, today=today, months=months)
        if not loads:
            self.stdout.write("No medical review is due in that time.")
            return
        self._table([HEADINGS, *(_row(load) for load in loads)])
        if options["level"]:
            self._proposals(level(work, time, today=today, months=months))

    def _proposals(self, proposals: Sequence[Proposal]) -> None:
        if not proposals:
            self.stdout.write("\nNo earlier date would help.")
            return
        titles = dict(
            Page.objects.filter(pk__in=[one.work.key for one in proposals]).values_list("pk", "title")
        )
        self.stdout.write("\nEarlier dates that would help (nothing was changed):")
        self._table(
            [
                ("from", "to", "reviewer", "article"),
                *(
                    (str(one.work.on), str(one.to), one.work.reviewer, titles[one.work.key])
                    for one in proposals
                ),
            ]
        )

    def _table(self, rows: Sequence[Sequence[str]]) -> None:
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write(line.rstrip())


def _row(load: Load) -> tuple[str, ...]:
    share = ""
    if load.capacity is not None:
        share = (
            f"{100 * load.minutes // load.capacity} %" if load.capacity else ("-" if load.minutes else "0 %")
        )
        share += " too full" if load.over else ""
    return (
        f"{load.month:%Y-%m}",
        load.reviewer,
        str(load.articles),
        str(load.minutes),
        "" if load.capacity is None else str(load.capacity),
        share,
    )
