"""What the head of a page says to search engines and to sites where its address is shared."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.template import Context
from django.utils.safestring import SafeString
from wagtail.models import Site

from articles.feeds import feed_path
from articles.markup import page_graph, reviewer_graph
from articles.models import BodyAreaPage, Reviewer
from articles.templatetags.article_tags import json_ld

register = template.Library()

LISTED = frozenset({"reviewers", "reviewer"})
"""Views whose pages search engines may list."""


@register.simple_tag(takes_context=True)
def page_markup(context: Context) -> SafeString | str:
    """The page's JSON-LD, or nothing for a type of page that has none here."""
    request, page = context.get("request"), context.get("page")
    reviewer = context.get("reviewer")
    graph = None
    if request is not None and page:
        graph = page_graph(page, request, {str(name): value for name, value in context.flatten().items()})
    elif request is not None and isinstance(reviewer, Reviewer):
        graph = reviewer_graph(reviewer, context.get("credential"), request)
    return json_ld(graph) if graph else ""


@register.simple_tag(takes_context=True)
def own_address(context: Context) -> str:
    """The plain address of a page for search engines that is no page of the tree; "" for all others."""
    request = context.get("request")
    match = request.resolver_match if request is not None else None
    site = Site.find_for_request(request) if match and match.url_name in LISTED else None
    return f"{site.root_url}{request.path}" if site and request is not None else ""


@register.simple_tag
def is_for_search_engines() -> bool:
    """False on a site that asks search engines to stay away (`SEARCH_ENGINES`)."""
    return bool(settings.SEARCH_ENGINES)


@register.simple_tag(takes_context=True)
def own_body_area(context: Context) -> BodyAreaPage | None:
    """The body area that a page is, or stands in."""
    page = context.get("page")
    areas = context.get("body_areas") or ()
    return next((area for area in areas if page and page.path.startswith(area.path)), None)


@register.simple_tag
def feed_address(area: BodyAreaPage | None = None) -> str:
    """Where the Atom feed of a body area is, or that of the site."""
    return feed_path(area)
