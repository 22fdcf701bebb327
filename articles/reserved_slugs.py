"""Addresses that the site uses itself: a page that bore one, or stood below it, could never be opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import URLPattern, URLResolver, get_resolver

_FIRST_PART = re.compile(r"\^?/?([\w-]+)/?")


@cache
def reserved_slugs() -> frozenset[str]:
    """The first part of every address that something else than a page answers."""
    ours = {part for pattern in get_resolver().url_patterns for part in _first_parts(pattern)}
    served = {_first_part(url) for url in (settings.STATIC_URL, settings.MEDIA_URL)}
    return frozenset(ours | {part for part in served if part})


def refuse_reserved(slug: str) -> None:
    """Raises ValidationError."""
    if slug in reserved_slugs():
        raise ValidationError(
            f'Choose another slug: the site uses the address "/{slug}/" itself, and readers could not open this page.'
        )


def _first_parts(pattern: URLPattern | URLResolver) -> Iterator[str]:
    if part := _first_part(str(pattern.pattern)):
        yield part
    elif isinstance(pattern, URLResolver):
        for inner in pattern.url_patterns:
            yield from _first_parts(inner)


def _first_part(address: str) -> str:
    """What an address begins with; "" where it may begin with anything."""
    found = _FIRST_PART.match(address)
    return found[1] if found else ""
