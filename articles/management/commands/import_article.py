"""`manage.py import_article FILE`: make or update an article from its plain text."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from articles.importers.document import SourceRefused
from articles.importers.load import ImportRefused, Result, import_article
from articles.models import BodyAreaPage


class Command(BaseCommand):
    help = (
        "Make or update an article from the text of a page, as copied from a browser. "
        "The slug of the title is the matching key: the same title updates the same article."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the text, UTF-8")
        parser.add_argument(
            "--under",
            metavar="SLUG",
            help="slug of the body area to put a new article in (default: the site's first)",
        )
        parser.add_argument(
            "--publish", action="store_true", help="publish the draft; it earns no badge by that"
        )
        parser.add_argument(
            "--force", action="store_true", help="replace a draft that somebody edited since its last import"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        try:
            result = import_article(
                raw,
                source_name=path.name,
                parent=self._parent(options["under"]),
                now=timezone.now(),
                publish=options["publish"],
                force=options["force"],
                dry_run=options["dry_run"],
            )
        except (SourceRefused, ImportRefused) as error:
            raise CommandError(f"{path.name}: {error} Nothing was written.") from error
        self._report(result, dry_run=options["dry_run"])

    def _parent(self, slug: str | None) -> BodyAreaPage:
        areas = BodyAreaPage.objects.live().order_by("path")
        parent = areas.filter(slug=slug).first() if slug else areas.first()
        if parent is not None:
            return parent
        if slug is None:
            raise CommandError("The site has no body area yet: make one in the admin, under the home page.")
        known = ", ".join(areas.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f'There is no body area "{slug}". Body areas: {known}.')

    def _report(self, result: Result, *, dry_run: bool) -> None:
        for note in result.document.notes:
            self.stdout.write(f"{note.line:>5}  {'' if note.sure else 'UNSURE: '}{note.text}")
        if result.unsure:
            self.stdout.write(self.style.WARNING("\nPlease look at:"))
            for question in result.unsure:
                self.stdout.write(f"  - {question}")
        state = "live" if result.page.live else "draft"
        verb = f"would be {result.action}" if dry_run else result.action
        self.stdout.write(
            self.style.SUCCESS(f'\n"{result.document.title}" {verb} ({state}; matching key: {result.key}).')
        )
