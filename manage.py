#!/usr/bin/env python
"""Django's command line, with `site/` on the path."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent / "site"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    if "check_urls" in sys.argv[1:2]:
        # It uses no model, and loading them all costs more than a thousand checks.
        from products.management.commands.check_urls import Command

        Command().run_from_argv(sys.argv)
    else:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
