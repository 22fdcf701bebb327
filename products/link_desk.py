"""Where people say what machines cannot know of links: pages that only a person may open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet

from products import judgements
from products.judgements import HumanVerdict, JudgementRefused
from products.linkcheck.health import Health
from products.linkcheck.verdict import Axis, Outcome
from products.models import Check, Offer, Programme, Retailer
from products.querysets import AskedBecause

SKIPPED = "links_skipped"  # the session's key: offers passed over, until the queue is begun anew

BECAUSE: Mapping[AskedBecause, str] = {
    AskedBecause.DIFFERENT_PRODUCT: "The page seems to show a different product now.",
    AskedBecause.OTHER_REGION: "The shop sends our checker to its site for another country.",
    AskedBecause.UNVERIFIABLE: "The shop has shown our checker no page for two weeks.",
    AskedBecause.API_SILENT: "The shop's API has told us nothing for three days: access lapses where sales are few, or the operator holds no credentials.",
    AskedBecause.BY_HAND: "Robots may not ask this shop, so a person looks once a month.",
}


@dataclass(frozen=True, slots=True)
class VerdictKey:
    """A verdict, and the key that gives it."""

    verdict: HumanVerdict
    key: str


KEYS = (
    VerdictKey(HumanVerdict.FINE, "f"),
    VerdictKey(HumanVerdict.BROKEN, "b"),
    VerdictKey(HumanVerdict.OUT_OF_STOCK, "s"),
    VerdictKey(HumanVerdict.DIFFERENT_PRODUCT, "d"),
)


class DeskView(WagtailAdminTemplateMixin, TemplateView):
    """A view of the admin for who may change offers."""

    viewset: Any = None  # given by the view set

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("products.change_offer"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def person(self) -> AbstractBaseUser:
        assert isinstance(self.request.user, AbstractBaseUser)  # nobody else may change offers
        return self.request.user

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]


class HumanQueueView(DeskView):
    """One offer at a time, worst first: open its page, press one key."""

    template_name = "desk/human_queue.html"
    page_title = "Links to look at"
    header_icon = "view"
    purpose = "Pages that our checker may not open, or could not make sense of. Open each and say what you see; it counts at once."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        waiting = Offer.objects.for_people(timezone.now(), tempo=settings.LINK_CHECK_TEMPO)
        skipped = self.request.session.get(SKIPPED, [])
        ahead = waiting.exclude(pk__in=skipped)
        offer = ahead.select_related("product", "retailer__region").first()
        return {
            **super().get_context_data(**kwargs),
            "purpose": self.purpose,
            "offer": offer,
            "because": BECAUSE[AskedBecause(offer.asked_because)] if offer else "",
            "last": last_look(offer) if offer else None,
            "left": ahead.count() if offer else 0,
            "skipped": waiting.filter(pk__in=skipped).count(),
            "keys": KEYS,
            "doubted": offer is not None and offer.asked_because == AskedBecause.DIFFERENT_PRODUCT,
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        again = redirect(request.path)
        if "again" in request.POST:
            request.session.pop(SKIPPED, None)
            return again
        offer = get_object_or_404(Offer, pk=_number(request.POST.get("offer")))
        said = request.POST.get("verdict", "")
        if said == "skip":
            request.session[SKIPPED] = [*request.session.get(SKIPPED, []), offer.pk]
            return again
        if said not in set(HumanVerdict):
            messages.error(request, "That is no verdict. Nothing was written down.")
            return again
        offer.destination = request.POST.get("destination", "")  # as the person saw it
        verdict = HumanVerdict(said)
        try:
            judgements.judge_by_hand(
                offer, verdict, user=self.person, now=timezone.now(), tempo=settings.LINK_CHECK_TEMPO
            )
        except JudgementRefused as refused:
            messages.error(request, f"{offer}: {refused}")
        else:
            messages.success(request, f"{offer}: {verdict.words.lower()}.")
        return again


class LinkDesk(ViewSet):
    """A place of the desk with an entry under Reports, for who may change offers."""

    menu_hook = "register_reports_menu_item"

    @cached_property
    def menu_item_class(self) -> type[MenuItem]:
        def is_shown(item: MenuItem, request: HttpRequest) -> bool:
            return bool(request.user.has_perm("products.change_offer"))

        return type("LinkDeskMenuItem", (MenuItem,), {"is_shown": is_shown})


class HumanQueue(LinkDesk):
    name = "links_to_look_at"
    url_prefix = "links-to-look-at"
    menu_label = HumanQueueView.page_title
    icon = HumanQueueView.header_icon
    menu_order = 110

    def get_urlpatterns(self) -> list[URLPattern]:
        return [path("", HumanQueueView.as_view(viewset=self), name="index")]


def read_identities_after_edit(request: HttpRequest, instance: Any) -> None:
    """When a programme or a shop was edited: what its links' addresses alone tell is read anew."""
    if isinstance(instance, Programme):
        judgements.read_identities(Offer.objects.filter(retailer__programme=instance), now=timezone.now())
    elif isinstance(instance, Retailer):
        judgements.read_identities(Offer.objects.filter(retailer=instance), now=timezone.now())


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def last_look(offer: Offer) -> dict[str, Any] | None:
    """What the offer's last check saw, in words."""
    check: Check | None = offer.checks.select_related("judged_by").first()
    if check is None:
        return None
    health = Health.read(offer.health_memory)
    reasons = (check.verdicts.get(axis.value, {}).get("reason", "") for axis in Axis)
    return {
        "check": check,
        "words": Outcome(check.outcome).words,
        "reasons": list(dict.fromkeys(reason for reason in reasons if reason)),
        "unverifiable_since": health.unverifiable_since,
    }
