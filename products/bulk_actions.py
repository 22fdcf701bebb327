"""What can be done with several offers at once. Each says first what it will do to which, and which it refuses."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone
from wagtail.admin import messages
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from products import judgements, mass_checks
from products.alarm_desk import ReasonForm, SnoozeForm
from products.alarms import lock_products, open_alarms_of
from products.clock import database_now
from products.health_desk import chosen_offers, in_words
from products.judgements import JudgementRefused
from products.linkcheck.health import Health
from products.linkcheck.verdict import Axis, Reachable
from products.mass_check_desk import forecast_context, mass_check_url, offers_in_words
from products.mass_checks import MOST_ASKED, MassCheckRefused
from products.models import Alarm, AlarmKind, Check, Offer
from products.offer_desk import CHECK_ACTION
from products.querysets import OfferQuerySet
from products.viewsets import OfferFilterSet

MOST_JUDGED = 200
"""Offers on which one judgement may be passed at once: nobody has looked at more."""
SAID = 5  # refusals that a message spells out


class OfferAction(SnippetBulkAction):
    """Something done to offers by who may change them."""

    models = [Offer]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.permission_policy.user_has_permission(request.user, "change"):
            raise PermissionDenied  # Wagtail would ask everybody, and then name what they may not touch
        return super().dispatch(request, *args, **kwargs)

    def check_perm(self, offer: Offer) -> bool:
        return bool(self.permission_policy.user_has_permission(self.request.user, "change"))

    def get_all_objects_in_listing_query(self, parent_id: str | None) -> Collection[Any]:
        """All that the listing shows for its filters: Wagtail's own answer is all that there are."""
        try:
            listing = resolve(urlsplit(self.next_url).path).view_name
        except Resolver404:
            listing = ""
        offers: OfferQuerySet = (
            chosen_offers(self.request) if listing.startswith("link_health:") else self._of_library()
        )
        return list(offers.order_by("pk").values_list("pk", flat=True)[: MOST_ASKED + 1])

    def _of_library(self) -> OfferQuerySet:
        chosen = OfferFilterSet(self.request.GET, request=self.request, queryset=Offer.objects.all())
        found = chosen.qs if chosen.is_valid() else Offer.objects.none()
        return found.named(self.request.GET.get("q", ""))

    @classmethod
    def get_queryset(cls, model: type[Offer], object_ids: Sequence[Any]) -> list[Offer]:
        pks = [pk for pk in object_ids if str(pk).isdecimal()]
        related = Offer.objects.filter(pk__in=pks).order_by("pk")
        return list(related.select_related("product", "retailer__region", "retailer__programme", "host"))


class CheckNow(OfferAction):
    """Bring the checks of the chosen offers forward, and show how they come in."""

    display_name = "Check now"
    action_type = CHECK_ACTION
    aria_label = "Check the selected offers now"
    template_name = "desk/confirm_check_now.html"
    action_priority = 10

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, **forecast_context(_again([row["item"] for row in context["items"]]))}

    @classmethod
    def execute_action(cls, objects: Sequence[Offer], **kwargs: Any) -> tuple[int, int]:
        action = kwargs["self"]
        about = str(objects[0]) if len(objects) == 1 else f"{offers_in_words(len(objects))}, chosen by hand"
        try:
            asked = mass_checks.ask(
                _again(objects), about=about, user=action.request.user, now=database_now()
            )
        except MassCheckRefused as refused:
            messages.error(action.request, str(refused))
        else:
            action.next_url = mass_check_url(asked)
        return len(objects), 0


class Judgement(OfferAction):
    """One thing said of several offers, each by itself: who refuses keeps none of the others from it."""

    template_name = "desk/confirm_judgement.html"
    icon = "warning"
    explanation = ""
    """What it means, in a sentence or two."""
    done = ""
    """What was done to the offers, after their number: "called harmless"."""

    def consequences(self, offers: Sequence[Offer]) -> Mapping[int, str | JudgementRefused]:
        """By offer, what will happen to it, or why nothing will. The number of queries must not depend on them."""
        raise NotImplementedError

    def judge(self, offer: Offer, form: Form) -> None:
        """Do it. Raises `JudgementRefused` or `ValidationError`."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        offers = [row["item"] for row in context["items"]]
        told = self.consequences(offers) if len(offers) <= MOST_JUDGED else {}
        rows = [(offer, told[offer.pk]) for offer in offers if offer.pk in told]
        return {
            **context,
            "title": self.display_name,
            "icon": self.icon,
            "explanation": self.explanation,
            "too_many": len(offers) > MOST_JUDGED,
            "most": MOST_JUDGED,
            "doable": [(offer, said) for offer, said in rows if not isinstance(said, JudgementRefused)],
            "refused": [(offer, said) for offer, said in rows if isinstance(said, JudgementRefused)],
        }

    @classmethod
    def execute_action(cls, objects: Sequence[Offer], **kwargs: Any) -> tuple[int, int]:
        action = kwargs["self"]
        if len(objects) > MOST_JUDGED:
            messages.error(action.request, f"At most {MOST_JUDGED} offers can be judged at once.")
            return 0, 0
        # All of them at once and in one order, or two people could wait for each other; and offers before any host, as
        # a round does that writes a look down.
        lock_products({offer.product_id for offer in objects})
        list(_again(objects).order_by("pk").select_for_update().values_list("pk", flat=True))
        refused: list[str] = []
        for offer in objects:
            try:
                action.judge(offer, action.cleaned_form)
            except JudgementRefused as error:
                refused.append(f"{offer}: {error}")
            except ValidationError as error:
                refused.append(f"{offer}: {' '.join(error.messages)}")
        for sentence in refused[:SAID]:
            messages.error(action.request, sentence)
        if len(refused) > SAID:
            messages.error(action.request, f"The same with {len(refused) - SAID} more.")
        return len(objects) - len(refused), 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str | None:
        return f"{offers_in_words(num_parent_objects)}: {self.done}." if num_parent_objects else None


class Snooze(Judgement):
    """Take what rings for the chosen offers off the desk until a day."""

    display_name = "Snooze"
    action_type = "snooze"
    aria_label = "Snooze the alarms of the selected offers"
    action_priority = 11
    icon = "time"
    form_class = SnoozeForm
    explanation = "Their alarms leave the desk until that day, unless they close before. Readers still do not see a link that is confirmed bad."
    done = "snoozed"

    def consequences(self, offers: Sequence[Offer]) -> Mapping[int, str | JudgementRefused]:
        alarms = open_alarms_of(offers)
        said: dict[int, str | JudgementRefused] = {}
        for offer in offers:
            try:
                said[offer.pk] = "; ".join(str(alarm) for alarm in _own(alarms[offer.pk]))
            except JudgementRefused as refused:
                said[offer.pk] = refused
        return said

    def judge(self, offer: Offer, form: Form) -> None:
        day = datetime.datetime.combine(form.cleaned_data["until"], datetime.time())
        for alarm in _own(open_alarms_of([offer])[offer.pk]):
            judgements.snooze(
                alarm,
                until=timezone.make_aware(day),
                reason=form.cleaned_data["reason"],
                user=self.request.user,
                now=timezone.now(),
            )


class CallHarmless(Judgement):
    """ "This is fine", of several offers."""

    display_name = "Call harmless"
    action_type = "call_harmless"
    aria_label = "Call harmless what was found of the selected offers"
    action_priority = 12
    icon = "check"
    form_class = ReasonForm
    explanation = "Readers are shown these links again, and nobody is called for as long as looks find exactly the same."
    done = "called harmless"

    def consequences(self, offers: Sequence[Offer]) -> Mapping[int, str | JudgementRefused]:
        last = _last_looks(offers)
        nothing = JudgementRefused("Nothing is wrong with it.")
        return {
            offer.pk: _seen(last.get(offer.pk))
            if judgements.bad_axes(Health.read(offer.health_memory))
            else nothing
            for offer in offers
        }

    def judge(self, offer: Offer, form: Form) -> None:
        reason = form.cleaned_data["reason"]
        judgements.dismiss(offer, reason=reason, user=self.request.user, now=timezone.now())


class AcceptRedirect(Judgement):
    """ "This redirect is right", of several offers."""

    display_name = "Accept the redirect"
    action_type = "accept_redirect"
    aria_label = "Accept the redirect of the selected offers"
    action_priority = 13
    icon = "redirect"
    explanation = "Where the last look ended becomes the offer's address, and is looked at next. What was known of the old address is forgotten."
    done = "the new address is taken, and checked next"

    def consequences(self, offers: Sequence[Offer]) -> Mapping[int, str | JudgementRefused]:
        last = _last_looks(offers)
        said: dict[int, str | JudgementRefused] = {}
        for offer in offers:
            check = last.get(offer.pk)
            try:
                leads = _redirect(offer, check)
                said[offer.pk] = f"{offer.destination} → {leads}. {_seen(check)}"
            except JudgementRefused as refused:
                said[offer.pk] = refused
            except ValidationError as error:
                said[offer.pk] = JudgementRefused(" ".join(error.messages))
        return said

    def judge(self, offer: Offer, form: Form) -> None:
        _redirect(offer, _last_looks([offer]).get(offer.pk))
        judgements.accept_redirect(offer, user=self.request.user)


def _again(offers: Sequence[Offer]) -> OfferQuerySet:
    return Offer.objects.filter(pk__in=[offer.pk for offer in offers])


def _own(alarms: Sequence[Alarm]) -> list[Alarm]:
    """The alarms that may be snoozed with an offer. Raises `JudgementRefused` where there are none."""
    own = [alarm for alarm in alarms if alarm.kind != AlarmKind.FAILING]
    if own:
        return own
    if alarms:
        raise JudgementRefused("The whole shop is failing: snooze that alarm, which covers all its links.")
    raise JudgementRefused("No alarm rings for it.")


def _redirect(offer: Offer, look: Check | None) -> str:
    """Where accepting the redirect would lead. Raises `JudgementRefused` too where what was found there is bad.

    One alarm at a time, a person may accept even that: they see the page.
    """
    leads = judgements.where_redirect_leads(offer, look)
    found = look.verdicts.get(Axis.REACHABLE.value, {}).get("value") if look else None
    if found == Reachable.BROKEN:
        raise JudgementRefused(f"What was found there is no product: {_seen(look)}")
    return leads


def _last_looks(offers: Sequence[Offer]) -> dict[int, Check]:
    """The last look that our checker made at each. One query."""
    looks = Check.objects.filter(offer__in=[offer.pk for offer in offers], judged_by__isnull=True)
    return {look.offer_id: look for look in looks.order_by("offer_id", "-at").distinct("offer_id")}


def _seen(look: Check | None) -> str:
    return in_words(look.outcome, look.verdicts) if look else "No look of ours is on record."
