"""The review desk: the listing "Articles", from which an editor plans the reviews of hundreds of them.

There was a report of overdue articles beside it, with nearly the same columns. An editor who has to choose between two
lists trusts neither, so that the listing took over what the report told, and the report is gone: "overdue" is a filter,
to which the front page and the mails lead (docs/adr/0018).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import django_filters
from django.db.models import (
    Case,
    DateField,
    DateTimeField,
    DurationField,
    Exists,
    Expression,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BaseColumn, Column, NumberColumn
from wagtail.admin.ui.tables.pages import BulkActionsColumn, PageTitleColumn
from wagtail.admin.views.pages.listing import IndexView, PageFilterSet
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.admin.widgets.button import Button
from wagtail.models import Page, Site
from wagtail.permissions import policy_registry

from articles.calendar_desk import ReviewCalendar
from articles.days import site_day
from articles.filters import BodyAreaFilter, ReviewTierFilter
from articles.forecast_desk import ReviewForecast
from articles.furniture import hold_roots
from articles.governance import SignOffOutcome, TriggerKind
from articles.mending import mending_paths
from articles.models import (
    ConditionPage,
    MedicalReview,
    Reviewer,
    ReviewSchedule,
    ReviewTier,
    ReviewTrigger,
)
from articles.planners import MAY_LEAD, may_plan
from articles.planning import months_from
from articles.rescheduling_desk import Reschedulings
from articles.review_line import review_lines
from articles.review_states import edited_since_review, fetch_tasks, waiting_for_review
from articles.workload import NOBODY, name_of_reviewer, on_day, with_reviewer
from products.clicks.costs import DAYS, clicks_of_pages
from products.columns import MomentColumn
from products.exports import SafeExport
from products.reports import Report

RELATED: tuple[type[ReviewCalendar | Report], ...] = (ReviewCalendar, ReviewForecast, Reschedulings)
"""Screens about the same plan, to which the header of the listing leads who may open them."""

MONTHS_AHEAD = 60
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Stands(StrEnum):
    """What the desk can be narrowed to."""

    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    EXPIRED = "expired"
    CHANGED = "changed"
    NEVER = "never"
    WAITING = "waiting"

    @property
    def label(self) -> str:
        return {
            "overdue": "Overdue (expired and never reviewed ones too)",
            "due_soon": "Due soon",
            "expired": "Expired: the badge is gone",
            "changed": "Changed since review",
            "never": "Never reviewed here",
            "waiting": "Waiting at a reviewer",
        }[self.value]


def articles_of(user: Any) -> QuerySet[ConditionPage]:
    """The articles that an account sees on the desk: a review lead all, others those of the page explorer."""
    articles: QuerySet[ConditionPage] = ConditionPage.objects.filter(depth__gt=1)
    if user.has_perm(MAY_LEAD):
        return articles
    pages = policy_registry.get_by_type(Page).explorable_instances(user)
    return articles.filter(pk__in=pages.order_by().values("pk"))


def by_title(articles: QuerySet[ConditionPage], words: str) -> QuerySet[ConditionPage]:
    """Those whose title, or that of the draft, holds each of the words, in any order."""
    for word in words.split():
        articles = articles.filter(Q(title__icontains=word) | Q(draft_title__icontains=word))
    return articles


# --- filters --------------------------------------------------------------------------------------


class NextReviewerFilter(django_filters.ModelChoiceFilter):
    """Articles whose next review falls to somebody, or to nobody yet."""

    def __init__(self) -> None:
        super().__init__(
            label="Next reviewer",
            queryset=Reviewer.objects.filter(is_active=True),
            null_label=NOBODY,
            null_value="nobody",
        )

    def filter(self, qs: QuerySet[Any], value: Reviewer | str | None) -> QuerySet[Any]:
        if not value:
            return qs
        schedules = with_reviewer(ReviewSchedule.objects.filter(page__live=True)).order_by()
        theirs = (
            schedules.filter(falls_to=value.pk)
            if isinstance(value, Reviewer)
            else schedules.filter(falls_to__isnull=True)
        )
        return qs.filter(pk__in=theirs.values("page"))


def months() -> list[tuple[str, str]]:
    """The months that can be chosen, a year back and five ahead, as in ("2026-12", "December 2026")."""
    today = site_day(timezone.now())
    a_year_ago = datetime.date(today.year - 1, today.month, 1)
    return [(f"{month:%Y-%m}", f"{month:%B %Y}") for month in months_from(a_year_ago, MONTHS_AHEAD + 13)]


class ArticleFilterSet(PageFilterSet):
    review = django_filters.ChoiceFilter(
        label="Medical review",
        choices=[(one.value, one.label) for one in Stands],
        method="filter_review",
        empty_label="Any",
    )
    month = django_filters.ChoiceFilter(
        label="Planned, or else due, in", choices=months, method="filter_month", empty_label="Any month"
    )
    review_tier = ReviewTierFilter()
    reviewer = NextReviewerFilter()
    body_area = BodyAreaFilter()
    has_child_pages = None

    class Meta:
        model = ConditionPage
        fields = ["review", "month", "review_tier", "reviewer", "body_area", "owner", "live"]

    def filter_review(self, queryset: Any, name: str, value: str) -> QuerySet[ConditionPage]:
        today = site_day(timezone.now())
        schedules = ReviewSchedule.objects.all()
        pages: Any
        match Stands(value):
            case Stands.OVERDUE:
                pages = schedules.overdue(today).order_by().values("page")
            case Stands.DUE_SOON:
                pages = schedules.due_soon(today).order_by().values("page")
            case Stands.EXPIRED:
                pages = schedules.filter(page__live=True, expires_on__lt=today).order_by().values("page")
            case Stands.CHANGED:
                pages = edited_since_review(today=today)
            case Stands.NEVER:
                signed = MedicalReview.objects.filter(page=OuterRef("page"), outcome=SignOffOutcome.APPROVED)
                pages = schedules.filter(~Exists(signed), page__live=True).order_by().values("page")
            case Stands.WAITING:
                pages = waiting_for_review()
        return queryset.filter(pk__in=pages)

    def filter_month(self, queryset: Any, name: str, value: str) -> QuerySet[ConditionPage]:
        first = datetime.date.fromisoformat(f"{value}-01")
        standing = on_day(ReviewSchedule.objects.filter(page__live=True)).order_by()
        within = standing.filter(on__gte=first, on__lt=months_from(first, 2)[1])
        return queryset.filter(pk__in=within.values("page"))


# --- the order ------------------------------------------------------------------------------------

_INTERVAL = Coalesce(
    "review_interval_months",
    "review_tier__interval_months",
    Subquery(ReviewTier.objects.filter(is_default=True).values("interval_months")[:1]),
)
_DUE = Case(When(live=True, then=F("review_schedule__due_on")))


def worst_first(articles: QuerySet[ConditionPage], *, today: datetime.date) -> QuerySet[ConditionPage]:
    """The order of work: unanswered safety alerts, then what is overdue, then what comes due first; drafts last.

    A day late weighs by the risk of the article, which is what its interval says: on one that is to be reviewed every
    12 months it counts three times as much as on one of 36.
    """
    signed = MedicalReview.objects.filter(page=OuterRef("page"), outcome=SignOffOutcome.APPROVED)
    since = Coalesce(
        Subquery(signed.order_by("-signed_at").values("signed_at")[:1]),
        Value(LONG_AGO),
        output_field=DateTimeField(),
    )
    alerts = ReviewTrigger.objects.filter(
        kind=TriggerKind.SAFETY_ALERT, dismissed_at__isnull=True, opened_at__gt=since
    )
    late = Case(
        When(
            live=True,
            review_schedule__due_on__lt=today,
            then=ExpressionWrapper(
                ExpressionWrapper(
                    Value(today, DateField()) - F("review_schedule__due_on"), output_field=DurationField()
                )
                / _INTERVAL,
                output_field=DurationField(),
            ),
        )
    )
    is_alarming = Q(live=True, pk__in=alerts.values("page"))
    alarming = Case(When(is_alarming, then=0), default=1, output_field=IntegerField())
    return articles.order_by(alarming, late.desc(nulls_last=True), _DUE.asc(nulls_last=True), "pk")


def _clicks(now: datetime.datetime) -> Expression:
    """The clicks of an article. Counted once and handed to the database: a sum for each article would read a month of
    counts each time."""
    counts = Value(clicks_of_pages(now=now), JSONField())
    its_own = Func(
        counts,
        Cast("pk", TextField()),
        template="(%(expressions)s)::integer",
        arg_joiner=" ->> ",
        output_field=IntegerField(),
    )
    return Coalesce(its_own, 0)


# --- the rows -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeskRow:
    """What the desk says of one article. Of a draft it says no dates: nobody waits for its review."""

    state: str
    why: str = ""
    body_area: str = ""
    risk: str = ""
    due_on: datetime.date | None = None
    planned_on: datetime.date | None = None
    planned_why: str = ""
    days_overdue: int | None = None
    last_review_on: datetime.date | None = None
    reviewer: str = ""
    is_asked: bool = False
    """An editor asked them; or else they signed last."""
    clicks: int = 0
    waits: bool = False
    """In its workflow, at a reviewer."""
    path: str | None = None
    """Where a reviewer sees to it, who has no way into the editor."""


def desk_rows(articles: Sequence[ConditionPage], *, user: Any, now: datetime.datetime) -> dict[int, DeskRow]:
    """The rows of articles by primary key. The number of queries does not depend on how many there are, beside
    those of `review_lines` for pictures."""
    today = site_day(now)
    ids = [article.pk for article in articles]
    lines = review_lines(ConditionPage.objects.filter(pk__in=ids).select_related("review_tier"), today=today)
    default = ReviewTier.objects.get(is_default=True)
    tiers = {tier.pk: tier for tier in ReviewTier.objects.all()}
    schedules = with_reviewer(ReviewSchedule.objects.filter(page__in=ids, page__live=True))
    by_page = {schedule.page_id: schedule for schedule in schedules.select_related("reviewer")}
    names = {reviewer.pk: str(reviewer) for reviewer in Reviewer.objects.all()}
    clicks = clicks_of_pages(ids, now=now)
    waiting = set(waiting_for_review(ids))
    paths = mending_paths(user, articles)
    Page.objects.annotate_parent_page(articles)
    rows = {}
    for article in articles:
        tier = tiers.get(article.review_tier_id, default)
        own = article.review_interval_months
        path = paths.get(article.pk)
        schedule = by_page.get(article.pk)
        described = {
            "body_area": article._parent_page.title,
            "risk": f"{tier.name}, every {own} months" if own else tier.name,
            "clicks": clicks.get(article.pk, 0),
            "waits": article.pk in waiting,
            "path": None if path == reverse("wagtailadmin_pages:edit", args=[article.pk]) else path,
        }
        if schedule is None:
            rows[article.pk] = DeskRow("Not published", **described)
            continue
        rows[article.pk] = DeskRow(
            lines[article.pk].state_label,
            why=schedule.why,
            due_on=schedule.due_on,
            planned_on=schedule.planned_on,
            planned_why=schedule.planned_why,
            days_overdue=max(0, (today - schedule.due_on).days) or None,
            last_review_on=schedule.last_review_on,
            reviewer=names.get(schedule.falls_to, NOBODY),
            is_asked=schedule.falls_to is not None and schedule.falls_to == schedule.reviewer_id,
            **described,
        )
    return rows


class ReviewStateColumn(BaseColumn):
    """The state in readers' words, why the date is what it is, and a reviewer's way to the review."""

    cell_template_name = "desk/columns/review_state.html"


class DueColumn(BaseColumn):
    """When the review is due, and how late it is."""

    cell_template_name = "desk/columns/due.html"


class NextReviewerColumn(BaseColumn):
    """Whose the next review is, and whether somebody asked them."""

    cell_template_name = "desk/columns/next_reviewer.html"


# --- the view -------------------------------------------------------------------------------------


class ArticleListingView(SafeExport, IndexView):
    """All articles, the worst first, each with the state of its review as readers are told it."""

    template_name = "desk/articles.html"
    purpose = (
        "Every article about a condition, the most urgent review first: a day late weighs more the more often the "
        "article is to be reviewed. Tick articles to re-schedule their reviews or to ask a reviewer for them."
    )
    default_ordering = "worst"
    paginate_by = 30  # Wagtail's cell of a title, with its menu, takes half the time of a page
    columns: list[BaseColumn]

    @classmethod
    def may_be_read_by(cls, user: Any) -> bool:
        policy = policy_registry.get_by_type(ConditionPage)
        return bool(
            policy.user_has_any_permission(user, cls.any_permission_required) or user.has_perm(MAY_LEAD)
        )

    def user_has_any_permission(self, permissions: Iterable[str]) -> bool:
        """Review leads plan, though they may have nothing to do with pages."""
        return bool(super().user_has_any_permission(permissions) or self.request.user.has_perm(MAY_LEAD))

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Who plans nothing has nothing to tick."""
        super().setup(request, *args, **kwargs)
        if not may_plan(request.user):
            self.columns = [column for column in self.columns if not isinstance(column, BulkActionsColumn)]

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        user = self.request.user
        related = [
            Button(
                report.menu_label, reverse(report().get_url_name("index")), icon_name=report.icon, priority=50
            )
            for report in RELATED
            if report.may_be_read_by(user)
        ]
        return [*related, *super().header_more_buttons]

    def get_base_queryset(self) -> Any:
        return self.annotate_queryset(articles_of(self.request.user)).prefetch_related("owner")

    def search_queryset(self, queryset: Any) -> Any:
        return by_title(queryset, self.search_query)

    def get_ordering(self) -> str:
        asked = self.request.GET.get("ordering", "")
        return asked if asked in self.get_valid_orderings() else self.default_ordering

    def order_queryset(self, queryset: Any) -> Any:
        now = timezone.now()
        if self.ordering == self.default_ordering:
            return worst_first(queryset, today=site_day(now))
        name = self.ordering.removeprefix("-")
        backwards = self.ordering.startswith("-")
        match name:
            case "due_on":
                key: Any = _DUE
            case "planned_on":
                key = F("review_schedule__planned_on")
            case "risk":
                key = _INTERVAL
            case "reviewer":
                name = name_of_reviewer(schedule="review_schedule__", page="pk")
                key = Case(When(review_schedule__isnull=False, then=name))
            case "clicks":
                key = _clicks(now)
            case _:
                key = F(name)
        return queryset.order_by(key.desc(nulls_last=True) if backwards else key.asc(nulls_last=True), "pk")

    def get_table(self, object_list: Iterable[ConditionPage]) -> Any:
        pages = list(object_list)
        rows = desk_rows(pages, user=self.request.user, now=timezone.now())
        fetch_tasks(pages)
        explorable = policy_registry.get_by_type(Page).explorable_instances(self.request.user)
        parents = {page._parent_page.pk for page in pages}
        may_open = set(explorable.filter(pk__in=parents).order_by().values_list("pk", flat=True))
        hold_roots(Site.get_site_root_paths(), *pages)  # each row's menu has its page's address
        for page in pages:
            page.desk = rows[page.pk]
            if page._parent_page.pk in may_open:
                page.annotated_parent_page = page._parent_page  # the title's cell leads there
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
        ReviewStateColumn("review_state", label="Medical review", classname="review-state"),
        Column("risk", accessor="desk.risk", sort_key="risk"),
        DueColumn("due_on", label="Due", sort_key="due_on"),
        MomentColumn("planned_on", label="Planned", accessor="desk.planned_on", sort_key="planned_on"),
        NextReviewerColumn("reviewer", label="Next reviewer", sort_key="reviewer"),
        NumberColumn("clicks", label=f"Clicks, {DAYS} days", accessor="desk.clicks", sort_key="clicks"),
    ]
    list_export = [
        "title", "full_url", "desk.body_area", "desk.state", "desk.why", "desk.risk", "desk.due_on",
        "desk.days_overdue", "desk.planned_on", "desk.planned_why", "desk.last_review_on", "desk.reviewer",
        "desk.clicks", "owner", "last_published_at", "status_string",
    ]  # fmt: skip
    export_headings = {
        "full_url": "Address",
        "desk.body_area": "Body area",
        "desk.state": "Medical review",
        "desk.why": "Why due",
        "desk.risk": "Risk",
        "desk.due_on": "Review due",
        "desk.days_overdue": "Days overdue",
        "desk.planned_on": "Planned",
        "desk.planned_why": "Why planned then",
        "desk.last_review_on": "Last review",
        "desk.reviewer": "Next reviewer",
        "desk.clicks": f"Clicks, {DAYS} days",
        "owner": "Owner",
        "last_published_at": "Published",
        "status_string": "Status",
    }
    export_filename = "articles"

    @cached_property
    def menu_item_class(self) -> type[MenuItem]:
        def is_shown(item: MenuItem, request: HttpRequest) -> bool:
            return ArticleListingView.may_be_read_by(request.user)

        return type("ArticlesMenuItem", (MenuItem,), {"is_shown": is_shown})


def desk_url(stands: Stands) -> str:
    """The path of the desk, narrowed."""
    return f"{reverse('articles:index')}?review={stands.value}"
