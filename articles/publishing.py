"""What follows a publication, whichever path it took: button, workflow, bulk, schedule or command line.

`page_published` and `page_unpublished` are the signals that fire in all of them. The search index follows the row itself.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone
from wagtail.log_actions import get_active_log_context
from wagtail.models import Page, Revision
from wagtail.search.signal_handlers import post_delete_signal_handler, post_save_signal_handler
from wagtail.signals import page_published, page_unpublished

from articles import search_terms, share_pictures
from articles.blocks import pictures_in
from articles.clinical_content import clinical_content
from articles.days import site_day
from articles.governance import fingerprint
from articles.models import ConditionPage, Publication, PublicationKind, SitePage
from articles.services import schedule_review
from articles.shown import OF_DRAFTS
from products import renditions


@receiver(page_published, sender=ConditionPage)
def record_publication(
    sender: type[ConditionPage], instance: ConditionPage, revision: Revision, **kwargs: Any
) -> None:
    """Keep what readers see from now on. A publication set for a later day is none yet."""
    if instance.live:
        _record(instance, PublicationKind.PUBLISHED, revision.content)


@receiver(page_published, sender=ConditionPage)
def keep_the_schedule(sender: type[ConditionPage], instance: ConditionPage, **kwargs: Any) -> None:
    """A published article has a due date: "never reviewed" counts as due now. After the record, on which it rests."""
    schedule_review(instance, today=site_day(timezone.now()))


@receiver(page_published)
def prepare_for_sharing(sender: type[Page], instance: Page, **kwargs: Any) -> None:
    """Draw the picture for those who share the address, so that no reader has to wait for it."""
    if isinstance(instance, SitePage) and instance.live:
        share_pictures.prepare(instance)


@receiver(page_published, sender=ConditionPage)
def prepare_pictures(sender: type[ConditionPage], instance: ConditionPage, **kwargs: Any) -> None:
    """Make the sizes in which readers get its pictures, so that none of them has to wait for it."""
    if instance.live:
        renditions.make(pictures_in(instance.body), renditions.BODY)


@receiver(page_published, sender=ConditionPage)
def learn_the_words(sender: type[ConditionPage], instance: ConditionPage, **kwargs: Any) -> None:
    """Let a mistyped search be led to what the article says."""
    search_terms.remember(instance)


@receiver(page_unpublished, sender=ConditionPage)
def record_withdrawal(sender: type[ConditionPage], instance: ConditionPage, **kwargs: Any) -> None:
    """Keep that readers see it no more."""
    _record(instance, PublicationKind.UNPUBLISHED, instance.serializable_data())


def _keep_found(*, instance: SitePage, update_fields: frozenset[str] | None = None, **signal: Any) -> None:
    """Wagtail's search index holds a page as its row is: saving a draft, which writes of it no word, leaves it so."""
    if update_fields is None or not update_fields <= OF_DRAFTS:
        post_save_signal_handler(instance, **signal)


for _model in (model for model in apps.get_models() if issubclass(model, SitePage)):
    post_save.connect(_keep_found, sender=_model)
    post_delete.connect(post_delete_signal_handler, sender=_model)


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
