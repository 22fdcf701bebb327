"""The link-health desk: one listing of offers with how each link stands, why, since when, and what can be done."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import django_filters
from django.contrib.admin.utils import quote
from django.db.models import F, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, Column, DateColumn, TitleColumn
from wagtail.admin.widgets import AdminDateInput
from wagtail.admin.widgets.button import Button, HeaderButton

from products.clicks.costs import DAYS
from products.columns import (
    ALARMING,
    STRIP_DAYS,
    HistoryStripColumn,
    add_history_strips,
    axis_words,
)
from products.filters import RetailerFilter
from products.linkcheck.verdict import Axis, Outcome
from products.mass_check_desk import ConfirmView
from products.models import Checking, Offer, Product, Programme, Region, Retailer
from products.querysets import Concern, OfferQuerySet
from products.reports import DeskReport, Report
from products.where_used_desk import WhereUsedEditView

AXES: Mapping[Axis, str] = {
    Axis.REACHABLE: "Reachable",
    Axis.IDENTITY: "Identity",
    Axis.BUYABLE: "Can be bought",
}
CONCERNS: Mapping[Concern, str] = {
    Concern.NEEDS_SOMEBODY: "Needs somebody",
    Concern.BROKEN: "Broken",
    Concern.IDENTITY_LOST: "Our identity is lost",
    Concern.SOLD_OUT: "Sold out, or no longer sold",
    Concern.DIFFERENT_PRODUCT: "A different product",
    Concern.SUSPECT: "Suspect: looked at again by itself",
    Concern.FLAKY: "Changes back and forth",
    Concern.QUARANTINED: "Set aside: it stopped the checker",
    Concern.SNOOZED: "Snoozed",
    Concern.ALL: "All links",
}


class LinkHealthFilterSet(WagtailFilterSet):
    """`show` begins with what needs somebody; what is asked for without it is asked of that."""

    show = django_filters.ChoiceFilter(
        label="Show",
        choices=[(concern.value, words) for concern, words in CONCERNS.items()],
        initial=Concern.NEEDS_SOMEBODY.value,
        empty_label=None,
        method="filter_show",
    )
    retailer = RetailerFilter()
    region = django_filters.ModelChoiceFilter(
        field_name="retailer__region", label="Region", queryset=Region.objects.all()
    )
    programme = django_filters.ModelChoiceFilter(
        field_name="retailer__programme", label="Programme", queryset=Programme.objects.all()
    )
    not_checked_since = django_filters.DateFilter(
        label="Not checked since", widget=AdminDateInput(), method="filter_not_checked_since"
    )

    class Meta:
        model = Offer
        fields = ["show", "retailer", "region", "programme", "not_checked_since"]

    def __init__(self, data: QueryDict | None = None, *args: Any, **kwargs: Any) -> None:
        asked = data.copy() if data is not None else QueryDict(mutable=True)
        asked.setdefault("show", Concern.NEEDS_SOMEBODY.value)
        super().__init__(asked, *args, **kwargs)

    def filter_show(self, queryset: OfferQuerySet, name: str, value: str) -> OfferQuerySet:
        return queryset.of_concern(Concern(value), timezone.now())

    def filter_not_checked_since(
        self, queryset: OfferQuerySet, name: str, value: datetime.date
    ) -> OfferQuerySet:
        return queryset.not_checked_since(value)


class OfferColumn(TitleColumn):
    """The product, and below it the shop."""

    cell_template_name = "desk/columns/offer.html"


class ReachColumn(Column):
    """How many articles show it, and how often readers followed it lately."""

    cell_template_name = "desk/columns/reach.html"

    def get_cell_context_data(self, instance: Offer, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        return {**context, "url": product_usage_url(instance)}


class AxesColumn(Column):
    """The three axes of an offer's health, a line each, over its last days; what asks for a person stands out.

    The rows must have gone through `add_history_strips`.
    """

    cell_template_name = "desk/columns/axes.html"

    def get_cell_context_data(self, instance: Offer, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        axes = [
            {
                "label": label,
                "words": axis_words(instance, axis.value),
                "alarming": getattr(instance, axis.value) in ALARMING,
            }
            for axis, label in AXES.items()
        ]
        unseen = instance.last_checked_at is None
        return {**context, "axes": axes, "unseen": unseen, "strip": instance.history_strip}


def problem(offer: Offer) -> str:
    """What is wrong, axis by axis: "Broken; Out of stock"."""
    wrong = [axis.value for axis in Axis if getattr(offer, axis.value) in ALARMING]
    if not wrong:
        return "Set aside" if offer.quarantined_at else axis_words(offer, Axis.REACHABLE.value)
    named = {Axis.IDENTITY.value: "Identity "}
    return "; ".join((named.get(axis, "") + axis_words(offer, axis)).capitalize() for axis in wrong)


def evidence(offer: Offer) -> str:
    """What the last look came to, and why each axis stands as it does, as far as that look said."""
    return in_words(offer.outcome, offer.last_verdicts)


def in_words(outcome: str, verdicts: Mapping[str, Mapping[str, str]] | None) -> str:
    """What a look came to, and its reasons."""
    said = Outcome(outcome).words if outcome else ""
    reasons = [verdict["reason"] for verdict in (verdicts or {}).values() if verdict["reason"]]
    return " ".join(dict.fromkeys([said, *reasons])).strip()


def next_look(offer: Offer) -> str:
    """When it is looked at next, or why it isn't."""
    if offer.quarantined_at is not None:
        return "Set aside: none until somebody asks"
    if not offer.enabled:
        return "Switched off: none"
    if offer.retailer.checking == Checking.HUMAN:
        return "A person looks"
    if offer.next_check_at is None:
        return "None"
    if offer.next_check_at <= timezone.now():
        return "Due now"
    return date_format(timezone.localtime(offer.next_check_at), "j M, H:i")


def inspect_url(offer: Offer) -> str:
    return reverse(Offer.snippet_viewset.get_url_name("inspect"), args=[quote(offer.pk)])


def product_usage_url(offer: Offer) -> str:
    return reverse(Product.snippet_viewset.get_url_name("usage"), args=[quote(offer.product_id)])


def health_url(**filters: object) -> str:
    """The listing, filtered: `health_url(retailer=5, show="all")`."""
    listing = reverse("link_health:index")
    return f"{listing}?{urlencode(filters)}" if filters else listing


def check_shop_url(shop: Retailer) -> str:
    """Where a person confirms that all offers of a shop are checked now."""
    asked = {"show": Concern.ALL.value, "retailer": shop.pk}
    return f"{reverse('link_health:check')}?{urlencode(asked)}"


class LinkHealthView(DeskReport):
    model = Offer
    any_permission_required = {"add", "change", "delete", "view"}
    template_name = "desk/link_health.html"
    purpose = "Links to shops: how each stands, what was seen, since when. It shows what does not mend itself; choose another view under Filter. Readers do not see a link that is confirmed bad. Clicks are those of the last 30 days."
    filterset_class = LinkHealthFilterSet
    is_searchable = True
    default_ordering = "changed_at"
    export_filename = "link-health"
    shown: Sequence[Column] = (
        OfferColumn(
            "offer",
            accessor="product.name",
            get_url=inspect_url,
            get_title_id=lambda offer: f"snippet_{quote(offer.pk)}_title",
            sort_key="product__name",
            width="21%",
        ),
        AxesColumn("health", label=f"Health, last {STRIP_DAYS} days", sort_key="severity", width="20%"),
        Column("evidence", accessor=evidence, width="24%"),
        DateColumn("changed_at", label="Since", sort_key="changed_at"),
        ReachColumn("clicks", label="Articles, clicks", sort_key="clicks"),
        Column("next_look", label="Next check", accessor=next_look, sort_key="next_check_at"),
    )
    exported_columns: Sequence[Column] = (
        shown[0],
        Column("retailer", accessor="retailer.name"),
        Column("region", accessor="retailer.region.code"),
        Column("programme", accessor=lambda offer: str(offer.retailer.programme or "")),
        Column("destination", label="Product address"),
        *(Column(axis, label=label, accessor=partial(axis_words, axis=axis)) for axis, label in AXES.items()),
        HistoryStripColumn(),
        *shown[2:4],
        Column("page_count", label="Articles"),
        Column("clicks", label=f"Clicks, {DAYS} days"),
        shown[-1],
        Column("last_checked_at", label="Last checked"),
    )

    @cached_property
    def columns(self) -> list[Any]:
        """Boxes to tick stand before the rows of who may do something with them."""
        return [
            *([BulkActionsCheckboxColumn("bulk_actions", obj_type="snippet")] if self.may_act else []),
            *self.shown,
        ]

    @cached_property
    def exported(self) -> dict[str, Column]:
        return {column.name: column for column in self.exported_columns}

    @property
    def may_act(self) -> bool:
        return bool(self.request.user.has_perm("products.change_offer"))

    @cached_property
    def header_buttons(self) -> list[Button]:
        if not self.may_act:
            return []
        asked = self.request.GET.copy()
        for name in ("p", "export", "ordering", "_w_filter_fragment"):
            asked.pop(name, None)
        url = f"{reverse('link_health:check')}?{asked.urlencode()}"
        return [HeaderButton("Check all of these now", url=url, icon_name="rotate")]

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        recent = Button("Recent checks", url=reverse("mass_checks:index"), icon_name="history")
        return [*super().header_more_buttons, *([recent] if self.may_act else [])]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "model_opts": Offer._meta}

    def get_base_queryset(self) -> QuerySet[Offer]:
        today = timezone.localdate(timezone=timezone.get_default_timezone())
        related = Offer.objects.select_related("product", "retailer__region", "retailer__programme")
        described = related.with_evidence().with_page_count().with_severity()
        return described.with_clicks(today - datetime.timedelta(days=DAYS - 1), today)

    def search_queryset(self, queryset: OfferQuerySet) -> OfferQuerySet:
        return queryset.named(self.search_query)

    def order_queryset(self, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        """The longest ill first, unless a person asks for another order."""
        if self.ordering == self.default_ordering:
            return queryset.order_by(F("changed_at").asc(nulls_last=True), "pk")
        return queryset.order_by(self.ordering, "pk")

    def describe(self, rows: list[Any]) -> list[Any]:
        add_history_strips(rows)
        return rows


def chosen_offers(request: HttpRequest) -> OfferQuerySet:
    """The offers that the listing shows for the same question. None where the question makes no sense."""
    filters = LinkHealthFilterSet(request.GET, request=request, queryset=Offer.objects.all())
    if not filters.is_valid():
        return Offer.objects.none()
    return filters.qs.named(request.GET.get("q", ""))


def question_in_words(request: HttpRequest) -> str:
    """What the listing was asked for: "Broken; shop-1.example (UK)"."""
    filters = LinkHealthFilterSet(request.GET, request=request, queryset=Offer.objects.none())
    if not filters.is_valid():
        return ""
    asked = filters.form.cleaned_data
    named = [asked[name] for name in ("retailer", "region", "programme") if asked[name]]
    since = (
        [f"not checked since {asked['not_checked_since']:%-d %B %Y}"] if asked["not_checked_since"] else []
    )
    words = [f"“{request.GET['q']}”"] if request.GET.get("q") else []
    return "; ".join([CONCERNS[Concern(asked["show"])], *map(str, named), *since, *words])


class CheckListingView(ConfirmView):
    """Everything that the listing shows for a question, checked now."""

    def get_offers(self) -> OfferQuerySet:
        return chosen_offers(self.request)

    def get_about(self) -> str:
        return question_in_words(self.request)

    def get_back_url(self) -> str:
        return f"{reverse('link_health:index')}?{self.request.GET.urlencode()}"


class LinkHealth(Report):
    view_class = LinkHealthView
    name = "link_health"
    url_prefix = "link-health"
    menu_label = "Link health"
    icon = "warning"
    menu_order = 100

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("check-now/", CheckListingView.as_view(viewset=self), name="check"),
        ]


class RetailerEditView(WhereUsedEditView):
    @cached_property
    def header_more_buttons(self) -> list[Button]:
        return [*super().header_more_buttons, *retailer_listing_buttons(self.object, self.request.user)]


def retailer_listing_buttons(shop: Any, user: Any, next_url: str | None = None) -> list[Button]:
    """`register_snippet_listing_buttons`: what can be done with all links of a shop, in its row and its page's menu."""
    if not isinstance(shop, Retailer) or not user.has_perm("products.change_offer"):
        return []
    return [
        Button(
            "Check all offers of this shop now", url=check_shop_url(shop), icon_name="rotate", priority=15
        ),
        Button(
            "Health of its links",
            url=health_url(retailer=shop.pk, show=Concern.ALL.value),
            icon_name="warning",
            priority=16,
        ),
    ]
