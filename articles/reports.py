"""Reports on articles and their reviews."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import InspectView
from wagtail.models import Page

from articles.filters import BodyAreaFilter
from articles.governance import SignOffOutcome
from articles.mending import mending_paths
from articles.models import MedicalReview, Reviewer
from products.columns import LinkColumn, MomentColumn
from products.reports import DeskReport, Report


def addresses(pages: Iterable[Page], request: HttpRequest) -> dict[int, str | None]:
    """Where to send a person for each page, by primary key: to where they can mend it, or else to the page."""
    found = {page.pk: page for page in pages}
    paths = mending_paths(request.user, found.values())
    return {pk: paths.get(pk) or page.get_url(request) for pk, page in found.items()}


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
