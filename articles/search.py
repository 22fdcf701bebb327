"""Finds articles by their words, by their products, and in spite of typing errors. Public pages only."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Page as Sheet
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from wagtail.models import Page, ReferenceIndex, Site
from wagtail.search.backends import get_search_backend
from wagtail.search.query import PlainText

from articles.days import site_day
from articles.models import BodyAreaPage, ConditionPage
from articles.review_line import ReviewLine, review_lines
from articles.search_terms import alike
from articles.spelling import MOST_TEXT, asked_words, meant, words_of
from products.freshness import keep, next_midnight
from products.models import Product

A_SHEET = 10
"""Articles on a page of results."""
MOST_PRODUCTS = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found, with what readers are told of its review today."""

    page: ConditionPage
    review: ReviewLine
    body_area: BodyAreaPage | None
    products: tuple[str, ...] = ()
    """The products in it by whose names it was found."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search found: primary keys of articles, the best first."""

    words: tuple[str, ...]
    """Those that were searched in the end."""
    articles: tuple[int, ...] = ()
    products: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    corrected: bool = False
    """Nothing had the words as they were typed."""
    some_words: bool = False
    """Nothing has all of the words; these have some."""

    @property
    def text(self) -> str:
        return " ".join(self.words)


def find(text: str, articles: QuerySet[ConditionPage]) -> Findings:
    """Search `articles` for what somebody typed: all words; else all of the words they probably meant; else any."""
    words = asked_words(text)
    if not words:
        return Findings(())
    found = _matching(words, articles)
    if found.articles:
        return found
    guess = correct(words)
    if guess and (better := _matching(guess, articles, corrected=True)).articles:
        return better
    if len(guess or words) > 1 and (some := _matching(guess or words, articles, operator="or")).articles:
        return Findings(some.words, some.articles, some.products, corrected=bool(guess), some_words=True)
    return found


def correct(words: Sequence[str]) -> list[str]:
    """The words that were probably meant, or none if nothing better is known."""
    whole = " ".join(words)
    nearest = alike(list(dict.fromkeys([whole, *words])))
    if len(words) > 1 and (term := meant(whole, nearest[whole])):
        return [] if term == whole else words_of(term)
    guess = [part for word in words for part in words_of(meant(word, nearest[word]) or word)]
    return [] if guess == list(words) else list(dict.fromkeys(guess))


def _matching(
    words: Sequence[str], articles: QuerySet[ConditionPage], *, operator: str = "and", corrected: bool = False
) -> Findings:
    query = PlainText(" ".join(words), operator=operator)
    backend = get_search_backend()
    keys = list(_as_queryset(backend.search(query, articles)).values_list("pk", flat=True))
    named = backend.search(query, Product.objects.all(), fields=["name", "brand"])[:MOST_PRODUCTS]
    carried = _articles_with({product.pk: product.name for product in named}, articles)
    besides = [pk for pk in carried if pk not in set(keys)]
    return Findings(tuple(words), (*keys, *besides), carried, corrected=corrected)


def _as_queryset(results: Any) -> QuerySet[Any]:
    """Wagtail's results of a search, ordered by relevance, as a queryset: whole rows are not wanted."""
    found: QuerySet[Any] = results.get_queryset()
    return found


def _articles_with(
    products: Mapping[int, str], articles: QuerySet[ConditionPage]
) -> dict[int, tuple[str, ...]]:
    """Which of the articles carry which of the products, by name. Drafts of live pages are not seen."""
    if not products:
        return {}
    placed = ReferenceIndex.objects.filter(
        base_content_type=ContentType.objects.get_for_model(Page),
        to_content_type=ContentType.objects.get_for_model(Product),
        to_object_id__in=[str(pk) for pk in products],
    )
    names: dict[int, dict[str, None]] = {}
    for article, product in placed.values_list("object_id", "to_object_id"):
        names.setdefault(int(article), {})[products[int(product)]] = None
    public = articles.filter(pk__in=names).order_by("title").values_list("pk", flat=True)
    return {pk: tuple(sorted(names[pk])) for pk in public}


def hits(
    findings: Findings, keys: Collection[int], areas: Sequence[BodyAreaPage], *, today: datetime.date
) -> list[Hit]:
    """Some of what was found, ready to be shown, in the order of `keys`."""
    pages = ConditionPage.objects.select_related("review_tier").in_bulk(list(keys))
    lines = review_lines(list(pages.values()), today=today)
    by_path = {area.path: area for area in areas}
    return [
        Hit(
            page=page,
            review=lines[pk],
            body_area=by_path.get(page.path[: -Page.steplen]),
            products=findings.products.get(pk, ()),
        )
        for pk in keys
        if (page := pages.get(pk))  # unpublished and deleted a moment ago
    ]


def areas_named(words: Sequence[str], areas: Sequence[BodyAreaPage]) -> list[BodyAreaPage]:
    """The body areas that a search names ("lower back pain"), or begins to name ("back")."""
    asked = set(words)
    titles = ((area, set(words_of(area.title))) for area in areas)
    return [area for area, title in titles if title and asked and (title <= asked or asked <= title)]


# --- the page -------------------------------------------------------------------------------------


@require_safe
@cache_control(no_cache=True, max_age=0)
def search_page(request: HttpRequest) -> HttpResponse:
    """`/search/?q=…&area=…&page=…`: whatever stands there, an answer with status 200."""
    site = Site.find_for_request(request)
    asked = " ".join(request.GET.get("q", "")[:MOST_TEXT].replace("\0", " ").split())
    articles = ConditionPage.objects.live().public()
    areas: list[BodyAreaPage] = []
    if site is not None:
        articles = articles.descendant_of(site.root_page)
        areas = list(BodyAreaPage.objects.live().public().child_of(site.root_page).order_by("title"))
    area = next((area for area in areas if area.slug == request.GET.get("area")), None)
    findings = find(asked, articles.child_of(area) if area else articles)
    sheet: Sheet[Any] = Paginator(findings.articles, A_SHEET).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "area": area,
        "body_areas": areas,
        "findings": findings,
        "sheet": sheet,
        "hits": hits(findings, list(sheet.object_list), areas, today=timezone.localdate())
        if sheet.object_list
        else [],
        "areas_named": areas_named(findings.words, areas),
        "latest": [] if findings.articles else articles.order_by("-first_published_at")[:6],
    }
    response = render(request, "search/results.html", context)
    if not request.GET:  # what people search for is theirs
        keep(request, response, until=next_midnight(site_day(timezone.now())))
    return response
