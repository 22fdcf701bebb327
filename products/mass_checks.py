"""Having offers checked now, 1 or 5,000: their due dates come forward, and the ordinary polite rounds do the work.

Nothing here asks a shop. A mass check is a note of who asked for what; what came of it is read from the looks
(`AskedOfferQuerySet.with_standing`), so a worker that dies delays it and no more.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce, Least
from wagtail.log_actions import get_active_log_context
from wagtail.models import ModelLogEntry

from products.api_access import why_not
from products.linkcheck.verdict import Outcome
from products.log_actions import CHECK_NOW, TAKE_BACK
from products.models import AskedOffer, Checking, Host, MassCheck, Offer, Retailer
from products.querysets import OfferQuerySet, Refusal, Standing
from products.services import CHECKS_KEPT

MOST_ASKED = 5000
"""Offers that one asking may hold: three hours' work where all are at one shop with the usual pace."""
BATCH = 1000

WORDS: Mapping[Refusal, str] = {
    Refusal.DRAFT: "It has no address yet.",
    Refusal.OFF: "It is switched off.",
    Refusal.HUMAN: "Robots may not ask this shop: a person opens the page, from the links to look at.",
    Refusal.API: "This shop is asked through its API, for which this installation holds no credentials: a person opens the page, from the links to look at.",
    Refusal.QUARANTINED: "Set aside again: each time the checker looked at it, it got no further.",
}
FOR_PEOPLE = frozenset((Refusal.HUMAN, Refusal.API))
"""These wait in the queue of links that people look at."""


class MassCheckRefused(Exception):
    """It cannot be done; the message is a sentence for the person who asked."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What asking for some offers would come to."""

    checkable: int
    refused: Mapping[Refusal, int]
    seconds: float
    """The least time that it takes at the shops' own pace."""

    @property
    def all(self) -> int:
        return self.checkable + sum(self.refused.values())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a mass check has come."""

    waiting: int
    checked: int
    refused: int
    cancelled: int
    outcomes: Mapping[Outcome, int]
    """What the looks came to, the most frequent first."""

    @property
    def all(self) -> int:
        return self.waiting + self.checked + self.refused + self.cancelled

    @property
    def is_over(self) -> bool:
        return not self.waiting


def forecast(offers: OfferQuerySet) -> Forecast:
    """What `ask` would do with these offers. Three queries."""
    counts: Counter[str] = Counter()
    seconds = 0.0
    by_host = (
        _plain(offers)
        .with_refusal(silent_shops())
        .order_by()
        .values_list("refusal", "host_id")
        .annotate(together=Count("pk"), pace=Max("retailer__pace"))
    )
    for refusal, _host, together, pace in by_host:
        counts[refusal] += together
        if not refusal:
            seconds = max(seconds, (together - 1) * float(pace))
    checkable = counts.pop("", 0)
    return Forecast(checkable, {refusal: counts[refusal] for refusal in Refusal if counts[refusal]}, seconds)


@transaction.atomic
def ask(offers: OfferQuerySet, *, about: str, user: AbstractBaseUser, now: datetime.datetime) -> MassCheck:
    """Bring the due dates of offers forward to `now`, the database's time, those in quarantine too.

    What must not be asked is written down as refused. Raises `MassCheckRefused` where nothing can be checked or it
    is too much at once, and `PermissionDenied`.
    """
    _may_ask(user)
    chosen = _plain(offers).with_refusal(silent_shops()).select_related("product", "retailer__region")
    rows = list(chosen.order_by("pk").select_for_update(of=("self",))[: MOST_ASKED + 1])
    if len(rows) > MOST_ASKED:
        raise MassCheckRefused(
            f"At most {MOST_ASKED:,} offers can be asked for at once: filter them by shop or region."
        )
    asked = [offer for offer in rows if not offer.refusal]
    if not asked:
        raise MassCheckRefused("None of these offers can be checked by us.")
    mass_check = MassCheck.objects.create(about=about[:200], asked_by_id=user.pk, asked_at=now)
    AskedOffer.objects.bulk_create(
        (
            AskedOffer(
                mass_check=mass_check,
                offer=offer,
                refusal=offer.refusal,
                former_due_at=offer.next_check_at,
                former_quarantine_at=offer.quarantined_at,
            )
            for offer in rows
        ),
        batch_size=BATCH,
    )
    Offer.objects.filter(pk__in=[offer.pk for offer in asked]).update(
        next_check_at=Least(Coalesce("next_check_at", now), now), attempts=0, quarantined_at=None
    )  # what waits longer already keeps its place
    _log_each(asked, CHECK_NOW, mass_check, user, now)
    return mass_check


@transaction.atomic
def cancel(mass_check: MassCheck, *, user: AbstractBaseUser, now: datetime.datetime) -> int:
    """Give the offers that nobody has looked at yet their former due dates back. Returns how many those are.

    What a running round has begun is looked at to its end; what another mass check waits for stays due. Raises
    `MassCheckRefused` where nothing waits any more, and `PermissionDenied`.
    """
    _may_ask(user)
    current = MassCheck.objects.select_for_update().get(pk=mass_check.pk)
    waiting = current.rows.with_standing(silent_shops()).filter(standing=Standing.WAITING.value)
    keys = list(waiting.values_list("offer_id", flat=True))
    if not keys:
        raise MassCheckRefused("Nothing waits any more, so there was nothing to cancel.")
    MassCheck.objects.filter(pk=current.pk).update(cancelled_at=now, cancelled_by=user)
    related = Offer.objects.select_related("product", "retailer__region")
    offers = list(related.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",)))
    others = AskedOffer.objects.filter(offer__in=keys).exclude(mass_check=current)
    wanted = others.with_standing(silent_shops()).filter(standing=Standing.WAITING.value)
    former = current.rows.filter(offer=OuterRef("pk"))
    Offer.objects.filter(pk__in=keys, next_check_at=current.asked_at).exclude(
        pk__in=list(wanted.values_list("offer_id", flat=True))
    ).update(
        next_check_at=Subquery(former.values("former_due_at")[:1]),
        quarantined_at=Subquery(former.values("former_quarantine_at")[:1]),
    )
    _log_each(offers, TAKE_BACK, current, user, now)
    return len(offers)


def progress(mass_check: MassCheck) -> Progress:
    """How far it has come. Two queries, however many offers."""
    rows = mass_check.rows.with_standing(silent_shops()).order_by()
    counts: Counter[Standing] = Counter()
    outcomes: Counter[Outcome] = Counter()
    for standing, outcome, together in rows.values_list("standing", "outcome").annotate(together=Count("pk")):
        counts[Standing(standing)] += together
        if standing == Standing.CHECKED:
            outcomes[Outcome(outcome)] += together
    return _progress(counts, dict(outcomes.most_common()))


def progress_of(mass_checks: Collection[MassCheck]) -> dict[int, Progress]:
    """The same for several, without what the looks came to. Two queries, however many."""
    rows = AskedOffer.objects.filter(mass_check__in=mass_checks).with_standing(silent_shops()).order_by()
    counts: dict[int, Counter[Standing]] = {mass_check.pk: Counter() for mass_check in mass_checks}
    found = rows.values_list("mass_check_id", "standing").annotate(together=Count("pk"))
    for pk, standing, together in found:
        counts[pk][Standing(standing)] += together
    return {pk: _progress(counter, {}) for pk, counter in counts.items()}


def expected_end(mass_check: MassCheck, *, now: datetime.datetime) -> datetime.datetime | None:
    """The earliest end that the shops' pace, and the quiet that they asked for, allow. None when it is over."""
    waiting = mass_check.rows.with_standing(silent_shops()).filter(standing=Standing.WAITING.value).order_by()
    at_hosts = waiting.values_list("offer__host_id").annotate(
        together=Count("pk"), pace=Max("offer__retailer__pace")
    )
    work = {host: together * float(pace) for host, together, pace in at_hosts}
    asked_for = Host.objects.filter(pk__in=work, paused_until__gt=now).values_list("pk", "paused_until")
    quiet = {host: until for host, until in asked_for if until is not None}
    return max(
        (quiet.get(host, now) + datetime.timedelta(seconds=seconds) for host, seconds in work.items()),
        default=None,
    )


def silent_shops() -> list[int]:
    """Keys of the shops whose API we hold no credentials for. One query."""
    through_api = Retailer.objects.filter(checking=Checking.API).select_related("programme")
    return [
        shop.pk
        for shop in through_api
        if why_not(shop.programme.network if shop.programme else "", shop.affiliate_settings)
    ]


def prune_mass_checks(*, now: datetime.datetime, keep: datetime.timedelta = CHECKS_KEPT) -> int:
    """Forget what was asked for longer than `keep` ago. Returns how many. Before the looks that it is read from."""
    old = MassCheck.objects.filter(asked_at__lt=now - keep)
    pruned = old.count()
    old.delete()
    return pruned


def _plain(offers: OfferQuerySet) -> OfferQuerySet:
    """The same offers without what a listing made of them: its annotations, order and joins."""
    return Offer.objects.filter(pk__in=offers.order_by().values("pk"))


def _progress(counts: Mapping[Standing, int], outcomes: Mapping[Outcome, int]) -> Progress:
    return Progress(
        waiting=counts.get(Standing.WAITING, 0),
        checked=counts.get(Standing.CHECKED, 0),
        refused=counts.get(Standing.REFUSED, 0),
        cancelled=counts.get(Standing.CANCELLED, 0),
        outcomes=outcomes,
    )


def _log_each(
    offers: Collection[Offer],
    action: str,
    mass_check: MassCheck,
    user: AbstractBaseUser,
    now: datetime.datetime,
) -> None:
    """An entry for each offer in Wagtail's log: in one statement, for `log` would take seconds for thousands."""
    kind = ContentType.objects.get_for_model(Offer)
    together = get_active_log_context().uuid
    ModelLogEntry.objects.bulk_create(
        (
            ModelLogEntry(
                content_type=kind,
                object_id=str(offer.pk),
                label=str(offer),
                action=action,
                user=user,
                timestamp=now,
                uuid=together,
                data={"mass_check": mass_check.pk},
            )
            for offer in offers
        ),
        batch_size=BATCH,
    )


def _may_ask(user: AbstractBaseUser) -> None:
    if not user.has_perm("products.change_offer"):  # type: ignore[attr-defined]  # every user model of Django's has it
        raise PermissionDenied
