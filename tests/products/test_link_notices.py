"""What people are told of links, row by row: each thing once, only while it is true, and what it costs."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from products.alarms import settle_all
from products.clicks.costs import clicks_lately, in_words
from products.link_notices import lines, note_down, people_to_tell
from products.models import Alarm, AlarmKind, Clicks, LinkNotice, Offer
from tests.factories import OfferFactory, ProductFactory, RegionFactory, RetailerFactory, UserFactory
from tests.products.shops import page, saw

pytestmark = pytest.mark.django_db

HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
NOW = datetime.datetime(2026, 3, 4, 12, tzinfo=datetime.UTC)  # a Wednesday


def person(group: str = "Editors", **values):
    one = UserFactory(**values)
    one.groups.add(Group.objects.get(name=group))
    return one


def offer_of(product=None, *, region: str = "UK") -> Offer:
    shop = RetailerFactory(region=RegionFactory(code=region), programme=None)
    offer = OfferFactory(product=product or ProductFactory(), retailer=shop)
    saw(offer, now=NOW - 100 * HOUR)
    return offer


def break_it(offer: Offer, *, at: datetime.datetime = NOW) -> Alarm:
    for hours in (0, 2):
        saw(offer, now=at + hours * HOUR, status=404)
    return Alarm.objects.open().get(offer=offer, kind=AlarmKind.BROKEN)


def sell_out(offer: Offer, *, at: datetime.datetime = NOW) -> None:
    for hours in (0, 25):
        saw(offer, now=at + hours * HOUR, text=page(offer.product.name, stock="OutOfStock"))


def make_flaky(offer: Offer, *, at: datetime.datetime = NOW) -> None:
    for turn in range(4):
        for hours, status in ((0, 404), (2, 404), (5, 200)):
            saw(offer, now=at + (turn * 10 + hours) * HOUR, status=status)


def clicked(offer: Offer, people: int, *, on: datetime.date, others: int = 0) -> None:
    Clicks.objects.create(
        day=on, offer=offer, region=offer.retailer.region, page_id=None, people=people, others=others
    )


def told(at: datetime.datetime, *people: int) -> list[tuple[str, str]]:
    """What waits after `at`, which is then taken for told."""
    note_down(people or people_to_tell(), now=at)
    waiting = LinkNotice.objects.waiting()
    found = [(notice.news, str(notice.alarm or notice.offer)) for notice in waiting]
    waiting.update(told_at=at)
    return found


# --- who ------------------------------------------------------------------------------------------


def test_those_who_may_change_offers_are_told():
    editor = person()
    person("Medical reviewers")
    person(email="")
    person(is_active=False)
    UserFactory(is_superuser=True)
    UserFactory()
    assert people_to_tell() == {editor.pk}


def test_administrators_are_told_where_nobody_else_may_change_offers():
    admin = UserFactory(is_superuser=True)
    assert people_to_tell() == {admin.pk}


# --- what -----------------------------------------------------------------------------------------


def test_an_alarm_is_told_once_to_each_person():
    people = {person().pk, person().pk}
    alarm = break_it(offer_of())
    assert told(NOW + 3 * HOUR) == [("alarm", str(alarm))] * 2
    assert set(LinkNotice.objects.values_list("recipient", flat=True)) == people
    assert told(NOW + 3 * DAY) == []


def test_an_alarm_that_closed_or_sleeps_is_not_told_until_it_rings():
    person()
    healed, asleep = offer_of(), offer_of()
    break_it(healed)
    alarm = break_it(asleep)
    note_down(people_to_tell(), now=NOW + 3 * HOUR)
    assert LinkNotice.objects.waiting().count() == 2
    saw(healed, now=NOW + 4 * HOUR)
    Alarm.objects.filter(pk=alarm.pk).update(snoozed_until=NOW + 2 * DAY)
    assert told(NOW + DAY) == []
    assert told(NOW + 3 * DAY) == [("alarm", str(alarm))]


def test_an_offer_sold_out_at_one_shop_of_a_region_is_a_line_and_no_alarm():
    person()
    product = ProductFactory()
    gone, _left = offer_of(product), offer_of(product)
    sell_out(gone)
    assert not Alarm.objects.exists()
    assert told(NOW + 26 * HOUR) == [("sold_out", str(gone))]
    assert told(NOW + 9 * DAY) == []
    saw(gone, now=NOW + 10 * DAY)
    sell_out(gone, at=NOW + 11 * DAY)
    assert told(NOW + 13 * DAY) == [("sold_out", str(gone))]


def test_where_nobody_in_the_region_is_left_the_alarm_alone_is_told():
    person()
    product = ProductFactory()
    gone, _abroad = offer_of(product), offer_of(product, region="US")
    sell_out(gone)
    assert told(NOW + 26 * HOUR) == [("alarm", str(Alarm.objects.get(kind=AlarmKind.SOLD_OUT)))]


def test_what_is_in_stock_again_switched_off_or_withdrawn_is_not_told():
    person()
    offers = []
    for _ in range(3):
        product = ProductFactory()
        offers.append(offer_of(product))
        offer_of(product)
        sell_out(offers[-1])
    note_down(people_to_tell(), now=NOW + 26 * HOUR)
    assert LinkNotice.objects.waiting().count() == 3
    saw(offers[0], now=NOW + 27 * HOUR)
    Offer.objects.filter(pk=offers[1].pk).update(enabled=False)
    type(product).objects.filter(pk=product.pk).update(withdrawn_at=NOW)
    assert told(NOW + 28 * HOUR) == []


def test_what_changes_back_and_forth_rings_no_more_and_is_told_once_a_week():
    person()
    offer = offer_of()
    make_flaky(offer)
    settle_all(now=NOW + 40 * HOUR)
    assert not Alarm.objects.open().exists()
    assert told(NOW + 40 * HOUR) == [("flaky", str(offer))]
    assert told(NOW + 3 * DAY) == []
    assert told(NOW + 5 * DAY) == [("flaky", str(offer))]  # the next Monday
    assert told(NOW + 30 * DAY) == []


def test_who_may_no_longer_mend_is_not_told():
    one = person()
    break_it(offer_of())
    note_down({one.pk}, now=NOW + 3 * HOUR)
    note_down(set(), now=NOW + 4 * HOUR)
    assert not LinkNotice.objects.exists()


# --- what it costs --------------------------------------------------------------------------------


def test_an_alarm_costs_the_clicks_of_people_on_what_it_is_about(django_assert_num_queries):
    product = ProductFactory()
    lost, other = offer_of(product), offer_of(product)
    today = timezone.localdate(NOW)
    clicked(lost, 5, on=today, others=90)
    clicked(lost, 7, on=today - 29 * DAY)
    clicked(lost, 100, on=today - 30 * DAY)
    clicked(other, 30, on=today)
    of_offer, of_host, of_region, elsewhere = (
        Alarm.objects.create(opened_at=NOW, **subject)
        for subject in (
            {"kind": AlarmKind.IDENTITY_LOST, "offer": lost},
            {"kind": AlarmKind.FAILING, "host": other.host},
            {"kind": AlarmKind.SOLD_OUT, "product": product, "region": lost.retailer.region},
            {"kind": AlarmKind.SOLD_OUT, "product": product, "region": RegionFactory(code="US")},
        )
    )
    hosts = 42 if lost.host_id == other.host_id else 30
    with django_assert_num_queries(3):
        found = clicks_lately([of_offer, of_host, of_region, elsewhere], now=NOW)
    assert [found[alarm.pk] for alarm in (of_offer, of_host, of_region, elsewhere)] == [12, hosts, 42, 0]


@pytest.mark.parametrize(("clicks", "words"), [(0, "No clicks"), (1, "1 click"), (2, "2 clicks")])
def test_clicks_are_said_in_words(clicks, words):
    assert in_words(clicks) == f"{words} in the last 30 days"


def test_the_desk_says_what_an_alarm_costs(client):
    offer = offer_of()
    clicked(offer, 17, on=timezone.localdate())
    alarm = break_it(offer, at=timezone.now() - 3 * HOUR)
    client.force_login(person())
    for name, args in (("wagtailadmin_home", []), ("alarms:alarm", [alarm.pk])):
        assert "17 clicks in the last 30 days" in client.get(reverse(name, args=args)).content.decode()
    listing = client.get(reverse("alarms:index")).content.decode()
    assert "Clicks, 30 days" in listing
    assert ">17<" in "".join(listing.split())


# --- the lines ------------------------------------------------------------------------------------


def test_alarms_come_first_and_among_them_what_costs_most(django_assert_max_num_queries):
    one = person()
    cheap, dear = offer_of(), offer_of()
    clicked(dear, 8, on=timezone.localdate(NOW))
    for offer in (cheap, dear):
        break_it(offer)
    product = ProductFactory()
    gone, _left = offer_of(product), offer_of(product)
    sell_out(gone)
    note_down({one.pk}, now=NOW + 26 * HOUR)
    with django_assert_max_num_queries(4):
        found = lines(LinkNotice.objects.for_a_mail(), now=NOW + 26 * HOUR)
    assert [line.title for line in found] == [f"Broken link: {dear}", f"Broken link: {cheap}", str(gone)]
    assert found[0].standing == "Rings since 4 March 2026. 0 articles; 8 clicks in the last 30 days."
    assert found[2].standing.startswith("Out of stock since ")
    assert found[0].path == reverse("alarms:alarm", args=[Alarm.objects.get(offer=dear).pk])
