"""Remembers where a reader shops, once they have said so themselves."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from products.readers import REGION_COOKIE, REGION_COOKIE_AGE

# "none" is a bookmark or an address that was typed or sent; "cross-site" a link from elsewhere. Neither is a choice.
_FROM_OUR_OWN_FORM = frozenset({"", "same-origin"})


class RegionChoiceMiddleware:
    """Answers to `?region=` are the reader's own and never stored; their choice goes into a first-party cookie.

    The view says, by `readers.region_switch`, that it took the parameter for a choice. A link from another site, a
    prefetch and a HEAD show the order that was asked for and set no cookie: nobody chose.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        chosen = getattr(request, "chosen_region", None)
        if chosen is None:
            return response
        response["Cache-Control"] = "private, no-store"
        if chosen and request.method == "GET" and _is_choice(request):
            response.set_cookie(
                REGION_COOKIE,
                chosen,
                max_age=REGION_COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def _is_choice(request: HttpRequest) -> bool:
    site = request.META.get("HTTP_SEC_FETCH_SITE", "")
    return site in _FROM_OUR_OWN_FORM and not any(
        name in request.META for name in ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")
    )
