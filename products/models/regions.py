"""Where readers shop."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.search import index

DEFAULT_DISCLOSURE = "Ad: we may earn a commission if you buy through these links, at no cost to you."


class Region(index.Indexed, models.Model):
    """A market with its own shops, currency and disclosure wording. UK and US ship; more are data."""

    code = models.CharField(
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^[A-Z][A-Z0-9-]*$", "Capital letters, digits and hyphens, such as UK.")],
        help_text="Short, as readers see it on a button: UK, US, DE.",
    )
    name = models.CharField(max_length=80, unique=True, help_text='As in a sentence: "the UK", "Germany".')
    aliases = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Other names that imported texts use, separated by commas: USA, United States.",
    )
    countries = ArrayField(
        models.CharField(
            max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$", "Two capital letters, such as GB.")]
        ),
        default=list,
        blank=True,
        help_text="ISO 3166 codes, separated by commas: GB, IM, JE.",
    )
    currency = models.CharField(
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, such as GBP.")],
    )
    disclosure = models.CharField(
        max_length=255, default=DEFAULT_DISCLOSURE, help_text="Stands above the first paid link."
    )
    is_default = models.BooleanField(
        "default region", default=False, help_text="For readers whose country is not known."
    )
    sort_order = models.PositiveSmallIntegerField(default=0)

    panels = [
        FieldRowPanel([FieldPanel("code"), FieldPanel("name"), FieldPanel("currency")]),
        FieldPanel("aliases"),
        FieldPanel("countries"),
        FieldPanel("disclosure"),
        FieldRowPanel([FieldPanel("is_default"), FieldPanel("sort_order")]),
    ]
    search_fields = [
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.AutocompleteField("code"),
    ]

    class Meta:
        ordering = ["sort_order", "code"]
        constraints = [
            models.UniqueConstraint("is_default", condition=Q(is_default=True), name="one_default_region"),
            models.UniqueConstraint(Upper("code"), name="region_code_once_in_any_case"),
        ]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def named(cls, label: str) -> Region | None:
        """The region a text means by "UK", "the United Kingdom", "USA"…, or None."""
        wanted = label.strip().casefold().removeprefix("the ")
        for region in cls.objects.all():
            names = {region.code, region.name, *region.aliases}
            if wanted in {name.casefold().removeprefix("the ") for name in names}:
                return region
        return None
