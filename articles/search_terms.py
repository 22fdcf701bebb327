"""The words that readers may search for: kept when an article is published, gathered anew each night."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from wagtail.models import Page, ReferenceIndex

from articles.models import BodyAreaPage, ConditionPage, SearchTerm
from articles.spelling import LONGEST_WORD, words_of
from products.models import Product

LONGEST_TERM = 160

# For each piece the known terms that are most alike, by the distance of their trigrams: the index walks to the
# nearest ones, however long the list is.
_ALIKE = """
SELECT piece, term.text
FROM unnest(%s::text[]) WITH ORDINALITY AS asked (piece, position),
     LATERAL (SELECT text FROM articles_searchterm ORDER BY text <-> asked.piece LIMIT %s) AS term
ORDER BY position, term.text <-> piece
"""
NEAREST = 40


def alike(pieces: list[str]) -> dict[str, list[str]]:
    """For each piece of a search the known terms that look most like it, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, [pieces, NEAREST])
        found: dict[str, list[str]] = {piece: [] for piece in pieces}
        for piece, term in cursor.fetchall():
            found[piece].append(term)
    return found


def terms_of(page: ConditionPage) -> set[str]:
    """The words that readers see in an article, and its title and headings as wholes."""
    body = page.body.stream_block.get_searchable_content(page.body)
    words = {word for text in (page.title, page.standfirst, *map(str, body)) for word in words_of(text)}
    headings = (child.value["text"] for child in page.body if child.block_type == "heading")
    return _terms(words, (page.title, *headings))


def _terms(words: Iterable[str], wholes: Iterable[str]) -> set[str]:
    plain = {word for word in words if 3 <= len(word) < LONGEST_WORD and not word.isdecimal()}
    return plain | {whole for text in wholes if (whole := " ".join(words_of(text))[:LONGEST_TERM])}


def remember(page: ConditionPage) -> None:
    """Add what a live article says to the known terms. A page for a few must not lend its words to all."""
    if page.live and not page.get_view_restrictions().exists():
        products = Product.objects.filter(pk__in=_products_of([page.pk]))
        _add(terms_of(page) | _product_terms(products))


@transaction.atomic
def gather() -> int:
    """Replace the list by the words of what is public now. Returns how many there are."""
    pages = ConditionPage.objects.live().public()
    terms: set[str] = set()
    for page in pages.iterator(chunk_size=100):
        terms |= terms_of(page)
    terms |= _product_terms(Product.objects.filter(pk__in=_products_of(pages.values_list("pk", flat=True))))
    for title in BodyAreaPage.objects.live().public().values_list("title", flat=True):
        terms |= _terms(words_of(title), [title])
    SearchTerm.objects.exclude(text__in=terms).delete()
    _add(terms)
    return len(terms)


def _product_terms(products: Iterable[Product]) -> set[str]:
    names = [product.name for product in products]
    return _terms((word for name in names for word in words_of(name)), names)


def _products_of(pages: Iterable[int]) -> list[int]:
    placed = ReferenceIndex.objects.filter(
        base_content_type=ContentType.objects.get_for_model(Page),
        object_id__in=[str(pk) for pk in pages],
        to_content_type=ContentType.objects.get_for_model(Product),
    )
    return [int(pk) for pk in placed.values_list("to_object_id", flat=True).distinct()]


def _add(terms: set[str]) -> None:
    rows = [
        SearchTerm(text=text) for text in sorted(terms)
    ]  # in one order, so that two writers never lock crosswise
    SearchTerm.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
