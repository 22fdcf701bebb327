"""Where a Buy button leads: found in the database alone, nothing of it comes from the request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, OuterRef, Subquery
from django.db.models.functions import Cast, JSONObject
from wagtail.models import Page, ReferenceIndex

from products import programmes
from products.destinations import must_be_direct
from products.models import Offer, Product, Region
from products.prepared import ask
from products.programmes.address import is_web_address
from products.regions import RegionChoice

LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Departure:
    """A stored offer that a reader may be sent to now, and the page they come from."""

    offer_id: int
    page_id: int | None
    """The page that the request names, if it is live and shows the product."""
    destination: str
    network: str | None
    """The slug of the programme's adapter; None where nobody pays."""
    identity: str
    """The programme's settings, as JSON; empty where nobody pays."""
    regions: Mapping[int, RegionChoice]
    """Every region of the site by its primary key, in order."""

    @property
    def is_direct(self) -> bool:
        """Whether the button must show the shop's own address (see `must_be_direct`)."""
        return must_be_direct(self.network, self.destination)

    def way(self) -> str | None:
        """Where to send a reader. None if they may not be sent: the button must show the shop's own address, or the
        programme was changed under the link so that there is none."""
        if self.is_direct:
            return None
        try:
            return self.location()
        except programmes.ProgrammeError:
            return None

    def location(self) -> str:
        """The address to send a reader to: what `programmes.build` gives for the stored offer.

        Raises `programmes.ProgrammeError` if the programme, or the address, was changed so that there is none.
        """
        if self.network is None:
            built = self.destination
        else:
            built = _built(self.network, self.identity, self.destination, sub_id_of(self.page_id))
        if not built.isascii() or not is_web_address(built):
            raise programmes.ProgrammeError("destination", "This address cannot stand in a header.")
        return built


def sub_id_of(page_id: int | None) -> str:
    """What a network's statistics call a page of ours; nothing for no page."""
    return "" if page_id is None else f"p{page_id}"


def key_of(text: str) -> int | None:
    """A primary key as it may stand in an address, or None."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_KEY))):
        return None
    key = int(text)
    return key if 0 < key <= LARGEST_KEY else None


def find(offer_id: int, page_id: int | None) -> Departure | None:
    """Where the button of an offer leads now. None where readers may no longer be sent: then there is no such button."""
    statement, parameters = question(offer_id, page_id)
    row = ask(statement, parameters, repeatable=True)
    return None if row is None else departure_from(offer_id, row)


def question(offer_id: int, page_id: int | None) -> tuple[str, list[Any]]:
    """The statement that finds a departure, with its parameters. It gives the columns of `COLUMNS`, in one row or none."""
    statement, parameters = _question()
    given: dict[Any, int | str] = {
        _OFFER: offer_id,
        _PAGE: page_id or 0,
        _PAGE_AS_TEXT: str(page_id or 0),
        _PRODUCTS: ContentType.objects.get_for_model(Product).pk,
        _PAGES: ContentType.objects.get_for_model(Page).pk,
    }
    return statement, [given.get(value, value) for value in parameters]


COLUMNS = ("destination", "network", "identity", "page", "regions")


def departure_from(offer_id: int, row: Sequence[Any]) -> Departure:
    destination, network, identity, page, regions = row
    return Departure(offer_id, page, destination, network, identity or "", _regions_from(tuple(regions)))


# Pure, and asked again and again with the few values that the database holds.


@lru_cache(maxsize=8192)
def _built(network: str, identity: str, destination: str, sub_id: str) -> str:
    return programmes.build(network, json.loads(identity), destination, sub_id)


@lru_cache(maxsize=8)
def _regions_from(rows: tuple[str, ...]) -> Mapping[int, RegionChoice]:
    read = [json.loads(row) for row in rows]
    return {
        row["pk"]: RegionChoice(row["code"], frozenset(row["countries"]), row["is_default"]) for row in read
    }


# Stand in the compiled question where a request's values go.
_OFFER, _PAGE, _PRODUCTS, _PAGES, _PAGE_AS_TEXT = -1, -2, -3, -4, "-5"


@cache
def _question() -> tuple[str, tuple[Any, ...]]:
    """`Offer.objects.showable()` and all that a departure needs, as one statement with its parameters.

    Compiled once: to make this SQL takes Django 2 ms, to run it takes PostgreSQL a fraction of one.
    """
    shows_the_product = ReferenceIndex.objects.filter(
        to_content_type=_PRODUCTS,
        to_object_id=Cast(OuterRef(OuterRef("product_id")), CharField()),
        base_content_type=_PAGES,
        object_id=_PAGE_AS_TEXT,
    )
    page = Page.objects.live().filter(Exists(shows_the_product), pk=_PAGE).values("pk")[:1]
    regions = Region.objects.order_by("sort_order", "code").values(
        data=JSONObject(pk="pk", code="code", countries="countries", is_default="is_default")
    )
    query = (
        Offer.objects.showable()
        .filter(pk=_OFFER)
        .annotate(page=Subquery(page), regions=ArraySubquery(regions))
        .values_list(
            "destination",
            "retailer__programme__network",
            "retailer__programme__identity",
            "page",
            "regions",
        )
    )
    statement, parameters = query.query.sql_with_params()
    return statement, parameters
