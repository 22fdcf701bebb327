"""What readers are told of an article's review, in every state. The words are the promise: they must be true."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.formats import date_format
from wagtail.models import Page

from articles.clinical_content import clinical_fingerprint, fetch_cited
from articles.governance import (
    Governing,
    ReviewRule,
    ReviewState,
    Shown,
    SignOff,
    SignOffOutcome,
    Standing,
    governing,
    standing,
)
from articles.models import (
    ConditionPage,
    ImportedReview,
    MedicalReview,
    Publication,
    PublicationKind,
    ReviewTier,
    ReviewTrigger,
)
from products.freshness import Remembered
from products.questions import Question


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """The line in the byline block: what it says, and the facts behind it."""

    standing: Standing
    headline: str
    notice: str = ""
    review: MedicalReview | None = None
    imported: ImportedReview | None = None
    rule: ReviewRule | None = None
    waiting: MedicalReview | None = None
    """A newer signature under words that readers have not seen yet."""

    @property
    def is_badge(self) -> bool:
        return self.standing.has_badge

    @property
    def state_label(self) -> str:
        """The state in two words, for lists."""
        label = self.standing.state.label
        return f"{label} (imported, not verified)" if self.standing.imported else label


class PublicationFacts(NamedTuple):
    """When words went live or were taken down, without the words."""

    pk: int
    kind: str
    fingerprint: str
    at: datetime.datetime

    @property
    def shown(self) -> Shown:
        return Shown(self.fingerprint if self.kind == PublicationKind.PUBLISHED else "", self.at)


@dataclass(frozen=True, slots=True)
class Records:
    """All that is on record of one article."""

    signed: Sequence[MedicalReview]
    """The latest first, without the words that were signed."""
    publications: Sequence[PublicationFacts]
    """The earliest first."""


def records_of(page: ConditionPage) -> Records:
    """Two queries."""
    return Records(_signed_of(page.pk), [PublicationFacts._make(row) for row in _publications_of(page.pk)])


def review_line(page: ConditionPage, *, today: datetime.date, records: Records | None = None) -> ReviewLine:
    """Derive the line from the live words, the sign-offs and the day. Stored nowhere.

    `records`: those of the page, where somebody has read them already.
    """

    def shown() -> list[Shown]:
        return (
            shown_to_readers([page.pk])[page.pk]
            if records is None
            else [p.shown for p in records.publications]
        )

    signed = _signed_of(page.pk) if records is None else records.signed
    live_fingerprint = clinical_fingerprint(page) if signed else ""
    found = governing(signed, live_fingerprint=live_fingerprint, shown=shown)
    imported = next(iter(_imported_of(page.pk)), None) if found.latest is None else None
    return derive(live_fingerprint, rule=rule_of(page), found=found, imported=imported, today=today)


def review_lines(pages: Sequence[ConditionPage], *, today: datetime.date) -> dict[int, ReviewLine]:
    """The lines of several articles by primary key. Give them whole and with their tiers: then only the pictures
    of reviewed articles, whose files are part of what was signed, cost a query more."""
    ids = [page.pk for page in pages]
    reviews: dict[int, list[MedicalReview]] = defaultdict(list)
    for review in _sign_offs().filter(page__in=ids):
        reviews[review.page_id].append(review)
    imports = {one.page_id: one for one in ImportedReview.objects.filter(page__in=ids)}
    default = ReviewTier.objects.get(is_default=True)
    fetch_cited(page for page in pages if reviews[page.pk])
    history = cache(lambda: shown_to_readers(ids))

    def recorded(page: int) -> Callable[[], Sequence[Shown]]:
        return lambda: history()[page]

    lines = {}
    for page in pages:
        signed = reviews[page.pk]
        live_fingerprint = clinical_fingerprint(page) if signed else ""
        found = governing(signed, live_fingerprint=live_fingerprint, shown=recorded(page.pk))
        rule = (page.review_tier or default).rule(interval_months=page.review_interval_months)
        imported = imports.get(page.pk) if found.latest is None else None
        lines[page.pk] = derive(live_fingerprint, rule=rule, found=found, imported=imported, today=today)
    return lines


def governing_sign_offs(page: Page, *, live_fingerprint: str) -> Governing[MedicalReview]:
    """Which sign-offs of a page count if these are, or were to be, its live words."""
    return governing(
        list(_sign_offs().filter(page_id=page.pk)),
        live_fingerprint=live_fingerprint,
        shown=lambda: shown_to_readers([page.pk])[page.pk],
    )


def shown_to_readers(pages: Iterable[int]) -> dict[int, list[Shown]]:
    """What readers saw of pages by their primary keys, the earliest first, from the records. One query."""
    found: dict[int, list[Shown]] = {page: [] for page in pages}
    rows = Publication.objects.filter(page__in=found).order_by("at", "pk")
    for page, kind, fingerprint, at in rows.values_list("page_id", "kind", "fingerprint", "at"):
        found[page].append(Shown(fingerprint if kind == PublicationKind.PUBLISHED else "", at))
    return found


def derive(
    live_fingerprint: str,
    *,
    rule: ReviewRule,
    found: Governing[MedicalReview],
    imported: ImportedReview | None,
    today: datetime.date,
) -> ReviewLine:
    """The line from its facts. No query."""
    latest, basis = found.latest, found.basis
    stands = standing(
        today=today,
        rule=rule,
        sign_off=SignOff(
            basis.signed_on,
            latest.fingerprint,
            withdrawn=latest.outcome == SignOffOutcome.WITHDRAWN,
            called_on=basis.called_on,
        )
        if latest and basis
        else None,
        live_fingerprint=live_fingerprint,
        imported_on=imported.reviewed_on if imported else None,
    )
    if imported is not None:
        headline, notice = _imported_words(imported, stands)
        return ReviewLine(stands, headline, notice, imported=imported, rule=rule, waiting=found.waiting)
    if basis is None:
        return ReviewLine(stands, "Not yet medically reviewed.", rule=rule, waiting=found.waiting)
    headline, notice = _words(basis, stands)
    return ReviewLine(stands, headline, notice, review=basis, rule=rule, waiting=found.waiting)


def rule_of(page: ConditionPage) -> ReviewRule:
    """The rule that applies: the page's own interval › its tier › the default tier."""
    return tier_of(page).rule(interval_months=page.review_interval_months)


def tier_of(page: ConditionPage) -> ReviewTier:
    """The page's tier, or the default. Raises `ReviewTier.DoesNotExist` if no tier is the default."""
    return page.review_tier or _default_tier()


_default_tier = Remembered(lambda: ReviewTier.objects.get(is_default=True))


def last_sign_offs(page: ConditionPage) -> tuple[MedicalReview | None, MedicalReview | None]:
    """The latest sign-off of any kind, and the latest full one, whether readers saw their words yet or not."""
    return _last_of(_sign_offs().filter(page_id=page.pk))


def _sign_offs() -> QuerySet[MedicalReview]:
    """Sign-offs, the latest first, each with the day from which a review was called for after it."""
    called = ReviewTrigger.objects.unanswered(OuterRef("page"), since=OuterRef("signed_at"))
    call = {"called_on": Subquery(called.values("opened_on")[:1])}
    return MedicalReview.objects.select_related("reviewer").defer("snapshot").annotate(**call)


_signed_of = Question(lambda page: _sign_offs().filter(page_id=page))
_imported_of = Question(lambda page: ImportedReview.objects.filter(page_id=page))
_publications_of = Question(
    lambda page: (
        Publication.objects.filter(page_id=page).order_by("at", "pk").values_list(*PublicationFacts._fields)
    )
)


def _last_of(reviews: Iterable[MedicalReview]) -> tuple[MedicalReview | None, MedicalReview | None]:
    """After a withdrawal only a full sign-off counts: a light one confirms a small edit of a review that stands."""
    latest = basis = None
    for review in reviews:
        if latest is None or review.outcome == SignOffOutcome.WITHDRAWN:
            latest = review
        if review.outcome == SignOffOutcome.APPROVED:
            basis = review
            break
    return latest, basis


def in_words(day: datetime.date) -> str:
    """As in "21 February 2026"."""
    return date_format(day, "j F Y")


def _words(review: MedicalReview, found: Standing) -> tuple[str, str]:
    assert found.due_on is not None
    by = f"Medically reviewed by {review.reviewer_name}, {in_words(review.signed_on)}."
    match found.state:
        case ReviewState.CURRENT | ReviewState.DUE_SOON:
            return by, f"Next review due {in_words(found.due_on)}."
        case ReviewState.OVERDUE:
            return by, f"This review was due on {in_words(found.due_on)}."
        case ReviewState.EXPIRED:
            return f"Not medically reviewed since {in_words(review.signed_on)}.", ""
        case ReviewState.CHANGED:
            return f"Edited since its medical review on {in_words(review.signed_on)}.", ""
        case _:
            return "Its medical review was withdrawn.", ""


def _imported_words(imported: ImportedReview, found: Standing) -> tuple[str, str]:
    who = ", ".join(part for part in (imported.reviewer_name, imported.qualification) if part)
    claim = (
        f"Reviewed before publication here by {who}, {in_words(imported.reviewed_on)}; not verified by us."
    )
    if found.due_on is None or found.state is ReviewState.NEVER:
        return claim, ""
    if found.state is ReviewState.OVERDUE:
        return claim, f"A new review was due on {in_words(found.due_on)} and is overdue."
    return claim, f"A new review was due on {in_words(found.due_on)}; that earlier review has expired."
