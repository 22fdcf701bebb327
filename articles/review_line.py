"""What readers are told of an article's review, in every state. The words are the promise: they must be true."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.formats import date_format

from articles.clinical_content import clinical_fingerprint
from articles.governance import ReviewRule, ReviewState, SignOff, SignOffOutcome, Standing, standing
from articles.models import ConditionPage, ImportedReview, MedicalReview, ReviewTier, ReviewTrigger


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """The line in the byline block: what it says, and the facts behind it."""

    standing: Standing
    headline: str
    notice: str = ""
    review: MedicalReview | None = None
    imported: ImportedReview | None = None
    rule: ReviewRule | None = None
    fingerprint: str = ""
    """Of the words signed last; empty if nobody signed."""

    @property
    def is_badge(self) -> bool:
        return self.standing.has_badge

    @property
    def state_label(self) -> str:
        """The state in two words, for lists."""
        label = self.standing.state.label
        return f"{label} (imported, not verified)" if self.standing.imported else label


def review_line(page: ConditionPage, *, today: datetime.date) -> ReviewLine:
    """Derive the line from the live words, the last sign-offs and the day. Stored nowhere."""
    latest, basis = last_sign_offs(page)
    imported = ImportedReview.objects.filter(page_id=page.pk).first() if latest is None else None
    return _derive(page, rule=rule_of(page), latest=latest, basis=basis, imported=imported, today=today)


def review_lines(pages: Sequence[ConditionPage], *, today: datetime.date) -> dict[int, ReviewLine]:
    """The lines of several articles by primary key. Give them whole and with their tiers: then only the pictures
    of reviewed articles, whose files are part of what was signed, cost a query more."""
    ids = [page.pk for page in pages]
    reviews: dict[int, list[MedicalReview]] = defaultdict(list)
    for review in _sign_offs().filter(page__in=ids):
        reviews[review.page_id].append(review)
    imports = {one.page_id: one for one in ImportedReview.objects.filter(page__in=ids)}
    default = ReviewTier.objects.get(is_default=True)
    lines = {}
    for page in pages:
        latest, basis = last_of(reviews[page.pk])
        rule = (page.review_tier or default).rule(interval_months=page.review_interval_months)
        imported = imports.get(page.pk) if latest is None else None
        lines[page.pk] = _derive(page, rule=rule, latest=latest, basis=basis, imported=imported, today=today)
    return lines


def _derive(
    page: ConditionPage,
    *,
    rule: ReviewRule,
    latest: MedicalReview | None,
    basis: MedicalReview | None,
    imported: ImportedReview | None,
    today: datetime.date,
) -> ReviewLine:
    found = standing(
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
        live_fingerprint=clinical_fingerprint(page) if latest else "",
        imported_on=imported.reviewed_on if imported else None,
    )
    if imported is not None:
        return ReviewLine(found, *_imported_words(imported, found), imported=imported, rule=rule)
    if latest is None or basis is None:
        return ReviewLine(found, "Not yet medically reviewed.", rule=rule)
    return ReviewLine(found, *_words(basis, found), review=basis, rule=rule, fingerprint=latest.fingerprint)


def rule_of(page: ConditionPage) -> ReviewRule:
    """The rule that applies: the page's own interval › its tier › the default tier."""
    return tier_of(page).rule(interval_months=page.review_interval_months)


def tier_of(page: ConditionPage) -> ReviewTier:
    """The page's tier, or the default. Raises `ReviewTier.DoesNotExist` if no tier is the default."""
    return page.review_tier or ReviewTier.objects.get(is_default=True)


def last_sign_offs(page: ConditionPage) -> tuple[MedicalReview | None, MedicalReview | None]:
    """The latest sign-off of any kind, and the latest full one, from which the due date runs."""
    return last_of(_sign_offs().filter(page_id=page.pk)[:50])


def _sign_offs() -> QuerySet[MedicalReview]:
    """Sign-offs, the latest first, each with the day from which a review was called for after it."""
    called = ReviewTrigger.objects.unanswered(OuterRef("page"), since=OuterRef("signed_at"))
    call = {"called_on": Subquery(called.values("opened_on")[:1])}
    return MedicalReview.objects.select_related("reviewer").defer("snapshot").annotate(**call)


def last_of(reviews: Iterable[MedicalReview]) -> tuple[MedicalReview | None, MedicalReview | None]:
    """The same of one page's sign-offs, the latest first.

    After a withdrawal only a full sign-off counts: a light one confirms a small edit of a review that stands.
    """
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
