"""The private calendar addresses of reviewers."""

from __future__ import annotations

import uuid

from django.db import models

from articles.models.people import Reviewer


class ReviewFeed(models.Model):
    """A reviewer's open calendar address. Made, changed and closed by `articles.review_feed`.

    The address is the key with a signature: who reads this table alone cannot write it down.
    """

    reviewer = models.OneToOneField(Reviewer, on_delete=models.CASCADE, related_name="feed")
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["reviewer__name"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Calendar address of {self.reviewer}"
