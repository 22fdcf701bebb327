"""A stand-in for Amazon's Creators API: tokens for the credentials it knows, and a small catalogue.

It is written from the published shapes, not from the product's own client, so that each can catch the other out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from demo.retailers.answers import Answer
from demo.retailers.server import Request, RetailerServer

HOST = "creatorsapi.amazon"
TOKEN_HOSTS = ("api.amazon.com", "api.amazon.co.uk", "api.amazon.co.jp")
MOST_ITEMS = 10
DEMO_CREDENTIALS = ("the-demo", "no-secret-at-all")
MARKETPLACES = {"www.amazon.com": "USD", "www.amazon.co.uk": "GBP"}


@dataclass(slots=True)
class Item:
    """One product of the catalogue."""

    asin: str
    title: str
    ean: str = ""
    price: Decimal | None = None
    availability: str | None = "IN_STOCK"  # None: no offer is listed
    accessible: bool = True  # through the API


@dataclass(slots=True)
class CreatorsApi:
    """The service. May be changed from any thread while it is served."""

    credentials: Mapping[str, str]  # id → secret
    items: dict[tuple[str, str], Item] = field(default_factory=dict)  # by marketplace and ASIN
    refusal: str = ""  # the reason with which everything is refused, such as "AssociateNotEligible"
    throttled: bool = False
    asked: list[list[str]] = field(default_factory=list)  # the ASINs of each request
    _tokens: list[str] = field(default_factory=list)

    def serve(self, server: RetailerServer) -> None:
        """Answer under the API's own host names."""
        server.api(HOST, self._catalogue)
        for name in TOKEN_HOSTS:
            server.api(name, self._token)

    def stock(self, marketplace: str, item: Item) -> None:
        self.items[marketplace, item.asin] = item

    def withdraw_tokens(self) -> None:
        """From now on the tokens given out are good for nothing."""
        self._tokens.clear()

    def _token(self, request: Request, body: bytes) -> Answer:
        said = json.loads(body)
        if (request.method, request.target) != ("POST", "/auth/o2/token"):
            return _json(HTTPStatus.NOT_FOUND, {})
        if said.get("grant_type") != "client_credentials" or said.get("scope") != "creatorsapi::default":
            return _json(HTTPStatus.BAD_REQUEST, {"error": "invalid_request"})
        if self.credentials.get(said.get("client_id")) != said.get("client_secret"):
            return _json(HTTPStatus.UNAUTHORIZED, {"error": "invalid_client"})
        self._tokens.append(f"Atc|{len(self._tokens)}")
        given = {"access_token": self._tokens[-1], "token_type": "bearer", "expires_in": 3600}
        return _json(HTTPStatus.OK, given)

    def _catalogue(self, request: Request, body: bytes) -> Answer:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or token not in self._tokens:
            return _fault(HTTPStatus.UNAUTHORIZED, "UnauthorizedException", "InvalidToken")
        if self.throttled:
            return _fault(HTTPStatus.TOO_MANY_REQUESTS, "ThrottleException", "")
        if self.refusal:
            return _fault(HTTPStatus.FORBIDDEN, "AccessDeniedException", self.refusal)
        said, marketplace = json.loads(body), request.headers.get("x-marketplace", "")
        if (request.method, request.target) != ("POST", "/catalog/v1/getItems"):
            return _fault(HTTPStatus.BAD_REQUEST, "ValidationException", "UnknownOperation")
        asins = said.get("itemIds", [])
        if marketplace not in MARKETPLACES or not 0 < len(asins) <= MOST_ITEMS or not said.get("partnerTag"):
            return _fault(HTTPStatus.BAD_REQUEST, "ValidationException", "FieldValidationFailed")
        self.asked.append(asins)
        items, faults = [], []
        for asin in asins:
            item = self.items.get((marketplace, asin))
            if item is None:
                message = f"The ItemId {asin} provided in the request is invalid."
                faults.append({"code": "ItemNotFound", "message": message})
            elif not item.accessible:
                message = f"The ItemId {asin} is not accessible through the Creators API."
                faults.append({"code": "ItemNotAccessible", "message": message})
            else:
                items.append(_item(item, marketplace))
        answer: dict[str, Any] = {"itemsResult": {"items": items}} if items else {}
        return _json(HTTPStatus.OK, {**answer, **({"errors": faults} if faults else {})})


def _item(item: Item, marketplace: str) -> dict[str, Any]:
    info: dict[str, Any] = {"title": {"displayValue": item.title, "label": "Title"}}
    if item.ean:
        info["externalIds"] = {"eans": {"displayValues": [item.ean], "label": "EAN"}}
    said: dict[str, Any] = {
        "asin": item.asin,
        "detailPageURL": f"https://{marketplace}/dp/{item.asin}",
        "itemInfo": info,
    }
    if item.availability is not None:
        offer: dict[str, Any] = {"availability": {"type": item.availability}, "isBuyBoxWinner": True}
        if item.price is not None:
            money = {"amount": float(item.price), "currency": MARKETPLACES[marketplace]}
            offer["price"] = {"money": money}
        said["offersV2"] = {"listings": [offer]}
    return said


def _fault(status: HTTPStatus, kind: str, reason: str) -> Answer:
    return _json(status, {"type": kind, "message": kind, **({"reason": reason} if reason else {})})


def _json(status: HTTPStatus, said: object) -> Answer:
    return Answer(status, json.dumps(said).encode(), (("Content-Type", "application/json"),))
