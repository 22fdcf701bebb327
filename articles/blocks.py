"""The blocks of an article. Each declares whether a medical review covers it (`Meta.kind`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.text import slugify
from wagtail import blocks
from wagtail.blocks.list_block import ListValue
from wagtail.blocks.stream_block import StreamBlockValidationError, StreamValue
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images.blocks import ImageChooserBlock
from wagtail.models import Page
from wagtail.snippets.blocks import SnippetChooserBlock

from articles.governance import BlockKind
from articles.raw_links import raw_affiliate_links, raw_link_sentence
from products.blocks import ComparisonBlock, ProductBoxBlock
from products.models import Picture

INLINE = ["bold", "italic", "superscript", "subscript"]
PROSE = [*INLINE, "link"]


RESERVED_ANCHORS = frozenset({"main", "on-this-page", "references", "related-articles", "top"})
"""Ids that the templates use themselves."""


class HeadingValue(blocks.StructValue):
    @property
    def anchor(self) -> str:
        """What its address ends with, where no heading before it says the same (see `anchors`)."""
        return _anchor(self["text"])


def _anchor(text: str) -> str:
    return slugify(text) or "section"


def anchors(body: StreamValue) -> list[str]:
    """For each block of a body its anchor: an id that stands once on the page for a heading, "" for the rest."""
    taken = set(RESERVED_ANCHORS)
    found = []
    for stored in body.get_prep_value():
        anchor = ""
        if stored["type"] == "heading":
            wanted = anchor = _anchor(stored["value"]["text"])
            number = 1
            while anchor in taken:
                number += 1
                anchor = f"{wanted}-{number}"
            taken.add(anchor)
        found.append(anchor)
    return found


def anchored(body: StreamValue) -> list[tuple[StreamValue.StreamChild, str]]:
    """Each block of a body with its anchor."""
    return list(zip(body, anchors(body), strict=True))


def children(body: StreamValue, *kinds: type[blocks.Block]) -> list[StreamValue.StreamChild]:
    """The blocks of a body that are of some kinds. The others are not read."""
    known = body.stream_block.child_blocks
    return [
        body[place]
        for place, stored in enumerate(body.raw_data)
        if isinstance(known.get(stored["type"]), kinds)
    ]


def pictures_in(body: StreamValue) -> list[Picture]:
    """The pictures of a body's blocks, but for those of products."""
    pictured = (child.value for child in children(body, PictureBlock, DiagnosticTestBlock))
    return [value["picture"] for value in pictured if value["picture"] is not None]


def is_words_alone(block: blocks.Block | None) -> bool:
    """Whether all that a block says and shows is its stored value, but for the addresses of the pages it links to.

    Of such blocks may be kept what was made of them, by what was stored (`articles.rendering`).
    """
    return bool(getattr(block and block.meta, "words_alone", False))


class HeadingBlock(blocks.StructBlock):
    """A heading of level 2 or 3; the title is level 1."""

    level = blocks.ChoiceBlock(choices=[("2", "Section"), ("3", "Sub-section")], default="2")
    text = blocks.CharBlock(max_length=160)

    class Meta:
        icon = "title"
        group = "Text"
        template = "articles/blocks/heading.html"
        description = "A section or sub-section heading; sections form the contents list"
        value_class = HeadingValue
        kind = BlockKind.CLINICAL
        words_alone = True
        preview_value = {"level": "2", "text": "What is tennis elbow?"}


class ParagraphBlock(blocks.RichTextBlock):
    """Running text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"features": PROSE, **kwargs})

    class Meta:
        icon = "pilcrow"
        label = "Paragraph"
        group = "Text"
        template = "articles/blocks/paragraph.html"
        description = "Running text"
        kind = BlockKind.CLINICAL
        words_alone = True
        preview_value = "<p>Most people get better within a year, and simple measures help.</p>"


class ListItemBlock(blocks.StructBlock):
    text = blocks.RichTextBlock(features=INLINE)
    children = blocks.ListBlock(
        blocks.CharBlock(max_length=500), default=[], collapsed=True, label="Nested items"
    )

    class Meta:
        icon = "list-ul"


class PointsBlock(blocks.StructBlock):
    """A list with its lead-in, "Symptoms include:"."""

    lead_in = blocks.CharBlock(required=False, max_length=500, help_text='For instance "Symptoms include:".')
    ordered = blocks.BooleanBlock(required=False, label="Numbered")
    items = blocks.ListBlock(ListItemBlock(), min_num=1)

    class Meta:
        icon = "list-ul"
        label = "List"
        group = "Text"
        template = "articles/blocks/points.html"
        description = "A bulleted or numbered list with its lead-in"
        kind = BlockKind.CLINICAL
        words_alone = True
        preview_value = {
            "lead_in": "Symptoms include:",
            "items": [{"text": "<p>Pain on gripping.</p>", "children": []}],
        }


class PictureBlock(blocks.StructBlock):
    """A picture with its caption. Without a picture it is a placeholder that asks an editor for one."""

    picture = ImageChooserBlock(required=False)
    alt_text = blocks.CharBlock(
        required=False,
        max_length=255,
        label="Text alternative",
        help_text="What the picture shows, for who cannot see it.",
    )
    caption = blocks.CharBlock(required=False, max_length=255)

    class Meta:
        icon = "image"
        label = "Picture"
        group = "Media"
        template = "articles/blocks/picture.html"
        description = "A picture with a text alternative and a caption"
        kind = BlockKind.CLINICAL
        preview_value = {"picture": None, "alt_text": "", "caption": "Where tennis elbow hurts"}

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned["picture"] and not cleaned["alt_text"].strip() and not self.is_deferred_validation:
            raise StructBlockValidationError({"alt_text": ValidationError("Say what the picture shows.")})
        if not cleaned["picture"] and not cleaned["caption"].strip():
            raise StructBlockValidationError(
                {"picture": ValidationError("Choose a picture, or say in the caption which one is wanted.")}
            )
        return cleaned


class DiagnosticTestBlock(blocks.StructBlock):
    """A test that helps to tell what is wrong."""

    name = blocks.CharBlock(max_length=120, help_text='For instance "Slump test".')
    purpose = blocks.TextBlock(max_length=1000, label="What it is for")
    how = blocks.TextBlock(required=False, max_length=3000, label="How it is done")
    positive_result = blocks.TextBlock(required=False, max_length=1000, label="What a positive result means")
    picture = ImageChooserBlock(required=False)
    alt_text = blocks.CharBlock(required=False, max_length=255, label="Text alternative")

    class Meta:
        icon = "clipboard-list"
        label = "Diagnostic test"
        group = "Media"
        template = "articles/blocks/diagnostic_test.html"
        description = "A test: what it is for, how it is done, what a positive result means"
        kind = BlockKind.CLINICAL
        preview_value = {
            "name": "Cozen's test",
            "purpose": "Cozen's test is used to provoke the pain of tennis elbow.",
            "how": "",
            "positive_result": "Pain at the outer elbow makes tennis elbow likely.",
        }

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned["picture"] and not cleaned["alt_text"].strip() and not self.is_deferred_validation:
            raise StructBlockValidationError({"alt_text": ValidationError("Say what the picture shows.")})
        return cleaned


class SeeAlsoValue(blocks.StructValue):
    @cached_property
    def target(self) -> Page | None:
        """The page to link to, if readers can open it."""
        page = self.get("page")
        return page if page is not None and page.live else None


class SeeAlsoBlock(blocks.StructBlock):
    """A link to another article, or to one that is only planned: readers see it once that page is live."""

    topic = blocks.CharBlock(max_length=160, help_text='What stands after "Read more on".')
    page = blocks.PageChooserBlock(required=False, help_text="Empty: a planned page. Only editors see it.")

    class Meta:
        icon = "link"
        label = "See also"
        group = "Text"
        template = "articles/blocks/see_also.html"
        description = "Read more on another page, or on one that is planned"
        value_class = SeeAlsoValue
        kind = BlockKind.NEUTRAL
        preview_value = {"topic": "golfer's elbow"}

    def get_preview_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {**(parent_context or {}), "editing": True}

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add `target`: the page chosen, else the live page whose title is the topic, else None."""
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        topic_pages: Mapping[str, Page] = context.get("topic_pages") or {}
        context["target"] = value.target or topic_pages.get(value["topic"].strip().lower())
        return context


class ReferencesBlock(blocks.ListBlock):
    """What the article's statements rest on. Readers find it at the article's end, wherever it stands here."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(SnippetChooserBlock("articles.Reference"), min_num=1, **kwargs)

    class Meta:
        icon = "list-ol"
        label = "References"
        group = "Text"
        template = "articles/blocks/references.html"
        description = "Guidelines, papers and pages that the article rests on"
        kind = BlockKind.CLINICAL

    def get_preview_value(self) -> ListValue:
        model = self.child_block.model_class  # importing it here would go round in a circle
        guideline = model(
            title="Tennis elbow: assessment and advice",
            publisher="Institute of Examples",
            published="2026",
            url="https://guidelines.example/tennis-elbow",
        )
        return ListValue(self, values=[guideline])


class AdvertBlock(blocks.StaticBlock):
    """An advert slot: the site's house advert, labelled, or nothing."""

    class Meta:
        icon = "media"
        label = "Advert slot"
        group = "Products"
        template = "articles/blocks/advert.html"
        description = "The site's house advert, or nothing"
        admin_text = "Shows the house advert of the publisher settings, labelled as an advert. Empty there: nothing here."
        kind = BlockKind.COMMERCIAL

    def get_preview_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {**(parent_context or {}), "example": "Our weekly letter: one question about pain, answered."}


class PromotionBlock(blocks.StaticBlock):
    """A call to action that editors switch on for the whole site."""

    class Meta:
        icon = "pick"
        label = "Promotion"
        group = "Products"
        template = "articles/blocks/promotion.html"
        description = "The site's promotion, or nothing"
        admin_text = "Shows the promotion of the publisher settings. Empty there: nothing here."
        kind = BlockKind.COMMERCIAL

    def get_preview_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {**(parent_context or {}), "example": "Get our exercise app"}


class _Body(blocks.StreamBlock):
    """A body that is not published while it holds an affiliate link in its text. Drafts may: imports bring them."""

    def clean(self, value: Any) -> Any:
        wrong = {} if self.is_deferred_validation else _raw_links_in(value)
        try:
            cleaned = super().clean(value)
        except StreamBlockValidationError as error:
            raise StreamBlockValidationError(
                block_errors={**wrong, **(error.block_errors or {})}, non_block_errors=error.non_block_errors
            ) from error
        if wrong:
            raise StreamBlockValidationError(block_errors=wrong)
        return cleaned


def _raw_links_in(body: StreamValue) -> dict[int, ValidationError]:
    """An error for each block whose text holds an affiliate link, by its place."""
    found = {place: raw_affiliate_links(stored["value"]) for place, stored in enumerate(body.raw_data)}
    return {
        place: ValidationError([raw_link_sentence(link) for link in links])
        for place, links in found.items()
        if links
    }


class ArticleBody(_Body):
    """An article's body."""

    heading = HeadingBlock()
    paragraph = ParagraphBlock()
    points = PointsBlock()
    picture = PictureBlock()
    diagnostic_test = DiagnosticTestBlock()
    see_also = SeeAlsoBlock()
    references = ReferencesBlock()
    product_box = ProductBoxBlock()
    comparison = ComparisonBlock()
    advert = AdvertBlock()
    promotion = PromotionBlock()

    class Meta:
        block_counts = {"references": {"max_num": 1}}


@cache
def article_body() -> ArticleBody:
    """The blocks of an article, for who reads stored values without a page."""
    return ArticleBody()


class InformationBody(_Body):
    """The body of a policy or help page."""

    heading = HeadingBlock()
    paragraph = ParagraphBlock()
    points = PointsBlock()
