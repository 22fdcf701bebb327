"""How a reader's address becomes a page: Wagtail's way, with the site and its home page remembered, not asked for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from wagtail import views
from wagtail.models import Site

from products.freshness import Remembered

MOST_NAMES = 64
"""How many names of the site are remembered: whoever asks may send any that is allowed."""

_sites: Remembered[dict[tuple[str, str], Site]] = Remembered(dict)
"""Which site answers under a name and port; filled as they are asked for, emptied when anything changes."""


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """Wagtail's view of a page. The home page itself, which a view may write on, is fetched for each request."""
    if path.strip("/"):
        request._wagtail_site = _site_of(request)  # type: ignore[attr-defined]  # where `Site.find_for_request` keeps it
    response: HttpResponse = views.serve(request, path)
    return response


def _site_of(request: HttpRequest) -> Site | None:
    name, _port = split_domain_port(request._get_raw_host())  # type: ignore[attr-defined]  # as Wagtail does
    known, asked = _sites(), (name, request.get_port())
    site = known.get(asked)
    if site is None:
        site = Site._find_for_request(request)
        if site is None or len(known) >= MOST_NAMES:
            return site
        site.root_page = site.root_page.specific
        known[asked] = site
    return site
