"""Reports of readers in the admin: the listing, one report with what can be done about it, and the home panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.log_actions import registry

from articles.filters import BodyAreaFilter
from articles.models import ConditionPage, ProblemKind, ProblemReport, ReportStatus, ReviewTrigger
from articles.problem_reports import MAY_ANSWER, SettlingRefused, call_from, settle, subject_of
from articles.querysets import ProblemReportQuerySet
from articles.reports import addresses
from articles.triggers import TriggerRefused
from products.reports import DeskReport, Report

SHOWN = 5


class ReportFilterSet(WagtailFilterSet):
    kind = django_filters.ChoiceFilter(label="Problem", choices=ProblemKind.choices)
    status = django_filters.ChoiceFilter(choices=ReportStatus.choices)
    received_at = django_filters.DateFromToRangeFilter(label="Received", widget=DateRangePickerWidget)
    body_area = BodyAreaFilter("page__path")

    class Meta:
        model = ProblemReport
        fields = ["kind", "status", "received_at", "body_area"]


class KindColumn(Column):
    """What is wrong; a safety concern stands out."""

    cell_template_name = "desk/columns/health.html"

    def get_cell_context_data(
        self, instance: ProblemReport, parent_context: Mapping[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        return {**context, "alarming": instance.is_safety_concern}


class ReaderReportsView(DeskReport):
    model = ProblemReport
    any_permission_required = {"view"}
    purpose = (
        "What readers report. Safety concerns come first; the review leads are told of them by mail at once."
    )
    filterset_class = ReportFilterSet
    default_ordering = "waiting"
    export_filename = "reader-reports"
    columns = [
        TitleColumn(
            "article",
            label="Page",
            accessor=lambda report: report.page_title or "No page in particular",
            get_url=lambda report: reverse("reader_reports:report", args=[report.pk]),
            sort_key="page_title",
            width="30%",
        ),
        KindColumn("kind", label="Problem", accessor="get_kind_display", sort_key="kind"),
        Column("status", accessor="get_status_display", sort_key="status"),
        DateColumn("received_at", label="Received", sort_key="received_at"),
        Column("handled_by", label="Settled by"),
    ]
    exported_too = [
        Column("text", label="What the reader wrote"),
        Column("note"),
        Column("handled_at", label="Settled"),
        Column("forgotten_at", label="Words forgotten"),
    ]

    def get_base_queryset(self) -> ProblemReportQuerySet:
        return ProblemReport.objects.select_related("handled_by")

    def order_queryset(self, queryset: ProblemReportQuerySet) -> Any:
        """New ones first, and among those the safety concerns, unless a person asks for another order."""
        if self.ordering == self.default_ordering:
            rank = Case(
                When(status=ReportStatus.NEW, kind=ProblemKind.SAFETY, then=Value(0)),
                When(status=ReportStatus.NEW, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
            return queryset.order_by(rank, "-received_at", "-pk")
        return queryset.order_by(self.ordering, "-pk")


class SettleForm(forms.Form):
    status = forms.ChoiceField(
        label="It is", choices=[choice for choice in ReportStatus.choices if choice[0] != ReportStatus.NEW]
    )
    note = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What was done, or why nothing was. It is kept for ever: leave the reader's name and words out.",
    )


class CallForm(forms.Form):
    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stays on record, and the reviewer reads it.",
    )


class ReaderReportView(WagtailAdminTemplateMixin, TemplateView):
    """One report: what the reader wrote, what was done, and what can be done."""

    template_name = "desk/reader_report.html"
    page_title = "Reader report"
    header_icon = "comment"

    def dispatch(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("articles.view_problemreport"):
            raise PermissionDenied
        self.report = get_object_or_404(ProblemReport.objects.select_related("page", "handled_by"), pk=pk)
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self) -> str:
        return str(self.report)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        listing = {"url": reverse("reader_reports:index"), "label": ReaderReports.menu_label}
        return [*super().get_breadcrumbs_items(), listing, {"url": "", "label": str(self.report)}]

    @property
    def may_answer(self) -> bool:
        return bool(self.request.user.has_perm(MAY_ANSWER))

    @cached_property
    def article(self) -> ConditionPage | None:
        """The published article that the report is about, if it is about one."""
        return ConditionPage.objects.live().filter(pk=self.report.page_id).first()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report, page = self.report, self.report.page
        done = registry.get_logs_for_instance(report).select_related("user").order_by("-timestamp", "-pk")
        called = ReviewTrigger.objects.filter(page=report.page_id or 0, subject=subject_of(report)).first()
        return super().get_context_data(
            **{
                "report": report,
                "page_url": addresses([page], self.request)[page.pk] if page else None,
                "may_answer": self.may_answer,
                "done": done,
                "called": called,
                "may_call": self.may_answer and self.article is not None and called is None,
                "settle_form": SettleForm(prefix="settle"),
                "call_form": CallForm(prefix="call"),
                **kwargs,
            }
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Settle it or call for a review: the button's name says which."""
        if not self.may_answer:
            raise PermissionDenied
        match request.POST.get("verb"):
            case "settle":
                return self._settle(SettleForm(request.POST, prefix="settle"))
            case "call":
                return self._call(CallForm(request.POST, prefix="call"))
            case _:
                raise PermissionDenied

    def _settle(self, form: SettleForm) -> HttpResponse:
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(settle_form=form))
        status = ReportStatus(form.cleaned_data["status"])
        try:
            settle(
                self.report,
                status=status,
                note=form.cleaned_data["note"],
                user=self.request.user,
                now=timezone.now(),
            )
        except SettlingRefused as refused:
            messages.error(self.request, str(refused))
            return redirect(self.request.path)
        messages.success(self.request, f"The report is {status.label.lower()}.")
        return redirect("reader_reports:index")

    def _call(self, form: CallForm) -> HttpResponse:
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(call_form=form))
        try:
            call_from(
                self.report, reason=form.cleaned_data["reason"], user=self.request.user, now=timezone.now()
            )
        except TriggerRefused as refused:
            messages.error(self.request, str(refused))
        else:
            messages.success(
                self.request, f"“{self.report.page_title}” is due for a medical review from today."
            )
        return redirect(self.request.path)


class ReaderReports(Report):
    """Reports are read and settled, never made, changed or deleted here."""

    view_class = ReaderReportsView
    name = "reader_reports"
    url_prefix = "reader-reports"
    menu_label = "Reader reports"
    icon = "comment"
    menu_order = 80

    def get_urlpatterns(self) -> list[URLPattern]:
        return [*super().get_urlpatterns(), path("<int:pk>/", ReaderReportView.as_view(), name="report")]


class ReaderReportsPanel(Component):
    """New reports of readers, safety concerns first."""

    name = "reader_reports"
    template_name = "desk/home_reports.html"
    order = 105

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        new = ProblemReport.objects.new()
        listing = reverse("reader_reports:index")
        return {
            "count": new.count(),
            "rows": [
                {"report": report, "url": reverse("reader_reports:report", args=[report.pk])}
                for report in new[:SHOWN]
            ],
            "listing_url": f"{listing}?status={ReportStatus.NEW.value}",
        }


def add_reports_panel(request: HttpRequest, panels: list[Component]) -> None:
    """For those who may answer reports."""
    if request.user.has_perm(MAY_ANSWER):
        panels.append(ReaderReportsPanel())
