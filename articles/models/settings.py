"""What a publisher sets for their site."""

from __future__ import annotations

from django.db import models
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting

from products.models.fields import AddressField


@register_setting(icon="cog")
class PublisherSettings(BaseSiteSetting):
    """Per site: the name in the footer, house adverts, the promotion, whether only reviewed articles go live, and when
    the day's mail is sent. How late a review may be, and what readers then see, is for the review tiers."""

    publisher = models.CharField(
        max_length=120, blank=True, help_text="Stands in the footer and in structured data."
    )
    strapline = models.CharField(max_length=160, blank=True)
    house_advert = models.CharField(
        max_length=255, blank=True, help_text="What advert slots show. Empty: nothing stands there."
    )
    house_advert_link = AddressField("address", blank=True)
    promotion = models.CharField(
        max_length=255,
        blank=True,
        help_text='For instance "Get our exercise app". Empty: nothing stands there.',
    )
    promotion_link = AddressField("address", blank=True)
    require_review = models.BooleanField(
        "require a medical review before publishing",
        default=False,
        help_text="No article goes live, nor changes while live, unless a reviewer signed its very words. "
        "Off: it is published, and readers are told that it was not reviewed.",
    )

    digest_hour = models.PositiveSmallIntegerField(
        "send the day's mail from",
        null=True,
        blank=True,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        help_text="The one mail a day with the reviews and the links that wait for somebody, in the site's time zone. "
        "Not chosen: when the installation says. Of several sites, the default one counts.",
    )

    panels = [
        FieldPanel("publisher"),
        FieldPanel("strapline"),
        MultiFieldPanel(
            [FieldPanel("house_advert"), FieldPanel("house_advert_link")], heading="Advert slots"
        ),
        MultiFieldPanel([FieldPanel("promotion"), FieldPanel("promotion_link")], heading="Promotion"),
        MultiFieldPanel([FieldPanel("require_review")], heading="Medical review"),
        MultiFieldPanel([FieldPanel("digest_hour")], heading="Mail to the desk"),
    ]

    class Meta:
        verbose_name = "publisher settings"
