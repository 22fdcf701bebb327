"""Checks JSON-LD against the schema.org vocabulary (tests/data/schema_org.json) and the rules of this site."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DATA = json.loads((Path(__file__).parent / "data" / "schema_org.json").read_text(encoding="utf-8"))
TYPES: dict[str, list[str]] = DATA["types"]
PROPERTIES: dict[str, tuple[list[str], list[str]]] = DATA["properties"]
TEXTS = frozenset({"Text", "URL", "CssSelectorType", "PronounceableText", "XPathType"})
FORBIDDEN = frozenset(
    {"FAQPage", "Offer", "AggregateOffer", "Product", "Rating", "AggregateRating", "Review"}
)
"""What a page that links to several shops must not say, and what search engines no longer read."""


def mistakes(graph: Mapping[str, Any]) -> list[str]:
    """What is wrong with a graph, in sentences. None is the aim."""
    found = [] if graph.get("@context") == "https://schema.org" else ["The context is not schema.org."]
    nodes = graph["@graph"]
    for node in nodes:
        found += _mistakes_of(node, "graph")
    everything = [node for top in nodes for node in _all_nodes(top)]
    ids = [node["@id"] for node in nodes if "@id" in node]
    found += [f"{one} stands twice." for one in ids if ids.count(one) > 1]
    told = {node["@id"] for node in everything if "@id" in node and set(node) != {"@id"}}
    found += [
        f"Nothing says what {node['@id']} is."
        for node in everything
        if set(node) == {"@id"} and node["@id"] not in told
    ]
    found += [
        f"A page may not speak of {kind}."
        for node in everything
        for kind in _kinds(node)
        if kind in FORBIDDEN
    ]
    found += [
        "lastReviewed and reviewedBy belong together."
        for node in everything
        if ("lastReviewed" in node) != ("reviewedBy" in node)
    ]
    return found


def _mistakes_of(node: Mapping[str, Any], where: str) -> Iterator[str]:
    if set(node) == {"@id"}:
        return
    kinds = _kinds(node)
    yield from (f"{where}: {kind} is no type." for kind in kinds if kind not in TYPES)
    if not kinds:
        yield f"{where} has no type."
    ours = {above for kind in kinds for above in lineage(kind)}
    for name, value in node.items():
        if name.startswith("@"):
            continue
        here = f"{where}.{'/'.join(kinds)}.{name}"
        if (
            name == "query-input" and "Action" in ours
        ):  # schema.org/docs/actions.html: an annotation of an action
            continue
        if name not in PROPERTIES:
            yield f"{here} is no property."
            continue
        domains, ranges = PROPERTIES[name]
        if not ours & set(domains):
            yield f"{here}: not a property of {'/'.join(kinds)}."
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                if set(one) != {"@id"} and not any(
                    wanted in lineage(kind) for kind in _kinds(one) for wanted in ranges
                ):
                    yield f"{here}: {_kinds(one)} is not among {ranges}."
                yield from _mistakes_of(one, here)
            elif not any(_is_a(one, wanted) for wanted in ranges):
                yield f"{here}: {one!r} is not among {ranges}."


def _is_a(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "Boolean"
    if isinstance(value, int | float):
        return wanted in {"Number", "Integer", "Float", "Text"}
    if not isinstance(value, str) or not value.strip():
        return False
    if wanted in {"Date", "DateTime"}:
        try:
            moment = datetime.datetime.fromisoformat(value)
        except ValueError:
            return False
        return wanted == "Date" or moment.tzinfo is not None
    is_address = urlsplit(value).scheme in {"http", "https"} and bool(urlsplit(value).netloc)
    if wanted == "URL" or wanted not in TEXTS:  # a thing may be given by its address
        return is_address
    return True


@cache
def lineage(kind: str) -> frozenset[str]:
    """A type and all it descends from."""
    return frozenset({kind}).union(*(lineage(parent) for parent in TYPES.get(kind, ())))


def _kinds(node: Mapping[str, Any]) -> list[str]:
    kind = node.get("@type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _all_nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for child in value.values():
            yield from _all_nodes(child)
    elif isinstance(value, list):
        for child in value:
            yield from _all_nodes(child)
