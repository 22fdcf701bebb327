"""What of a page a medical review covers, as plain values for the fingerprint and the snapshot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from wagtail.blocks import ListBlock, StreamValue, StructBlock, StructValue
from wagtail.blocks.list_block import ListValue
from wagtail.models import Page
from wagtail.rich_text import RichText

from articles.blocks import article_body, is_words_alone
from articles.governance import BlockKind, ClinicalValue, fingerprint
from articles.models import ConditionPage, Reference
from products.models import Picture

REFERENCES = "references"

# No reader sees them: saving in the admin without an edit must not void a review.
_BLOCK_KEY = re.compile(r'(<\w+)( [^<>]*?)? data-block-key="[^"]*"')


def clinical_content(page: ConditionPage) -> dict[str, ClinicalValue]:
    """Title, standfirst, search description and the clinical blocks, in order, without block ids."""
    return _content(_as_stored(page))


def _as_stored(page: ConditionPage) -> dict[str, Any]:
    """The clinical content with the words of its blocks as they are stored, and plain what leads elsewhere."""
    known = page.body.stream_block.child_blocks
    body = []
    for place, stored in enumerate(page.body.get_prep_value()):
        block = known.get(stored["type"])
        if block is None or block.meta.kind != BlockKind.CLINICAL:
            continue
        value = stored["value"] if is_words_alone(block) else _plain(page.body[place].value)
        body.append({"type": stored["type"], "value": value})
    return {
        "title": page.title,
        "standfirst": page.standfirst,
        "search_description": page.search_description,
        "body": body,
    }


def _content(stored: Mapping[str, Any]) -> dict[str, ClinicalValue]:
    known = article_body().child_blocks
    body: list[ClinicalValue] = [
        {**child, "value": _plain(block.to_python(child["value"]))}
        if is_words_alone(block := known[child["type"]])
        else child
        for child in stored["body"]
    ]
    return {**stored, "body": body}


def in_reading_order(content: Mapping[str, Any]) -> dict[str, Any]:
    """A content as a database keeps it, with the fields of each block in their own order again."""
    blocks = article_body().child_blocks
    body = [
        {**child, "value": _ordered(blocks.get(child["type"]), child["value"])} for child in content["body"]
    ]
    return {**content, "body": body}


def _ordered(block: Any, value: Any) -> Any:
    if isinstance(block, StructBlock) and isinstance(value, Mapping):
        known = [name for name in block.child_blocks if name in value]
        ordered = {name: _ordered(block.child_blocks[name], value[name]) for name in known}
        return ordered | {name: value[name] for name in value if name not in ordered}
    if isinstance(block, ListBlock):
        return [_ordered(block.child_block, item) for item in value]
    return value


def without_block_keys(markup: str) -> str:
    """Rich text without the ids that the admin's editor gives to its paragraphs."""
    return _BLOCK_KEY.sub(r"\1\2", markup)


def fetch_cited(pages: Iterable[ConditionPage]) -> None:
    """Read what all of these articles cite in one query; or else each of them asks for its own."""
    cited = [
        (page, place, child["value"], child.get("id"))
        for page in pages
        for place, child in enumerate(page.body.raw_data)
        if child["type"] == REFERENCES
    ]
    if cited:
        values = article_body().child_blocks[REFERENCES].bulk_to_python([raw for _, _, raw, _ in cited])
        for (page, place, _, key), value in zip(cited, values, strict=True):
            page.body[place] = (REFERENCES, value, key)


def clinical_fingerprint(page: ConditionPage) -> str:
    return _fingerprint(json.dumps(_as_stored(page)))


@lru_cache(maxsize=512)
def _fingerprint(stored: str) -> str:
    """Of the same words always the same, so that an article costs 3 ms once and not whenever it is shown."""
    return fingerprint(_content(json.loads(stored)))


def _plain(value: Any) -> ClinicalValue:
    """A block's value in plain types. A picture is its file's hash: another file is another picture."""
    if isinstance(value, StructValue):
        return {name: _plain(child) for name, child in value.items()}
    if isinstance(value, ListValue):
        return [_plain(child) for child in value]
    if isinstance(value, StreamValue):
        return [{"type": child.block_type, "value": _plain(child.value)} for child in value]
    if isinstance(value, RichText):
        return without_block_keys(value.source)
    if isinstance(value, Picture):
        return {"file": value.get_file_hash()}
    if isinstance(value, Reference):
        return {
            "title": value.title,
            "publisher": value.publisher,
            "published": value.published,
            "address": value.address,
        }
    if isinstance(value, Page):
        return {"page": value.pk}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"A clinical block holds a {type(value).__name__}, which the fingerprint does not know.")
