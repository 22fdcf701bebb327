"""What people say of offers: it counts at once, holds while the result is the same, and is on record."""

from __future__ import annotations

import datetime
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from wagtail.models import ModelLogEntry

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
    assert asked(NOW + 2 * DAY) == []


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
