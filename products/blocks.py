"""Blocks that place products in articles. Editors choose a product; they never paste a link."""

from __future__ import annotations

from typing import Any

from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

from products.shelf import stock_shelf


class ProductBoxBlock(blocks.StructBlock):
    """A product with its offers in every region."""

    product = SnippetChooserBlock("products.Product")
    badge = blocks.CharBlock(
        required=False, max_length=60, help_text='For instance "Our pick". Empty: no badge.'
    )

    class Meta:
        icon = "tag"
        label = "Product box"
        group = "Products"
        template = "products/blocks/product_box.html"
        description = "A product, who it suits, and where to buy it in each region"
        kind = "commercial"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        product = value.get("product")
        if product is None:
            return context
        shelf = context.get("shelf")
        if shelf is None or product.pk not in shelf:  # a preview, or the page of components
            shelf = stock_shelf([product.pk])
        context["placed"] = shelf[product.pk]
        return context
