"""What an article's statements rest on."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.search import index

from articles.querysets import ReferenceQuerySet


class Reference(index.Indexed, models.Model):
    """A guideline, paper or page that articles cite. Its printed words are part of what a review covers.

    `outdated_at` is kept by `save`: since when it is superseded or retracted.
    """

    title = models.CharField(max_length=300)
    publisher = models.CharField(max_length=200, help_text='For instance "NICE" or "The Lancet".')
    published = models.CharField(max_length=20, blank=True, help_text='As it says: "2023", "May 2024"…')
    accessed_on = models.DateField(
        "accessed", null=True, blank=True, help_text="When somebody last looked at it. Not part of a review."
    )
    doi = models.CharField(
        "DOI",
        max_length=200,
        blank=True,
        validators=[RegexValidator(r"^10\.\d{4,9}/\S+$", "A DOI begins with 10. and has a slash.")],
        help_text='For instance "10.1136/bmj.n71".',
    )
    url = models.URLField("address", max_length=500, blank=True)
    superseded_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes"
    )
    retracted = models.BooleanField(default=False, help_text="Its publisher withdrew it.")
    outdated_at = models.DateTimeField(null=True, blank=True, editable=False)

    panels = [
        FieldPanel("title"),
        FieldRowPanel([FieldPanel("publisher"), FieldPanel("published"), FieldPanel("accessed_on")]),
        FieldRowPanel([FieldPanel("doi"), FieldPanel("url")]),
        MultiFieldPanel(
            [FieldPanel("superseded_by"), FieldPanel("retracted")],
            heading="No longer good",
            help_text="Either calls for a medical review of every published article that cites it.",
        ),
    ]
    search_fields = [
        index.SearchField("title"),
        index.SearchField("publisher"),
        index.AutocompleteField("title"),
        index.FilterField("retracted"),
    ]

    objects: ClassVar[models.Manager[Reference]] = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(condition=~Q(doi="") | ~Q(url=""), name="reference_can_be_found"),
            models.CheckConstraint(
                condition=Q(superseded_by__isnull=True) | ~Q(superseded_by=F("id")),
                name="reference_supersedes_another",
            ),
            models.UniqueConstraint("doi", condition=~Q(doi=""), name="reference_once_a_doi"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_outdated(self) -> bool:
        return self.retracted or self.superseded_by_id is not None

    @property
    def address(self) -> str:
        """Where readers find it: the DOI's resolver, or its own address."""
        return f"https://doi.org/{self.doi}" if self.doi else self.url

    def clean(self) -> None:
        if not self.doi and not self.url:
            raise ValidationError("Give a DOI or an address, so that readers can find it.")
        if self.pk and self.superseded_by_id == self.pk:
            raise ValidationError({"superseded_by": "A reference cannot supersede itself."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.is_outdated and self.outdated_at is None:
            self.outdated_at = timezone.now()
        elif not self.is_outdated:
            self.outdated_at = None
        super().save(*args, **kwargs)
