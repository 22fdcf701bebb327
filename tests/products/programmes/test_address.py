import pytest
from hypothesis import given

from products.programmes import address
from tests.products.programmes.destinations import addresses


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shop.example/a",
        "//shop.example/a",
        "ftp://shop.example/",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://shop.example/a b",
        "https://shop.example/a\tb",
        " https://shop.example/",
        "https://shop.example/\u00a0",
        "https://shop.example\\@evil.example/",
        "https://shop.example@evil.example/",
        "https://shop.example:99999999/",
        "https://shop.example:port/",
        "https://[::1/",
        "https://shop.example/\x00",
        "https://shop.example/\ud800",
    ],
)
def test_what_is_not_plainly_a_web_address_is_refused(text):
    assert not address.is_web_address(text)
    assert address.host(text) == ""
    assert address.path(text) == ""


@given(addresses())
def test_adding_and_removing_a_parameter_leaves_every_character_in_place(url):
    tracked = address.with_parameters(url, {"tag": "x y&z"})
    assert address.value(tracked, "tag") == "x y&z"
    assert address.without_parameters(tracked, {"tag"}) == url


@pytest.mark.parametrize(
    ("name", "domains", "below"),
    [
        ("www.ebay.com", {"ebay.com"}, True),
        ("ebay.com", {"ebay.com"}, True),
        ("notebay.com", {"ebay.com"}, False),
        ("ebay.com.evil.example", {"ebay.com"}, False),
        ("", {"ebay.com"}, False),
    ],
)
def test_a_host_stands_under_a_domain_by_whole_labels(name, domains, below):
    assert address.stands_under(name, domains) is below


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a%20b+c", "a b+c"),
        ("%e9", "%E9"),
        ("%C3%A9", "é"),
        ("%", "%"),
        ("%ZZ", "%ZZ"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_escapes_that_are_no_text_stay_escapes(text, plain):
    assert address.decoded(text) == plain
