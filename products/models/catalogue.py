"""Things recommended."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.models import RevisionMixin
from wagtail.search import index

from products.querysets import ProductQuerySet


class ProductKind(models.TextChoices):
    SINGLE = "single", "One article of trade"
    RANGE = "range", "A range, such as thigh supports"


class Product(RevisionMixin, index.Indexed, ClusterableModel):
    """A thing recommended in articles. Its words are commercial: no medical review covers them."""

    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=8, choices=ProductKind.choices, default=ProductKind.SINGLE)
    brand = models.CharField(max_length=120, blank=True)
    gtin = models.CharField(
        "GTIN",
        max_length=14,
        blank=True,
        validators=[RegexValidator(r"^\d{8}$|^\d{12,14}$", "8, 12, 13 or 14 digits, or nothing.")],
    )
    summary = models.TextField(blank=True, max_length=600, help_text="What it is, in one or two sentences.")
    who_for = models.TextField("who it suits", blank=True, max_length=600)
    not_for = models.TextField("who should not use it", blank=True, max_length=600)
    pros = ArrayField(
        models.CharField(max_length=160),
        default=list,
        blank=True,
        help_text="Two to four, separated by commas.",
    )
    cons = ArrayField(
        models.CharField(max_length=160), default=list, blank=True, help_text="Separated by commas."
    )
    size_and_fit = models.CharField(max_length=255, blank=True)
    material = models.CharField(max_length=255, blank=True)
    conformity_mark = models.CharField(
        max_length=120, blank=True, help_text='For instance "UKCA and CE, class I medical device".'
    )
    picture = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    picture_alt = models.CharField(
        "text alternative",
        max_length=255,
        blank=True,
        help_text="What the picture shows, for who cannot see it.",
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_reason = models.TextField(blank=True, editable=False)

    objects: ClassVar[ProductQuerySet] = ProductQuerySet.as_manager()  # type: ignore[assignment]  # as_manager() is the queryset's verbs

    panels = [
        FieldRowPanel([FieldPanel("name"), FieldPanel("kind")]),
        FieldRowPanel([FieldPanel("brand"), FieldPanel("gtin")]),
        FieldPanel("summary"),
        MultiFieldPanel(
            [FieldPanel("who_for"), FieldPanel("not_for"), FieldPanel("pros"), FieldPanel("cons")],
            heading="Advice",
        ),
        MultiFieldPanel(
            [FieldPanel("size_and_fit"), FieldPanel("material"), FieldPanel("conformity_mark")],
            heading="Facts",
        ),
        MultiFieldPanel([FieldPanel("picture"), FieldPanel("picture_alt")], heading="Picture"),
    ]
    search_fields = [
        index.SearchField("name", boost=2),
        index.AutocompleteField("name"),
        index.SearchField("brand"),
        index.SearchField("summary"),
        index.FilterField("kind"),
    ]

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="product_name_once")]
        permissions = [("withdraw_product", "Can withdraw a product everywhere")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.picture_id and not self.picture_alt.strip():
            raise ValidationError(
                {"picture_alt": "Say what the picture shows, for readers who cannot see it."}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save what the editor gave, and make the sizes in which readers get its picture.

        Only the safety stop withdraws a product or brings it back: an old revision, or a form that was open
        meanwhile, remembers how it stood then, and the row says how it stands.
        """
        from products.renditions import make_for_product  # it reads the models of this package

        with transaction.atomic():
            if not self._state.adding:
                row = Product.objects.select_for_update().filter(pk=self.pk)
                stands = row.values_list("withdrawn_at", "withdrawn_reason").first()
                if stands is not None:
                    self.withdrawn_at, self.withdrawn_reason = stands
            super().save(*args, **kwargs)
        if kwargs.get("update_fields") is None:
            transaction.on_commit(partial(make_for_product, self))  # a save that is undone leaves no file

    @property
    def is_range(self) -> bool:
        return self.kind == ProductKind.RANGE

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None
