"""Pictures with the credit and licence that a publisher must be able to show."""

from django.db import models
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


class Rendition(AbstractRendition):
    image = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="rendition_is_made_once"
            ),
        ]
