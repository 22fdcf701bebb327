"""The review calendar in the admin: a month of reviews to come, and the list of one day."""

from __future__ import annotations

import calendar
import datetime
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets.button import Button, HeaderButton

from articles.days import site_day
from articles.feed_desk import FeedsView
from articles.forecast_desk import ReviewForecast
from articles.models import BodyAreaPage, Leave, Reviewer, ReviewSchedule
from articles.planners import may_plan, may_see_calendar, reviewer_of, visible
from articles.planning import Month, month_of, months_from
from articles.querysets import ReviewScheduleQuerySet
from articles.reports import addresses
from articles.review_line import in_words
from articles.workload import NOBODY, on_day, with_reviewer

MOST_A_DAY = 6
MOST_LATE = 5
ROWS_A_PAGE = 50
YEARS_BACK, MONTHS = 1, 49  # that can be chosen: from a year ago to three years ahead
LATE = "late"  # in an address, in place of a day


@dataclass(frozen=True, slots=True)
class Entry:
    """A review as the calendar shows it."""

    schedule: ReviewSchedule
    on: datetime.date
    reviewer: str
    url: str | None
    is_late: bool

    @property
    def is_planned(self) -> bool:
        """It has a day of its own; or else it stands on the day it is due."""
        return self.schedule.planned_on is not None

    @property
    def kind(self) -> str:
        return "Planned" if self.is_planned else "Due"

    @property
    def note(self) -> str:
        """When it is due, where that is another day than this."""
        due = self.schedule.due_on
        return f"due {in_words(due)}" if due != self.on else ""


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of the month."""

    date: datetime.date
    in_month: bool
    is_today: bool
    entries: Sequence[Entry] = ()
    more: int = 0
    """Reviews of the day that there is no room for."""
    more_url: str = ""
    away: Sequence[str] = ()
    """Reviewers on leave."""


@dataclass(slots=True)
class Days:
    """The reviews of some days: the first few of each, and how many there are in all."""

    entries: dict[datetime.date, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    counts: dict[datetime.date, int] = field(default_factory=dict)


class CalendarForm(forms.Form):
    """What the calendar is narrowed to. Nonsense narrows nothing."""

    month = forms.ChoiceField(required=False)
    reviewer = forms.ModelChoiceField(
        Reviewer.objects.filter(is_active=True), required=False, empty_label="Everybody"
    )
    body_area = forms.ModelChoiceField(
        BodyAreaPage.objects.order_by("title"), label="Body area", required=False, empty_label="All"
    )

    def __init__(self, *args: Any, today: datetime.date, plans: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = month_of(today)
        self.months = months_from(first.replace(year=first.year - YEARS_BACK), MONTHS)
        month = self.fields["month"]
        assert isinstance(month, forms.ChoiceField)
        month.choices = [(f"{one:%Y-%m}", f"{one:%B %Y}") for one in self.months]
        if not plans:
            del self.fields["reviewer"]  # they see their own work
        self.is_valid()

    @property
    def given(self) -> Mapping[str, Any]:
        return self.cleaned_data


class _CalendarMixin(WagtailAdminTemplateMixin):
    """A view of the reviews to come, for who plans them and, of their own, for who does them."""

    request: HttpRequest
    header_icon = "calendar"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see_calendar(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def today(self) -> datetime.date:
        return site_day(timezone.now())

    @cached_property
    def plans(self) -> bool:
        return may_plan(self.request.user)

    @cached_property
    def form(self) -> CalendarForm:
        given = {"month": f"{self.today:%Y-%m}"} | self.request.GET.dict()
        return CalendarForm(given, today=self.today, plans=self.plans)

    @cached_property
    def schedules(self) -> ReviewScheduleQuerySet:
        """Those that are asked for, each with the day it stands on and whom it falls to."""
        found = on_day(with_reviewer(visible(self.request.user))).order_by()
        given = self.form.given
        if given.get("reviewer"):
            found = found.filter(falls_to=given["reviewer"].pk)
        if given.get("body_area"):
            found = found.filter(page__path__startswith=given["body_area"].path)
        return found.select_related("page")

    def between(self, first: datetime.date | None, last: datetime.date) -> ReviewScheduleQuerySet:
        """Those that stand on a day from `first` to `last`. Written so that the indexes of both dates serve."""
        planned, due = Q(planned_on__lte=last), Q(planned_on__isnull=True, due_on__lte=last)
        if first is not None:
            planned &= Q(planned_on__gte=first)
            due &= Q(due_on__gte=first)
        return self.schedules.filter(planned | due)

    @property
    def late(self) -> ReviewScheduleQuerySet:
        return self.between(None, self.today - datetime.timedelta(days=1)).order_by("on", "page_id")

    def entries(self, schedules: Collection[ReviewSchedule]) -> list[Entry]:
        """With names and addresses. The number of queries does not depend on how many there are."""
        urls = addresses([schedule.page for schedule in schedules], self.request)
        people = Reviewer.objects.in_bulk({schedule.falls_to for schedule in schedules} - {None})
        return [
            Entry(
                schedule,
                schedule.on,
                str(people.get(schedule.falls_to, NOBODY)),
                urls[schedule.page_id],
                schedule.on < self.today,
            )
            for schedule in schedules
        ]

    def query(self, **changed: str) -> str:
        """The query string of the same choices, some of them changed."""
        kept = {name: self.request.GET.get(name, "") for name in self.form.fields} | changed
        return urlencode({name: value for name, value in kept.items() if value})

    def day_url(self, day: str) -> str:
        return f"{reverse('review_calendar:day', args=[day])}?{self.query()}"

    def month_url(self, month: Month) -> str:
        return f"{reverse('review_calendar:index')}?{self.query(month=f'{month:%Y-%m}')}"


class CalendarView(_CalendarMixin, TemplateView):
    """One month as a table, its weeks as rows."""

    template_name = "desk/calendar.html"
    page_title = "Review calendar"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]

    @cached_property
    def header_buttons(self) -> list[Button]:
        private = HeaderButton(
            FeedsView.page_title,
            url=reverse("review_calendar:feeds"),
            icon_name=FeedsView.header_icon,
            priority=20,
        )
        if not ReviewForecast.may_be_read_by(self.request.user):
            return [private]
        forecast = HeaderButton(
            ReviewForecast.menu_label,
            url=reverse("review_forecast:index"),
            icon_name=ReviewForecast.icon,
            priority=10,
        )
        return [forecast, private]

    @cached_property
    def month(self) -> Month:
        chosen = self.form.given.get("month")
        return datetime.date.fromisoformat(f"{chosen}-01") if chosen else month_of(self.today)

    @cached_property
    def last_day(self) -> datetime.date:
        return self.month.replace(day=calendar.monthrange(self.month.year, self.month.month)[1])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        weeks = calendar.Calendar(_first_weekday()).monthdatescalendar(self.month.year, self.month.month)
        days, away = self._days(), self._away()
        before, after = months_from(self.month - datetime.timedelta(days=1), 3)[::2]
        late = list(self.late[:MOST_LATE])
        return super().get_context_data(
            **{
                "form": self.form,
                "month": self.month,
                "plans": self.plans,
                "has_work": self.plans or reviewer_of(self.request.user) is not None,
                "weekdays": weeks[0],
                "weeks": [[self._day(day, days, away) for day in week] for week in weeks],
                "leaves": away,
                "in_all": sum(days.counts.values()),
                "late": self.entries(late),
                "more_late": self.late.count() - len(late) if len(late) == MOST_LATE else 0,
                "late_url": self.day_url(LATE),
                "before": self.month_url(before) if before in self.form.months else "",
                "after": self.month_url(after) if after in self.form.months else "",
                **kwargs,
            }
        )

    def _days(self) -> Days:
        """The reviews of the month, at most `MOST_A_DAY` of each day."""
        shown = (
            self.between(self.month, self.last_day)
            .annotate(
                place=Window(RowNumber(), partition_by=[F("on")], order_by=[F("page__title"), F("page_id")]),
                of_day=Window(Count("*"), partition_by=[F("on")]),
            )
            .filter(place__lte=MOST_A_DAY)
            .order_by("on", "place")
        )
        schedules, found = list(shown), Days()
        for schedule, entry in zip(schedules, self.entries(schedules), strict=True):
            found.entries[entry.on].append(entry)
            found.counts[entry.on] = schedule.of_day
        return found

    def _away(self) -> list[Leave]:
        """The leaves that fall in the month, of the reviewers whose work is shown."""
        leaves = Leave.objects.filter(
            reviewer__is_active=True, first_day__lte=self.last_day, last_day__gte=self.month
        )
        if not self.plans:
            leaves = leaves.filter(reviewer__user=self.request.user.pk)
        elif self.form.given.get("reviewer"):
            leaves = leaves.filter(reviewer=self.form.given["reviewer"])
        return list(leaves.select_related("reviewer").order_by("reviewer__name", "first_day"))

    def _day(self, day: datetime.date, days: Days, leaves: Sequence[Leave]) -> Day:
        if (in_month := day.month == self.month.month) is False:
            return Day(day, in_month, is_today=False)
        entries = days.entries.get(day, [])
        away = [str(leave.reviewer) for leave in leaves if leave.first_day <= day <= leave.last_day]
        return Day(
            day,
            in_month,
            is_today=day == self.today,
            entries=entries,
            more=days.counts.get(day, 0) - len(entries),
            more_url=self.day_url(day.isoformat()),
            away=list(dict.fromkeys(away)),
        )


class CalendarDayView(_CalendarMixin, TemplateView):
    """All reviews of one day, or all that are late."""

    template_name = "desk/calendar_day.html"

    def dispatch(self, request: HttpRequest, *args: Any, day: str, **kwargs: Any) -> HttpResponseBase:
        self.day: datetime.date | None = None
        if day != LATE:
            try:
                self.day = datetime.date.fromisoformat(day)
            except ValueError as error:
                raise Http404("There is no such day.") from error
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self) -> str:
        return in_words(self.day) if self.day else "Late reviews"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        back = {
            "url": f"{reverse('review_calendar:index')}?{self.query()}",
            "label": CalendarView.page_title,
        }
        return [*super().get_breadcrumbs_items(), back, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.between(self.day, self.day).order_by("page__title", "page_id") if self.day else self.late
        rows = Paginator(found, ROWS_A_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(
            **{
                "rows": rows,
                "entries": self.entries(list(rows)),
                "this_page": f"{self.request.path}?{self.query()}",
                **kwargs,
            }
        )


def _first_weekday() -> int:
    """On which the weeks of the site's language begin; Monday is 0. Django counts from Sunday."""
    return (int(get_format("FIRST_DAY_OF_WEEK", lang=settings.LANGUAGE_CODE)) - 1) % 7


class ReviewCalendar(ViewSet):
    """The calendar under Reports, and the addresses of private ones."""

    name = "review_calendar"
    url_prefix = "reports/review-calendar"
    menu_hook = "register_reports_menu_item"
    menu_label = CalendarView.page_title
    icon = CalendarView.header_icon
    menu_order = 91

    @classmethod
    def may_be_read_by(cls, user: Any) -> bool:
        return may_see_calendar(user)

    @cached_property
    def menu_item_class(self) -> type[MenuItem]:
        def is_shown(item: MenuItem, request: HttpRequest) -> bool:
            return self.may_be_read_by(request.user)

        return type("ReviewCalendarMenuItem", (MenuItem,), {"is_shown": is_shown})

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", CalendarView.as_view(), name="index"),
            path("feeds/", FeedsView.as_view(), name="feeds"),
            path("<str:day>/", CalendarDayView.as_view(), name="day"),
        ]
