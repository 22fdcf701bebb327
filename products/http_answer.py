"""The head of an HTTP/1 answer.

`http.client` reads headers with the parser of mails, which takes two to four times as long, gives up all headers after
a malformed one, and takes an interim 103 for the answer itself and the real one for the answer to the next request on
the connection. What an answer's length is, and whether its connection stays, is decided as there.
"""

from __future__ import annotations

import http.client
import re
from typing import BinaryIO, Final

MAX_HEADERS: Final = 100
MAX_LINE: Final = 64 * 1024  # bytes

_NAME: Final = re.compile(
    r"[!-9;-~]+"
)  # RFC 5322's, which is wider than a token of HTTP; spaces are not in it
_NO_BODY: Final = frozenset({204, 304})


class Answer(http.client.HTTPResponse):
    """An answer after any interim ones. Raises what `http.client` raises for what is no HTTP."""

    def begin(self) -> None:
        """Read the status line and the headers."""
        if self.headers is not None:
            return
        version, status, reason = self._read_status()
        while 100 <= status < 200 and status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            read_headers(self.fp)
            version, status, reason = self._read_status()
        self.code = self.status = status
        self.reason = reason.strip()
        if not version.startswith(("HTTP/1.", "HTTP/0.9")):
            raise http.client.UnknownProtocol(version)
        self.version = 10 if version in ("HTTP/1.0", "HTTP/0.9") else 11
        self.headers = self.msg = read_headers(self.fp)
        self.chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        if self.chunked:
            self.chunk_left = None
        self.will_close = self._check_close()
        self.length = None if self.chunked else _length(self.headers.get("content-length", ""))
        if status in _NO_BODY or status < 200 or self._method == "HEAD":
            self.length = 0
        if self.length is None and not self.chunked:
            self.will_close = True


def read_headers(lines: BinaryIO) -> http.client.HTTPMessage:
    """The headers up to the empty line, or as far as they came. Lines that are no header are left out.

    Raises HTTPException for more than `MAX_HEADERS` lines, or one longer than `MAX_LINE`.
    """
    found: list[tuple[str, str]] = []
    for _ in range(MAX_HEADERS + 1):
        line = lines.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise http.client.LineTooLong("header line")
        if line in (b"\r\n", b"\n", b""):
            break
        text = line.decode("iso-8859-1").rstrip("\r\n").replace("\r", " ")
        name, colon, value = text.partition(":")
        if text.startswith((" ", "\t")):  # the line before goes on here (RFC 9112, 5.2)
            if found:
                found[-1] = found[-1][0], f"{found[-1][1]} {text.strip()}"
        elif colon and _NAME.fullmatch(name):
            found.append((name, value.strip(" \t")))
    else:
        raise http.client.HTTPException(f"got more than {MAX_HEADERS} headers")
    message = http.client.HTTPMessage()
    for name, value in found:
        message[name] = value
    return message


def _length(text: str) -> int | None:
    """What Content-Length says, if it says something sensible."""
    try:
        length = int(text)
    except ValueError:
        return None
    return length if length >= 0 else None
