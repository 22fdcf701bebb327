"""What readers saw, and from when."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from wagtail.models import Page

from articles.querysets import PublicationQuerySet


class PublicationKind(models.TextChoices):
    PUBLISHED = "published", "Published"
    UNPUBLISHED = "unpublished", "Unpublished"


class Publication(models.Model):
    """An article went live, changed while live, or was taken down. Immutable, here and in the database.

    What readers saw on a day is the last row before it: `content` is what a medical review covers, as a sign-off's
    snapshot holds it; `page_content` is all of it, as Wagtail keeps a revision.
    """

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="publications")
    kind = models.CharField(max_length=12, choices=PublicationKind.choices)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: a schedule or a command.",
    )
    fingerprint = models.CharField(max_length=80, help_text="Of `content`, with its algorithm version.")
    content = models.JSONField(help_text="The clinical content.")
    page_content = models.JSONField(help_text="The whole page.", encoder=DjangoJSONEncoder)

    objects: ClassVar[models.Manager[Publication]] = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["page", "-at"], name="what_readers_saw")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.at:%-d %B %Y}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValidationError("What was published cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise ValidationError("What was published stays on record.")
