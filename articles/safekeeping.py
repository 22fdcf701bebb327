"""What must not be deleted, refused in words. The database would refuse too, with an error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail.admin import messages
from wagtail.models import Page

from articles.models import MedicalReview, Publication, Reviewer, User


def pages_on_record(pages: Iterable[Page]) -> list[Page]:
    """Those that readers saw or somebody signed, or that have such a page below them."""
    return [page for page in pages if _has_sign_offs(page) or _was_published(page)]


def _has_sign_offs(page: Page) -> bool:
    return MedicalReview.objects.filter(page__path__startswith=page.path).exists()


def _was_published(page: Page) -> bool:
    return Publication.objects.filter(page__path__startswith=page.path).exists()


def keep_page_on_record(request: HttpRequest, page: Page) -> HttpResponse | None:
    """`before_delete_page`."""
    if not pages_on_record([page]):
        return None
    _refuse_pages(request, [page])
    return redirect("wagtailadmin_explore", page.get_parent().pk)


def keep_signatories(request: HttpRequest, people: Sequence[Any]) -> HttpResponse | None:
    """`before_delete_snippet`, which asks about reviewers among others."""
    reviewers = [one for one in people if isinstance(one, Reviewer)]
    signed = Reviewer.objects.filter(
        pk__in=[one.pk for one in reviewers], medical_reviews__isnull=False
    ).distinct()
    if not signed:
        return None
    messages.error(
        request,
        f"{_names(signed)} signed medical reviews, which stay on record: take away “may sign” instead of deleting.",
    )
    return redirect(Reviewer.snippet_viewset.get_url_name("list"))


def keep_account(request: HttpRequest, user: User) -> HttpResponse | None:
    """`before_delete_user`."""
    if not _accounts_on_record([user]):
        return None
    _refuse_accounts(request, [user])
    return redirect("wagtailusers_users:index")


def keep_in_bulk(
    request: HttpRequest, action_type: str, objects: Sequence[Any], action: Any
) -> HttpResponse | None:
    """`before_bulk_action`: the whole deletion is refused if it has one that must stay."""
    if action_type != "delete":
        return None
    if pages := pages_on_record(one for one in objects if isinstance(one, Page)):
        _refuse_pages(request, pages)
    elif accounts := _accounts_on_record([one for one in objects if isinstance(one, User)]):
        _refuse_accounts(request, accounts)
    else:
        return None
    return redirect(action.next_url)


def _accounts_on_record(users: Sequence[User]) -> list[User]:
    signed = MedicalReview.objects.filter(signed_by=OuterRef("pk"))
    published = Publication.objects.filter(actor=OuterRef("pk"))
    return list(
        User.objects.filter(pk__in=[user.pk for user in users]).filter(
            Q(reviewer__isnull=False) | Exists(signed) | Exists(published)
        )
    )


def _refuse_pages(request: HttpRequest, pages: Sequence[Page]) -> None:
    live = [page for page in pages if page.live]
    button = (
        [messages.button(reverse("wagtailadmin_pages:unpublish", args=[live[0].pk]), "Unpublish it")]
        if len(pages) == len(live) == 1
        else None
    )
    why = (
        "medical reviews were signed there, and they stay on record"
        if any(_has_sign_offs(page) for page in pages)
        else "it was published, and what readers saw stays on record"
    )
    messages.error(
        request,
        f"{_names(pages)} cannot be deleted: {why}. Unpublish instead; readers no longer see it then.",
        buttons=button,
    )


def _refuse_accounts(request: HttpRequest, users: Sequence[User]) -> None:
    why = (
        "this account belongs to a medical reviewer, whose signatures stay on record"
        if any(hasattr(user, "reviewer") for user in users)
        else "this account published articles or withdrew reviews, which stays on record"
    )
    messages.error(request, f"{_names(users)} cannot be deleted: {why}. Untick “active” instead.")


def _names(things: Iterable[Any]) -> str:
    return ", ".join(f"“{thing}”" for thing in things)
