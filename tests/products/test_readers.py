"""Where a reader shops: the order of what is believed, the form, the cookie, and the answer for the script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client, RequestFactory

from products import readers
from products.readers import address_of, region_of
from products.regions import KNOWN_COUNTRY_HEADERS, RegionChoice
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    ProductFactory,
    RegionFactory,
    RetailerFactory,
    product_box,
)
from tests.products.mmdb import write_countries

UK = RegionChoice("UK", frozenset({"GB"}), is_default=True)
US = RegionChoice("US", frozenset({"US"}))
FORGED = {"HTTP_" + name.upper().replace("-", "_"): "US" for name in KNOWN_COUNTRY_HEADERS}


def reader(cookie: str = "", **meta: str):
    request = RequestFactory().get("/", **meta)
    if cookie:
        request.COOKIES["region"] = cookie
    return request


@pytest.fixture
def geoip(tmp_path: Path, settings) -> Path:
    """A file that places 10.0.0.0/8 in the USA and 192.0.2.0/24 in Britain."""
    path = tmp_path / "countries.mmdb"
    write_countries(path, {"10.0.0.0/8": "US", "192.0.2.0/24": "GB"})
    settings.GEOIP_FILE = str(path)
    return path


# --- the order ------------------------------------------------------------------------------------


def test_forged_country_headers_change_nothing_where_none_is_configured():
    assert region_of(reader(**FORGED), [UK, US]) == "UK"


def test_the_header_that_the_operator_named_is_believed_and_no_other(settings):
    settings.COUNTRY_HEADER = "CF-IPCountry"
    assert region_of(reader(HTTP_CF_IPCOUNTRY="US"), [UK, US]) == "US"
    others = {name: value for name, value in FORGED.items() if name != "HTTP_CF_IPCOUNTRY"}
    assert region_of(reader(**others), [UK, US]) == "UK"


def test_the_own_choice_outweighs_the_header(settings):
    settings.COUNTRY_HEADER = "CF-IPCountry"
    assert region_of(reader("UK", HTTP_CF_IPCOUNTRY="US"), [UK, US]) == "UK"


def test_the_file_is_asked_where_no_header_says_more(geoip, settings):
    assert region_of(reader(REMOTE_ADDR="10.1.2.3"), [UK, US]) == "US"
    assert region_of(reader(REMOTE_ADDR="192.0.2.9"), [US, UK]) == "UK"
    settings.COUNTRY_HEADER = "CF-IPCountry"
    assert region_of(reader(REMOTE_ADDR="10.1.2.3", HTTP_CF_IPCOUNTRY="GB"), [UK, US]) == "UK"


def test_a_country_that_the_header_does_not_know_is_asked_of_the_file(geoip, settings):
    settings.COUNTRY_HEADER = "CF-IPCountry"
    assert region_of(reader(REMOTE_ADDR="10.1.2.3", HTTP_CF_IPCOUNTRY="XX"), [UK, US]) == "US"


@pytest.mark.parametrize("address", ["203.0.113.1", "::1", "2001:db8::1", "", "unix:", "x" * 999])
def test_an_address_that_the_file_does_not_know_gets_the_default(geoip, address):
    assert region_of(reader(REMOTE_ADDR=address), [UK, US]) == "UK"


@pytest.mark.parametrize("content", [b"", b"no database", b"\xab\xcd\xefMaxMind.com"])
def test_a_file_that_cannot_be_read_counts_as_none(tmp_path, settings, content, caplog):
    path = tmp_path / "broken.mmdb"
    path.write_bytes(content)
    settings.GEOIP_FILE = str(path)
    assert region_of(reader(REMOTE_ADDR="10.1.2.3"), [UK, US]) == "UK"
    assert "cannot be read" in caplog.text


def test_a_choice_that_no_longer_exists_lets_the_rest_decide(geoip):
    assert region_of(reader("ATLANTIS", REMOTE_ADDR="10.1.2.3"), [UK, US]) == "US"


def test_forwarded_addresses_are_believed_behind_a_proxy_alone_and_there_the_last(settings):
    request = reader(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 10.1.2.3")
    assert address_of(request) == "127.0.0.1"
    settings.BEHIND_PROXY = True
    assert address_of(request) == "10.1.2.3"
    assert address_of(reader(REMOTE_ADDR="127.0.0.1")) == "127.0.0.1"


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def address(db) -> str:
    """Of an article with a shop in each region."""
    product = ProductFactory()
    OfferFactory(product=product, retailer__name="british.example")
    OfferFactory(
        product=product, retailer=RetailerFactory(name="american.example", region=RegionFactory(code="US"))
    )
    return ConditionPageFactory(blocks=[product_box(product)]).url


def order(html: str) -> list[str]:
    return sorted(("UK", "US"), key=lambda code: html.index(f'data-region="{code}"'))


def test_the_form_puts_the_region_first_and_remembers_it(client, address):
    answer = client.get(address + "?region=US")
    html = answer.content.decode()
    assert order(html) == ["US", "UK"]
    assert 'value="US" aria-current="true"' in html
    assert answer["Cache-Control"] == "private, no-store"
    cookie = answer.cookies["region"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"], cookie["path"]) == ("US", True, "Lax", "/")
    assert set(answer.cookies) == {"region"}


def test_the_canonical_address_is_the_plain_one(client, address):
    html = client.get(address + "?region=US").content.decode()
    assert f'{address}">' in html.partition('rel="canonical" href="')[2].partition("\n")[0]
    assert "?region" not in html.partition("</head>")[0]


def test_the_plain_page_is_the_same_for_everyone(address, settings, geoip):
    settings.COUNTRY_HEADER = "CF-IPCountry"
    plain = Client().get(address)
    american = Client(**FORGED, REMOTE_ADDR="10.1.2.3", HTTP_ACCEPT_LANGUAGE="en-US")
    american.cookies["region"] = "US"
    answer = american.get(address)
    assert answer.content == plain.content
    assert order(plain.content.decode()) == ["UK", "US"]
    for page in (plain, answer):
        assert not page.cookies
        assert "Cookie" not in page.get("Vary", "")
        assert "csrf" not in page.content.decode()


@pytest.mark.parametrize(
    "asked", ["atlantis", "", "%00", "x" * 3000, "US%0d%0aSet-Cookie:a=b", "USA", "%F0%9F%87%BA"]
)
def test_a_region_that_does_not_exist_changes_nothing(client, address, asked):
    answer = client.get(f"{address}?region={asked}")
    assert answer.status_code == 200
    assert order(answer.content.decode()) == ["UK", "US"]
    assert not answer.cookies


@pytest.mark.parametrize("headers", [
    {"HTTP_SEC_FETCH_SITE": "cross-site"}, {"HTTP_SEC_FETCH_SITE": "none"}, {"HTTP_SEC_PURPOSE": "prefetch"},
], ids=str)  # fmt: skip
def test_only_the_reader_chooses(client, address, headers):
    answer = client.get(address + "?region=US", **headers)
    assert order(answer.content.decode()) == ["US", "UK"]
    assert not answer.cookies
    assert not client.head(address + "?region=US").cookies


def test_the_case_of_a_code_does_not_matter(client, address):
    assert (
        client.get(address + "?region=us", HTTP_SEC_FETCH_SITE="same-origin").cookies["region"].value == "US"
    )


def test_a_page_without_offers_has_no_form_and_no_script(client, db):
    html = client.get(ConditionPageFactory().url).content.decode()
    assert "region-switch" not in html
    assert "region.js" not in html


# --- the answer for the script --------------------------------------------------------------------


def test_the_script_is_told_the_region_and_nobody_stores_the_answer(client, address):
    answer = client.get("/region/")
    assert json.loads(answer.content) == {"region": "UK"}
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    client.get(address + "?region=US")
    assert json.loads(client.get("/region/").content) == {"region": "US"}
    assert client.post("/region/").status_code == 405


def test_the_script_is_small():
    script = Path(readers.__file__).parents[1] / "site" / "static" / "js" / "region.js"
    assert len(script.read_bytes()) <= 3 * 1024
