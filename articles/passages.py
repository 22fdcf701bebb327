"""The passages of an article on a reviewer's screen, and where in Wagtail's editor each of them stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from wagtail.blocks import CharBlock, RichTextBlock, StructBlock, TextBlock
from wagtail.blocks.list_block import ListBlock

from articles.clinical_content import clinical_content
from articles.differences import Change, Difference, differences
from articles.governance import BlockKind, ClinicalValue
from articles.models import ConditionPage

FIELDS = ("title", "standfirst", "search_description")
LABEL_WORDS = 8


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage and what became of it since the last sign-off."""

    difference: Difference
    place: str
    """Where a comment on it stands: a content path of Wagtail's. Empty for a passage that was removed."""

    @property
    def label(self) -> str:
        """Its kind and first words, by which an editor knows it."""
        words = " ".join(
            piece.text for piece in self.difference.pieces if piece.change is not Change.REMOVED
        ).split()
        rest = "…" if len(words) > LABEL_WORDS else ""
        return f"{self.difference.name} “{' '.join(words[:LABEL_WORDS])}{rest}”"


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring passages that changed, or that did not."""

    is_change: bool
    passages: Sequence[Passage]


def passages_of(draft: ConditionPage, since: Mapping[str, ClinicalValue] | None) -> list[Passage]:
    """Each passage of a draft in reading order, compared with a content that was signed, if there is one."""
    content = clinical_content(draft)
    places = iter(_places(draft, content))
    return [
        Passage(found, "" if found.change is Change.REMOVED else next(places))
        for found in differences(content if since is None else since, content)
    ]


def in_runs(passages: Sequence[Passage]) -> tuple[Run, ...]:
    runs = groupby(passages, lambda one: one.difference.is_change)
    return tuple(Run(is_change, tuple(some)) for is_change, some in runs)


def labels_by_place(passages: Sequence[Passage]) -> dict[str, str]:
    return {passage.place: passage.label for passage in passages if passage.place}


def passage_at(labels: Mapping[str, str], contentpath: str) -> str:
    """The label of the passage in which a comment stands, or "" if no review covers that place."""
    block = _block_of(contentpath)
    return next((label for place, label in labels.items() if _block_of(place) == block), "")


def _block_of(contentpath: str) -> str:
    return ".".join(contentpath.split(".")[:2])


def _places(draft: ConditionPage, content: Mapping[str, ClinicalValue]) -> list[str]:
    """In the order of the passages: the fields of the page that say something, then the clinical blocks."""
    fields = [name for name in FIELDS if str(content[name]).strip()]
    clinical = [child for child in draft.body if child.block.meta.kind == BlockKind.CLINICAL]
    return fields + [f"body.{_field(child.block, child.value, str(child.id))}" for child in clinical]


def _field(block: Any, value: Any, path: str) -> str:
    """The path of the field of a block that bears the comment: Wagtail has a button at fields alone."""
    if isinstance(block, StructBlock):
        words = (
            name
            for name, one in block.child_blocks.items()
            if isinstance(one, CharBlock | TextBlock | RichTextBlock)
        )
        name = next(words, next(iter(block.child_blocks)))
        return _field(block.child_blocks[name], value[name], f"{path}.{name}")
    if isinstance(block, ListBlock) and len(value):
        first = value.bound_blocks[0]
        return _field(block.child_block, first.value, f"{path}.{first.id}")
    return path
