"""The page types. What the system computes about a page never lives on it (docs/adr/0001)."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import cached_property
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.log_actions import LogContext
from wagtail.models import (
    COMMENTS_RELATION_NAME,
    Page,
    PageViewRestriction,
    ReferenceIndex,
    Revision,
    Workflow,
    WorkflowPage,
)
from wagtail.search import index
from wagtail.url_routing import RouteResult

from articles.blocks import ArticleBody, InformationBody
from articles.copying import CopyAsDraftForm
from articles.days import site_day
from articles.furniture import furnish, furniture, public, restricted_paths
from articles.models.people import Author
from articles.models.reviews import ReviewTier
from articles.models.workflow import MedicalReviewTask
from articles.reserved_slugs import refuse_reserved
from products.freshness import keep, next_midnight
from products.questions import Question
from products.readers import asked_region, region_switch

if TYPE_CHECKING:
    from articles.share_pictures import ShareImage

SCHEDULED = "wagtail.publish.scheduled"
"""How `publish_scheduled` announces itself."""


class SitePage(Page):
    """What every page of the site has: a standfirst, crumbs, and a base template."""

    standfirst = models.TextField(
        blank=True, max_length=600, help_text="One or two sentences under the title."
    )

    share_picture = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="What stands beside the address where people share it. Empty: a picture is drawn from the title.",
    )

    content_panels = [*Page.content_panels, FieldPanel("standfirst")]
    promote_panels = [*Page.promote_panels, FieldPanel("share_picture")]
    search_fields = [*Page.search_fields, index.SearchField("standfirst")]
    copy_form_class = CopyAsDraftForm
    search_auto_update = False  # `articles.publishing` does it, without what saving a draft writes on the row

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Wagtail does, which looks anew for what a page refers to. Saving a draft changes nothing of that, unless
        somebody comments on it."""
        from wagtail.signal_handlers import disable_reference_index_auto_update  # they read models too

        from articles.shown import OF_DRAFTS

        fields = frozenset(kwargs.get("update_fields") or ())
        is_of_draft = COMMENTS_RELATION_NAME in fields and fields <= {*OF_DRAFTS, COMMENTS_RELATION_NAME}
        if is_of_draft and not self._has_comments():
            with disable_reference_index_auto_update():
                super().save(*args, **kwargs)
        else:
            super().save(*args, **kwargs)

    def _has_comments(self) -> bool:
        """Whether it refers to somebody who commented on it: a comment itself is saved before the draft."""
        known = ReferenceIndex.get_references_for_object(self)
        return bool(known.filter(model_path__startswith=COMMENTS_RELATION_NAME).exists())

    def copy(self, *args: Any, **kwargs: Any) -> Page:
        """A copy starts as a draft: copying live would pass by the publishing gate."""
        return super().copy(*args, **{**kwargs, "keep_live": False})

    def clean(self) -> None:
        super().clean()
        try:
            self.refuse_slug(self.slug)
        except ValidationError as error:
            raise ValidationError({"slug": error}) from error

    def refuse_slug(self, slug: str) -> None:
        """Raises ValidationError if no reader could open this page, or one below it, under a slug."""
        refuse_reserved(slug)

    def get_workflow(self) -> Workflow | None:
        """The nearest workflow that is not a medical review: only articles have words to sign."""
        found = (
            WorkflowPage.objects.filter(page__in=self.get_ancestors(inclusive=True), workflow__active=True)
            .exclude(workflow__in=MedicalReviewTask.workflows_with_it())
            .select_related("workflow")
            .order_by("-page__depth")
            .first()
        )
        return found.workflow if found else None

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page, of which anybody may be given a copy until something on it may change by itself."""
        midnight = next_midnight(site_day(timezone.now()))  # read first: rendering may go on past it
        response: TemplateResponse = super().serve(request, *args, **kwargs)
        changes_at = (response.context_data or {}).get("changes_at")
        keep(request, response, until=min(midnight, changes_at or midnight))
        return response

    @cached_property
    def share_image(self) -> ShareImage | None:
        """The picture to name where the page is shared."""
        from articles.share_pictures import share_image  # it reads the models of this package

        return share_image(self)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        furnish(request, self)
        around = furniture()
        context["crumbs"] = around.crumbs(self)
        context["body_areas"] = sorted(
            (area for area in around.listed if isinstance(area, BodyAreaPage) and around.is_public(area)),
            key=lambda area: area.title,
        )
        return context

    def get_view_restrictions(self) -> models.QuerySet[PageViewRestriction]:
        """As Wagtail's, which asks twice: nothing is asked on a site where nothing is restricted."""
        if not restricted_paths():
            return PageViewRestriction.objects.none()
        return super().get_view_restrictions()


class HomePage(SitePage):
    """The front page: the body areas and the latest articles."""

    parent_page_types = ["wagtailcore.Page"]
    template = "articles/home_page.html"
    max_count_per_parent = 1

    class Meta:
        verbose_name = "home page"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["latest"] = (
            public(ConditionPage.objects.live().descendant_of(self))
            .defer_streamfields()
            .order_by("-first_published_at")[:6]
        )
        return context

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """To an article by its whole address, in one query; to any other page step by step."""
        if len(path_components) > 1:
            address = f"{self.url_path}{'/'.join(path_components)}/"
            for article in _article_at(address):
                return RouteResult(article)
        return super().route(request, path_components)


class BodyAreaPage(SitePage):
    """The index of the conditions of one part of the body."""

    parent_page_types = ["articles.HomePage"]
    subpage_types = ["articles.ConditionPage"]
    template = "articles/body_area_page.html"

    class Meta:
        verbose_name = "body area"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        children = ConditionPage.objects.live().child_of(self)
        context["articles"] = public(children).defer_streamfields().order_by("title")
        return context


class InformationPage(SitePage):
    """A policy or help page, such as "How we review"."""

    body = StreamField(InformationBody(), blank=True)
    in_footer = models.BooleanField("in the footer", default=True)

    parent_page_types = ["articles.HomePage", "articles.InformationPage"]
    template = "articles/information_page.html"
    content_panels = [*SitePage.content_panels, FieldPanel("body"), FieldPanel("in_footer")]

    class Meta:
        verbose_name = "information page"


class ConditionPage(SitePage):
    """An article about one condition, with its products and its medical review."""

    body = StreamField(ArticleBody(), blank=True)
    authors = ParentalManyToManyField(Author, blank=True, related_name="articles")
    review_tier = models.ForeignKey(
        ReviewTier,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: the default tier.",
    )
    review_interval_months = models.PositiveSmallIntegerField(
        "review interval (months)",
        null=True,
        blank=True,
        help_text="Only if this article needs another interval than its tier.",
    )

    parent_page_types = ["articles.BodyAreaPage"]
    subpage_types: list[str] = []
    template = "articles/condition_page.html"
    content_panels = [
        *SitePage.content_panels,
        FieldPanel("body"),
        FieldPanel("authors"),
        InlinePanel("related_articles", heading="Related articles", label="Article"),
    ]
    promote_panels = [
        *SitePage.promote_panels,
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("review_tier"), FieldPanel("review_interval_months")])],
            heading="Medical review",
        ),
    ]
    search_fields = [*SitePage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = "condition article"

    def refuse_slug(self, slug: str) -> None:
        """Any will do: an article's address begins with that of its body area."""

    def get_workflow(self) -> Workflow | None:
        """The nearest workflow, a medical review as a rule."""
        return Page.get_workflow(self)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """An article is born a draft.

        Raises `articles.gate.PublishingRefused` if the site lets only reviewed articles go live (any path).
        """
        from articles.gate import guard_going_live  # it reads the models of this package

        if self._state.adding:  # "create and publish" saves it live before anybody asks whether it may be
            self.live, self.has_unpublished_changes = False, True
        guard_going_live(self, update_fields=kwargs.get("update_fields"))
        super().save(*args, **kwargs)

    def publish(self, revision: Revision, user: Any = None, **kwargs: Any) -> None:
        """As Wagtail does. Raises `articles.gate.PublishingRefused`; a schedule is called off instead."""
        from articles.gate import may_go_live  # it reads the models of this package

        with LogContext(user=user) if user else nullcontext():  # the signals do not say who published
            if may_go_live(self, revision, scheduled=kwargs.get("log_action") == SCHEDULED):
                super().publish(revision, user=user, **kwargs)

    def unpublish(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        with LogContext(user=user) if user else nullcontext():
            super().unpublish(*args, user=user, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from articles.presentation import article_context  # it reads the models of this package

        context = super().get_context(request, *args, **kwargs)
        editing = bool(getattr(request, "is_preview", False)) and not getattr(request, "as_readers", False)
        asked = asked_region(request)
        context.update(
            article_context(
                self, request, today=site_day(timezone.now()), editing=editing, first_region=asked
            )
        )
        placed = next(iter(context["shelf"].values()), None)
        context["region_switch"] = region_switch(request, placed.shops_for) if placed else None
        return context


_article_at = Question(
    lambda address: (
        ConditionPage.objects.live()
        .select_related("review_tier", "drawn_share_picture")
        .filter(url_path=address)
    )
)


class RelatedArticle(models.Model):
    """An article that an editor, or an imported text, relates to this one. Without a page it is planned."""

    page = ParentalKey(ConditionPage, on_delete=models.CASCADE, related_name="related_articles")
    topic = models.CharField(
        max_length=160, blank=True, help_text="For a page that does not exist yet. Only editors see it."
    )
    article = models.ForeignKey(
        ConditionPage, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    sort_order = models.IntegerField(null=True, blank=True, editable=False)

    panels = [FieldPanel("article"), FieldPanel("topic")]
    sort_order_field = "sort_order"

    class Meta:
        ordering = ["sort_order", "pk"]

    def __str__(self) -> str:
        return self.article.title if self.article else f"{self.topic} (planned)"
