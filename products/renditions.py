"""The sizes and formats in which readers get pictures: made when something is published or saved, never for a reader."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from django.db.models import Prefetch, prefetch_related_objects
from wagtail.images.models import Filter, SourceImageIOError
from wagtail.models import ReferenceIndex

from products.models import Picture, Product, Rendition

BODY = tuple(Filter.expand_spec("format-{webp,jpeg} width-{480,800,1300}"))
"""Of a picture in an article's body, as `articles/blocks/picture.html` and `diagnostic_test.html` ask for it."""
BOX = tuple(Filter.expand_spec("format-{webp,jpeg} width-{320,640}"))
"""Of a product's picture, as the templates of `products/blocks/` ask for it."""


def prefetch(pictures: Iterable[Picture]) -> None:
    """Fetch all that an article shows of its pictures, in one query."""
    wanted = Rendition.objects.filter(filter_spec__in=(*BODY, *BOX))
    prefetch_related_objects(
        list(pictures), Prefetch("renditions", queryset=wanted, to_attr="prefetched_renditions")
    )


def make(pictures: Iterable[Picture], specs: Iterable[str]) -> None:
    """Make what is missing. Costs up to a second for each large picture."""
    for picture in pictures:
        with suppress(SourceImageIOError):  # its file is gone: the page says so in its place
            picture.get_renditions(*specs)


def make_for_product(product: Product) -> None:
    if product.picture is not None:
        make([product.picture], BOX)


def make_for_picture(picture: Picture) -> None:
    """A picture that was replaced while pages or products show it."""
    if ReferenceIndex.get_references_to(picture).exists():
        make([picture], (*BODY, *BOX))
