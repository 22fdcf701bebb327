"""Wagtail's `{% picture %}`, whose HTML is kept by all that it is made of: load it after Wagtail's own tags."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.template.base import Parser, Token
from wagtail.images.models import Filter
from wagtail.images.models import Picture as PictureElement
from wagtail.images.templatetags.wagtailimages_tags import PictureNode
from wagtail.images.templatetags.wagtailimages_tags import image as parse

from products.models import Picture, Rendition

register = template.Library()

KEPT = 4096
"""How many pictures' HTML a process keeps: some 8 MB."""


@register.tag
def picture(parser: Parser, token: Token) -> KeptPictureNode:
    return KeptPictureNode(parse(parser, token))


class KeptPictureNode(template.Node):
    """A `<picture>`. Where the sizes of its image were fetched beforehand nothing is asked, and often nothing made."""

    def __init__(self, node: PictureNode) -> None:
        self._node = node
        self._specs = tuple(Filter.expand_spec(node.filter_specs))

    def render(self, context: Context) -> str:
        image = self._node.validate_image(context)
        fetched = {
            rendition.filter_spec: rendition for rendition in getattr(image, "prefetched_renditions", ())
        }
        if self._node.output_var_name or not fetched.keys() >= set(self._specs):
            return str(self._node.render(context))
        attributes = tuple(
            (name, str(value.resolve(context)) + "")  # + "": no longer marked as safe, so it is escaped
            for name, value in self._node.attrs.items()
        )
        return _html(image.default_alt_text, tuple(_facts(fetched[spec]) for spec in self._specs), attributes)


def _facts(rendition: Rendition) -> tuple[Hashable, ...]:
    return rendition.filter_spec, rendition.file.name, rendition.width, rendition.height


@lru_cache(maxsize=KEPT)
def _html(alt: str, sizes: tuple[Any, ...], attributes: tuple[tuple[str, str], ...]) -> str:
    image = Picture(title=alt)
    renditions = {
        spec: Rendition(image=image, filter_spec=spec, file=name, width=width, height=height)
        for spec, name, width, height in sizes
    }
    return str(PictureElement(renditions, dict(attributes)).__html__())
