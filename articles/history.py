"""What became of an article, for its readers: who reviewed it when, and which sections changed. From the records alone."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from django.db.models import Exists, F, OuterRef, Value, Window
from django.db.models.functions import Lag

from articles.days import site_day
from articles.governance import ClinicalValue, SignOffOutcome, normalise
from articles.models import ConditionPage, MedicalReview, Publication, PublicationKind
from articles.review_line import ReviewLine

SHOWN = 5
"""How many sign-offs, and how many edits, are told at most: the record itself is kept for ever."""

_FIELDS = {"title": "Title", "standfirst": "Standfirst", "search_description": "Search description"}
_OPENING = "Introduction"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the history."""

    on: datetime.date
    what: str
    who: str = ""
    changed: tuple[str, ...] | None = None
    """The sections whose words are new since the entry of its kind before. None: there is nothing to compare with."""


def history(page: ConditionPage, line: ReviewLine) -> list[HistoryEntry]:
    """The entries of a live article, the latest first. Two queries, for a history of any length.

    `line` is what readers are told now: a signature under words that they have not seen yet is no part of it.
    """
    entries = [*_signed(page, line), *_edited(page)]
    if line.imported is not None:
        claim = "Reviewed before publication here, not verified by us"
        entries.append(HistoryEntry(line.imported.reviewed_on, claim, line.imported.reviewer_name))
    if page.first_published_at is not None:
        entries.append(HistoryEntry(site_day(page.first_published_at), "Published"))
    entries.sort(key=lambda entry: entry.on, reverse=True)
    return entries


def changed_sections(
    before: Mapping[str, ClinicalValue], after: Mapping[str, ClinicalValue]
) -> tuple[str, ...]:
    """The sections whose words differ between two clinical contents, in reading order; those that went come last."""
    old, new = _sections(before), _sections(after)
    names = dict.fromkeys([*new, *old])
    return tuple(name for name in names if old.get(name) != new.get(name))


def _sections(content: Mapping[str, ClinicalValue]) -> dict[str, list[ClinicalValue]]:
    """What stands under each heading of the second level; sections of the same name count as one."""
    found: dict[str, list[ClinicalValue]] = {
        name: [normalise(content.get(key, ""))] for key, name in _FIELDS.items()
    }
    body = content.get("body", ())
    assert isinstance(body, list | tuple)
    name = _OPENING
    for block in body:
        assert isinstance(block, Mapping)
        value = block["value"]
        if block["type"] == "heading" and isinstance(value, Mapping) and value.get("level") == "2":
            name = str(normalise(value["text"]))
            found.setdefault(name, [])
        else:
            place = "References" if block["type"] == "references" else name
            found.setdefault(place, []).append(normalise(value))
    return found


def _signed(page: ConditionPage, line: ReviewLine) -> list[HistoryEntry]:
    waiting = line.waiting.signed_at if line.waiting else None
    records = MedicalReview.objects.filter(page=page.pk).only(
        "outcome", "snapshot", "reviewer_name", "profession", "signed_on", "signed_at"
    )
    if waiting:
        records = records.filter(signed_at__lt=waiting)
    signed = list(records[: SHOWN + 1])
    entries = []
    for review, before in zip_longest(signed, signed[1:]):
        match review.outcome:
            case SignOffOutcome.WITHDRAWN:
                entries.append(HistoryEntry(review.signed_on, "Review withdrawn"))
            case outcome:
                what = "Medically reviewed" if outcome == SignOffOutcome.APPROVED else "Small edit approved"
                changed = changed_sections(before.snapshot, review.snapshot) if before else None
                who = f"{review.reviewer_name}, {review.profession}"
                entries.append(HistoryEntry(review.signed_on, what, who, changed))
    return entries[:SHOWN]


def _edited(page: ConditionPage) -> list[HistoryEntry]:
    """When readers first saw words that nobody had signed."""
    signed = MedicalReview.objects.filter(page=page.pk, fingerprint=OuterRef("fingerprint"))
    shown = (
        Publication.objects.filter(page=page.pk, kind=PublicationKind.PUBLISHED)
        .annotate(
            before=Window(Lag("fingerprint", default=Value("")), order_by=[F("at"), F("pk")]),
            signed=Exists(signed),
        )
        .exclude(before=F("fingerprint"))
        .defer("page_content")
        .order_by("-at", "-pk")
    )
    rows = list(shown[: SHOWN + 1])
    return [
        HistoryEntry(site_day(row.at), "Edited", changed=changed_sections(before.content, row.content))
        for row, before in pairwise(rows)
        if not row.signed
    ]
