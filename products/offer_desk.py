"""The page of one offer in the admin: how it stands and why, what its looks saw, and what a person may do about it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import registry
from wagtail.snippets.views.snippets import InspectView

from products import programmes
from products.alarms import open_alarms_of
from products.charts import Strip, strip
from products.click_report import clicks_chart
from products.clicks.costs import in_words
from products.columns import ALARMING, axis_words
from products.histories import LOOKS, strips_of
from products.linkcheck.breaker import Breaker
from products.linkcheck.health import CONFIRMATIONS, Health
from products.linkcheck.history import DayState
from products.linkcheck.ledger import Agreement, Line, Step, lines, steps
from products.linkcheck.verdict import Axis, Buyable, Identity, Outcome, Reachable
from products.models import Check, Clicks, Flip, Offer, Retailer
from products.offer_verbs import SAID_BY_PEOPLE, may_be_asked, verbs_for
from products.querysets import ClickQuerySet
from products.shelf import RegionShelf, stock_shelf
from products.where_used import uses_of
from products.where_used_desk import rows_for

LOOKS_SHOWN = 10
FLIPS_SHOWN = ALARMS_SHOWN = SAID_SHOWN = USES_SHOWN = 20
DAYS_SHOWN = 90
CHECK_ACTION = "check_now"
AXIS_LABELS: Mapping[Axis, str] = {
    Axis.REACHABLE: "Reachable",
    Axis.IDENTITY: "Our identity",
    Axis.BUYABLE: "Can be bought",
}
OFFER_LABELS = {
    "tracked_address": "Tracked address",
    "buyable": "Can be bought",
    "changed_at": "So since",
    "price_source": "Price according to",
    "price_at": "Price as of",
    "last_checked_at": "Last checked",
    "next_check_at": "Next check",
}


def offer_page_url(offer: Offer) -> str:
    """Where everything known of an offer stands."""
    return reverse(Offer.snippet_viewset.get_url_name("inspect"), args=[offer.pk])


def check_now_url(offer: Offer, *, next_url: str) -> str:
    """Where a person confirms that this one offer is checked now."""
    action = reverse("wagtail_bulk_action", args=["products", "offer", CHECK_ACTION])
    return f"{action}?{urlencode({'id': offer.pk, 'next': next_url})}"


# --- how it stands --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AxisStanding:
    """One of the three questions, answered for a person."""

    label: str
    words: str
    is_alarming: bool
    since: datetime.datetime | None
    why: str


def standings(offer: Offer, last: Check | None) -> list[AxisStanding]:
    """The three axes in words, since when, and why. One query. `last` is the offer's last look."""
    latest = {
        flip.axis: flip
        for flip in Flip.objects.filter(offer=offer).order_by("axis", "-at", "-pk").distinct("axis")
    }
    health = Health.read(offer.health_memory)
    return [_standing(offer, axis, health, latest.get(axis.value), last) for axis in Axis]


def _standing(
    offer: Offer, axis: Axis, health: Health, flip: Flip | None, last: Check | None
) -> AxisStanding:
    pending = health.pending.get(axis)
    value = getattr(offer, axis.value)
    since = flip.at if flip else None
    if pending is not None:
        rule = CONFIRMATIONS[pending.outcome]
        times = "once" if pending.count == 1 else f"{pending.count} times"
        why = f"{pending.outcome.words} Seen {times}; it counts when {rule.count} looks agree over at least {_hours(rule.over)}."
        since = pending.since if axis is Axis.REACHABLE else since
    else:
        seen = (last.verdicts.get(axis.value) or {}) if last else {}
        reason = seen.get("reason", "") if seen.get("value") == value else ""
        why = reason or (flip.reason if flip and flip.after == value else "")
        if axis in health.confirmed:
            why = " ".join(dict.fromkeys([health.confirmed[axis].outcome.words, why])).strip()
    return AxisStanding(
        AXIS_LABELS[axis],
        axis_words(offer, axis.value) or "Not checked: it has no address",
        value in ALARMING,
        since,
        why or "No look has told.",
    )


def _hours(span: datetime.timedelta) -> str:
    hours = round(span.total_seconds() / 3600)
    return f"{hours} hour{'' if hours == 1 else 's'}"


def value_words(axis: str, value: str) -> str:
    """A value of an axis in the words of the admin: "Out of stock"."""
    return str(getattr(Offer(**{axis: value}), f"get_{axis}_display")())


def why_hidden(offer: Offer) -> str:
    """Why readers don't get this offer, in a sentence; "" if nothing keeps it from them."""
    if offer.product.is_withdrawn:
        return "Its product is under a safety stop."
    if offer.is_draft:
        return "It has no address yet."
    if not offer.enabled:
        return "Somebody withdrew it."
    if offer.host is not None and offer.host.breaker != Breaker.CLOSED:
        return "Many links of its shop turned bad together, so readers are kept from all of them."
    if offer.reachable == Reachable.BROKEN:
        return "Its link is broken."
    if offer.identity == Identity.LOST:
        return "Our identity is lost on the way, so it earns nothing."
    if offer.buyable in ALARMING:
        return {
            Buyable.OUT_OF_STOCK.value: "The shop has sold out.",
            Buyable.DISCONTINUED.value: "The shop no longer sells it.",
            Buyable.DIFFERENT_PRODUCT.value: "The page seems to show a different product.",
        }[offer.buyable]
    return ""


def reader_gets(offer: Offer, shelf: RegionShelf, *, is_stopped: bool) -> str:
    """What a reader of the offer's region finds in its product's box now."""
    code = shelf.region.code
    if is_stopped:
        return "The safety notice, in place of the product."
    shown = [one.offer for one in shelf.offers]
    names = ", ".join(one.retailer.name for one in shown)
    if any(one.pk == offer.pk for one in shown):
        if shown[0].pk == offer.pk:
            return f"This offer{', first of ' + str(len(shown)) if len(shown) > 1 else ''}."
        return f"{shown[0].retailer.name} first, by the editors' order, and this offer after it."
    if shown:
        return f"Another shop: {names}."
    if shelf.shops:
        return f"The name of {', '.join(shelf.shops)} as plain text, without a link."
    return f"An honest sentence: “We know of no {code} seller in stock.”"


# --- what its looks saw ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One look, as a person reads it."""

    check: Check
    words: str
    steps: Sequence[Step]
    lines: Sequence[Line]
    reasons: Sequence[str]
    markers: str

    @property
    def differing(self) -> str:
        """What differed, for the entry's head."""
        return ", ".join(line.about.lower() for line in self.lines if line.agreement is Agreement.DIFFERS)


def ledger_entry(check: Check) -> LedgerEntry:
    """A stored look in words. No query."""
    outcome = Outcome(check.outcome)
    version, *markers = check.markers or ("",)
    reasons = (check.verdicts.get(axis.value, {}).get("reason", "") for axis in Axis)
    return LedgerEntry(
        check=check,
        words=outcome.words,
        steps=steps(check.hops, outcome),
        lines=lines(check.expected, check.seen, check.hops, check.verdicts),
        reasons=list(dict.fromkeys(reason for reason in reasons if reason)),
        markers=f"{', '.join(markers)} (list {version})" if markers else "",
    )


# --- the page -------------------------------------------------------------------------------------


class OfferInspectView(InspectView):
    """What an offer is, how it stands, and all that was seen and said of it. A fixed number of queries."""

    @cached_property
    def may_change(self) -> bool:
        return bool(self.user_has_permission("change"))

    def get_object(self, queryset: Any = None) -> Offer:
        related = ("product", "retailer__region", "retailer__programme", "host")
        return get_object_or_404(Offer.objects.select_related(*related), pk=unquote(str(self.pk)))

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.may_change or not may_be_asked(self.object):
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

    def get_enabled_display_value(self) -> str:
        return "Yes" if self.object.enabled else "No: readers do not see it"

    def get_field_label(self, field_name: str, field: Any) -> str:
        return OFFER_LABELS.get(field_name) or str(super().get_field_label(field_name, field))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offer, now = self.object, timezone.now()
        looks = Paginator(offer.checks.select_related("judged_by"), LOOKS_SHOWN)
        page = looks.get_page(self.request.GET.get("p"))
        entries = [ledger_entry(check) for check in page]
        last = entries[0].check if page.number == 1 and entries else offer.checks.first()
        dismissal = offer.dismissal
        flips = offer.flips.all()
        own_alarms = offer.alarms.select_related("snoozed_by")
        said = registry.get_logs_for_instance(offer).filter(action__in=SAID_BY_PEOPLE)
        uses = uses_of([offer.product_id])
        return {
            **super().get_context_data(**kwargs),
            "now": now,
            "standings": standings(offer, last),
            "hidden_because": why_hidden(offer),
            "reader_gets": self._reader_gets(now),
            "verbs": verbs_for(offer, last) if self.may_change else [],
            "strip": strips_of([offer], days=DAYS_SHOWN).get(offer.pk),
            "strip_legend": legend(),
            "days_shown": DAYS_SHOWN,
            "entries": entries,
            "looks_page": page,
            "elided_page_range": looks.get_elided_page_range(page.number),
            "dismissed_at": datetime.datetime.fromisoformat(dismissal["at"]) if dismissal else None,
            "flips": [_flip_row(flip) for flip in flips[:FLIPS_SHOWN]],
            "flip_count": flips.count(),
            "open_alarms": open_alarms_of([offer])[offer.pk],
            "past_alarms": own_alarms.filter(closed_at__isnull=False)[:ALARMS_SHOWN],
            "said": said.select_related("user").order_by("-timestamp")[:SAID_SHOWN],
            **clicks_of(self.request, Clicks.objects.filter(offer=offer.pk), days=DAYS_SHOWN),
            "uses": rows_for(uses[:USES_SHOWN], self.request),
            "use_count": len(uses),
            "usage_url": reverse(Offer.snippet_viewset.get_url_name("usage"), args=[offer.pk]),
            "product_url": reverse(
                type(offer.product).snippet_viewset.get_url_name("inspect"), args=[offer.product_id]
            ),
            "retailer_url": self._retailer_url(),
        }

    def _reader_gets(self, now: datetime.datetime) -> str:
        product = self.object.product
        shelves = stock_shelf([product.pk], now=now)[product.pk].regions
        shelf = next(shelf for shelf in shelves if shelf.region.pk == self.object.retailer.region_id)
        return reader_gets(self.object, shelf, is_stopped=product.is_withdrawn)

    def _retailer_url(self) -> str | None:
        viewset = Retailer.snippet_viewset
        any_of = ("add", "change", "delete", "view")
        if not viewset.permission_policy.user_has_any_permission(self.request.user, any_of):
            return None
        return reverse(viewset.get_url_name("inspect"), args=[self.object.retailer_id])


def clicks_of(request: HttpRequest, counts: ClickQuerySet, *, days: int) -> dict[str, Any]:
    """For who may see clicks: the chart of the last `days` days, today the last, and the sum in words."""
    if not request.user.has_perm("products.view_clicks"):
        return {"click_chart": None}
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    first = today - datetime.timedelta(days=days - 1)
    chart = clicks_chart(counts.between(first, today), first, today)
    return {"click_chart": chart, "click_words": in_words(chart.totals[0], days=days)}


def legend() -> list[Strip]:
    """One cell of each state, with its name: what the shapes of a strip mean."""
    return [strip(state.words, [(*LOOKS[state], state.words)]) for state in DayState]


def _flip_row(flip: Flip) -> dict[str, Any]:
    return {
        "at": flip.at,
        "axis": AXIS_LABELS[Axis(flip.axis)],
        "before": value_words(flip.axis, flip.before),
        "after": value_words(flip.axis, flip.after),
        "reason": flip.reason,
    }
