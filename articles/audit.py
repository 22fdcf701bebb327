"""For a page and a day: what readers saw, who had signed it with which credential, and what changed since."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from wagtail.models import Page

from articles.clinical_content import clinical_content, in_reading_order
from articles.differences import Difference, differences
from articles.governance import (
    ReviewRule,
    ReviewState,
    Shown,
    SignOff,
    SignOffOutcome,
    fingerprint,
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
from articles.review_line import shown_to_readers

SCHEMA = "referred-audit-pack/1"


@dataclass(frozen=True, slots=True)
class Showing:
    """Words that readers saw on the day, and for how long."""

    publication: Publication
    until: datetime.datetime | None
    """When other words took their place, or they were taken down. None: they stand still."""
    state: ReviewState
    """As derived from the sign-offs of the time, at the end of the day or of the showing, by today's tiers."""
    signed_by: MedicalReview | None
    """The sign-off of exactly these words, if there was one by then."""
    imported: ImportedReview | None = None
    """What the text claimed of a review before it came here, if readers were told of no other."""

    @property
    def passages(self) -> list[Difference]:
        """The words, passage by passage."""
        content = in_reading_order(self.publication.content)
        return differences(content, content)


@dataclass(frozen=True, slots=True)
class AuditPack:
    """Everything on record about one page and day."""

    page: ConditionPage
    on: datetime.date
    made_at: datetime.datetime
    showings: Sequence[Showing]
    on_record: bool
    """False: nothing was recorded by that day, so that nobody can say what readers saw."""
    reviews: Sequence[MedicalReview]
    """Sign-offs made by the end of the day, the latest first."""
    calls: Sequence[ReviewTrigger]
    """Reviews called for by the end of the day, the first one first."""
    changes: Sequence[Difference]
    """What changed since in the words readers see now. Empty as well if there is nothing to compare."""

    def as_json(self) -> dict[str, Any]:
        """Plain values; times in UTC."""
        return {
            "schema": SCHEMA,
            "page": {"id": self.page.pk, "title": self.page.title, "address": self.page.full_url},
            "live_now": self.page.live,
            "on": self.on,
            "made_at": self.made_at,
            "on_record": self.on_record,
            "shown": [_showing_json(showing) for showing in self.showings],
            "reviews": [_review_json(review) for review in self.reviews],
            "calls": [
                {
                    "kind": call.kind,
                    "reason": call.reason,
                    "opened_at": call.opened_at,
                    "dismissed_at": call.dismissed_at,
                    "dismissal": call.dismissal,
                }
                for call in self.calls
            ],
            "changed_since": [
                {
                    "passage": change.name,
                    "change": change.change,
                    "pieces": [{"change": piece.change, "text": piece.text} for piece in change.pieces],
                }
                for change in self.changes
            ],
        }


def audit_pack(page: ConditionPage, *, on: datetime.date, now: datetime.datetime) -> AuditPack:
    """Gather the pack of a page and a day in the site's time zone, from publications and sign-offs alone."""
    zone = timezone.get_default_timezone()
    start = datetime.datetime.combine(on, datetime.time(), tzinfo=zone)
    end = datetime.datetime.combine(on + datetime.timedelta(days=1), datetime.time(), tzinfo=zone)
    history = list(
        Publication.objects.filter(page=page.pk, at__lt=end).select_related("actor").order_by("at", "pk")
    )
    following = Publication.objects.filter(page=page.pk, at__gte=end).order_by("at", "pk").first()
    reviews = list(MedicalReview.objects.filter(page=page.pk, signed_at__lt=end))
    calls = list(ReviewTrigger.objects.filter(page=page.pk, opened_at__lt=end))
    shown = shown_to_readers([page.pk])[page.pk]
    showings = []
    for position, publication in enumerate(history):
        after = history[position + 1] if position + 1 < len(history) else following
        seen_that_day = after is None or after.at > start
        if publication.kind == PublicationKind.PUBLISHED and seen_that_day:
            showings.append(
                _showing(publication, after.at if after else None, reviews, calls, shown, on=on, end=end)
            )
    changes: list[Difference] = []
    if showings and page.live:
        found = differences(showings[-1].publication.content, clinical_content(page))
        changes = [change for change in found if change.is_change]
    return AuditPack(
        page=page,
        on=on,
        made_at=now,
        showings=showings,
        on_record=bool(history),
        reviews=reviews,
        calls=calls,
        changes=changes,
    )


def _showing(
    publication: Publication,
    until: datetime.datetime | None,
    reviews: Sequence[MedicalReview],
    calls: Sequence[ReviewTrigger],
    shown: Sequence[Shown],
    *,
    on: datetime.date,
    end: datetime.datetime,
) -> Showing:
    moment = min(until, end) if until else end
    by_then = [review for review in reviews if review.signed_at < moment]
    counted = governing(
        by_then,
        live_fingerprint=publication.fingerprint,
        shown=lambda: [one for one in shown if one.since < moment],
    )
    latest, basis = counted.latest, counted.basis
    if latest is None or basis is None:
        imported = ImportedReview.objects.filter(page_id=publication.page_id).first()
        claim = imported.reviewed_on if imported else None
        told = standing(
            today=on, rule=_rule(publication), sign_off=None, live_fingerprint="", imported_on=claim
        )
        return Showing(publication, until, told.state, None, imported)
    called = [
        call.opened_on
        for call in calls
        if basis.signed_at < call.opened_at < moment
        and (call.dismissed_at is None or call.dismissed_at >= moment)
    ]
    found = standing(
        today=on,
        rule=_rule(publication),
        sign_off=SignOff(
            basis.signed_on,
            latest.fingerprint,
            withdrawn=latest.outcome == SignOffOutcome.WITHDRAWN,
            called_on=min(called, default=None),
        ),
        live_fingerprint=publication.fingerprint,
    )
    exact = next(
        (
            review
            for review in by_then
            if review.fingerprint == publication.fingerprint and review.outcome != SignOffOutcome.WITHDRAWN
        ),
        None,
    )
    return Showing(publication, until, found.state, exact)


def _rule(publication: Publication) -> ReviewRule:
    own = publication.page_content.get("review_interval_months")
    return _tier(publication).rule(interval_months=own or None)


def _tier(publication: Publication) -> ReviewTier:
    chosen = publication.page_content.get("review_tier")
    tier = ReviewTier.objects.filter(pk=chosen).first() if chosen else None
    return tier or ReviewTier.objects.get(is_default=True)


def _showing_json(showing: Showing) -> dict[str, Any]:
    publication = showing.publication
    return {
        "from": publication.at,
        "until": showing.until,
        "published_by": str(publication.actor) if publication.actor else None,
        "state": showing.state,
        "imported_review": str(showing.imported) if showing.imported else None,
        "signed_by_review": showing.signed_by.pk if showing.signed_by else None,
        "fingerprint": publication.fingerprint,
        "fingerprint_holds": fingerprint(publication.content) == publication.fingerprint,
        "clinical_content": publication.content,
        "page_content": publication.page_content,
    }


def _review_json(review: MedicalReview) -> dict[str, Any]:
    return {
        "id": review.pk,
        "outcome": review.outcome,
        "signed_at": review.signed_at,
        "signed_on": review.signed_on,
        "reviewer": review.reviewer_name,
        "profession": review.profession,
        "credential": review.credential,
        "interests": review.interests,
        "meaning": review.meaning,
        "checklist": review.checklist,
        "tier": review.tier,
        "interval_months": review.interval_months,
        "fingerprint": review.fingerprint,
        "fingerprint_holds": fingerprint(review.snapshot) == review.fingerprint,
        "supersedes": review.supersedes_id,
        "reason": review.reason,
    }


def find_article(name: str) -> ConditionPage:
    """The article of a primary key, a slug, or the path of an address, as /thigh/strain/.

    Raises `ConditionPage.DoesNotExist`, or `MultipleObjectsReturned` for a slug that several articles have.
    """
    if name.isdecimal():
        return ConditionPage.objects.get(pk=int(name))
    if "/" not in name:
        return ConditionPage.objects.get(slug=name)
    slugs = [part for part in name.split("/") if part]
    ending = "/" + "/".join(slugs) + "/"
    return ConditionPage.objects.get(pk__in=Page.objects.filter(url_path__endswith=ending))
