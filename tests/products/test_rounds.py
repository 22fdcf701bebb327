"""Rounds of link checks against real loopback shops."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from demo.retailers import Behaviour, RetailerServer
from products import destinations
from products.addresses import read_targets
from products.attempts import ALONE_AFTER, MOST_ATTEMPTS
from products.checkbook import plan_look, record
from products.clicks.counting import count
from products.clock import database_now
from products.fetch import Door
from products.leases import give_back, lease_due_hosts, lease_host
from products.linkcheck.health import DAY, Usage
from products.linkcheck.verdict import Buyable, Identity, Outcome, Reachable, judge
from products.models import Check, Flip, Host, Offer
from products.querysets import OfferQuerySet
from products.rounds import Limits, run_round
from tests.factories import OfferFactory, ProductFactory, ProgrammeFactory, RegionFactory, RetailerFactory
from tests.full_disk import leave_no_room_for_looks
from tests.products.shops import saw

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


@pytest.mark.parametrize(
    ("is_person", "within"), [(True, 1.2), (False, 30 * 1.2)], ids=["a person", "a robot"]
)
def test_a_link_that_people_clicked_this_week_is_looked_at_daily(shops, door, is_person, within):
    offer = offer_at(shops, f"/clicked-{is_person}")
    count(offer.pk, None, None, is_person=is_person, now=timezone.now())
    run_round(door, tempo=TEMPO, limits=QUICK)
    offer.refresh_from_db()
    days = (offer.next_check_at - offer.last_checked_at) / (DAY * TEMPO)
    assert within / 1.5 <= days <= within


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


def test_a_shop_that_sends_the_checker_to_its_pages_for_another_country_is_never_broken():
    region = RegionFactory(code="UK")
    offer = OfferFactory(
        destination="https://peak.example/brace",
        retailer=RetailerFactory(region=region, programme=None, domains=["peak.example"]),
    )
    saw(
        offer,
        now=timezone.now(),
        text="<p>All that we have for your country",
        led_to="https://peak.example/us/",
    )
    assert (offer.outcome, offer.reachable) == (Outcome.OTHER_REGION, Reachable.UNKNOWN)


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


def test_rows_under_suspicion_that_need_a_network_which_another_round_holds_keep_nobody_waiting(shops, door):
    """They are looked at one by one: whoever waited for each would do nothing else."""
    programme = ProgrammeFactory(network="awin", identity={"merchant_id": "1", "publisher_id": "2"})
    retailer = RetailerFactory(domains=["peak.example"], programme=programme, pace="0.1")
    for number in range(3):
        offer_at(shops, f"/suspect-{number}", retailer=retailer)
    Offer.objects.update(attempts=ALONE_AFTER)
    well = offer_at(shops, "/waits-behind-them")
    lease_host("awin1.com", holder := uuid4(), now=database_now())
    report = run_round(door, tempo=TEMPO, limits=Limits(threads=8, seconds=5.0, hop_patience=60.0))
    well.refresh_from_db()
    assert (report.looked, report.given_back, well.reachable) == (1, 3, Reachable.OK)
    suspects = Offer.objects.exclude(pk=well.pk)
    assert set(suspects.values_list("attempts", flat=True)) == {ALONE_AFTER}  # neither worse nor cleared
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


def test_a_full_disk_is_no_attempt(shops, door):
    """Of those under way when it was found, nor of those that waited."""
    for number in range(4):
        offer_at(shops, f"/unwritten-{number}", shop=("peak.example", "quiet.example")[number % 2])
    Offer.objects.filter(destination__endswith="3").update(attempts=1)
    leave_no_room_for_looks()
    with pytest.raises(OperationalError, match="No space left"):
        run_round(door, tempo=TEMPO, limits=QUICK)
    assert sorted(Offer.objects.values_list("attempts", flat=True)) == [0, 0, 0, 1]
    assert not Host.objects.filter(leased_by__isnull=False).exists()


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


# --- one address, one look ------------------------------------------------------------------------


def peak(**values):
    return RetailerFactory(
        name=f"Peak {uuid4().hex[:6]}", domains=["peak.example"], programme=None, pace="0.1", **values
    )


def sharers(shops, path: str, count: int, behaviour: Behaviour = Behaviour.PRODUCT) -> list[Offer]:
    """Offers of different products that lead to one page, as a range's do."""
    first = offer_at(shops, path, behaviour, retailer=peak())
    return [first, *(OfferFactory(destination=first.destination, retailer=peak()) for _ in range(count - 1))]


def asked(shops, path: str) -> int:
    return sum(request.target.partition("?")[0] == path for request in shops.requests)


def test_offers_of_one_address_share_one_request_and_each_has_its_own_row(shops, door):
    offers = sharers(shops, "/shared", 3)
    alone = offer_at(shops, "/by-itself")
    report = run_round(door, tempo=TEMPO, limits=QUICK)
    assert (report.looked, asked(shops, "/shared"), asked(shops, "/by-itself")) == (4, 1, 1)
    for offer in [*offers, alone]:
        offer.refresh_from_db()
        assert (offer.reachable, offer.attempts, offer.version) == (Reachable.OK, 0, 2)
        assert Check.objects.filter(offer=offer).count() == 1


def test_what_one_look_saw_is_judged_for_each_offer_by_its_own_history(shops, door):
    known, new = sharers(shops, "/swapped", 2)
    baseline = {"title": "A kettle", "gtin": "4006381333931", "mpn": "", "canonical": ""}
    Offer.objects.filter(pk=known.pk).update(baseline=baseline)
    run_round(door, tempo=TEMPO, limits=QUICK)
    assert asked(shops, "/swapped") == 1
    assert Check.objects.get(offer=known).outcome == Outcome.DIFFERENT_PRODUCT
    assert Check.objects.get(offer=new).outcome == Outcome.HEALTHY


def test_an_offer_that_is_not_due_is_looked_at_along_with_one_that_is(shops, door):
    due, later = sharers(shops, "/early", 2)
    tomorrow = database_now() + datetime.timedelta(days=1)
    Offer.objects.filter(pk=later.pk).update(next_check_at=tomorrow)
    aside, off = (OfferFactory(destination=due.destination, retailer=peak()) for _ in range(2))
    Offer.objects.filter(pk=aside.pk).update(next_check_at=tomorrow, attempts=2)
    Offer.objects.filter(pk=off.pk).update(enabled=False)
    assert run_round(door, tempo=TEMPO, limits=QUICK).looked == 2
    assert asked(shops, "/early") == 1
    assert set(Check.objects.values_list("offer", flat=True)) == {due.pk, later.pk}


def test_tracked_and_plain_looks_at_one_page_are_not_the_same_request(shops, door):
    plain = offer_at(shops, "/both", Behaviour.KEEPS_TAG, retailer=peak())
    paid = RetailerFactory(domains=["peak.example"], programme=ProgrammeFactory(), pace="0.1")
    OfferFactory(destination=plain.destination, retailer=paid)
    run_round(door, tempo=TEMPO, limits=QUICK)
    targets = {request.target for request in shops.requests}
    assert "/both" in targets
    assert any(target.startswith("/both?") for target in targets)


def test_an_offer_that_was_edited_meanwhile_does_not_keep_its_sharers_from_being_written(shops, door):
    kept, edited = sharers(shops, "/edited", 2)

    class Editing(Door):
        def begin(self, address: str):
            Offer.objects.filter(pk=edited.pk).update(version=99)
            return super().begin(address)

    hosts = read_targets(Path(shops.ca_file).parent / "fetch_hosts")
    editing = Editing(user_agent="ReferredCheck/1.0 (+http://localhost)", targets=hosts, deadline=2.0)
    assert run_round(editing, tempo=TEMPO, limits=QUICK).looked == 1
    assert list(Check.objects.values_list("offer", flat=True)) == [kept.pk]


def test_one_page_that_many_offers_share_is_not_a_shop_that_fails(shops, door):
    offers = sharers(shops, "/many-on-one", 6)
    look_again(offers[0], door)
    shops.shop("peak.example").set("/many-on-one", Behaviour.GONE)
    look_again(offers[0], door)
    host = Host.objects.get(key="peak.example")
    assert [seen.offer for seen in host.health.recent] == [offers[0].pk] * 2
    assert host.breaker == "closed"
    assert set(Offer.objects.values_list("reachable", flat=True)) == {Reachable.SUSPECT}


def test_a_shared_look_that_must_wait_for_a_host_gives_all_its_offers_back(shops, door):
    due, later = sharers(shops, "/shared-away", 2, Behaviour.OTHER_REGION)
    tomorrow = database_now() + datetime.timedelta(days=1)
    Offer.objects.filter(pk=later.pk).update(next_check_at=tomorrow)
    lease_host("peak-us.example", uuid4(), now=database_now())
    report = run_round(door, tempo=TEMPO, limits=QUICK)
    assert (report.looked, report.given_back) == (0, 2)
    later.refresh_from_db()
    due.refresh_from_db()
    assert (due.attempts, later.attempts, later.next_check_at) == (0, 0, tomorrow)


# --- robots.txt -----------------------------------------------------------------------------------

KEEP_OUT = "User-agent: *\nDisallow: /private/\n"


def respectful_round(door: Door):
    Offer.objects.filter(next_check_at__isnull=False).update(next_check_at=database_now())
    Host.objects.update(paused_until=None, next_polite_at=None)
    return run_round(door, tempo=1.0, limits=QUICK, respects_robots=True)


def read_before(age: datetime.timedelta) -> None:
    robots = {"https://peak.example/robots.txt": [(database_now() - age).isoformat(), KEEP_OUT]}
    Host.objects.filter(key="peak.example").update(robots=robots)


def targets(shops) -> list[str]:
    return [request.target for request in shops.requests if request.host == "peak.example"]


@pytest.fixture
def rules(shops) -> Iterator[list[str]]:
    """The shop keeps robots from a part of itself."""
    shop = shops.shop("peak.example")
    before, shop.robots = shop.robots, KEEP_OUT
    yield
    shop.robots = before


@pytest.mark.usefixtures("rules")
def test_the_page_that_an_editor_chose_is_looked_at_whatever_robots_txt_says(shops, door):
    offer = offer_at(shops, "/private/chosen")
    assert look_again(offer, door).reachable == Reachable.OK
    assert targets(shops) == ["/private/chosen"]


@pytest.mark.usefixtures("rules")
def test_where_the_setting_says_so_robots_txt_is_read_once_a_day_and_obeyed(shops, door):
    barred, free = offer_at(shops, "/private/kept"), offer_at(shops, "/open")
    assert respectful_round(door).looked == 2
    assert sorted(targets(shops)) == ["/open", "/robots.txt"]
    barred.refresh_from_db()
    free.refresh_from_db()
    assert (barred.outcome, barred.reachable, barred.attempts) == (Outcome.BLOCKED, Reachable.UNKNOWN, 0)
    assert "robots.txt" in barred.checks.get().verdicts["reachable"]["reason"]
    assert barred.unverifiable_since is not None  # people are asked in time
    assert (free.reachable, free.attempts) == (Reachable.OK, 0)
    respectful_round(door)
    assert targets(shops).count("/robots.txt") == 1
    read_before(datetime.timedelta(hours=25))
    respectful_round(door)
    assert targets(shops).count("/robots.txt") == 2
    assert "/private/kept" not in targets(shops)


@pytest.mark.usefixtures("rules")
def test_rules_that_cannot_be_had_leave_the_last_ones_standing(shops, door):
    barred = offer_at(shops, "/private/kept")
    respectful_round(door)
    shops.shop("peak.example").down()
    read_before(datetime.timedelta(hours=25))
    respectful_round(door)
    barred.refresh_from_db()
    assert barred.outcome == Outcome.BLOCKED


def test_a_shop_that_is_down_is_found_out_though_its_rules_cannot_be_had(shops, door):
    offer = offer_at(shops, "/dead")
    shops.shop("peak.example").down()
    respectful_round(door)
    offer.refresh_from_db()
    assert offer.reachable == Reachable.SUSPECT


def test_a_shop_that_asks_for_quiet_at_its_rules_gets_it(shops, door):
    shop = shops.shop("quiet.example")
    shop.set("/robots.txt", Behaviour.RATE_LIMITED)
    offer = offer_at(shops, "/calm", shop="quiet.example")
    assert respectful_round(door).looked == 0
    offer.refresh_from_db()
    assert (offer.attempts, Host.objects.get(key="quiet.example").paused_until is not None) == (0, True)
    assert [request.target for request in shops.requests] == ["/robots.txt"]
