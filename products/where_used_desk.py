"""Where a product, a shop's products, or an offer's product is used, beside its form and on a page of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic import UsageView
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.snippets.views.snippets import EditView

from products.models import Offer, Product, Retailer
from products.where_used import Use, uses_of

SHOWN = 10
UNNAMED = "A draft that you may not see"


@dataclass(frozen=True, slots=True)
class UseRow:
    """A use as one person may see it."""

    title: str
    url: str | None
    standing: str
    products: str

    @property
    def is_live(self) -> bool:
        return self.standing.startswith("Live")


def products_of(thing: Any) -> list[int]:
    """The products that a product, an offer or a retailer stands for. An offer is shown wherever its product is."""
    match thing:
        case Product():
            return [thing.pk]
        case Offer():
            return [thing.product_id]
        case Retailer():
            return list(thing.offers.order_by().values_list("product_id", flat=True).distinct())
        case _:
            raise TypeError(f"A {type(thing).__name__} stands for no products.")


def rows_for(uses: Iterable[Use], request: HttpRequest) -> list[UseRow]:
    """Uses in words, with links that lead somewhere: to the editor, or to the page as readers see it.

    A draft is named only to who may edit it. Four queries, however many uses there are.
    """
    shown = list(uses)
    pages = Page.objects.in_bulk([use.page.pk for use in shown])
    shown = [use for use in shown if use.page.pk in pages]  # one may have been deleted since
    names = dict(
        Product.objects.filter(pk__in={pk for use in shown for pk in use.products}).values_list("pk", "name")
    )
    rows = []
    for use, (title, url) in zip(
        shown, page_links([pages[use.page.pk] for use in shown], request), strict=True
    ):
        named = sorted((names[pk] for pk in use.products if pk in names), key=str.casefold)
        rows.append(UseRow(title, url, use.standing, ", ".join(named)))
    return rows


def page_links(pages: Sequence[Page], request: HttpRequest) -> list[tuple[str, str | None]]:
    """Each page's title and where a person gets to it: its editor, the page as readers see it, or nowhere.

    A draft is named only to who may edit it. Two queries, however many pages there are.
    """
    editable = policy_registry.get_by_type(Page).instances_user_has_permission_for(request.user, "change")
    found = editable.order_by().filter(pk__in=[page.pk for page in pages])
    may_edit = set(found.values_list("pk", flat=True))
    links: list[tuple[str, str | None]] = []
    for page in pages:
        if page.pk in may_edit:
            links.append((page.get_admin_display_title(), reverse("wagtailadmin_pages:edit", args=[page.pk])))
        else:
            links.append((page.title, page.get_url(request)) if page.live else (UNNAMED, None))
    return links


class WhereUsedView(UsageView):
    """Live articles and drafts that show a product, as a listing."""

    view_name = "usage"
    page_title = "Where used"
    permission_required = None
    any_permission_required = {"add", "change", "delete", "view"}

    @property
    def describe_on_delete(self) -> bool:
        return False

    def get_edit_url(self, instance: Any) -> str | None:
        """For the breadcrumb of who may follow it."""
        return super().get_edit_url(instance) if self.user_has_permission("change") else None

    @cached_property
    def columns(self) -> list[Column]:
        columns = [
            TitleColumn("title", label="Page", get_url=lambda row: row.url),
            Column("standing", label="Readers see it"),
        ]
        if isinstance(self.object, Retailer):
            columns.append(Column("products", label="Products of this shop"))
        return columns

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        *before, last = super().get_breadcrumbs_items()
        return [*before, {**last, "label": self.page_title}]

    def get_queryset(self) -> list[Use]:
        return uses_of(products_of(self.object))

    def get_table(self, object_list: Collection[Use], **kwargs: Any) -> Any:
        return super(UsageView, self).get_table(rows_for(object_list, self.request), **kwargs)


class WhereUsedPanel(BaseSidePanel):
    """The same beside the form, the first of them."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = "Toggle where used"
        icon_name = "doc-full-inverse"
        has_counter = False

    name = "where-used"
    title = "Where used"
    template_name = "desk/side_panel_where_used.html"
    order = 150

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        uses = uses_of(products_of(self.object))
        viewset = self.model.snippet_viewset
        return {
            **super().get_context_data(parent_context),
            "count": len(uses),
            "live_count": sum(bool(use.live) for use in uses),
            "rows": rows_for(uses[:SHOWN], self.request),
            "more": max(0, len(uses) - SHOWN),
            "url": reverse(viewset.get_url_name("usage"), args=[self.object.pk]),
        }


class WhereUsedEditView(EditView):
    """The form of a thing, with where it is used beside it in place of Wagtail's count, which knows no drafts."""

    def get_usage_url(self) -> None:
        return None

    def get_side_panels(self) -> MediaContainer:
        panels = super().get_side_panels()
        if self.expects_json_response or self.hydrate_create_view:
            return panels
        return MediaContainer([*panels, WhereUsedPanel(self.object, self.request)])
