import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.regions import KNOWN_COUNTRY_HEADERS, RegionChoice, choose, country_code, country_from

UK = RegionChoice("uk", frozenset({"GB", "IM", "IE"}), is_default=True)
US = RegionChoice("us", frozenset({"US", "PR"}))
EU = RegionChoice("eu", frozenset({"IE", "FR", "DE"}))
SITE = (US, UK, EU)


@pytest.mark.parametrize(
    ("signals", "region"),
    [
        ({"chosen": "us", "country": "GB", "geoip_country": "GB"}, "us"),
        ({"chosen": " US ", "country": "GB"}, "us"),
        ({"chosen": None, "country": "US", "geoip_country": "GB"}, "us"),
        ({"chosen": None, "country": None, "geoip_country": "US"}, "us"),
        ({"chosen": None, "country": None, "geoip_country": None}, "uk"),
        ({"chosen": "atlantis", "country": "US"}, "us"),
        ({"chosen": None, "country": "uk"}, "uk"),
        ({"chosen": None, "country": "XX", "geoip_country": "US"}, "us"),
        ({"chosen": None, "country": "T1", "geoip_country": "PR"}, "us"),
    ],
)
def test_the_own_choice_comes_first_then_the_cdn_then_geoip_then_the_default(signals, region):
    assert choose(SITE, **signals) == region


def test_a_known_country_that_no_region_serves_gets_the_default_and_no_second_guess():
    assert choose((US, UK), chosen=None, country="JP", geoip_country="US") == "uk"


def test_the_languages_of_a_browser_never_outweigh_the_only_default():
    assert choose(SITE, chosen=None, country=None, accept_language="en-US,en;q=0.9") == "uk"


@pytest.mark.parametrize(
    ("languages", "region"),
    [
        ("en-US,fr-FR;q=0.5", "us"),
        ("en-US;q=0.4,fr-FR;q=0.8", "eu"),
        ("en-US;q=0,fr-FR;q=0.8", "eu"),
        ("en;q=0.9,de", "us"),
        ("zh-Hans-DE", "eu"),
        ("", "us"),
        ("en-US;q=nonsense,,;;,de-DE;q=0.1", "eu"),
    ],
)
def test_without_a_default_and_a_country_the_languages_break_the_tie(languages, region):
    plain = (US, EU)
    assert choose(plain, chosen=None, country=None, accept_language=languages) == region


@pytest.mark.parametrize(
    ("languages", "region"), [("fr-FR", "eu"), ("en-GB", "uk"), ("en-US", "uk"), ("", "uk")]
)
def test_where_two_regions_serve_a_country_the_languages_choose_among_those_two_alone(languages, region):
    assert choose(SITE, chosen=None, country="IE", accept_language=languages) == region


def test_a_site_without_regions_is_a_mistake_of_the_site():
    with pytest.raises(ValueError, match="at least one region"):
        choose((), chosen=None, country=None)


garbage = st.one_of(
    st.none(), st.text(max_size=30), st.sampled_from(["us\n", "US, GB", "\x00", "\u0131", "\ufb01", "../us"])
)


@given(
    chosen=garbage.filter(lambda text: (text or "").strip().casefold() not in {"uk", "us", "eu"}),
    country=garbage.filter(lambda text: country_code(text) is None),
    geoip=garbage.filter(lambda text: country_code(text) is None),
    languages=st.text(max_size=200),
)
def test_garbage_changes_nothing_and_never_raises(chosen, country, geoip, languages):
    assert (
        choose(SITE, chosen=chosen, country=country, geoip_country=geoip, accept_language=languages) == "uk"
    )


@given(languages=st.text(alphabet="enusgbfrd-;=q,.019 *", max_size=300))
def test_any_header_of_languages_yields_one_of_the_regions(languages):
    assert choose((US, EU), chosen=None, country=None, accept_language=languages) in {"us", "eu"}


@pytest.mark.parametrize("header", KNOWN_COUNTRY_HEADERS)
def test_every_known_header_is_read_whatever_its_case(header):
    assert country_from({"Accept": "*/*", header.upper(): "gb"}, header) == "GB"


@pytest.mark.parametrize(
    ("headers", "configured"),
    [
        ({"CF-IPCountry": "US"}, ""),
        ({"CF-IPCountry": "US"}, "CloudFront-Viewer-Country"),
        ({"CF-IPCountry": "US, GB"}, "CF-IPCountry"),
        ({"CF-IPCountry": "XX"}, "CF-IPCountry"),
        ({"CF-IPCountry": "\ufb01"}, "CF-IPCountry"),  # one letter that upper() makes two of
        ({}, "CF-IPCountry"),
    ],
)
def test_a_header_that_is_not_configured_or_names_no_country_is_ignored(headers, configured):
    assert country_from(headers, configured) is None
