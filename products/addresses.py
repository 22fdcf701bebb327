"""Which addresses may be fetched: rules for an address as text, and for the number that a name stands for.

Pure. `check_url` runs when an editor saves an address and again at every hop of a look; `is_public` is asked
about every number a name resolves to, just before `fetch.py` dials it. Both are needed: a name that reads
well may stand for 127.0.0.1, and may do so only on the second look-up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL_LENGTH = 2048
PORTS = frozenset({80, 443, 8080, 8443})
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Never shops: the special-use domain names registry of IANA (.example and .test among them), the names that
# RFC 6762, appendix G, found in private use, and those that ICANN holds back because networks use them.
_SPECIAL_USE = frozenset(
    {"alt", "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local"}
    | {"localdomain", "localhost", "mail", "onion", "private", "test"}
)


# IANA IPv4 special-purpose registry, whole: anycast sinks that are reachable hold no shops either.
_NOT_PUBLIC_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers; one cloud's metadata at 100.100.100.200
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # one cloud's platform service, inside public space
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; one cloud's metadata at 192.0.0.192
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Only global unicast is ever public, which leaves out mapped, compatible, NAT64, unique-local and multicast.
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # the former test network
        "3fff::/20",  # documentation
    )
)
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})  # RFC 5214: the words before an embedded IPv4 address

_SHAPE = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.ASCII)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:]+)(?::([1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # what inet_aton would read as a number, in a last label
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})  # controls, direction marks, surrogates, spaces


class UnsafeAddress(ValueError):
    """An address that is not fetched. The message is a sentence for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a test name is dialled instead of where its look-up would lead: loopback only."""

    address: str
    port: int
    ca_file: str | None = None  # PEM of the only authority trusted for the name; None: the public ones

    def __post_init__(self) -> None:
        if not ip_address(self.address).is_loopback:
            raise ValueError(f"{self.address} is not a loopback address")
        if not 0 < self.port < 65536:
            raise ValueError(f"{self.port} is not a port")


NO_TARGETS: Mapping[str, Target] = MappingProxyType({})


def is_public(address: Address) -> bool:
    """Whether `address` is a place on the public Internet where a shop can be.

    Not `is_global`: Python 3.11 calls NAT64, 6to4 and multicast addresses global. An operator's own NAT64
    prefix can't be known here.
    """
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_V4)
    return (
        address.scope_id is None
        and address in _GLOBAL_UNICAST_V6
        and not any(address in block for block in _NOT_PUBLIC_V6)
        and int(address) >> 32 & 0xFFFF_FFFF not in _ISATAP
    )


def check_url(url: str, *, targets: Collection[str] = (), networks: Collection[Network] = ()) -> str:
    """Return `url` normalised, or raise UnsafeAddress.

    Normalised: scheme and host in lower case, names in their ASCII form and without a last dot, no default
    port, a path, other characters than ASCII percent-encoded. Normalising twice changes nothing.

    A name in `targets` need not be public. A literal address in one of `networks` need not be either, and may
    have any port. Everything else applies to them too.
    """
    if len(url) > MAX_URL_LENGTH:
        raise UnsafeAddress(f"The address is longer than {MAX_URL_LENGTH:,} characters.")
    if "\\" in url:
        raise UnsafeAddress("The address has a backslash in it.")
    if not (url.isascii() and url.isprintable() and " " not in url) and not _UNSEEN.isdisjoint(
        map(unicodedata.category, set(url))
    ):
        raise UnsafeAddress("The address has a space or an invisible character in it.")
    shape = _SHAPE.fullmatch(url)
    if shape is None:
        raise UnsafeAddress("The address must begin with http:// or https://.")
    scheme, authority, rest = shape[1].lower(), shape[2], shape[3]
    if "@" in authority:
        raise UnsafeAddress("The address has a user name or password in it.")
    if "%" in authority:
        raise UnsafeAddress("The name of the site has a % in it.")
    place = _AUTHORITY.fullmatch(authority)
    if place is None:
        raise UnsafeAddress("The name of the site, or the port after it, can't be read.")
    port = int(place[2]) if place[2] else _DEFAULT_PORTS[scheme]
    literal = _literal(place[1])
    if literal is not None and any(literal in network for network in networks):
        host = f"[{literal}]" if literal.version == 6 else str(literal)
        if port > 65535:
            raise UnsafeAddress(f"There is no port {port}.")
    else:
        host = _public_host(place[1], targets)
        if port not in PORTS:
            raise UnsafeAddress(f"Shops don't use port {port}: 80, 443, 8080 and 8443 are allowed.")
    rest = _STRAY_PERCENT.sub("%25", rest)
    if not rest.isascii():
        rest = "".join(character if character.isascii() else quote(character) for character in rest)
    netloc = host if port == _DEFAULT_PORTS[scheme] else f"{host}:{port}"
    normal = f"{scheme}://{netloc}{rest if rest.startswith('/') else '/' + rest}"
    if len(normal) > MAX_URL_LENGTH:
        raise UnsafeAddress(f"The address is longer than {MAX_URL_LENGTH:,} characters.")
    return normal


def read_targets(path: str | Path) -> Mapping[str, Target]:
    """Read a FETCH_HOSTS file: one `name address port [CA-file]` a line, `#` begins a comment.

    A CA file's path is relative to the file. Raises ValueError with file, line and reason; OSError if the
    file can't be read.
    """
    file = Path(path)
    targets: dict[str, Target] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            name, target = _target(words, file.parent)
            if name in targets:
                raise ValueError(f"{name} stands here twice")
        except ValueError as error:
            raise ValueError(f"{file}, line {number}: {error}") from error
        targets[name] = target
    return MappingProxyType(targets)


def _target(words: list[str], folder: Path) -> tuple[str, Target]:
    if len(words) not in (3, 4):
        raise ValueError("expected: name address port [CA-file]")
    name = _ascii_name(words[0])
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise ValueError(f"{name} is a number, not a name")
    if not (words[2].isascii() and words[2].isdigit()):
        raise ValueError(f"{words[2]} is not a port")
    ca_file = None
    if len(words) == 4:
        ca_file = str(folder / words[3])
        if not Path(ca_file).is_file():
            raise ValueError(f"there is no file {ca_file}")
    return name, Target(address=words[1], port=int(words[2]), ca_file=ca_file)


def _literal(host: str) -> Address | None:
    """The address that `host` spells in canonical form, if it does."""
    try:
        return IPv6Address(host[1:-1]) if host.startswith("[") else IPv4Address(host)
    except ValueError:
        return None


def _public_host(host: str, targets: Collection[str]) -> str:
    if host.startswith("["):
        raise UnsafeAddress("The address has a number (IPv6) where the name of a site is needed.")
    name = _ascii_name(host)
    if name in targets:
        return name
    *others, last = name.split(".")
    if _NUMBER.fullmatch(last):
        # Canonical dotted quads only: C libraries also read 127.1, 0x7f.1, 0177.0.0.1 and 2130706433.
        literal = _literal(name)
        if literal is None:
            raise UnsafeAddress("The name of the site is a number.")
        if not is_public(literal):
            raise UnsafeAddress(
                f"{name} is not a public address: it belongs to a private or special network."
            )
        return name
    if not others:
        raise UnsafeAddress(f"“{name}” is not the full name of a site: it has no dot.")
    if last in _SPECIAL_USE:
        raise UnsafeAddress(f"“{name}” is not on the public Internet: names ending in .{last} never are.")
    return name


def _ascii_name(host: str) -> str:
    """`host` in lower case and ASCII, without a last dot. Raises UnsafeAddress if it is no host name."""
    name = ".".join(_ascii_label(label) for label in host.removesuffix(".").split("."))
    if len(name) > 253:
        raise UnsafeAddress("The name of the site is too long.")
    return name


def _ascii_label(label: str) -> str:
    """One label of a host name: letters, digits, hyphens and underscores; others by IDNA 2008 (RFC 5890).

    Python's own codec is IDNA 2003, which sends readers of straße.de to strasse.de. Characters with a
    compatibility form (full-width digits, ideographic dots) are refused instead of folded.
    """
    text = label.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        if unicodedata.normalize("NFKC", text) != text or not all(
            character in "-_"
            or unicodedata.category(character)[0] in "LM"
            or unicodedata.category(character) == "Nd"
            for character in text
        ):
            raise UnsafeAddress(f"“{label}” has a character that names of sites can't have.")
        text = "xn--" + text.encode("punycode").decode("ascii")
    if not _LABEL.fullmatch(text):
        raise UnsafeAddress(f"“{label}” can't be part of the name of a site.")
    return text
