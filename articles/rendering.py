"""A body's blocks as HTML. What is words alone is made once in a process, and kept by the words themselves.

Nothing kept here can become stale: it is found by all that it was made of, which the database gave for this very
request (docs/adr/0021). Pictures, products and links to planned pages are made anew each time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from wagtail.blocks.stream_block import StreamValue

from articles.blocks import ReferencesBlock, anchors, article_body, children, is_words_alone
from articles.prose import holds_embeds, linked_pages
from products.blocks import PlacesProducts

KEPT = 4096
"""How many blocks' HTML a process keeps: some 8 MB."""


def article_html(body: StreamValue, context: Mapping[str, Any]) -> SafeString:
    """An article's body in the context of its page; references come last, wherever they stand."""
    links: Mapping[int, str] = context["links"]
    known = body.stream_block.child_blocks
    parts = []
    for place, (stored, anchor) in enumerate(zip(body.get_prep_value(), anchors(body), strict=True)):
        block, value = known.get(stored["type"]), stored["value"]
        if block is None or isinstance(block, ReferencesBlock):
            continue
        if is_words_alone(block):
            words = json.dumps(value)
            if not holds_embeds(words):
                targets = tuple((pk, links[pk]) for pk in sorted(linked_pages(words)) if pk in links)
                parts.append(_words(stored["type"], words, anchor, targets))
                continue
        if isinstance(block, PlacesProducts):
            parts.append(block.render_stored(value, context))
        else:
            parts.append(body[place].render({**context, "anchor": anchor}))
    parts += [child.render(context) for child in children(body, ReferencesBlock)]
    return mark_safe("".join(parts))  # noqa: S308  templates rendered it


@lru_cache(maxsize=KEPT)
def _words(kind: str, stored: str, anchor: str, links: tuple[tuple[int, str], ...]) -> str:
    """The HTML of a block of words alone: of the same values always the same."""
    block = article_body().child_blocks[kind]
    return str(block.render(block.to_python(json.loads(stored)), {"anchor": anchor, "links": dict(links)}))
