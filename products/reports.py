"""Reports on shops and products, and what every report of the desk has in common."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import django_filters
from django.contrib.admin.utils import quote
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permissions import policy_registry

from products.columns import ALARMING, LinkColumn, axis_words
from products.linkcheck.verdict import Axis, Outcome
from products.models import Offer, Product, Region, Retailer


class DeskReport(ReportView):
    """A report that says in one line what it is for, and exports the columns that it shows."""

    purpose = ""
    template_name = "desk/report.html"
    exported_too: Sequence[Column] = ()
    """Columns of the export that the screen has no room for."""

    def describe(self, rows: list[Any]) -> list[Any]:
        """The rows of one page with what the database cannot add. The number of queries must not depend on them."""
        return rows

    def get_table(self, object_list: Iterable[Any]) -> Any:
        return super().get_table([] if self.is_export else self.describe(list(object_list)))

    def decorate_paginated_queryset(self, object_list: Iterable[Any]) -> Iterable[Any]:
        return self.describe(list(object_list)) if self.is_export else object_list

    @cached_property
    def exported(self) -> dict[str, Column]:
        return {column.name: column for column in (*self.columns, *self.exported_too)}

    @property
    def list_export(self) -> list[str]:
        return list(self.exported)

    def get_heading(self, queryset: Any, field: str) -> str:
        return str(self.exported[field].label)

    def to_row_dict(self, item: Any) -> OrderedDict[str, Any]:
        return OrderedDict((name, column.get_value(item)) for name, column in self.exported.items())


class Report(ViewSet):
    """A report under Reports in the menu, for who may read it."""

    view_class: type[DeskReport]
    menu_hook: str | None = "register_reports_menu_item"

    @classmethod
    def may_be_read_by(cls, user: Any) -> bool:
        """Whether the view will let an account in."""
        policy = policy_registry.get_by_type(cls.view_class.model)
        return bool(policy.user_has_any_permission(user, cls.view_class.any_permission_required))

    @cached_property
    def menu_item_class(self) -> type[MenuItem]:
        def is_shown(item: MenuItem, request: HttpRequest) -> bool:
            return self.may_be_read_by(request.user)

        return type("ReportMenuItem", (MenuItem,), {"is_shown": is_shown})

    def get_urlpatterns(self) -> list[URLPattern]:
        views: Callable[..., Any] = self.view_class.as_view
        names = {
            "index_url_name": self.get_url_name("index"),
            "index_results_url_name": self.get_url_name("results"),
        }
        common = {**names, "page_title": self.menu_label, "header_icon": self.icon}
        return [
            path("", views(**common), name="index"),
            path("results/", views(**common, results_only=True), name="results"),
        ]


class UnhealthyOffersFilterSet(WagtailFilterSet):
    retailer = django_filters.ModelChoiceFilter(queryset=Retailer.objects.select_related("region"))
    region = django_filters.ModelChoiceFilter(
        field_name="retailer__region", label="Region", queryset=Region.objects.all()
    )

    class Meta:
        model = Offer
        fields = ["reachable", "identity", "buyable", "retailer", "region"]


def problem(offer: Offer) -> str:
    """What is wrong, axis by axis: "Broken; Out of stock"."""
    wrong = [axis.value for axis in Axis if getattr(offer, axis.value) in ALARMING]
    if not wrong:
        return axis_words(offer, Axis.REACHABLE.value)
    named = {Axis.IDENTITY.value: "Identity "}
    return "; ".join((named.get(axis, "") + axis_words(offer, axis)).capitalize() for axis in wrong)


def evidence(offer: Offer) -> str:
    """What the last look came to, and why each axis stands as it does, as far as that look said."""
    said = Outcome(offer.outcome).words if offer.outcome else ""
    reasons = [verdict["reason"] for verdict in (offer.last_verdicts or {}).values() if verdict["reason"]]
    return " ".join(dict.fromkeys([said, *reasons])).strip()


def product_usage_url(offer: Offer) -> str:
    return reverse(Product.snippet_viewset.get_url_name("usage"), args=[quote(offer.product_id)])


class UnhealthyOffersView(DeskReport):
    model = Offer
    any_permission_required = {"add", "change", "delete", "view"}
    purpose = "Links that somebody should look at, because they are broken or may be, pay us nothing, or lead to something that cannot be bought. Readers do not see those that are confirmed."
    filterset_class = UnhealthyOffersFilterSet
    default_ordering = "changed_at"
    export_filename = "unhealthy-offers"
    columns = [
        TitleColumn(
            "offer",
            accessor=lambda offer: offer.product.name,
            get_url=lambda offer: _inspect_url(offer),
            sort_key="product__name",
            width="20%",
        ),
        Column("retailer", accessor="retailer.name", sort_key="retailer__name"),
        Column("region", accessor="retailer.region.code", sort_key="retailer__region__code"),
        Column("problem", accessor=problem),
        Column("evidence", accessor=evidence),
        DateColumn("changed_at", label="Since", sort_key="changed_at"),
        LinkColumn("page_count", label="Articles affected", get_url=product_usage_url, sort_key="page_count"),
    ]
    exported_too = [
        Column("destination", label="Product address"),
        Column("last_checked_at", label="Last checked"),
        Column("get_reachable_display", label="Reachable"),
        Column("get_identity_display", label="Identity"),
        Column("get_buyable_display", label="Can be bought"),
    ]

    def get_base_queryset(self) -> QuerySet[Offer]:
        offers = Offer.objects.unhealthy().select_related("product", "retailer__region")
        return offers.with_evidence().with_page_count()

    def order_queryset(self, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        """The longest ill first, unless a person asks for another order."""
        if self.ordering == self.default_ordering:
            return queryset.order_by(F("changed_at").asc(nulls_last=True), "pk")
        return queryset.order_by(self.ordering, "pk")


def _inspect_url(offer: Offer) -> str:
    return reverse(Offer.snippet_viewset.get_url_name("inspect"), args=[quote(offer.pk)])


class UnhealthyOffersReport(Report):
    view_class = UnhealthyOffersView
    name = "unhealthy_offers"
    url_prefix = "reports/unhealthy-offers"
    menu_label = "Unhealthy offers"
    icon = "warning"
    menu_order = 100
