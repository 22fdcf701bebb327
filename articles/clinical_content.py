"""What of a page a medical review covers, as plain values for the fingerprint and the snapshot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wagtail.blocks import ListBlock, StreamValue, StructBlock, StructValue
from wagtail.blocks.list_block import ListValue
from wagtail.models import Page
from wagtail.rich_text import RichText

from articles.blocks import ArticleBody
from articles.governance import BlockKind, ClinicalValue, fingerprint
from articles.models import ConditionPage, Reference
from products.models import Picture

# No reader sees them: saving in the admin without an edit must not void a review.
_BLOCK_KEY = re.compile(r'(<\w+)( [^<>]*?)? data-block-key="[^"]*"')


def clinical_content(page: ConditionPage) -> dict[str, ClinicalValue]:
    """Title, standfirst, search description and the clinical blocks, in order, without block ids."""
    return {
        "title": page.title,
        "standfirst": page.standfirst,
        "search_description": page.search_description,
        "body": [
            {"type": child.block_type, "value": _plain(child.value)}
            for child in page.body
            if child.block.meta.kind == BlockKind.CLINICAL
        ],
    }


def in_reading_order(content: Mapping[str, Any]) -> dict[str, Any]:
    """A content as a database keeps it, with the fields of each block in their own order again."""
    blocks = ArticleBody().child_blocks
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


def clinical_fingerprint(page: ConditionPage) -> str:
    return fingerprint(clinical_content(page))


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
