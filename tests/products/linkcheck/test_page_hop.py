from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.linkcheck.page_hop import MAX_PAGE, page_hop

HERE = "https://shop.example/go?x=1"


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ('<meta http-equiv="refresh" content="0;url=https://other.example/p">', "https://other.example/p"),
        ("<META HTTP-EQUIV=Refresh CONTENT='3; URL=/p'>", "https://shop.example/p"),
        ("<meta content=0;url=/p http-equiv=refresh />", "https://shop.example/p"),
        (
            """<meta http-equiv="refresh" content="0; url='/p?a=1&amp;b=2'">""",
            "https://shop.example/p?a=1&b=2",
        ),
        ('<meta http-equiv="refresh" content="0, //other.example/">', "https://other.example/"),
        (
            '<meta name="a" content="a > b"><meta http-equiv="refresh" content="0 /p">',
            "https://shop.example/p",
        ),
        ("<script>location='/p'</script>", "https://shop.example/p"),
        ('<script>window.location.href = "/p";</script>', "https://shop.example/p"),
        (
            "<script type=text/javascript>\n<!--\ndocument.location = '/p'\n//-->\n</script>",
            "https://shop.example/p",
        ),
        (
            "<script>/* off you go */ top.location.replace('https:\\/\\/other.example\\/p')</script>",
            "https://other.example/p",
        ),
        ("<script>location.assign('/p?a\\u003d1\\x26b=2');</script>", "https://shop.example/p?a=1&b=2"),
        ("<script>'use strict'; self.location.href='/p'</script>", "https://shop.example/p"),
        (
            "<script>setTimeout(function(){ window.location.href='/p'; }, 100);</script>",
            "https://shop.example/p",
        ),
        ("<script>setTimeout(() => {location.replace('/p')}, 0)</script>", "https://shop.example/p"),
        ("<script>track()</script><script>location='/p'</script>", "https://shop.example/p"),
    ],
)
def test_a_page_that_sends_its_reader_on_is_a_hop(text, to):
    assert page_hop(text, HERE) == to


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<h1>location='/p'</h1>",
        '<meta http-equiv="refresh" content="30;url=/p">',
        '<meta http-equiv="refresh" content="5">',
        '<meta http-equiv="refresh" content="0;url=">',
        '<meta http-equiv="refresh" content="0;url=https://shop.example/go?x=1#top">',
        '<meta http-equiv="refresh" content="soon;url=/p">',
        '<meta name="refresh" content="0;url=/p">',
        '<noscript><meta http-equiv="refresh" content="0;url=/enable-javascript"></noscript>',
        '<!-- <meta http-equiv="refresh" content="0;url=/p"> -->',
        '<textarea><meta http-equiv="refresh" content="0;url=/p"></textarea>',
        "<script>if (top !== self) top.location = '/p'</script>",
        "<script>function go() { location = '/p' }</script>",
        "<script>location = '/p' + id</script>",
        "<script>location = \"/p'</script>",
        "<script>var location = '/p'; track()</script>",
        "<script>setTimeout(function(){ location='/p' }, 30000)</script>",
        "<script>// location='/p'</script>",
        "<script>location.replace('/p'</script>",
    ],
)
def test_a_page_that_stays_is_no_hop(text):
    assert page_hop(text, HERE) is None


def test_a_page_of_four_kibibytes_is_there_to_be_read():
    hop = '<meta http-equiv="refresh" content="0;url=/p">'
    assert page_hop(hop + " " * (MAX_PAGE - len(hop) - 1), HERE) == "https://shop.example/p"
    assert page_hop(hop + " " * (MAX_PAGE - len(hop)), HERE) is None


def test_the_refresh_header_counts_as_the_tag_does():
    assert page_hop("", HERE, refresh="0; url=/p") == "https://shop.example/p"
    assert page_hop("", HERE, refresh="60; url=/p") is None


def test_an_address_that_cannot_be_joined_is_handed_on_for_the_door_to_refuse():
    assert page_hop("<script>location='http://[oops/'</script>", HERE) == "http://[oops/"


HOSTILE = [
    "<",
    "<a ",
    "<!--",
    "<meta ",
    "<meta a='",
    "<script>",
    "<script>\\",
    "<script>/*",
    "<noscript>",
    "<style",
    "'",
    '"\\',
]


@pytest.mark.parametrize(
    "piece",
    [*HOSTILE, *(f"<script>{piece}" for piece in ("location='", "/*", "setTimeout(", " ", "//", "<!--"))],
)
def test_no_small_page_takes_long(piece):
    text = (piece * MAX_PAGE)[: MAX_PAGE - 10] + "</script>"
    started = time.process_time()
    page_hop(text, HERE, refresh=piece * 500)
    assert time.process_time() - started < 0.5


@given(
    st.lists(
        st.sampled_from(
            [*HOSTILE, "location=", "http-equiv=refresh", " content=", "0;url=/p", ">", "</script>", "é"]
        )
    )
)
def test_no_page_raises(pieces):
    page_hop("".join(pieces), HERE)
