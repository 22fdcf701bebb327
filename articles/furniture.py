"""What stands on every page, and what decides who may read it: asked for once after each change, not at each page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.models.sites import SiteRootPath
from wagtail.query import PageQuerySet

from articles.models.settings import PublisherSettings
from products.freshness import Remembered


@dataclass(frozen=True, slots=True)
class Furniture:
    """Shared by every request of a process: read it, and change nothing."""

    listed: Sequence[Page]
    """Every live page that is no article, each as its own type without its body, in the order of the tree."""
    restricted: Sequence[str]
    """The paths of the pages that, with all below them, are not for everybody."""
    settings: Mapping[int, PublisherSettings]
    """By the primary key of the site."""
    roots: Sequence[SiteRootPath]
    """Of which site a path is the home page, the longest path first."""

    def is_public(self, page: Page) -> bool:
        return not any(page.path.startswith(path) for path in self.restricted)

    def crumbs(self, page: Page) -> list[Page]:
        """The live pages above one, from the home page down."""
        return [
            above
            for above in self.listed
            if above.depth < page.depth and page.path.startswith(above.path) and above.depth > 1
        ]


restricted_paths = Remembered(lambda: tuple(PageViewRestriction.objects.values_list("page__path", flat=True)))
"""`Furniture.restricted` alone, for who needs no more."""


def _furniture() -> Furniture:
    from articles.models.pages import ConditionPage  # pages are made of this module

    return Furniture(
        listed=list(
            Page.objects.live().not_type(ConditionPage).order_by("path").defer_streamfields().specific()
        ),
        restricted=restricted_paths(),
        settings={row.site_id: row for row in PublisherSettings.objects.all()},
        roots=[
            SiteRootPath(site.pk, site.root_page.url_path, site.root_url, settings.LANGUAGE_CODE)
            for site in Site.objects.select_related("root_page").order_by(
                "-root_page__url_path", "-is_default_site", "hostname"
            )
        ],
    )


furniture = Remembered(_furniture)


def public(pages: PageQuerySet) -> PageQuerySet:
    """As Wagtail's `public()`: without the pages that are not for everybody."""
    hidden = Q()
    for path in furniture().restricted:
        hidden |= Q(path__startswith=path)
    return pages.exclude(hidden) if hidden else pages


def furnish(request: HttpRequest, page: Page) -> None:
    """Spare the request what Wagtail would ask: the publisher settings, where they were ever saved, and `hold_roots`."""
    hold_roots(furniture().roots, request, page)
    site = Site.find_for_request(request)
    own = furniture().settings.get(site.pk) if site is not None else None
    if own is not None:
        setattr(request, PublisherSettings.get_cache_attr_name(), own)


def hold_roots(roots: Sequence[SiteRootPath], *holders: HttpRequest | Page) -> None:
    """Spare requests and pages the home pages of all sites: Wagtail fetches them from Redis for each request, and once
    more for each page's whole address."""
    for holder in holders:
        setattr(holder, "_wagtail_cached_site_root_paths", roots)  # noqa: B010  Wagtail's own place for it
