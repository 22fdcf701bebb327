"""A loopback server that misbehaves in every way a shop, or somebody who poses as one, can.

Each act takes an accepted connection, whose request has been read, and does what its name says. The path
chooses the act: `/drip_body` plays `drip_body`. The acts are plain functions on sockets, for no HTTP library
would let itself be used so.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import Self


class HostileServer:
    """Serves ACTS on a port of its own, with TLS if given a context. A context manager.

    `asked` lists the paths requested, `requests` their bytes, `connections` counts the accepted ones.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[str] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.closing = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._thread.join(2)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        with contextlib.suppress(OSError, ValueError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.add(connection)
            while request := _read_request(connection):
                path = request.split(b" ", 2)[1].decode("latin-1")
                self.asked.append(path)
                self.requests.append(request)
                name = path.split("?")[0].strip("/").split("/")[0]
                if not ACTS.get(name, ACTS["gone"])(connection, path, self.closing):
                    break
        connection.close()
        self._open.discard(connection)


def _read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        piece = connection.recv(65536)
        if not piece:
            return b""
        request += piece
    return request


def answer(body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    if not any(header.lower().startswith("content-type") for header in headers):
        lines.append("Content-Type: text/html; charset=utf-8")
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


Act = Callable[[socket.socket, str, threading.Event], bool | None]
ACTS: dict[str, Act] = {}


def act(function: Act) -> Act:
    """Register an act under its name. It returns True to keep the connection."""
    ACTS[function.__name__] = function
    return function


def _sends(name: str, data: bytes, *, keep: bool = False) -> None:
    def send(connection: socket.socket, path: str, closing: threading.Event) -> bool:
        connection.sendall(data)
        return keep

    ACTS[name] = send


def _repeats(name: str, start: bytes, piece: bytes, *, pause: float = 0.0, then: str = "") -> None:
    """Send `start`, then `piece` for ever."""

    def repeat(connection: socket.socket, path: str, closing: threading.Event) -> None:
        connection.sendall(start)
        while not closing.is_set():
            connection.sendall(piece)
            if pause:
                closing.wait(pause)

    ACTS[name] = repeat


def _stalls(name: str, start: bytes) -> None:
    """Send `start`, then nothing more."""

    def stall(connection: socket.socket, path: str, closing: threading.Event) -> None:
        connection.sendall(start)
        closing.wait(30)

    ACTS[name] = stall


PAGE = b"<!doctype html><title>Thigh support</title><h1>Thigh support</h1>" + b"<p>In stock.</p>" * 400
BOMB = gzip.compress(b"\0" * 50_000_000, 9)

_sends("page", answer(PAGE), keep=True)
_sends("gone", answer(b"<h1>Gone</h1>", status="410 Gone"), keep=True)
_sends("early_hints", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + answer(PAGE), keep=True)
_sends("no_length", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE)
_sends("chunked", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", keep=True)
_sends("latin", answer("café".encode("latin-1"), "Content-Type: text/html; charset=iso-8859-1"), keep=True)
_sends(
    "meta_charset", answer("<meta charset=windows-1251><p>Цена".encode("cp1251"), "Content-Type: text/html")
)
_sends("no_charset", answer("café".encode("latin-1"), "Content-Type: text/html"), keep=True)
_sends("odd_charset", answer(b"plain", "Content-Type: text/html; charset=unicode_escape"), keep=True)
_sends("picture", answer(b"\x89PNG" + b"\0" * 1000, "Content-Type: image/png"))
_sends("nul", answer(b"a\0b"), keep=True)
_sends("set_cookie", answer(b"ok", "Set-Cookie: session=s3cr3t; Path=/"), keep=True)
_sends(
    "cookie_gate", answer(b"", "Set-Cookie: seen=1; Path=/", "Location: /page", status="302 Found"), keep=True
)
_sends(
    "wall",
    answer(b"", "CF-Mitigated: challenge", "Server: cloudflare", "Retry-After: 60", status="503 No"),
    keep=True,
)

_sends("no_answer", b"")
_sends("garbage", b"\x00\xff\x13\x37" * 200)
_sends("garbage_line", b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
_sends("http09", b"<html>just a page</html>")
_sends("http3_version", b"HTTP/3.0 200 OK\r\n\r\n")
_sends("status_words", b"HTTP/1.1 fine OK\r\n\r\n")
_sends("status_thousands", b"HTTP/1.1 20000 OK\r\n\r\n")
_sends("other_protocol", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", keep=True)
_sends("half_status", b"HTTP/1.1 2")
_sends("half_headers", b"HTTP/1.1 200 OK\r\nContent-Ty")
_sends("nameless_headers", b"HTTP/1.1 200 OK\r\n: x\r\nno colon here\r\n\r\nhello")
_sends("control_headers", b"HTTP/1.1 200 OK\r\nServer: a\x00b\x1b[31m\r\nContent-Length: 2\r\n\r\nok")
_sends(
    "folded_headers",
    b"HTTP/1.1 200 OK\r\nServer: a\r\n" + b" \t" * 20000 + b"\r\nContent-Length: 2\r\n\r\nok",
)
_sends("many_headers", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\nhello")
_sends("one_vast_header", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 5_000_000 + b"\r\n\r\nhello")
_sends("two_lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")
_sends("vast_length", b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nhello")
_sends("negative_length", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")
_sends("short_body", answer(b"<h1>Half a pa", length=5000))
_sends("no_body_at_all", answer(b"", length=5000))
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n"
_sends("truncated_chunk", _CHUNKED + b"ff\r\nonly this much")
_sends("vast_chunk", _CHUNKED + b"f" * 15 + b"\r\nhello")
_sends("negative_chunk", _CHUNKED + b"-5\r\nhello\r\n")
_sends("minus_one_chunk", _CHUNKED + b"-1\r\nhello\r\n")
_sends("wordy_chunk", _CHUNKED + b"five\r\nhello\r\n")
_sends("chunk_of_endless_digits", _CHUNKED + b"1" * 1_000_000)
_sends("gzip_bomb", answer(BOMB, "Content-Encoding: gzip"))
_sends("deflate_lie", answer(b"not deflated", "Content-Encoding: deflate"))
_sends("nested_encodings", answer(BOMB, "Content-Encoding: " + ", ".join(["gzip"] * 50)))
_sends("bomb_in_redirect", answer(BOMB, "Content-Encoding: gzip", "Location: /page", status="302 Found"))
_sends("small_redirect", answer(b"moved", "Location: /page", status="301 Moved"), keep=True)
_sends("no_location", answer(b"moved", status="302 Found"), keep=True)
_sends(
    "two_locations",
    answer(b"", "Location: /page", "Location: http://127.0.0.1/", status="302 Found"),
    keep=True,
)
_sends("loop", answer(b"", "Location: /loop", status="302 Found"), keep=True)
_sends("script_hop", answer(b"<script>location.replace('\\/page')</script>"), keep=True)
_sends("meta_hop", answer(b'<meta http-equiv="refresh" content="0;url=/page">'), keep=True)
_sends("header_hop", answer(b"", "Refresh: 0; url=/page"), keep=True)
_sends(
    "cookie_bomb",
    answer(
        b"", *(f"Set-Cookie: c{n}={'x' * 3000}" for n in range(15)), "Location: /page", status="302 Found"
    ),
    keep=True,
)
_sends(
    "broken_cookies",
    answer(b"ok", "Set-Cookie: =;;;=a; expires=" + "9" * 30000, "Set-Cookie: " + "a=b; " * 3000),
)

_stalls("silence", b"")
_stalls("stall_in_status", b"HTTP/1.1 20")
_stalls("stall_in_headers", b"HTTP/1.1 200 OK\r\nContent-Type: te")
_stalls("stall_in_body", answer(b"<h1>Half", length=5000))
_stalls("stall_in_chunk", _CHUNKED + b"ff\r\nonly this much")
_stalls("stall_in_chunk_size", _CHUNKED + b"f")
_stalls("stall_in_redirect", answer(b"mo", "Location: /page", status="302 Found", length=500))

_repeats("drip_status", b"HTTP/1.1 200 ", b"K", pause=0.05)
_repeats("drip_headers", b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", pause=0.05)
_repeats("drip_body", answer(b"", length=10_000_000), b"x", pause=0.05)
_repeats("drip_chunks", _CHUNKED, b"1\r\nx\r\n", pause=0.05)
_repeats("drip_trailers", _CHUNKED + b"0\r\n", b"X: y\r\n", pause=0.05)
_repeats("drip_continue", b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.05)
_repeats("endless_headers", b"HTTP/1.1 200 OK\r\n", b"X-Header: y\r\n" * 1000)
_repeats("endless_continue", b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
_repeats("endless_early_hints", b"", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 1000)
_repeats("endless_status", b"HTTP/1.1 200 ", b"K" * 65536)
_repeats("endless_body", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"x" * 65536)
_repeats("endless_chunks", _CHUNKED, b"1\r\nx\r\n" * 10000)
_repeats("endless_chunk_extension", _CHUNKED + b"5;", b"x" * 65536)
_repeats("endless_trailers", _CHUNKED + b"0\r\n", b"X: y\r\n" * 10000)
_repeats("endless_redirect_body", b"HTTP/1.1 302 Found\r\nLocation: /page\r\n\r\n", b"x" * 65536)


@act
def endless_redirect(connection: socket.socket, path: str, closing: threading.Event) -> bool:
    connection.sendall(answer(b"", f"Location: {path}{'&' if '?' in path else '?'}x", status="302 Found"))
    return True


@act
def to(connection: socket.socket, path: str, closing: threading.Event) -> bool:
    """Redirect to the address spelt in hexadecimal digits after `/to/`, byte by byte."""
    location = bytes.fromhex(path.rpartition("/")[2])
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location
    connection.sendall(head + b"\r\n\r\n")
    return True


@act
def slow_hops(connection: socket.socket, path: str, closing: threading.Event) -> bool:
    """Each hop well within any time-out of its own."""
    closing.wait(0.2)
    connection.sendall(answer(b"", f"Location: {path}{'&' if '?' in path else '?'}x", status="302 Found"))
    return True


@act
def reset(connection: socket.socket, path: str, closing: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@act
def reset_in_body(connection: socket.socket, path: str, closing: threading.Event) -> None:
    connection.sendall(answer(b"<h1>Half", length=5000))
    closing.wait(0.1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@act
def page_then_close(connection: socket.socket, path: str, closing: threading.Event) -> bool:
    """Promises to keep the connection, and closes it."""
    connection.sendall(answer(PAGE))
    return False
