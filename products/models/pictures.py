"""Pictures with the credit and licence that a publisher must be able to show."""

from functools import partial
from typing import Any

from django.db import models, transaction
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.images.models import Image as WagtailImage


class Picture(AbstractImage):
    """The site's image model. Its file hash is part of the clinical fingerprint of articles."""

    credit = models.CharField(
        max_length=255, blank=True, help_text="Who made it, as it should stand under the picture."
    )
    licence = models.CharField(
        max_length=255, blank=True, help_text='For instance "CC BY 4.0" or "Bought from … on …".'
    )

    admin_form_fields = (*WagtailImage.admin_form_fields, "credit", "licence")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and make the sizes in which readers get it, where a page or a product shows it already."""
        from products.renditions import make_for_picture  # it reads the models of this package

        super().save(*args, **kwargs)
        if kwargs.get("update_fields") is None:
            transaction.on_commit(
                partial(make_for_picture, self)
            )  # Wagtail's form deletes the old ones after this


class Rendition(AbstractRendition):
    image = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="rendition_is_made_once"
            ),
        ]
