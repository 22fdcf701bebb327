"""An editor's browser tab: saves an article through the admin's edit view, as the page's form posts it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from articles.models import ConditionPage


def save_in_tab(
    client: Client,
    page: ConditionPage,
    title: str,
    *,
    text: str = "<p>Rest the leg.</p>",
    autosave: bool = False,
    **more: Any,
) -> HttpResponse:
    """What the server answers. `**{"action-publish": "1"}` and the like press another button than Save."""
    values = {
        "title": title,
        "slug": page.slug,
        "standfirst": page.standfirst,
        "seo_title": "",
        "search_description": "",
        "review_interval_months": "",
        "review_tier": "",
        "body": streamfield([("paragraph", rich_text(text))]),
        "related_articles": inline_formset([]),
        "comments": inline_formset([]),
        **more,
    }
    headers = {"accept": "application/json"} if autosave else {}
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    return client.post(address, nested_form_data(values), headers=headers)


def submit(client: Client, page: ConditionPage, title: str, **more: Any) -> HttpResponse:
    """Press "Submit to Medical review"."""
    return save_in_tab(client, page, title, **{"action-submit": "1", **more})
