"""What readers ask for besides pages: the way to a shop, and their region."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from wagtail.models import Page

from products.clicks.counting import count, is_repeat
from products.clicks.departures import Departure, find, key_of
from products.clicks.following import follow
from products.clicks.robots import is_robot
from products.clicks.visits import is_person_following, is_person_telling
from products.models import Offer, Region
from products.readers import address_of, region_of, visit_of
from products.regions import RegionChoice
from products.shelf import ShownOffer, stock_shelf

NOT_STORED = "private, no-store"
NOT_INDEXED = "noindex, nofollow"


@csrf_exempt  # it changes nothing that is anybody's, and asks for no cookie
def go(request: HttpRequest, offer: str) -> HttpResponse:
    """`/go/<offer>/?p=<page>`: count the click, and send the reader to the shop that the button named.

    307 to what `programmes.build` gives for the stored offer, or a small page (200; 404 for an offer that never
    was) with what can be offered instead.
    """
    if request.method not in {"GET", "HEAD"}:
        return _settled(HttpResponseNotAllowed(["GET", "HEAD"]))
    offer_id, page_id = key_of(offer), key_of(request.GET.get("p", ""))
    way = None
    if offer_id is not None:
        now = timezone.now()
        way = follow(
            offer_id,
            page_id,
            region_of=partial(_region_in, request),
            is_person=partial(_is_person, request, offer_id, is_person_following, now),
            now=now,
        )
    if way is None:
        return _settled(_instead(request, offer_id, page_id))
    answer = HttpResponse(status=307, headers={"Location": way})
    answer._csp_exempt = True  # type: ignore[attr-defined]  # as `csp_exempt` does, of an answer without a body alone
    return _settled(answer)


@csrf_exempt  # a beacon bears no token; it can do no more than following the link could
def clicked(request: HttpRequest, offer: str) -> HttpResponse:
    """`/clicked/<offer>/?p=<page>`: a reader's browser tells that it followed a link which may not lead through us.

    Counts a known, showable offer with such a link on a live page that shows it, and nothing else. Always 204.
    """
    if request.method != "POST":
        return _settled(HttpResponseNotAllowed(["POST"]))
    offer_id, page_id = key_of(offer), key_of(request.GET.get("p", ""))
    if offer_id is not None and page_id is not None and _is_from_us(request):
        departure = find(offer_id, page_id)
        if departure is not None and departure.is_direct and departure.page_id is not None:
            now = timezone.now()
            is_person = _is_person(request, offer_id, is_person_telling, now)
            count(offer_id, departure.page_id, _region_in(request, departure), is_person=is_person, now=now)
    return _settled(HttpResponse(status=204))


def region(request: HttpRequest) -> HttpResponse:
    """`/region/`: where this reader shops, for the few lines of script on a page that is the same for everyone."""
    if request.method not in {"GET", "HEAD"}:
        return _settled(HttpResponseNotAllowed(["GET", "HEAD"]))
    rows = Region.objects.values_list("code", "countries", "is_default")
    regions = [RegionChoice(code, frozenset(countries), is_default) for code, countries, is_default in rows]
    return _settled(JsonResponse({"region": region_of(request, regions) if regions else None}))


def _is_person(
    request: HttpRequest, offer_id: int, judge: Callable[..., bool], now: datetime.datetime
) -> bool:
    """Whether a person followed, or told of, a link that they did not follow a moment ago."""
    visit = visit_of(request)
    return judge(visit, is_robot=is_robot(visit.user_agent)) and not is_repeat(
        address_of(request), visit.user_agent, offer_id, day=timezone.localdate(now)
    )


def _region_in(request: HttpRequest, departure: Departure) -> int:
    """The primary key of the region where the reader shops."""
    code = region_of(request, list(departure.regions.values()))
    return next(pk for pk, region in departure.regions.items() if region.code == code)


def _is_from_us(request: HttpRequest) -> bool:
    """Whether a browser says that a page of ours sent the request, or says nothing."""
    origin = request.META.get("HTTP_ORIGIN", "")
    if origin and urlsplit(origin).netloc != request.get_host():
        return False
    return request.META.get("HTTP_SEC_FETCH_SITE", "same-origin") == "same-origin"


def _instead(request: HttpRequest, offer_id: int | None, page_id: int | None) -> HttpResponse:
    """The honest page: the shop that the button named is not on, and here is another of the region, or none."""
    known = Offer.objects.select_related("product", "retailer__region", "retailer__programme")
    offer = known.filter(pk=offer_id).first() if offer_id is not None else None
    if offer is None:
        return render(request, "products/gone.html", status=404)
    page = Page.objects.live().public().filter(pk=page_id).first() if page_id is not None else None
    return render(request, "products/gone.html", {"offer": offer, "other": _other(offer), "page": page})


def _other(offer: Offer) -> ShownOffer | None:
    """The first offer of the same product in the same region that a reader may be sent to; the same one if its link
    may not lead through us."""
    placed = stock_shelf([offer.product_id], now=timezone.now())[offer.product_id]
    shown = next((shelf.offers for shelf in placed.regions if shelf.region == offer.retailer.region), ())
    return next((one for one in shown if one.offer.pk == offer.pk), None) or next(iter(shown), None)


def _settled(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = NOT_STORED
    response["X-Robots-Tag"] = NOT_INDEXED
    return response
