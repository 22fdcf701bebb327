"""The page of one shop in the admin: the health of its links over time, how it is asked, what it earns and touches."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin.utils import unquote
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from wagtail.snippets.views.snippets import InspectView

from products.api_access import why_not
from products.charts import BarChart, stacked_bars
from products.histories import histories_of
from products.linkcheck.breaker import Breaker
from products.linkcheck.history import DayState
from products.linkcheck.robots import allows
from products.linkcheck.verdict import Axis
from products.models import Alarm, Checking, Clicks, Host, Offer, Retailer
from products.offer_desk import AXIS_LABELS, clicks_of, value_words
from products.where_used import uses_of
from products.where_used_desk import rows_for

WEEKS_SHOWN = 26
CLICK_DAYS = 30
HOSTS_SHOWN = USES_SHOWN = ALARMS_SHOWN = 20
SERIES: Mapping[str, Collection[DayState]] = {
    "Well": {DayState.WELL},
    "Suspect": {DayState.SUSPECT},
    "Broken": {DayState.BROKEN},
    "Identity lost": {DayState.IDENTITY_LOST},
    "Not to be bought": {DayState.NOT_FOR_SALE},
    "Not known": {DayState.UNKNOWN},
}


@dataclass(frozen=True, slots=True)
class HealthCount:
    """How many of a shop's offers stand so on one axis, and where they are listed."""

    axis: str
    words: str
    count: int
    url: str


def offers_by_health(retailer: Retailer) -> list[HealthCount]:
    """By axis, how many of a shop's addressed offers stand how. One query."""
    axes = [axis.value for axis in Axis]
    rows = Offer.objects.filter(retailer=retailer).addressed().order_by().values(*axes)
    counted: dict[str, Counter[str]] = {axis: Counter() for axis in axes}
    for row in rows.annotate(count=Count("pk")):
        for axis in axes:
            counted[axis][row[axis]] += row["count"]
    return [
        HealthCount(
            AXIS_LABELS[Axis(axis)],
            value_words(axis, value),
            count,
            listing_url(retailer, **{axis: value}),
        )
        for axis in axes
        for value, count in counted[axis].most_common()
    ]


def listing_url(retailer: Retailer, **filters: str) -> str:
    """The listing of offers, with those of this shop alone."""
    listing = reverse(Offer.snippet_viewset.get_url_name("list"))
    return f"{listing}?{urlencode({'retailer': retailer.pk, **filters})}"


def health_chart(offers: Collection[Offer]) -> BarChart:
    """How many of these offers stood how at the end of each of the last weeks, this one's today. One query."""
    histories = histories_of(offers, days=WEEKS_SHOWN * 7)
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    rows: list[tuple[str, Sequence[int]]] = []
    for week in range(WEEKS_SHOWN):
        place = week * 7 + 6
        states = Counter(states[place] for states in histories.values())
        day = today - datetime.timedelta(days=WEEKS_SHOWN * 7 - 1 - place)
        rows.append((f"{day:%-d %b}", [sum(states[one] for one in found) for found in SERIES.values()]))
    return stacked_bars("Offers by health, week by week", list(SERIES), rows, axis="Week to", are_levels=True)


# --- how it is asked ------------------------------------------------------------------------------


def manners(retailer: Retailer) -> list[str]:
    """How this shop is looked at, in sentences, as the settings apply."""
    pace = f"at least {retailer.pace.normalize():f} seconds"
    if retailer.checking == Checking.HUMAN:
        return [
            "By a person only: no robot of ours asks its pages. Its offers wait under “Links to look at”."
        ]
    if retailer.checking == Checking.API:
        network = retailer.programme.network if retailer.programme else ""
        refused = why_not(network, retailer.affiliate_settings)
        return ["Through the retailer's API; its pages are never fetched.", *([refused] if refused else [])]
    robots = (
        "Its robots.txt is respected for product pages too."
        if settings.RESPECT_ROBOTS_FOR_PRODUCTS
        else "Its robots.txt is not asked for the single product pages that editors chose."
    )
    return [
        "Fetched by our checker.",
        f"One request at a time, with {pace} between two; a shop that shares its host with a slower one is asked at that one's pace.",
        robots,
    ]


@dataclass(frozen=True, slots=True)
class HostWords:
    """A host in sentences."""

    key: str
    sentences: Sequence[str]
    is_alarming: bool


def host_words(host: Host, *, now: datetime.datetime) -> HostWords:
    """Breaker, lease, pauses and rules of one host. No query."""
    found = [_breaker_words(host)]
    if host.leased_until is not None and host.leased_until > now:
        found.append(f"A round of checks is asking it now; its lease ends by {_moment(host.leased_until)}.")
    else:
        found.append("No round is asking it now.")
    if host.paused_until is not None and host.paused_until > now:
        found.append(f"It asked for quiet until {_moment(host.paused_until)}.")
    kept_out = [
        address
        for address, (_read_at, rules) in host.robots.items()
        if rules and not allows(rules, address.removesuffix("robots.txt"))
    ]
    if kept_out:
        found.append(f"{', '.join(sorted(kept_out))} asks robots to keep away.")
    return HostWords(host.key, found, host.breaker != Breaker.CLOSED)


BACK = "If you open one of the pages that failed and it is fine, call that offer harmless: the whole shop is back at once."


def _breaker_words(host: Host) -> str:
    health = host.health
    since = f" since {_moment(health.since)}" if health.since else ""
    cause = f" {health.cause.words}" if health.cause else ""
    match Breaker(host.breaker):
        case Breaker.CLOSED:
            return "Each of its offers speaks for itself."
        case Breaker.TRIPPED:
            return f"Many of its offers turned bad together{since}, so readers are sent elsewhere until a second look, for a day at most.{cause} {BACK}"
        case Breaker.FAILING:
            return f"The whole shop is failing{since}: a second look agreed.{cause} Readers are sent elsewhere. {BACK}"


def _moment(at: datetime.datetime) -> str:
    return f"{timezone.localtime(at):%-d %B %Y, %H:%M}"


def _earns(retailer: Retailer) -> list[str]:
    """The programme, our identity in it, and what its terms ask of us, in sentences."""
    programme = retailer.programme
    if programme is None:
        return ["No programme pays for its links: they earn nothing, and no identity is looked for."]
    adapter = programme.adapter
    found = [f"{programme.name}, at {adapter.label}."]
    labels = {field.name: field.label for field in adapter.fields}
    found += [f"{labels.get(name, name)}: {value}" for name, value in programme.identity.items()]
    if not adapter.allows_redirect:
        found.append("Its links bear the shop's own address: the programme forbids a redirect of ours.")
    return [*found, *([f"Said beside its links: “{adapter.statement}”"] if adapter.statement else [])]


# --- the page -------------------------------------------------------------------------------------


class RetailerInspectView(InspectView):
    """What is known of a shop. The number of queries does not follow its offers."""

    def get_object(self, queryset: Any = None) -> Retailer:
        related = Retailer.objects.select_related("region", "programme")
        return get_object_or_404(related, pk=unquote(str(self.pk)))

    def get_programme_display_value(self) -> str:
        return str(self.object.programme) if self.object.programme else "None: its links earn nothing"

    def get_domains_display_value(self) -> str:
        return ", ".join(self.object.domains) or "None given"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        retailer, now = self.object, timezone.now()
        everything = list(Offer.objects.filter(retailer=retailer).defer("baseline", "dismissal"))
        offers = [offer for offer in everything if not offer.is_draft]
        hosts = list(Host.objects.filter(pk__in={offer.host_id for offer in offers})[:HOSTS_SHOWN])
        alarms = (
            Alarm.objects.open()
            .filter(Q(offer__retailer=retailer) | Q(host__in=hosts))
            .select_related("offer__product", "offer__retailer__region", "product", "region", "host")
        )
        uses = uses_of({offer.product_id for offer in everything})
        return {
            **super().get_context_data(**kwargs),
            "health_counts": offers_by_health(retailer),
            "offers_url": listing_url(retailer),
            "offer_count": len(offers),
            "drafts_url": listing_url(retailer, needs="address"),
            "draft_count": len(everything) - len(offers),
            "off_url": listing_url(retailer, enabled="false"),
            "off_count": sum(not offer.enabled for offer in offers),
            "quarantined_url": listing_url(retailer, needs="quarantine"),
            "quarantined_count": sum(offer.quarantined_at is not None for offer in offers),
            "chart": health_chart(offers) if offers else None,
            "manners": manners(retailer),
            "hosts": [host_words(host, now=now) for host in hosts],
            "earns": _earns(retailer),
            "alarms": alarms.order_by("-opened_at")[:ALARMS_SHOWN],
            "alarm_count": alarms.count(),
            **clicks_of(self.request, Clicks.objects.filter(offer__retailer=retailer), days=CLICK_DAYS),
            "uses": rows_for(uses[:USES_SHOWN], self.request),
            "use_count": len(uses),
            "live_count": sum(bool(use.live) for use in uses),
            "usage_url": reverse(Retailer.snippet_viewset.get_url_name("usage"), args=[retailer.pk]),
        }
