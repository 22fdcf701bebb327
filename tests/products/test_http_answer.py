"""The head of an answer: as `http.client` reads it, where that reads it well."""

from __future__ import annotations

import http.client
import io
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.http_answer import MAX_HEADERS, Answer, read_headers

NAMES = st.sampled_from(
    [
        "Content-Length",
        "content-length",
        "Transfer-Encoding",
        "Connection",
        "Keep-Alive",
        "Date",
        "Set-Cookie",
        "X-A",
    ]
) | st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=8
)
VALUES = st.sampled_from(
    [
        "",
        "0",
        "12",
        " 7 ",
        "-3",
        "7, 7",
        "0x1",
        "chunked",
        "Chunked",
        "gzip, chunked",
        "close",
        "Keep-Alive",
        "a: b",
    ]
) | st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f\x85\xa0"), max_size=12
)
STATUS_LINES = st.sampled_from(
    [
        "HTTP/1.1 200 OK",
        "HTTP/1.0 200 OK",
        "HTTP/0.9 200",
        "HTTP/1.1 204 ",
        "HTTP/1.1 304 Not",
        "HTTP/1.7 503 No  way",
    ]
)


class Wire:
    """A connection that has received these bytes."""

    def __init__(self, received: bytes) -> None:
        self.received = received

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self.received)


def answer(received: bytes, kind: type[http.client.HTTPResponse] = Answer, method: str = "GET"):
    found = kind(Wire(received), method=method)  # type: ignore[arg-type]  # of a socket it needs no more than `Wire` has
    found.begin()
    return found


def facts(found: http.client.HTTPResponse) -> tuple[object, ...]:
    headers = [(name, value.strip()) for name, value in found.headers.items()]
    framing = (found.chunked, found.length, found.will_close)
    return (found.status, found.reason, found.version, framing, headers, found.fp.read())


@given(
    STATUS_LINES,
    st.lists(st.tuples(NAMES, VALUES), max_size=8),
    st.sampled_from(["\r\n", "\n"]),
    st.binary(max_size=9),
)
def test_what_is_well_formed_is_read_as_by_the_standard_library(status, headers, end, body):
    lines = [status, *(f"{name}: {value}" for name, value in headers), "", ""]
    received = end.join(lines).encode("latin-1") + body
    assert facts(answer(received)) == facts(answer(received, http.client.HTTPResponse))


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused_as_no_http(received):
    try:
        found = answer(b"HTTP/1.1 200 OK\r\n" + received)
    except http.client.HTTPException:
        return
    for name, value in found.headers.items():
        assert not set(f"{name}{value}") & {"\r", "\n"}


@pytest.mark.parametrize(
    ("lines", "headers"),
    [
        (b"A: 1\r\nno header\r\nB: 2\r\n\r\n", [("A", "1"), ("B", "2")]),  # the library would lose B
        (b"A : 1\r\nB: 2\r\n\r\n", [("B", "2")]),
        (b": 1\r\nB: 2\r\n\r\n", [("B", "2")]),
        (b"From x: y\r\nB: 2\r\n\r\n", [("B", "2")]),
        (b"A: 1\r\n  and\r\n\t2\r\n\r\n", [("A", "1 and 2")]),
        (b"  folded\r\nA: 1\r\n\r\n", [("A", "1")]),
        (b"A: 1\rB: 2\r\n\r\n", [("A", "1 B: 2")]),  # a bare CR ends nothing
        (b"A: 1\r\r\nB: 2\r\n\r\n", [("A", "1"), ("B", "2")]),
        (b"\r\r\nA: 1\r\n\r\n", [("A", "1")]),
        (b"A: 1", [("A", "1")]),
        (b"", []),
    ],
)
def test_a_malformed_line_costs_itself_alone(lines, headers):
    assert read_headers(io.BytesIO(lines)).items() == headers


@pytest.mark.parametrize(
    "lines", [b"A: 1\r\n" * (MAX_HEADERS + 1), b"A: " + b"1" * 70_000, b" x\r\n" * (MAX_HEADERS + 1)]
)
def test_headers_without_end_are_refused(lines):
    with pytest.raises(http.client.HTTPException):
        read_headers(io.BytesIO(lines))


@pytest.mark.parametrize("interim", [100, 102, 103, 199])
def test_interim_answers_are_none(interim):
    received = (
        f"HTTP/1.1 {interim} Wait\r\nLink: </a>\r\n\r\n".encode() * 2 + b"HTTP/1.1 404 No\r\nA: 1\r\n\r\n"
    )
    found = answer(received)
    assert (found.status, found.headers.items()) == (404, [("A", "1")])


@pytest.mark.parametrize(
    "head", [b"HTTP/2 200 OK\r\n\r\n", b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n", b""]
)
def test_what_is_no_http_is_refused(head):
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        answer(head)


def test_a_body_is_read_from_a_real_connection():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        found = Answer(ours, method="GET")
        found.begin()
        assert (found.read(), found.will_close) == (b"abc", False)
