"""The picture that goes with a page's address when somebody shares it."""

from __future__ import annotations

from django.db import models
from wagtail.models import Page

SHARE_FOLDER = "share-pictures"


class SharePicture(models.Model):
    """The drawn picture of a live page: computed (`articles.share_pictures`), so not on the page (docs/adr/0001).

    The file's name is a hash of what was drawn. Pages that look alike share a file.
    """

    page = models.OneToOneField(
        Page, on_delete=models.CASCADE, primary_key=True, related_name="drawn_share_picture"
    )
    file = models.FileField(upload_to=SHARE_FOLDER)

    def __str__(self) -> str:
        return str(self.file)
