"""What people are told about links by mail: one row for each thing and person, from which the digests are written."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.models.alarms import Alarm
from products.models.offers import Offer
from products.querysets import LinkNoticeQuerySet


class LinkNews(models.TextChoices):
    """What there is to tell, the most pressing first."""

    ALARM = "alarm", "An alarm rings"
    SOLD_OUT = "sold_out", "Sold out at one shop"
    FLAKY = "flaky", "Changes back and forth"


class LinkNotice(models.Model):
    """A person is told of one thing. Unique, so that it happens once; `told_at` is empty while no mail carried it."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="link_notices"
    )
    news = models.CharField(max_length=12, choices=LinkNews.choices)
    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, null=True, related_name="notices")
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, null=True, related_name="notices")
    since = models.DateField(
        help_text="The day, in the site's time zone, on which it began; of what is flaky the Monday of the week."
    )
    made_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[LinkNoticeQuerySet] = LinkNoticeQuerySet.as_manager()  # type: ignore[assignment]  # as_manager() is the queryset's verbs

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "news", "alarm", "offer", "since"],
                nulls_distinct=False,
                name="told_of_a_link_once",
            ),
            models.CheckConstraint(
                condition=Q(news=LinkNews.ALARM.value, alarm__isnull=False, offer__isnull=True)
                | (~Q(news=LinkNews.ALARM.value) & Q(alarm__isnull=True, offer__isnull=False)),
                name="link_notice_has_the_subject_of_its_news",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient"], name="link_notice_waiting", condition=Q(told_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.get_news_display()}: {self.alarm or self.offer}"
