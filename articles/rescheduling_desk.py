"""Past re-schedulings in the admin: each with what it moved, and the way to undo it."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.ui.tables import Column, NumberColumn
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from articles.models import Rescheduling, User
from articles.planners import may_plan, plannable
from articles.reports import addresses
from articles.rescheduling import ReschedulingRefused, undo, undo_preview
from products.columns import LinkColumn, MomentColumn
from products.reports import DeskReport, Report


def may_undo(rescheduling: Rescheduling, user: Any) -> bool:
    """Whether somebody plans the review of every live article that it moved."""
    live = rescheduling.moves.filter(page__live=True)
    return may_plan(user) and not live.exclude(page__in=plannable(user).order_by().values("page")).exists()


class ReschedulingFilterSet(WagtailFilterSet):
    made_by = django_filters.ModelChoiceFilter(
        label="Who",
        queryset=User.objects.filter(pk__in=Rescheduling.objects.order_by().values("made_by")),
    )
    undone = django_filters.BooleanFilter(
        label="Undone", field_name="undone_at", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Rescheduling
        fields = ["made_by", "undone"]


def _what_became(rescheduling: Any) -> str:
    """Of a re-scheduling with its counts."""
    if rescheduling.undone_at is None:
        return ""
    left = rescheduling.moved - rescheduling.put_back
    return f"Undone, except {left}" if left else "Undone"


class ReschedulingPaginator(WagtailPaginator):
    """Counts them by the word that people know them by."""

    verbose_name = "re-scheduling"
    verbose_name_plural = "re-schedulings"


class ReschedulingsView(DeskReport):
    model = Rescheduling
    paginator_class = ReschedulingPaginator
    any_permission_required = None
    purpose = (
        "Planned review dates that were moved, the latest first. Open one to see its articles and to undo it."
    )
    filterset_class = ReschedulingFilterSet
    default_ordering = "-made_at"
    export_filename = "reschedulings"
    columns = [
        LinkColumn(
            "reason",
            label="Why",
            accessor=lambda rescheduling: rescheduling.reason or "No reason given",
            get_url=lambda rescheduling: reverse("reschedulings:inspect", args=[rescheduling.pk]),
            sort_key="reason",
            width="40%",
        ),
        MomentColumn("made_at", label="When", sort_key="made_at"),
        Column("made_by", label="Who", accessor=lambda one: one.made_by or "The site", sort_key="made_by"),
        NumberColumn("moved", label="Articles", sort_key="moved"),
        Column("undone", label="Undone", accessor=_what_became),
        MomentColumn("undone_at", label="When undone", sort_key="undone_at"),
        Column("undone_by", label="By", accessor=lambda one: one.undone_by or ""),
    ]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_plan(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_base_queryset(self) -> QuerySet[Rescheduling]:
        counts = {"moved": Count("moves"), "put_back": Count("moves", filter=Q(moves__undone=True))}
        return Rescheduling.objects.select_related("made_by", "undone_by").annotate(**counts)


class UndoForm(forms.Form):
    reason = forms.CharField(
        label="Why (optional)",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It stands in the history of each article.",
    )


class ReschedulingPage(WagtailAdminTemplateMixin, TemplateView):
    """What one re-scheduling moved, and whether each move still stands."""

    template_name = "desk/rescheduling.html"
    header_icon = "calendar-alt"
    page_title = "Re-scheduling"

    def dispatch(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponseBase:
        found = Rescheduling.objects.select_related("made_by", "undone_by")
        self.rescheduling = get_object_or_404(found, pk=pk)
        self.refuse_strangers()
        return super().dispatch(request, *args, **kwargs)

    def refuse_strangers(self) -> None:
        """Raise `PermissionDenied` for who may not."""
        if not may_plan(self.request.user):
            raise PermissionDenied

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("reschedulings:index"), "label": Reschedulings.menu_label},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        undone = self.rescheduling.undone_at is not None
        moves = list(
            self.rescheduling.moves.select_related("page__review_schedule").order_by("planned_after", "pk")
        )
        urls = addresses([move.page for move in moves], self.request)
        return super().get_context_data(
            **{
                "rescheduling": self.rescheduling,
                "moves": [(move, urls[move.page_id]) for move in moves],
                "returns": [] if undone else undo_preview(self.rescheduling),
                "may_undo": not undone and may_undo(self.rescheduling, self.request.user),
                **kwargs,
            }
        )


class UndoView(ReschedulingPage):
    """Says what would be put back and what would not, and does it."""

    template_name = "desk/undo_rescheduling.html"
    header_icon = "rotate"
    page_title = "Undo a re-scheduling"

    def refuse_strangers(self) -> None:
        if not may_undo(self.rescheduling, self.request.user):
            raise PermissionDenied

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**{"form": UndoForm(), **kwargs})
        found = context["returns"]
        return {
            **context,
            "put_back": [one for one in found if not one.refusal],
            "left": [one for one in found if one.refusal],
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        form = UndoForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        reason = form.cleaned_data["reason"]
        try:
            left = undo(self.rescheduling, reason=reason, user=request.user, now=timezone.now())
        except ReschedulingRefused as refused:
            messages.error(request, str(refused))
            return redirect("reschedulings:inspect", self.rescheduling.pk)
        done = self.rescheduling.moves.count() - len(left)
        messages.success(request, f"{done} {'plan is' if done == 1 else 'plans are'} as before.")
        if left:
            titles = ", ".join(f"“{schedule.page.title}”" for schedule in left)
            messages.warning(request, f"Moved again, or reviewed, since, and left as they are: {titles}.")
        return redirect("reschedulings:inspect", self.rescheduling.pk)


class Reschedulings(Report):
    view_class = ReschedulingsView
    name = "reschedulings"
    url_prefix = "reports/reschedulings"
    menu_label = "Re-schedulings"
    icon = "calendar-alt"
    menu_order = 95

    @classmethod
    def may_be_read_by(cls, user: Any) -> bool:
        return may_plan(user)

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/", ReschedulingPage.as_view(), name="inspect"),
            path("<int:pk>/undo/", UndoView.as_view(), name="undo"),
        ]
