"""What became of an article, for its readers: who reviewed it when, and which sections changed. From the records alone."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from django.db.models import Model

from articles.changes import words_changed
from articles.days import site_day
from articles.governance import ClinicalValue, SignOffOutcome, normalise
from articles.models import ConditionPage, MedicalReview, Publication
from articles.review_line import Records, ReviewLine, records_of

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


def history(page: ConditionPage, line: ReviewLine, records: Records | None = None) -> list[HistoryEntry]:
    """The entries of a live article, the latest first. No query for records that
    were told before, else two.

    `line` is what readers are told now: a signature under words that they have not seen yet is no part of it.
    `records`: those of the page, where somebody has read them already.
    """
    records = records_of(page) if records is None else records
    entries = [*_signed(records, line), *_edited(records)]
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


def _signed(records: Records, line: ReviewLine) -> list[HistoryEntry]:
    until = line.waiting.signed_at if line.waiting else None
    signed = [review for review in records.signed if until is None or review.signed_at < until][: SHOWN + 1]
    changes = _changes(MedicalReview, "snapshot", [(before, review) for review, before in pairwise(signed)])
    entries = []
    for review in signed[:SHOWN]:
        match review.outcome:
            case SignOffOutcome.WITHDRAWN:
                entries.append(HistoryEntry(review.signed_on, "Review withdrawn"))
            case outcome:
                what = "Medically reviewed" if outcome == SignOffOutcome.APPROVED else "Small edit approved"
                who = f"{review.reviewer_name}, {review.profession}"
                entries.append(HistoryEntry(review.signed_on, what, who, changes.get(review.pk)))
    return entries


def _edited(records: Records) -> list[HistoryEntry]:
    """When readers first saw words that nobody had signed."""
    signed = {review.fingerprint for review in records.signed}
    shown = words_changed(records.publications)[-SHOWN - 1 :]
    changes = _changes(Publication, "content", list(pairwise(shown)))
    return [
        HistoryEntry(site_day(row.at), "Edited", changed=changes[row.pk])
        for row in reversed(shown[1:])
        if row.fingerprint not in signed
    ]


# --- what changed between two records -------------------------------------------------------------

MOST_REMEMBERED = 10_000
_remembered: dict[tuple[Any, ...], tuple[str, ...]] = {}
"""By the keys and fingerprints of both. Neither record can change: the database refuses."""


class _Record(Protocol):
    @property
    def pk(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...


def _changes(
    model: type[Model], field: str, pairs: Sequence[tuple[_Record, _Record]]
) -> dict[int, tuple[str, ...]]:
    """For each pair, by the primary key of its second record, the sections that the second has otherwise.

    One query, or none where all is remembered: the words of a long history are megabytes.
    """
    keys = {
        after.pk: (field, before.pk, before.fingerprint, after.pk, after.fingerprint)
        for before, after in pairs
    }
    unknown = [(before, after) for before, after in pairs if keys[after.pk] not in _remembered]
    if unknown:
        wanted = {record.pk for pair in unknown for record in pair}
        contents = dict(model._default_manager.filter(pk__in=wanted).values_list("pk", field))
        if len(_remembered) > MOST_REMEMBERED:
            _remembered.clear()
        for before, after in unknown:
            _remembered[keys[after.pk]] = changed_sections(contents[before.pk], contents[after.pk])
    return {pk: _remembered[key] for pk, key in keys.items()}
