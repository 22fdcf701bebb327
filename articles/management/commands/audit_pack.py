"""`manage.py audit_pack PAGE --on DATE`: what readers saw on a day, and who had vouched for it."""

from __future__ import annotations

import datetime
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import timezone

from articles.audit import audit_pack, find_article
from articles.days import site_day
from articles.models import ConditionPage


class Command(BaseCommand):
    help = "Write the audit pack of an article and a day: what readers saw, who had signed it, what changed since."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("page", help="slug, path or number of the article")
        parser.add_argument("--on", required=True, metavar="DATE", help="the day, as 2026-02-21")
        parser.add_argument("--format", choices=("html", "json"), default="html")
        parser.add_argument("--output", type=Path, metavar="FILE", help="default: the terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            on = datetime.date.fromisoformat(options["on"])
        except ValueError as error:
            raise CommandError(f"{options['on']} is not a day, as 2026-02-21.") from error
        if on > site_day(now):
            raise CommandError(f"{on} is still to come.")
        pack = audit_pack(self._page(options["page"]), on=on, now=now)
        if options["format"] == "json":
            text = json.dumps(pack.as_json(), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2) + "\n"
        else:
            text = render_to_string("audit/pack.html", {"pack": pack})
        if options["output"] is None:
            self.stdout.write(text, ending="")
            return
        try:
            options["output"].write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror}.") from error

    def _page(self, name: str) -> ConditionPage:
        try:
            return find_article(name)
        except ConditionPage.DoesNotExist as error:
            raise CommandError(f"There is no article {name}.") from error
        except ConditionPage.MultipleObjectsReturned as error:
            raise CommandError(
                f"Several articles are called {name}: give the path of the one you mean."
            ) from error
