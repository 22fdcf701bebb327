"""What each page says of itself to machines: gathers plain values for `articles.schema_org`, when a page is rendered."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from wagtail.models import Page, Site

from articles import schema_org
from articles.changes import articles_changed
from articles.models import (
    Author,
    BodyAreaPage,
    ConditionPage,
    Credential,
    HomePage,
    InformationPage,
    MedicalReview,
    PublisherSettings,
    Reviewer,
    SitePage,
)
from articles.review_line import ReviewLine

HOW_WE_REVIEW, CORRECTIONS = "how-we-review", "corrections"
"""Slugs of information pages that mean something to machines."""


def page_graph(page: Page, request: HttpRequest, context: Mapping[str, Any]) -> schema_org.JsonLd | None:
    """The JSON-LD of a page, from the variables of its template. None for a type of page that is not known here."""
    site = Site.find_for_request(request)
    if site is None or not isinstance(page, SitePage):
        return None
    facts = page_facts(
        page, site_facts(site, PublisherSettings.for_request(request)), context.get("crumbs", ())
    )
    match page:
        case ConditionPage():
            return article_graph(
                page, facts, line=context["review"], authors=context["authors"], changed=context["changed"]
            )
        case BodyAreaPage():
            listed = [(article.title, article.get_full_url(request)) for article in context["articles"]]
            return schema_org.collection_graph(facts, listed)
        case HomePage():
            return schema_org.home_graph(replace(facts, site=_with_policies(facts.site, page)))
        case InformationPage():
            return schema_org.information_graph(facts)
    return None


def reviewer_graph(
    reviewer: Reviewer, credential: Credential | None, request: HttpRequest
) -> schema_org.JsonLd | None:
    """The JSON-LD of a reviewer's profile. `credential`: the registration in force today, if there is one."""
    site = Site.find_for_request(request)
    if site is None:
        return None
    facts = site_facts(site, PublisherSettings.for_request(request))
    own, everybody = _address(facts, "reviewer", reviewer.slug), _address(facts, "reviewers")
    crumbs = [("Home", facts.url), ("Our reviewers", everybody), (reviewer.display_name, own)]
    return schema_org.profile_graph(
        schema_org.ProfileFacts(
            page=schema_org.PageFacts(own, reviewer.display_name, facts, crumbs=crumbs),
            name=reviewer.name,
            honorific=reviewer.honorific,
            job_title=reviewer.profession,
            bio=reviewer.bio,
            registrations=[schema_org.Registration(credential.regulator, credential.number)]
            if credential
            else [],
        )
    )


def site_facts(site: Site, own: PublisherSettings) -> schema_org.SiteFacts:
    """Who publishes, and where."""
    return schema_org.SiteFacts(
        url=f"{site.root_url}/",
        name=str(settings.WAGTAIL_SITE_NAME),
        publisher=own.publisher or str(settings.WAGTAIL_SITE_NAME),
    )


def page_facts(page: SitePage, site: schema_org.SiteFacts, crumbs: Sequence[Page]) -> schema_org.PageFacts:
    """What any page says of itself. `crumbs`: its live ancestors from the home page on."""
    url = page.full_url or ""
    image = page.share_image
    return schema_org.PageFacts(
        url=url,
        title=page.title,
        description=page.search_description or page.standfirst,
        site=site,
        crumbs=[(crumb.title, crumb.full_url or "") for crumb in (*crumbs, page)] if crumbs else [],
        image_url=image.url if image else "",
    )


def article_graph(
    page: ConditionPage,
    facts: schema_org.PageFacts,
    *,
    line: ReviewLine,
    authors: Sequence[Author],
    changed: Mapping[int, datetime.datetime | None] | None = None,
) -> schema_org.JsonLd:
    """The JSON-LD of an article: it names its reviewer only while the badge is true.

    `changed` is when its words changed, by primary key, where somebody has asked already.
    """
    return schema_org.article_graph(
        schema_org.ArticleFacts(
            page=facts,
            condition=page.title,
            published=page.first_published_at,
            modified=(articles_changed([page]) if changed is None else changed).get(page.pk),
            authors=[author.name for author in authors],
            reviewed=_reviewed_by(line.review, facts.site)
            if line.is_badge and line.review is not None
            else None,
        )
    )


def _with_policies(site: schema_org.SiteFacts, home: HomePage) -> schema_org.SiteFacts:
    """The publisher's policies, as far as readers can open them, and the search."""
    pages = (
        InformationPage.objects.live().public().child_of(home).filter(slug__in=[HOW_WE_REVIEW, CORRECTIONS])
    )
    policies = {page.slug: page.full_url or "" for page in pages}
    return replace(
        site,
        principles_url=policies.get(HOW_WE_REVIEW, ""),
        corrections_url=policies.get(CORRECTIONS, ""),
        search_url=_address(site, "search"),
    )


def _reviewed_by(review: MedicalReview, site: schema_org.SiteFacts) -> schema_org.ReviewedBy:
    """The name of the badge, as at signing; its honorific can be told apart while the reviewer still bears it."""
    reviewer = review.reviewer
    name, honorific = reviewer.name, reviewer.honorific
    if reviewer.display_name != review.reviewer_name:
        name, honorific = review.reviewer_name, ""
    profile = _address(site, "reviewer", reviewer.slug)
    return schema_org.ReviewedBy(name, honorific, review.profession, review.signed_on, profile)


def _address(site: schema_org.SiteFacts, name: str, *values: str) -> str:
    """The whole address of a view of the site."""
    return site.url.rstrip("/") + reverse(name, args=values)
