"""Who is told what about links in the day's mail: rows first, and lines of the mail from the rows.

Alarms that ring, an offer that one shop has sold out while others of its region have not, and, weekly, offers that
change back and forth so that their alarms are muted. The mail itself is one with that of due reviews
(`articles.digests`).
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from products.alarms import SOLD_OUT
from products.clicks.costs import clicks_lately, in_words
from products.linkcheck.health import Health
from products.linkcheck.verdict import Axis
from products.models import Alarm, AlarmKind, LinkNews, LinkNotice, Offer

MAY_MEND = "products.change_offer"
"""The permission whose holders are told."""
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
PRESSING = list(LinkNews)


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A thing in a digest: what is the matter, why, and where in the admin it can be mended."""

    title: str
    standing: str
    why: str
    path: str


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a notice tells of. `since` tells it from an earlier time that the same happened."""

    news: LinkNews
    alarm: int | None
    offer: int | None
    since: datetime.date


def people_to_tell() -> set[int]:
    """The accounts that may change offers and can be written to; the administrators where there are none."""
    users = get_user_model().objects
    holders = users.with_perm(MAY_MEND, include_superusers=False, backend=MODEL_BACKEND)
    admins = users.filter(is_active=True, is_superuser=True)
    return set(holders.exclude(email="").values_list("pk", flat=True)) or set(
        admins.exclude(email="").values_list("pk", flat=True)
    )


def note_down(people: Collection[int], *, now: datetime.datetime) -> None:
    """Make the notices of what there is to tell these people, and drop waiting ones that are not true any more or theirs.

    Repeating it changes nothing. Its cost follows what is bad, not what is there.
    """
    things = {*_alarms(now), *_sold_out(), *_flaky(now)} if people else set()
    mine = LinkNotice.objects.filter(recipient__in=people)
    known = {
        (person, _Thing(LinkNews(news), alarm, offer, since)): (pk, told_at)
        for pk, person, news, alarm, offer, since, told_at in mine.about(
            {thing.alarm for thing in things if thing.alarm}, {thing.offer for thing in things if thing.offer}
        ).values_list("pk", "recipient_id", "news", "alarm_id", "offer_id", "since", "told_at")
    }
    true = [pk for (_, thing), (pk, told_at) in known.items() if thing in things and told_at is None]
    LinkNotice.objects.waiting().exclude(pk__in=true).delete()
    LinkNotice.objects.bulk_create(
        (
            LinkNotice(
                recipient_id=person,
                news=thing.news,
                alarm_id=thing.alarm,
                offer_id=thing.offer,
                since=thing.since,
                made_at=now,
            )
            for person in people
            for thing in things
            if (person, thing) not in known
        ),
        ignore_conflicts=True,
    )


def lines(notices: Iterable[LinkNotice], *, now: datetime.datetime) -> list[LinkLine]:
    """One line for each, the most pressing first; among alarms those that cost most clicks. Queries do not grow."""
    rows = sorted(
        notices, key=lambda notice: (PRESSING.index(LinkNews(notice.news)), notice.since, notice.pk)
    )
    alarms = [notice.alarm for notice in rows if notice.alarm is not None]
    clicks = clicks_lately(alarms, now=now)
    alarms.sort(key=lambda alarm: -clicks[alarm.pk])
    offers = [(notice, notice.offer) for notice in rows if notice.offer is not None]
    return [
        *(_alarm_line(alarm, clicks[alarm.pk]) for alarm in alarms),
        *(_offer_line(notice, offer) for notice, offer in offers),
    ]


def _alarm_line(alarm: Alarm, clicks: int) -> LinkLine:
    articles = "1 article" if alarm.articles == 1 else f"{alarm.articles} articles"
    return LinkLine(
        title=str(alarm),
        standing=f"Rings since {_in_words(_day(alarm.opened_at))}. {articles}; {in_words(clicks).lower()}.",
        why=alarm.reason,
        path=reverse("alarms:alarm", args=[alarm.pk]),
    )


def _offer_line(notice: LinkNotice, offer: Offer) -> LinkLine:
    if notice.news == LinkNews.SOLD_OUT:
        gone = f"{offer.get_buyable_display()} since {_in_words(notice.since)}."
        why = "Readers are sent to another shop of the region, and no alarm rings."
        verb = "edit"
    else:
        gone = "It changes back and forth between well and bad."
        why = "Its alarms are muted until it keeps still for a week."
        verb = "inspect"
    path = reverse(Offer.snippet_viewset.get_url_name(verb), args=[offer.pk])
    return LinkLine(title=str(offer), standing=gone, why=why, path=path)


def _alarms(now: datetime.datetime) -> Iterable[_Thing]:
    for pk, opened_at in Alarm.objects.ringing(now).values_list("pk", "opened_at"):
        yield _Thing(LinkNews.ALARM, pk, None, _day(opened_at))


def _sold_out() -> Iterable[_Thing]:
    """Where nobody else of the region is left, an alarm tells it."""
    covered = set(Alarm.objects.open().filter(kind=AlarmKind.SOLD_OUT).values_list("product_id", "region_id"))
    gone = Offer.objects.listed().filter(buyable__in=SOLD_OUT)
    for pk, product, region, memory in gone.values_list(
        "pk", "product_id", "retailer__region_id", "health_memory"
    ):
        health = Health.read(memory)
        confirmed = health.confirmed.get(Axis.BUYABLE)
        if confirmed and Axis.BUYABLE not in health.muted and (product, region) not in covered:
            yield _Thing(LinkNews.SOLD_OUT, None, pk, _day(confirmed.since))


def _flaky(now: datetime.datetime) -> Iterable[_Thing]:
    today = _day(now)
    monday = today - datetime.timedelta(days=today.weekday())
    for pk, memory in Offer.objects.listed().once_flaky().values_list("pk", "health_memory"):
        if Health.read(memory).is_flaky(now):
            yield _Thing(LinkNews.FLAKY, None, pk, monday)


def _day(moment: datetime.datetime) -> datetime.date:
    """The site's day; an account's own time zone, which Wagtail's admin switches on, must not move it."""
    return timezone.localdate(moment, timezone=timezone.get_default_timezone())


def _in_words(day: datetime.date) -> str:
    return f"{day:%-d %B %Y}"
