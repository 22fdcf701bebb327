"""The report "Review forecast": what each reviewer has to do against the time they have, and earlier dates that even it out."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.ui.tables import Column
from wagtail.models import Page

from articles.days import site_day
from articles.levelling import MONTHS, Outlook, bring_forward, outlook
from articles.models import Reviewer, ReviewSchedule
from articles.planners import may_plan, plannable
from articles.planning import Load, Proposal, months_from
from articles.reports import addresses
from articles.rescheduling import ReschedulingRefused
from articles.workload import NOBODY
from products.charts import BarChart, few, stacked_bars
from products.reports import DeskReport, Report

MINUTES, ARTICLES = "minutes", "articles"
MOST_PROPOSALS = 100  # on one page; those after them come when these are done


class ForecastFilterSet(WagtailFilterSet):
    reviewer = django_filters.ModelChoiceFilter(
        queryset=Reviewer.objects.filter(is_active=True), null_label=NOBODY, null_value="nobody"
    )
    measure = django_filters.ChoiceFilter(
        label="Draw",
        choices=[(MINUTES, "Minutes, with the capacity"), (ARTICLES, "Articles")],
        empty_label=None,
    )

    class Meta:
        model = ReviewSchedule
        fields: list[str] = []


class OverColumn(Column):
    """Minutes beyond the capacity; they stand out."""

    cell_template_name = "desk/columns/health.html"

    def get_cell_context_data(self, instance: Load, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        return {**context, "alarming": instance.over > 0}


class MonthPaginator(WagtailPaginator):
    """Rows are loads; people count months."""

    verbose_name = "month"
    verbose_name_plural = "months"


@dataclass(frozen=True, slots=True)
class ProposedMove:
    """A proposal as a person reads and ticks it."""

    proposal: Proposal
    page: Page
    url: str | None

    @property
    def value(self) -> str:
        return f"{self.proposal.work.key}:{self.proposal.to.isoformat()}"


class EarlierDatesForm(forms.Form):
    """Which of the proposals to carry out, and why."""

    move = forms.MultipleChoiceField(
        error_messages={
            "required": "Tick at least one article.",
            "invalid_choice": "The plan changed meanwhile. Look at the proposals again.",
        }
    )
    reason = forms.CharField(
        label="Why they are moved",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed for more than one article, and for a day after the review is due. It stays on record beside each plan.",
    )

    def __init__(self, *args: Any, moves: Sequence[ProposedMove], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        move = self.fields["move"]
        assert isinstance(move, forms.MultipleChoiceField)
        move.choices = [(one.value, one.page.title) for one in moves]
        self.ticked = set(self["move"].value() or ()) if self.is_bound else {one.value for one in moves}

    @property
    def chosen(self) -> dict[int, datetime.date]:
        pairs = (value.split(":") for value in self.cleaned_data["move"])
        return {int(page): datetime.date.fromisoformat(day) for page, day in pairs}


class ForecastView(DeskReport):
    model = ReviewSchedule
    purpose = "The medical reviews of the next twelve months by reviewer, against the time they have. What is late counts in this month. Leave makes a month shorter; of a reviewer whose minutes a month are not known, nothing is too much."
    filterset_class = ForecastFilterSet
    results_template_name = "desk/forecast_results.html"
    paginator_class = MonthPaginator
    export_filename = "review-forecast"
    columns = [
        Column("month", accessor=lambda load: f"{load.month:%B %Y}", width="20%"),
        Column("reviewer"),
        Column("articles"),
        Column("minutes"),
        Column("capacity", accessor=lambda load: "Not known" if load.capacity is None else load.capacity),
        OverColumn("over", label="Minutes too many", accessor=lambda load: load.over or ""),
    ]
    form: EarlierDatesForm | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_plan(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def outlook(self) -> Outlook:
        return outlook(site_day(timezone.now()))

    # --- the forecast -----------------------------------------------------------------------------

    @cached_property
    def asked(self) -> Mapping[str, Any]:
        """What the filters hold."""
        return self.filters.form.cleaned_data if self.filters and self.filters.is_valid() else {}

    @cached_property
    def name(self) -> str:
        """Of the reviewer asked for, or nothing."""
        reviewer = self.asked.get("reviewer")
        if not reviewer:
            return ""
        return reviewer.name if isinstance(reviewer, Reviewer) else NOBODY

    @cached_property
    def loads(self) -> list[Load]:
        return self._shown(self.outlook.loads())

    def _shown(self, loads: Sequence[Load]) -> list[Load]:
        return [load for load in loads if self.name in ("", load.reviewer)]

    def get_filtered_queryset(self) -> list[Load]:
        return self.loads

    @property
    def too_full(self) -> list[Load]:
        return [load for load in self.loads if load.over]

    @cached_property
    def chart(self) -> BarChart:
        return self._draw("Medical reviews to come", self.loads)

    def _draw(self, title: str, loads: Sequence[Load], *, least_top: int = 0) -> BarChart:
        in_articles = self.asked.get("measure") == ARTICLES
        months = months_from(self.outlook.today, MONTHS)
        people = sorted({load.reviewer for load in loads})
        by_place = {(load.month, load.reviewer): load for load in loads}

        def value(month: datetime.date, reviewer: str) -> int:
            load = by_place.get((month, reviewer))
            if load is None:
                return 0
            return load.articles if in_articles else load.minutes

        rows = [(f"{month:%b %Y}", [value(month, reviewer) for reviewer in people]) for month in months]
        names, drawn = few(people, rows)
        limits = [_capacity([load for load in loads if load.month == month]) for month in months]
        unit = "articles" if in_articles else "minutes"
        return stacked_bars(
            f"{title}, in {unit}",
            names,
            drawn,
            axis="Month",
            limit_name="Capacity",
            limits=() if in_articles else limits,
            least_top=least_top,
        )

    # --- earlier dates ----------------------------------------------------------------------------

    @property
    def is_levelling(self) -> bool:
        return "level" in self.request.GET

    @cached_property
    def all_moves(self) -> list[Proposal]:
        """The proposals for articles that this person may plan."""
        proposals = [one for one in self.outlook.proposals() if self.name in ("", one.work.reviewer)]
        allowed = set(
            plannable(self.request.user)
            .filter(page__in=[proposal.work.key for proposal in proposals])
            .order_by()
            .values_list("page_id", flat=True)
        )
        return [proposal for proposal in proposals if proposal.work.key in allowed]

    @cached_property
    def moves(self) -> list[ProposedMove]:
        """The first of them, with what a person needs to judge them."""
        shown = self.all_moves[:MOST_PROPOSALS]
        pages = Page.objects.in_bulk([proposal.work.key for proposal in shown])
        urls = addresses(pages.values(), self.request)
        return [
            ProposedMove(proposal, pages[proposal.work.key], urls[proposal.work.key]) for proposal in shown
        ]

    @cached_property
    def loads_after(self) -> list[Load]:
        """The months as they were if all that is shown were moved."""
        return self._shown(self.outlook.loads([move.proposal for move in self.moves]))

    @property
    def too_full_after(self) -> list[Load]:
        return [load for load in self.loads_after if load.over]

    @property
    def chart_after(self) -> BarChart:
        highest = max((sum(row.values) for row in self.chart.rows), default=0)
        return self._draw("If all of these are moved", self.loads_after, least_top=highest)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Move what was ticked."""
        form = self.form = EarlierDatesForm(request.POST, moves=self.moves)
        if not form.is_valid():
            return self.get(request, *args, **kwargs)
        try:
            made = bring_forward(
                form.chosen, reason=form.cleaned_data["reason"], user=request.user, now=timezone.now()
            )
        except ReschedulingRefused as refused:
            form.add_error(None, str(refused))
            return self.get(request, *args, **kwargs)
        count = len(form.chosen)
        messages.success(
            request,
            f"{count} review{'' if count == 1 else 's'} planned earlier.",
            buttons=[messages.button(reverse("reschedulings:undo", args=[made.pk]), "Undo")],
        )
        return redirect(self.index_url)

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if self.is_levelling and self.form is None:
            self.form = EarlierDatesForm(moves=self.moves)
        return super().get_context_data(*args, form=self.form, **kwargs)


def _capacity(loads: Sequence[Load]) -> int | None:
    """The minutes of those whose minutes are known."""
    known = [load.capacity for load in loads if load.capacity is not None]
    return sum(known) if known else None


class ReviewForecast(Report):
    view_class = ForecastView
    name = "review_forecast"
    url_prefix = "reports/review-forecast"
    menu_label = "Review forecast"
    icon = "calendar-check"
    menu_order = 92

    @classmethod
    def may_be_read_by(cls, user: Any) -> bool:
        return may_plan(user)
