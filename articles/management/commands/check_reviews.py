"""`manage.py check_reviews`: recompute every fingerprint and due date; the exit code says whether all holds."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from articles.days import site_day
from articles.integrity import check_reviews
from articles.models import ConditionPage, MedicalReview

DRIFTED = 1


class Command(BaseCommand):
    help = (
        "Recompute every fingerprint and due date, and report what drifted, what is missing and what no review covers. "
        f"Nothing is written. Exit code 0: all holds; {DRIFTED}: something does not."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        counts: Counter[str] = Counter()
        for finding in check_reviews(today=site_day(timezone.now())):
            counts[finding.fault] += 1
            self.stdout.write(f"{finding.fault.upper()}  {finding}")
        checked = f"{ConditionPage.objects.count()} article(s), {MedicalReview.objects.count()} sign-off(s)"
        if not counts:
            self.stdout.write(self.style.SUCCESS(f"All holds: {checked}."))
            return
        found = ", ".join(f"{number} × {fault}" for fault, number in sorted(counts.items()))
        self.stderr.write(self.style.ERROR(f"{found}, in {checked}."))
        sys.exit(DRIFTED)
