"""`manage.py call_for_review SLUG… --kind KIND --reason TEXT`: call for medical reviews before their time."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from articles.governance import SignOffOutcome, TriggerKind
from articles.models import ConditionPage, MedicalReview, Reviewer
from articles.triggers import TriggerRefused, call_for_reviews


class Command(BaseCommand):
    help = "Call for a medical review of live articles before their time. They are due today; the reason is on record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="SLUG", help="slugs of articles")
        parser.add_argument(
            "--signed-by", metavar="REVIEWER", help="slug of a reviewer: what they signed last"
        )
        parser.add_argument("--kind", required=True, choices=[kind.value for kind in TriggerKind])
        parser.add_argument("--reason", required=True, help="why, in a sentence")

    def handle(self, *args: Any, **options: Any) -> None:
        articles = [*self._named(options["slugs"]), *self._signed_by(options["signed_by"])]
        if not articles:
            raise CommandError("Name the articles, by their slugs or by --signed-by.")
        try:
            call_for_reviews(
                articles,
                kind=TriggerKind(options["kind"]),
                reason=options["reason"],
                now=timezone.now(),
            )
        except TriggerRefused as error:
            raise CommandError(str(error)) from error
        for article in articles:
            self.stdout.write(f"{article.title}: due today.")

    def _named(self, slugs: list[str]) -> list[ConditionPage]:
        found = list(ConditionPage.objects.live().filter(slug__in=slugs))
        if missing := set(slugs) - {article.slug for article in found}:
            raise CommandError(f"There is no live article called {', '.join(sorted(missing))}.")
        return found

    def _signed_by(self, slug: str | None) -> list[ConditionPage]:
        if slug is None:
            return []
        reviewer = Reviewer.objects.filter(slug=slug).first()
        if reviewer is None:
            known = ", ".join(Reviewer.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f'There is no reviewer "{slug}". Reviewers: {known}.')
        last = MedicalReview.objects.filter(page=OuterRef("pk"), outcome=SignOffOutcome.APPROVED)
        signed = ConditionPage.objects.live().annotate(signatory=Subquery(last.values("reviewer")[:1]))
        return list(signed.filter(signatory=reviewer.pk))
