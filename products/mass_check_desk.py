"""Checks that people asked for: confirming them, watching them, cancelling them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, NumberColumn, TitleColumn
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from products import mass_checks
from products.clock import database_now
from products.columns import LinkColumn, MomentColumn
from products.link_desk import DeskView
from products.linkcheck.verdict import Outcome
from products.mass_checks import FOR_PEOPLE, MassCheckRefused, Progress
from products.models import AskedOffer, MassCheck, Offer
from products.querysets import OfferQuerySet, Refusal, Standing
from products.reports import DeskReport

STANDINGS: Mapping[Standing, str] = {
    Standing.WAITING: "Waiting",
    Standing.CHECKED: "Looked at",
    Standing.REFUSED: "Not looked at by us",
    Standing.CANCELLED: "Taken back",
}


def mass_check_url(mass_check: MassCheck) -> str:
    return reverse("mass_checks:check", args=[mass_check.pk])


def offers_in_words(count: int) -> str:
    return "1 offer" if count == 1 else f"{count:,} offers"


def time_in_words(seconds: float) -> str:
    """ "about 3 hours" """
    if seconds < 90:
        return "about a minute"
    if seconds < 5400:
        return f"about {math.ceil(seconds / 60)} minutes"
    return f"about {math.ceil(seconds / 3600)} hours"


class ConfirmView(DeskView):
    """What asking for some offers will come to, and the button that does it. A subclass says which offers."""

    template_name = "desk/confirm_mass_check.html"
    page_title = "Check now"
    header_icon = "rotate"

    def get_offers(self) -> OfferQuerySet:
        raise NotImplementedError

    def get_about(self) -> str:
        raise NotImplementedError

    def get_back_url(self) -> str:
        raise NotImplementedError

    def get_page_subtitle(self) -> str:
        return self.get_about()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            **forecast_context(self.get_offers()),
            "back_url": self.get_back_url(),
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            asked = mass_checks.ask(
                self.get_offers(), about=self.get_about(), user=self.person, now=database_now()
            )
        except MassCheckRefused as refused:
            messages.error(request, str(refused))
            return redirect(self.get_back_url())
        return redirect(mass_check_url(asked))


def forecast_context(offers: OfferQuerySet) -> dict[str, Any]:
    """What a page that asks "are you sure?" says of a mass check."""
    coming = mass_checks.forecast(offers)
    return {
        "coming": coming,
        "checkable_words": offers_in_words(coming.checkable),
        "time_words": time_in_words(coming.seconds),
        "refused": [
            {
                "count": offers_in_words(count),
                "why": mass_checks.WORDS[refusal],
                "for_people": refusal in FOR_PEOPLE,
            }
            for refusal, count in coming.refused.items()
        ],
        "too_many": coming.all > mass_checks.MOST_ASKED,
        "most": mass_checks.MOST_ASKED,
        "queue_url": reverse("links_to_look_at:index"),
    }


class StandingFilterSet(WagtailFilterSet):
    standing = django_filters.ChoiceFilter(
        label="Show",
        choices=[(standing.value, words) for standing, words in STANDINGS.items()],
        empty_label="All",
    )

    class Meta:
        model = AskedOffer
        fields = ["standing"]


def _came_of_it(row: Any) -> str:
    """What came of one offer, in words."""
    match Standing(row.standing):
        case Standing.CHECKED:
            reasons = [verdict["reason"] for verdict in (row.verdicts or {}).values() if verdict["reason"]]
            return " ".join(dict.fromkeys([Outcome(row.outcome).words, *reasons]))
        case Standing.REFUSED:
            return mass_checks.WORDS[Refusal(row.why_not)]
        case Standing.CANCELLED:
            return "Taken back before it was its turn."
        case Standing.WAITING:
            host = row.offer.host
            if host is not None and host.paused_until is not None and host.paused_until > timezone.now():
                until = timezone.localtime(host.paused_until)
                return f"The shop asked for quiet until {until:%H:%M on %-d %B}."
            return "Waits for its turn at the shop."


def _mended_at(row: Any) -> str | None:
    """Where a person can do what we may not: look for themselves."""
    is_theirs = row.standing == Standing.REFUSED and row.why_not in FOR_PEOPLE
    return reverse("links_to_look_at:index") if is_theirs else None


class MassCheckReport(DeskReport):
    """What the reports of mass checks have in common: who may ask for them may see them."""

    permission_policy = ModelPermissionPolicy(Offer)
    permission_required = "change"
    header_icon = "rotate"


class MassCheckView(MassCheckReport):
    """One mass check: how far it is, and each of its offers."""

    model = AskedOffer
    template_name = "desk/mass_check.html"
    results_template_name = "desk/mass_check_results.html"
    filterset_class = StandingFilterSet
    default_ordering = "looked_at"
    export_filename = "checks"
    columns = [
        TitleColumn(
            "offer",
            accessor=lambda row: str(row.offer),
            get_url=lambda row: reverse(Offer.snippet_viewset.get_url_name("inspect"), args=[row.offer_id]),
            sort_key="offer__product__name",
            width="28%",
        ),
        Column("standing", label="State", accessor=lambda row: STANDINGS[Standing(row.standing)]),
        LinkColumn("came_of_it", label="What came of it", accessor=_came_of_it, get_url=_mended_at),
        Column("reachable", accessor="offer.get_reachable_display", sort_key="offer__reachable"),
        MomentColumn("looked_at", label="Looked at", sort_key="looked_at"),
    ]
    exported_too = [
        Column("destination", label="Product address", accessor="offer.destination"),
        Column("identity", accessor="offer.get_identity_display"),
        Column("buyable", label="Can be bought", accessor="offer.get_buyable_display"),
    ]

    @cached_property
    def mass_check(self) -> MassCheck:
        related = MassCheck.objects.select_related("asked_by", "cancelled_by")
        return get_object_or_404(related, pk=self.kwargs["pk"])

    @cached_property
    def progress(self) -> Progress:
        return mass_checks.progress(self.mass_check)

    def get_page_title(self) -> str:
        return f"Check of {offers_in_words(self.progress.all)}"

    def get_page_subtitle(self) -> str:
        return self.mass_check.about

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        listing = {"url": reverse("link_health:index"), "label": "Link health"}
        recent = {"url": reverse("mass_checks:index"), "label": MassChecksView.page_title}
        return [*self.breadcrumbs_items, listing, recent, {"url": "", "label": self.get_page_title()}]

    def get_index_url(self) -> str:
        return mass_check_url(self.mass_check)

    def get_index_results_url(self) -> str:
        return reverse("mass_checks:results", args=[self.mass_check.pk])

    def get_base_queryset(self) -> QuerySet[Any]:
        related = self.mass_check.rows.select_related(
            "offer__product", "offer__retailer__region", "offer__host"
        )
        return related.with_standing(mass_checks.silent_shops())

    def order_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The latest look first and what waits last, unless a person asks for another order."""
        if self.ordering == self.default_ordering:
            return queryset.order_by(F("looked_at").desc(nulls_last=True), "pk")
        return queryset.order_by(self.ordering, "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        end = mass_checks.expected_end(self.mass_check, now=now)
        return {
            **super().get_context_data(**kwargs),
            "mass_check": self.mass_check,
            "progress": self.progress,
            "done": self.progress.all - self.progress.waiting,
            "outcomes": [(outcome.words, count) for outcome, count in self.progress.outcomes.items()],
            "time_left": time_in_words((end - now).total_seconds()) if end else "",
            "cancel_url": reverse("mass_checks:cancel", args=[self.mass_check.pk]),
        }


class CancelView(DeskView):
    """Takes back what was not looked at yet."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        mass_check = get_object_or_404(MassCheck, pk=pk)
        try:
            taken_back = mass_checks.cancel(mass_check, user=self.person, now=database_now())
        except MassCheckRefused as refused:
            messages.error(request, str(refused))
        else:
            said = "1 offer is" if taken_back == 1 else f"{taken_back:,} offers are"
            messages.success(request, f"Cancelled: {said} looked at when it was planned before.")
        return redirect(mass_check_url(mass_check))


class MassChecksView(MassCheckReport):
    """The checks that somebody asked for, the latest first."""

    model = MassCheck
    page_title = "Recent checks"
    purpose = "Checks that somebody asked for, the latest first, and what came of each. They are kept for 90 days, as long as the looks themselves."
    default_ordering = "-asked_at"
    paginate_by = 20
    export_filename = "recent-checks"
    columns = [
        TitleColumn("about", label="What", get_url=mass_check_url, width="30%"),
        Column("asked_by", label="Who", accessor=lambda row: str(row.asked_by or "Somebody")),
        DateColumn("asked_at", label="Asked", sort_key="asked_at"),
        NumberColumn("all", label="Offers", accessor="progress.all"),
        NumberColumn("checked", label="Looked at", accessor="progress.checked"),
        NumberColumn("waiting", accessor="progress.waiting"),
        NumberColumn("refused", label="Not by us", accessor="progress.refused"),
        NumberColumn("cancelled", label="Taken back", accessor="progress.cancelled"),
    ]

    def get_base_queryset(self) -> QuerySet[MassCheck]:
        return MassCheck.objects.select_related("asked_by")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        listing = {"url": reverse("link_health:index"), "label": "Link health"}
        return [*self.breadcrumbs_items, listing, {"url": "", "label": self.page_title}]

    def describe(self, rows: list[Any]) -> list[Any]:
        progress = mass_checks.progress_of(rows)
        for row in rows:
            row.progress = progress[row.pk]
        return rows


class MassChecks(ViewSet):
    """Reached from the link-health desk; no entry in the menu."""

    name = "mass_checks"
    url_prefix = "link-health/checks"
    menu_hook = None

    def get_urlpatterns(self) -> list[URLPattern]:
        names = {"index_url_name": "mass_checks:index", "index_results_url_name": "mass_checks:listing"}
        return [
            path("", MassChecksView.as_view(**names), name="index"),
            path("results/", MassChecksView.as_view(**names, results_only=True), name="listing"),
            path("<int:pk>/", MassCheckView.as_view(), name="check"),
            path("<int:pk>/results/", MassCheckView.as_view(results_only=True), name="results"),
            path("<int:pk>/cancel/", CancelView.as_view(viewset=self), name="cancel"),
        ]
