"""What follows a publication, whichever path it took: button, workflow, bulk, schedule or command line.

`page_published` is the one signal that fires in all of them.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from wagtail.signals import page_published

from articles.models import ConditionPage
from articles.services import schedule_review


@receiver(page_published, sender=ConditionPage)
def keep_the_schedule(sender: type[ConditionPage], instance: ConditionPage, **kwargs: Any) -> None:
    """A published article has a due date: "never reviewed" counts as due now."""
    schedule_review(instance, today=timezone.localdate())
