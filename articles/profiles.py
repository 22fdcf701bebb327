"""Who reviews: a public page for each clinician, with what lets them sign and what they vouch for today."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from wagtail.models import Site

from articles.days import site_day
from articles.governance import SignOffOutcome
from articles.models import BodyAreaPage, ConditionPage, Credential, MedicalReview, Reviewer
from articles.review_line import ReviewLine, review_lines
from products.freshness import keep, next_midnight

ARTICLES_A_PAGE = 24


def known_to_readers(today: datetime.date) -> QuerySet[Reviewer]:
    """Reviewers who have signed something, or who may sign today."""
    signed = MedicalReview.objects.filter(reviewer=OuterRef("pk"))
    registered = Credential.objects.filter(
        Q(expires_on__isnull=True) | Q(expires_on__gte=today), reviewer=OuterRef("pk"), verified_on__lte=today
    )
    return Reviewer.objects.filter(Exists(signed) | (Q(is_active=True) & Exists(registered)))


@require_safe
def reviewers(request: HttpRequest) -> HttpResponse:
    """All of them, by name."""
    today = site_day(timezone.now())
    people = known_to_readers(today).prefetch_related("credentials")
    shown = [{"reviewer": one, "credential": one.credential_on(today)} for one in people]
    return _answer(request, "articles/reviewers.html", {"reviewers": shown}, today=today)


@require_safe
def reviewer(request: HttpRequest, slug: str) -> HttpResponse:
    """One of them. Articles stand here only while their review by this person is true."""
    today = site_day(timezone.now())
    people = known_to_readers(today).prefetch_related("credentials", "interests__retailer__region")
    found = people.filter(slug=slug).first()
    if found is None:
        raise Http404("No reviewer has this name.")
    context = {
        "reviewer": found,
        "credential": found.credential_on(today),
        "interests": found.interests.all(),
        "reviewed": _reviewed(found, page=request.GET.get("page"), today=today),
    }
    return _answer(request, "articles/reviewer.html", context, today=today)


def _reviewed(found: Reviewer, *, page: str | None, today: datetime.date) -> dict[str, Any]:
    """A page of the live articles that they were the last to review in full, each with its line."""
    last = MedicalReview.objects.filter(page=OuterRef("pk"), outcome=SignOffOutcome.APPROVED)
    candidates = (
        ConditionPage.objects.live()
        .public()
        .annotate(
            last_reviewer=Subquery(last.values("reviewer")[:1]),
            signed_at=Subquery(last.values("signed_at")[:1]),
        )
        .filter(last_reviewer=found.pk)
        .select_related("review_tier")
        .order_by("-signed_at", "pk")
    )
    shown = Paginator(candidates, ARTICLES_A_PAGE).get_page(page)
    articles = list(shown)
    lines: dict[int, ReviewLine] = review_lines(articles, today=today) if articles else {}
    true = [
        {"article": article, "line": line}
        for article in articles
        if (line := lines[article.pk]).is_badge and line.review and line.review.reviewer_id == found.pk
    ]
    return {"articles": true, "page": shown}


def _answer(
    request: HttpRequest, template: str, context: dict[str, Any], *, today: datetime.date
) -> HttpResponse:
    """The page, of which anybody may be given a copy until midnight, when reviews may run out."""
    site = Site.find_for_request(request)
    context["body_areas"] = BodyAreaPage.objects.live().public().order_by("title")
    context["home"] = site.root_page if site else None
    response = TemplateResponse(request, template, context)
    keep(request, response, until=next_midnight(today))
    return response
