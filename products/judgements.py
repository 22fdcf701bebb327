"""What people say of offers: a look of their own, "this is fine", "this is the right product", "not now".

Every verb asks for the permission to change offers, stands in the audit log, and wins over a robot's look that
is under way: the offer's version moves on, so that look is not written down.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from copy import copy
from enum import StrEnum

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from wagtail.log_actions import log

from products import programmes
from products.alarms import lock_products, settle_offers
from products.breakers import believe_of_host
from products.checkbook import columns, verdicts, write_all_flips, write_flips
from products.linkcheck.health import BAD, Health, Step, believe, forget_identity
from products.linkcheck.health import dismiss as dismissed
from products.linkcheck.verdict import Axis, Buyable, Identity, Judgement, Outcome, Reachable
from products.log_actions import (
    ACCEPT_PRODUCT,
    ACCEPT_REDIRECT,
    DISMISS,
    JUDGE,
    OFFER_AGAIN,
    SNOOZE,
    WITHDRAW,
)
from products.models import Alarm, Check, Checking, Offer
from products.querysets import OfferQuerySet

BATCH = 500
READ_NETWORKS = tuple(slug for slug, adapter in programmes.ADAPTERS.items() if not adapter.may_be_fetched)


class JudgementRefused(Exception):
    """It cannot be done; the message is a sentence for the editor."""


class HumanVerdict(StrEnum):
    """What a person may say who opened the page."""

    FINE = "fine"
    BROKEN = "broken"
    OUT_OF_STOCK = "out_of_stock"
    DIFFERENT_PRODUCT = "different_product"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS: Mapping[HumanVerdict, str] = {
    HumanVerdict.FINE: "Fine",
    HumanVerdict.BROKEN: "Broken",
    HumanVerdict.OUT_OF_STOCK: "Out of stock",
    HumanVerdict.DIFFERENT_PRODUCT: "Different product",
}


def judge_by_hand(
    offer: Offer,
    verdict: HumanVerdict,
    *,
    user: AbstractBaseUser,
    now: datetime.datetime,
    tempo: float = 1.0,
) -> Step:
    """Write down what a person saw; it counts at once.

    `offer` is as the person saw it. Raises `JudgementRefused` if its address changed meanwhile, and `PermissionDenied`.
    What a person calls fine though robots keep finding it bad is dismissed for as long as they find the same.
    """
    _may_change(user)
    with transaction.atomic():
        lock_products([offer.product_id])
        current = _locked(offer)
        judgement = _judgement(verdict, user, is_range=current.product.is_range)
        health = Health.read(current.health_memory)
        step = believe(health, judgement, now=now, tempo=tempo)
        changes: dict[str, object] = {
            **columns(step.health),
            "outcome": judgement.outcome.value,
            "last_checked_at": now,
            "human_checked_at": now,
        }
        if judgement.reachable is Reachable.OK:
            changes["last_reached_at"] = now
        if verdict is HumanVerdict.FINE:
            changes["dismissal"] = _against_robots(current, health, user, now)
            if health.buyable is Buyable.DIFFERENT_PRODUCT:
                changes["baseline"] = None  # the next good look takes the page as it is now
        _write(current, step, changes, now)
        Check.objects.create(
            offer=current,
            at=now,
            judged_by_id=user.pk,
            seconds=0.0,
            outcome=judgement.outcome.value,
            final_address=current.destination,
            verdicts=verdicts(judgement),
        )
        if verdict is HumanVerdict.FINE and current.host_id is not None:
            believe_of_host(current.host_id, current.pk, was_opened=True, now=now)
        log(current, JUDGE, user=user, data={"verdict": verdict.words})
    return step


def dismiss(offer: Offer, *, reason: str, user: AbstractBaseUser, now: datetime.datetime) -> Step:
    """ "This is fine": what is bad about the offer is forgotten, and stays so while looks find exactly the same.

    Raises `JudgementRefused` if nothing is bad or no reason is given, and `PermissionDenied`.
    """
    _may_change(user)
    if not reason.strip():
        raise JudgementRefused("Say why this is fine: whoever looks next will want to know.")
    with transaction.atomic():
        lock_products([offer.product_id])
        current = _locked(offer)
        health = Health.read(current.health_memory)
        axes = bad_axes(health)
        if not axes:
            raise JudgementRefused("Nothing is wrong with this offer any more.")
        step = dismissed(health, now=now)
        note = _dismissal(current, axes, reason.strip(), user, now)
        _write(current, step, {**columns(step.health), "dismissal": note}, now)
        if current.host_id is not None and Axis.REACHABLE in axes:
            believe_of_host(current.host_id, current.pk, was_opened=False, now=now)
        log(current, DISMISS, user=user, data={"reason": reason.strip()})
    return step


def accept_product(offer: Offer, *, user: AbstractBaseUser, now: datetime.datetime) -> Step:
    """ "This is the right product": what the page says of itself from now on is what it should say.

    Raises `JudgementRefused` if nobody doubts the product, and `PermissionDenied`.
    """
    _may_change(user)
    with transaction.atomic():
        lock_products([offer.product_id])
        current = _locked(offer)
        health = Health.read(current.health_memory)
        doubted = health.pending.get(Axis.BUYABLE)
        if health.buyable is not Buyable.DIFFERENT_PRODUCT and (
            doubted is None or doubted.outcome is not Outcome.DIFFERENT_PRODUCT
        ):
            raise JudgementRefused("Nobody doubts that this is the right product.")
        step = dismissed(health, now=now, axes=(Axis.BUYABLE,))
        changes: dict[str, object] = {**columns(step.health), "baseline": None}
        if current.retailer.checking != Checking.HUMAN and current.next_check_at is not None:
            changes["next_check_at"] = now
        _write(current, step, changes, now)
        log(current, ACCEPT_PRODUCT, user=user)
    return step


def accept_redirect(offer: Offer, *, user: AbstractBaseUser) -> None:
    """ "This redirect is right": where the last look ended becomes the offer's address, to be looked at at once.

    Raises `JudgementRefused` where there was no redirect, `ValidationError` where the new address is not the
    shop's, and `PermissionDenied`.
    """
    _may_change(user)
    with transaction.atomic():
        current = _locked(offer)
        last = current.checks.filter(judged_by__isnull=True).first()
        before, current.destination = current.destination, where_redirect_leads(current, last)
        current.full_clean()
        current.save()
        log(current, ACCEPT_REDIRECT, user=user, data={"before": before, "after": current.destination})


def where_redirect_leads(offer: Offer, last: Check | None) -> str:
    """The address that the offer would have if its last look's redirect were accepted. No query, nothing written.

    Raises `JudgementRefused` where there was no redirect, and `ValidationError` where it leads away from the shop.
    """
    if last is not None and last.was_redirected:
        moved = copy(offer)
        moved.destination = last.final_address
        moved.clean()
        if moved.destination != offer.destination:
            return moved.destination
    raise JudgementRefused("The last look was not redirected.")


def bad_axes(health: Health) -> list[Axis]:
    """What is bad about an offer, or accused and not confirmed yet: what a person may call harmless."""
    return [axis for axis in Axis if axis in health.pending or health.value(axis) in BAD]


def withdraw(offer: Offer, *, reason: str, user: AbstractBaseUser, now: datetime.datetime) -> None:
    """Keep one offer from readers until somebody offers it again. It is not checked meanwhile, and nothing rings for it.

    Raises `JudgementRefused` without a reason or where it is withdrawn already, and `PermissionDenied`.
    """
    if not reason.strip():
        raise JudgementRefused("Say why readers should not see this offer.")
    _switch(offer, is_on=False, reason=reason.strip(), user=user, now=now)


def offer_again(offer: Offer, *, reason: str, user: AbstractBaseUser, now: datetime.datetime) -> None:
    """Undo `withdraw`. Its health is what it was, and it is looked at when it is due.

    Raises `JudgementRefused` where it is not withdrawn, and `PermissionDenied`.
    """
    _switch(offer, is_on=True, reason=reason.strip(), user=user, now=now)


def snooze(
    alarm: Alarm,
    *,
    until: datetime.datetime,
    reason: str,
    user: AbstractBaseUser,
    now: datetime.datetime,
) -> None:
    """ "Not now": the alarm stays open and off the desk until a date. It still closes by itself.

    Raises `JudgementRefused` without a reason or for a date that is past, and `PermissionDenied`.
    """
    _may_change(user)
    if not reason.strip():
        raise JudgementRefused("Say why this can wait.")
    if until <= now:
        raise JudgementRefused("That date is past.")
    open_one = Alarm.objects.open().filter(pk=alarm.pk)
    note = {"snoozed_until": until, "snoozed_by": user, "snooze_reason": reason.strip()[:400]}
    if not open_one.update(**note):
        raise JudgementRefused("This alarm is closed already.")
    log(alarm, SNOOZE, user=user, data={"until": until.date().isoformat(), "reason": reason.strip()})


def read_identities(offers: OfferQuerySet, *, now: datetime.datetime) -> int:
    """Read anew, where robots may not ask, whether links carry our identity. Returns how many changed.

    For when a programme or a shop was edited; repeating it changes nothing.
    """
    changed = 0
    read = offers.addressed().filter(retailer__programme__network__in=READ_NETWORKS)
    related = read.select_related("product", "retailer__region", "retailer__programme")
    for offer in related.order_by("pk").iterator(chunk_size=BATCH):
        judgement = offer.read_identity()
        if judgement is None or judgement.identity.value == offer.identity:
            continue
        with transaction.atomic():
            lock_products([offer.product_id])
            step = believe(Health.read(offer.health_memory), judgement, now=now)
            changed += _write(offer, step, columns(step.health), now)
    return changed


def forget_identities(offers: OfferQuerySet, *, now: datetime.datetime) -> None:
    """Look anew, over the tracked link, at offers whose programme was changed: what was proven was another link's.

    Where robots may not ask, `read_identities` tells.
    """
    concerned = offers.addressed().exclude(retailer__programme__network__in=READ_NETWORKS)
    known = ~Q(identity=Identity.UNKNOWN) | Q(health_memory__pending__has_key=Axis.IDENTITY.value)
    # In the order in which products are locked everywhere.
    found = list(concerned.filter(known).order_by("product_id", "pk").values_list("pk", "product_id"))
    for start in range(0, len(found), BATCH):
        batch = found[start : start + BATCH]
        with transaction.atomic():
            lock_products({product for _, product in batch})
            _forget_identities([pk for pk, _ in batch], now)
    # An offer without a time is not looked at by robots at all.
    due = Case(When(next_check_at__isnull=False, then=Value(now)))
    concerned.update(tracked_probe_at=None, next_check_at=due, version=F("version") + 1)


def _forget_identities(pks: list[int], now: datetime.datetime) -> None:
    """A handful of statements, however many offers: programmes may have thousands."""
    related = Offer.objects.select_related("product", "retailer__region").select_for_update(of=("self",))
    changed: list[Offer] = []
    flips: list[tuple[Offer, Step]] = []
    for offer in related.filter(pk__in=pks).order_by("pk"):
        step = forget_identity(Health.read(offer.health_memory), now=now)
        for name, value in columns(step.health).items():
            setattr(offer, name, value)
        changed.append(offer)
        if step.flips:
            offer.changed_at = now
            flips.append((offer, step))
    Offer.objects.bulk_update(changed, [*columns(Health()), "changed_at"])
    write_all_flips(flips, now=now)
    settle_offers(pks, now=now)


def _switch(
    offer: Offer, *, is_on: bool, reason: str, user: AbstractBaseUser, now: datetime.datetime
) -> None:
    _may_change(user)
    with transaction.atomic():
        lock_products([offer.product_id])
        current = _locked(offer)
        if current.enabled == is_on:
            raise JudgementRefused("Readers may see it already." if is_on else "It is withdrawn already.")
        current.enabled = is_on
        current.save(update_fields=["enabled"])
        settle_offers([current.pk], now=now)
        log(current, OFFER_AGAIN if is_on else WITHDRAW, user=user, data={"reason": reason})


def _may_change(user: AbstractBaseUser) -> None:
    if not user.has_perm("products.change_offer"):  # type: ignore[attr-defined]  # every user model of Django's has it
        raise PermissionDenied


def _locked(offer: Offer) -> Offer:
    related = Offer.objects.select_related("product", "retailer__region", "retailer__programme__region")
    current: Offer = related.select_for_update(of=("self",)).get(pk=offer.pk)
    if current.destination != offer.destination:
        raise JudgementRefused("The offer's address was changed meanwhile: look at the new one.")
    return current


def _write(offer: Offer, step: Step, changes: Mapping[str, object], now: datetime.datetime) -> int:
    """Write by compare-and-set, in the caller's transaction, with the flips and alarms that follow."""
    flipped = {"changed_at": now} if step.flips else {}
    as_read = Offer.objects.filter(pk=offer.pk, version=offer.version)
    written = as_read.update(version=offer.version + 1, **changes, **flipped)
    if written:
        write_flips(offer, step, now=now)
        settle_offers([offer.pk], now=now)
    return written


def _judgement(verdict: HumanVerdict, user: AbstractBaseUser, *, is_range: bool) -> Judgement:
    said = f"{user} looked and said: {verdict.words.lower()}."
    stock = Buyable.UNKNOWN if is_range else Buyable.IN_STOCK
    match verdict:
        case HumanVerdict.FINE:
            outcome, reachable, buyable = Outcome.HEALTHY, Reachable.OK, stock
        case HumanVerdict.BROKEN:
            outcome, reachable, buyable = Outcome.SOFT_404, Reachable.BROKEN, Buyable.UNKNOWN
        case HumanVerdict.OUT_OF_STOCK:
            outcome, reachable, buyable = Outcome.OUT_OF_STOCK, Reachable.OK, Buyable.OUT_OF_STOCK
        case HumanVerdict.DIFFERENT_PRODUCT:
            outcome, reachable, buyable = Outcome.DIFFERENT_PRODUCT, Reachable.OK, Buyable.DIFFERENT_PRODUCT
    axis = Axis.REACHABLE if verdict is HumanVerdict.BROKEN else Axis.BUYABLE
    reasons = {Axis.REACHABLE: said, axis: said}
    return Judgement(outcome, reachable, buyable=buyable, reasons=reasons, markers_version="")


def _against_robots(
    offer: Offer, health: Health, user: AbstractBaseUser, now: datetime.datetime
) -> dict[str, object] | None:
    """The dismissal that goes with "fine" where looks find the page missing or sold out; else the one that stands."""
    disagreeing = [
        axis
        for axis in (Axis.REACHABLE, Axis.BUYABLE)
        if axis in health.pending or health.value(axis) in BAD - {Buyable.DIFFERENT_PRODUCT}
    ]
    if not disagreeing or not offer.bad_fingerprint:
        return offer.dismissal
    return _dismissal(offer, disagreeing, "Somebody looked and it was fine.", user, now)


def _dismissal(
    offer: Offer, axes: list[Axis], reason: str, user: AbstractBaseUser, now: datetime.datetime
) -> dict[str, object]:
    return {
        "fingerprint": offer.bad_fingerprint,
        "axes": [axis.value for axis in axes],
        "reason": reason,
        "by": str(user),
        "at": now.isoformat(),
    }
