"""The alarms and the links that people look at, through the admin's real views."""

from __future__ import annotations

import csv
import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ReferenceIndex

from products.alarm_desk import AlarmsView, alarm_url
from products.linkcheck.verdict import Buyable, Identity, Reachable
from products.models import Alarm, AlarmKind, Check, Checking, Offer
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, desk_of, is_refused, text_of
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    ProductFactory,
    ProgrammeFactory,
    RegionFactory,
    RetailerFactory,
    product_box,
)
from tests.products.shops import page, saw

pytestmark = pytest.mark.django_db

QUEUE = "links_to_look_at:index"
ALARMS = "alarms:index"
HOUR = datetime.timedelta(hours=1)
NOW = timezone.now()


@pytest.fixture
def editor() -> Client:
    return desk_of(EDITORS)


def by_hand(**values) -> Offer:
    return OfferFactory(retailer=RetailerFactory(checking=Checking.HUMAN), **values)


def say(client: Client, offer: Offer, verdict: str, **values) -> str:
    data = {"offer": offer.pk, "destination": offer.destination, "verdict": verdict, **values}
    return text_of(client.post(reverse(QUEUE), data, follow=True))


def broken(**values) -> Alarm:
    offer = OfferFactory(retailer__programme=None, **values)
    for hours in (0, 2):
        saw(offer, now=NOW + hours * HOUR, status=404)
    return Alarm.objects.get(offer=offer)


def deal(client: Client, alarm: Alarm, verb: str, **values) -> str:
    url = reverse("alarms:alarm", args=[alarm.pk])
    return text_of(client.post(url, {"verb": verb, **values}, follow=True))


# --- the queue ------------------------------------------------------------------------------------


def test_the_queue_shows_one_offer_why_and_where_and_goes_on_with_the_next(editor):
    first, second = by_hand(), by_hand()
    shown = text_of(editor.get(reverse(QUEUE)))
    assert first.destination in shown
    assert second.destination not in shown
    assert "Robots may not ask this shop" in shown
    assert 'aria-keyshortcuts="f"' in shown
    after = say(editor, first, "fine")
    assert f"{first}: fine." in after
    assert second.destination in after
    first.refresh_from_db()
    assert (first.reachable, first.buyable) == (Reachable.OK, Buyable.IN_STOCK)
    assert "Nothing waits" in say(editor, second, "broken")


def test_the_offer_in_more_articles_is_looked_at_first(editor):
    by_hand()
    placed = by_hand()
    ReferenceIndex.create_or_update_for_object(ConditionPageFactory(blocks=[product_box(placed.product)]))
    assert placed.destination in text_of(editor.get(reverse(QUEUE)))


def test_what_is_skipped_waits_until_the_others_are_done(editor):
    first, second = by_hand(), by_hand()
    after = say(editor, first, "skip")
    assert second.destination in after
    assert "1 skipped" in after
    done = say(editor, second, "fine")
    assert "skipped 1" in done
    again = text_of(editor.post(reverse(QUEUE), {"again": "yes"}, follow=True))
    assert first.destination in again
    first.refresh_from_db()
    assert first.human_checked_at is None


def test_a_doubted_product_is_shown_beside_what_it_was(editor):
    offer = OfferFactory(product=ProductFactory(name="Thigh sleeve"), retailer__programme=None)
    saw(offer, now=NOW - 90 * HOUR)
    for hours in (0, 7):
        saw(offer, now=NOW + hours * HOUR, text=page("Garden hose", gtin="4006381333931"))
    shown = text_of(editor.get(reverse(QUEUE)))
    assert "seems to show a different product" in shown
    assert "Thigh sleeve (GTIN 05012345678900)" in shown


@pytest.mark.parametrize(
    ("values", "sentence"),
    [({"destination": "https://else.example/"}, "changed meanwhile"), ({"verdict": "odd"}, "no verdict")],
)
def test_a_stale_or_odd_verdict_writes_nothing(editor, values, sentence):
    offer = by_hand()
    verdict = values.pop("verdict", "broken")
    assert sentence in say(editor, offer, verdict, **values)
    offer.refresh_from_db()
    assert offer.human_checked_at is None


@pytest.mark.parametrize("number", ["", "x", "0", "9" * 40, "²"])
def test_a_verdict_on_no_offer_is_not_found(editor, number):
    assert editor.post(reverse(QUEUE), {"offer": number, "verdict": "fine"}).status_code == 404


# --- the alarms -----------------------------------------------------------------------------------


def test_alarms_stand_shop_by_shop_with_the_articles_they_touch(editor):
    one, other = broken(), broken()
    article = ConditionPageFactory(blocks=[product_box(one.offer.product)])
    ReferenceIndex.create_or_update_for_object(article)
    shown = text_of(editor.get(reverse(ALARMS)))
    assert article.title in shown
    assert shown.index(str(one.offer.retailer)) < shown.index(str(one))
    assert str(other) in shown
    detail = text_of(editor.get(reverse("alarms:alarm", args=[one.pk])))
    assert article.title in detail
    assert "This is fine" in detail


def test_alarms_of_a_shop_and_of_a_region_are_shown_too(editor):
    offer = OfferFactory()
    Alarm.objects.create(kind=AlarmKind.FAILING, host=offer.host, reason="All gone.", opened_at=NOW)
    Alarm.objects.create(
        kind=AlarmKind.SOLD_OUT, product=offer.product, region=offer.retailer.region, opened_at=NOW
    )
    shown = text_of(editor.get(reverse(ALARMS)))
    assert "The whole shop is failing" in shown
    assert "Every shop in the region UK" in shown
    for alarm in Alarm.objects.all():
        detail = text_of(editor.get(reverse("alarms:alarm", args=[alarm.pk])))
        assert "Not now" in detail
        assert "This is fine" not in detail
        assert "cannot be done" in deal(editor, alarm, "dismiss")


@pytest.mark.parametrize("count", [1, 8])
def test_the_list_of_alarms_costs_as_many_queries_for_many_as_for_one(
    editor, count, django_assert_max_num_queries
):
    for _ in range(count):
        broken()
    editor.get(reverse(ALARMS))
    with django_assert_max_num_queries(20):
        editor.get(reverse(ALARMS))


def test_alarms_are_filtered_by_kind_shop_and_region(editor):
    uk, us = broken(), broken(retailer__region=RegionFactory(code="US"))
    failing = Alarm.objects.create(
        kind=AlarmKind.FAILING, host=us.offer.host, reason="All gone.", opened_at=NOW
    )
    for chosen, shown, hidden in (
        ({"kind": "broken"}, {uk, us}, {failing}),
        ({"retailer": us.offer.retailer_id}, {us, failing}, {uk}),
        ({"region": uk.offer.retailer.region_id}, {uk}, {us, failing}),
    ):
        listing = text_of(editor.get(reverse("alarms:results"), chosen))
        assert all(alarm_url(alarm) in listing for alarm in shown)
        assert not any(alarm_url(alarm) in listing for alarm in hidden)


def test_many_alarms_stand_on_several_pages_and_in_one_export(editor, monkeypatch):
    offers = [OfferFactory() for _ in range(3)]
    article = ConditionPageFactory(title="Groin strain", blocks=[product_box(offers[0].product)])
    ReferenceIndex.create_or_update_for_object(article)
    Alarm.objects.bulk_create(
        Alarm(kind=kind, offer=offer, reason="Gone.", opened_at=NOW)
        for offer in offers
        for kind in (AlarmKind.BROKEN, AlarmKind.IDENTITY_LOST)
    )
    monkeypatch.setattr(AlarmsView, "paginate_by", 4)
    assert text_of(editor.get(reverse(ALARMS))).count("Gone.") == 4
    assert text_of(editor.get(reverse(ALARMS), {"p": 2})).count("Gone.") == 2
    export = editor.get(reverse(ALARMS), {"export": "csv"})
    rows = list(csv.DictReader(b"".join(export.streaming_content).decode().splitlines()))
    assert len(rows) == 6
    assert rows[0]["Why"] == "Gone."
    assert {row["All articles"] for row in rows} == {"Groin strain", ""}
    assert editor.get(reverse(ALARMS), {"export": "xlsx"}).status_code == 200


def test_the_front_page_counts_what_rings_and_what_waits_for_a_person(editor):
    home = reverse("wagtailadmin_home")
    assert "ringing-alarms" not in text_of(editor.get(home))
    alarm = broken()
    by_hand()
    shown = text_of(editor.get(home))
    assert "Alarms (1)" in shown
    assert alarm_url(alarm) in shown
    assert "Links to look at (1)" in shown


def test_an_offer_shows_who_judged_it_and_what_was_called_harmless(editor):
    offer = by_hand()
    say(editor, offer, "broken")
    judge = Check.objects.get(offer=offer).judged_by
    deal(editor, Alarm.objects.get(offer=offer), "dismiss", **{"dismiss-reason": "For members."})
    inspect = reverse(Offer.snippet_viewset.get_url_name("inspect"), args=[offer.pk])
    shown = text_of(editor.get(inspect))
    assert str(judge) in shown
    assert "For members." in shown


def test_an_editor_dismisses_with_a_reason(editor):
    alarm = broken()
    assert "This field is required" in deal(editor, alarm, "dismiss")
    assert "fine" in deal(editor, alarm, "dismiss", **{"dismiss-reason": "For members."})
    alarm.refresh_from_db()
    assert alarm.closed_at is not None
    assert Offer.objects.get(pk=alarm.offer_id).dismissal["reason"] == "For members."


def test_an_editor_snoozes_and_the_alarm_stands_apart(editor):
    alarm = broken()
    until = (NOW + 240 * HOUR).date()
    values = {"snooze-reason": "The shop is moving.", "snooze-until": until.isoformat()}
    shown = deal(editor, alarm, "snooze", **values)
    assert f"Snoozed until {until.day} {until:%B %Y}" in shown
    assert "The shop is moving." in shown
    other = broken()
    shown = text_of(editor.get(reverse(ALARMS)))
    assert shown.index(str(other)) < shown.index(str(alarm))  # what rings comes first
    assert str(alarm) not in text_of(editor.get(reverse(ALARMS), {"state": "ringing"}))
    assert str(other) not in text_of(editor.get(reverse(ALARMS), {"state": "snoozed"}))
    past = {"snooze-reason": "x", "snooze-until": "2020-01-01"}
    assert "date is past" in deal(editor, alarm, "snooze", **past)


def test_an_editor_accepts_the_product_from_its_alarm(editor):
    offer = OfferFactory(retailer__programme=None)
    saw(offer, now=NOW - 90 * HOUR)
    for hours in (0, 7):
        saw(offer, now=NOW + hours * HOUR, text=page("Garden hose", gtin="4006381333931"))
    assert "the right product" in deal(editor, Alarm.objects.get(), "product")
    assert not Alarm.objects.open().exists()


@pytest.mark.parametrize("verb", ["redirect", "product", "odd"])
def test_what_cannot_be_done_is_said(editor, verb):
    alarm = broken()
    assert "messages" in deal(editor, alarm, verb)
    alarm.refresh_from_db()
    assert alarm.closed_at is None


# --- editing what pays ----------------------------------------------------------------------------


def test_the_identity_is_read_anew_when_a_programme_is_edited():
    shop = RetailerFactory(
        domains=["amazon.co.uk"],
        checking=Checking.HUMAN,
        programme=ProgrammeFactory(
            network="amazon", identity={"marketplace": "amazon.co.uk", "tag": "referred-21"}
        ),
    )
    offer = OfferFactory(retailer=shop, destination="https://www.amazon.co.uk/dp/B01ABCDEFG")
    programme = shop.programme
    Offer.objects.filter(pk=offer.pk).update(identity=Identity.UNKNOWN, health_memory={})
    data = {
        "name": programme.name,
        "network": "amazon",
        "region": programme.region_id,
        "identity_amazon_marketplace": "amazon.co.uk",
        "identity_amazon_tag": "another-21",
    }
    edit = reverse(programme.snippet_viewset.get_url_name("edit"), args=[programme.pk])
    assert desk_of(COMMERCIAL).post(edit, data).status_code == 302
    offer.refresh_from_db()
    assert offer.identity == Identity.PROVEN
    assert "another-21" in offer.flips.get().reason


# --- who may --------------------------------------------------------------------------------------


def test_only_who_may_change_offers_sees_the_link_desk():
    alarm, reviewer, nobody = broken(), desk_of(REVIEWERS), Client()
    for url in (reverse(QUEUE), reverse(ALARMS), reverse("alarms:alarm", args=[alarm.pk])):
        assert is_refused(reviewer.get(url))
        assert is_refused(reviewer.post(url, {"verb": "dismiss", "dismiss-reason": "x"}))
        assert nobody.get(url)["Location"].startswith(reverse("wagtailadmin_login"))
    home = text_of(reviewer.get(reverse("wagtailadmin_home")))
    assert "links-to-look-at" not in home
    assert "links-to-look-at" in text_of(desk_of(EDITORS).get(reverse("wagtailadmin_home")))
