"""Running text as readers get it. Its links to pages are looked up once for the page, not once for each paragraph."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from wagtail.rich_text import RichText, expand_db_html
from wagtail.rich_text.rewriters import LinkRewriter

_PAGE_LINK = re.compile(r'<a\b(?=[^>]*\blinktype="page")[^>]*\bid="(\d+)"')


def linked_pages(stored: str) -> set[int]:
    """The primary keys of the pages that texts link to, in the JSON in which they are stored. No query."""
    if "linktype" not in stored:
        return set()
    return {int(pk) for pk in _PAGE_LINK.findall(stored.replace('\\"', '"'))}


def holds_embeds(stored: str) -> bool:
    """Whether texts, as they are stored, show a row of the database beside the pages that they link to."""
    return "<embed" in stored


def expand(text: RichText, links: Mapping[int, str]) -> SafeString:
    """The text's HTML. `links`: the addresses of pages by their primary key; a link to any other stays as words."""

    def targets(found: list[dict[str, str]]) -> list[str]:
        addresses = (links.get(int(attributes.get("id", 0))) for attributes in found)
        return [f'<a href="{escape(address)}">' if address else "<a>" for address in addresses]

    source = LinkRewriter(bulk_rules={"page": targets})(text.source) if "<a" in text.source else text.source
    return mark_safe(expand_db_html(source))  # noqa: S308  Wagtail keeps it clean when it is saved
