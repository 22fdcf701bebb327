"""Where people say what machines cannot know of links: alarms to deal with, and pages that only a person may open."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets import AdminDateInput
from wagtail.models import Page, ReferenceIndex

from products import judgements
from products.judgements import HumanVerdict, JudgementRefused
from products.linkcheck.health import Health
from products.linkcheck.verdict import Axis, Outcome
from products.models import Alarm, AlarmKind, Check, Offer, Product, Programme, Retailer
from products.querysets import AskedBecause

SKIPPED = "links_skipped"  # the session's key: offers passed over, until the queue is begun anew
ARTICLES_NAMED = 3

BECAUSE: Mapping[AskedBecause, str] = {
    AskedBecause.DIFFERENT_PRODUCT: "The page seems to show a different product now.",
    AskedBecause.OTHER_REGION: "The shop sends our checker to its site for another country.",
    AskedBecause.UNVERIFIABLE: "The shop has shown our checker no page for two weeks.",
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


class _DeskView(WagtailAdminTemplateMixin, TemplateView):
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


class HumanQueueView(_DeskView):
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
            "last": _last_look(offer) if offer else None,
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


class AlarmsView(_DeskView):
    """What rings, shop by shop."""

    template_name = "desk/alarms.html"
    page_title = "Alarms"
    header_icon = "warning"
    purpose = "What is confirmed and waits for an editor, shop by shop. An alarm closes by itself when its link is well again."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        subjects = ("offer__product", "offer__retailer__region", "product", "region", "host")
        alarms = list(Alarm.objects.open().select_related(*subjects, "snoozed_by"))
        named = _articles_of(alarms)
        rows = [
            {
                "alarm": alarm,
                "shop": _shop_of(alarm),
                "articles": named.get(alarm.pk, [])[:ARTICLES_NAMED],
                "more": max(0, len(named.get(alarm.pk, [])) - ARTICLES_NAMED),
                "url": reverse(self.viewset.get_url_name("alarm"), args=[alarm.pk]),
                "snoozed": alarm.snoozed_until is not None and alarm.snoozed_until > now,
            }
            for alarm in alarms
        ]
        rows.sort(key=lambda row: (row["shop"].casefold(), -row["alarm"].articles, row["alarm"].opened_at))
        ringing = [row for row in rows if not row["snoozed"]]
        return {
            **super().get_context_data(**kwargs),
            "purpose": self.purpose,
            "shops": [
                {"name": name, "rows": list(of_shop)}
                for name, of_shop in groupby(ringing, key=lambda row: row["shop"])
            ],
            "snoozed": [row for row in rows if row["snoozed"]],
        }


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=400, label="Why", widget=forms.TextInput())


class SnoozeForm(ReasonForm):
    until = forms.DateField(label="Until", widget=AdminDateInput())
    field_order = ("until", "reason")


class AlarmView(_DeskView):
    """One alarm, what was seen, and what an editor can say of it."""

    template_name = "desk/alarm.html"
    page_title = "Alarm"
    header_icon = "warning"

    @cached_property
    def alarm(self) -> Alarm:
        subjects = ("offer__product", "offer__retailer__region", "product", "region", "host", "snoozed_by")
        return get_object_or_404(Alarm.objects.select_related(*subjects), pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.alarm)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        listing = {"url": reverse(self.viewset.get_url_name("index")), "label": AlarmsView.page_title}
        return [
            *super(_DeskView, self).get_breadcrumbs_items(),
            listing,
            {"url": "", "label": str(self.alarm)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offer = self.alarm.offer
        last = _last_look(offer) if offer else None
        articles = _articles_of([self.alarm]).get(self.alarm.pk, [])
        return {
            "dismiss_form": ReasonForm(prefix="dismiss"),
            "snooze_form": SnoozeForm(prefix="snooze"),
            **super().get_context_data(**kwargs),
            "alarm": self.alarm,
            "offer": offer,
            "offer_url": reverse(Offer.snippet_viewset.get_url_name("edit"), args=[offer.pk])
            if offer
            else None,
            "shop": _shop_of(self.alarm),
            "last": last,
            "redirected": bool(offer and last and last["check"].final_address not in ("", offer.destination)),
            "is_doubted": self.alarm.kind == AlarmKind.DIFFERENT_PRODUCT,
            "articles": articles,
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


class _LinkDesk(ViewSet):
    """A place of the desk with an entry under Reports, for who may change offers."""

    menu_hook = "register_reports_menu_item"

    @cached_property
    def menu_item_class(self) -> type[MenuItem]:
        def is_shown(item: MenuItem, request: HttpRequest) -> bool:
            return bool(request.user.has_perm("products.change_offer"))

        return type("LinkDeskMenuItem", (MenuItem,), {"is_shown": is_shown})


class HumanQueue(_LinkDesk):
    name = "links_to_look_at"
    url_prefix = "links-to-look-at"
    menu_label = HumanQueueView.page_title
    icon = HumanQueueView.header_icon
    menu_order = 110

    def get_urlpatterns(self) -> list[URLPattern]:
        return [path("", HumanQueueView.as_view(viewset=self), name="index")]


class Alarms(_LinkDesk):
    name = "alarms"
    url_prefix = "alarms"
    menu_label = AlarmsView.page_title
    icon = AlarmsView.header_icon
    menu_order = 90

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", AlarmsView.as_view(viewset=self), name="index"),
            path("<int:pk>/", AlarmView.as_view(viewset=self), name="alarm"),
        ]


def read_identities_after_edit(request: HttpRequest, instance: Any) -> None:
    """When a programme or a shop was edited: what its links' addresses alone tell is read anew."""
    if isinstance(instance, Programme):
        judgements.read_identities(Offer.objects.filter(retailer__programme=instance), now=timezone.now())
    elif isinstance(instance, Retailer):
        judgements.read_identities(Offer.objects.filter(retailer=instance), now=timezone.now())


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def _last_look(offer: Offer) -> dict[str, Any] | None:
    """What the offer's last check saw, in words."""
    check: Check | None = offer.checks.select_related("judged_by").first()
    if check is None:
        return None
    health = Health.from_json(offer.health_memory)
    reasons = (check.verdicts.get(axis.value, {}).get("reason", "") for axis in Axis)
    return {
        "check": check,
        "words": Outcome(check.outcome).words,
        "reasons": list(dict.fromkeys(reason for reason in reasons if reason)),
        "unverifiable_since": health.unverifiable_since,
    }


def _shop_of(alarm: Alarm) -> str:
    if alarm.offer is not None:
        return str(alarm.offer.retailer)
    if alarm.host is not None:
        names = Retailer.objects.filter(offers__host=alarm.host).select_related("region").distinct()
        return ", ".join(str(retailer) for retailer in names) or alarm.host.key
    return f"Every shop in the region {alarm.region}"


def _articles_of(alarms: Iterable[Alarm]) -> dict[int, list[Page]]:
    """The pages that each alarm touches, by title. Three queries and one for each failing shop."""
    products: dict[int, set[int]] = {}
    for alarm in alarms:
        if alarm.host_id is not None:
            at_host = Offer.objects.filter(host=alarm.host_id).values_list("product_id", flat=True)
            products[alarm.pk] = set(at_host)
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
