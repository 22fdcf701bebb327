"""What a person may do about one offer from its page: each verb with a page that says what it does and asks to confirm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from wagtail.admin import messages

from products import judgements
from products.alarm_desk import ReasonForm
from products.clock import database_now
from products.judgements import JudgementRefused, bad_axes, where_redirect_leads
from products.link_desk import DeskView, last_look
from products.linkcheck.health import Health
from products.linkcheck.verdict import Axis, Buyable, Outcome
from products.log_actions import ACCEPT_PRODUCT, ACCEPT_REDIRECT, DISMISS, JUDGE, OFFER_AGAIN, WITHDRAW
from products.models import Check, Checking, Offer

SAID_BY_PEOPLE = (JUDGE, DISMISS, ACCEPT_PRODUCT, ACCEPT_REDIRECT, WITHDRAW, OFFER_AGAIN)
"""The verbs that say something of an offer, as the audit log has them."""


class Verb(StrEnum):
    """A verb, as it stands in its page's address."""

    DISMISS = "dismiss"
    ACCEPT_PRODUCT = "accept-product"
    ACCEPT_REDIRECT = "accept-redirect"
    WITHDRAW = "withdraw"
    OFFER_AGAIN = "offer-again"


class Reason(StrEnum):
    """Whether a verb asks why."""

    NOT_ASKED = "not_asked"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Wording:
    """What a verb says of itself."""

    label: str
    effect: str
    done: str
    reason: Reason


WORDINGS: Mapping[Verb, Wording] = {
    Verb.DISMISS: Wording(
        "Call it harmless",
        "Readers get the offer again, and nobody is called for as long as looks find exactly the same.",
        "fine. It stays so while looks find exactly the same.",
        Reason.REQUIRED,
    ),
    Verb.ACCEPT_PRODUCT: Wording(
        "This is the right product",
        "What the page says of itself at the next good look is what it should say from then on.",
        "the right product. The next look takes the page as it is now.",
        Reason.NOT_ASKED,
    ),
    Verb.ACCEPT_REDIRECT: Wording(
        "This redirect is right",
        "Where the last look ended becomes the offer's address. What was known of the old one is forgotten, and the new one is looked at next.",
        "where the redirect leads is its address now. It will be checked next.",
        Reason.NOT_ASKED,
    ),
    Verb.WITHDRAW: Wording(
        "Withdraw",
        "Readers no longer get this offer, it is not checked, and nothing rings for it, until somebody offers it again.",
        "withdrawn. Readers no longer get it.",
        Reason.REQUIRED,
    ),
    Verb.OFFER_AGAIN: Wording(
        "Offer again",
        "Readers get this offer again if its health allows it, and it is checked again.",
        "offered again.",
        Reason.OPTIONAL,
    ),
}


@dataclass(frozen=True, slots=True)
class VerbLink:
    """The way to a verb's page."""

    label: str
    url: str
    is_serious: bool


def may_be_asked(offer: Offer) -> bool:
    """Whether the checker may look at it: addressed, switched on, at a shop that robots or its API may ask."""
    return not offer.is_draft and offer.enabled and offer.retailer.checking != Checking.HUMAN


def possible_verbs(offer: Offer, last: Check | None) -> list[Verb]:
    """What makes sense as the offer stands. `last`: the last look, by a robot or not. One query at most."""
    found = []
    health = Health.read(offer.health_memory)
    if bad_axes(health):
        found.append(Verb.DISMISS)
    pending = health.pending.get(Axis.BUYABLE)
    if health.buyable is Buyable.DIFFERENT_PRODUCT or (
        pending is not None and pending.outcome is Outcome.DIFFERENT_PRODUCT
    ):
        found.append(Verb.ACCEPT_PRODUCT)
    if last is not None and last.judged_by_id is not None:
        last = offer.checks.filter(judged_by__isnull=True).first()
    try:
        where_redirect_leads(offer, last)
    except (JudgementRefused, ValidationError):
        pass
    else:
        found.append(Verb.ACCEPT_REDIRECT)
    return [*found, Verb.WITHDRAW if offer.enabled else Verb.OFFER_AGAIN]


def verbs_for(offer: Offer, last: Check | None) -> list[VerbLink]:
    """The buttons of an offer's page, for who may change offers."""
    return [
        VerbLink(WORDINGS[verb].label, verb_url(offer, verb), verb is Verb.WITHDRAW)
        for verb in possible_verbs(offer, last)
    ]


def verb_url(offer: Offer, verb: Verb) -> str:
    return reverse(Offer.snippet_viewset.get_url_name("verb"), args=[offer.pk, verb.value])


class OfferVerbView(DeskView):
    """Says what a verb does, asks why where that matters, and does it."""

    template_name = "desk/offer_verb.html"
    header_icon = "link"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        try:
            self.verb = Verb(kwargs["verb"])
        except ValueError as error:
            raise Http404 from error

    @cached_property
    def offer(self) -> Offer:
        return get_object_or_404(
            Offer.objects.select_related("product", "retailer__region", "retailer__programme__region"),
            pk=self.kwargs["pk"],
        )

    @property
    def wording(self) -> Wording:
        return WORDINGS[self.verb]

    @property
    def offer_url(self) -> str:
        return reverse(self.viewset.get_url_name("inspect"), args=[self.offer.pk])

    def get_page_title(self) -> str:
        return self.wording.label

    def get_page_subtitle(self) -> str:
        return str(self.offer)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super(DeskView, self).get_breadcrumbs_items(),
            {"url": reverse(self.viewset.get_url_name("list")), "label": "Offers"},
            {"url": self.offer_url, "label": str(self.offer)},
            {"url": "", "label": self.wording.label},
        ]

    def form(self, data: Any = None) -> ReasonForm | None:
        if self.wording.reason is Reason.NOT_ASKED:
            return None
        form = ReasonForm(data)
        form.fields["reason"].required = self.wording.reason is Reason.REQUIRED
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        last = last_look(self.offer)
        return super().get_context_data(
            **{
                "offer": self.offer,
                "wording": self.wording,
                "last": last,
                "leads_to": last["check"].final_address
                if last and self.verb is Verb.ACCEPT_REDIRECT
                else None,
                "form": self.form(),
                "back_url": self.offer_url,
                "is_serious": self.verb is Verb.WITHDRAW,
                **kwargs,
            }
        )

    def post(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        form = self.form(request.POST)
        if form is not None and not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        reason = form.cleaned_data["reason"] if form is not None else ""
        try:
            DOERS[self.verb](self.offer, reason, self.person)
        except (JudgementRefused, ValidationError) as refused:
            sentence = " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
            messages.error(request, sentence)
        else:
            messages.success(request, f"{self.offer}: {self.wording.done}")
        return redirect(self.offer_url)


DOERS: Mapping[Verb, Callable[[Offer, str, AbstractBaseUser], object]] = {
    Verb.DISMISS: lambda offer, reason, user: judgements.dismiss(
        offer, reason=reason, user=user, now=database_now()
    ),
    Verb.ACCEPT_PRODUCT: lambda offer, _reason, user: judgements.accept_product(
        offer, user=user, now=database_now()
    ),
    Verb.ACCEPT_REDIRECT: lambda offer, _reason, user: judgements.accept_redirect(offer, user=user),
    Verb.WITHDRAW: lambda offer, reason, user: judgements.withdraw(
        offer, reason=reason, user=user, now=database_now()
    ),
    Verb.OFFER_AGAIN: lambda offer, reason, user: judgements.offer_again(
        offer, reason=reason, user=user, now=database_now()
    ),
}
