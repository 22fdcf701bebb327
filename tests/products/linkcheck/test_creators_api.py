"""What is said to Amazon's Creators API, and how its answers are read."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.linkcheck.creators_api import (
    HOSTS,
    Area,
    Credentials,
    Refused,
    Token,
    Trouble,
    area_of,
    items_message,
    read_items,
    read_token,
    token_message,
)
from products.linkcheck.listing import Listing, Missing, Price, Untold
from products.linkcheck.page import Stock
from products.programmes.amazon import MARKETPLACES

ASIN, OTHER = "B0DEMO0001", "B0DEMO0002"


def offer(kind: str, amount: object = 9.99, **more) -> dict:
    return {"availability": {"type": kind}, "price": {"money": {"amount": amount, "currency": "GBP"}}, **more}


def answer(*items: dict, faults: list[dict] | None = None) -> str:
    return json.dumps({"itemsResult": {"items": list(items)}, "errors": faults or []})


def item(*offers: dict, **more) -> dict:
    return {"asin": ASIN, "offersV2": {"listings": list(offers)}, **more}


def test_a_token_is_asked_of_the_area_s_own_host_and_nothing_shows_the_secret():
    credentials = Credentials(Area.EUROPE, "key", "hush")
    message = token_message(credentials)
    assert message.url == "https://api.amazon.co.uk/auth/o2/token"
    assert json.loads(message.body) == {
        "grant_type": "client_credentials",
        "client_id": "key",
        "client_secret": "hush",
        "scope": "creatorsapi::default",
    }
    assert "hush" not in repr(credentials)
    assert "abc" not in repr(Token("abc", 10.0))


def test_products_are_asked_of_their_marketplace_with_its_tag():
    message = items_message(Token("abc", 10.0), marketplace="amazon.co.uk", tag="x-21", asins=[ASIN, OTHER])
    assert message.url == "https://creatorsapi.amazon/catalog/v1/getItems"
    assert message.headers["Authorization"] == "Bearer abc"
    assert message.headers["x-marketplace"] == "www.amazon.co.uk"
    said = json.loads(message.body)
    assert (said["partnerTag"], said["itemIds"]) == ("x-21", [ASIN, OTHER])


def test_every_marketplace_belongs_to_an_area_with_a_host_of_its_own():
    areas = {shop.domain: area_of(shop) for shop in MARKETPLACES.values()}
    assert set(areas.values()) == set(Area)
    assert (areas["amazon.co.uk"], areas["amazon.com"], areas["amazon.co.jp"]) == (
        Area.EUROPE,
        Area.NORTH_AMERICA,
        Area.FAR_EAST,
    )
    assert len(HOSTS) == 4


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (200, '{"access_token": "abc", "expires_in": 3600}', Token),
        (200, '{"access_token": ""}', Trouble),
        (200, '{"access_token": "a\\nb"}', Trouble),
        (200, "<html>", Trouble),
        (401, '{"error": "invalid_client"}', Refused),
        (400, "[]", Refused),
        (429, "", Trouble),
        (500, "", Trouble),
        (None, "", Trouble),
    ],
)
def test_what_comes_of_asking_for_a_token(status, text, kind):
    assert isinstance(read_token(status, text), kind)


@pytest.mark.parametrize(
    ("offers", "stock", "price"),
    [
        ([offer("IN_STOCK")], Stock.IN, Decimal("9.99")),
        ([offer("IN_STOCK_SCARCE")], Stock.IN, Decimal("9.99")),
        ([offer("PREORDER")], Stock.IN, Decimal("9.99")),
        ([offer("OUT_OF_STOCK")], Stock.OUT, Decimal("9.99")),
        ([offer("UNAVAILABLE", None)], Stock.OUT, None),
        ([offer("UNKNOWN")], None, Decimal("9.99")),
        ([offer("SOMETHING NEW")], None, Decimal("9.99")),
        ([], None, None),  # no offer listed: out of stock, or not to be shown through the API
        ([offer("OUT_OF_STOCK", 1), offer("IN_STOCK", 2, isBuyBoxWinner=True)], Stock.IN, Decimal("2.00")),
        ([offer("IN_STOCK", float("nan"))], Stock.IN, None),
        ([offer("IN_STOCK", "1e400")], Stock.IN, None),
        ([offer("IN_STOCK", True)], Stock.IN, None),
        ([offer("IN_STOCK", -1)], Stock.IN, None),
    ],
)
def test_stock_and_price_are_those_of_the_offer_that_readers_get(offers, stock, price):
    entry = read_items(200, answer(item(*offers)), [ASIN])[ASIN]
    assert entry == Listing(ASIN, stock=stock, price=Price(price, "GBP") if price else None)


def test_title_and_codes_are_read():
    info = {
        "title": {"displayValue": "Sleeve"},
        "externalIds": {"eans": {"displayValues": ["9521234001379", "x"]}},
    }
    entry = read_items(200, answer(item(itemInfo=info)), [ASIN])[ASIN]
    assert entry == Listing(ASIN, "Sleeve", ("09521234001379",))


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("ItemNotFound", f"No item {ASIN}", Missing),
        ("InvalidParameterValue", f"The ItemId {ASIN} provided in the request is invalid.", Missing),
        ("ItemNotAccessible", f"The ItemId {ASIN} is not accessible.", Untold),
        ("ItemNotFound", f"No item {OTHER}", Untold),
        ("SomethingNew", f"{ASIN}", Untold),
    ],
)
def test_only_a_fault_that_names_the_product_and_says_that_there_is_none_counts(code, message, kind):
    found = read_items(200, answer(faults=[{"code": code, "message": message}]), [ASIN])
    assert isinstance(found[ASIN], kind)


@pytest.mark.parametrize(
    ("status", "said", "found"),
    [
        (401, {"reason": "TokenExpired"}, Trouble.EXPIRED),
        (429, {}, Trouble.THROTTLED),
        (500, {}, Trouble.FAILED),
        (302, {}, Trouble.FAILED),
        (None, {}, Trouble.FAILED),
        (200, {}, Trouble.FAILED),
        (400, {"reason": "FieldValidationFailed"}, Trouble.FAILED),
    ],
)
def test_an_answer_that_says_nothing_of_any_product_is_trouble(status, said, found):
    assert read_items(status, json.dumps(said), [ASIN]) is found


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (403, "AssociateNotEligible", "access has lapsed"),
        (403, "Other", "Other, status 403"),
        (403, "", "no reason given"),
        (400, "InvalidPartnerTag", "the tag does not belong"),
    ],
)
def test_a_refusal_says_why(status, reason, words):
    found = read_items(status, json.dumps({"reason": reason}), [ASIN])
    assert isinstance(found, Refused)
    assert words in found.reason


def test_not_found_names_what_it_did_not_find():
    found = read_items(404, json.dumps({"resourceId": ASIN}), [ASIN, OTHER])
    assert isinstance(found[ASIN], Missing)
    assert isinstance(found[OTHER], Untold)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from([ASIN, "IN_STOCK", "GBP", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "itemsResult",
                    "items",
                    "asin",
                    "errors",
                    "code",
                    "message",
                    "offersV2",
                    "listings",
                    "price",
                    "money",
                    "amount",
                    "currency",
                    "availability",
                    "type",
                    "itemInfo",
                    "externalIds",
                    "eans",
                    "displayValues",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(st.one_of(JSON.map(json.dumps), st.text()), st.sampled_from([200, 401, 403, 404, 429, 500, None]))
def test_no_answer_can_break_the_reader(text, status):
    found = read_items(status, text, [ASIN])
    assert isinstance(found, Refused | Trouble) or set(found) == {ASIN}
    read_token(status, text)
