"""What people say of offers: it counts at once, holds while the result is the same, and is on record."""

from __future__ import annotations

import datetime
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from wagtail.models import ModelLogEntry

from products.checkbook import plan_look
from products.judgements import (
    HumanVerdict,
    JudgementRefused,
    accept_product,
    accept_redirect,
    dismiss,
    judge_by_hand,
    read_identities,
    snooze,
)
from products.linkcheck.verdict import Buyable, Identity, Outcome, Reachable
from products.models import Alarm, AlarmKind, Check, Checking, Flip, Offer
from products.querysets import AskedBecause
from tests.desk import COMMERCIAL, REVIEWERS, desk_of
from tests.factories import (
    OfferFactory,
    ProductFactory,
    ProgrammeFactory,
    RegionFactory,
    RetailerFactory,
)
from tests.products.shops import page, saw

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
NOW = timezone.now()


@pytest.fixture
def editor():
    return desk_of(COMMERCIAL).user


@pytest.fixture
def offer() -> Offer:
    offer = OfferFactory(retailer__programme=None)
    saw(offer, now=NOW - 100 * HOUR)
    return offer


def amazon(tag: str = "referred-21", **values) -> Offer:
    programme = ProgrammeFactory(
        network="amazon", identity={"marketplace": "amazon.co.uk", "tag": tag}, region=RegionFactory()
    )
    shop = RetailerFactory(
        name=f"Amazon {uuid4().hex[:6]}",
        domains=["amazon.co.uk"],
        programme=programme,
        checking=Checking.HUMAN,
    )
    values.setdefault("destination", "https://www.amazon.co.uk/dp/B01ABCDEFG")
    return OfferFactory(retailer=shop, **values)


# --- a look of one's own --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "reachable", "buyable", "shown", "alarm"),
    [
        (HumanVerdict.FINE, Reachable.OK, Buyable.IN_STOCK, True, None),
        (HumanVerdict.BROKEN, Reachable.BROKEN, Buyable.UNKNOWN, False, AlarmKind.BROKEN),
        (HumanVerdict.OUT_OF_STOCK, Reachable.OK, Buyable.OUT_OF_STOCK, False, AlarmKind.SOLD_OUT),
        (
            HumanVerdict.DIFFERENT_PRODUCT,
            Reachable.OK,
            Buyable.DIFFERENT_PRODUCT,
            False,
            AlarmKind.DIFFERENT_PRODUCT,
        ),
    ],
)
def test_what_a_person_saw_counts_at_once(editor, verdict, reachable, buyable, shown, alarm):
    offer = amazon()
    judge_by_hand(offer, verdict, user=editor, now=NOW)
    offer.refresh_from_db()
    assert (offer.reachable, offer.buyable) == (reachable, buyable)
    assert offer.identity == Identity.PROVEN
    assert offer.human_checked_at == NOW
    assert Offer.objects.filter(pk=offer.pk).showable().exists() is shown
    assert list(Alarm.objects.values_list("kind", flat=True)) == ([alarm] if alarm else [])
    check = Check.objects.get(offer=offer)
    assert (check.judged_by, check.at) == (editor, NOW)
    assert str(editor) in Flip.objects.filter(offer=offer).last().reason
    assert ModelLogEntry.objects.filter(action="products.offer.judge", user=editor).count() == 1


def test_a_look_under_way_loses_against_a_person(editor, offer):
    stale = Offer.objects.get(pk=offer.pk)
    judge_by_hand(offer, HumanVerdict.OUT_OF_STOCK, user=editor, now=NOW)
    assert not Offer.objects.filter(pk=stale.pk, version=stale.version).exists()


def test_a_verdict_on_an_address_that_was_changed_meanwhile_is_refused(editor, offer):
    seen = Offer.objects.get(pk=offer.pk)
    offer.destination += "?size=m"
    offer.save()
    with pytest.raises(JudgementRefused, match="changed meanwhile"):
        judge_by_hand(seen, HumanVerdict.FINE, user=editor, now=NOW)


def test_fine_outlives_a_robot_that_keeps_finding_the_same(editor, offer):
    for hours in (0, 2):
        saw(offer, now=NOW + hours * HOUR, status=404)
    judge_by_hand(offer, HumanVerdict.FINE, user=editor, now=NOW + 3 * HOUR)
    for hours in (10, 40):
        saw(offer, now=NOW + hours * HOUR, status=404)
    assert offer.reachable == Reachable.OK
    assert not Alarm.objects.open().exists()


def test_what_was_called_fine_may_be_called_so_again(editor, offer):
    for hours in (0, 2):
        saw(offer, now=NOW + hours * HOUR, status=404)
    dismiss(offer, reason="Robots get another page.", user=editor, now=NOW + 3 * HOUR)
    for hours in (10, 40):
        judge_by_hand(offer, HumanVerdict.FINE, user=editor, now=NOW + (hours - 1) * HOUR)
        saw(offer, now=NOW + hours * HOUR, status=404)
    saw(offer, now=NOW + 60 * HOUR, status=404)
    assert offer.reachable == Reachable.OK
    assert offer.dismissal["reason"] == "Robots get another page."
    assert not Alarm.objects.open().exists()


def test_a_range_is_fine_without_being_in_stock(editor):
    offer = OfferFactory(product=ProductFactory(kind="range"), retailer__programme=None)
    judge_by_hand(offer, HumanVerdict.FINE, user=editor, now=NOW)
    offer.refresh_from_db()
    assert (offer.reachable, offer.buyable) == (Reachable.OK, Buyable.UNKNOWN)


# --- this is fine ---------------------------------------------------------------------------------


def test_a_dismissal_holds_while_the_result_is_the_same_and_ends_with_it(editor, offer):
    for hours in (0, 2):
        saw(offer, now=NOW + hours * HOUR, status=404)
    dismiss(offer, reason="A page for members.", user=editor, now=NOW + 3 * HOUR)
    assert not Alarm.objects.open().exists()
    assert Offer.objects.filter(pk=offer.pk).showable().exists()
    for hours in (10, 40, 80):
        saw(offer, now=NOW + hours * HOUR, status=404)
    assert offer.reachable == Reachable.UNKNOWN
    for hours in (90, 92):
        saw(offer, now=NOW + hours * HOUR, status=410)  # another result
    assert offer.reachable == Reachable.BROKEN
    assert Alarm.objects.open().get().kind == AlarmKind.BROKEN


def test_a_dismissal_ends_when_the_link_is_well_so_that_a_later_break_is_news(editor, offer):
    for hours in (0, 2):
        saw(offer, now=NOW + hours * HOUR, status=404)
    dismiss(offer, reason="Back tomorrow.", user=editor, now=NOW + 3 * HOUR)
    saw(offer, now=NOW + 30 * HOUR)
    assert offer.dismissal is None
    for hours in (40, 42):
        saw(offer, now=NOW + hours * HOUR, status=404)
    assert offer.reachable == Reachable.BROKEN


def test_a_hiccup_before_a_dismissal_is_not_what_was_dismissed(editor, offer):
    sold_out = page(offer.product.name, stock="OutOfStock")
    for hours in (0, 26):
        saw(offer, now=NOW + hours * HOUR, text=sold_out)
    saw(offer, now=NOW + 27 * HOUR, status=500)
    dismiss(offer, reason="Made to order.", user=editor, now=NOW + 28 * HOUR)
    for hours in (29, 60, 90):
        saw(offer, now=NOW + hours * HOUR, text=sold_out)
    assert (offer.reachable, offer.buyable) == (Reachable.OK, Buyable.UNKNOWN)
    assert offer.dismissal["axes"] == ["buyable"]
    saw(offer, now=NOW + 120 * HOUR)
    assert (offer.buyable, offer.dismissal) == (Buyable.IN_STOCK, None)


def test_a_dismissal_says_who_when_and_why(editor, offer):
    saw(offer, now=NOW, status=404)
    dismiss(offer, reason="  A page for members. ", user=editor, now=NOW)
    offer.refresh_from_db()
    assert offer.dismissal["reason"] == "A page for members."
    assert (offer.dismissal["by"], offer.dismissal["axes"]) == (str(editor), ["reachable"])
    entry = ModelLogEntry.objects.get(action="products.offer.dismiss")
    assert entry.message == "Called what looks found harmless: A page for members."


def test_nothing_is_dismissed_without_a_reason_or_where_nothing_is_wrong(editor, offer):
    with pytest.raises(JudgementRefused, match="Nothing is wrong"):
        dismiss(offer, reason="Fine.", user=editor, now=NOW)
    saw(offer, now=NOW, status=404)
    with pytest.raises(JudgementRefused, match="Say why"):
        dismiss(offer, reason="  ", user=editor, now=NOW)


# --- a new baseline -------------------------------------------------------------------------------


def test_the_right_product_under_another_name_is_the_new_baseline(editor, offer):
    renamed = page("Trouser press", gtin="4006381333931")
    for hours in (0, 7):
        saw(offer, now=NOW + hours * HOUR, text=renamed)
    assert offer.buyable == Buyable.DIFFERENT_PRODUCT
    accept_product(offer, user=editor, now=NOW + 8 * HOUR)
    offer.refresh_from_db()
    assert (offer.buyable, offer.next_check_at) == (Buyable.UNKNOWN, NOW + 8 * HOUR)
    assert not Alarm.objects.open().exists()
    saw(offer, now=NOW + 9 * HOUR, text=renamed)
    assert (offer.buyable, offer.baseline["title"]) == (Buyable.IN_STOCK, "Trouser press")
    saw(offer, now=NOW + 10 * HOUR, text=page("Garden hose", gtin="5012345678900"))
    assert "buyable" in offer.health_memory["pending"]
    with pytest.raises(JudgementRefused):
        accept_product(OfferFactory(), user=editor, now=NOW)


@pytest.fixture
def public() -> Offer:
    """An offer whose address could be anybody's: no test asks it."""
    offer = OfferFactory(retailer__programme=None, retailer__domains=["northgate-supports.co.uk"])
    saw(offer, now=NOW - 100 * HOUR)
    return offer


def test_where_a_right_redirect_leads_is_the_new_address(editor, public):
    offer = public
    moved = f"https://{offer.retailer.domains[0]}/new-place"
    saw(offer, now=NOW, led_to=moved)
    accept_redirect(offer, user=editor)
    offer.refresh_from_db()
    assert (offer.destination, offer.reachable) == (moved, Reachable.UNKNOWN)
    assert offer.next_check_at <= timezone.now()
    with pytest.raises(JudgementRefused, match="not redirected"):
        accept_redirect(offer, user=editor)


def test_a_redirect_to_another_site_is_never_right_for_this_shop(editor, public):
    offer = public
    before = offer.destination
    saw(offer, now=NOW, led_to="https://parked-names.com/offers")
    with pytest.raises(ValidationError, match="not at"):
        accept_redirect(offer, user=editor)
    offer.refresh_from_db()
    assert offer.destination == before


# --- not now --------------------------------------------------------------------------------------


def test_a_snoozed_alarm_is_quiet_until_its_day_and_still_closes_by_itself(editor, offer):
    for hours in (0, 2):
        saw(offer, now=NOW + hours * HOUR, status=404)
    alarm = Alarm.objects.get()
    snooze(alarm, until=NOW + 10 * DAY, reason="The shop is moving.", user=editor, now=NOW)
    assert not Alarm.objects.ringing(NOW + 9 * DAY).exists()
    assert Alarm.objects.ringing(NOW + 10 * DAY).exists()
    assert ModelLogEntry.objects.filter(action="products.alarm.snooze").exists()
    saw(offer, now=NOW + 5 * HOUR)
    with pytest.raises(JudgementRefused, match="closed already"):
        snooze(alarm, until=NOW + 10 * DAY, reason="Later.", user=editor, now=NOW)


@pytest.mark.parametrize(
    ("days", "reason", "sentence"), [(3, " ", "why this can wait"), (-1, "x", "date is past")]
)
def test_a_snooze_needs_a_reason_and_a_day_ahead(editor, offer, days, reason, sentence):
    alarm = Alarm.objects.create(kind=AlarmKind.BROKEN, offer=offer, opened_at=NOW)
    with pytest.raises(JudgementRefused, match=sentence):
        snooze(alarm, until=NOW + days * DAY, reason=reason, user=editor, now=NOW)


def test_who_may_not_change_offers_may_say_nothing_of_them(offer):
    reader = desk_of(REVIEWERS).user
    alarm = Alarm.objects.create(kind=AlarmKind.BROKEN, offer=offer, opened_at=NOW)
    for verb in (
        lambda: judge_by_hand(offer, HumanVerdict.FINE, user=reader, now=NOW),
        lambda: dismiss(offer, reason="x", user=reader, now=NOW),
        lambda: accept_product(offer, user=reader, now=NOW),
        lambda: accept_redirect(offer, user=reader),
        lambda: snooze(alarm, until=NOW + DAY, reason="x", user=reader, now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            verb()


# --- the identity by reading ----------------------------------------------------------------------


def test_an_offer_that_may_not_be_fetched_is_judged_by_its_address_when_it_is_saved():
    offer = amazon()
    assert offer.identity == Identity.PROVEN
    assert offer.next_check_at is None


def test_a_programme_whose_tag_belongs_elsewhere_loses_the_identity_and_its_repair_brings_it_back():
    offer = amazon()
    programme = offer.retailer.programme
    programme.identity = {"marketplace": "amazon.com", "tag": "referred-20"}
    programme.save()
    assert read_identities(Offer.objects.all(), now=NOW) == 1
    assert read_identities(Offer.objects.all(), now=NOW) == 0
    offer.refresh_from_db()
    assert (offer.identity, offer.unverifiable_since) == (Identity.LOST, None)
    assert not Offer.objects.filter(pk=offer.pk).showable().exists()
    assert Alarm.objects.get().kind == AlarmKind.IDENTITY_LOST
    programme.identity = {"marketplace": "amazon.co.uk", "tag": "other-21"}
    programme.save()
    read_identities(Offer.objects.all(), now=NOW)
    offer.refresh_from_db()
    assert offer.identity == Identity.PROVEN
    assert not Alarm.objects.open().exists()
    assert [flip.after for flip in Flip.objects.filter(offer=offer).order_by("pk")] == ["lost", "proven"]


def in_house(value: str = "me"):
    return ProgrammeFactory(
        network="in_house", identity={"parameter": "ref", "value": value}, region=RegionFactory()
    )


def change_identity(offer: Offer) -> None:
    offer.retailer.programme.identity = {"parameter": "ref", "value": "us"}
    offer.retailer.programme.save()


def change_programme(offer: Offer) -> None:
    offer.retailer.programme = in_house("them")
    offer.retailer.save()


def leave_all_programmes(offer: Offer) -> None:
    offer.retailer.programme = None
    offer.retailer.save()


@pytest.mark.parametrize("change", [change_identity, change_programme, leave_all_programmes])
@pytest.mark.parametrize("identity", [Identity.PROVEN, Identity.LOST])
def test_what_was_seen_of_a_link_says_nothing_of_the_link_of_another_programme(change, identity):
    offer = OfferFactory(retailer__programme=in_house())
    dropped = f"{offer.destination}/now" if identity is Identity.LOST else ""
    for hours in (0, 2):
        saw(offer, now=NOW + hours * HOUR, led_to=dropped)
    alarms = Alarm.objects.open().filter(kind=AlarmKind.IDENTITY_LOST)
    assert (offer.identity, alarms.exists()) == (identity, identity is Identity.LOST)
    under_way = offer.version
    change(offer)
    offer.refresh_from_db()
    assert (offer.identity, offer.tracked_probe_at) == (Identity.UNKNOWN, None)
    assert offer.next_check_at <= timezone.now()
    assert offer.version > under_way
    assert not alarms.exists()
    assert Flip.objects.filter(offer=offer).latest("pk").reason == "Its programme was changed."


def test_many_links_of_a_programme_cost_a_few_statements(django_assert_max_num_queries):
    retailer = RetailerFactory(programme=in_house())
    for number in range(40):
        OfferFactory(retailer=retailer, destination=f"https://{retailer.domains[0]}/{number}")
    Offer.objects.update(identity=Identity.PROVEN, health_memory={"identity": "proven"})
    with django_assert_max_num_queries(40):
        retailer.programme.identity = {"parameter": "ref", "value": "us"}
        retailer.programme.save()
    assert not Offer.objects.exclude(identity=Identity.UNKNOWN).exists()
    assert Flip.objects.count() == 40


def test_a_programme_that_gets_another_name_asks_for_no_look():
    offer = OfferFactory(retailer__programme=in_house())
    saw(offer, now=NOW)
    due = offer.next_check_at
    offer.retailer.programme.name = "Another name"
    offer.retailer.programme.save()
    offer.retailer.save()
    offer.refresh_from_db()
    assert offer.next_check_at == due


@pytest.mark.parametrize(("status", "spent"), [(200, True), (404, False), (429, False), (None, False)])
def test_a_tracked_look_that_learnt_nothing_does_not_count_for_the_month(status, spent):
    offer = OfferFactory(retailer__programme=in_house())
    saw(offer, now=NOW, status=status)
    assert (offer.tracked_probe_at is not None) is spent


CLOSED = "<title>Closed</title><p>This merchant is closed and is no longer with us.</p>"
HOME = "<title>Calder</title><h1>Calder</h1><p>Welcome to our shop of many things.</p>"


@pytest.mark.parametrize(
    "dead",
    [
        {"led_to": "https://www.awin1.com/closedMerchant.html?id=1", "text": CLOSED},
        {"status": 404},
        {"led_to": "https://calder.example/", "text": HOME},
    ],
    ids=["the network's page", "gone at the network", "the shop's home page"],
)
def test_a_link_that_is_dead_only_on_the_way_through_its_network_is_found_and_heals_on_that_way(dead):
    programme = ProgrammeFactory(network="awin", identity={"merchant_id": "1", "publisher_id": "2"})
    offer = OfferFactory(retailer=RetailerFactory(domains=["calder.example"], programme=programme))

    def look(*, is_dead: bool) -> bool:
        tracked = plan_look(offer, now=offer.next_check_at, tempo=1.0).is_tracked
        landing = {"led_to": f"{offer.destination}?awc=1_2"} if tracked else {}
        saw(offer, now=offer.next_check_at, **(dead if is_dead and tracked else landing))
        return tracked

    for _ in range(4):
        assert look(is_dead=True)
    assert offer.reachable == Reachable.BROKEN
    assert [alarm.kind for alarm in Alarm.objects.open()] == [AlarmKind.BROKEN]
    assert look(is_dead=False)
    assert (offer.reachable, offer.identity) == (Reachable.OK, Identity.PROVEN)
    assert not Alarm.objects.open().exists()
    assert not plan_look(offer, now=offer.tracked_probe_at + DAY, tempo=1.0).is_tracked


def test_a_shop_that_robots_may_no_longer_ask_is_asked_no_more():
    offer = OfferFactory()
    assert offer.next_check_at is not None
    offer.retailer.checking = Checking.HUMAN
    offer.retailer.save()
    offer.refresh_from_db()
    assert offer.next_check_at is None
    offer.retailer.checking = Checking.FETCH
    offer.retailer.save()
    offer.refresh_from_db()
    assert offer.next_check_at is not None


# --- who is asked to look -------------------------------------------------------------------------


def asked(now=NOW) -> list[tuple[int, str]]:
    return [(offer.pk, offer.asked_because) for offer in Offer.objects.for_people(now)]


def test_a_shop_that_people_check_is_asked_after_once_a_month_and_sooner_where_something_is_wrong(editor):
    offer = amazon()
    assert asked() == [(offer.pk, AskedBecause.BY_HAND)]
    judge_by_hand(offer, HumanVerdict.FINE, user=editor, now=NOW)
    assert asked(NOW + 29 * DAY) == []
    assert asked(NOW + 30 * DAY) == [(offer.pk, AskedBecause.BY_HAND)]
    judge_by_hand(offer, HumanVerdict.OUT_OF_STOCK, user=editor, now=NOW)
    assert asked(NOW + 6 * DAY) == []
    assert asked(NOW + 7 * DAY) == [(offer.pk, AskedBecause.BY_HAND)]


def test_an_offer_that_robots_cannot_see_for_two_weeks_is_asked_after(editor, offer):
    saw(offer, now=NOW, status=403)
    assert asked(NOW + 13 * DAY) == []
    assert asked(NOW + 14 * DAY) == [(offer.pk, AskedBecause.UNVERIFIABLE)]
    judge_by_hand(offer, HumanVerdict.FINE, user=editor, now=NOW + 14 * DAY)
    saw(offer, now=NOW + 15 * DAY, status=403)
    assert asked(NOW + 28 * DAY) == []
    assert asked(NOW + 29 * DAY) == [(offer.pk, AskedBecause.UNVERIFIABLE)]


def test_a_shop_that_sends_the_checker_abroad_is_asked_after_once(editor, offer):
    RetailerFactory(name=offer.retailer.name, region=RegionFactory(code="US"), domains=["elsewhere.example"])
    saw(offer, now=NOW, led_to="https://elsewhere.example/products/it")
    assert offer.outcome == Outcome.OTHER_REGION
    assert asked() == [(offer.pk, AskedBecause.OTHER_REGION)]
    judge_by_hand(offer, HumanVerdict.FINE, user=editor, now=NOW)
    saw(offer, now=NOW + DAY, led_to="https://elsewhere.example/products/it")
    assert asked(NOW + 29 * DAY) == []
    assert asked(NOW + 31 * DAY) == [
        (offer.pk, AskedBecause.OTHER_REGION)
    ]  # as rarely as at any shop people look at


def test_a_different_product_goes_first_and_is_asked_after_until_somebody_has_said(editor, offer):
    never_seen = amazon()
    for hours in (0, 7):
        saw(offer, now=NOW + hours * HOUR, text=page("Garden hose", gtin="4006381333931"))
    assert asked(NOW + 8 * HOUR) == [
        (offer.pk, AskedBecause.DIFFERENT_PRODUCT),
        (never_seen.pk, AskedBecause.BY_HAND),
    ]
    judge_by_hand(offer, HumanVerdict.DIFFERENT_PRODUCT, user=editor, now=NOW + 9 * HOUR)
    assert asked(NOW + 10 * HOUR) == [(never_seen.pk, AskedBecause.BY_HAND)]


def test_nobody_is_asked_after_drafts_and_what_readers_do_not_get():
    amazon(destination="")
    amazon(enabled=False)
    amazon(product=ProductFactory(withdrawn_at=NOW))
    assert asked() == []
