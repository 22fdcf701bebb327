"""What the article template needs, gathered in a bounded number of queries."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db.models.functions import Lower

from articles import schema_org
from articles.blocks import anchored
from articles.models import Author, ConditionPage, MedicalReview
from articles.review_line import ReviewLine, review_line
from products.shelf import PlacedProduct, stock_shelf


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """A line of "On this page"."""

    anchor: str
    text: str


def article_context(page: ConditionPage, *, today: datetime.date, editing: bool) -> dict[str, Any]:
    """The template's variables. `editing` is a preview: what only editors see is shown."""
    line = review_line(page, today=today)
    shelf = _shelf(page, withheld=line.standing.withhold_offers)
    authors = list(page.authors.all())
    return {
        "authors": authors,
        "review": line,
        "shelf": shelf,
        "editing": editing,
        "offers_withheld": line.standing.withhold_offers,
        "disclosure": next((placed.disclosure for placed in shelf.values() if placed.has_paid_links), ""),
        "statements": tuple(
            dict.fromkeys(sentence for placed in shelf.values() for sentence in placed.statements)
        ),
        "contents": [
            ContentsEntry(anchor, child.value["text"])
            for child, anchor in anchored(page.body)
            if child.block_type == "heading" and child.value["level"] == "2"
        ],
        "references": [child for child in page.body if child.block_type == "references"],
        "related": _related(page),
        "topic_pages": _topic_pages(page),
        "structured_data": _structured_data(page, line, authors),
    }


def _shelf(page: ConditionPage, *, withheld: bool) -> dict[int, PlacedProduct]:
    """The products of the page's boxes. An expired article of a strict tier shows them without shops."""
    wanted = [
        child["value"]["product"]
        for child in page.body.raw_data
        if child["type"] == "product_box" and child["value"].get("product")
    ]
    shelf = dict(stock_shelf(wanted)) if wanted else {}
    return {pk: replace(placed, regions=()) for pk, placed in shelf.items()} if withheld else shelf


def _topic_pages(page: ConditionPage) -> dict[str, ConditionPage]:
    """Live articles that planned links name by their title: such a link comes alive when its page does."""
    topics = {
        child["value"]["topic"].strip().lower()
        for child in page.body.raw_data
        if child["type"] == "see_also" and not child["value"].get("page")
    }
    if not topics:
        return {}
    named = ConditionPage.objects.live().public().annotate(topic=Lower("title")).filter(topic__in=topics)
    return {article.topic: article for article in named.exclude(pk=page.pk)}


def _related(page: ConditionPage) -> list[ConditionPage]:
    """Articles an editor related, then neighbours in the body area; at most four."""
    chosen = [
        related.article
        for related in page.related_articles.select_related("article")
        if related.article and related.article.live
    ]
    if len(chosen) < 4:
        taken = {page.pk, *(article.pk for article in chosen)}
        neighbours = (
            ConditionPage.objects.live().public().sibling_of(page).exclude(pk__in=taken).order_by("title")
        )
        chosen.extend(neighbours[: 4 - len(chosen)])
    return chosen[:4]


def _reviewed_by(review: MedicalReview) -> schema_org.ReviewedBy:
    """The name of the badge, as at signing; its honorific can be told apart while the reviewer still bears it."""
    reviewer = review.reviewer
    name, honorific = reviewer.name, reviewer.honorific
    if reviewer.display_name != review.reviewer_name:
        name, honorific = review.reviewer_name, ""
    return schema_org.ReviewedBy(name, honorific, review.profession, review.signed_on)


def _structured_data(page: ConditionPage, line: ReviewLine, authors: Sequence[Author]) -> schema_org.JsonLd:
    crumbs = [
        (ancestor.title, ancestor.full_url or "")
        for ancestor in page.get_ancestors().live()
        if ancestor.depth > 1
    ]
    reviewed = None
    if line.is_badge and line.review is not None:
        reviewed = _reviewed_by(line.review)
    url = page.full_url or ""
    return schema_org.article_graph(
        schema_org.ArticleFacts(
            url=url,
            title=page.title,
            description=page.search_description or page.standfirst,
            site_url=settings.SITE_URL,
            publisher=settings.WAGTAIL_SITE_NAME,
            condition=page.title,
            published=page.first_published_at,
            modified=page.last_published_at,
            authors=[author.name for author in authors],
            crumbs=[*crumbs, (page.title, url)],
            reviewed=reviewed,
        )
    )
