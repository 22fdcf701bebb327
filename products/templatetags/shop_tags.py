"""Links to shops, as every template writes them."""

from __future__ import annotations

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail.models import Page

from products.shelf import ShownOffer

register = template.Library()


@register.simple_tag(takes_context=True)
def shop_link(context: Context, shown: ShownOffer) -> SafeString:
    """The attributes of an `<a>` that leads to a shop: `<a class="button" {% shop_link shown %}>`.

    Through `/go/`, which counts; where the programme forbids that, the shop's own address, and a script tells
    `data-click` that it was followed. A paid link says so to search engines.
    """
    page = context.get("page")
    asked = f"?p={page.pk}" if isinstance(page, Page) and page.pk else ""
    rel = "sponsored nofollow noopener" if shown.paid else "nofollow noopener"
    if shown.is_direct:
        told = reverse("clicked", args=[shown.offer.pk]) + asked
        return format_html('href="{}" rel="{}" data-click="{}"', shown.address, rel, told)
    return format_html('href="{}" rel="{}"', reverse("go", args=[shown.offer.pk]) + asked, rel)
