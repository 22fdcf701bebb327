"""What each page of the admin that is ours costs with 5,000 articles and 20,000 offers, and whether it grows with them.

    PYTHONPATH=.:site .venv/bin/python -m bench.desk [--articles 5000] [--only link_health] [--again]

Runs on a PostgreSQL of its own under `var/bench-desk/`. The pages are found, not listed: every address of the admin that
is ours, and of every listing each filter, each order, a search and the export as CSV. Each is asked for as somebody of the
first group that may open it, in this process, with templates cached and all warm. CPU is that of this process and of its
session in PostgreSQL. Nothing here is a test: the figures are of one run on one machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import django
import psutil

from demo.services import VAR, exit_on_signals, services

GOAL = 300.0  # ms of CPU
TIMES, TIMES_OF_QUICK, QUICK = 5, 3, 150.0  # repeats; of what took fewer ms at once
SHARE = 10  # the small desk has so much less
WORDS = "support 17"


@dataclass(slots=True)
class Question:
    """A page, as somebody asks for it."""

    page: str
    url: str
    who: str
    asked: str = ""
    """What a listing is asked for: "show=broken", "by -clicks"; nothing as it opens."""
    few: int = 0
    """Statements on the small desk."""
    statements: int = 0
    cpu: float = 0.0
    wall: float = 0.0
    slowest: float = 0.0
    """Milliseconds of the slowest statement."""
    slowest_sql: str = ""

    @property
    def name(self) -> str:
        return f"{self.page} {self.asked}".strip()

    @property
    def is_export(self) -> bool:
        return self.asked == "export"

    def row(self) -> str:
        return f"| {self.name} | {self.who} | {self.wall:.0f} | {self.cpu:.0f} | {self.statements} | {self.slowest:.0f} |"


@dataclass(slots=True)
class Watch:
    """The statements of one request."""

    seconds: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds.append(time.perf_counter() - began)
            self.texts.append(sql)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, default=5_000, help="there are four times as many offers")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument("--again", action="store_true", help="on the desk of the last run")
    parser.add_argument("--sql", action="store_true", help="print the slowest statement of each slow page")
    options = parser.parse_args()
    exit_on_signals()
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    with services(VAR / "bench-desk", durable=False) as urls:
        os.environ.update(urls, DJANGO_SETTINGS_MODULE="config.settings.test", LOG_LEVEL="WARNING")
        django.setup()
        from django.core.management import call_command

        from bench.desk_stock import sizes, stock, templates
        from tests.furnished import furnish

        few: dict[tuple[str, str], int] = {}
        if options.again:
            call_command("migrate", verbosity=0)
        else:
            _start_afresh()
            call_command("migrate", verbosity=0)
            furnished, made = furnish(), templates()
            small = options.articles // SHARE
            stock(made, furnished, before=0, articles=small)
            few = {(one.name, one.who): one.statements for one in _asked(options.only, times=1)}
            stock(made, furnished, before=small, articles=options.articles)
        print(
            f"{sizes()}\n\n| page | asked by | ms | CPU ms | statements | slowest ms |\n| --- | --- | --- | --- | --- | --- |"
        )
        found = []
        for one in _asked(options.only, times=TIMES):
            one.few = few.get((one.name, one.who), one.statements)
            found.append(one)
            print(one.row(), flush=True)
            if options.sql and one.cpu > GOAL:
                print(f"    {one.slowest_sql[:3000]}")
    print(f"\nload of the machine: {os.getloadavg()[0]:.1f}; {len(found)} pages")
    _print_summary(found)
    slow = [one for one in found if one.cpu > GOAL and not one.is_export]
    print(f"\nbeyond {GOAL:.0f} ms of CPU: {len(slow)}", *[one.row() for one in slow], sep="\n")
    grown = [one for one in found if one.statements > one.few]
    print(f"\nmore statements than on a tenth of the desk: {len(grown)}")
    for one in grown:
        print(f"{one.name}, {one.who}: {one.few} → {one.statements}")


def _print_summary(found: list[Question]) -> None:
    """A line a page: itself, the dearest of what can be asked of it, and its export."""
    pages: dict[tuple[str, str], list[Question]] = {}
    for one in found:
        pages.setdefault((one.page, one.who), []).append(one)
    print(
        "\n| page | asked by | ms | CPU ms | statements | slowest ms | dearest question | its CPU ms | export CPU ms |"
    )
    print(f"|{' --- |' * 9}")
    for first, *others in pages.values():
        dearest = max((one for one in others if not one.is_export), key=lambda one: one.cpu, default=None)
        export = next((f"{one.cpu:,.0f}" for one in others if one.is_export), "")
        print(f"{first.row()} {f'{dearest.asked} | {dearest.cpu:.0f}' if dearest else ' |'} | {export} |")


def _start_afresh() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


def _asked(only: str, *, times: int) -> Iterator[Question]:
    """Every page, measured."""
    from bench.desk_stock import busiest

    furnished = busiest()
    people = _people(furnished)
    for name, url, askers in _pages(furnished):
        if only.partition(" ")[0] not in name:
            continue
        for who in askers:
            response = _get(people[who], url)
            if _is_shown(response):
                break
        else:
            continue
        for question in (Question(name, url, who), *_variants(name, url, who, response, furnished)):
            if only in question.name:
                _measure(question, people[who], times=1 if question.is_export else times)
                yield question


def _people(furnished: Any) -> dict[str, Any]:
    """A browser for somebody of each group."""
    from django.contrib.auth.models import Group
    from django.test import Client

    from articles.models import User
    from tests.desk import COMMERCIAL, EDITORS, REVIEWERS

    people = {}
    for group in (EDITORS, REVIEWERS, COMMERCIAL, "administrator"):
        user, made = User.objects.get_or_create(
            username=f"asks as {group}",
            defaults={
                "email": f"{group.replace(' ', '-')}@example.org",
                "is_superuser": group == "administrator",
            },
        )
        if group == REVIEWERS:
            user = furnished.reviewer.user
        elif made and group != "administrator":
            user.groups.add(Group.objects.get(name=group))
        people[group] = Client()
        people[group].force_login(user)
    return people


def _pages(furnished: Any) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each page with those who may be asked to open it, the first who can does."""
    from django.urls import reverse

    from tests.desk import COMMERCIAL, EDITORS, REVIEWERS
    from tests.furnished import admin_addresses

    for who in (EDITORS, REVIEWERS, COMMERCIAL):
        yield "home", reverse("wagtailadmin_home"), (who,)
    yield "page editor", reverse("wagtailadmin_pages:edit", args=[furnished.article.pk]), (EDITORS,)
    yield "review_forecast:index, earlier dates", reverse("review_forecast:index") + "?level=1", (EDITORS,)
    yield "review_calendar:day, all that is late", reverse("review_calendar:day", args=["late"]), (EDITORS,)
    seen = set()
    for address in admin_addresses(furnished):
        is_part = address.verb.endswith("results") or address.name == "mass_checks:listing"
        if address.is_ours and not is_part and address.url not in seen:
            seen.add(address.url)
            name = address.name.removeprefix("wagtailsnippets_").removeprefix("wagtail_bulk_action ")
            yield name, address.url, (EDITORS, COMMERCIAL, REVIEWERS, "administrator")
    for name in ("articles", "review_calendar", "link_health", "reader_reports"):
        yield f"{name}:index", reverse(f"{name}:index"), (REVIEWERS,)


def _variants(name: str, url: str, who: str, response: Any, furnished: Any) -> Iterator[Question]:
    """What can be asked of a listing: each filter with each of its values, each order, a search, the export."""
    from django import forms

    context = getattr(response, "context_data", None) or {}

    def ask(words: str, **asked: Any) -> Question:
        return Question(name, f"{url}?{urlencode(asked)}", who, words)

    filters, table = context.get("filters"), context.get("table")
    for key, one in filters.form.fields.items() if filters is not None else ():
        if isinstance(one, forms.ModelChoiceField):
            chosen = _one_of(one.queryset, furnished)
            if chosen is not None:
                yield ask(f"{key}=one", **{key: chosen.pk})
        elif isinstance(one, forms.ChoiceField):
            for value, _ in one.choices:
                if value not in ("", None) and not (key == "month" and not str(value).endswith("-06")):
                    yield ask(f"{key}={value}", **{key: value})
        elif isinstance(one, forms.DateField):
            yield ask(f"{key}=day", **{key: "2026-11-01"})
    for column in getattr(table, "columns", {}).values() if table is not None else ():
        if getattr(column, "sort_key", None):
            yield ask(f"by {column.sort_key}", ordering=column.sort_key)
            yield ask(f"by -{column.sort_key}", ordering=f"-{column.sort_key}")
    view = context.get("view")
    if getattr(view, "is_searchable", False):
        yield ask("search", q=WORDS)
    if getattr(view, "list_export", None):
        yield ask("export", export="csv")


def _one_of(queryset: Any, furnished: Any) -> Any:
    """The busiest of these, as far as somebody knows."""
    for name in furnished.__dataclass_fields__:
        value = getattr(furnished, name)
        if type(value) is queryset.model and queryset.filter(pk=value.pk).exists():
            return value
    return queryset.first()


def _get(client: Any, url: str) -> Any:
    response = client.get(url)
    if response.streaming:
        for _ in response.streaming_content:
            pass
    return response


def _is_shown(response: Any) -> bool:
    return response.status_code == 200


def _measure(question: Question, client: Any, *, times: int) -> None:
    """Ask once to warm up, then several times."""
    from django.db import connection

    _get(client, question.url)
    session = psutil.Process(connection.connection.info.backend_pid)
    walls, costs, watches = [], [], []
    before = sum(session.cpu_times()[:2])
    while len(walls) < times:
        watch, began, spent = Watch(), time.perf_counter(), time.process_time()
        with connection.execute_wrapper(watch):
            response = _get(client, question.url)
        assert _is_shown(response), (question, response.status_code)
        costs.append((time.process_time() - spent) * 1000)
        walls.append((time.perf_counter() - began) * 1000)
        watches.append(watch)
        if walls[0] < QUICK:
            times = min(times, TIMES_OF_QUICK)
    in_session = (sum(session.cpu_times()[:2]) - before) * 1000 / len(walls)
    question.wall, question.cpu = statistics.median(walls), statistics.median(costs) + in_session
    calmest = min(watches, key=lambda watch: sum(watch.seconds))
    question.statements = len(calmest.texts)
    if calmest.texts:
        question.slowest, question.slowest_sql = max(zip(calmest.seconds, calmest.texts, strict=True))
        question.slowest *= 1000


if __name__ == "__main__":
    main()
