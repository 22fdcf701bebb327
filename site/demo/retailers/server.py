"""One loopback port that plays every shop, each under its own name."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.retailers.answers import Answer, Ending, plain
from demo.retailers.behaviours import Behaviour
from demo.retailers.certificates import Certificates, Kind, NameReader
from demo.retailers.shops import Shop

ADDRESS = "127.0.0.1"
_HELLO_SECONDS = 10.0  # how long a client may take to open a connection
_LARGEST_BODY = 1024 * 1024
_HOST_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
)
_HOST_NUMBER = re.compile(r"127(\.(0|[1-9][0-9]{0,2})){3}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    host: str
    method: str
    target: str  # path and query
    headers: Mapping[str, str]  # lower-case names
    at: float  # seconds of `time.monotonic()`


Api = Callable[[Request, bytes], Answer]
"""Answers a request and its body: a host that is no shop but a service for programs."""


class _Line(asyncio.StreamReaderProtocol):
    """A connection that knows whether a request is being answered on it, and when it is lost."""

    def __init__(self, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(reader, loop=loop)
        self.lost = asyncio.Event()
        self.busy = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        super().connection_lost(exc)


class RetailerServer:
    """The shops, served over HTTPS by a thread of its own between `start` and `stop`.

    Takes about 300 KB of memory for each open connection: asyncio gives every TLS connection a buffer.

    `port` 0 takes a free one. With a `folder` the certificate authority is kept there, otherwise it
    lives as long as this object. The last `log_size` requests are remembered.
    """

    def __init__(self, *, port: int = 0, folder: Path | None = None, log_size: int = 50_000) -> None:
        self.port = port
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        if folder is None:
            self._scratch = tempfile.TemporaryDirectory()
            folder = Path(self._scratch.name)
        folder.mkdir(parents=True, exist_ok=True)
        self._certificates = Certificates(folder.resolve())
        self._names = NameReader()
        self._shops: dict[str, Shop] = {}
        self._apis: dict[str, Api] = {}
        self._log: deque[Request] = deque(maxlen=log_size)
        self._in_flight: Counter[str] = Counter()
        self._most_in_flight: Counter[str] = Counter()
        self._lines: dict[str, dict[_Line, asyncio.Transport]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread: threading.Thread | None = None

    # The shops

    def shop(self, name: str, *, default: Behaviour = Behaviour.NOT_FOUND) -> Shop:
        """The shop of that host name; opened, with `default` at all addresses, if there is none yet.

        A number of 127.0.0.0/8 is a shop for clients that cannot be told where names lead. It must be opened before
        `start`, and needs a system that listens on all of that network, as Linux does.
        """
        name = name.lower()
        if not (_HOST_NAME.fullmatch(name) or _HOST_NUMBER.fullmatch(name)):
            raise ValueError(f"not a host name: {name!r}")
        return self._shops.setdefault(name, Shop(name, default, self._hang_up))

    def open(self, names: Iterable[str], *, default: Behaviour = Behaviour.PRODUCT) -> None:
        """Open many shops at once, each with a healthy product at every address."""
        for name in names:
            self.shop(name, default=default)

    def api(self, name: str, api: Api) -> None:
        """Let `api` answer under that host name. Like a shop it can be brought `down`."""
        self.shop(name)
        self._apis[name] = api

    def make_certificates(self) -> None:
        """Make every shop's certificate now (some 5 ms each), which the first client would wait for otherwise.

        To be called before `start`.
        """
        for name, shop in self._shops.items():
            self._certificates.context(name, shop.certificate)

    @property
    def shops(self) -> Mapping[str, Shop]:
        return dict(self._shops)

    # What was asked

    @property
    def requests(self) -> list[Request]:
        """The requests so far, oldest first."""
        return list(self._log)

    @property
    def max_in_flight(self) -> Mapping[str, int]:
        """For each host asked, the most requests that were being answered at one moment."""
        return dict(self._most_in_flight)

    def forget(self) -> None:
        """Empty the log and the record of requests in flight."""
        self._log.clear()
        self._most_in_flight.clear()

    # How to reach it

    @property
    def ca_file(self) -> Path:
        """The certificate (PEM) that a client must trust."""
        return self._certificates.ca_file

    def write_fetch_hosts(self, path: Path) -> None:
        """Write a FETCH_HOSTS file: one shop a line, `name address port CA-file`. Replaces it in one step.

        The CA file is named from the folder of `path`, so that the line holds however that folder is called.
        """
        ca_file = os.path.relpath(self.ca_file, path.resolve().parent)
        lines = ["# name address port CA-file"]
        lines += [f"{name} {ADDRESS} {self.port} {ca_file}" for name in sorted(self._shops)]
        draft = path.with_name(f"{path.name}.new")
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
        draft.replace(path)

    # Start and stop

    def start(self) -> None:
        """Listen. Raises `OSError` if the port is taken."""
        first = socket.create_server((ADDRESS, self.port), backlog=1024)
        self.port = first.getsockname()[1]
        numbers = sorted(name for name in self._shops if _HOST_NUMBER.fullmatch(name) and name != ADDRESS)
        others = [socket.create_server((number, self.port), backlog=128) for number in numbers]
        self._stopping = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._run, args=(self._loop, [first, *others]), name="retailers", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Drop every connection and free the port. Does nothing if it is not running."""
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._loop = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._scratch is not None:
            self._scratch.cleanup()

    def _run(self, loop: asyncio.AbstractEventLoop, listeners: list[socket.socket]) -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner, ExitStack() as opened:
            for listener in listeners:
                listener.setblocking(False)
                opened.enter_context(listener)
            runner.run(self._serve(listeners))

    async def _serve(self, listeners: list[socket.socket]) -> None:
        accepting = [asyncio.create_task(self._accept(listener)) for listener in listeners]
        await self._stopping.wait()
        for task in accepting:
            task.cancel()
        await asyncio.gather(*accepting, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as lines:
            while True:
                try:
                    connection, _ = await loop.sock_accept(listener)
                except (
                    OSError
                ):  # out of descriptors: those waiting in the backlog are served when some are free
                    await asyncio.sleep(0.05)
                    continue
                connection.setblocking(False)
                lines.create_task(self._greet(connection))

    def _hang_up(self, name: str) -> None:
        """Drop the idle connections to a shop, and return when it is done. Not for the server's own thread."""

        async def drop() -> None:
            for line, transport in list(self._lines.get(name, {}).items()):
                if not line.busy:
                    transport.abort()

        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(drop(), self._loop).result(timeout=5)

    # One connection

    async def _greet(self, connection: socket.socket) -> None:
        """Serve one connection to its end. What goes wrong on it ends it, and nothing else."""
        try:
            async with asyncio.timeout(_HELLO_SECONDS):
                name = await self._name(connection) or _number_dialled(connection)
            shop = self._shops.get(name)
            if name and (shop is None or shop.closed):
                _reset(connection)
                return
            await self._talk(connection, name, shop.certificate if shop else Kind.VALID)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away, does not trust the certificate, or does not speak HTTP over TLS
        finally:
            connection.close()

    async def _name(self, connection: socket.socket) -> str:
        """The host name that the client asks for, left unread in the socket's buffer; empty if it gives none."""
        loop = asyncio.get_running_loop()
        while True:
            readable = asyncio.Event()
            loop.add_reader(connection, readable.set)
            try:
                await readable.wait()
            finally:
                loop.remove_reader(connection)
            hello = connection.recv(65_536, socket.MSG_PEEK)
            if not hello:
                raise ConnectionError("closed before a word")
            try:
                return (self._names.read(hello) or "").lower()
            except ssl.SSLWantReadError:
                await asyncio.sleep(0.005)

    async def _talk(self, connection: socket.socket, name: str, kind: Kind) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        line = _Line(reader, loop)
        transport, _ = await loop.connect_accepted_socket(
            lambda: line,
            connection,
            ssl=self._certificates.context(name or "localhost", kind),
            ssl_handshake_timeout=_HELLO_SECONDS,
            ssl_shutdown_timeout=_HELLO_SECONDS,
        )
        writer = asyncio.StreamWriter(transport, line, reader, loop)
        lines = self._lines.setdefault(name, {})
        lines[line] = transport
        try:
            while await self._exchange(reader, writer, line):
                pass
            writer.close()
            await line.lost.wait()
        finally:
            del lines[line]
            transport.abort()
            await line.lost.wait()  # only then may the socket be closed

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: _Line
    ) -> bool:
        """One request and its answer. Returns whether the connection stays open for another."""
        head = await reader.readuntil(b"\r\n\r\n")
        line.busy = True
        try:
            first, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
            method, target, version = first.split(" ")
            headers = {
                key.strip().lower(): value.strip() for key, _, value in (f.partition(":") for f in fields)
            }
            length = int(headers.get("content-length", "0"))
            if not 0 <= length <= _LARGEST_BODY or not target.startswith("/"):
                raise ValueError("not a request for a shop")
            body = await reader.readexactly(length)
            host = headers.get("host", "").partition(":")[0].lower()
            request = Request(host, method, target, headers, time.monotonic())
            self._log.append(request)
            self._in_flight[host] += 1
            self._most_in_flight[host] = max(self._most_in_flight[host], self._in_flight[host])
            try:
                return await self._respond(writer, line, request, body, version)
            finally:
                self._in_flight[host] -= 1
        finally:
            line.busy = False

    async def _respond(
        self,
        writer: asyncio.StreamWriter,
        line: _Line,
        request: Request,
        body: bytes,
        version: str,
    ) -> bool:
        answer = self._answer(request, body)
        if answer.ending is Ending.RESET:
            _reset(writer.get_extra_info("socket"))
            writer.transport.abort()
            return False
        if answer.ending is Ending.SILENT:
            await line.lost.wait()
            return False
        if answer.delay and await _lost_within(line, answer.delay):
            return False
        stays = version == "HTTP/1.1" and request.headers.get("connection", "").lower() != "close"
        writer.write(_on_the_wire(answer, bodiless=request.method == "HEAD", stays=stays))
        await writer.drain()
        return stays

    def _answer(self, request: Request, body: bytes) -> Answer:
        shop = self._shops.get(request.host)
        if shop is None:
            return _misdirected(request.host)
        api = self._apis.get(request.host)
        if api is not None and shop.down_as is None:
            return api(request, body)
        return shop.answer(request.target, request.method)


def _number_dialled(connection: socket.socket) -> str:
    """The number that a client asked for which gave no name, if it can be a shop's."""
    number: str = connection.getsockname()[0]
    return "" if number == ADDRESS else number


async def _lost_within(line: _Line, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await line.lost.wait()
    except TimeoutError:
        return False
    return True


def _reset(connection: socket.socket) -> None:
    """Let the close of `connection` send a reset, not an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _misdirected(host: str) -> Answer:
    text = plain(f"There is no shop called {host or 'nothing'} here.\n")
    return Answer(HTTPStatus.MISDIRECTED_REQUEST, text.body, text.headers)


def _on_the_wire(answer: Answer, *, bodiless: bool, stays: bool) -> bytes:
    status = answer.status
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", f"Date: {formatdate(usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if status is not HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Length: {len(answer.body)}")
    if not stays:
        lines.append("Connection: close")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head if bodiless else head + answer.body
