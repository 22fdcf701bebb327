"""Where editors deal with alarms: the report of what rings, and one alarm with what can be said of it."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, NumberColumn, TitleColumn
from wagtail.admin.widgets import AdminDateInput
from wagtail.models import Page, ReferenceIndex
from wagtail.permission_policies import ModelPermissionPolicy

from products import judgements
from products.clicks.costs import DAYS, clicks_lately, in_words
from products.filters import RetailerFilter
from products.health_desk import check_shop_url, health_url, inspect_url
from products.judgements import JudgementRefused
from products.link_desk import DeskView, LinkDesk, last_look
from products.models import Alarm, AlarmKind, Offer, Product, Region, Retailer
from products.querysets import AlarmQuerySet, Concern
from products.reports import DeskReport
from products.where_used_desk import page_links

ARTICLES_NAMED = 3
SUBJECTS = ("offer__product", "offer__retailer__region", "product", "region", "host", "snoozed_by")


class AlarmFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(
        label="State", choices=[("ringing", "Ringing"), ("snoozed", "Snoozed")], method="filter_state"
    )
    retailer = RetailerFilter(method="filter_retailer")
    region = django_filters.ModelChoiceFilter(
        label="Region", queryset=Region.objects.all(), method="filter_region"
    )

    class Meta:
        model = Alarm
        fields = ["state", "kind", "retailer", "region"]

    def filter_state(self, queryset: AlarmQuerySet, name: str, value: str) -> AlarmQuerySet:
        return queryset.filter(is_snoozed=value == "snoozed")

    def filter_retailer(self, queryset: AlarmQuerySet, name: str, value: Retailer) -> AlarmQuerySet:
        at_host = value.offers.values("host")
        return queryset.filter(Q(offer__retailer=value) | Q(host__in=at_host))

    def filter_region(self, queryset: AlarmQuerySet, name: str, value: Region) -> AlarmQuerySet:
        at_host = Offer.objects.for_region(value).values("host")
        return queryset.filter(Q(offer__retailer__region=value) | Q(region=value) | Q(host__in=at_host))


class AlarmsView(DeskReport):
    """What is open, shop by shop; what is snoozed comes last."""

    model = Alarm
    permission_policy = ModelPermissionPolicy(Offer)
    permission_required = "change"
    page_title = "Alarms"
    header_icon = "warning"
    purpose = "What is confirmed and waits for an editor, shop by shop. An alarm closes by itself when its link is well again."
    filterset_class = AlarmFilterSet
    default_ordering = "shop"
    export_filename = "alarms"
    columns = [
        TitleColumn("alarm", accessor=str, get_url=lambda alarm: alarm_url(alarm), width="24%"),
        Column("shop_words", label="Shop", sort_key="shop"),
        Column("why", label="Why", accessor=lambda alarm: _why(alarm), width="30%"),
        Column("article_words", label="Articles"),
        NumberColumn("clicks", label=f"Clicks, {DAYS} days"),
        DateColumn("opened_at", label="Since", sort_key="opened_at"),
    ]
    exported_too = [
        Column("get_kind_display", label="Kind"),
        Column("article_titles", label="All articles"),
        Column("snoozed_until", label="Snoozed until"),
        Column("snoozed_by", label="Snoozed by"),
    ]

    def get_base_queryset(self) -> QuerySet[Alarm]:
        return Alarm.objects.open().select_related(*SUBJECTS).shop_by_shop(timezone.now())

    def order_queryset(self, queryset: QuerySet[Alarm]) -> QuerySet[Alarm]:
        if self.ordering == self.default_ordering:
            return queryset  # shop by shop
        return queryset.order_by(self.ordering, "pk")

    def describe(self, rows: list[Any]) -> list[Any]:
        articles, shops = _articles_of(rows), _shops_of(rows)
        clicks = clicks_lately(rows, now=timezone.now())
        for alarm in rows:
            titles = [page.title for page in articles[alarm.pk]]
            more = f" and {len(titles) - ARTICLES_NAMED} more" if len(titles) > ARTICLES_NAMED else ""
            alarm.article_words = (", ".join(titles[:ARTICLES_NAMED]) or "None") + more
            alarm.article_titles = "; ".join(titles)
            alarm.shop_words = shops[alarm.pk]
            alarm.clicks = clicks[alarm.pk]
        return rows


def alarm_url(alarm: Alarm) -> str:
    return reverse("alarms:alarm", args=[alarm.pk])


def _why(alarm: Alarm) -> str:
    if alarm.snoozed_until is None or alarm.snoozed_until <= timezone.now():
        return alarm.reason
    until = timezone.localtime(alarm.snoozed_until)
    by = alarm.snoozed_by or "somebody"
    return f"{alarm.reason} Snoozed until {until:%-d %B %Y} by {by}: {alarm.snooze_reason}"


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=400, label="Why", widget=forms.TextInput())


class SnoozeForm(ReasonForm):
    until = forms.DateField(label="Until", widget=AdminDateInput())
    field_order = ("until", "reason")


class AlarmView(DeskView):
    """One alarm, what was seen, and what an editor can say of it."""

    template_name = "desk/alarm.html"
    page_title = "Alarm"
    header_icon = "warning"

    @cached_property
    def alarm(self) -> Alarm:
        return get_object_or_404(Alarm.objects.select_related(*SUBJECTS), pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.alarm)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        listing = {"url": reverse(self.viewset.get_url_name("index")), "label": AlarmsView.page_title}
        return [
            *super(DeskView, self).get_breadcrumbs_items(),
            listing,
            {"url": "", "label": str(self.alarm)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offer = self.alarm.offer
        last = last_look(offer) if offer else None
        articles = _articles_of([self.alarm])[self.alarm.pk]
        return {
            "dismiss_form": ReasonForm(prefix="dismiss"),
            "snooze_form": SnoozeForm(prefix="snooze"),
            **super().get_context_data(**kwargs),
            "alarm": self.alarm,
            "offer": offer,
            "offer_url": reverse(Offer.snippet_viewset.get_url_name("edit"), args=[offer.pk])
            if offer
            else None,
            "evidence_url": inspect_url(offer) if offer else None,
            "shops": _links_of_shops(self.alarm),
            "shop": _shops_of([self.alarm])[self.alarm.pk],
            "last": last,
            "redirected": bool(
                offer
                and last
                and last["check"].was_redirected
                and last["check"].final_address != offer.destination
            ),
            "is_doubted": self.alarm.kind == AlarmKind.DIFFERENT_PRODUCT,
            "articles": page_links(articles, self.request),
            "cost": in_words(clicks_lately([self.alarm], now=timezone.now())[self.alarm.pk]),
        }

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        verbs: Mapping[str, Callable[[], str | dict[str, forms.Form]]] = {
            "dismiss": self._dismiss,
            "product": self._accept_product,
            "redirect": self._accept_redirect,
            "snooze": self._snooze,
        }
        verb = verbs.get(request.POST.get("verb", ""))
        if verb is None or (self.alarm.offer is None and verb != self._snooze):
            messages.error(request, "That cannot be done with this alarm.")
            return redirect(request.path)
        try:
            done = verb()
        except (JudgementRefused, ValidationError) as refused:
            sentence = " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
            messages.error(request, sentence)
            return redirect(request.path)
        if isinstance(done, dict):  # forms to fill in again
            return self.render_to_response(self.get_context_data(**done))
        messages.success(request, done)
        return redirect(self.viewset.get_url_name("index"))

    def _dismiss(self) -> str | dict[str, forms.Form]:
        form = ReasonForm(self.request.POST, prefix="dismiss")
        if not form.is_valid():
            return {"dismiss_form": form}
        reason = form.cleaned_data["reason"]
        judgements.dismiss(self._offer, reason=reason, user=self.person, now=timezone.now())
        return f"{self._offer}: fine. It stays so while looks find exactly the same."

    def _accept_product(self) -> str:
        judgements.accept_product(self._offer, user=self.person, now=timezone.now())
        return f"{self._offer}: the right product. The next look takes the page as it is now."

    def _accept_redirect(self) -> str:
        judgements.accept_redirect(self._offer, user=self.person)
        return f"{self._offer}: where the redirect leads is its address now. It will be checked next."

    def _snooze(self) -> str | dict[str, forms.Form]:
        form = SnoozeForm(self.request.POST, prefix="snooze")
        if not form.is_valid():
            return {"snooze_form": form}
        day = datetime.datetime.combine(form.cleaned_data["until"], datetime.time())
        judgements.snooze(
            self.alarm,
            until=timezone.make_aware(day),
            reason=form.cleaned_data["reason"],
            user=self.person,
            now=timezone.now(),
        )
        return f"{self.alarm}: snoozed."

    @property
    def _offer(self) -> Offer:
        assert self.alarm.offer is not None  # `post` has made sure
        return self.alarm.offer


class Alarms(LinkDesk):
    name = "alarms"
    url_prefix = "alarms"
    menu_label = AlarmsView.page_title
    icon = AlarmsView.header_icon
    menu_order = 90

    def get_urlpatterns(self) -> list[URLPattern]:
        names = {
            "index_url_name": self.get_url_name("index"),
            "index_results_url_name": self.get_url_name("results"),
        }
        return [
            path("", AlarmsView.as_view(**names), name="index"),
            path("results/", AlarmsView.as_view(**names, results_only=True), name="results"),
            path("<int:pk>/", AlarmView.as_view(viewset=self), name="alarm"),
        ]


def _shops_of(alarms: Sequence[Alarm]) -> dict[int, str]:
    """In words, the shop that each alarm is about. One query."""
    hosts = {alarm.host_id for alarm in alarms if alarm.host_id is not None}
    names: dict[int, set[str]] = defaultdict(set)
    if hosts:
        at_host = Retailer.objects.filter(offers__host__in=hosts).select_related("region").distinct()
        for retailer in at_host.annotate(host_pk=F("offers__host")):
            names[retailer.host_pk].add(str(retailer))
    shops = {}
    for alarm in alarms:
        if alarm.offer is not None:
            shops[alarm.pk] = str(alarm.offer.retailer)
        elif alarm.host is not None:
            shops[alarm.pk] = ", ".join(sorted(names[alarm.host.pk])) or alarm.host.key
        else:
            shops[alarm.pk] = f"Every shop in the region {alarm.region}"
    return shops


def _links_of_shops(alarm: Alarm) -> list[dict[str, str]]:
    """For an alarm of a whole shop: where its links' health is, and where they are all checked now."""
    if alarm.host_id is None:
        return []
    at_host = Retailer.objects.filter(offers__host=alarm.host_id).select_related("region").distinct()
    return [
        {
            "name": str(shop),
            "health_url": health_url(retailer=shop.pk, show=Concern.ALL.value),
            "check_url": check_shop_url(shop),
        }
        for shop in at_host
    ]


def _articles_of(alarms: Sequence[Alarm]) -> dict[int, list[Page]]:
    """The pages that each alarm touches, by title. Three queries, however many alarms."""
    hosts = {alarm.host_id for alarm in alarms if alarm.host_id is not None}
    at_host: dict[int, set[int]] = defaultdict(set)
    if hosts:
        for host, product in Offer.objects.filter(host__in=hosts).values_list("host_id", "product_id"):
            at_host[host].add(product)
    products: dict[int, set[int]] = {}
    for alarm in alarms:
        if alarm.host_id is not None:
            products[alarm.pk] = at_host[alarm.host_id]
        else:
            products[alarm.pk] = {alarm.offer.product_id if alarm.offer else alarm.product_id}  # type: ignore[arg-type]  # one of them stands: the database insists
    references = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Product),
        to_object_id__in={str(pk) for found in products.values() for pk in found},
        base_content_type=ContentType.objects.get_for_model(Page),
    )
    shown_on: dict[int, set[str]] = {}
    for product, page in references.values_list("to_object_id", "object_id").distinct():
        shown_on.setdefault(int(product), set()).add(page)
    pages = Page.objects.in_bulk({int(page) for found in shown_on.values() for page in found})
    touched: dict[int, list[Page]] = {}
    for alarm_pk, found in products.items():
        keys = {int(page) for product in found for page in shown_on.get(product, ())}
        touched[alarm_pk] = sorted((pages[key] for key in keys & pages.keys()), key=lambda page: page.title)
    return touched
