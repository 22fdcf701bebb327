"""What a look at an offer should find, and how what it found is written down: by compare-and-set, or not at all."""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType

from django.db import transaction
from django.db.models import F

from products import programmes
from products.alarms import lock_products, settle_offers
from products.breakers import watch_host
from products.freshness import bump
from products.linkcheck.breaker import Seen
from products.linkcheck.evidence import Evidence
from products.linkcheck.health import BAD, GOOD, Health, Step, Usage, advance
from products.linkcheck.ledger import expected_facts, hop_facts, seen_facts
from products.linkcheck.verdict import (
    Axis,
    Baseline,
    Expectation,
    Identity,
    Judgement,
    Outcome,
    Probe,
    Reachable,
)
from products.models import Check, Flip, Offer

PROBE_TRACKED_EVERY = datetime.timedelta(days=30)
HEALTH_CHECK_SUB_ID = (
    "healthcheck"  # so that our own looks can be told from readers in a network's statistics
)
EXCERPT = 2048
NOTHING_NOTED: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Plan:
    """One look: the address to ask and what it should find."""

    address: str
    expectation: Expectation

    @property
    def is_tracked(self) -> bool:
        return self.expectation.probe is Probe.TRACKED


def plan_look(offer: Offer, *, now: datetime.datetime, tempo: float) -> Plan:
    """The plain destination as a rule; the tracked link when it is new, in doubt, or was not found well for a month.

    Looks at tracked links count as clicks with the network, so they are rare and marked.
    """
    programme = offer.retailer.programme
    if programme is None:
        return Plan(offer.destination, _expectation(offer, Probe.NO_PROGRAMME))
    adapter = programme.adapter
    try:
        adapter.check(programme.identity)
        tracked = offer.tracked_address(sub_id=HEALTH_CHECK_SUB_ID)
    except programmes.ProgrammeError:
        return Plan(offer.destination, _expectation(offer, Probe.NONE))
    identity = adapter.expectation(programme.identity)
    if adapter.may_be_fetched and _wants_tracked(offer, now=now, tempo=tempo):
        return Plan(tracked, _expectation(offer, Probe.TRACKED, identity))
    return Plan(offer.destination, _expectation(offer, Probe.NONE, identity))


def _wants_tracked(offer: Offer, *, now: datetime.datetime, tempo: float) -> bool:
    in_doubt = (
        offer.identity == Identity.LOST or Axis.IDENTITY in Health.from_json(offer.health_memory).pending
    )
    return (
        in_doubt
        or offer.tracked_probe_at is None
        or offer.tracked_probe_at <= now - PROBE_TRACKED_EVERY * tempo
    )


def _expectation(offer: Offer, probe: Probe, identity: programmes.IdentityProbe | None = None) -> Expectation:
    return Expectation(
        destination=offer.destination,
        domains=tuple(offer.retailer.domains),
        regional_domains=tuple(offer.retailer.regional_domains),
        countries=tuple(offer.retailer.region.countries),
        is_range=offer.product.is_range,
        probe=probe,
        identity=identity,
        baseline=_baseline(offer.baseline) if offer.baseline else None,
        nonsense_fingerprint=offer.host.nonsense_fingerprint if offer.host else "",
    )


def record(
    offer: Offer,
    plan: Plan,
    evidence: Evidence,
    judgement: Judgement,
    *,
    now: datetime.datetime,
    tempo: float,
    usage: Usage,
    no_later_than: datetime.datetime | None = None,
    noted: Mapping[str, object] = NOTHING_NOTED,
    tells_host: bool = True,
) -> Step | None:
    """Write down one look, what it means for the host, and the alarms that follow.

    The next look is `no_later_than` that; `noted` are further columns of the offer. A look that several offers share
    `tells_host` once, or one page that goes would look like a shop that fails. None, and nothing written, if the offer
    changed since it was read.
    """
    step = advance(
        Health.from_json(offer.health_memory),
        judgement,
        now=now,
        tempo=tempo,
        usage=usage,
        jitter=random.uniform(-1, 1),
        dismissed_fingerprint=offer.dismissal["fingerprint"] if offer.dismissal else "",
    )
    assert step.next_check_at is not None  # `advance` always says
    changes: dict[str, object] = {
        **noted,
        **columns(step.health),
        "outcome": judgement.outcome.value,
        "last_checked_at": now,
        "next_check_at": min(step.next_check_at, no_later_than or step.next_check_at),
        "attempts": 0,
    }
    if judgement.reachable is Reachable.OK:
        changes["last_reached_at"] = now
    if offer.baseline is None and judgement.facts is not None:
        changes["baseline"] = _plain(judgement.facts)
    # What a tracked look found dead may be dead on that way alone: the plain look would find it well, every time.
    found_dead = judgement.reachable is Reachable.BROKEN
    if plan.is_tracked and not found_dead and _tells_of_identity(plan, evidence, judgement):
        changes["tracked_probe_at"] = now
    if step.flips:
        changes["changed_at"] = now
    # A hiccup does not stand for what is confirmed, and what a person would call harmless is that.
    confirmed = [axis for axis in Axis if step.health.value(axis) in BAD]
    if any(getattr(judgement, axis.value) in BAD for axis in confirmed or Axis):
        changes["bad_fingerprint"] = judgement.fingerprint
    if offer.dismissal:
        # What was called harmless and is over is news if it comes again.
        left = [axis for axis in offer.dismissal["axes"] if getattr(judgement, axis) not in GOOD]
        if left != offer.dismissal["axes"]:
            changes["dismissal"] = {**offer.dismissal, "axes": left} if left else None
    rings = bool(step.flips or step.alarms or step.health.confirmed)
    with transaction.atomic():
        if rings:
            lock_products([offer.product_id])
        unchanged = Offer.objects.filter(pk=offer.pk, version=offer.version)
        if not unchanged.update(version=F("version") + 1, **changes):
            return None
        Check.objects.create(
            offer_id=offer.pk,
            at=now,
            seconds=evidence.seconds,
            outcome=judgement.outcome.value,
            status=evidence.last.status,
            final_address=evidence.final_url,
            hops=[hop_facts(hop, plan.expectation) for hop in evidence.hops],
            expected=expected_facts(plan.expectation, evidence),
            seen=seen_facts(judgement),
            verdicts=verdicts(judgement),
            markers=[judgement.markers_version, *judgement.markers] if judgement.markers else [],
            excerpt=" ".join(evidence.text.replace("\x00", "").split())[:EXCERPT],
        )
        write_flips(offer, step, now=now)
        if noted.get("price", offer.price) != offer.price:
            bump()
        if tells_host and offer.host_id is not None and not _ended_at_network(plan, evidence):
            turned = step.turned is not None
            seen = Seen(offer.pk, step.turned or judgement.outcome, turned=turned)
            watch_host(offer.host_id, seen, now=now, tempo=tempo)
        if rings:
            settle_offers([offer.pk], now=now)
    return step


def columns(health: Health) -> dict[str, object]:
    """An offer's columns that say what its health is."""
    return {
        "reachable": health.reachable.value,
        "identity": health.identity.value,
        "buyable": health.buyable.value,
        "health_memory": health.to_json(),
        "unverifiable_since": health.unverifiable_since,
    }


def write_flips(offer: Offer, step: Step, *, now: datetime.datetime) -> None:
    """Keep the changes of health for ever. Readers' pages change with them."""
    write_all_flips([(offer, step)], now=now)


def write_all_flips(steps: Sequence[tuple[Offer, Step]], *, now: datetime.datetime) -> None:
    """The same for several offers, in one statement."""
    flips = [
        Flip(
            offer_id=offer.pk,
            offer_name=str(offer)[:400],
            at=now,
            axis=flip.axis.value,
            before=flip.before.value,
            after=flip.after.value,
            reason=flip.reason[:400],
        )
        for offer, step in steps
        for flip in step.flips
    ]
    if flips:
        bump()
        Flip.objects.bulk_create(flips)


def verdicts(judgement: Judgement) -> dict[str, dict[str, str]]:
    """What a judgement says of each axis, as a check keeps it."""
    return {
        axis.value: {
            "value": getattr(judgement, axis.value).value,
            "reason": judgement.reasons.get(axis, ""),
        }
        for axis in Axis
    }


def _tells_of_identity(plan: Plan, evidence: Evidence, judgement: Judgement) -> bool:
    """Whether a tracked look was worth its click. One that met silence, or was asked to wait, is made again."""
    probe = plan.expectation.identity
    counted = (
        probe is not None and hop.status in range(200, 400) and probe.is_on_network(hop.url)
        for hop in evidence.hops
    )
    answered = evidence.last.status is not None and judgement.outcome is not Outcome.RATE_LIMITED
    return answered or judgement.identity is not Identity.UNKNOWN or any(counted)


def _ended_at_network(plan: Plan, evidence: Evidence) -> bool:
    """A look that never got past the affiliate network says nothing of the shop's own host."""
    probe = plan.expectation.identity
    return probe is not None and probe.is_on_network(evidence.final_url)


def _baseline(kept: Mapping[str, str]) -> Baseline:
    """What `_plain` kept. A newer release, rolled back since, may have kept more."""
    known = {field.name for field in fields(Baseline)}
    return Baseline(**{name: value for name, value in kept.items() if name in known})


def _plain(facts: Baseline) -> dict[str, str]:
    return {"title": facts.title, "gtin": facts.gtin, "mpn": facts.mpn, "canonical": facts.canonical}
