"""What is checked in an article before it is published: musts, which block it, and advice, which does not.

The forms' errors at the block come from `articles.blocks`, as Wagtail's validation does; the rules are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.blocks import StreamValue

from articles.models import ConditionPage
from articles.raw_links import raw_affiliate_links, raw_link_sentence
from products.blocks import placed_product_ids
from products.models import Product, Region

PROSE = frozenset({"paragraph", "points", "diagnostic_test"})
"""Blocks that make medical statements."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend, and where."""

    where: str
    """The block as an editor would look for it, or "" for the whole article."""
    sentence: str
    block_id: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}" if self.where else self.sentence


def musts(page: ConditionPage) -> list[Finding]:
    """What has to be mended before the article may go live. No queries."""
    found = []
    for block in _blocks(page.body):
        found += [block.finding(raw_link_sentence(link)) for link in raw_affiliate_links(block.value)]
        if lacks_text_alternative(block.value):
            found.append(block.finding("The picture has no text alternative."))
    return found


def advice(page: ConditionPage) -> list[Finding]:
    """What an editor should look at; it keeps nothing from being published. Two queries."""
    found = []
    blocks = list(_blocks(page.body))
    has_references = any(block.kind == "references" and block.value for block in blocks)
    if not has_references and any(block.kind in PROSE for block in blocks):
        found.append(
            Finding("", "It makes medical statements and names no reference. Add a References block.")
        )
    found += [
        block.finding("No picture is chosen: readers see nothing here.")
        for block in blocks
        if block.kind == "picture" and not block.value["picture"]
    ]
    placed = placed_product_ids(page.body)
    for product in Product.objects.filter(pk__in=placed).order_by("name"):
        if product.is_withdrawn:
            found.append(Finding("", f"“{product}” is withdrawn: readers see its safety notice instead."))
        elif not product.not_for.strip():
            found.append(Finding("", f"“{product}” does not say who should not use it."))
    paying = Region.objects.filter(
        retailers__programme__isnull=False, retailers__offers__product__in=placed, disclosure=""
    )
    return found + [
        Finding("", f"Paid links for {region.name} lack a disclosure: give the region one.")
        for region in paying.distinct().order_by("code")
    ]


def why_not_live(page: ConditionPage) -> str:
    """Why these words may not go live for what they hold, or ""."""
    found = musts(page)
    if not found:
        return ""
    more = f" And {len(found) - 1} more: see the content checks." if len(found) > 1 else ""
    return f"“{page.title}” was not published. {found[0]}{more}"


def lacks_text_alternative(value: Any) -> bool:
    """Whether a block's stored value has a picture of its own without words for who cannot see it."""
    if not isinstance(value, Mapping) or not value.get("picture") or "alt_text" not in value:
        return False
    return not (value["alt_text"] or "").strip()


@dataclass(frozen=True, slots=True)
class _Block:
    """A block as it is stored, and how an editor would look for it."""

    kind: str
    value: Any
    where: str
    block_id: str

    def finding(self, sentence: str) -> Finding:
        return Finding(self.where, sentence, self.block_id)


def _blocks(body: StreamValue) -> Iterator[_Block]:
    """Each block with its kind, its place among the blocks, and the heading above it."""
    heading = ""
    for number, stored in enumerate(body.raw_data, start=1):
        kind, value = stored["type"], stored["value"]
        where = f"{body.stream_block.child_blocks[kind].label}, block {number}"
        if kind == "heading":
            heading = value["text"]
        elif heading:
            where += f", under “{heading}”"
        yield _Block(kind, value, where, stored.get("id") or "")


class ContentChecksPanel(BaseSidePanel):
    """Beside the page editor: what has to be mended before publishing, and what is worth a look."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = "Toggle content checks"
        icon_name = "tasks"
        counter_classname = "w-bg-critical-200"

        def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
            panel = self.panel
            return {**super().get_context_data(parent_context), "count": len(panel.musts) + len(panel.advice)}

    name = "content-checks"
    title = "Content checks"
    template_name = "desk/side_panel_content_checks.html"
    order = 210

    def __init__(self, page: ConditionPage, request: HttpRequest) -> None:
        super().__init__(page, request)
        self.musts = musts(page)
        self.advice = advice(page)

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().get_context_data(parent_context), "musts": self.musts, "advice": self.advice}
