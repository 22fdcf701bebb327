"""`manage.py load_demo`: the demo's database and content, once."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from demo.load import DemoRefused, is_loaded, load, settle_address


class Command(BaseCommand):
    help = "Migrate if need be, and load the demo's content through the real importers and the real signing service. Once."
    requires_system_checks: list[str] = []  # a quick second start; `make test` checks the system

    def handle(self, *args: Any, **options: Any) -> None:
        if _has_migrations_to_run():
            self.stdout.write("making the tables (half a minute)")
            call_command("migrate", verbosity=0)
        if is_loaded():
            settle_address()
            self.stdout.write("everything is there already")
            return
        try:
            load(now=timezone.now(), say=self.stdout.write)
        except DemoRefused as error:
            raise CommandError(str(error)) from error


def _has_migrations_to_run() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
