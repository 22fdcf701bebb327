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

from articles.models import MedicalReview, Reviewer, User


def reviewed_pages(pages: Iterable[Page]) -> list[Page]:
    """Those that have sign-offs, or that pages below them have."""
    return [page for page in pages if MedicalReview.objects.filter(page__path__startswith=page.path).exists()]


def keep_reviewed_page(request: HttpRequest, page: Page) -> HttpResponse | None:
    """`before_delete_page`."""
    if not reviewed_pages([page]):
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
    if pages := reviewed_pages(one for one in objects if isinstance(one, Page)):
        _refuse_pages(request, pages)
    elif accounts := _accounts_on_record([one for one in objects if isinstance(one, User)]):
        _refuse_accounts(request, accounts)
    else:
        return None
    return redirect(action.next_url)


def _accounts_on_record(users: Sequence[User]) -> list[User]:
    signed = MedicalReview.objects.filter(signed_by=OuterRef("pk"))
    return list(
        User.objects.filter(pk__in=[user.pk for user in users]).filter(
            Q(reviewer__isnull=False) | Exists(signed)
        )
    )


def _refuse_pages(request: HttpRequest, pages: Sequence[Page]) -> None:
    live = [page for page in pages if page.live]
    button = (
        [messages.button(reverse("wagtailadmin_pages:unpublish", args=[live[0].pk]), "Unpublish it")]
        if len(pages) == len(live) == 1
        else None
    )
    messages.error(
        request,
        f"{_names(pages)} cannot be deleted: medical reviews were signed there, and they stay on record. "
        "Unpublish instead; readers no longer see it then.",
        buttons=button,
    )


def _refuse_accounts(request: HttpRequest, users: Sequence[User]) -> None:
    messages.error(
        request,
        f"{_names(users)} cannot be deleted: this account belongs to a medical reviewer, whose signatures stay on record. "
        "Untick “active” instead.",
    )


def _names(things: Iterable[Any]) -> str:
    return ", ".join(f"“{thing}”" for thing in things)
