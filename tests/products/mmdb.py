"""Writes a small country database in the MaxMind format, 2.0, for IPv4: https://maxmind.github.io/MaxMind-DB/."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAP, TEXT, UINT16, UINT32, UINT64, ARRAY = 7, 2, 5, 6, 9, 11


def write_countries(path: Path, networks: Mapping[str, str]) -> None:
    """`networks`: an IPv4 network → its country."""
    nodes: list[list[int | None]] = [[None, None]]
    data = b""
    leaves: dict[tuple[int, int], int] = {}
    for network, country in networks.items():
        place = ipaddress.ip_network(network)
        offset = len(data)
        data += _value({"country": {"iso_code": country}})
        node = 0
        bits = f"{int(place.network_address):032b}"[: place.prefixlen]
        for bit in map(int, bits[:-1]):
            if nodes[node][bit] is None:
                nodes.append([None, None])
                nodes[node][bit] = len(nodes) - 1
            node = nodes[node][bit]
        leaves[node, int(bits[-1])] = offset
    count = len(nodes)
    tree = b"".join(
        (count + 16 + leaves[number, side] if (number, side) in leaves else child if child is not None else count)
        .to_bytes(3, "big")
        for number, children in enumerate(nodes)
        for side, child in enumerate(children)
    )  # fmt: skip
    about = {
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": (UINT64, 1), "database_type": "Test-Country",
        "description": {}, "ip_version": 4, "languages": [], "node_count": (UINT32, count), "record_size": 24,
    }  # fmt: skip
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _value(about))


def _value(value: Any) -> bytes:
    if isinstance(value, dict):
        return _head(MAP, len(value)) + b"".join(_value(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return _head(ARRAY, len(value)) + b"".join(map(_value, value))
    if isinstance(value, str):
        return _head(TEXT, len(value.encode())) + value.encode()
    kind, number = value if isinstance(value, tuple) else (UINT16, value)
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return _head(kind, len(raw)) + raw


def _head(kind: int, size: int) -> bytes:
    if size >= 29:
        raise ValueError("no text here is so long")
    return bytes([kind << 5 | size]) if kind <= 7 else bytes([size, kind - 7])
