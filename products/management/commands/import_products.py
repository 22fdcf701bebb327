"""`manage.py import_products FILE.csv`: make or update products and their offers."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from products.importers.load import import_products


class Command(BaseCommand):
    help = "Make or update products and offers from a CSV file, one row an offer. Products match by name, offers by retailer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file, UTF-8; docs/editors.md lists the columns")
        parser.add_argument(
            "--pictures", type=Path, help="the folder of the pictures (default: the file's own)"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        result = import_products(raw, folder=options["pictures"] or path.parent, dry_run=options["dry_run"])
        if result.errors:
            for fault in result.errors:
                self.stderr.write(f"Row {fault.row}, {fault.column or 'file'}: {fault.sentence}")
            raise CommandError(f"{path.name}: {len(result.errors)} fault(s). Nothing was written.")
        for question in result.unsure:
            self.stdout.write(f"  - {question}")
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(
            self.style.SUCCESS(
                f"{len(result.created)} product(s) {would}created, {len(result.updated)} {would}updated, {len(result.unchanged)} unchanged."
            )
        )
