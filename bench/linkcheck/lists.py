"""What is checked: lists of addresses at made-up shops, each a number of its own on loopback."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from demo.retailers import WHOLE_SHOP, Behaviour

BROKEN = frozenset(
    {
        Behaviour.NOT_FOUND,
        Behaviour.GONE,
        Behaviour.SOFT_404,
        Behaviour.REDIRECT_HOME,
        Behaviour.REDIRECT_LOOP,
        Behaviour.ENDLESS_REDIRECTS,
        Behaviour.SLOW,
        Behaviour.TIMEOUT,
        Behaviour.RESET,
        Behaviour.SERVER_ERROR,
        Behaviour.CLOSED,
        Behaviour.WRONG_CERTIFICATE,
        Behaviour.EXPIRED_CERTIFICATE,
        Behaviour.SELF_SIGNED_CERTIFICATE,
    }
)
"""What a reader would call a dead link. A shop that refuses robots, is sold out or flickers is none."""

_SILENT = frozenset(
    {Behaviour.SLOW, Behaviour.TIMEOUT}
)  # a look at one takes as long as a checker's patience
_QUIET = frozenset({Behaviour.RATE_LIMITED, Behaviour.UNAVAILABLE})  # a shop does so for all its pages
_ELSEWHERE = frozenset(
    {Behaviour.OTHER_REGION, Behaviour.NETWORK_HOP, Behaviour.NETWORK_INACTIVE}
)  # need names


@dataclass(slots=True)
class Shop:
    """One shop: what it does as a whole, or what its pages do where they are not simply healthy."""

    down: str | None = None
    pages: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UrlList:
    """A list, its shops, and the pace (seconds) at which ours is to ask them."""

    name: str
    paths: list[tuple[str, str]]  # number of the shop, path
    shops: dict[str, Shop]
    pace: float
    latency: float  # seconds that every answer takes
    broken: frozenset[tuple[str, str]] = frozenset()

    def addresses(self, port: int) -> list[str]:
        return [f"https://{number}:{port}{path}" for number, path in self.paths]

    def bound(self, *, threads: int) -> float:
        """The least seconds that pace and threads allow."""
        counts: dict[str, int] = {}
        for number, _ in self.paths:
            counts[number] = counts.get(number, 0) + 1
        longest = max((count - 1) * self.pace + self.latency for count in counts.values())
        return max(longest, len(self.paths) * self.latency / threads)


def _number(network: int, index: int) -> str:
    return f"127.{network}.{index // 250}.{index % 250 + 1}"


def every_behaviour(pages: int, *, pace: float = 0.1) -> UrlList:
    """`pages` pages of every behaviour, most on shops that do several things."""
    shops: dict[str, Shop] = {}
    paths: list[tuple[str, str]] = []
    broken = set()
    others = 0
    for behaviour in Behaviour:
        if behaviour in _ELSEWHERE:
            continue
        for page in range(min(pages, 4) if behaviour in _SILENT else pages):
            if behaviour in WHOLE_SHOP or behaviour in _QUIET:
                number = _number(2, others)
                others += page % 3 == 2 or page == pages - 1
                shops.setdefault(number, Shop(down=behaviour.value))
            else:
                number = _number(1, len(paths) % 40)
                shops.setdefault(number, Shop()).pages[f"/{behaviour.value}/{page}"] = behaviour.value
            place = (number, f"/{behaviour.value}/{page}")
            paths.append(place)
            if behaviour in BROKEN:
                broken.add(place)
    random.Random(1).shuffle(paths)
    return UrlList("every behaviour", paths, shops, pace, 0.0, frozenset(broken))


def zipf(links: int, hosts: int, *, pace: float, latency: float) -> UrlList:
    """A few big shops and many small ones: the r-th has 1/r of the links of the first."""
    scale = links / sum(1 / rank for rank in range(1, hosts + 1))
    counts = [max(1, round(scale / rank)) for rank in range(1, hosts + 1)]
    return _healthy(f"Zipf, {hosts:,} hosts", counts, 3, pace, latency)


def equal(links: int, hosts: int, *, pace: float, latency: float) -> UrlList:
    """As many links at every shop."""
    return _healthy(f"equal, {hosts:,} hosts", [max(1, links // hosts)] * hosts, 4, pace, latency)


def _healthy(name: str, counts: list[int], network: int, pace: float, latency: float) -> UrlList:
    paths = [
        (_number(network, index), f"/product/{page}")
        for index, count in enumerate(counts)
        for page in range(count)
    ]
    random.Random(1).shuffle(paths)
    return UrlList(name, paths, {number: Shop() for number, _ in paths}, pace, latency)
