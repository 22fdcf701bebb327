"""Where products stand: on which pages readers find them, and in which drafts.

Wagtail's index of references knows what stands in the page table. A draft of a live page, and the newest draft of
one never published, stand in their latest revision only, so those are read too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import Case, F, ForeignKey, Func, JSONField, Q, QuerySet, When
from django.db.models.fields.json import KeyTextTransform
from wagtail import blocks
from wagtail.blocks.list_block import ListBlock
from wagtail.fields import StreamField
from wagtail.models import Page, ReferenceIndex, get_page_models

from products.models import Product

FEW = 50
"""Products that are looked for by their numbers first."""


class UsingPage(NamedTuple):
    """What tells a page apart and where it stands. A large shop's products stand on thousands; few are listed."""

    pk: int
    title: str
    live: bool
    has_unpublished_changes: bool
    latest_revision_id: int | None


@dataclass(frozen=True, slots=True)
class Use:
    """A page that shows one or more of the products asked for."""

    page: UsingPage
    live: frozenset[int]
    """The products that readers find on it now, by primary key."""
    draft: frozenset[int]
    """Those in its newest draft; the same as `live` where there is nothing newer."""

    @property
    def products(self) -> frozenset[int]:
        return self.live | self.draft

    @property
    def standing(self) -> str:
        """Where they stand, in words."""
        if not self.live:
            return "Draft of a live page" if self.page.live else "Draft"
        if not self.draft:
            return "Live; taken out in the draft"
        return "Live"


def uses_of(products: Collection[int]) -> list[Use]:
    """Every page that shows one of these products, live or in its newest draft; live ones first, then by title.

    Four queries, however many products and pages there are.
    """
    if not products:
        return []
    indexed = _indexed(products)
    drafts = _in_drafts(products)
    found = []
    pages = Page.objects.order_by().filter(pk__in={*indexed, *drafts})
    for page in map(UsingPage._make, pages.values_list(*UsingPage._fields)):
        stored = frozenset(indexed.get(page.pk, ()))
        newest = frozenset(drafts.get(page.pk, ())) if _has_draft(page) else stored
        live = stored if page.live else frozenset()
        if live or newest:
            found.append(Use(page, live, newest))
    return sorted(found, key=lambda use: (not use.live, use.page.title.casefold(), use.page.pk))


def _has_draft(page: UsingPage) -> bool:
    """Whether its newest words stand in a revision and not in the page table."""
    return page.latest_revision_id is not None and (page.has_unpublished_changes or not page.live)


def _indexed(products: Collection[int]) -> Mapping[int, set[int]]:
    """Products by page, as they stand in the page table."""
    rows = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Product),
        to_object_id__in=[str(pk) for pk in products],
        base_content_type=ContentType.objects.get_for_model(Page),
    )
    found: dict[int, set[int]] = defaultdict(set)
    for page, product in rows.values_list("object_id", "to_object_id"):
        found[int(page)].add(int(product))
    return found


class _NumbersIn(Func):
    """The numbers that a stored stream holds at any depth, as an array. Far cheaper than to search its text."""

    template = """jsonb_path_query_array(nullif(%(expressions)s, '')::jsonb,
        '$.** ? (@.type() == "number" || @ like_regex "^[0-9]+$")')"""
    output_field = JSONField()


def _in_drafts(products: Collection[int]) -> Mapping[int, set[int]]:
    """Products by page, as they stand in the newest revision of pages that have something newer than what is live.

    The blocks say which number is a product. For few products the database first leaves out the revisions that hold
    none of their numbers; many stand in most.
    """
    types = _types_by_field()
    newer = Page.objects.filter(
        Q(has_unpublished_changes=True) | Q(live=False), latest_revision__isnull=False
    ).order_by()
    if len(products) <= FEW:
        newer = newer.filter(pk__in=_that_hold_numbers(newer, products, types))
    found: dict[int, set[int]] = {}
    for pk, type_pk, *fields in newer.values_list("pk", "content_type_id", *_texts(types)).iterator():
        model = ContentType.objects.get_for_id(type_pk).model_class()
        content = dict(zip(types, fields, strict=True))
        named = set(_named_in(model, content)) & set(products) if model else set()
        if named:
            found[pk] = named
    return found


def _that_hold_numbers(
    pages: QuerySet[Page], numbers: Collection[int], types: Mapping[str, list[int]]
) -> list[int]:
    """Those of these pages whose newest revision holds one of these numbers, whatever it stands for."""
    wanted = {str(number) for number in numbers}
    held = [
        Case(When(content_type__in=pks, then=_NumbersIn(text)))
        for text, pks in zip(_texts(types), types.values(), strict=True)
    ]
    return [
        pk
        for pk, *found in pages.values_list("pk", *held)
        if any(wanted.intersection(map(str, one or ())) for one in found)
    ]


def _texts(fields: Iterable[str]) -> list[KeyTextTransform]:
    """These fields of the newest revision, as it holds them."""
    return [KeyTextTransform(name, F("latest_revision__content")) for name in fields]


def _types_by_field() -> Mapping[str, list[int]]:
    """The fields of pages that may name products, with the types of page that have them."""
    types: dict[str, list[int]] = defaultdict(list)
    for model in get_page_models():
        for field in _naming_fields(model):
            types[field.name].append(ContentType.objects.get_for_model(model).pk)
    return types


@cache
def _naming_fields(model: Any) -> Sequence[StreamField | ForeignKey]:
    """The fields of a type of page that may name products."""
    return [
        field
        for field in model._meta.get_fields()
        if isinstance(field, StreamField)
        or (isinstance(field, ForeignKey) and field.related_model is Product)
    ]


def _named_in(model: Any, content: Mapping[str, Any]) -> Iterator[int]:
    """The products that these fields of a page of this type name, as a revision holds them."""
    for field in _naming_fields(model):
        raw = content.get(field.name)
        if not raw:
            continue
        if isinstance(field, StreamField):
            yield from _named_by(field.stream_block, field.to_python(raw).raw_data)
        else:
            yield int(raw)


def _named_by(block: blocks.Block, raw: Any) -> Iterator[int]:
    """The products that a block's stored value names. Nothing is fetched."""
    if raw is None:
        return
    if isinstance(block, blocks.BaseStreamBlock):
        for child in raw:
            if child["type"] in block.child_blocks:
                yield from _named_by(block.child_blocks[child["type"]], child["value"])
    elif isinstance(block, blocks.BaseStructBlock):
        for name, child_block in block.child_blocks.items():
            yield from _named_by(child_block, raw.get(name))
    elif isinstance(block, ListBlock):
        for item in raw:
            is_wrapped = isinstance(item, dict) and item.get("type") == "item" and "value" in item
            yield from _named_by(block.child_block, item["value"] if is_wrapped else item)
    elif isinstance(block, blocks.ChooserBlock) and block.target_model is Product:
        yield int(raw)
