"""The language of Amazon's Creators API: what to send, and what an answer says. Pure: `products/api_round.py` asks.

One access token (OAuth 2, client credentials) is good for an hour and for all marketplaces of its area. `getItems`
takes up to ten ASINs of one marketplace. The shapes are those of Amazon's own client library, version 3 of its
credentials; they were read second-hand, so operators must read the current documentation before they rely on it:
https://affiliate-program.amazon.com/creatorsapi/docs/en-us/introduction
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from products.linkcheck.listing import Entry, Listing, Missing, Price, Untold
from products.linkcheck.page import Stock
from products.programmes.amazon import MARKETPLACES, Marketplace

HOST: Final = "creatorsapi.amazon"
MOST_ITEMS: Final = 10  # ASINs in one request
SOURCE: Final = "Amazon Creators API"


class Area(StrEnum):
    """What a pair of credentials is good for."""

    NORTH_AMERICA = "NA"
    EUROPE = "EU"  # with the Middle East and India
    FAR_EAST = "FE"


_TOKEN_HOSTS: Final[Mapping[Area, str]] = {
    Area.NORTH_AMERICA: "api.amazon.com",
    Area.EUROPE: "api.amazon.co.uk",
    Area.FAR_EAST: "api.amazon.co.jp",
}
_NORTH_AMERICA: Final = frozenset({"amazon.com", "amazon.ca", "amazon.com.mx", "amazon.com.br"})
_FAR_EAST: Final = frozenset({"amazon.co.jp", "amazon.sg", "amazon.com.au"})

HOSTS: Final = frozenset({HOST, *_TOKEN_HOSTS.values()})
"""The only hosts to which anything is ever sent."""

_RESOURCES: Final = (
    "itemInfo.title",
    "itemInfo.externalIds",
    "offersV2.listings.availability",
    "offersV2.listings.price",
    "offersV2.listings.isBuyBoxWinner",
)
_STOCK: Final[Mapping[str, Stock]] = {
    "IN_STOCK": Stock.IN,
    "IN_STOCK_SCARCE": Stock.IN,
    "LEADTIME": Stock.IN,
    "PREORDER": Stock.IN,
    "AVAILABLE_DATE": Stock.IN,
    "OUT_OF_STOCK": Stock.OUT,
    "UNAVAILABLE": Stock.OUT,
}
_NO_SUCH_ITEM: Final = frozenset({"ItemNotFound", "InvalidItemId", "InvalidParameterValue"})
_REFUSALS: Final[Mapping[str, str]] = {
    "AssociateNotEligible": "the account has not made the sales that access asks for, and access has lapsed",
    "InvalidAssociate": "the account has no store in this marketplace",
    "InvalidPartnerTag": "the tag does not belong to the account",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What Associates Central gives out for one area. The secret never stands in a representation."""

    area: Area
    key: str
    secret: str

    def __repr__(self) -> str:
        return f"Credentials({self.area.value})"


@dataclass(frozen=True, slots=True)
class Message:
    """A request to be sent by POST."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and the seconds for which it is good."""

    value: str
    seconds: float

    def __repr__(self) -> str:
        return f"Token({self.seconds:.0f} s)"


class Trouble(StrEnum):
    """Why an answer says nothing of any product."""

    EXPIRED = "expired"  # the access token ran out or was withdrawn: fetch another
    THROTTLED = "throttled"
    FAILED = "failed"  # Amazon's server failed, or its answer could not be read


@dataclass(frozen=True, slots=True)
class Refused:
    """Amazon will not answer us; `reason` in words."""

    reason: str


def area_of(marketplace: Marketplace) -> Area:
    if marketplace.domain in _NORTH_AMERICA:
        return Area.NORTH_AMERICA
    return Area.FAR_EAST if marketplace.domain in _FAR_EAST else Area.EUROPE


def token_message(credentials: Credentials) -> Message:
    """Asks for an access token."""
    words = {
        "grant_type": "client_credentials",
        "client_id": credentials.key,
        "client_secret": credentials.secret,
        "scope": "creatorsapi::default",
    }
    return _message(f"https://{_TOKEN_HOSTS[credentials.area]}/auth/o2/token", words)


def read_token(status: int | None, text: str) -> Token | Refused | Trouble:
    """What came of `token_message`."""
    said = _object(text)
    value, seconds = said.get("access_token"), said.get("expires_in", 3600)
    if status == 200 and isinstance(value, str) and value.isascii() and value.isprintable() and value:
        return Token(value, float(seconds) if isinstance(seconds, int | float) else 3600.0)
    if status in (400, 401, 403):
        return Refused(f"Amazon does not accept our credentials ({_word(said, 'error') or status}).")
    return Trouble.THROTTLED if status == 429 else Trouble.FAILED


def items_message(token: Token, *, marketplace: str, tag: str, asins: Sequence[str]) -> Message:
    """Asks for up to ten products of one marketplace."""
    assert 0 < len(asins) <= MOST_ITEMS
    assert marketplace in MARKETPLACES
    words = {"partnerTag": tag, "itemIds": list(asins), "resources": list(_RESOURCES)}
    headers = {"Authorization": f"Bearer {token.value}", "x-marketplace": f"www.{marketplace}"}
    return _message(f"https://{HOST}/catalog/v1/getItems", words, headers)


def read_items(
    status: int | None, text: str, asins: Collection[str]
) -> Mapping[str, Entry] | Refused | Trouble:
    """What came of `items_message`: an entry for each ASIN, or why there is none."""
    said = _object(text)
    reason = _word(said, "reason")
    if status == 200 and ("itemsResult" in said or "errors" in said):
        return _entries(said, asins)
    if status == 404:  # one name for all that it did not find
        named = _word(said, "resourceId")
        return {
            asin: Missing(asin, f"Amazon's catalogue has no product {asin}.")
            if asin in named
            else Untold("Amazon's catalogue gave no answer for this product.")
            for asin in asins
        }
    if status == 401:
        return Trouble.EXPIRED
    if status == 403 or reason in _REFUSALS:
        why = _REFUSALS.get(reason, f"{reason or 'no reason given'}, status {status}")
        return Refused(f"Amazon's API refuses us: {why}.")
    return Trouble.THROTTLED if status == 429 else Trouble.FAILED


def _entries(said: Mapping[str, Any], asins: Collection[str]) -> dict[str, Entry]:
    result = said.get("itemsResult")
    items = result.get("items") if isinstance(result, dict) else None
    found = {
        _word(item, "asin"): _listing(item)
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and _word(item, "asin") in asins
    }
    faults = said.get("errors")
    told = [fault for fault in (faults if isinstance(faults, list) else []) if isinstance(fault, dict)]
    return {asin: found.get(asin) or _not_found(asin, told) for asin in asins}


def _not_found(asin: str, faults: Sequence[Mapping[str, Any]]) -> Entry:
    """Only a fault that names the product and says that there is none counts as gone: many products of Amazon's are
    well and not to be had through the API (`ItemNotAccessible`)."""
    codes = [_word(fault, "code") for fault in faults if asin in _word(fault, "message")]
    if any(code in _NO_SUCH_ITEM for code in codes):
        return Missing(asin, f"Amazon's catalogue has no product {asin}.")
    return Untold(f"Amazon's API tells nothing of {asin}{f' ({codes[0][:40]})' if codes else ''}.")


def _listing(item: Mapping[str, Any]) -> Listing:
    info = _dict(item, "itemInfo")
    codes = _dict(_dict(info, "externalIds"), "eans").get("displayValues")
    gtins = tuple(
        code.zfill(14)
        for code in (codes if isinstance(codes, list) else [])[:20]
        if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) <= 14
    )
    offered = _dict(item, "offersV2").get("listings")
    offers = [offer for offer in (offered if isinstance(offered, list) else []) if isinstance(offer, dict)]
    offer = next((one for one in offers if one.get("isBuyBoxWinner") is True), offers[0] if offers else {})
    return Listing(
        code=_word(item, "asin"),
        title=_word(_dict(info, "title"), "displayValue")[:500],
        gtins=gtins,
        stock=_STOCK.get(_word(_dict(offer, "availability"), "type")),
        price=_price(_dict(_dict(offer, "price"), "money")),
    )


def _price(money: Mapping[str, Any]) -> Price | None:
    amount, currency = money.get("amount"), _word(money, "currency")
    if isinstance(amount, bool) or not isinstance(amount, int | float | str) or not currency.isalpha():
        return None
    try:
        exact = Decimal(str(amount)).quantize(Decimal("0.01"))
        is_price = 0 < exact < 10_000_000 and len(currency) == 3
    except InvalidOperation:  # infinite, or no number at all
        return None
    return Price(exact, currency) if is_price else None


def _message(url: str, words: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Message:
    common = {"Content-Type": "application/json", "Accept": "application/json"}
    return Message(url, {**common, **(headers or {})}, json.dumps(words).encode())


def _object(text: str) -> Mapping[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _dict(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _word(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    return found if isinstance(found, str) else ""
