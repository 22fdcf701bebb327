"""`/sitemap.xml` with honest dates, and `/robots.txt`."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as django_views
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from wagtail.models import Page, Site

from articles.changes import pages_changed
from articles.days import site_day
from articles.models import Reviewer
from articles.profiles import known_to_readers
from products.freshness import keep, next_midnight

A_FILE = 5000
"""Pages in one file. The protocol takes 50,000; smaller ones are made in less than a second."""


class PublicPages(Sitemap):
    """Every live public page of the site that a request names."""

    limit = A_FILE

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.changed: dict[int, datetime.datetime] = {}

    def items(self) -> Any:
        site = Site.find_for_request(self.request)
        if site is None:
            return Page.objects.none().order_by("path")
        return Page.objects.live().public().descendant_of(site.root_page, inclusive=True).order_by("path")

    def location(self, page: Page) -> str:
        return page.get_full_url(self.request) or ""

    def lastmod(self, page: Page) -> datetime.datetime | None:
        return self.changed.get(page.pk)

    def get_latest_lastmod(self) -> None:
        """Not in the index: the dates stand in the files, and reading all of them would cost as much as all files."""

    def _urls(self, page: int, protocol: str, domain: str) -> list[dict[str, Any]]:
        """As Django's, but addresses are whole already, and the dates of a file are read at once."""
        pages = list(self.paginator.page(page).object_list)
        self.changed = pages_changed(pages)
        return [
            {"item": item, "location": self.location(item), "lastmod": self.lastmod(item)} for item in pages
        ]


class Profiles(Sitemap):
    """The reviewers whom readers may know. Without dates: what stands there changes as reviews come and go."""

    def __init__(self, request: HttpRequest) -> None:
        self.site = Site.find_for_request(request)

    def items(self) -> Any:
        return known_to_readers(site_day(timezone.now())).order_by("pk")

    def location(self, reviewer: Reviewer) -> str:
        return f"{self.site.root_url if self.site else ''}{reverse('reviewer', args=[reviewer.slug])}"

    def _urls(self, page: int, protocol: str, domain: str) -> list[dict[str, Any]]:
        reviewers = self.paginator.page(page).object_list
        return [{"item": reviewer, "location": self.location(reviewer)} for reviewer in reviewers]


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """All pages in one file, or the index of the files if there are many."""
    sections = _sections(request)
    if PublicPages(request).paginator.num_pages > 1:
        response = django_views.index(request, sections, sitemap_url_name="sitemap-file")
    else:
        response = django_views.sitemap(request, sections)
    return _kept(request, response)


@require_safe
def sitemap_file(request: HttpRequest, section: str) -> HttpResponse:
    """One of the files that the index names."""
    return _kept(request, django_views.sitemap(request, _sections(request), section=section))


def _kept(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    keep(request, response, until=next_midnight(site_day(timezone.now())))
    return response


def _sections(request: HttpRequest) -> dict[str, type[Sitemap] | Sitemap]:
    return {"pages": PublicPages(request), "reviewers": Profiles(request)}


NOT_FOR_ROBOTS = ("/admin/", "/documents/", "/go/", "/report-a-problem/", "/search/")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may read: the pages. Nothing at all where the site asks search engines to stay away."""
    if not settings.SEARCH_ENGINES:
        return _robots(request, "User-agent: *", "Disallow: /")
    site = Site.find_for_request(request)
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_ROBOTS)]
    if site is not None:
        lines += ["", f"Sitemap: {site.root_url}/sitemap.xml"]
    return _robots(request, *lines)


def _robots(request: HttpRequest, *lines: str) -> HttpResponse:
    return _kept(request, HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8"))
