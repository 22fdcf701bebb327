"""Where an imported article came from, so that a second import can tell what changed since."""

from __future__ import annotations

from django.db import models
from wagtail.models import Page


class ArticleImport(models.Model):
    """One article's last import.

    `key` is the slug of the title in the source. It finds the page again after the page was renamed or moved.
    `content_hash` is that of the draft as the import left it: another hash means that a person edited it since.
    """

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="article_import")
    key = models.SlugField(max_length=255, unique=True)
    source = models.CharField(max_length=255, help_text="The file's name.")
    source_hash = models.CharField(max_length=64)
    content_hash = models.CharField(max_length=64)
    imported_at = models.DateTimeField()
    unsure = models.JSONField(default=list, help_text="What the import asks a person to look at.")

    def __str__(self) -> str:
        return f"{self.key}, {self.imported_at:%-d %B %Y}"
