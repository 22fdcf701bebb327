"""Shops and products in the admin."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
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
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views.snippets import (
    SnippetViewSet,
    SnippetViewSetGroup,
)

from products import programmes
from products.columns import HEALTH, LinkColumn, short_address
from products.exports import LibraryView
from products.filters import RetailerFilter
from products.forms import ProductForm, ProgrammeForm, identity_field_name
from products.health_desk import RetailerEditView
from products.models import Offer, Product, Programme, Region, Retailer
from products.offer_desk import OfferInspectView, check_now_url
from products.offer_verbs import OfferVerbView
from products.product_desk import ProductInspectView
from products.retailer_desk import RetailerInspectView
from products.safety_desk import ProductEditView, SafetyStopView
from products.where_used_desk import WhereUsedEditView, WhereUsedView


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
    retailer = RetailerFilter()
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


class OfferListingView(LibraryView):
    def _get_title_column(self, *args: Any, **options: Any) -> Any:
        """Room for the product's name beside so many columns; Wagtail's own snippet view overrides the same."""
        return super()._get_title_column(*args, **{"width": "26%", **options})


class OfferViewSet(SnippetViewSet):
    model = Offer
    index_view_class = OfferListingView
    index_template_name = "desk/listing.html"
    edit_view_class = WhereUsedEditView
    usage_view_class = WhereUsedView
    icon = "link"
    menu_label = "Offers"
    purpose = "Each offer is one product at one shop: the link behind a Buy button. Those without an address wait for one; readers see only the shop's name."
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
        "tracked_address", "priority", "enabled", "changed_at", "last_checked_at", "next_check_at",
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

    def get_urlpatterns(self) -> list[URLPattern]:
        verb = OfferVerbView.as_view(viewset=self)
        return [*super().get_urlpatterns(), path("verb/<int:pk>/<slug:verb>/", verb, name="verb")]


class ProductFilterSet(WagtailFilterSet):
    no_seller_in = django_filters.ModelChoiceFilter(
        label="On a page, but without a seller in",
        queryset=Region.objects.all(),
        method="filter_no_seller_in",
    )

    class Meta:
        model = Product
        fields = ["kind", "brand", "no_seller_in"]

    def filter_no_seller_in(self, queryset: Any, name: str, value: Region) -> QuerySet[Product]:
        return queryset.without_seller_in(value).placed()


class ProductViewSet(SnippetViewSet):
    model = Product
    edit_view_class = ProductEditView
    inspect_view_enabled = True
    inspect_view_class = ProductInspectView
    inspect_template_name = "desk/inspect_product.html"
    inspect_view_fields = [
        "kind", "brand", "gtin", "summary", "who_for", "not_for", "pros", "cons", "size_and_fit", "material",
        "conformity_mark", "picture",
    ]  # fmt: skip
    usage_view_class = WhereUsedView
    icon = "tag"
    menu_label = "Products"
    purpose = "What articles recommend. A product box in an article shows what stands here; “usage” tells which articles show a product."
    index_view_class = LibraryView
    index_template_name = "desk/listing.html"
    list_display = [
        "name",
        "kind",
        "brand",
        NumberColumn("offer_count", label="Offers", sort_key="offer_count"),
        BooleanColumn("is_withdrawn", label="Withdrawn"),
        UpdatedAtColumn(),
    ]
    filterset_class = ProductFilterSet
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
    edit_view_class = RetailerEditView
    inspect_view_enabled = True
    inspect_view_class = RetailerInspectView
    inspect_template_name = "desk/inspect_retailer.html"
    inspect_view_fields = ["region", "domains", "programme", "checking", "pace", "notes"]
    usage_view_class = WhereUsedView
    icon = "site"
    menu_label = "Retailers"
    purpose = "Shops, each in one region. The programme is what pays for our links there; without one they earn nothing."
    index_view_class = LibraryView
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
    index_view_class = LibraryView
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
    index_view_class = LibraryView
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
