"""Shops and products in the admin."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import django_filters
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn, NumberColumn, UpdatedAtColumn
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.snippets.views.snippets import (
    IndexView,
    InspectView,
    SnippetViewSet,
    SnippetViewSetGroup,
)

from products import programmes
from products.columns import HEALTH, LinkColumn, short_address
from products.forms import ProductForm, ProgrammeForm, identity_field_name
from products.linkcheck.verdict import Outcome
from products.models import Offer, Product, Programme, Region, Retailer
from products.safety_desk import ProductEditView, SafetyStopView
from products.where_used_desk import WhereUsedEditView, WhereUsedView

LOOKS_SHOWN = 10
CHECK_ACTION = "check_now"
OFFER_LABELS = {
    "tracked_address": "Tracked address",
    "buyable": "Can be bought",
    "changed_at": "So since",
    "price_source": "Price according to",
    "price_at": "Price as of",
    "last_checked_at": "Last checked",
    "next_check_at": "Next check",
}


class OfferFilterSet(WagtailFilterSet):
    needs = django_filters.ChoiceFilter(
        label="Needs",
        choices=[
            ("address", "An address"),
            ("look", "A person's look: unhealthy"),
            ("quarantine", "A person's look: quarantined"),
        ],
        method="filter_needs",
        empty_label="Anything",
    )
    retailer = django_filters.ModelChoiceFilter(queryset=Retailer.objects.select_related("region"))
    region = django_filters.ModelChoiceFilter(
        field_name="retailer__region", label="Region", queryset=Region.objects.all()
    )

    class Meta:
        model = Offer
        fields = ["needs", "retailer", "region", "reachable", "identity", "buyable", "enabled"]

    def filter_needs(self, queryset: Any, name: str, value: str) -> QuerySet[Offer]:
        match value:
            case "address":
                return queryset.drafts()
            case "look":
                return queryset.unhealthy()
            case _:
                return queryset.filter(quarantined_at__isnull=False)


def check_now_url(offer: Offer, *, next_url: str) -> str:
    """Where a person confirms that this one offer is checked now."""
    action = reverse("wagtail_bulk_action", args=["products", "offer", CHECK_ACTION])
    return f"{action}?{urlencode({'id': offer.pk, 'next': next_url})}"


class OfferInspectView(InspectView):
    """What an offer is, and what its last looks saw."""

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.user_has_permission("change") or self.object.is_draft:
            return []
        url = check_now_url(self.object, next_url=self.request.path)
        return [HeaderButton("Check now", url=url, icon_name="rotate")]

    def get_tracked_address_display_value(self) -> str:
        if self.object.is_draft:
            return "None yet: it needs the product's address."
        try:
            return self.object.tracked_address()
        except programmes.ProgrammeError as error:
            return error.sentence

    def get_outcome_display_value(self) -> str:
        return Outcome(self.object.outcome).words if self.object.outcome else "Not checked yet."

    def get_enabled_display_value(self) -> str:
        return "Yes" if self.object.enabled else "No: readers do not see it"

    def get_field_label(self, field_name: str, field: Any) -> str:
        return OFFER_LABELS.get(field_name) or str(super().get_field_label(field_name, field))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        looks = [
            {"check": check, "words": Outcome(check.outcome).words}
            for check in self.object.checks.select_related("judged_by")[:LOOKS_SHOWN]
        ]
        dismissal = self.object.dismissal
        return {
            **super().get_context_data(**kwargs),
            "looks": looks,
            "dismissed_at": datetime.fromisoformat(dismissal["at"]) if dismissal else None,
            "flips": self.object.flips.all()[:LOOKS_SHOWN],
        }


class OfferListingView(IndexView):
    def _get_title_column(self, *args: Any, **options: Any) -> Any:
        """Room for the product's name beside so many columns; Wagtail's own snippet view overrides the same."""
        return super()._get_title_column(*args, **{"width": "26%", **options})


class OfferViewSet(SnippetViewSet):
    model = Offer
    index_view_class = OfferListingView
    edit_view_class = WhereUsedEditView
    usage_view_class = WhereUsedView
    icon = "link"
    menu_label = "Offers"
    purpose = "Each offer is one product at one shop: the link behind a Buy button. Those without an address wait for one; readers see only the shop's name."
    index_template_name = "desk/listing.html"
    list_display = [
        "product",
        Column("retailer", label="Retailer and region", sort_key="retailer__name"),
        LinkColumn(
            "address", accessor=short_address, get_url=lambda offer: offer.destination or None, outside=True
        ),
        *HEALTH,
        DateColumn("last_checked_at", label="Last checked", sort_key="last_checked_at"),
    ]
    list_per_page = 50
    filterset_class = OfferFilterSet
    copy_view_enabled = False
    add_to_reference_index = False  # a product would be "used" by its own offers
    inspect_view_enabled = True
    inspect_view_class = OfferInspectView
    inspect_template_name = "desk/inspect_offer.html"
    inspect_view_fields = [
        "product", "retailer", "destination", "tracked_address", "priority", "enabled",
        "outcome", "reachable", "identity", "buyable", "changed_at", "last_checked_at", "next_check_at",
        "price", "price_source", "price_at",
    ]  # fmt: skip
    list_export = [
        "product.name", "retailer.name", "retailer.region.code", "destination", "enabled", "priority",
        "get_reachable_display", "get_identity_display", "get_buyable_display", "get_outcome_display",
        "changed_at", "last_checked_at", "next_check_at",
    ]  # fmt: skip
    export_headings = {
        "product.name": "Product",
        "retailer.name": "Retailer",
        "retailer.region.code": "Region",
        "destination": "Product address",
        "get_reachable_display": "Reachable",
        "get_identity_display": "Identity",
        "get_buyable_display": "Can be bought",
        "get_outcome_display": "Last outcome",
        "changed_at": "Since",
        "last_checked_at": "Last checked",
        "next_check_at": "Next check",
    }
    export_filename = "offers"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        return Offer.objects.select_related("product", "retailer__region")


class ProductViewSet(SnippetViewSet):
    model = Product
    edit_view_class = ProductEditView
    usage_view_class = WhereUsedView
    icon = "tag"
    menu_label = "Products"
    purpose = "What articles recommend. A product box in an article shows what stands here; “usage” tells which articles show a product."
    index_template_name = "desk/listing.html"
    list_display = [
        "name",
        "kind",
        "brand",
        NumberColumn("offer_count", label="Offers", sort_key="offer_count"),
        BooleanColumn("is_withdrawn", label="Withdrawn"),
        UpdatedAtColumn(),
    ]
    list_filter = ["kind", "brand"]
    ordering = "name"
    list_per_page = 50
    list_export = [
        "name",
        "kind",
        "brand",
        "gtin",
        "summary",
        "who_for",
        "not_for",
        "pros",
        "cons",
        "offer_count",
    ]
    export_headings = {"offer_count": "Offers"}
    export_filename = "products"
    edit_handler = TabbedInterface(
        [
            ObjectList(Product.panels, heading="Product"),
            ObjectList(
                [
                    InlinePanel(
                        "offers",
                        [
                            FieldPanel("retailer"),
                            FieldPanel("destination"),
                            FieldRowPanel(
                                [FieldPanel("priority"), FieldPanel("enabled"), FieldPanel("price")]
                            ),
                        ],
                        heading="Offers",
                        label="Offer",
                    )
                ],
                heading="Offers",
            ),
        ],
        base_form_class=ProductForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Product.objects.annotate(offer_count=Count("offers"))

    def get_urlpatterns(self) -> list[URLPattern]:
        stop = SafetyStopView.as_view(viewset=self)
        return [*super().get_urlpatterns(), path("safety-stop/<int:pk>/", stop, name="safety_stop")]


class RetailerFilterSet(WagtailFilterSet):
    class Meta:
        model = Retailer
        fields = ["region", "programme", "checking"]


class RetailerViewSet(SnippetViewSet):
    model = Retailer
    edit_view_class = WhereUsedEditView
    usage_view_class = WhereUsedView
    icon = "site"
    menu_label = "Retailers"
    purpose = "Shops, each in one region. The programme is what pays for our links there; without one they earn nothing."
    index_template_name = "desk/listing.html"
    list_display = [
        "name",
        Column("region", accessor="region.code", sort_key="region__code"),
        Column(
            "programme",
            accessor=lambda shop: shop.programme.name if shop.programme else "None: earns nothing",
            sort_key="programme__name",
        ),
        "checking",
        NumberColumn("offer_count", label="Offers", sort_key="offer_count"),
    ]
    filterset_class = RetailerFilterSet
    ordering = "name"
    list_per_page = 50
    copy_view_enabled = False
    list_export = [
        "name",
        "region.code",
        "domains",
        "programme",
        "get_checking_display",
        "pace",
        "offer_count",
    ]
    export_headings = {"region.code": "Region", "get_checking_display": "Checking", "offer_count": "Offers"}
    export_filename = "retailers"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Retailer]:
        return Retailer.objects.select_related("region", "programme").annotate(offer_count=Count("offers"))


def _identity_words(programme: Programme) -> str:
    labels = {field.name: field.label for field in programme.adapter.fields}
    return ", ".join(f"{labels.get(name, name)}: {value}" for name, value in programme.identity.items())


class ProgrammeFilterSet(WagtailFilterSet):
    class Meta:
        model = Programme
        fields = ["network", "region"]


class ProgrammeViewSet(SnippetViewSet):
    model = Programme
    icon = "key"
    menu_label = "Programmes"
    purpose = "Affiliate schemes, with our identity in each. Every link to a programme's shops is built from what stands here."
    index_template_name = "desk/listing.html"
    list_display = [
        "name",
        "network",
        Column("region", accessor="region.code", sort_key="region__code"),
        Column("our_identity", label="Our identity", accessor=_identity_words),
        NumberColumn("retailer_count", label="Retailers", sort_key="retailer_count"),
    ]
    filterset_class = ProgrammeFilterSet
    ordering = "name"
    copy_view_enabled = False
    list_export = ["name", "get_network_display", "region.code", "retailer_count"]
    export_headings = {
        "get_network_display": "Network",
        "region.code": "Region",
        "retailer_count": "Retailers",
    }
    export_filename = "programmes"
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            FieldRowPanel([FieldPanel("network"), FieldPanel("region")]),
            *(
                MultiFieldPanel(
                    [FieldPanel(identity_field_name(adapter.slug, field.name)) for field in adapter.fields],
                    heading=f"Our identity: {adapter.label}",
                    attrs={
                        "data-w-rules-target": "show",
                        "data-w-rules": f'{{"network": "{adapter.slug}"}}',
                    },
                )
                for adapter in programmes.ADAPTERS.values()
            ),
        ],
        base_form_class=ProgrammeForm,
        attrs={"data-controller": "w-rules", "data-action": "change->w-rules#resolve"},
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Programme]:
        return Programme.objects.select_related("region").annotate(retailer_count=Count("retailers"))


class RegionViewSet(SnippetViewSet):
    model = Region
    icon = "globe"
    menu_label = "Regions"
    purpose = "Where readers shop: which countries belong together, in which currency, and how paid links are disclosed there."
    index_template_name = "desk/listing.html"
    list_display = [
        "code",
        "name",
        Column("countries", accessor=lambda region: ", ".join(region.countries)),
        "currency",
        BooleanColumn("is_default", label="Default"),
    ]
    copy_view_enabled = False
    list_export = ["code", "name", "aliases", "countries", "currency", "disclosure", "is_default"]
    export_filename = "regions"


class ShopsAndProducts(SnippetViewSetGroup):
    items = (ProductViewSet, OfferViewSet, RetailerViewSet, ProgrammeViewSet, RegionViewSet)
    menu_label = "Products"  # a longer one does not fit the menu
    menu_icon = "tag"
    menu_order = 220


def offer_listing_buttons(offer: Any, user: Any, next_url: str | None = None) -> list[Button]:
    """The button "Check now" of an offer's row, for who may use it."""
    if not isinstance(offer, Offer) or offer.is_draft or not user.has_perm("products.change_offer"):
        return []
    return [
        Button(
            "Check now", url=check_now_url(offer, next_url=next_url or ""), icon_name="rotate", priority=15
        )
    ]
