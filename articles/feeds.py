"""Atom feeds: `/feed/` for the whole site, `/feed/<body area>/` for one. The latest articles, with honest dates."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from wagtail.models import Site

from articles.changes import articles_changed
from articles.days import site_day
from articles.models import BodyAreaPage, ConditionPage
from products.freshness import keep, next_midnight

MOST_ENTRIES = 30


Entry = tuple[ConditionPage, datetime.datetime | None]
"""An article, and when its words last changed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a feed is about."""

    site: Site
    area: BodyAreaPage | None
    changed: dict[int, datetime.datetime]
    articles: Sequence[ConditionPage]


class ArticlesFeed(Feed):
    """The latest public articles. No review stands in it: a copy outlives the day on which a badge was true."""

    feed_type = Atom1Feed
    language = "en-GB"

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().__call__(request, *args, **kwargs)
        keep(request, response, until=next_midnight(site_day(timezone.now())))
        return response

    def get_object(self, request: HttpRequest, *args: Any, slug: str = "", **kwargs: Any) -> Subject:
        site = Site.find_for_request(request)
        if site is None:
            raise Http404("No site has this name.")
        area = None
        articles = ConditionPage.objects.live().public().descendant_of(site.root_page)
        if slug:
            area = BodyAreaPage.objects.live().public().child_of(site.root_page).filter(slug=slug).first()
            if area is None:
                raise Http404("There is no such body area.")
            articles = articles.child_of(area)
        latest = list(
            articles.order_by("-first_published_at", "-pk")
            .defer_streamfields()
            .prefetch_related("authors")[:MOST_ENTRIES]
        )
        return Subject(site, area, articles_changed(latest), latest)

    def title(self, subject: Subject) -> str:
        name = str(settings.WAGTAIL_SITE_NAME)
        return f"{subject.area.title} | {name}" if subject.area else name

    def subtitle(self, subject: Subject) -> str:
        about = subject.area or subject.site.root_page.specific
        return about.search_description or about.standfirst

    def link(self, subject: Subject) -> str:
        return (subject.area or subject.site.root_page).full_url or ""

    def feed_url(self, subject: Subject) -> str:
        return f"{subject.site.root_url}{feed_path(subject.area)}"

    def feed_guid(self, subject: Subject) -> str:
        return (subject.area or subject.site.root_page).translation_key.urn

    def items(self, subject: Subject) -> list[Entry]:
        return [(article, subject.changed.get(article.pk)) for article in subject.articles]

    def item_title(self, item: Entry) -> str:
        return item[0].title

    def item_description(self, item: Entry) -> str:
        return item[0].search_description or item[0].standfirst

    def item_link(self, item: Entry) -> str:
        return item[0].full_url or ""

    def item_guid(self, item: Entry) -> str:
        """The same for ever: an article that moves, or a site with another name, is no news."""
        return item[0].translation_key.urn

    def item_author_name(self, item: Entry) -> str:
        names = [author.name for author in item[0].authors.all()]
        return ", ".join(names) or str(settings.WAGTAIL_SITE_NAME)

    def item_pubdate(self, item: Entry) -> datetime.datetime | None:
        return item[0].first_published_at

    def item_updateddate(self, item: Entry) -> datetime.datetime | None:
        return item[1]


def feed_path(area: BodyAreaPage | None) -> str:
    """Where a feed is."""
    return reverse("feed-of-area", args=[area.slug]) if area else reverse("feed")
