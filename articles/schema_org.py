"""JSON-LD for articles, from plain values (schema.org vocabulary; rules in docs/architecture.md).

`reviewedBy` and `lastReviewed` exist on WebPage types only, so page and article are two linked nodes.
They are given only while a badge is true. No Product or Offer stands on an article with shop links.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

JsonLd = dict[str, object]


@dataclass(frozen=True, slots=True)
class ReviewedBy:
    """Who signed, and when: only for a badge that is true today."""

    name: str
    honorific: str
    job_title: str
    on: datetime.date


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What the JSON-LD of an article is made of."""

    url: str
    title: str
    description: str
    site_url: str
    publisher: str
    condition: str
    published: datetime.datetime | None
    modified: datetime.datetime | None
    authors: Sequence[str] = ()
    crumbs: Sequence[tuple[str, str]] = ()
    """Title and address of each page from the home page to this one."""
    reviewed: ReviewedBy | None = None


def article_graph(facts: ArticleFacts) -> JsonLd:
    """The graph of one article: page, article, crumbs."""
    page: JsonLd = {
        "@type": "MedicalWebPage",
        "@id": f"{facts.url}#page",
        "url": facts.url,
        "name": facts.title,
        "inLanguage": "en",
        "about": {"@type": "MedicalCondition", "name": facts.condition},
        "mainEntity": {"@id": f"{facts.url}#article"},
        "breadcrumb": {"@id": f"{facts.url}#crumbs"},
        "isPartOf": {"@type": "WebSite", "url": facts.site_url, "name": facts.publisher},
    }
    if facts.description:
        page["description"] = facts.description
    if facts.reviewed is not None:
        person: JsonLd = {
            "@type": "Person",
            "name": facts.reviewed.name,
            "jobTitle": facts.reviewed.job_title,
        }
        if facts.reviewed.honorific:
            person["honorificPrefix"] = facts.reviewed.honorific
        page["reviewedBy"] = person
        page["lastReviewed"] = facts.reviewed.on.isoformat()
    article: JsonLd = {
        "@type": "Article",
        "@id": f"{facts.url}#article",
        "headline": facts.title[:110],
        "mainEntityOfPage": {"@id": f"{facts.url}#page"},
        "publisher": {"@type": "Organization", "name": facts.publisher, "url": facts.site_url},
    }
    if facts.authors:
        article["author"] = [{"@type": "Person", "name": name} for name in facts.authors]
    if facts.published is not None:
        article["datePublished"] = facts.published.isoformat()
    if facts.modified is not None:
        article["dateModified"] = facts.modified.isoformat()
    crumbs: JsonLd = {
        "@type": "BreadcrumbList",
        "@id": f"{facts.url}#crumbs",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": address}
            for position, (name, address) in enumerate(facts.crumbs, start=1)
        ],
    }
    return {"@context": "https://schema.org", "@graph": [page, article, crumbs]}
