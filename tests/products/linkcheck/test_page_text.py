from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.linkcheck.page_text import page_text

HTML = "text/html"


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b"", "", ""),
        ("café".encode(), HTML, "café"),
        ("café".encode(), f"{HTML}; charset=UTF-8", "café"),
        ("café".encode("latin-1"), HTML, "café"),
        ("café €".encode("cp1252"), f"{HTML}; charset=iso-8859-1", "café €"),
        ("Цена".encode("cp1251"), f'{HTML}; charset="windows-1251"', "Цена"),
        ("Цена".encode("koi8-r"), f"{HTML};charset=KOI8-R", "Цена"),
        ("価格".encode("shift_jis"), f"{HTML}; charset=sjis", "価格"),
        ("价格".encode("gb18030"), f"{HTML}; charset=gb18030", "价格"),
        ("café".encode("utf-16"), HTML, "café"),
        ("\ufeffcafé".encode(), f"{HTML}; charset=iso-8859-1", "café"),
        ("<meta charset=windows-1251>Цена".encode("cp1251"), HTML, "<meta charset=windows-1251>Цена"),
        (b"<meta charset=utf-16>caf\xc3\xa9", HTML, "<meta charset=utf-16>café"),
        (b"plain", f"{HTML}; charset=unicode_escape", "plain"),
        (b"plain", f"{HTML}; charset=utf-7", "plain"),
        (b"plain", f"{HTML}; charset=zip", "plain"),
        (b"plain", f"{HTML}; charset=no-such-thing", "plain"),
        (b"a\0b", HTML, "a\ufffdb"),
        (b"a\xffb", f"{HTML}; charset=utf-8", "a\ufffdb"),
    ],
)
def test_a_page_is_read_in_its_own_charset(body, content_type, text):
    assert page_text(body, content_type, truncated=False) == text


@pytest.mark.parametrize(
    "name",
    [
        "utf_16_le",
        "big5",
        "big5hkscs",
        "mac_cyrillic",
        "iso2022_jp",
        *(f"cp{n}" for n in range(1245, 1265)),
        *(f"iso8859_{n}" for n in range(100)),
    ],
)
def test_every_name_that_is_let_through_is_a_codec(name):
    assert page_text(b"ok", f"{HTML}; charset={name}", truncated=False)


def test_a_page_cut_off_within_a_character_is_still_utf_8():
    body = "prix café".encode()[:-1]
    assert page_text(body, HTML, truncated=True) == "prix caf\ufffd"
    assert page_text(body, HTML, truncated=False) == "prix cafÃ"


@given(st.binary(), st.from_regex(r"text/html; charset=[a-z0-9_-]{1,12}", fullmatch=True), st.booleans())
def test_no_page_raises_and_any_can_be_stored(body, content_type, truncated):
    text = page_text(body, content_type, truncated=truncated)
    assert "\0" not in text
    text.encode()
