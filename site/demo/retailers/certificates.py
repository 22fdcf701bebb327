"""The certificates of the fake shops: one authority, one certificate a name."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import trustme

_EXPIRED_FROM = datetime(2019, 1, 1, tzinfo=UTC)
_EXPIRED_ON = datetime(2020, 1, 1, tzinfo=UTC)


class Kind(StrEnum):
    """What is right or wrong with a certificate."""

    VALID = "valid"
    WRONG_HOST = "wrong_host"
    EXPIRED = "expired"
    SELF_SIGNED = "self_signed"


class Certificates:
    """Certificates by name and kind, made when first asked for.

    The authority is kept in `folder` as `ca.pem` and `ca-key.pem` (readable by its owner only), so
    that a client which trusts it still does after a restart. Not safe for two threads at once.
    """

    def __init__(self, folder: Path) -> None:
        self.ca_file: Path = folder / "ca.pem"
        key_file = folder / "ca-key.pem"
        if self.ca_file.exists() and key_file.exists():
            self._ca = trustme.CA.from_pem(self.ca_file.read_bytes(), key_file.read_bytes())
        else:
            self._ca = trustme.CA()
            key_file.touch(mode=0o600)
            key_file.write_bytes(self._ca.private_key_pem.bytes())
            self.ca_file.write_bytes(self._ca.cert_pem.bytes())
        self._contexts: dict[tuple[str, Kind], ssl.SSLContext] = {}

    def context(self, name: str, kind: Kind = Kind.VALID) -> ssl.SSLContext:
        """A server's context that presents the certificate of `kind` for `name`."""
        known = self._contexts.get((name, kind))
        if known is None:
            known = self._contexts[name, kind] = self._make(name, kind)
        return known

    def _make(self, name: str, kind: Kind) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        match kind:
            case Kind.VALID:
                self._ca.issue_cert(name).configure_cert(context)
            case Kind.WRONG_HOST:
                self._ca.issue_cert(f"not-{name}").configure_cert(context)
            case Kind.EXPIRED:
                leaf = self._ca.issue_cert(name, not_before=_EXPIRED_FROM, not_after=_EXPIRED_ON)
                leaf.configure_cert(context)
            case Kind.SELF_SIGNED:
                # An authority's own certificate is the one self-signed certificate that trustme makes.
                stranger = trustme.CA()
                with stranger.cert_pem.tempfile() as cert, stranger.private_key_pem.tempfile() as key:
                    context.load_cert_chain(cert, key)
        return context


class NameReader:
    """Reads the server name (SNI) that a client asks for, before anything is answered."""

    def __init__(self) -> None:
        self._asked: str | None = None
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.sni_callback = self._note_and_refuse

    def _note_and_refuse(self, _connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int:
        self._asked = name
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    def read(self, hello: bytes) -> str | None:
        """The name in the client's first bytes, None if it gives none.

        Raises `ssl.SSLWantReadError` while the message is incomplete, `ValueError` if it is not TLS.
        """
        self._asked = None
        incoming = ssl.MemoryBIO()
        incoming.write(hello)
        try:
            self._context.wrap_bio(incoming, ssl.MemoryBIO(), server_side=True).do_handshake()
        except ssl.SSLWantReadError:
            raise
        except ssl.SSLError as error:
            if error.reason != "CALLBACK_FAILED":
                raise ValueError(f"not a TLS client: {error.reason}") from error
        return self._asked
