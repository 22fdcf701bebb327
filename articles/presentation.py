"""What the article template needs, gathered in a bounded number of queries."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils import timezone
from modelcluster.queryset import FakeQuerySet
from wagtail.models import Page

from articles.blocks import anchors, pictures_in
from articles.changes import article_changed
from articles.furniture import furniture
from articles.history import history
from articles.models import Author, ConditionPage, RelatedArticle
from articles.prose import linked_pages
from articles.review_line import records_of, review_line
from products.blocks import placed_product_ids
from products.questions import Question
from products.renditions import prefetch
from products.shelf import PlacedProduct, stock_shelf

RELATED = 4
"""How many related articles stand under one: those an editor chose, then others of the body area."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The articles before and after this one in its body area, where they are listed by title."""

    previous: ConditionPage | None
    following: ConditionPage | None


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """A line of "On this page"."""

    anchor: str
    text: str


def article_context(
    page: ConditionPage, request: HttpRequest, *, today: datetime.date, editing: bool, first_region: str = ""
) -> dict[str, Any]:
    """The template's variables. `editing` is a preview: what only editors see is shown. `first_region`: the code of
    the region whose shops come first; the default one if it is unknown."""
    records = records_of(page)
    line = review_line(page, today=today, records=records)
    shelf = _shelf(page, withheld=line.standing.withhold_offers, first_region=first_region)
    stored = page.body.get_prep_value()
    others = _others(page, json.dumps([child["value"] for child in stored]))
    placed_pictures = (placed.product.picture for placed in shelf.values())
    prefetch([*pictures_in(page.body), *filter(None, placed_pictures)])
    return {
        "authors": _own(page.authors, _authors_of, page),
        "review": line,
        "shelf": shelf,
        "editing": editing,
        "offers_withheld": line.standing.withhold_offers,
        "disclosure": " ".join(
            dict.fromkeys(placed.disclosure for placed in shelf.values() if placed.has_paid_links)
        ),
        "statements": tuple(
            dict.fromkeys(sentence for placed in shelf.values() for sentence in placed.statements)
        ),
        "contents": [
            ContentsEntry(anchor, child["value"]["text"])
            for child, anchor in zip(stored, anchors(page.body), strict=True)
            if child["type"] == "heading" and child["value"]["level"] == "2"
        ],
        "related": others.related,
        "neighbours": others.neighbours,
        "history": history(page, line, records),
        "changed": {page.pk: article_changed(page, records.publications)},
        "changes_at": min(filter(None, (placed.prices_until for placed in shelf.values())), default=None),
        "topic_pages": others.topics,
        "links": {pk: target.get_url(request) or "" for pk, target in others.links.items()},
    }


def _shelf(page: ConditionPage, *, withheld: bool, first_region: str) -> dict[int, PlacedProduct]:
    """The products of the page's boxes. An expired article of a strict tier shows them without shops."""
    wanted = placed_product_ids(page.body)
    shelf = dict(stock_shelf(wanted, now=timezone.now(), first_region=first_region)) if wanted else {}
    return {pk: replace(placed, regions=()) for pk, placed in shelf.items()} if withheld else shelf


@dataclass(frozen=True, slots=True)
class Others:
    """The other articles that an article leads to, all fetched in one query."""

    related: list[ConditionPage]
    neighbours: Neighbours
    topics: dict[str, ConditionPage]
    """By their title in small letters: a planned link comes alive when an article of its name does."""
    links: dict[int, Page]
    """The targets of the links in running text, by primary key. Those that are not live are left out."""


def _others(page: ConditionPage, stored: str) -> Others:
    around = furniture()
    related = [row.article_id for row in _own(page.related_articles, _related_of, page) if row.article_id]
    linked = linked_pages(stored)
    topics = {
        child["value"]["topic"].strip().lower()
        for child in page.body.raw_data
        if child["type"] == "see_also" and not child["value"].get("page")
    }
    ask = _question(tuple(sorted(around.restricted)))
    above = page.path[: -ConditionPage.steplen]
    found = {
        other.pk: other
        for other in ask(page.pk or 0, page.title, above, page.depth, [*related, *linked], list(topics))
    }
    open_ones = [other for other in found.values() if around.is_public(other)]
    chosen = [found[pk] for pk in related if pk in found and around.is_public(found[pk])]
    fillers = [other for other in open_ones if other.is_first and other not in chosen]
    pages: dict[int, Page] = {other.pk: other for other in around.listed}
    return Others(
        related=[*chosen, *fillers][:RELATED],
        neighbours=Neighbours(
            next((other for other in open_ones if other.is_before), None),
            next((other for other in open_ones if other.is_after), None),
        ),
        topics={other.topic: other for other in open_ones if other.topic in topics},
        links={pk: target for pk in linked if (target := found.get(pk) or pages.get(pk)) is not None},
    )


@lru_cache(maxsize=8)
def _question(hidden: tuple[str, ...]) -> Question[Any]:
    """The other live articles that one leads to, by title. `hidden`: paths of what is not for everybody."""

    def ask(
        page: int, title: str, above: str, depth: int, chosen: Sequence[int], topics: Sequence[str]
    ) -> QuerySet[Any]:
        live = ConditionPage.objects.live().exclude(pk=page)
        siblings = live.filter(path__startswith=above, depth=depth)
        for path in hidden:
            siblings = siblings.exclude(path__startswith=path)
        first = siblings.order_by("title", "pk").values("pk")[:RELATED]
        same = Q(title=title)
        before = siblings.filter(Q(title__lt=title) | same & Q(pk__lt=page)).order_by("-title", "-pk")
        after = siblings.filter(Q(title__gt=title) | same & Q(pk__gt=page)).order_by("title", "pk")
        wanted = Q(pk__in=first) | Q(pk__in=before.values("pk")[:1]) | Q(pk__in=after.values("pk")[:1])
        wanted |= Q(pk__any_of=chosen) | Q(topic__any_of=topics)
        return (
            live.annotate(
                topic=Lower("title"),
                is_before=Q(pk__in=before.values("pk")[:1]),
                is_after=Q(pk__in=after.values("pk")[:1]),
                is_first=Q(pk__in=first),
            )
            .filter(wanted)
            .only("title", "standfirst", "path", "url_path")
            .order_by("title", "pk")
        )

    return Question(ask)


_related_of = Question(lambda page: RelatedArticle.objects.filter(page_id=page))
_authors_of = Question(lambda page: Author.objects.filter(articles=page))


def _own(manager: Any, question: Question[Any], page: ConditionPage) -> list[Any]:
    """The rows of a page: from the database, or from the draft that a preview shows."""
    rows = manager.all()
    return list(rows) if isinstance(rows, FakeQuerySet) else question(page.pk)
