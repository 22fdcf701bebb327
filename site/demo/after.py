"""Runs a command once the site answers: readers come first, and the workers would take the processors from it.

    python -m demo.after http://localhost:8000 celery -A tasks beat

The process becomes the command, so that signals and exit codes are the command's own.
"""

from __future__ import annotations

import os
import sys
import time

from demo.doorman import answers

if __name__ == "__main__":
    site, program, *arguments = sys.argv[1:]
    while not answers(site):
        time.sleep(0.2)
    os.execvp(program, [program, *arguments])  # noqa: S606  no shell wanted
