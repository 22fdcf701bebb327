"""The link-health desk: what it lists for whom, and what is done from it to several offers at once."""

from __future__ import annotations

import datetime
from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry, ReferenceIndex

from products import mass_checks
from products.bulk_actions import MOST_JUDGED
from products.linkcheck.verdict import Reachable
from products.models import Alarm, AlarmKind, Check, Checking, Clicks, MassCheck, Offer, Retailer
from products.querysets import Concern
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, csv_of, desk_of, is_refused, text_of
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    ProgrammeFactory,
    RegionFactory,
    RetailerFactory,
    product_box,
)
from tests.products.shops import saw

pytestmark = pytest.mark.django_db

HEALTH = "link_health:index"
HOUR = datetime.timedelta(hours=1)
NOW = timezone.now()
LATER = (NOW + 240 * HOUR).date()


@pytest.fixture
def editor() -> Client:
    return desk_of(EDITORS)


def broken(**values) -> Offer:
    """Confirmed by two looks, so that its alarm rings."""
    offer = OfferFactory(retailer__programme=None, **values)
    for hours in (0, 2):
        saw(offer, now=NOW + hours * HOUR, status=404)
    return offer


def listed(client: Client, **asked) -> list[Offer]:
    return list(client.get(reverse(HEALTH), asked).context["object_list"])


def act(action: str, *offers: Offer, next_url: str = "") -> str:
    url = reverse("wagtail_bulk_action", args=["products", "offer", action])
    chosen = "&".join(f"id={offer.pk}" for offer in offers)
    return f"{url}?{chosen}&next={next_url or reverse(HEALTH)}"


# --- the listing ----------------------------------------------------------------------------------


def test_each_view_of_the_listing_holds_its_own_and_no_other(editor):
    of = {
        Concern.BROKEN: OfferFactory(reachable="broken"),
        Concern.IDENTITY_LOST: OfferFactory(identity="lost"),
        Concern.SOLD_OUT: OfferFactory(buyable="out_of_stock"),
        Concern.DIFFERENT_PRODUCT: OfferFactory(buyable="different_product"),
        Concern.SUSPECT: OfferFactory(reachable="suspect"),
        Concern.FLAKY: OfferFactory(),
        Concern.QUARANTINED: OfferFactory(),
    }
    Offer.objects.filter(pk=of[Concern.FLAKY].pk).update(
        health_memory={"flaky": {"reachable": (NOW + HOUR).isoformat()}}
    )
    Offer.objects.filter(pk=of[Concern.QUARANTINED].pk).update(quarantined_at=NOW, next_check_at=None)
    snoozed = OfferFactory(reachable="broken")
    Alarm.objects.create(
        kind=AlarmKind.BROKEN, offer=snoozed, reason="Gone.", opened_at=NOW, snoozed_until=NOW + HOUR
    )
    well, draft = OfferFactory(), OfferFactory(draft=True)
    expected = {
        **{concern: {offer} for concern, offer in of.items()},
        Concern.BROKEN: {of[Concern.BROKEN], snoozed},
        Concern.SNOOZED: {snoozed},
        Concern.ALL: {*of.values(), snoozed, well},
        Concern.NEEDS_SOMEBODY: {
            of[concern]
            for concern in (
                Concern.BROKEN,
                Concern.IDENTITY_LOST,
                Concern.DIFFERENT_PRODUCT,
                Concern.QUARANTINED,
            )
        },
    }
    assert set(expected) == set(Concern)
    assert {concern: set(listed(editor, show=concern.value)) for concern in Concern} == expected
    assert set(listed(editor)) == expected[Concern.NEEDS_SOMEBODY]
    assert draft not in listed(editor, show="all")


def test_what_is_sold_out_needs_somebody_once_nobody_in_the_region_has_it(editor):
    offer = OfferFactory(buyable="out_of_stock")
    assert listed(editor) == []
    Alarm.objects.create(
        kind=AlarmKind.SOLD_OUT, product=offer.product, region=offer.retailer.region, opened_at=NOW
    )
    assert listed(editor) == [offer]
    Alarm.objects.update(snoozed_until=timezone.now() + HOUR)
    assert listed(editor) == []


def test_a_shop_that_fails_brings_its_links_before_they_are_broken(editor):
    offer = OfferFactory(reachable="suspect")
    offer.host.breaker = "failing"
    offer.host.save()
    assert listed(editor) == [offer]
    Offer.objects.update(enabled=False)
    assert listed(editor) == []


def test_the_listing_is_filtered_and_searched(editor):
    programme = ProgrammeFactory()
    shop = RetailerFactory(programme=programme, region=RegionFactory(code="US"))
    one = OfferFactory(product__name="Wobble cushion", retailer=shop, last_checked_at=NOW - 480 * HOUR)
    other = OfferFactory(last_checked_at=NOW)
    for asked in (
        {"retailer": shop.pk},
        {"region": shop.region_id},
        {"programme": programme.pk},
        {"not_checked_since": (NOW - 24 * HOUR).date()},
        {"q": "wobble"},
        {"q": f"wobble {shop.name}"},
        {"q": one.destination},
    ):
        assert listed(editor, show="all", **asked) == [one], asked
    assert set(listed(editor, show="all")) == {one, other}
    assert listed(editor, show="nonsense") != []  # Wagtail shows a question that makes no sense unanswered


def test_a_row_says_how_why_since_when_where_and_how_often(editor):
    offer = broken(product__name="Wobble cushion")
    article = ConditionPageFactory(blocks=[product_box(offer.product)])
    ReferenceIndex.create_or_update_for_object(article)
    Clicks.objects.create(day=timezone.localdate(), offer=offer, people=41)
    Clicks.objects.create(day=timezone.localdate() - datetime.timedelta(days=40), offer=offer, people=9)
    shown = text_of(editor.get(reverse(HEALTH)))
    assert "The shop says that this page no longer exists." in shown
    assert str(offer.retailer) in shown
    assert "1 article</a>" in shown
    assert "41 clicks" in shown
    heading, row = csv_of(editor.get(reverse(HEALTH), {"export": "csv"}))
    assert "Last 30 days" in heading
    assert ",1,41," in row
    assert heading.startswith(
        "Offer,Retailer,Region,Programme,Product address,Reachable,Identity,Can be bought,"
    )
    assert ",Broken,Unknown,Unknown," in row
    xlsx = editor.get(reverse(HEALTH), {"export": "xlsx"})
    assert (
        openpyxl.load_workbook(BytesIO(b"".join(xlsx.streaming_content))).active["A2"].value
        == "Wobble cushion"
    )


@pytest.mark.parametrize("ordering", ["severity", "-clicks", "next_check_at", "product__name"])
def test_the_listing_is_sorted_by_what_its_columns_hold(editor, ordering):
    bad, well = OfferFactory(reachable="broken", product__name="A"), OfferFactory(product__name="B")
    Clicks.objects.create(day=timezone.localdate(), offer=bad, people=1)
    Offer.objects.filter(pk=bad.pk).update(next_check_at=NOW - 900 * HOUR)
    assert listed(editor, show="all", ordering=ordering) == [bad, well]


@pytest.mark.parametrize("asked", [{}, {"show": "all", "ordering": "-clicks"}, {"show": "snoozed"}])
def test_a_longer_listing_costs_no_more_queries(
    editor, asked, django_assert_num_queries, django_assert_max_num_queries
):
    OfferFactory(reachable="broken")
    editor.get(reverse(HEALTH), asked)
    with django_assert_max_num_queries(24) as one:
        editor.get(reverse(HEALTH), asked)
    for _ in range(5):
        OfferFactory(reachable="broken", last_checked_at=NOW)
    with django_assert_num_queries(len(one)):
        editor.get(reverse(HEALTH), asked)


def test_boxes_and_buttons_stand_only_before_who_may_use_them(editor):
    broken()
    assert "data-bulk-action-checkbox" in text_of(editor.get(reverse(HEALTH)))
    assert "Check all of these now" in text_of(editor.get(reverse(HEALTH)))
    reviewer = text_of(desk_of(REVIEWERS).get(reverse(HEALTH)))
    assert "This page no longer exists".lower() in reviewer.lower()
    for hidden in ("data-bulk-action-checkbox", "Check all of these now", reverse("mass_checks:index")):
        assert hidden not in reviewer


# --- judging several at once ----------------------------------------------------------------------


def test_several_are_snoozed_with_a_reason_and_who_has_nothing_to_snooze_is_named(editor):
    one, other, well = broken(), broken(), OfferFactory()
    asking = text_of(editor.get(act("snooze", one, other, well)))
    assert f"Broken link: {one}" in asking
    assert "No alarm rings for it." in asking
    missing = text_of(editor.post(act("snooze", one), {"until": LATER}))
    assert "This field is required" in missing
    said = text_of(
        editor.post(act("snooze", one, other, well), {"until": LATER, "reason": "Moving house."}, follow=True)
    )
    assert "2 offers: snoozed." in said
    assert f"{well}: No alarm rings for it." in said
    assert {alarm.snooze_reason for alarm in Alarm.objects.all()} == {"Moving house."}
    assert listed(editor) == []
    entries = ModelLogEntry.objects.filter(action="products.alarm.snooze")
    assert [(entry.user, entry.data["reason"]) for entry in entries] == [(editor.user, "Moving house.")] * 2


def test_a_failing_shop_is_snoozed_as_a_whole_and_not_by_one_link(editor):
    offer = OfferFactory()
    Alarm.objects.create(kind=AlarmKind.FAILING, host=offer.host, reason="Down.", opened_at=NOW)
    assert "The whole shop is failing" in text_of(editor.get(act("snooze", offer)))
    editor.post(act("snooze", offer), {"until": LATER, "reason": "x"})
    assert Alarm.objects.ringing(NOW).exists()


def test_several_are_called_harmless_and_stay_so_on_record(editor):
    one, other, well = broken(), broken(), OfferFactory()
    asking = text_of(editor.get(act("call_harmless", one, well)))
    assert "this page no longer exists" in asking
    assert "Nothing is wrong with it." in asking
    said = editor.post(act("call_harmless", one, other, well), {"reason": "For members only."}, follow=True)
    assert "2 offers: called harmless." in text_of(said)
    for offer in (one, other):
        offer.refresh_from_db()
        assert (offer.reachable, offer.dismissal["reason"]) == (Reachable.UNKNOWN, "For members only.")
    assert not Alarm.objects.open().exists()
    assert ModelLogEntry.objects.filter(action="products.offer.dismiss", user=editor.user).count() == 2


def test_several_are_locked_at_once_before_their_host_is(editor):
    """Who writes a look down has locked its offer when it asks for the host: one of the two would be thrown out."""
    shop = RetailerFactory(programme=None)
    place = f"https://{shop.domains[0]}"
    offers = [OfferFactory(retailer=shop, destination=f"{place}/{count}") for count in range(3)]
    for hours in (0, 2):
        for offer in offers:
            saw(offer, now=NOW + hours * HOUR, status=404)
    with CaptureQueriesContext(connection) as asked:
        editor.post(act("call_harmless", *offers), {"reason": "For members only."})
    locks = [query["sql"] for query in asked if " FOR " in query["sql"] and "UPDATE" in query["sql"]]
    of_offers = next(
        n
        for n, sql in enumerate(locks)
        if f"({', '.join(str(one.pk) for one in offers)})" in sql and 'FROM "products_offer"' in sql
    )
    of_host = next(n for n, sql in enumerate(locks) if 'FROM "products_host"' in sql)
    assert of_offers < of_host


def redirected(to: str, *, found: str = "ok", **values) -> Offer:
    offer = OfferFactory(retailer__programme=None, **values)
    verdicts = {"reachable": {"value": found, "reason": ""}}
    hops = [{"address": offer.destination, "status": 301}, {"address": to, "status": 200}]
    Check.objects.create(
        offer=offer, at=NOW, seconds=1, outcome="redirected", final_address=to, hops=hops, verdicts=verdicts
    )
    return offer


def test_redirects_are_accepted_where_they_stay_at_the_shop(editor):
    shop = RetailerFactory(domains=["shop-x.co.uk"], programme=None)
    to = "https://shop-x.co.uk/new-place"
    right, straight = redirected(to, retailer=shop), OfferFactory()
    away = redirected("https://elsewhere.co.uk/p")
    home = redirected("https://shop-x.co.uk/", retailer=shop, found="broken")
    asking = text_of(editor.get(act("accept_redirect", right, straight, away, home)))
    assert "What was found there is no product" in asking
    assert f"{right.destination} → {to}." in asking
    assert "The last look was not redirected." in asking
    assert f"This address is not at {away.retailer}" in asking
    said = text_of(editor.post(act("accept_redirect", right, straight, away, home), follow=True))
    assert "1 offer: the new address is taken" in said
    right.refresh_from_db()
    assert (right.destination, right.next_check_at is not None) == (to, True)
    entry = ModelLogEntry.objects.get(action="products.offer.accept_redirect")
    assert (entry.user, entry.data["after"]) == (editor.user, to)


def test_nobody_judges_more_than_they_can_have_looked_at(editor, monkeypatch):
    monkeypatch.setattr("products.bulk_actions.MOST_JUDGED", 1)
    offers = broken(), broken()
    assert "at most 1 offers" in text_of(editor.get(act("call_harmless", *offers)))
    editor.post(act("call_harmless", *offers), {"reason": "x"})
    assert Alarm.objects.open().count() == 2
    assert MOST_JUDGED == 200


@pytest.mark.parametrize("action", ["snooze", "call_harmless", "accept_redirect", "check_now"])
def test_who_may_only_look_judges_nothing(action):
    offer, reviewer = broken(), desk_of(REVIEWERS)
    before = Offer.objects.values().get(pk=offer.pk)
    reviewer.post(act(action, offer), {"until": LATER, "reason": "x"})
    assert Offer.objects.values().get(pk=offer.pk) == before
    assert Alarm.objects.ringing(NOW).exists()
    assert not MassCheck.objects.exists()


@pytest.mark.parametrize("action", ["snooze", "call_harmless", "accept_redirect", "check_now"])
def test_what_will_happen_to_many_costs_no_more_queries(editor, action, django_assert_max_num_queries):
    offers = [OfferFactory() for _ in range(8)]
    editor.get(act(action, offers[0]))
    with django_assert_max_num_queries(22):
        editor.get(act(action, *offers))


def test_all_in_the_listing_means_all_that_its_filters_find(editor):
    one, other = broken(), broken()
    url = reverse("wagtail_bulk_action", args=["products", "offer", "call_harmless"])
    asked = f"{url}?id=all&retailer={one.retailer_id}&next={reverse(HEALTH)}"
    editor.post(asked, {"reason": "x"})
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.reachable, other.reachable) == (Reachable.UNKNOWN, Reachable.BROKEN)
    library = reverse(Offer.snippet_viewset.get_url_name("list"))
    editor.post(f"{url}?id=all&q=no-such-thing&next={library}", {"reason": "x"})
    other.refresh_from_db()
    assert other.reachable == Reachable.BROKEN
    editor.post(f"{url}?id=all&reachable=broken&next={library}", {"reason": "x"})
    other.refresh_from_db()
    assert other.reachable == Reachable.UNKNOWN


# --- check now ------------------------------------------------------------------------------------


def check_listing(**asked) -> str:
    return f"{reverse('link_health:check')}?" + "&".join(f"{name}={value}" for name, value in asked.items())


def test_a_whole_shop_is_checked_from_its_row_its_page_and_its_alarm(editor):
    shop = RetailerFactory(pace="60")
    offers = [OfferFactory(retailer=shop) for _ in range(3)]
    OfferFactory()
    Offer.objects.update(next_check_at=NOW + 900 * HOUR)
    alarm = Alarm.objects.create(kind=AlarmKind.FAILING, host=offers[0].host, reason="Down.", opened_at=NOW)
    address = check_listing(show="all", retailer=shop.pk)
    for page in (
        reverse(Retailer.snippet_viewset.get_url_name("list")),
        reverse(Retailer.snippet_viewset.get_url_name("edit"), args=[shop.pk]),
        reverse("alarms:alarm", args=[alarm.pk]),
    ):
        assert address in text_of(editor.get(page)).replace("&amp;", "&"), page
    confirm = text_of(editor.get(address))
    assert "<strong>3 offers</strong> will be checked next." in confirm
    assert "about 2 minutes" in confirm
    assert str(shop) in confirm
    shown = text_of(editor.post(address, follow=True))
    assert "0 of 3 done." in shown
    assert set(Offer.objects.due(timezone.now())) == set(offers)
    asked = MassCheck.objects.get()
    assert (asked.asked_by, asked.about) == (editor.user, f"All links; {shop}")


def test_amazon_is_refused_in_words_with_the_way_to_the_queue_for_people(editor):
    shop = RetailerFactory(checking=Checking.HUMAN)
    OfferFactory(retailer=shop)
    address = check_listing(show="all", retailer=shop.pk)
    confirm = text_of(editor.get(address))
    assert "Robots may not ask this shop" in confirm
    assert f'href="{reverse("links_to_look_at:index")}"' in confirm
    assert '<button type="submit" class="button">Check now' not in confirm
    assert "None of these offers" in text_of(editor.post(address, follow=True))
    assert not MassCheck.objects.exists()


@pytest.fixture
def asked(editor) -> MassCheck:
    """Four offers: one fine, one gone, one at a shop for people, one that waits."""
    fine, gone, waiting = OfferFactory(), OfferFactory(), OfferFactory()
    by_hand = OfferFactory(retailer__checking=Checking.HUMAN)
    chosen = Offer.objects.filter(pk__in=[fine.pk, gone.pk, waiting.pk, by_hand.pk])
    asked = mass_checks.ask(chosen, about="Some links", user=editor.user, now=NOW)
    reached = {"reachable": {"value": "broken", "reason": "It answered 404."}}
    Check.objects.create(offer=fine, at=NOW, seconds=1, outcome="healthy")
    Check.objects.create(offer=gone, at=NOW, seconds=1, outcome="gone", verdicts=reached)
    return asked


def test_the_page_of_a_check_shows_how_far_it_is_without_javascript(editor, asked):
    shown = text_of(editor.get(reverse("mass_checks:check", args=[asked.pk])))
    assert '<progress id="mass-check-progress"' in shown
    assert 'max="4" value="3"' in shown
    assert "3 of 4 done, 1 not looked at by us." in shown
    assert ">Refresh</a>" in shown
    assert "Cancel the rest" in shown
    assert "no longer exists. It answered 404." in shown
    assert "Waits for its turn at the shop." in shown
    assert "a person opens the page" in shown
    assert "1 × The link leads to the product." in shown


def test_the_fragment_holds_the_same_and_says_when_it_is_over(editor, asked, django_assert_max_num_queries):
    address = reverse("mass_checks:results", args=[asked.pk])
    editor.get(address)
    with django_assert_max_num_queries(20):
        fragment = text_of(editor.get(address, {"standing": "checked"}))
    assert "<html" not in fragment
    assert 'data-mass-check-over="no"' in fragment
    assert "Waits for its turn" not in fragment
    waiting = asked.rows.with_standing([]).get(standing="waiting").offer
    Check.objects.create(offer=waiting, at=NOW, seconds=1, outcome="healthy")
    fragment = text_of(editor.get(address))
    assert 'data-mass-check-over="yes"' in fragment
    assert "Done: 3 looked at, 1 not looked at by us." in fragment
    assert "Refresh" not in fragment


def test_the_rest_is_cancelled_by_post_alone(editor, asked):
    address = reverse("mass_checks:cancel", args=[asked.pk])
    assert editor.get(address).status_code == 405
    assert "1 offer is looked at when it was planned before." in text_of(editor.post(address, follow=True))
    assert "Nothing waits any more" in text_of(editor.post(address, follow=True))
    asked.refresh_from_db()
    assert asked.cancelled_by == editor.user


def test_recent_checks_are_listed_and_exported(editor, asked, django_assert_max_num_queries):
    address = reverse("mass_checks:index")
    editor.get(address)
    with django_assert_max_num_queries(16):
        shown = text_of(editor.get(address))
    assert "Some links" in shown
    assert reverse("mass_checks:check", args=[asked.pk]) in shown
    heading, row = csv_of(editor.get(address, {"export": "csv"}))
    assert heading == "What,Who,Asked,Offers,Looked at,Waiting,Not by us,Taken back"
    assert row.endswith(",4,2,1,1,0")
    rows = csv_of(editor.get(reverse("mass_checks:check", args=[asked.pk]), {"export": "csv"}))
    assert len(rows) == 5


@pytest.mark.parametrize(("group", "may"), [(EDITORS, True), (COMMERCIAL, True), (REVIEWERS, False)])
def test_only_who_may_change_offers_has_them_checked(asked, group, may):
    somebody = desk_of(group)
    for address in (
        reverse("mass_checks:index"),
        reverse("mass_checks:check", args=[asked.pk]),
        reverse("mass_checks:results", args=[asked.pk]),
        reverse("link_health:check"),
    ):
        assert is_refused(somebody.get(address)) is not may
        assert Client().get(address).status_code == 302
    for address in (check_listing(show="all"), reverse("mass_checks:cancel", args=[asked.pk])):
        assert is_refused(somebody.post(address)) is not may
    assert (MassCheck.objects.count(), MassCheck.objects.filter(cancelled_at__isnull=False).count()) == (
        (2, 1) if may else (1, 0)
    )
