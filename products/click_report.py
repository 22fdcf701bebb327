"""The report "Clicks": what readers follow, by article, product, shop and region, beside what was no person's click."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import F, QuerySet, Sum
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, NumberColumn

from products.charts import BarChart, stacked_bars
from products.filters import RetailerFilter
from products.models import Clicks, Region
from products.reports import DeskReport, Report

DAYS_SHOWN = 28  # where nobody asks for others
LONGEST_BY_DAY = 92  # more days than this are drawn as months
PEOPLE, OTHERS = "People", "Robots, prefetches and repeats"


@dataclass(frozen=True, slots=True)
class Grouping:
    """What the rows of the report are."""

    label: str
    subject: str
    """The field that names a row."""
    within: str = ""
    """The field that tells rows of one name apart."""
    nothing: str = ""
    """How a row is called whose field is empty."""


GROUPINGS: Mapping[str, Grouping] = {
    "article": Grouping("Article", "page__title", "page", "No article, or one that was deleted"),
    "product": Grouping("Product", "offer__product__name", nothing="A deleted product"),
    "retailer": Grouping(
        "Retailer", "offer__retailer__name", "offer__retailer__region__code", "A deleted retailer"
    ),
    "region": Grouping("Region of the shop", "offer__retailer__region__code", nothing="A deleted retailer"),
    "reader": Grouping("Region of the reader", "region__code", nothing="A deleted region"),
    "day": Grouping("Day", "day"),
}
FIRST_GROUPING = "article"


class ClicksFilterSet(WagtailFilterSet):
    by = django_filters.ChoiceFilter(
        label="Count by",
        choices=[(name, grouping.label) for name, grouping in GROUPINGS.items()],
        method="keep_all",
        empty_label=None,
    )
    day = django_filters.DateFromToRangeFilter(label="Days", widget=DateRangePickerWidget)
    retailer = RetailerFilter(field_name="offer__retailer")
    region = django_filters.ModelChoiceFilter(
        field_name="offer__retailer__region", label="Region of the shop", queryset=Region.objects.all()
    )

    class Meta:
        model = Clicks
        fields: list[str] = []

    def keep_all(self, queryset: QuerySet[Clicks], name: str, value: str) -> QuerySet[Clicks]:
        """How clicks are counted together leaves none out."""
        return queryset


class ClicksView(DeskReport):
    model = Clicks
    any_permission_required = {"view"}
    purpose = "How often readers followed links to shops. Nobody is tracked: a click is a number in a row for its day. Robots, prefetches and repeats within seconds are counted apart, so that the gap can be seen; networks count in their own ways."
    filterset_class = ClicksFilterSet
    results_template_name = "desk/clicks_results.html"
    default_ordering = "-by_people"
    export_filename = "clicks"

    @cached_property
    def grouping(self) -> Grouping:
        return GROUPINGS.get(self.request.GET.get("by", ""), GROUPINGS[FIRST_GROUPING])

    @cached_property
    def columns(self) -> list[Column]:
        grouping = self.grouping
        return [
            Column(
                "subject",
                label=grouping.label,
                accessor=lambda row: _name(row, grouping),
                sort_key="subject",
                width="50%",
            ),
            NumberColumn("by_people", label=PEOPLE, sort_key="by_people"),
            NumberColumn("by_others", label=OTHERS, sort_key="by_others"),
            Column("gap", label="Not people", accessor=_gap),
        ]

    @cached_property
    def asked(self) -> tuple[datetime.date | None, datetime.date | None]:
        """The days that a person asked for."""
        days = self.filters.form.cleaned_data.get("day") if self.filters and self.filters.is_valid() else None
        return (
            days.start.date() if days and days.start else None,
            days.stop.date() if days and days.stop else None,
        )

    @cached_property
    def last(self) -> datetime.date:
        return self.asked[1] or timezone.localdate()

    @cached_property
    def first(self) -> datetime.date:
        if self.asked[0]:
            return self.asked[0]
        return self.last - datetime.timedelta(days=DAYS_SHOWN - 1)

    @cached_property
    def found(self) -> QuerySet[Clicks]:
        """The counts of the days and shops asked for."""
        counts: QuerySet[Clicks] = self.filter_queryset(Clicks.objects.between(self.first, self.last))
        return counts

    def get_filtered_queryset(self) -> QuerySet[Any]:
        named = {"subject": F(self.grouping.subject)}
        if self.grouping.within:
            named["within"] = F(self.grouping.within)
        rows = self.found.order_by().values(**named)
        rows = rows.annotate(by_people=Sum("people"), by_others=Sum("others"))
        order = [self.ordering, "subject", *(["within"] if self.grouping.within else [])]
        return rows.order_by(*order)

    @cached_property
    def chart(self) -> BarChart:
        return clicks_chart(self.found, self.first, self.last)


def clicks_chart(counts: QuerySet[Clicks], first: datetime.date, last: datetime.date) -> BarChart:
    """Clicks of the days from `first` to `last`, both shown; where they are many, by months. One query."""
    sums = counts.order_by().values("day").annotate(by_people=Sum("people"), by_others=Sum("others"))
    counted = {row["day"]: (row["by_people"], row["by_others"]) for row in sums}
    days = (last - first).days + 1
    rows: list[tuple[str, Sequence[int]]]
    if days <= LONGEST_BY_DAY:
        spans = [first + datetime.timedelta(days=number) for number in range(days)]
        rows = [(f"{day:%-d %b}", counted.get(day, (0, 0))) for day in spans]
    else:
        rows = _by_month(counted)
    return stacked_bars("Clicks on links to shops", [PEOPLE, OTHERS], rows)


def _by_month(counted: Mapping[datetime.date, tuple[int, int]]) -> list[tuple[str, Sequence[int]]]:
    """The months in which anything was counted."""
    months: dict[datetime.date, list[int]] = {}
    for day in sorted(counted):
        sums = months.setdefault(day.replace(day=1), [0, 0])
        sums[0] += counted[day][0]
        sums[1] += counted[day][1]
    return [(f"{month:%b %Y}", sums) for month, sums in months.items()]


def _name(row: Mapping[str, Any], grouping: Grouping) -> Any:
    if row["subject"] is None:
        return grouping.nothing
    within = row.get("within")
    return f"{row['subject']} ({within})" if isinstance(within, str) else row["subject"]


def _gap(row: Mapping[str, Any]) -> str:
    together = row["by_people"] + row["by_others"]
    return f"{row['by_others'] / together:.0%}" if together else ""


class ClicksReport(Report):
    view_class = ClicksView
    name = "clicks"
    url_prefix = "reports/clicks"
    menu_label = "Clicks"
    icon = "view"
    menu_order = 90
