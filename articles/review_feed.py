"""A reviewer's reviews as a private calendar (RFC 5545), at an address that nobody can guess.

Whoever has the address reads it: calendar programs log in nowhere. So it names published articles and days, nothing of
readers; one reviewer has one address at a time; a new one voids the old one.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event
from wagtail.log_actions import log

from articles.days import site_day
from articles.log_actions import FEED_RENEW, FEED_REVOKE
from articles.mending import mending_paths
from articles.models import Reviewer, ReviewFeed, ReviewSchedule
from articles.planning import months_from
from articles.review_line import in_words
from articles.workload import on_day, with_reviewer

MONTHS_AHEAD = 24
MOST_EVENTS = 500
"""Calendar programs ask again every few hours: an answer stays small."""
PRODUCER = "-//Referred//Medical reviews//EN"


def feed_address(reviewer: Reviewer) -> str:
    """Where a reviewer's calendar is, absolute; nothing if they have none. For nobody but themselves."""
    feed = ReviewFeed.objects.filter(reviewer=reviewer).first()
    if feed is None:
        return ""
    return f"{settings.SITE_URL}{reverse('review-feed', args=[_signer().sign(feed.key.hex)])}"


@transaction.atomic
def renew_feed(reviewer: Reviewer, *, user: Any, now: datetime.datetime) -> None:
    """Give a reviewer a calendar address; one that they had answers no more."""
    _, is_first = ReviewFeed.objects.update_or_create(
        reviewer=reviewer, defaults={"key": uuid.uuid4(), "made_at": now}
    )
    log(reviewer, FEED_RENEW, user=user, data={"first": is_first})


@transaction.atomic
def revoke_feed(reviewer: Reviewer, *, user: Any) -> bool:
    """Close a reviewer's calendar address. False if there was none."""
    closed, _ = ReviewFeed.objects.filter(reviewer=reviewer).delete()
    if closed:
        log(reviewer, FEED_REVOKE, user=user)
    return bool(closed)


@require_safe
def review_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar that an address names. A wrong one, an old one and one whose reviewer left look alike."""
    reviewer = _reviewer_of(token)
    if reviewer is None:
        raise Http404("There is no such calendar.")
    now = timezone.now()
    text = calendar_of(reviewer, reviews_of(reviewer, today=site_day(now)), now=now)
    return HttpResponse(
        text,
        content_type="text/calendar; charset=utf-8",
        headers={
            "Cache-Control": "private, no-cache",
            "X-Robots-Tag": "noindex, nofollow",
            "Referrer-Policy": "no-referrer",
            "Content-Disposition": 'inline; filename="medical-reviews.ics"',
        },
    )


@dataclass(frozen=True, slots=True)
class ReviewToCome:
    """A review as it stands in the calendar."""

    schedule: ReviewSchedule
    on: datetime.date
    address: str
    """Where its reviewer begins it, absolute."""

    @property
    def uid(self) -> str:
        """The same for ever, so that a review that is planned anew moves in the calendar."""
        return str(uuid.uuid5(self.schedule.page.translation_key, "medical review"))

    @property
    def summary(self) -> str:
        kind = "planned" if self.schedule.planned_on else "due"
        return f"Medical review {kind}: {self.schedule.page.title}"


def reviews_of(reviewer: Reviewer, *, today: datetime.date) -> list[ReviewToCome]:
    """The reviews that fall to a reviewer, late ones first. The number of queries does not depend on how many."""
    end = months_from(today, MONTHS_AHEAD + 1)[-1]
    schedules = on_day(with_reviewer(ReviewSchedule.objects.filter(page__live=True)))
    found = list(
        schedules.filter(falls_to=reviewer.pk, on__lt=end)
        .select_related("page")
        .order_by("on", "page_id")[:MOST_EVENTS]
    )
    paths = mending_paths(reviewer.user, [schedule.page for schedule in found])
    home = reverse("wagtailadmin_home")
    return [
        ReviewToCome(
            schedule,
            schedule.planned_on or schedule.due_on,
            f"{settings.WAGTAILADMIN_BASE_URL}{paths.get(schedule.page_id, home)}",
        )
        for schedule in found
    ]


def calendar_of(reviewer: Reviewer, reviews: Sequence[ReviewToCome], *, now: datetime.datetime) -> bytes:
    """The text of a calendar with an all-day event for each review. `now` must be aware."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCER)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{settings.WAGTAIL_SITE_NAME}: medical reviews of {reviewer}")
    for review in reviews:
        event = Event()
        event.add("uid", review.uid)
        event.add("dtstamp", now.astimezone(datetime.UTC))
        event.add("dtstart", review.on)
        event.add("dtend", review.on + datetime.timedelta(days=1))
        event.add("summary", review.summary)
        event.add("description", f"Due on {in_words(review.schedule.due_on)}.")
        event.add("url", review.address)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


def _reviewer_of(token: str) -> Reviewer | None:
    """Whose open address it is, if their account and they themselves are active."""
    try:
        key = uuid.UUID(hex=_signer().unsign(token))
    except (BadSignature, ValueError):
        return None
    feed = (
        ReviewFeed.objects.select_related("reviewer__user")
        .filter(key=key, reviewer__is_active=True, reviewer__user__is_active=True)
        .first()
    )
    return feed.reviewer if feed else None


def _signer() -> Signer:
    """Its signatures are compared in constant time."""
    return Signer(salt="articles.review_feed", sep=".")
