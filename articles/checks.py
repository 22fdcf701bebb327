"""System checks: mistakes that must not reach a running site."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from articles.blocks import ArticleBody
from articles.governance import BlockKind


@register()
def every_block_declares_its_kind(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A block that does not say whether a review covers it could be edited under a badge."""
    return undeclared(ArticleBody())


def undeclared(body: Any) -> list[CheckMessage]:
    """An error for each block type of a stream that is neither clinical, commercial nor neutral."""
    kinds = {kind.value for kind in BlockKind}
    return [
        Error(
            f'The article block "{name}" does not declare its kind.',
            hint="Give its Meta a `kind` of articles.governance.BlockKind: clinical, commercial or neutral.",
            obj=type(block),
            id="articles.E001",
        )
        for name, block in body.child_blocks.items()
        if getattr(block.meta, "kind", None) not in kinds
    ]
