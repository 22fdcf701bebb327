"""How the admin copies a page of this site."""

from __future__ import annotations

from typing import Any

from wagtail.admin.forms.pages import CopyForm


class CopyAsDraftForm(CopyForm):
    """Without "publish the copy" and without "alias": words go live under an address by being published there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("publish_copies", None)
        self.fields.pop("alias", None)

    def clean_new_slug(self) -> str:
        slug: str = self.cleaned_data["new_slug"]
        self.page.specific.refuse_slug(slug)
        return slug
