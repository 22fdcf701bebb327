"""What flagging and the day's digests cost among 100,000 articles: they should follow what is due, not the total.

    PYTHONPATH=.:site .venv/bin/python -m bench.reviews [--articles 100000]

Runs on a PostgreSQL of its own under `var/bench-reviews/`. The articles are copies, made by SQL, of one that was written
and signed by the ordinary services. Nothing here is a test: the figures are of one run on one machine.
"""

from __future__ import annotations

import argparse
import datetime
import os
import time
from collections import Counter
from collections.abc import Callable

import django

from demo.services import VAR, exit_on_signals, services

DUE = (0, 1, 10, 100, 1_000, 10_000)
OWNERS, REVIEWERS = 50, 20
TODAY = datetime.date(2026, 6, 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.reviews", description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, default=100_000)
    options = parser.parse_args()
    exit_on_signals()
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    with services(VAR / "bench-reviews", durable=False) as urls:
        os.environ.update(urls, DJANGO_SETTINGS_MODULE="config.settings.test")
        django.setup()
        from django.core.management import call_command

        _start_afresh()
        call_command("migrate", verbosity=0)
        article = _first_article()
        made = 1
        for total in sorted({options.articles // 100, options.articles // 10, options.articles}):
            _copy(article, made, total)
            made = total
            print(f"\n{total:,} articles")
            print("due now   flag: queries      ms   per due   digests: mails  queries      ms")
            for due in DUE:
                if due <= total // 10:
                    _measure(due)
        _plan()


def _start_afresh() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


def _first_article() -> int:
    """One article with its sign-off, and the people of all of them."""
    from django.contrib.auth.models import Group

    from tests.factories import ConditionPageFactory, ReviewerFactory, UserFactory, paragraph, sign_off

    for number in range(OWNERS):
        owner = UserFactory(username=f"owner-{number}")
        owner.groups.add(Group.objects.get(name="Editors"))
    reviewers = [ReviewerFactory() for _ in range(REVIEWERS)]
    page = ConditionPageFactory(title="Thigh pain", blocks=[paragraph("Rest the leg.")] * 20)
    sign_off(page, reviewers[0], on=datetime.date(2026, 1, 1))
    return int(page.pk)


def _copy(article: int, made: int, total: int) -> None:
    """Copies `made` to `total` of the article, in each table that knows it."""
    from django.db import connection

    def insert(table: str, changes: dict[str, str]) -> None:
        with connection.cursor() as cursor:
            columns = [
                one.name
                for one in connection.introspection.get_table_description(cursor, table)
                if one.name != "id" or "id" in changes
            ]
            wanted = ", ".join(f'"{name}"' for name in columns)
            values = ", ".join(changes.get(name, f'one."{name}"') for name in columns)
            key = {"wagtailcore_page": "id", "articles_conditionpage": "page_ptr_id"}.get(table, "page_id")
            cursor.execute(
                f"INSERT INTO {table} ({wanted}) SELECT {values} FROM {table} one, "
                f"generate_series({made}, {total - 1}) n WHERE one.{key} = {article}"
            )

    page = f"{article} + n"
    owner = f"(SELECT id FROM articles_user WHERE username = 'owner-' || n % {OWNERS})"
    reviewer = f"(SELECT id FROM articles_reviewer ORDER BY id OFFSET n % {REVIEWERS} LIMIT 1)"
    insert(
        "wagtailcore_page",
        {
            "id": page,
            "title": "'Thigh pain ' || n",
            "draft_title": "'Thigh pain ' || n",
            "slug": "'thigh-pain-' || n",
            "path": "one.path || lpad(n::text, 8, '0')",
            "depth": "one.depth + 2",
            "url_path": "one.url_path || n || '/'",
            "translation_key": "gen_random_uuid()",
            "owner_id": owner,
        },
    )
    insert("articles_conditionpage", {"page_ptr_id": page})
    insert("articles_medicalreview", {"page_id": page, "reviewer_id": reviewer})
    insert("articles_reviewschedule", {"page_id": page})
    with connection.cursor() as cursor:
        for table in (
            "wagtailcore_page", "articles_conditionpage", "articles_medicalreview", "articles_reviewschedule"
        ):  # fmt: skip
            cursor.execute(f"ANALYZE {table}")


def _measure(due: int) -> None:
    """Run both jobs as beat would, with some articles due."""
    from django.core import mail

    from articles.digests import send_digests
    from articles.services import flag_overdue

    _make_due(due)
    now = datetime.datetime.combine(TODAY, datetime.time(12), tzinfo=datetime.UTC)
    flagged, flag_queries, flag_time = _counted(lambda: flag_overdue(now=now))
    assert flagged == due, (flagged, due)
    mail.outbox = []
    sent, send_queries, send_time = _counted(lambda: send_digests(now=now, hour=7))
    each = f"{flag_time / due:8.2f}" if due else " " * 8
    print(
        f"{due:>7,} {flag_queries:>14,} {flag_time:>8.0f} {each} {sent:>16,} {send_queries:>8,} {send_time:>8.0f}"
    )


def _make_due(due: int) -> None:
    """Make this many articles due today, spread over the site, and forget what was told before."""
    from wagtail.models import PageLogEntry

    from articles.models import Reminder, ReviewDigest, ReviewSchedule

    Reminder.objects.all().delete()
    ReviewDigest.objects.all().delete()
    PageLogEntry.objects.filter(action="articles.review.flag").delete()
    far = TODAY + datetime.timedelta(days=400)
    ReviewSchedule.objects.update(due_on=far, due_soon_on=far, next_stage_on=far)
    total = ReviewSchedule.objects.count()
    step = total // due if due else total
    chosen = [pk for place, pk in enumerate(_pages()) if place % step == 0][:due]
    ReviewSchedule.objects.filter(pk__in=chosen).update(due_on=TODAY, due_soon_on=TODAY, next_stage_on=TODAY)
    _vacuum()


def _pages() -> list[int]:
    from articles.models import ReviewSchedule

    return list(ReviewSchedule.objects.order_by("pk").values_list("pk", flat=True))


def _counted(work: Callable[[], int]) -> tuple[int, int, float]:
    """What the work returned, its SQL statements and its milliseconds."""
    from django.db import connection

    statements: Counter[str] = Counter()

    def count(execute, sql, params, many, context):
        statements["all"] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        start = time.perf_counter()
        result = work()
        return result, statements["all"], 1000 * (time.perf_counter() - start)


def _vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE articles_reviewschedule")


def _plan() -> None:
    from articles.models import ReviewSchedule

    _make_due(100)
    print("\nHow 100 due ones are found:")
    print(ReviewSchedule.objects.to_flag(TODAY)[:500].explain(analyze=True))


if __name__ == "__main__":
    main()
