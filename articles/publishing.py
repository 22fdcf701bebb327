"""What follows a publication, whichever path it took: button, workflow, bulk, schedule or command line.

`page_published` and `page_unpublished` are the signals that fire in all of them.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from wagtail.log_actions import get_active_log_context
from wagtail.models import Revision
from wagtail.signals import page_published, page_unpublished

from articles.clinical_content import clinical_content
from articles.days import site_day
from articles.governance import fingerprint
from articles.models import ConditionPage, Publication, PublicationKind
from articles.services import schedule_review


@receiver(page_published, sender=ConditionPage)
def keep_the_schedule(sender: type[ConditionPage], instance: ConditionPage, **kwargs: Any) -> None:
    """A published article has a due date: "never reviewed" counts as due now."""
    schedule_review(instance, today=site_day(timezone.now()))


@receiver(page_published, sender=ConditionPage)
def record_publication(
    sender: type[ConditionPage], instance: ConditionPage, revision: Revision, **kwargs: Any
) -> None:
    """Keep what readers see from now on. A publication set for a later day is none yet."""
    if instance.live:
        _record(instance, PublicationKind.PUBLISHED, revision.content)


@receiver(page_unpublished, sender=ConditionPage)
def record_withdrawal(sender: type[ConditionPage], instance: ConditionPage, **kwargs: Any) -> None:
    """Keep that readers see it no more."""
    _record(instance, PublicationKind.UNPUBLISHED, instance.serializable_data())


def _record(page: ConditionPage, kind: PublicationKind, page_content: dict[str, Any]) -> None:
    content = clinical_content(page)
    Publication.objects.create(
        page_id=page.pk,
        kind=kind,
        at=timezone.now(),
        actor=get_active_log_context().user,
        fingerprint=fingerprint(content),
        content=content,
        page_content=page_content,
    )
