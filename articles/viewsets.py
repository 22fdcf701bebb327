"""Articles, people and reviews in the admin."""

from __future__ import annotations

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.tables import BooleanColumn, Column, NumberColumn
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from articles.content_checks import ContentChecksPanel
from articles.days import site_day
from articles.models import Author, ConditionPage, Reviewer, ReviewTier
from articles.panels import ReviewSidePanel
from articles.reports import SignOffs
from articles.tier_desk import TierEditView
from products.exports import LibraryView


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
    index_view_class = LibraryView
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
    index_view_class = LibraryView
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
    index_view_class = LibraryView
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
    list_export = [
        "name", "interval_months", "due_soon_days", "grace_days", "withhold_offers", "is_default",
    ]  # fmt: skip
    export_headings = {"withhold_offers": "No buy buttons once expired", "is_default": "Default"}
    export_filename = "review-tiers"
    copy_view_enabled = False
    inspect_view_enabled = True
