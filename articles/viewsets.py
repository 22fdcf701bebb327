"""Articles, people and reviews in the admin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn, NumberColumn
from wagtail.admin.ui.tables.pages import (
    BulkActionsColumn,
    PageStatusColumn,
    PageTitleColumn,
    ParentPageColumn,
)
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.listing import IndexView, PageFilterSet
from wagtail.admin.viewsets.pages import PageListingViewSet, PageViewSet
from wagtail.permissions import policy_registry
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from articles.content_checks import ContentChecksPanel
from articles.days import site_day
from articles.filters import BodyAreaFilter, ReviewTierFilter
from articles.models import Author, ConditionPage, Reviewer, ReviewSchedule, ReviewTier
from articles.panels import ReviewSidePanel
from articles.reports import SignOffs
from articles.review_line import review_lines
from articles.tier_desk import TierEditView
from products.columns import MomentColumn


class ArticleFilterSet(PageFilterSet):
    body_area = BodyAreaFilter()
    review_tier = ReviewTierFilter()
    review = django_filters.ChoiceFilter(
        label="Review",
        choices=[("overdue", "Overdue"), ("due_soon", "Due soon")],
        method="filter_review",
        empty_label="Any",
    )

    class Meta:
        model = ConditionPage
        fields = ["body_area", "review_tier", "review", "live"]

    def filter_review(self, queryset: Any, name: str, value: str) -> QuerySet[ConditionPage]:
        today = site_day(timezone.now())
        schedules = ReviewSchedule.objects.all()
        wanted = schedules.overdue(today) if value == "overdue" else schedules.due_soon(today)
        return queryset.filter(pk__in=wanted.order_by().values("page"))


class ArticleListingView(IndexView):
    """All articles, each with the state of its review as readers are told it."""

    template_name = "desk/articles.html"
    purpose = "Every article about a condition, wherever it stands in the tree, and what readers are told of its medical review."
    default_ordering = "due_on"

    def annotate_queryset(self, pages: Any) -> Any:
        return super().annotate_queryset(pages).annotate(due_on=F("review_schedule__due_on"))

    def get_table(self, object_list: Iterable[ConditionPage]) -> Any:
        pages = list(object_list)
        whole = ConditionPage.objects.filter(pk__in=[page.pk for page in pages]).select_related("review_tier")
        lines = review_lines(whole, today=site_day(timezone.now()))
        for page in pages:
            page.review_state = lines[page.pk].state_label
        return super().get_table(object_list)


class ArticleListing(PageListingViewSet):
    model = ConditionPage
    name = "articles"
    icon = "doc-full"
    menu_label = "Articles"
    menu_order = 150
    add_to_admin_menu = True
    index_view_class = ArticleListingView
    filterset_class = ArticleFilterSet
    columns = [
        BulkActionsColumn("bulk_actions"),
        PageTitleColumn("title", label="Title", sort_key="title", classname="title"),
        ParentPageColumn("parent", label="Body area"),
        Column("review_state", label="Medical review"),
        MomentColumn("due_on", label="Review due", sort_key="due_on"),
        DateColumn("latest_revision_created_at", label="Updated", sort_key="latest_revision_created_at"),
        PageStatusColumn("status", label="Status", sort_key="live"),
    ]
    list_export = ["title", "full_url", "review_state", "due_on", "last_published_at", "status_string"]
    export_headings = {
        "full_url": "Address",
        "review_state": "Medical review",
        "due_on": "Review due",
        "last_published_at": "Published",
        "status_string": "Status",
    }
    export_filename = "articles"

    @cached_property
    def menu_item_class(self) -> type[MenuItem]:
        def is_shown(item: MenuItem, request: HttpRequest) -> bool:
            policy = policy_registry.get_by_type(self.model)
            return bool(
                policy.user_has_any_permission(request.user, self.index_view_class.any_permission_required)
            )

        return type("ArticlesMenuItem", (MenuItem,), {"is_shown": is_shown})


class ArticleEditView(EditView):
    def get_side_panels(self) -> MediaContainer:
        panels = super().get_side_panels()
        if self.expects_json_response or self.hydrate_create_view:
            return panels
        ours = ReviewSidePanel(self.page, self.request), ContentChecksPanel(self.page, self.request)
        return MediaContainer([*panels, *ours])


class ArticlePages(PageViewSet):
    """The views of an article in the page tree."""

    model = ConditionPage
    edit_view_class = ArticleEditView


class AuthorViewSet(SnippetViewSet):
    model = Author
    icon = "edit"
    menu_label = "Authors"
    purpose = "Who writes, as readers see it under an article's title."
    index_template_name = "desk/listing.html"
    ordering = "name"
    list_display = [
        "name",
        "role",
        Column("user", label="Account"),
        NumberColumn("article_count", label="Articles", sort_key="article_count"),
    ]
    copy_view_enabled = False
    list_export = ["name", "role", "article_count"]
    export_headings = {"article_count": "Articles"}
    export_filename = "authors"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Author]:
        return Author.objects.select_related("user").annotate(article_count=Count("articles"))


def _credential_words(reviewer: Reviewer) -> str:
    credential = reviewer.credential_on(site_day(timezone.now()))
    return str(credential) if credential else "None in force: cannot sign"


class ReviewerViewSet(SnippetViewSet):
    model = Reviewer
    icon = "user"
    menu_label = "Reviewers"
    purpose = "Clinicians who sign medical reviews. Only a registration that somebody looked up, and that has not expired, lets them sign."
    index_template_name = "desk/listing.html"
    list_display = [
        "__str__",
        "profession",
        Column("credential", label="Registration", accessor=_credential_words),
        Column("user", label="Account", accessor=lambda reviewer: reviewer.user or "None: cannot sign"),
        BooleanColumn("is_active", label="May sign"),
        NumberColumn("review_count", label="Sign-offs", sort_key="review_count"),
    ]
    list_filter = ["is_active"]
    ordering = "name"
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_fields = ["display_name", "profession", "bio", "credentials", "interests", "is_active"]
    list_export = ["display_name", "profession", "is_active", "review_count"]
    export_headings = {"display_name": "Name", "review_count": "Sign-offs"}
    export_filename = "reviewers"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reviewer]:
        reviewers = Reviewer.objects.select_related("user").prefetch_related("credentials")
        return reviewers.annotate(review_count=Count("medical_reviews", distinct=True))


class PeopleAndReviews(SnippetViewSetGroup):
    items = (ReviewerViewSet, AuthorViewSet, SignOffs)
    menu_label = "People"  # a longer one does not fit the menu
    menu_icon = "group"
    menu_order = 230


class ReviewTierViewSet(SnippetViewSet):
    model = ReviewTier
    icon = "calendar-check"
    menu_label = "Review tiers"
    add_to_settings_menu = True
    purpose = "How often, and how strictly, a kind of article is reviewed again. An article without a tier has the default one."
    index_template_name = "desk/listing.html"
    edit_view_class = TierEditView
    edit_template_name = "desk/edit_tier.html"
    list_display = [
        "name",
        "interval_months",
        "due_soon_days",
        "grace_days",
        BooleanColumn("withhold_offers", label="No buy buttons once expired"),
        BooleanColumn("is_default", label="Default"),
    ]
    copy_view_enabled = False
    inspect_view_enabled = True
