"""Reports on articles and their reviews."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import F
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.ui.tables import Column, NumberColumn, TitleColumn
from wagtail.admin.views.generic import InspectView
from wagtail.models import Page
from wagtail.permissions import policy_registry

from articles.days import site_day
from articles.filters import BodyAreaFilter, ReviewTierFilter
from articles.governance import SignOffOutcome
from articles.mending import mending_paths
from articles.models import ConditionPage, MedicalReview, Reviewer, ReviewSchedule, User
from articles.querysets import ReviewScheduleQuerySet
from articles.review_line import review_lines
from products.columns import LinkColumn, MomentColumn
from products.reports import DeskReport, Report


def readable(user: Any) -> ReviewScheduleQuerySet:
    """The schedules of the pages that an account may see in the explorer."""
    pages = policy_registry.get_by_type(Page).explorable_instances(user)
    return ReviewSchedule.objects.filter(page__in=pages.order_by().values("pk"))


def addresses(pages: Iterable[Page], request: HttpRequest) -> dict[int, str | None]:
    """Where to send a person for each page, by primary key: to where they can mend it, or else to the page."""
    found = {page.pk: page for page in pages}
    paths = mending_paths(request.user, found.values())
    return {pk: paths.get(pk) or page.get_url(request) for pk, page in found.items()}


class OverdueArticlesFilterSet(WagtailFilterSet):
    body_area = BodyAreaFilter("page__path")
    review_tier = ReviewTierFilter("page__conditionpage__review_tier")
    owner = django_filters.ModelChoiceFilter(
        field_name="page__owner",
        label="Owner",
        queryset=User.objects.filter(owned_pages__isnull=False).distinct(),
    )

    class Meta:
        model = ReviewSchedule
        fields = ["body_area", "review_tier", "owner"]


@dataclass(frozen=True, slots=True)
class OverdueArticle:
    """A row of the report."""

    page: Page
    schedule: ReviewSchedule
    state: str
    days_overdue: int
    body_area: str
    url: str | None


class ArticlePaginator(WagtailPaginator):
    """Rows are schedules; people count articles."""

    verbose_name = "article"
    verbose_name_plural = "articles"


class OverdueArticlesView(DeskReport):
    model = ConditionPage
    any_permission_required = {"add", "change", "publish", "lock"}
    purpose = "Published articles whose medical review is past its due date, the longest first. One that nobody ever reviewed counts from its publication."
    filterset_class = OverdueArticlesFilterSet
    paginator_class = ArticlePaginator
    default_ordering = "due_on"
    export_filename = "overdue-articles"
    columns = [
        TitleColumn(
            "article", accessor="page.title", get_url=lambda row: row.url, sort_key="page__title", width="20%"
        ),
        Column("body_area", label="Body area"),
        Column("state"),
        MomentColumn("due_on", label="Due", accessor="schedule.due_on", sort_key="due_on"),
        NumberColumn("days_overdue", label="Days overdue"),
        Column("why", accessor="schedule.why"),
        MomentColumn(
            "last_review_on",
            label="Last review",
            accessor="schedule.last_review_on",
            sort_key="last_review_on",
        ),
        Column("owner", accessor="page.owner", sort_key="page__owner__last_name"),
        Column("reviewer", label="Next reviewer", accessor=lambda row: row.schedule.reviewer or ""),
    ]

    def get_base_queryset(self) -> ReviewScheduleQuerySet:
        return (
            readable(self.request.user)
            .overdue(site_day(timezone.now()))
            .select_related("page__owner", "reviewer")
        )

    def order_queryset(self, queryset: ReviewScheduleQuerySet) -> ReviewScheduleQuerySet:
        key = F(self.ordering.removeprefix("-"))
        descending = self.ordering.startswith("-")
        return queryset.order_by(
            key.desc(nulls_last=True) if descending else key.asc(nulls_last=True), "page_id"
        )

    def describe(self, rows: list[ReviewSchedule]) -> list[OverdueArticle]:
        today = site_day(timezone.now())
        pages = [schedule.page for schedule in rows]
        articles = ConditionPage.objects.filter(pk__in=[page.pk for page in pages])
        lines = review_lines(articles.select_related("review_tier"), today=today)
        urls = addresses(pages, self.request)
        Page.objects.annotate_parent_page(pages)
        return [
            OverdueArticle(
                page=schedule.page,
                schedule=schedule,
                state=lines[schedule.page_id].state_label,
                days_overdue=(today - schedule.due_on).days,
                body_area=schedule.page._parent_page.title,
                url=urls[schedule.page_id],
            )
            for schedule in rows
        ]


class OverdueArticles(Report):
    view_class = OverdueArticlesView
    name = "overdue_articles"
    url_prefix = "reports/overdue-articles"
    menu_label = "Overdue articles"
    icon = "calendar-alt"
    menu_order = 90


class SignOffFilterSet(WagtailFilterSet):
    body_area = BodyAreaFilter("page__path")
    outcome = django_filters.ChoiceFilter(
        choices=[(outcome.value, outcome.label) for outcome in SignOffOutcome]
    )
    reviewer = django_filters.ModelChoiceFilter(queryset=Reviewer.objects.all())

    class Meta:
        model = MedicalReview
        fields = ["body_area", "outcome", "reviewer"]


class SignOffsView(DeskReport):
    model = MedicalReview
    any_permission_required = {"view"}
    purpose = "Every sign-off ever made, as it was made. Nobody can change or delete one; a mistake is corrected by a further sign-off."
    filterset_class = SignOffFilterSet
    default_ordering = "-signed_at"
    export_filename = "sign-offs"
    columns = [
        LinkColumn(
            "article",
            accessor="page.title",
            get_url=lambda review: SignOffs.url_of(review),
            sort_key="page__title",
        ),
        Column("outcome", accessor="get_outcome_display", sort_key="outcome"),
        Column("reviewer_name", label="Reviewer", sort_key="reviewer_name"),
        Column("profession"),
        Column("credential"),
        MomentColumn("signed_at", label="Signed", sort_key="signed_at"),
    ]
    exported_too = [
        Column("tier"),
        Column("interval_months", label="Interval (months)"),
        Column("fingerprint"),
    ]

    def get_base_queryset(self) -> Any:
        return MedicalReview.objects.select_related("page").defer("snapshot")


class SignOffInspectView(InspectView):
    """One sign-off, as it was made."""

    def get_checklist_display_value(self) -> str:
        return " ".join(sentence for sentence, confirmed in self.object.checklist.items() if confirmed)

    def get_interests_display_value(self) -> str:
        return "; ".join(self.object.interests) or "None"


class SignOffs(Report):
    """Sign-offs are looked at, never made, changed or deleted here."""

    view_class = SignOffsView
    name = "sign_offs"
    url_prefix = "sign-offs"
    menu_hook = None  # it stands in the group of people and reviews
    menu_label = "Sign-offs"
    icon = "success"

    @classmethod
    def url_of(cls, review: MedicalReview) -> str:
        return reverse(f"{cls.name}:inspect", args=[review.pk])

    def get_urlpatterns(self) -> list[URLPattern]:
        inspect = SignOffInspectView.as_view(
            model=MedicalReview,
            index_url_name=self.get_url_name("index"),
            header_icon=self.icon,
            fields=[
                "page", "outcome", "reviewer_name", "profession", "credential", "interests", "signed_at", "meaning",
                "checklist", "reason", "tier", "interval_months", "fingerprint", "supersedes",
            ],
        )  # fmt: skip
        return [*super().get_urlpatterns(), path("<int:pk>/", inspect, name="inspect")]
