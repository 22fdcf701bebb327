"""The safety stop in the admin: its button, and the page on which it is confirmed and undone."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import registry

from products.log_actions import STOP
from products.models import Product
from products.safety_stop import MAY_STOP, SafetyStopRefused, lift, stop
from products.where_used import Use, uses_of
from products.where_used_desk import WhereUsedEditView, rows_for

CONSEQUENCES = "register_safety_stop_consequences"
"""Wagtail hook: each function returns a `Consequence`."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What another part of the site can do when a product is stopped, if the person ticks it."""

    name: str
    label: str
    help_text: str
    carry_out: Callable[[list[Use], str, Any, datetime.datetime], str]
    """Called with the uses, the reason, the person and the time, in the transaction of the stop. Says what it did."""


def consequences() -> list[Consequence]:
    return [register() for register in hooks.get_hooks(CONSEQUENCES)]


class StopForm(forms.Form):
    reason = forms.CharField(
        label="Safety notice",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Why, in words for readers: it stands in place of the product on every page.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in consequences():
            self.fields[one.name] = forms.BooleanField(
                label=one.label, help_text=one.help_text, required=False
            )


class LiftForm(forms.Form):
    reason = forms.CharField(
        label="Why it may be offered again",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="It stays on record. Readers are not told.",
    )


class SafetyStopView(WagtailAdminTemplateMixin, TemplateView):
    """Shows where a product stands, asks for the reason, and withdraws it everywhere; or undoes that."""

    template_name = "desk/safety_stop.html"
    header_icon = "warning"
    viewset: Any = None  # given by the view set

    def dispatch(self, request: HttpRequest, *args: Any, pk: str, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(MAY_STOP):
            raise PermissionDenied
        self.product = get_object_or_404(Product, pk=pk)
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self) -> str:
        return "Lift the safety stop" if self.product.is_withdrawn else "Safety stop"

    def get_page_subtitle(self) -> str:
        return str(self.product)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse(self.viewset.get_url_name("list")), "label": "Products"},
            {"url": self.product_url, "label": str(self.product)},
            {"url": "", "label": self.get_page_title()},
        ]

    @property
    def product_url(self) -> str:
        """The product's form, for who may change it; else the listing."""
        if self.request.user.has_perm("products.change_product"):
            return reverse(self.viewset.get_url_name("edit"), args=[self.product.pk])
        return reverse(self.viewset.get_url_name("list"))

    @cached_property
    def uses(self) -> list[Use]:
        return uses_of([self.product.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stops = registry.get_logs_for_instance(self.product).filter(action=STOP).order_by("-timestamp")
        return super().get_context_data(
            **{
                "product": self.product,
                "rows": rows_for(self.uses, self.request),
                "live_count": sum(bool(use.live) for use in self.uses),
                "stopped": stops.select_related("user").first() if self.product.is_withdrawn else None,
                "form": LiftForm() if self.product.is_withdrawn else StopForm(),
                "back_url": self.product_url,
                **kwargs,
            }
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Stop or lift: the button says which, so that an old tab never does the opposite."""
        match request.POST.get("verb"):
            case "stop":
                return self._answer(StopForm(request.POST), self._stop)
            case "lift":
                return self._answer(LiftForm(request.POST), self._lift)
            case _:
                raise PermissionDenied

    def _answer(self, form: forms.Form, act: Callable[[dict[str, Any]], None]) -> HttpResponse:
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            act(form.cleaned_data)
        except SafetyStopRefused as refused:
            messages.error(self.request, str(refused))
        return redirect(self.product_url)

    def _stop(self, given: dict[str, Any]) -> None:
        now = timezone.now()
        with transaction.atomic():
            stop(self.product, reason=given["reason"], user=self.request.user, now=now)
            did = [
                one.carry_out(self.uses, given["reason"], self.request.user, now)
                for one in consequences()
                if given.get(one.name)
            ]
        messages.success(
            self.request, " ".join([f"“{self.product}” is withdrawn from every page of the site.", *did])
        )

    def _lift(self, given: dict[str, Any]) -> None:
        lift(self.product, reason=given["reason"], user=self.request.user)
        messages.success(self.request, f"“{self.product}” is offered again, as it was.")


def stop_button(product: Product, user: Any) -> Button | None:
    """The way to the safety stop, for who may use it."""
    if not user.has_perm(MAY_STOP):
        return None
    label = "Lift the safety stop" if product.is_withdrawn else "Safety stop"
    url = reverse(Product.snippet_viewset.get_url_name("safety_stop"), args=[product.pk])
    return Button(label, url=url, icon_name="warning", priority=15)


def product_listing_buttons(product: Any, user: Any, next_url: str | None = None) -> list[Button]:
    """`register_snippet_listing_buttons`: the safety stop in a product's row."""
    button = stop_button(product, user) if isinstance(product, Product) else None
    return [button] if button else []


class ProductEditView(WhereUsedEditView):
    @cached_property
    def header_more_buttons(self) -> list[Button]:
        button = stop_button(self.object, self.request.user)
        return [*super().header_more_buttons, *([button] if button else [])]
