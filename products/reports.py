"""What every report of the desk has in common."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.reports import ReportView
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permissions import policy_registry

from products.exports import SafeExport


class DeskReport(SafeExport, ReportView):
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
