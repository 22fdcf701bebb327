"""What a mistyped search is compared with."""

from __future__ import annotations

from django.contrib.postgres.indexes import GistIndex, OpClass
from django.db import models


class SearchTerm(models.Model):
    """A word of the public articles, or the whole of a title, a heading or a product's name, in small letters.

    Computed (`articles.search_terms`): a lost row costs a suggestion, never a hit.
    """

    text = models.CharField(max_length=160, primary_key=True)

    class Meta:
        indexes = [GistIndex(OpClass("text", name="gist_trgm_ops"), name="search_term_likeness")]

    def __str__(self) -> str:
        return self.text
