"""What stands on every page, and what decides who may read it: asked for once after each change, not at each page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest
from wagtail.models import Page, PageViewRestriction, Site
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

    def is_public(self, page: Page) -> bool:
        return not any(page.path.startswith(path) for path in self.restricted)

    def crumbs(self, page: Page) -> list[Page]:
        """The live pages above one, from the home page down."""
        return [
            above
            for above in self.listed
            if above.depth < page.depth and page.path.startswith(above.path) and above.depth > 1
        ]


def _furniture() -> Furniture:
    from articles.models.pages import ConditionPage  # pages are made of this module

    return Furniture(
        listed=list(
            Page.objects.live().not_type(ConditionPage).order_by("path").defer_streamfields().specific()
        ),
        restricted=list(PageViewRestriction.objects.values_list("page__path", flat=True)),
        settings={row.site_id: row for row in PublisherSettings.objects.all()},
    )


furniture = Remembered(_furniture)


def public(pages: PageQuerySet) -> PageQuerySet:
    """As Wagtail's `public()`: without the pages that are not for everybody."""
    hidden = Q()
    for path in furniture().restricted:
        hidden |= Q(path__startswith=path)
    return pages.exclude(hidden) if hidden else pages


def furnish(request: HttpRequest) -> None:
    """Spare the request the query for its publisher settings, where they were ever saved."""
    site = Site.find_for_request(request)
    own = furniture().settings.get(site.pk) if site is not None else None
    if own is not None:
        setattr(request, PublisherSettings.get_cache_attr_name(), own)
