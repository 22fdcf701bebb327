"""The page of components, for whoever works on the looks: every block in every state. Development and the demo show it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from wagtail.blocks import Block

from articles.blocks import ArticleBody
from articles.days import site_day
from articles.governance import Governing, ReviewRule, ReviewState, SignOffOutcome, add_months
from articles.history import HistoryEntry
from articles.models import ImportedReview, MedicalReview, Reviewer
from articles.presentation import ContentsEntry
from articles.review_line import ReviewLine, derive
from products.blocks import ComparisonBlock, ProductBoxBlock
from products.examples import examples, states
from products.models import Picture


@dataclass(frozen=True, slots=True)
class Component:
    """A block as readers see it, with what state it is in."""

    name: str
    state: str
    html: SafeString


def components(request: HttpRequest) -> HttpResponse:
    """404 but in development and the demo (`COMPONENT_PAGE`). A picture of the library stands in boxes, if there is one."""
    if not settings.COMPONENT_PAGE:
        raise Http404("Components are shown in development only.")
    today = site_day(timezone.now())
    context = {
        "components": list(_components(request)),
        "lines": [(state, line) for state, line in _review_lines(today)],
        "history": _HISTORY,
        "contents": [
            ContentsEntry("components", "What is tennis elbow?"),
            ContentsEntry("reviews", "Treatment"),
        ],
    }
    return render(request, "articles/components.html", context)


def _components(request: HttpRequest) -> Iterator[Component]:
    body = ArticleBody()
    for block in body.child_blocks.values():
        yield Component(block.label, "", _preview(block, request))
    box, comparison = body.child_blocks["product_box"], body.child_blocks["comparison"]
    picture = Picture.objects.order_by("pk").first()
    for one in states(picture):
        given = {"placed": one.placed, "offers_withheld": one.withheld, "request": request}
        yield Component(box.label, one.name, box.render(box.normalize({"badge": one.badge}), context=given))
    everything = examples(picture)
    for name, placed in (
        ("Two products", everything[:2]),
        ("Every state, with pictures", everything),
    ):
        value = comparison.normalize({"caption": "Supports and aids for a sore elbow", "products": []})
        yield Component(comparison.label, name, comparison.render(value, context={"compared": placed}))
    for empty in (box, comparison):
        assert isinstance(empty, ProductBoxBlock | ComparisonBlock)
        html = empty.render(empty.normalize({}), context={"editing": True})
        yield Component(empty.label, "Nothing chosen, as editors see it", html)


def _preview(block: Block, request: HttpRequest) -> SafeString:
    """A block with the value and the surroundings that the editor's preview gives it."""
    value = block.get_preview_value()
    given: dict[str, Any] = block.get_preview_context(value, {"request": request})
    return SafeString(block.render(value, context=given))


# --- who vouches ----------------------------------------------------------------------------------

_RULE = ReviewRule(24)
_REVIEWER = Reviewer(honorific="Dr", name="Robin Example", slug="robin-example", profession="Physiotherapist")
_HISTORY = [
    HistoryEntry(datetime.date(2026, 10, 2), "Edited", changed=("Treatment",)),
    HistoryEntry(
        datetime.date(2026, 3, 9), "Medically reviewed", "Dr Robin Example, Physiotherapist", ("Symptoms",)
    ),
    HistoryEntry(datetime.date(2024, 2, 21), "Medically reviewed", "Dr Robin Example, Physiotherapist"),
    HistoryEntry(datetime.date(2024, 2, 19), "Published"),
]


def _review_lines(today: datetime.date) -> Iterator[tuple[str, ReviewLine]]:
    """The line in every state, derived as an article's is."""
    ages = {
        ReviewState.CURRENT: 1,
        ReviewState.DUE_SOON: 23,
        ReviewState.OVERDUE: 25,
        ReviewState.EXPIRED: 40,
        ReviewState.CHANGED: 2,
        ReviewState.WITHDRAWN: 3,
    }
    yield _line(today, Governing())
    for state, months in ages.items():
        signed_on = add_months(today, -months)
        outcome = SignOffOutcome.WITHDRAWN if state is ReviewState.WITHDRAWN else SignOffOutcome.APPROVED
        yield _line(
            today, _signed(signed_on, outcome), live="other" if state is ReviewState.CHANGED else "same"
        )
    for months in (3, 25, 40):
        imported = ImportedReview(reviewer_name="Dr Pat Earlier", reviewed_on=add_months(today, -months))
        yield _line(today, Governing(), imported=imported)


def _line(
    today: datetime.date,
    found: Governing[MedicalReview],
    *,
    live: str = "same",
    imported: ImportedReview | None = None,
) -> tuple[str, ReviewLine]:
    line = derive(live, rule=_RULE, found=found, imported=imported, today=today)
    return line.state_label, line


def _signed(on: datetime.date, outcome: SignOffOutcome) -> Governing[MedicalReview]:
    review = MedicalReview(
        outcome=outcome,
        fingerprint="same",
        reviewer=_REVIEWER,
        reviewer_name=_REVIEWER.display_name,
        profession=_REVIEWER.profession,
        credential="HCPC PH000000",
        signed_on=on,
    )
    review.called_on = None
    return Governing(latest=review, basis=review)
