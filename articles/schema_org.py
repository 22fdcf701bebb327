"""JSON-LD for each type of page, from plain values (schema.org vocabulary; rules in docs/architecture.md).

`reviewedBy` and `lastReviewed` exist on WebPage types only, so page and article are two linked nodes. They are given
only while a badge is true. No Product, Offer or rating stands on a page that links to several shops, and no FAQPage.
Every address is absolute.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

JsonLd = dict[str, object]

LANGUAGE = "en-GB"
MOST_HEADLINE = 110
"""Characters of a headline that search engines show."""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """Who publishes, and where."""

    url: str
    name: str
    publisher: str
    principles_url: str = ""
    """The page that says how articles are reviewed."""
    corrections_url: str = ""
    search_url: str = ""

    @property
    def site_id(self) -> str:
        return f"{self.url}#website"

    @property
    def publisher_id(self) -> str:
        return f"{self.url}#publisher"


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What every page says of itself."""

    url: str
    title: str
    site: SiteFacts
    description: str = ""
    crumbs: Sequence[tuple[str, str]] = ()
    """Title and address of each page from the home page to this one."""
    image_url: str = ""


@dataclass(frozen=True, slots=True)
class ReviewedBy:
    """Who signed, and when: only for a badge that is true today."""

    name: str
    honorific: str
    job_title: str
    on: datetime.date
    url: str = ""
    """The reviewer's profile, if they have one."""


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What an article says besides. `modified`: when its medical words last changed; mended links do not count."""

    page: PageFacts
    condition: str
    published: datetime.datetime | None
    modified: datetime.datetime | None
    authors: Sequence[str] = ()
    reviewed: ReviewedBy | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """A reviewer's registration with a regulator, verified and in force."""

    regulator: str
    number: str


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What a reviewer's profile says besides."""

    page: PageFacts
    name: str
    honorific: str
    job_title: str
    bio: str = ""
    image_url: str = ""
    registrations: Sequence[Registration] = ()


def home_graph(page: PageFacts) -> JsonLd:
    """The site, who publishes it, and its search."""
    site = page.site
    publisher: JsonLd = {
        "@type": "Organization",
        "@id": site.publisher_id,
        "name": site.publisher,
        "url": site.url,
    }
    if site.principles_url:
        publisher["publishingPrinciples"] = site.principles_url
    if site.corrections_url:
        publisher["correctionsPolicy"] = site.corrections_url
    website: JsonLd = {
        "@type": "WebSite",
        "@id": site.site_id,
        "url": site.url,
        "name": site.name,
        "inLanguage": LANGUAGE,
        "publisher": {"@id": site.publisher_id},
    }
    if site.search_url:
        website["potentialAction"] = {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{site.search_url}?q={{search_term_string}}"},
            "query-input": "required name=search_term_string",
        }
    return _graph(_page_node("WebPage", page), website, publisher, *_crumbs_node(page))


def collection_graph(page: PageFacts, articles: Sequence[tuple[str, str]]) -> JsonLd:
    """A body area: a list of articles, each by its title and address."""
    node = _page_node(["CollectionPage", "MedicalWebPage"], page)
    if not articles:
        return _graph(node, *_crumbs_node(page))
    node["mainEntity"] = {
        "@type": "ItemList",
        "numberOfItems": len(articles),
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "url": address}
            for position, (name, address) in enumerate(articles, start=1)
        ],
    }
    return _graph(node, *_crumbs_node(page))


def information_graph(page: PageFacts) -> JsonLd:
    """A policy or help page."""
    return _graph(_page_node("WebPage", page), *_crumbs_node(page))


def article_graph(facts: ArticleFacts) -> JsonLd:
    """An article: the page, which may be reviewed, and what is written on it."""
    page = facts.page
    node = _page_node("MedicalWebPage", page)
    node["about"] = {"@type": "MedicalCondition", "name": facts.condition}
    node["mainEntity"] = {"@id": f"{page.url}#article"}
    if facts.reviewed is not None:
        person = _person(facts.reviewed.name, facts.reviewed.honorific, facts.reviewed.job_title)
        if facts.reviewed.url:
            person |= {"@id": f"{facts.reviewed.url}#person", "url": facts.reviewed.url}
        node["reviewedBy"] = person
        node["lastReviewed"] = facts.reviewed.on.isoformat()
    article: JsonLd = {
        "@type": "Article",
        "@id": f"{page.url}#article",
        "headline": page.title[:MOST_HEADLINE],
        "inLanguage": LANGUAGE,
        "mainEntityOfPage": {"@id": f"{page.url}#page"},
        "publisher": {
            "@type": "Organization",
            "@id": page.site.publisher_id,
            "name": page.site.publisher,
            "url": page.site.url,
        },
    }
    if page.image_url:
        article["image"] = page.image_url
    if facts.authors:
        article["author"] = [{"@type": "Person", "name": name} for name in facts.authors]
    if facts.published is not None:
        article["datePublished"] = facts.published.isoformat()
    if facts.modified is not None:
        article["dateModified"] = facts.modified.isoformat()
    return _graph(node, article, *_crumbs_node(page))


def profile_graph(facts: ProfileFacts) -> JsonLd:
    """A reviewer's profile: the page and the person."""
    page = facts.page
    person_id = f"{page.url}#person"
    node = _page_node("ProfilePage", page)
    node["mainEntity"] = {"@id": person_id}
    person = {
        **_person(facts.name, facts.honorific, facts.job_title),
        "@id": person_id,
        "url": page.url,
        "mainEntityOfPage": {"@id": f"{page.url}#page"},
    }
    if facts.bio:
        person["description"] = facts.bio
    if facts.image_url:
        person["image"] = facts.image_url
    if facts.registrations:
        person["hasCredential"] = [
            {
                "@type": "EducationalOccupationalCredential",
                "credentialCategory": "registration",
                "identifier": registration.number,
                "recognizedBy": {"@type": "Organization", "name": registration.regulator},
            }
            for registration in facts.registrations
        ]
    return _graph(node, person, *_crumbs_node(page))


def _graph(*nodes: JsonLd) -> JsonLd:
    return {"@context": "https://schema.org", "@graph": list(nodes)}


def _page_node(kind: str | list[str], page: PageFacts) -> JsonLd:
    node: JsonLd = {
        "@type": kind,
        "@id": f"{page.url}#page",
        "url": page.url,
        "name": page.title,
        "inLanguage": LANGUAGE,
        "isPartOf": {
            "@type": "WebSite",
            "@id": page.site.site_id,
            "url": page.site.url,
            "name": page.site.name,
        },
    }
    if page.description:
        node["description"] = page.description
    if page.image_url:
        node["primaryImageOfPage"] = {"@type": "ImageObject", "url": page.image_url}
    if page.crumbs:
        node["breadcrumb"] = {"@id": f"{page.url}#crumbs"}
    return node


def _crumbs_node(page: PageFacts) -> list[JsonLd]:
    if not page.crumbs:
        return []
    items = [
        {"@type": "ListItem", "position": position, "name": name, "item": address}
        for position, (name, address) in enumerate(page.crumbs, start=1)
    ]
    return [{"@type": "BreadcrumbList", "@id": f"{page.url}#crumbs", "itemListElement": items}]


def _person(name: str, honorific: str, job_title: str) -> JsonLd:
    """A person. `honorificPrefix` holds "Dr"; `medicalSpecialty` is for organisations alone."""
    person: JsonLd = {"@type": "Person", "name": name}
    if honorific:
        person["honorificPrefix"] = honorific
    if job_title:
        person["jobTitle"] = job_title
    return person
