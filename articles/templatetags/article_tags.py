"""What the public templates need beyond their context."""

from __future__ import annotations

import json
import re

from django import template
from django.conf import settings
from django.template import Context, NodeList
from django.template.base import Parser, Token
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from wagtail.admin.templatetags.wagtailuserbar import wagtailuserbar
from wagtail.blocks.stream_block import StreamValue
from wagtail.models import Site
from wagtail.rich_text import RichText

from articles import blocks
from articles.furniture import furniture
from articles.models import InformationPage
from articles.prose import expand
from articles.rendering import article_html
from articles.schema_org import JsonLd

register = template.Library()

# Inside a script element only these characters could end it or begin a comment; JSON may escape any of them.
SCRIPT_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag
def site_name() -> str:
    """The site's name, from the environment: also on pages that are shown without a database."""
    return str(settings.WAGTAIL_SITE_NAME)


@register.simple_tag
def json_ld(data: JsonLd) -> SafeString:
    """`data` as a JSON-LD script element that no text in it can leave."""
    text = json.dumps(data, ensure_ascii=False).translate(SCRIPT_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308  escaped above


@register.simple_tag(takes_context=True)
def article_body(context: Context, body: StreamValue) -> SafeString:
    """The blocks of an article as HTML."""
    return article_html(body, {str(name): value for name, value in context.flatten().items()})


@register.filter
def anchored(body: StreamValue) -> list[tuple[StreamValue.StreamChild, str]]:
    """Pairs of block and anchor, for the loop over a page's body."""
    return blocks.anchored(body)


@register.simple_tag(takes_context=True)
def prose(context: Context, text: RichText) -> SafeString:
    """A block's running text. On an article its links to pages were looked up with all others of the page."""
    links = context.get("links")
    return text.__html__() if links is None else expand(text, links)


@register.simple_tag(takes_context=True)
def information_pages(context: Context) -> list[InformationPage]:
    """The site's live policy and help pages in the order of the page tree, asked for once after each change."""
    request = context.get("request")
    site = Site.find_for_request(request) if request is not None else None
    if request is None or site is None:
        return []
    return [
        page
        for page in furniture().listed
        if isinstance(page, InformationPage) and page.is_descendant_of(site.root_page)
    ]


@register.simple_tag(takes_context=True)
def editors_bar(context: Context) -> str:
    """Wagtail's bar for who is logged in.

    Without a session cookie nobody is, and the session is not asked: asking would say `Vary: Cookie`, and the
    page could not be cached for everyone.
    """
    request = context.get("request")
    if request is None or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    return str(wagtailuserbar(context))


@register.tag
def squeeze(parser: Parser, token: Token) -> SqueezeNode:
    """`{% squeeze %}…{% endsqueeze %}`: each run of white space as one space, which is what browsers make of it.

    Templates are indented for people, and a sixth of an article's weight would be that. Not for `<pre>` or
    `<textarea>`.
    """
    nodes = parser.parse(("endsqueeze",))
    parser.delete_first_token()
    return SqueezeNode(nodes)


class SqueezeNode(template.Node):
    def __init__(self, nodes: NodeList) -> None:
        self.nodelist = nodes

    def render(self, context: Context) -> SafeString:
        return mark_safe(re.sub(r"\s+", " ", self.nodelist.render(context)))  # noqa: S308  rendered, so escaped
