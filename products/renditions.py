"""The sizes and formats in which readers get pictures: made when something is published or saved, never for a reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from wagtail.images.models import Filter, SourceImageIOError
from wagtail.models import ReferenceIndex

from products.models import Picture, Product, Rendition
from products.questions import Question

BODY = tuple(Filter.expand_spec("format-{webp,jpeg} width-{480,800,1300}"))
"""Of a picture in an article's body, as `articles/blocks/picture.html` and `diagnostic_test.html` ask for it."""
BOX = tuple(Filter.expand_spec("format-{webp,jpeg} width-{320,640}"))
"""Of a product's picture, as the templates of `products/blocks/` ask for it."""

_made = Question(
    lambda pictures: Rendition.objects.filter(image_id__any_of=pictures, filter_spec__in=(*BODY, *BOX))
)


def prefetch(pictures: Iterable[Picture]) -> None:
    """Fetch all that an article shows of its pictures, in one query."""
    wanted = list(pictures)
    made = defaultdict(list)
    for rendition in _made([picture.pk for picture in wanted]):
        made[rendition.image_id].append(rendition)
    for picture in wanted:
        picture.prefetched_renditions = made[picture.pk]  # where Wagtail looks first
        for rendition in made[picture.pk]:
            rendition.image = picture


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
