"""The marks of shops' pages."""

import json

import pytest

from products.linkcheck.markers import (
    MARKERS,
    MARKERS_VERSION,
    Kind,
    Place,
    Scene,
    before_related,
    find,
    load,
    normalise,
)
from products.linkcheck.page import PageFacts, read_page


def scene(html="", *, url="https://shop.example/p/1", headers=None):
    return Scene(read_page(html, url), html, url, headers or {})


def kinds(found):
    return {match.marker.kind for match in found}


def test_every_kind_has_markers_and_every_marker_says_where_it_was_seen():
    assert {marker.kind for marker in MARKERS} == set(Kind)
    assert all(marker.seen_at and marker.where for marker in MARKERS)
    assert MARKERS_VERSION[:4].isdigit()


def test_words_are_kept_as_they_are_compared():
    assert all(word == normalise(word) for marker in MARKERS for word in marker.words)


@pytest.mark.parametrize(
    ("place", "html"),
    [
        (Place.TITLE, "<title>{}</title>"),
        (Place.HEADING, "<h1>{}</h1>"),
        (Place.BODY, "<p>Well: {}.</p>"),
        (Place.BUTTON, "<button>{}</button>"),
        (Place.DEAD_BUTTON, "<button disabled>{}</button>"),
        (Place.NODE, '<body class="{}">'),
    ],
)
def test_every_marker_matches_its_words_where_it_says(place, html):
    for marker in MARKERS:
        if place in marker.where and marker.kind is not Kind.RELATED:
            for word in marker.words:
                found = find([marker.kind], scene(html.format(word)), [marker])
                assert found, (marker.id, word)


def test_every_marker_of_source_address_or_header_matches_there():
    for marker in MARKERS:
        for word in marker.words or ("anything",):
            if Place.SOURCE in marker.where:
                assert find([marker.kind], scene(f"<script>{word.upper()}</script>"), [marker])
            if Place.URL in marker.where:
                url = f"https://shop.example{word}" if word.startswith("/") else f"https://{word}x/"
                assert find([marker.kind], scene(url=url), [marker])
            if Place.HEADER in marker.where:
                assert find([marker.kind], scene(headers={marker.header: word}), [marker])


@pytest.mark.parametrize(
    "html",
    [
        "<title>Unsold outlet</title><p>unsold outlet stock</p>",
        "<p>Our soldout2 range</p>",
        "<p>Resold out of season</p>",
        "<p>Recaptchas</p>",
    ],
)
def test_parts_of_words_do_not_match(html):
    assert not find([Kind.OUT_OF_STOCK, Kind.WALL], scene(html))


STOCK = [Kind.OUT_OF_STOCK, Kind.DISCONTINUED, Kind.IN_STOCK]


@pytest.mark.parametrize(
    "words",
    [
        "If it is out of stock we'll email you.",
        "We will refund you if an item is temporarily unavailable.",
        "When your size is back in stock you hear from us; should the brace be sold out, we say so.",
        "In case this product is not available, call us.",
        "Once sold out, it will not be made again.",
        "We ship within a day when in stock.",
    ],
)
def test_what_a_shop_does_if_something_is_out_of_stock_does_not_say_that_it_is(words):
    assert not find(STOCK, scene(f"<h1>Brace</h1><p>{words}</p>"))


@pytest.mark.parametrize(
    "words",
    [
        "If you need help, call us. Out of stock",
        "Ask us if you have questions. Sold out.",
        "When we get more we tell you. Currently unavailable",
        "If it is out of stock we'll email you. Sorry: out of stock",
    ],
)
def test_a_condition_elsewhere_hides_no_words_of_stock(words):
    assert kinds(find(STOCK, scene(f"<h1>Brace</h1><p>{words}</p>"))) == {Kind.OUT_OF_STOCK}


@pytest.mark.parametrize(
    "words",
    ["We couldn’t find that page", "WE COULDN'T  FIND\nTHAT PAGE", "We couldn&rsquo;t find that page"],
)
def test_quotes_case_and_space_do_not_matter(words):
    assert kinds(find([Kind.MISSING], scene(f"<h1>{words}</h1>"))) == {Kind.MISSING}


def test_a_form_with_a_captcha_on_a_product_page_is_no_wall():
    product = '<script type="application/ld+json">{"@type": "Product", "name": "Brace"}</script>'
    words = "<p>Ask a question: please complete the CAPTCHA.</p>"
    assert find([Kind.WALL], scene(words))
    assert not find([Kind.WALL], scene(product + words))


def test_stock_of_related_products_is_not_this_product_s():
    html = "<nav>Recently viewed</nav><h1>Brace</h1><p>Lovely.</p><h2>You may also like</h2><p>Strap: sold out</p>"
    assert not find([Kind.OUT_OF_STOCK], scene(html))
    assert find([Kind.OUT_OF_STOCK], scene(html.replace("Lovely.", "Sold out")))
    assert before_related("Recently viewed Brace sold out Related products Strap", "Brace").endswith(
        "sold out "
    )


@pytest.mark.parametrize(
    ("title", "whole"),
    [("Page not found | Shop", True), ("Shop – Page not found", True), ("Book: page not found by us", False)],
)
def test_a_title_that_says_nothing_else_is_told_from_one_that_does(title, whole):
    found = find([Kind.MISSING], Scene(PageFacts("https://shop.example/", title=title)))
    assert [match.whole for match in found] == [whole]


def marker_file(folder, **changes):
    marker = {
        "id": "one",
        "kind": "wall",
        "where": ["title"],
        "words": ["Robots"],
        "seen_at": "a shop",
    } | changes
    (folder / "walls.json").write_text(json.dumps({"version": "2026-01-01", "markers": [marker]}))
    return folder


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "nonsense"},
        {"where": ["nowhere"]},
        {"where": []},
        {"words": []},
        {"words": [" "]},
        {"words": None},
        {"seen_at": ""},
        {"where": ["header"]},
        {"header": "x-wall"},
    ],
)
def test_a_malformed_marker_is_refused_at_the_start(tmp_path, changes):
    assert load(marker_file(tmp_path))[1][0].words == ("robots",)
    with pytest.raises(ValueError, match="marker"):
        load(marker_file(tmp_path, **changes))


def test_an_id_given_twice_is_refused(tmp_path):
    marker_file(tmp_path)
    (tmp_path / "other.json").write_text((tmp_path / "walls.json").read_text())
    with pytest.raises(ValueError, match="twice"):
        load(tmp_path)


def test_any_change_of_the_marks_changes_their_version(tmp_path):
    before, _ = load(marker_file(tmp_path))
    after, _ = load(marker_file(tmp_path, words=["Machines"]))
    assert before != after
    assert before.startswith("2026-01-01+")
