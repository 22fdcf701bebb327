"""What a product's safety stop can ask of the articles that show it."""

from __future__ import annotations

import datetime
from typing import Any

from articles.governance import TriggerKind
from articles.models import ConditionPage
from articles.triggers import call_for_reviews
from products.safety_desk import Consequence
from products.where_used import Use


def review_citing_articles() -> Consequence:
    """`register_safety_stop_consequences`: make the medical review of articles that show the product due today."""
    return Consequence(
        name="call_for_reviews",
        label="Call for a medical review of the articles that show it",
        help_text="For a notice that touches the medical text too. Their reviews are due from today.",
        carry_out=_call,
    )


def _call(uses: list[Use], reason: str, user: Any, now: datetime.datetime) -> str:
    shown_on = [use.page.pk for use in uses if use.live]
    articles = list(ConditionPage.objects.live().filter(pk__in=shown_on))
    call_for_reviews(articles, kind=TriggerKind.SAFETY_ALERT, reason=reason, user=user, now=now)
    return (
        "1 article is now due for review."
        if len(articles) == 1
        else f"{len(articles)} articles are now due for review."
    )
