"""`manage.py load_demo`: the demo's content, once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from demo.load import DemoRefused, is_loaded, load


class Command(BaseCommand):
    help = "Load the demo's content through the real importers and the real signing service. Does nothing if it is there."

    def handle(self, *args: Any, **options: Any) -> None:
        if is_loaded():
            self.stdout.write("The demo's content is there already.")
            return
        try:
            load(now=timezone.now(), say=lambda line: self.stdout.write(f"  {line}"))
        except DemoRefused as error:
            raise CommandError(str(error)) from error
