"""Rounds of link checks against real loopback shops."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from demo.retailers import Behaviour, RetailerServer
from products import destinations
from products.addresses import read_targets
from products.checkbook import plan_look, record
from products.fetch import Door
from products.leases import database_now, give_back, lease_due_hosts, lease_host
from products.linkcheck.health import Usage
from products.linkcheck.verdict import Buyable, Identity, Outcome, Reachable, judge
from products.models import Check, Flip, Host, Offer
from products.querysets import OfferQuerySet
from products.rounds import MOST_ATTEMPTS, Limits, run_round
from tests.factories import OfferFactory, ProductFactory, ProgrammeFactory, RetailerFactory

pytestmark = pytest.mark.django_db

TEMPO = 0.00002  # an hour passes in 72 ms
QUICK = Limits(threads=8, seconds=5.0, hop_patience=1.0)


@pytest.fixture(scope="module")
def shops() -> Iterator[RetailerServer]:
    with RetailerServer() as server:
        server.shop("peak.example")
        server.shop("peak-us.example")
        server.shop("quiet.example")
        server.shop("www.awin1.com", default=Behaviour.NETWORK_HOP)
        yield server


@pytest.fixture
def door(shops: RetailerServer, tmp_path_factory: pytest.TempPathFactory, settings) -> Door:
    folder = Path(shops.ca_file).parent
    hosts = folder / "fetch_hosts"
    shops.write_fetch_hosts(hosts)
    settings.FETCH_HOSTS = str(hosts)
    destinations._targets_of.cache_clear()
    for name in ("peak.example", "quiet.example"):
        shops.shop(name).up()
    shops.forget()
    return Door(user_agent="ReferredCheck/1.0 (+http://localhost)", targets=read_targets(hosts), deadline=2.0)


def offer_at(
    shops: RetailerServer,
    path: str,
    behaviour: Behaviour = Behaviour.PRODUCT,
    *,
    shop: str = "peak.example",
    **values,
) -> Offer:
    product = values.pop("product", None) or ProductFactory()
    address = shops.shop(shop).product(path, name=product.name, behaviour=behaviour)
    values.setdefault("retailer", None)
    if values["retailer"] is None:
        values["retailer"] = RetailerFactory(
            name=f"{shop} {uuid4().hex[:6]}", domains=[shop], programme=None, pace="0.1"
        )
    return OfferFactory(product=product, destination=address, **values)


def look_again(offer: Offer, door: Door) -> Offer:
    Offer.objects.filter(pk=offer.pk).update(next_check_at=database_now())
    Host.objects.update(paused_until=None)
    run_round(door, tempo=TEMPO, limits=QUICK)
    offer.refresh_from_db()
    return offer


def test_a_round_finds_a_healthy_offer_and_writes_down_what_it_saw(shops, door):
    offer = offer_at(shops, "/healthy")
    report = run_round(door, tempo=TEMPO, limits=QUICK)
    offer.refresh_from_db()
    assert (report.looked, offer.reachable, offer.buyable) == (1, Reachable.OK, Buyable.IN_STOCK)
    assert offer.outcome == Outcome.HEALTHY
    assert offer.next_check_at > offer.last_checked_at
    assert offer.last_reached_at == offer.last_checked_at
    check = Check.objects.get(offer=offer)
    assert check.status == 200
    assert check.hops[0]["address"] == offer.destination
    assert offer.baseline["title"]


def test_a_page_that_goes_makes_its_offer_suspect_then_broken_and_a_return_heals_at_once(shops, door):
    offer = offer_at(shops, "/goes")
    look_again(offer, door)
    shops.shop("peak.example").set("/goes", Behaviour.GONE)
    assert look_again(offer, door).reachable == Reachable.SUSPECT
    for _ in range(20):
        if look_again(offer, door).reachable == Reachable.BROKEN:
            break
    assert offer.reachable == Reachable.BROKEN
    assert not Offer.objects.filter(pk=offer.pk).showable().exists()
    shops.shop("peak.example").set("/goes", Behaviour.PRODUCT)
    assert look_again(offer, door).reachable == Reachable.OK
    assert Offer.objects.filter(pk=offer.pk).showable().exists()
    assert [
        (flip.before, flip.after)
        for flip in Flip.objects.filter(offer=offer, axis="reachable").order_by("pk")
    ][-2:] == [
        ("ok", "broken"),
        ("broken", "ok"),
    ]


def test_a_wall_for_robots_never_makes_an_offer_broken(shops, door):
    offer = offer_at(shops, "/walled", Behaviour.CAPTCHA)
    for _ in range(5):
        look_again(offer, door)
    assert offer.reachable == Reachable.UNKNOWN
    assert offer.outcome == Outcome.BLOCKED
    assert Offer.objects.filter(pk=offer.pk).showable().exists()


def test_a_shop_that_asks_for_quiet_is_left_alone_by_every_round(shops, door):
    offer = offer_at(shops, "/limited", Behaviour.RATE_LIMITED, shop="quiet.example")
    run_round(door, tempo=TEMPO, limits=QUICK)
    host = Host.objects.get(key="quiet.example")
    assert host.paused_until > timezone.now() + datetime.timedelta(seconds=60)
    Offer.objects.filter(pk=offer.pk).update(next_check_at=database_now())
    assert run_round(door, tempo=TEMPO, limits=QUICK).looked == 0


def test_the_identity_is_proven_through_the_network_and_lost_where_the_shop_drops_it(shops, door):
    programme = ProgrammeFactory(network="awin", identity={"merchant_id": "1", "publisher_id": "2"})
    kept = offer_at(
        shops, "/kept", retailer=RetailerFactory(domains=["peak.example"], programme=programme, pace="0.1")
    )
    dropped = offer_at(
        shops,
        "/dropped",
        Behaviour.DROPS_TAG,
        retailer=RetailerFactory(domains=["peak.example"], programme=ProgrammeFactory(), pace="0.1"),
    )
    run_round(door, tempo=TEMPO, limits=QUICK)
    kept.refresh_from_db()
    assert kept.identity in {Identity.PROVEN, Identity.HANDED_OVER}
    assert any(request.host == "www.awin1.com" for request in shops.requests)
    for _ in range(20):
        if look_again(dropped, door).identity == Identity.LOST:
            break
    assert dropped.identity == Identity.LOST
    assert dropped.reachable == Reachable.OK
    assert not Offer.objects.filter(pk=dropped.pk).showable().exists()


def test_only_one_request_at_a_time_goes_to_a_host(shops, door):
    for number in range(6):
        offer_at(shops, f"/many/{number}", Behaviour.KEEPS_TAG)
    report = run_round(door, tempo=TEMPO, limits=QUICK)
    assert report.looked == 6
    assert shops.max_in_flight["peak.example"] == 1


def test_requests_to_a_host_keep_its_pace(shops, door):
    for number in range(4):
        offer_at(shops, f"/paced/{number}", Behaviour.KEEPS_TAG)
    run_round(door, tempo=TEMPO, limits=QUICK)
    times = sorted(request.at for request in shops.requests if request.host == "peak.example")
    assert len(times) == 8
    assert (
        times[-1] - times[0] >= 7 * 0.1 - 0.05
    )  # one gap alone may look short: the server notes its requests late


def test_a_leased_host_is_left_to_its_holder(shops, door):
    offer_at(shops, "/leased")
    other = uuid4()
    assert [host.key for host in lease_due_hosts(other, now=database_now(), most=10)] == ["peak.example"]
    assert run_round(door, tempo=TEMPO, limits=QUICK).looked == 0
    assert lease_host("peak.example", uuid4(), now=database_now()) is None
    give_back(["peak.example"], other)
    assert run_round(door, tempo=TEMPO, limits=QUICK).looked == 1


def test_a_lease_of_a_killed_worker_runs_out(shops, door):
    offer_at(shops, "/orphaned")
    lease_due_hosts(uuid4(), now=database_now() - datetime.timedelta(minutes=5), most=10)
    assert run_round(door, tempo=TEMPO, limits=QUICK).looked == 1


def test_a_redirect_to_a_host_that_another_round_holds_gives_the_offer_back(shops, door):
    offer = offer_at(shops, "/away", Behaviour.OTHER_REGION)
    lease_host("peak-us.example", uuid4(), now=database_now())
    report = run_round(door, tempo=TEMPO, limits=QUICK)
    offer.refresh_from_db()
    assert (report.looked, report.given_back) == (0, 1)
    assert (offer.attempts, offer.reachable) == (0, Reachable.UNKNOWN)
    assert offer.next_check_at is not None


def test_a_tracked_look_waits_for_the_network_that_another_round_holds(shops, door):
    programme = ProgrammeFactory(network="awin", identity={"merchant_id": "1", "publisher_id": "2"})
    offer_at(
        shops, "/via", retailer=RetailerFactory(domains=["peak.example"], programme=programme, pace="0.1")
    )
    lease_host("awin1.com", holder := uuid4(), now=database_now())
    report = run_round(door, tempo=TEMPO, limits=QUICK)
    assert (report.looked, report.given_back) == (0, 1)
    assert not any(request.host == "www.awin1.com" for request in shops.requests)
    give_back(["awin1.com"], holder)


def test_an_edit_while_a_look_is_under_way_wins_over_what_was_seen(shops, door):
    offer = offer_at(shops, "/slow", Behaviour.SLOW)
    shops.shop("peak.example").set("/slow", Behaviour.SLOW, delay=0.3)
    stale = Offer.objects.select_related("product", "retailer__region").get(pk=offer.pk)
    offer.destination = shops.shop("peak.example").product("/new", name="new")
    offer.save()
    plan = plan_look(stale, now=database_now(), tempo=TEMPO)
    evidence = door.look(plan.address)
    judgement = judge(evidence, plan.expectation)
    assert (
        record(stale, plan, evidence, judgement, now=database_now(), tempo=TEMPO, usage=Usage.ELSEWHERE)
        is None
    )
    assert Check.objects.filter(offer=offer).count() == 0
    offer.refresh_from_db()
    assert offer.reachable == Reachable.UNKNOWN


def test_a_row_that_keeps_ending_its_worker_is_set_aside_and_the_others_go_on(shops, door):
    poisoned, well = offer_at(shops, "/poison"), offer_at(shops, "/well")
    Offer.objects.filter(pk=poisoned.pk).update(attempts=MOST_ATTEMPTS)
    report = run_round(door, tempo=TEMPO, limits=QUICK)
    poisoned.refresh_from_db()
    well.refresh_from_db()
    assert report.looked == 1
    assert poisoned.quarantined_at is not None
    assert well.reachable == Reachable.OK


def test_saving_an_offer_says_only_when_to_look(shops, door):
    offer = offer_at(shops, "/saved")
    run_round(door, tempo=TEMPO, limits=QUICK)
    stale = Offer.objects.get(pk=offer.pk)
    Offer.objects.filter(pk=offer.pk).update(reachable=Reachable.BROKEN)
    stale.priority = 5
    stale.save()
    offer.refresh_from_db()
    assert (offer.priority, offer.reachable) == (5, Reachable.BROKEN)
    offer.destination = offer.destination + "?size=m"
    offer.save()
    assert (offer.reachable, offer.last_checked_at) == (Reachable.UNKNOWN, None)
    assert offer.next_check_at <= timezone.now()


def test_a_draft_offer_is_never_due():
    offer = OfferFactory(draft=True)
    assert offer.next_check_at is None
    due: OfferQuerySet = Offer.objects.due(timezone.now() + datetime.timedelta(days=400))
    assert offer not in due


def test_an_old_revision_cannot_bring_back_the_health_of_another_address(shops, door):
    offer = offer_at(shops, "/before")
    old = Offer.objects.get(pk=offer.pk)
    offer.destination = shops.shop("peak.example").product("/after", name="after")
    offer.save()
    run_round(door, tempo=TEMPO, limits=QUICK)
    old.save()
    offer.refresh_from_db()
    assert offer.destination.endswith("/before")
    assert (offer.reachable, offer.last_checked_at) == (Reachable.UNKNOWN, None)
