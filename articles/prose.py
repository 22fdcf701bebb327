"""Running text as readers get it. Its links to pages are looked up once for the page, not once for each paragraph."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from wagtail.blocks.stream_block import StreamValue
from wagtail.models import Page
from wagtail.rich_text import RichText, expand_db_html
from wagtail.rich_text.rewriters import LinkRewriter

_PAGE_LINK = re.compile(r'<a\b(?=[^>]*\blinktype="page")[^>]*\bid="(\d+)"')


def linked_pages(body: StreamValue) -> set[int]:
    """The primary keys of the pages that the texts of a body link to. No query."""
    stored = json.dumps([dict(child) for child in body.raw_data]).replace('\\"', '"')
    return {int(pk) for pk in _PAGE_LINK.findall(stored)}


def expand(text: RichText, links: Mapping[int, Page], request: HttpRequest | None) -> SafeString:
    """The text's HTML. A link to a page that is not among `links` stays as words."""

    def targets(found: list[dict[str, str]]) -> list[str]:
        pages = (links.get(int(attributes.get("id", 0))) for attributes in found)
        return [
            f'<a href="{escape(page.get_url(request))}">' if page is not None else "<a>" for page in pages
        ]

    source = LinkRewriter(bulk_rules={"page": targets})(text.source) if "<a" in text.source else text.source
    return mark_safe(expand_db_html(source))  # noqa: S308  Wagtail keeps it clean when it is saved
