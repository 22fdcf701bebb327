"""References in the admin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from wagtail.admin import messages
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSet

from articles.models import Reference
from articles.references import call_for_outdated_references, citing
from products.exports import LibraryView


class _CallsForReviews:
    """Saving a reference that is no longer good calls for the reviews at once; the hourly job would, too."""

    request: HttpRequest

    def save_instance(self) -> Reference:
        reference: Reference = super().save_instance()  # type: ignore[misc]  # of the view it is mixed into
        if reference.is_outdated:
            calls = call_for_outdated_references(now=timezone.now(), user=self.request.user)
            if calls:
                articles = "1 article is" if calls == 1 else f"{calls} articles are"
                messages.warning(self.request, f"{articles} now due for a medical review.")
        return reference


class ReferenceCreateView(_CallsForReviews, CreateView):
    pass


class ReferenceEditView(_CallsForReviews, EditView):
    pass


class ReferenceViewSet(SnippetViewSet):
    model = Reference
    icon = "list-ol"
    menu_label = "References"
    menu_order = 160
    add_to_admin_menu = True
    purpose = "What articles rest on. One that is superseded or retracted calls for a medical review of every published article that cites it."
    index_view_class = LibraryView
    index_template_name = "desk/listing.html"
    add_view_class = ReferenceCreateView
    edit_view_class = ReferenceEditView
    list_display = [
        "title",
        "publisher",
        "published",
        Column("superseded_by", label="Superseded by"),
        BooleanColumn("retracted", label="Retracted"),
    ]
    list_filter = ["retracted"]
    ordering = "title"
    copy_view_enabled = False
    list_export = ["title", "publisher", "published", "doi", "url", "retracted"]
    export_filename = "references"


def keep_cited(request: HttpRequest, things: Sequence[Any]) -> HttpResponse | None:
    """`before_delete_snippet`: a reference that an article cites stays."""
    references = [one for one in things if isinstance(one, Reference)]
    cited = citing(references) if references else {}
    names = [f"“{reference}”" for reference in references if cited.get(reference.pk)]
    if not names:
        return None
    messages.error(
        request,
        f"{', '.join(names)} cannot be deleted: articles cite it. Take it out of them first, or say that it is "
        "superseded or retracted.",
    )
    return redirect(Reference.snippet_viewset.get_url_name("list"))
