"""What readers' pages show, so that every saved or deleted row of it makes them new.

This is the one place with signals: what is shown is written by Wagtail's own views, actions and importers, which
call no service of ours, and a forgotten call would mean a stale page (docs/adr/0010). What is written past
`save()`, by `update()` or in bulk, calls `products.freshness.bump` itself.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.signals import post_page_move

from articles.models import (
    Author,
    Credential,
    ImportedReview,
    Interest,
    MedicalReview,
    Publication,
    PublisherSettings,
    Reference,
    RelatedArticle,
    Reviewer,
    ReviewTier,
    ReviewTrigger,
    SharePicture,
)
from products.freshness import bump
from products.models import Offer, Picture, Product, Programme, Region, Rendition, Retailer

SHOWN: frozenset[type[Model]] = frozenset(
    {
        *(Site, PageViewRestriction, PublisherSettings),
        *(RelatedArticle, Author, Reference, Publication, SharePicture),
        *(Reviewer, Credential, Interest, MedicalReview, ImportedReview, ReviewTier, ReviewTrigger),
        *(Region, Product, Retailer, Programme, Offer, Picture),
    }
)
"""Beside every type of page. Hosts are not among them: they are saved at each look, and only their breaker shows."""

OF_DRAFTS = frozenset(
    {
        "draft_title",
        "expired",
        "go_live_at",
        "has_unpublished_changes",
        "latest_revision",
        "latest_revision_created_at",
        "locked",
        "locked_at",
        "locked_by",
    }
)
"""What saving a draft, or locking a page, writes on the row. The editor saves by itself every half second."""


def watch() -> None:
    """Begin to listen. Called once, when the apps are ready."""
    pages = [model for model in apps.get_models() if issubclass(model, Page)]
    for model in (*SHOWN, *pages):
        post_save.connect(_saved, sender=model, dispatch_uid=f"shown: {model._meta.label}")
        post_delete.connect(_changed, sender=model, dispatch_uid=f"shown: {model._meta.label}")
    for field in (field for model in pages for field in model._meta.local_many_to_many):
        # written after the page's row was, where nobody opened a transaction
        m2m_changed.connect(_changed, sender=field.remote_field.through, dispatch_uid=f"shown: {field}")
    post_delete.connect(_changed, sender=Rendition, dispatch_uid="shown: files of pictures")
    post_page_move.connect(_changed, dispatch_uid="shown: moved pages")


def _saved(*, update_fields: frozenset[str] | None = None, **_signal: Any) -> None:
    if update_fields is None or not update_fields <= OF_DRAFTS:
        bump()


def _changed(**_signal: Any) -> None:
    bump()
