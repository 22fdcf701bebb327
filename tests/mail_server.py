"""A loopback mail server for tests."""

from __future__ import annotations

import socketserver
import threading
from enum import Enum
from typing import Self


class Hold(Enum):
    """When the server stalls over a mail that came in whole, for as long as its sender stays connected."""

    BEFORE_TAKING = "before taking it: a sender that goes away has sent nothing"
    AFTER_TAKING = "after taking it: a sender that goes away never hears that the mail is on its way"


class MailServer(socketserver.ThreadingTCPServer):
    """A small SMTP server (RFC 5321) that keeps what it takes, refuses some recipients, hangs up on others and
    holds the mail of others. A context manager: it serves from entering on."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailSession)
        self.taken: list[tuple[str, bytes]] = []
        self.refuses: set[str] = set()
        self.hangs_up_on: set[str] = set()
        self.holds: dict[str, Hold] = {}
        self.is_holding = threading.Event()
        """A mail is held now."""
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class MailSession(socketserver.StreamRequestHandler):
    server: MailServer

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("220 mail.example ready")
        recipient = ""
        while line := self.rfile.readline():
            verb = line.decode().strip()
            match verb[:4].upper():
                case "EHLO" | "HELO" | "MAIL" | "RSET" | "NOOP":
                    self.say("250 OK")
                case "RCPT":
                    recipient = verb.partition("<")[2].rstrip(">")
                    if recipient in self.server.hangs_up_on:
                        return
                    refused = recipient in self.server.refuses
                    self.say("550 No such mailbox" if refused else "250 OK")
                case "DATA":
                    self.say("354 Go on")
                    lines = []
                    while (part := self.rfile.readline()) != b".\r\n":
                        lines.append(part.removeprefix(b".") if part.startswith(b"..") else part)
                    hold = self.server.holds.get(recipient)
                    if hold is not Hold.BEFORE_TAKING:
                        self.server.taken.append((recipient, b"".join(lines)))
                    if hold is not None:
                        self._stall()
                        return
                    self.say("250 Taken")
                case "QUIT":
                    self.say("221 Bye")
                    return
                case _:
                    self.say("502 Not known")

    def _stall(self) -> None:
        """Say nothing until the sender is gone."""
        self.server.is_holding.set()
        self.rfile.read()
        self.server.is_holding.clear()
