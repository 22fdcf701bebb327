"""The one door to the network: fetches what an offer's address leads to, and nothing else.

Every address and every redirect was written by a stranger, so each hop is checked as text (`check_url`), and
again as a number at the moment of dialling: a name is looked up once, the whole answer is refused if any part
of it is not public, and only those numbers are dialled. Every server may be hostile, so a look has one
deadline for everything and a request has a count of bytes, both kept at the socket, where no header, chunk or
handshake can get round them. Nothing is ever decompressed.

The requests library is used through its adapter, not its Session: `Session.send` reads, and decompresses, the
whole body of every redirect, even with `allow_redirects=False, stream=True`; it also reads proxies, netrc and
CA bundles from the environment. The adapter does none of this.
"""

from __future__ import annotations

import errno
import http.client
import logging
import queue
import re
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urldefrag, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from products.addresses import (
    NO_TARGETS,
    Address,
    Network,
    Target,
    UnsafeAddress,
    check_url,
    is_public,
    read_targets,
)
from products.http_answer import Answer
from products.linkcheck.evidence import Evidence, Failure, Hop
from products.linkcheck.page_hop import MAX_PAGE, page_hop
from products.linkcheck.page_text import page_text
from products.linkcheck.verdict import HEADERS_READ

__all__ = [
    "Door",
    "HostBusy",
    "Look",
    "Posting",
    "Session",
    "Target",
    "UnsafeAddress",
    "check_url",
    "read_targets",
]

MAX_HEADER_BYTES: Final = 64 * 1024  # status line and headers, interim answers included
MAX_COOKIE_BYTES: Final = 8 * 1024  # what we send back; common servers refuse more
MAX_HEADER_VALUE: Final = 512  # characters kept of each
MAX_DIALLED: Final = 6  # numbers tried of one name
MOST_POOLS: Final = 4  # ports of one host, to each of which a connection is kept
DRAIN_BYTES: Final = 8 * 1024  # of a redirect's body, read only to keep the connection
DRAIN_SECONDS: Final = 0.5
LATE: Final = 0.25  # seconds that one read or write may go on beyond the deadline
LOOP: Final = 3  # an address met so often is a loop

# What the judge reads (its markers are data, so the list is its own), and what a person may want to see.
KEPT_HEADERS: Final = HEADERS_READ | {"content-type", "location", "refresh", "server", "x-robots-tag"}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_TEXTUAL: Final = re.compile(
    r"text/|application/(?:[a-z0-9.-]+\+)?(?:xml|json)\b|application/javascript\b", re.IGNORECASE
)

# An address that requests prepares to be sent as it stands, so that nothing needs to be prepared.
_PREPARED: Final = re.compile(
    r"https?://[a-z0-9._-]+(?::[1-9][0-9]*)?/(?!\.)(?:[\w~.-]|/(?!\.))*(?:\?[\w~./=&+-]+)?", re.ASCII
)

# Errors of our own machine or line, which say nothing of the shop.
_OURS: Final = frozenset(
    {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EACCES, errno.EPERM}
    | {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
)
# What requests, urllib3 and http.client raise for a server that breaks off or does not speak HTTP. ValueError
# is http.client's for lengths below nought.
_BROKEN: Final = (HTTPError, http.client.HTTPException, OSError, ValueError)

_NAME_UNKNOWN: Final = frozenset(
    {socket.EAI_NONAME}
    | {getattr(socket, name) for name in ("EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)}
)

# OpenSSL's X509_V_ERR_ codes.
_CERTIFICATE_FAULTS: Final = {
    9: "The certificate of {host} is not valid yet.",
    10: "The certificate of {host} has expired.",
    18: "The certificate of {host} is self-signed.",
    19: "The certificate of {host} goes back to an unknown issuer.",
    20: "The certificate of {host} is from an unknown issuer, or the issuer's own certificate was not sent.",
    21: "The certificate of {host} is from an unknown issuer, or the issuer's own certificate was not sent.",
    62: "The certificate of {host} is for another host.",
    64: "The certificate of {host} is for another host.",
}

# urllib3 logs whole addresses, query strings included, for every request and every odd header.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

Resolver = Callable[..., Sequence[tuple[Any, ...]]]


class HostBusy(Exception):
    """The host's session is in use: the request was not made."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is busy")
        self.host = host


class _Ended(Exception):
    """A request ended without an answer. No class that urllib3 or requests would catch, retry or wrap."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


class _Spent(Exception):
    """The request has received all the bytes that it may."""


class _Meter:
    """What one request may still take of time and bytes. Its session's sockets ask before every read."""

    def __init__(self) -> None:
        self.rearm(ends=0.0, left=0)

    def rearm(self, *, ends: float, left: int) -> None:
        """Begin a request that must be over when the monotonic clock says `ends`, after `left` bytes."""
        self.ends = ends
        self.left = left
        self.received = 0
        self.dialled = False
        self.sent = 0.0

    def seconds(self) -> float:
        """Seconds left, more than nought; raises _Ended if there are none."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise _Ended(Failure.TIMEOUT, "The shop took too long to answer.")
        return left


class _MeteredSocket(socket.socket):
    """A socket whose every read fits in its meter: a time-out for each read is no limit to a slow drip."""

    meter: _Meter

    def _set_timeout(self) -> None:
        """Give what follows the time that is left. Setting it is a system call, so a little too much is let stand."""
        left, given = self.meter.seconds(), self.gettimeout()
        if given is None or not left <= given <= left + LATE:
            self.settimeout(left)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        if not self.meter.left:
            raise _Spent
        size = min(nbytes or memoryview(buffer).nbytes, self.meter.left)
        self._set_timeout()
        try:
            count = super().recv_into(buffer, size, flags)
        except TimeoutError:
            raise _Ended(Failure.TIMEOUT, "The shop took too long to answer.") from None
        self.meter.left -= count
        self.meter.received += count
        return count

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._set_timeout()
        self.meter.sent = time.monotonic()
        try:
            super().sendall(data, flags)
        except TimeoutError:
            raise _Ended(Failure.TIMEOUT, "The shop took too long to take the request.") from None


class _MeteredTlsSocket(_MeteredSocket, ssl.SSLSocket):
    """The same above TLS. The handshake, which does not pass here, is bounded by the time-out it starts with."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What is sent where something is sent: to the few hosts of an API, and to no shop."""

    body: bytes
    headers: Mapping[str, str]


class _Line:
    """What the connections of one session share: the door's rules and the meter of the request in flight."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.meter = _Meter()

    def dial(self, host: str, port: int) -> _MeteredSocket:
        """Connect to `host`, to public numbers only. Raises _Ended."""
        self.meter.dialled = True
        addresses, port = self.door.dialled(host, port, seconds=self.meter.seconds())
        errors: list[OSError] = []
        for position, address in enumerate(addresses):
            seconds = self.meter.seconds() / (len(addresses) - position)
            try:
                sock = _MeteredSocket(
                    socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM
                )
            except OSError as failed:
                errors.append(failed)
                continue
            sock.meter = self.meter
            try:
                sock.settimeout(seconds)
                sock.connect((str(address), port))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
            except OSError as failed:
                sock.close()
                errors.append(failed)
        raise _unreached(host, errors)

    def wrap(self, sock: _MeteredSocket, host: str) -> _MeteredTlsSocket:
        """Begin TLS on `sock` and prove that the other side is `host`. Raises _Ended."""
        try:
            with sock:  # which gives its descriptor to the wrapped one, unless something fails before
                sock.settimeout(self.meter.seconds())
                wrapped = self.door.tls_for(host).wrap_socket(sock, server_hostname=host)
        except TimeoutError:
            raise _Ended(Failure.TIMEOUT, f"{host} took too long to begin a secure connection.") from None
        except ssl.SSLCertVerificationError as error:
            fault = _CERTIFICATE_FAULTS.get(error.verify_code, "The certificate of {host} is not valid.")
            raise _Ended(Failure.TLS, fault.format(host=host)) from error
        except (OSError, ValueError) as error:  # ValueError: a name that can't stand in a certificate
            raise _Ended(Failure.RESET, f"{host} could not begin a secure connection.") from error
        assert isinstance(wrapped, _MeteredTlsSocket)
        wrapped.meter = self.meter
        return wrapped


class _PlainConnection(HTTPConnection):
    response_class = Answer

    def __init__(self, *args: Any, line: _Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = line

    def _new_conn(self) -> _MeteredSocket:
        return self.line.dial(self.host, self.port)


class _TlsConnection(HTTPSConnection):
    response_class = Answer

    def __init__(self, *args: Any, line: _Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = line

    def _new_conn(self) -> _MeteredSocket:
        return self.line.dial(self.host, self.port)

    def connect(self) -> None:
        """urllib3's own would write to the shared context at every connection, from every thread."""
        self.sock = self.line.wrap(self._new_conn(), self.host)
        self.is_verified = True


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS: Final = {"http": _PlainPool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    """requests' adapter over guarded connections: no retries, no proxies, no CA bundle read per request.

    It keeps the one connection to each port itself, where requests has a manager of pools.
    """

    def __init__(self, line: _Line) -> None:
        self._line = line
        self._pools: dict[tuple[str, str | None, int | None], HTTPConnectionPool] = {}
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: see `get_connection_with_tls_context`."""

    def close(self) -> None:
        while self._pools:
            self._pools.popitem()[1].close()

    # What follows does for each request what the door needs of it, and no more: requests' own looks for proxies
    # and reads the address seven times, and makes a jar of cookies and a dictionary of headers that nobody reads.

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing: the shared context requires a certificate, and `_Line.wrap` uses no other."""

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        parts = urlsplit(str(request.url))
        place = (parts.scheme, parts.hostname, parts.port)
        if place not in self._pools:
            if len(self._pools) == MOST_POOLS:
                self.close()
            self._pools[place] = _POOLS[parts.scheme](
                str(parts.hostname), parts.port, maxsize=1, line=self._line
            )
        return self._pools[place]

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        return request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = requests.Response()
        response.raw = resp
        if "set-cookie" in resp.headers:
            extract_cookies_to_jar(response.cookies, req, resp)
        return response


@dataclass(slots=True)
class _Page:
    """One request's outcome."""

    hop: Hop
    text: str = ""
    content_type: str = ""
    truncated: bool = False


class Look:
    """One look under way. It asks one address at a time, so that whoever drives it may wait before each.

    Only the time spent in `ask` counts against the door's deadline. One thread at a time.
    """

    def __init__(self, door: Door, requested: str) -> None:
        self.asked_at = 0.0  # by the monotonic clock, when the latest request went out
        self._door = door
        self._requested = requested
        self._cookies = RequestsCookieJar()
        self._seconds = door.deadline
        self._hops: list[Hop] = []
        self._page = _Page(Hop(url=requested))
        self._met: Counter[str] = Counter()
        self._looped = False
        self._next: str | None = None
        self._lead_to(requested)

    @property
    def address(self) -> str | None:
        """The address to ask next, checked and normalised; None: the look has ended."""
        return self._next

    @property
    def evidence(self) -> Evidence:
        """What an ended look saw."""
        return Evidence(
            requested=self._requested,
            hops=tuple(self._hops),
            text=self._page.text,
            content_type=self._page.content_type,
            truncated=self._page.truncated,
            looped=self._looped,
        )

    def ask(self, session: Session) -> None:
        """Ask `address` through a session of its host.

        Raises HostBusy, and has asked nothing, if the session is in use; nothing for what a server does.
        """
        assert self._next is not None, "the look has ended"
        started = time.monotonic()
        page = self._page = session.ask(self._next, self._cookies, ends=started + self._seconds)
        self._seconds -= time.monotonic() - started
        self.asked_at = session.asked_at or started
        self._next = None
        if page.hop.location is None:
            self._hops.append(page.hop)
        else:
            self._hops.append(replace(page.hop, location=_shown(page.hop.location)))
            self._lead_to(page.hop.location)

    def _lead_to(self, following: str) -> None:
        """Make `following` the next address, or end the look where the rules do."""
        try:
            url = self._door.checked(following)
        except UnsafeAddress as unsafe:
            self._end(following, Failure.UNSAFE_ADDRESS, str(unsafe))
            return
        if self._door.is_barred(host := urlsplit(url).hostname or ""):
            self._end(url, Failure.BARRED, f"{host} does not allow robots.")
            return
        place = urldefrag(url).url
        self._met[place] += 1
        self._looped = len(self._hops) == self._door.max_hops or self._met[place] == LOOP
        if not self._looped:
            self._next = url

    def _end(self, url: str, failure: Failure, detail: str) -> None:
        hop = Hop(url=_shown(url), failure=failure, detail=detail)
        self._hops.append(hop)
        self._page = _Page(hop)


class Session:
    """The kept-alive connections to one host. One look at a time may use it; `close` it when done."""

    def __init__(self, door: Door, host: str) -> None:
        self.host = host
        self.asked_at = 0.0  # by the monotonic clock, when the latest request went out; 0: it never did
        self._door = door
        self._line = _Line(door)
        self._adapter = _Adapter(self._line)
        self._in_use = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The session can be used again; it dials anew."""
        self._adapter.close()

    def ask(
        self, url: str, cookies: RequestsCookieJar, *, ends: float, posting: Posting | None = None
    ) -> _Page:
        """GET the checked address `url`, or POST to it; be done when the monotonic clock says `ends`.

        Adds to `cookies` what the shop sets. Raises HostBusy if another thread is using the session; nothing
        for what a server does.
        """
        if not self._in_use.acquire(blocking=False):
            raise HostBusy(self.host)
        started = time.monotonic()
        self._line.meter.rearm(ends=ends, left=0)
        try:
            page = self._ask(url, cookies, ends, posting)
        except _Ended as ended:
            page = _Page(Hop(url=url, failure=ended.failure, detail=ended.detail))
        except _Spent:
            page = _Page(Hop(url=url, failure=Failure.RESET, detail="The shop sent headers without end."))
        except _BROKEN as error:
            page = _Page(Hop(url=url, failure=Failure.RESET, detail=_breakage(error)))
        finally:
            self.asked_at = self._line.meter.sent
            self._in_use.release()
        page.hop = replace(page.hop, seconds=time.monotonic() - started)
        return page

    def _ask(self, url: str, cookies: RequestsCookieJar, ends: float, posting: Posting | None) -> _Page:
        request = requests.PreparedRequest()
        request.prepare_method("GET" if posting is None else "POST")
        if _PREPARED.fullmatch(url):
            request.url = url
        else:
            request.prepare_url(url, None)
            # requests has read the address with urllib3's parser, and will read it again with the standard
            # library's to choose the connection. Both must have read what was checked.
            if urlsplit(request.url)[:2] != urlsplit(url)[:2]:
                raise _Ended(Failure.UNSAFE_ADDRESS, "The address can be read in two ways.")
        if posting is None and not len(cookies):
            request.headers = self._door.usual_headers  # nobody writes to them from here on
        else:
            request.prepare_headers({**self._door.headers, **(posting.headers if posting else {})})
            request.prepare_cookies(cookies)
            if len(request.headers.get("Cookie", "")) > MAX_COOKIE_BYTES:
                del request.headers["Cookie"]
            request.prepare_body(posting.body if posting else None, None)
        response = self._send(request, ends)
        raw = response.raw
        try:
            cookies.update(response.cookies)
            headers = _kept_headers(raw)
            content_type = headers.get("content-type", "")
            hop = Hop(url=url, status=raw.status, headers=headers)
            if raw.status < 200:
                raise _Ended(Failure.RESET, "The shop changed to another protocol.")
            if raw.status in _REDIRECTS and headers.get("location", "").strip():
                self._drain(raw)
                return _Page(replace(hop, location=_location(url, raw)), content_type=content_type)
            if headers.get("content-encoding", "identity").lower() != "identity":
                return _Page(hop, content_type=content_type)
            if content_type and not _TEXTUAL.match(content_type):
                return _Page(hop, content_type=content_type)
            body, truncated = self._read(raw)
            text = page_text(body, content_type, truncated=truncated)
            if (
                200 <= raw.status < 300
                and len(body) < MAX_PAGE
                and "html" in (content_type.lower() or "html")
            ):
                further = page_hop(text, url, refresh=headers.get("refresh", ""))
                hop = hop if further is None else replace(hop, location=further)
            return _Page(hop, text, content_type, truncated)
        finally:
            # Gives the connection back if the body was read to its end, else closes it.
            raw.close()

    def _send(self, request: requests.PreparedRequest, ends: float) -> requests.Response:
        """Send once; once more if a kept connection turns out to have been closed meanwhile (RFC 9112, 9.3.1)."""
        meter = self._line.meter
        for again in (True, False):
            meter.rearm(ends=ends, left=MAX_HEADER_BYTES)
            try:
                return self._adapter.send(request, stream=True, timeout=meter.seconds())
            except _BROKEN:
                if meter.dialled or meter.received or not again:
                    raise
        raise AssertionError("the second attempt returns or raises")

    def _read(self, raw: HTTPResponse) -> tuple[bytes, bool]:
        """The body as far as it may go, and whether it went on or broke off."""
        limit = self._door.max_bytes
        self._line.meter.left = limit + DRAIN_BYTES  # the framing of chunks may take a little
        body = bytearray()
        try:
            for piece in raw.stream(16 * 1024, decode_content=False):
                body += piece
                if len(body) > limit:
                    return bytes(body[:limit]), True
        except _Spent:
            return bytes(body[:limit]), True
        except _BROKEN as error:
            # Browsers show a page that ends early; a connection that is reset is another matter.
            if not body or any(isinstance(cause, ConnectionError) for cause in _causes(error)):
                raise
            return bytes(body), True
        return bytes(body), False

    def _drain(self, raw: HTTPResponse) -> None:
        """Read a redirect's small body, so that the connection can be kept. What it says is of no interest."""
        meter = self._line.meter
        meter.left = DRAIN_BYTES
        meter.ends = min(meter.ends, time.monotonic() + DRAIN_SECONDS)
        try:
            for _ in raw.stream(DRAIN_BYTES, decode_content=False):
                pass
        except (_Ended, _Spent, *_BROKEN):
            raw.close()


class Door:
    """The way out, made once in a process: the rules, the limits and the TLS contexts all looks share.

    `deadline` seconds are for a whole look, `max_bytes` for one body, `max_hops` for the requests of a look.
    `resolver` is called as `socket.getaddrinfo` is, with a name that ends in a dot, so that the machine's
    search list is never tried; it may block. `targets` come from `read_targets`. `networks` and `ca_file` are
    for an operator's own network: literal addresses there may be fetched on any port, and certificates of that
    authority are trusted besides the public ones. `is_barred(host name)` says which shops are never asked.
    `apis` are the hosts to which something may be posted, over TLS.

    Raises ValueError for a User-Agent that can't be sent, OSError for a CA file that can't be read.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        targets: Mapping[str, Target] = NO_TARGETS,
        deadline: float = 10.0,
        max_bytes: int = 512 * 1024,
        max_hops: int = 10,
        resolver: Resolver = socket.getaddrinfo,
        allow_networks: Sequence[Network] = (),
        ca_file: str | None = None,
        is_barred: Callable[[str], bool] = lambda host: False,
        apis: Collection[str] = (),
    ) -> None:
        if not (user_agent.isascii() and user_agent.isprintable() and user_agent.strip()):
            raise ValueError("The User-Agent must be printable ASCII.")
        self.deadline = deadline
        self.max_bytes = max_bytes
        self.max_hops = max_hops
        self.headers = {
            "User-Agent": user_agent,
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Language": "en",
            "Accept-Encoding": "identity",
        }
        usual = requests.PreparedRequest()
        usual.prepare_headers(self.headers)
        self.usual_headers = usual.headers
        self._targets = targets
        self._networks = tuple(allow_networks)
        self._resolver = resolver
        self._is_barred = is_barred
        self._apis = frozenset(apis)
        self._own_tls = _tls_context(DEFAULT_CA_BUNDLE_PATH, ca_file) if ca_file else _public_tls()
        self._target_tls = {
            file: _tls_context(file)
            for file in {target.ca_file for target in targets.values()}
            if file is not None
        }

    def session(self, host: str) -> Session:
        """A new session to keep connections to `host` in."""
        return Session(self, host)

    def begin(self, url: str) -> Look:
        """A look at `url` that has asked nothing yet."""
        return Look(self, url)

    def look(self, url: str, *, session_for: Callable[[str], Session] | None = None) -> Evidence:
        """Fetch `url`, follow where it leads, and tell what was seen. Takes `deadline` seconds at most.

        `session_for(host name)` gives the session for a hop; without it the look uses its own and closes them.
        Raises HostBusy if a session is in use; nothing for what a server does.
        """
        own: dict[str, Session] = {}
        give = session_for or (lambda host: own.setdefault(host, self.session(host)))
        look = self.begin(url)
        try:
            while look.address is not None:
                look.ask(give(urlsplit(look.address).hostname or ""))
        finally:
            for session in own.values():
                session.close()
        return look.evidence

    def post(self, url: str, posting: Posting) -> Evidence:
        """Send something to an API and tell what came back. Follows no redirect. Takes `deadline` seconds at most.

        Raises UnsafeAddress for any host but the door's `apis`, and for one without TLS; nothing for what a server
        does. Neither headers nor body stand in the evidence.
        """
        parts = urlsplit(checked := self.checked(url))
        if parts.scheme != "https" or parts.hostname not in self._apis:
            raise UnsafeAddress(f"Nothing may be sent to {parts.hostname}.")
        with self.session(parts.hostname) as session:
            page = session.ask(
                checked, RequestsCookieJar(), ends=time.monotonic() + self.deadline, posting=posting
            )
        return Evidence(url, (page.hop,), page.text, page.content_type, page.truncated)

    def checked(self, url: str) -> str:
        """`url` normalised. Raises UnsafeAddress if it may not be asked, whatever its name stands for."""
        return check_url(url, targets=self._targets, networks=self._networks)

    def is_barred(self, host: str) -> bool:
        """Whether a shop allows no robots, so that its addresses are read and never asked."""
        return self._is_barred(host)

    def dialled(self, host: str, port: int, *, seconds: float) -> tuple[Sequence[Address], int]:
        """The numbers and the port to dial for `host`. Raises _Ended: the last word on what may be reached."""
        if (target := self._targets.get(host)) is not None:
            return (ip_address(target.address),), target.port
        try:
            literal = ip_address(host)
        except ValueError:
            addresses = self._look_up(host, port, seconds)
        else:
            if any(literal in network for network in self._networks):
                return (literal,), port
            addresses = (literal,)
        if not all(map(is_public, addresses)):
            raise _Ended(Failure.UNSAFE_ADDRESS, f"{host} is inside a private or special network.")
        return addresses[:MAX_DIALLED], port

    def _look_up(self, host: str, port: int, seconds: float) -> tuple[Address, ...]:
        """All numbers that `host` stands for now. In a thread of its own: a look-up has no time-out."""
        outcomes: queue.SimpleQueue[Sequence[tuple[Any, ...]] | OSError | UnicodeError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                outcomes.put(self._resolver(f"{host}.", port, 0, socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                outcomes.put(error)

        threading.Thread(target=ask, name="look-up", daemon=True).start()
        try:
            outcome = outcomes.get(timeout=seconds)
        except queue.Empty:
            raise _Ended(Failure.DNS_TEMPORARY, f"The look-up of {host} took too long.") from None
        if (
            isinstance(outcome, UnicodeError)
            or getattr(outcome, "errno", None) in _NAME_UNKNOWN
            or not outcome
        ):
            raise _Ended(Failure.DNS_NOT_FOUND, f"There is no site named {host}.")
        if isinstance(outcome, OSError):
            raise _Ended(Failure.DNS_TEMPORARY, f"The look-up of {host} failed for now.") from outcome
        try:
            return tuple(dict.fromkeys(ip_address(answer[4][0]) for answer in outcome))
        except ValueError as error:
            raise _Ended(Failure.UNSAFE_ADDRESS, f"{host} has an address that can't be read.") from error

    def tls_for(self, host: str) -> ssl.SSLContext:
        """The context that proves `host`."""
        target = self._targets.get(host)
        return self._target_tls[target.ca_file] if target and target.ca_file else self._own_tls


def _tls_context(*ca_files: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = _MeteredTlsSocket
    for file in ca_files:
        context.load_verify_locations(file)
    return context


@cache
def _public_tls() -> ssl.SSLContext:
    """The one for public authorities, made once in a process: it costs 15 ms, a whole check less than one."""
    return _tls_context(DEFAULT_CA_BUNDLE_PATH)


def _unreached(host: str, errors: Sequence[OSError]) -> _Ended:
    """What it means that none of a host's numbers could be dialled. One of ours (a machine without IPv6 fails so at half
    of them) counts only where all are."""
    error = next(
        (each for each in reversed(errors) if each.errno not in _OURS), errors[-1] if errors else None
    )
    if isinstance(error, TimeoutError):
        return _Ended(Failure.TIMEOUT, f"{host} took too long to answer.")
    if error is not None and error.errno in _OURS:
        # The nearest of the failures that are ours.
        return _Ended(Failure.DNS_TEMPORARY, f"There is no way from here to {host} for now.")
    if isinstance(error, ConnectionResetError):
        return _Ended(Failure.RESET, f"{host} broke the connection off.")
    return _Ended(Failure.REFUSED, f"Nothing answers at {host}.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _breakage(error: BaseException) -> str:
    causes = tuple(_causes(error))
    if any(isinstance(cause, http.client.RemoteDisconnected) for cause in causes):
        return "The shop broke the connection off without an answer."
    if any(isinstance(cause, ConnectionError | ssl.SSLError) for cause in causes):
        return "The shop broke the connection off."
    return "What came back is not HTTP, or only part of it."


def _kept_headers(raw: HTTPResponse) -> Mapping[str, str]:
    kept = {
        name: _shown(raw.headers[name])[:MAX_HEADER_VALUE]
        for name in sorted(KEPT_HEADERS.intersection(map(str.lower, raw.headers)))
    }
    if "set-cookie" in raw.headers:
        kept["set-cookie"] = "present"  # its value is nobody's business
    return kept


def _location(url: str, raw: HTTPResponse) -> str:
    """The absolute address of a Location header, read as browsers read it. Not checked."""
    location = raw.headers.getlist("location")[0].strip()
    try:
        # Headers come as Latin-1, but addresses in them are UTF-8 where they are not ASCII.
        location = location.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        location = quote(location, safe="".join(map(chr, range(33, 127))), encoding="latin-1")
    try:
        return urljoin(url, location.replace(" ", "%20"))
    except ValueError:  # brackets that hold no address
        return location


def _shown(text: str) -> str:
    """`text` fit to be stored and shown."""
    text = text[:2048]
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
