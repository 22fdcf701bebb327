"""Does what is stored of the reviews hold together? Everything is recomputed; nothing is written."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import JSONField
from django.db.models.functions import Cast
from wagtail.models import Revision

from articles.blocks import ArticleBody
from articles.checks import undeclared
from articles.clinical_content import clinical_fingerprint
from articles.governance import FINGERPRINT_VERSION, fingerprint
from articles.models import ConditionPage, MedicalReview, Publication, PublicationKind, ReviewSchedule
from articles.services import schedule_review

CHUNK = 200


class Fault(StrEnum):
    """What does not hold."""

    ALTERED_SIGN_OFF = "altered sign-off"
    ALTERED_PUBLICATION = "altered publication"
    SIGNED_DRAFT_DRIFTED = "signed draft drifted"
    LIVE_WORDS_DRIFTED = "live words drifted"
    REVISION_PURGED = "revision purged"
    NO_PUBLICATION = "no publication"
    SCHEDULE_DRIFTED = "schedule drifted"
    BLOCK_NOT_COVERED = "block not covered"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, with where it is and what it means in words."""

    fault: Fault
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.where}: {self.words}"


def check_reviews(*, today: datetime.date) -> Iterator[Finding]:
    """Recompute every fingerprint and schedule, and look for what is missing. Memory does not grow with the site."""
    yield from _block_types()
    yield from _sign_offs()
    yield from _publications()
    pages = ConditionPage.objects.select_related("review_tier").annotate(stored=Cast("body", JSONField()))
    for page in pages.order_by("pk").iterator(chunk_size=CHUNK):
        yield from _blocks(page, page.stored)
        if page.live:
            yield from _live(page)
            yield from _schedule(page, today=today)


def _block_types() -> Iterator[Finding]:
    for error in undeclared(ArticleBody()):
        yield Finding(Fault.BLOCK_NOT_COVERED, "Article body", error.msg)


def _sign_offs() -> Iterator[Finding]:
    """A snapshot still has its fingerprint, and the signed draft still is what was signed."""
    for review in MedicalReview.objects.order_by("pk").iterator(chunk_size=CHUNK):
        where = f"Sign-off {review.pk} of page {review.page_id}"
        if not _is_current(review.fingerprint):
            continue  # made by an algorithm that is no more; its snapshot is the proof
        if fingerprint(review.snapshot) != review.fingerprint:
            yield Finding(
                Fault.ALTERED_SIGN_OFF, where, "the words on record are not those of its fingerprint."
            )
        revision = Revision.objects.filter(pk=review.revision_id).first()
        if revision is None:
            yield Finding(Fault.REVISION_PURGED, where, "the signed revision is gone.")
        elif clinical_fingerprint(revision.as_object()) != review.fingerprint:
            yield Finding(
                Fault.SIGNED_DRAFT_DRIFTED,
                where,
                "the signed revision, published today, would not be what was signed: "
                "a picture, a reference or the revision itself was changed.",
            )


def _publications() -> Iterator[Finding]:
    for publication in Publication.objects.order_by("pk").iterator(chunk_size=CHUNK):
        if (
            _is_current(publication.fingerprint)
            and fingerprint(publication.content) != publication.fingerprint
        ):
            yield Finding(
                Fault.ALTERED_PUBLICATION,
                f"Publication {publication.pk} of page {publication.page_id}",
                "the words on record are not those of its fingerprint.",
            )


def _live(page: ConditionPage) -> Iterator[Finding]:
    """The last publication is what readers see, and the revision that went live is kept."""
    where = _name(page)
    if page.live_revision_id is None:
        yield Finding(Fault.REVISION_PURGED, where, "the revision that is live is gone.")
    last = Publication.objects.filter(page=page.pk).order_by("-at", "-pk").first()
    if last is None or last.kind != PublicationKind.PUBLISHED:
        yield Finding(Fault.NO_PUBLICATION, where, "it is live, and no record says since when.")
    elif _is_current(last.fingerprint) and clinical_fingerprint(page) != last.fingerprint:
        yield Finding(
            Fault.LIVE_WORDS_DRIFTED,
            where,
            "readers see other words, or other pictures, than were published: it was changed behind Wagtail's back, "
            "or a picture or a reference was. Publish it again to put it on record.",
        )


def _schedule(page: ConditionPage, *, today: datetime.date) -> Iterator[Finding]:
    """The stored dates are those that the rules give. The recomputation is rolled back."""
    kept = ReviewSchedule.objects.filter(page_id=page.pk)
    dates = ("last_review_on", "due_on", "due_soon_on", "expires_on")
    before = kept.values(*dates).first()
    with transaction.atomic():
        schedule_review(page, today=today)
        after = kept.values(*dates).first()
        transaction.set_rollback(True)
    if before != after:
        stood = f"{before['due_on']}" if before else "nothing"
        yield Finding(
            Fault.SCHEDULE_DRIFTED,
            _name(page),
            f"the schedule says {stood}, the rules say {after['due_on'] if after else 'nothing'}.",
        )


def _blocks(page: ConditionPage, stored: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Wagtail passes over blocks of a type that is no more: they are stored, and no review covers them."""
    known = ArticleBody().child_blocks
    for name in sorted({child["type"] for child in stored} - known.keys()):
        yield Finding(
            Fault.BLOCK_NOT_COVERED, _name(page), f'it holds a block "{name}" that no review covers.'
        )


def _is_current(value: str) -> bool:
    return value.startswith(f"{FINGERPRINT_VERSION}:")


def _name(page: ConditionPage) -> str:
    return f"Page {page.pk} ({page.title})"
