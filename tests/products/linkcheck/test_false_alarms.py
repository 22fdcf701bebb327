"""Ten thousand looks, one in five of them spoilt, through the real judge and the real history.

What each behaviour of a shop looks like is fetched once, from real loopback shops; the looks are then played on a
clock of their own.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.retailers import WHOLE_SHOP, Behaviour, RetailerServer
from products.addresses import read_targets
from products.fetch import Door
from products.linkcheck.health import Health, Step, Usage, advance
from products.linkcheck.verdict import Axis, Expectation, Judgement, Probe, Reachable, judge

BROKEN = frozenset(
    {
        Behaviour.NOT_FOUND,
        Behaviour.GONE,
        Behaviour.SOFT_404,
        Behaviour.REDIRECT_HOME,
        Behaviour.REDIRECT_LOOP,
        Behaviour.ENDLESS_REDIRECTS,
        Behaviour.SERVER_ERROR,
        Behaviour.TIMEOUT,
        Behaviour.SLOW,
        Behaviour.RESET,
        *WHOLE_SHOP,
    }
)
UNTELLING = frozenset(  # walls for robots, and answers that say nothing of the product
    {
        Behaviour.CAPTCHA,
        Behaviour.CAPTCHA_503,
        Behaviour.CHALLENGE,
        Behaviour.CONSENT_WALL,
        Behaviour.SCRIPT_ONLY,
        Behaviour.GET_REFUSED,
        Behaviour.RATE_LIMITED,
        Behaviour.UNAVAILABLE,
        Behaviour.GZIP,
        Behaviour.NO_CONTENT,
        Behaviour.OTHER_REGION,
    }
)
WELL = frozenset(
    {
        Behaviour.PRODUCT,
        Behaviour.PLAIN_PRODUCT,
        Behaviour.SOLD_OUT,
        Behaviour.SOLD_OUT_IN_WORDS,
        Behaviour.DISCONTINUED,
        Behaviour.HEAD_REFUSED,
        Behaviour.KEEPS_TAG,
        Behaviour.DROPS_TAG,
        Behaviour.MOVED,
    }
)
TRANSIENT = (Behaviour.SERVER_ERROR, Behaviour.TIMEOUT, Behaviour.RESET, Behaviour.CLOSED)
SPOILT = 0.2
LOOKS = 10_000
LOOKS_AT_EACH = 25
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Behaviour, Judgement]:
    """What the judge says of each behaviour, seen once through the real door."""
    hosts = tmp_path_factory.mktemp("shops") / "fetch_hosts"
    behaviours = sorted(BROKEN | UNTELLING | WELL)
    with RetailerServer() as shops:
        addresses = {}
        for behaviour in behaviours:
            name = behaviour.replace("_", "-")
            shop = shops.shop(f"{name}.example")
            shops.shop(f"{name}-us.example", default=Behaviour.PRODUCT)
            addresses[behaviour] = shop.product("/thigh-support", name="Thigh support", gtin="5012345678900")
            if behaviour in WHOLE_SHOP:
                shop.down(behaviour)
            else:
                shop.set("/thigh-support", behaviour)
        shops.write_fetch_hosts(Path(hosts))
        door = Door(
            user_agent="ReferredCheck/1.0 (+http://localhost)", targets=read_targets(hosts), deadline=0.5
        )
        return {
            behaviour: judge(door.look(address), _expectation(behaviour, address))
            for behaviour, address in addresses.items()
        }


def _expectation(behaviour: Behaviour, address: str) -> Expectation:
    name = behaviour.replace("_", "-")
    return Expectation(
        destination=address,
        domains=(f"{name}.example",),
        regional_domains=(f"{name}-us.example",),
        probe=Probe.NO_PROGRAMME,
    )


def history(judged: Mapping[Behaviour, Judgement], behaviour: Behaviour, chance: random.Random) -> list[Step]:
    """An offer's looks, each when the one before asked for it; one in five is spoilt."""
    health, now, steps = Health(), BEGAN, []
    for _ in range(LOOKS_AT_EACH):
        seen = chance.choice(TRANSIENT) if chance.random() < SPOILT else behaviour
        step = advance(
            health, judged[seen], now=now, usage=Usage.CLICKED_THIS_WEEK, jitter=chance.uniform(-1, 1)
        )
        assert step.next_check_at is not None
        health, now = step.health, step.next_check_at
        steps.append(step)
    return steps


def rang(steps: list[Step], *axes: Axis) -> bool:
    return any(axis in step.alarms for step in steps for axis in axes)


def test_broken_links_are_found_and_no_other_link_rings_when_one_look_in_five_is_spoilt(judged):
    chance = random.Random(8)
    kinds = sorted(BROKEN | WELL)
    offers = [kinds[number % len(kinds)] for number in range(LOOKS // LOOKS_AT_EACH)]
    histories = [(behaviour, history(judged, behaviour, chance)) for behaviour in offers]
    alarmed = [behaviour for behaviour, steps in histories if rang(steps, Axis.REACHABLE)]
    broken = [behaviour for behaviour in offers if behaviour in BROKEN]
    assert sum(len(steps) for _, steps in histories) == LOOKS
    assert [behaviour for behaviour in alarmed if behaviour not in BROKEN] == []
    assert len(alarmed) / len(broken) >= 0.99
    last = [(behaviour, steps[-1].health.reachable) for behaviour, steps in histories]
    called_broken = [behaviour for behaviour, reachable in last if reachable is Reachable.BROKEN]
    assert sum(behaviour in BROKEN for behaviour in called_broken) / len(called_broken) >= 0.99
    assert len(called_broken) / len(broken) >= 0.99


def test_no_healthy_link_rings_in_ten_thousand_looks_when_one_in_five_is_spoilt(judged):
    chance = random.Random(9)
    offers = [history(judged, Behaviour.PRODUCT, chance) for _ in range(LOOKS // LOOKS_AT_EACH)]
    assert sum(step.health.reachable is Reachable.SUSPECT for steps in offers for step in steps) > LOOKS / 20
    assert not any(rang(steps, *Axis) for steps in offers)


@pytest.mark.parametrize("behaviour", sorted(UNTELLING))
def test_a_shop_that_refuses_robots_or_tells_nothing_never_rings(behaviour, judged):
    health, now = Health(), BEGAN
    for _ in range(LOOKS_AT_EACH):
        step = advance(health, judged[behaviour], now=now, usage=Usage.CLICKED_THIS_WEEK)
        assert step.alarms == ()
        assert step.health.reachable is Reachable.UNKNOWN
        assert step.next_check_at is not None
        health, now = step.health, step.next_check_at
