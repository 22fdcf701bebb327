"""Files that are text come through tidied; files that aren't are refused with one clear sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.importers.document import SourceRefused
from articles.importers.plain_text import LARGEST_SOURCE, read_source, tidy

ARTICLE = "Tennis elbow\n\nIt’s “a sore café”.\n"


@pytest.mark.parametrize(
    "raw",
    [
        ARTICLE.encode(),
        b"\xef\xbb\xbf" + ARTICLE.encode(),
        ARTICLE.replace("\n", "\r\n").encode(),
        ARTICLE.replace("\n", "\r").encode(),
        ARTICLE.replace("\n", "\u2028").encode(),
        ARTICLE.replace(" ", "\u00a0").encode(),
        ARTICLE.replace(" ", "\u200b \u00ad").encode(),
        ARTICLE.replace("é", "e\u0301").encode(),
        ARTICLE.replace("\n", " \t\n").encode(),
    ],
    ids=["plain", "bom", "crlf", "cr", "line separator", "no-break", "zero width", "decomposed", "trailing"],
)
def test_the_same_words_come_out_however_they_were_saved(raw: bytes) -> None:
    assert read_source(raw) == ARTICLE


def test_indents_are_kept_and_tabs_become_columns() -> None:
    assert read_source(b"a\n\t- b\n  - c") == "a\n    - b\n  - c"


@pytest.mark.parametrize(
    ("raw", "message", "line"),
    [
        (b"", "is empty", None),
        (b" \r\n\t\xc2\xa0\n", "is empty", None),
        (b"\xef\xbb\xbf", "is empty", None),
        (b"a" * (LARGEST_SOURCE + 1), "too large: 2.0 MB, and the limit is 2 MB", None),
        (b"a" * 10_000_000, "too large: 9.5 MB, and the limit is 2 MB", None),
        (ARTICLE.encode("utf-16"), "saved as UTF-16", None),
        (ARTICLE.encode("utf-16-le"), "saved as UTF-16", None),
        (ARTICLE.encode("utf-16-be"), "saved as UTF-16", None),
        (ARTICLE.encode("utf-32-be"), "NUL", None),
        (ARTICLE.encode("utf-32"), "saved as UTF-32", None),
        (ARTICLE.encode("cp1252"), "not UTF-8", 3),
        ("Title\r\n\r\ncafé au lait".encode("latin-1"), "not UTF-8", 3),
        (ARTICLE.encode()[:-4], "breaks off", None),
        (b"Title\n\nwith a \0 in it", "NUL", None),
        (bytes(range(256)), "binary", None),
        (b"Title\n\nbell \x07", r"control character \(U\+0007\)", 3),
        (b"%PDF-1.7 ...", "PDF", None),
        (b"PK\x03\x04....", "Word", None),
        (b"  <!DOCTYPE html><p>Hello", "web page", None),
        (b'<?xml version="1.0"?><rss/>', "WordPress importer", None),
        (("Title\n" + "a" + "\u0300\u0316" * 20).encode(), "accents", 2),
    ],
)
def test_what_is_no_utf8_text_is_refused_in_one_clear_sentence(
    raw: bytes, message: str, line: int | None
) -> None:
    with pytest.raises(SourceRefused, match=message) as refusal:
        read_source(raw)
    assert refusal.value.line == line


def test_a_file_at_the_limit_is_read() -> None:
    assert len(read_source(b"a" * LARGEST_SOURCE)) == LARGEST_SOURCE


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        text = read_source(raw)
    except SourceRefused:
        return
    assert text.strip()


@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    try:
        once = tidy(text)
    except SourceRefused:
        return
    assert tidy(once) == once
