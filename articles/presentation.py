"""What the article template needs, gathered in a bounded number of queries."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from wagtail.models import Page

from articles.blocks import anchored, pictures_in
from articles.furniture import furniture, public
from articles.history import history
from articles.models import ConditionPage
from articles.prose import linked_pages
from articles.review_line import review_line
from products.blocks import placed_product_ids
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
    page: ConditionPage, *, today: datetime.date, editing: bool, first_region: str = ""
) -> dict[str, Any]:
    """The template's variables. `editing` is a preview: what only editors see is shown. `first_region`: the code of
    the region whose shops come first; the default one if it is unknown."""
    line = review_line(page, today=today)
    shelf = _shelf(page, withheld=line.standing.withhold_offers, first_region=first_region)
    authors = list(page.authors.all())
    others = _others(page)
    placed_pictures = (placed.product.picture for placed in shelf.values())
    prefetch([*pictures_in(page.body), *filter(None, placed_pictures)])
    return {
        "authors": authors,
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
            ContentsEntry(anchor, child.value["text"])
            for child, anchor in anchored(page.body)
            if child.block_type == "heading" and child.value["level"] == "2"
        ],
        "references": [child for child in page.body if child.block_type == "references"],
        "related": others.related,
        "neighbours": others.neighbours,
        "history": history(page, line),
        "changes_at": min(filter(None, (placed.prices_until for placed in shelf.values())), default=None),
        "topic_pages": others.topics,
        "links": others.links,
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


def _others(page: ConditionPage) -> Others:
    around = furniture()
    related = [row.article_id for row in page.related_articles.all() if row.article_id]
    linked = linked_pages(page.body)
    topics = {
        child["value"]["topic"].strip().lower()
        for child in page.body.raw_data
        if child["type"] == "see_also" and not child["value"].get("page")
    }
    live = ConditionPage.objects.live().exclude(pk=page.pk)
    siblings = public(live.sibling_of(page))
    first = siblings.order_by("title", "pk").values("pk")[:RELATED]
    same = Q(title=page.title)
    before = siblings.filter(Q(title__lt=page.title) | same & Q(pk__lt=page.pk)).order_by("-title", "-pk")
    after = siblings.filter(Q(title__gt=page.title) | same & Q(pk__gt=page.pk)).order_by("title", "pk")
    wanted = Q(pk__in=first) | Q(pk__in=before.values("pk")[:1]) | Q(pk__in=after.values("pk")[:1])
    wanted |= Q(pk__in={*related, *linked}) | Q(topic__in=topics)
    found = {
        other.pk: other
        for other in live.annotate(
            topic=Lower("title"),
            is_before=Q(pk__in=before.values("pk")[:1]),
            is_after=Q(pk__in=after.values("pk")[:1]),
            is_first=Q(pk__in=first),
        )
        .filter(wanted)
        .defer_streamfields()
        .order_by("title", "pk")
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
