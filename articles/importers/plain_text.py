"""From the bytes of an uploaded file to tidy plain text."""

import re
import unicodedata

from articles.importers.document import SourceRefused

MEGABYTE = 1024 * 1024
LARGEST_SOURCE = 2 * MEGABYTE
"""Bytes. A long article is 60 kB; anything near this is not one."""

_NOT_TEXT = (
    (b"%PDF-", "This is a PDF. Copy the article's text into a plain text file."),
    (b"PK\x03\x04", "This is a Word document or a ZIP file. Save the article as plain text."),
    (b"\xd0\xcf\x11\xe0", "This is an old Word document. Save the article as plain text."),
    (b"{\\rtf", "This is a rich text (RTF) file. Save the article as plain text."),
    (b"<!doctype html", "This is the source of a web page. Copy the article's text as a browser shows it."),
    (b"<html", "This is the source of a web page. Copy the article's text as a browser shows it."),
    (b"<?xml", "This is an XML file. A WordPress export goes through the WordPress importer."),
)
_WIDE_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
)


def read_source(raw: bytes) -> str:
    """The text of an uploaded file: UTF-8 with or without a byte order mark, tidied as `parse` expects it.

    Raises SourceRefused for a file that is empty, larger than `LARGEST_SOURCE`, binary, of another format, or in
    another encoding.
    """
    if len(raw) > LARGEST_SOURCE:
        size = len(raw) / MEGABYTE
        raise SourceRefused(
            f"The file is too large: {size:.1f} MB, and the limit is {LARGEST_SOURCE // MEGABYTE} MB."
        )
    for mark, encoding in _WIDE_MARKS:
        if raw.startswith(mark):
            raise SourceRefused(f"The file is saved as {encoding}. Save it as UTF-8 and try again.")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    opening = raw[:64].lstrip().lower()
    for mark, message in _NOT_TEXT:
        if opening.startswith(mark.lower()):
            raise SourceRefused(message)
    if b"\0" in raw:
        # Latin letters in UTF-16 are every other byte NUL: all on even places, or all on odd ones.
        if min(raw[::2].count(0), raw[1::2].count(0)) == 0 and raw.count(0) * 3 > len(raw):
            raise SourceRefused("The file looks saved as UTF-16. Save it as UTF-8 and try again.")
        raise SourceRefused(
            "The file is binary, not text: it holds NUL bytes. Save the article as plain text."
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise SourceRefused(
                "The file breaks off in the middle of a letter. Save or upload it again."
            ) from None
        line = len(re.findall(rb"\r\n|\r|\n", raw[: error.start])) + 1
        raise SourceRefused(
            "The file is not UTF-8; it may be saved as Windows-1252 or Latin-1. Save it as UTF-8 and try again.",
            line,
        ) from None
    return tidy(text)


_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_LINE_ENDS = "\x0b\x0c\x85\u2028\u2029"
# Soft hyphen, zero-width space, word joiner, byte order mark, and the marks that turn the direction of text. The
# zero-width joiners stay: they make emoji.
_INVISIBLE = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff"
)
_TIDY = str.maketrans(
    {space: " " for space in _SPACES if space != "\t"}
    | dict.fromkeys(_LINE_ENDS, "\n")
    | dict.fromkeys(_INVISIBLE, "")
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_MANY_MARKS = re.compile(r"[\u0300-\U0010ffff]{31,}")
_TAB_WIDTH = 4


def tidy(text: str) -> str:
    """`text` with newlines as line ends, plain spaces, no invisible characters, composed accents (NFC)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_TIDY)
    if control := _CONTROL.search(text):
        raise SourceRefused(
            f"The text holds a control character (U+{ord(control[0]):04X}). Save it as plain UTF-8 text.",
            text.count("\n", 0, control.start()) + 1,
        )
    # Composing takes time quadratic in a run of combining marks; 30 is the most that Unicode's stream-safe format
    # (UAX #15) allows and far more than any language writes.
    for stretch in _MANY_MARKS.finditer(text):
        run = 0
        for place, character in enumerate(stretch[0], stretch.start()):
            run = run + 1 if unicodedata.combining(character) else 0
            if run > 30:
                raise SourceRefused(
                    "More than 30 accents stand on one letter.", text.count("\n", 0, place) + 1
                )
    text = unicodedata.normalize("NFC", text)
    if not text.strip():
        raise SourceRefused("The source is empty.")
    return "\n".join(_untabbed(line).rstrip() for line in text.split("\n"))


def _untabbed(line: str) -> str:
    return line.expandtabs(_TAB_WIDTH) if "\t" in line else line
