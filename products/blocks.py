"""Blocks that place products in articles. Editors choose a product; they never paste a link."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail import blocks
from wagtail.blocks.stream_block import StreamValue
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.snippets.blocks import SnippetChooserBlock

from products.examples import example, examples
from products.shelf import PlacedProduct, stock_shelf


class PlacesProducts(blocks.StructBlock):
    """A block that shows products, with their shops, from the page's one shelf."""

    class Meta:
        icon = "tag"
        group = "Products"
        kind = "commercial"

    @abstractmethod
    def product_ids(self, raw_value: Mapping[str, Any]) -> list[int]:
        """The products that a stored value names, in order."""

    @abstractmethod
    def render_stored(self, raw_value: Mapping[str, Any], context: Mapping[str, Any]) -> str:
        """As `render`, of a value as it is stored, on a page whose context has a `shelf` with all its products.

        The products are on the shelf: they are not fetched another time.
        """


def placed_product_ids(body: StreamValue) -> list[int]:
    """Every product that a body's blocks show, in order, each once. No query."""
    found: list[int] = []
    for child in body.raw_data:
        block = body.stream_block.child_blocks.get(child["type"])
        if isinstance(block, PlacesProducts):
            found.extend(block.product_ids(child["value"]))
    return list(dict.fromkeys(found))


def _placed(product_ids: list[int], context: Mapping[str, Any]) -> list[PlacedProduct]:
    """What the page's shelf holds of products; a block that stands alone stocks its own."""
    shelf = context.get("shelf")
    if shelf is None or not shelf.keys() >= set(product_ids):
        shelf = stock_shelf(product_ids, now=timezone.now())
    return [shelf[pk] for pk in product_ids if pk in shelf]


def _on_shelf(product_ids: list[int], context: Mapping[str, Any]) -> list[PlacedProduct]:
    """What the page's shelf holds of products. One that was deleted is on no shelf."""
    shelf: Mapping[int, PlacedProduct] = context["shelf"]
    return [shelf[pk] for pk in product_ids if pk in shelf]


class ProductBoxBlock(PlacesProducts):
    """A product with its offers in every region."""

    product = SnippetChooserBlock("products.Product")
    badge = blocks.CharBlock(
        required=False, max_length=60, help_text='For instance "Our pick". Empty: no badge.'
    )

    class Meta:
        label = "Product box"
        template = "products/blocks/product_box.html"
        description = "A product, who it suits, and where to buy it in each region"

    def product_ids(self, raw_value: Mapping[str, Any]) -> list[int]:
        return [raw_value["product"]] if raw_value.get("product") else []

    def render_stored(self, raw_value: Mapping[str, Any], context: Mapping[str, Any]) -> str:
        placed = next(iter(_on_shelf(self.product_ids(raw_value), context)), None)
        value = {"badge": raw_value.get("badge") or ""}
        return str(self.render(value, {**context, "placed": placed}))

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add `placed`, unless it is given: a preview shows an example."""
        context = super().get_context(value, parent_context=parent_context)
        product = value.get("product")
        if product is not None and "placed" not in context:
            context["placed"] = next(iter(_placed([product.pk], context)), None)
        return context

    def get_preview_value(self) -> Any:
        return self.normalize({"badge": "Our pick"})

    def get_preview_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {**(parent_context or {}), "placed": example()}


class ComparisonBlock(PlacesProducts):
    """Two to six products side by side, with their offers in every region."""

    LEAST, MOST = 2, 6

    caption = blocks.CharBlock(
        max_length=120, help_text='What is compared: "Three supports for a strained hamstring".'
    )
    products = blocks.ListBlock(
        SnippetChooserBlock("products.Product"), min_num=LEAST, max_num=MOST, help_text="Two to six products."
    )

    class Meta:
        icon = "table"
        label = "Comparison"
        template = "products/blocks/comparison.html"
        description = "Two to six products in a table: whom each suits, and where to buy it in each region"

    def product_ids(self, raw_value: Mapping[str, Any]) -> list[int]:
        items = (
            item["value"] if isinstance(item, dict) else item for item in raw_value.get("products") or ()
        )
        return [item for item in items if item]

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        chosen = [product.pk for product in cleaned["products"]]
        if len(set(chosen)) < len(chosen):
            raise StructBlockValidationError({"products": ValidationError("Choose each product once.")})
        return cleaned

    def render_stored(self, raw_value: Mapping[str, Any], context: Mapping[str, Any]) -> str:
        compared = _on_shelf(self.product_ids(raw_value), context)
        value = {"caption": raw_value.get("caption") or ""}
        return str(self.render(value, {**context, "compared": compared}))

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add `compared`, unless it is given: a preview shows examples."""
        context = super().get_context(value, parent_context=parent_context)
        if "compared" not in context:
            products = [product.pk for product in value.get("products") or () if product is not None]
            context["compared"] = _placed(products, context)
        placed = context["compared"]
        context["disclosure_of_all"] = " ".join(
            dict.fromkeys(each.disclosure for each in placed if each.has_paid_links)
        )
        return context

    def get_preview_value(self) -> Any:
        return self.normalize({"caption": "Three ways to support a sore thigh", "products": []})

    def get_preview_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {**(parent_context or {}), "compared": examples()[:3]}
