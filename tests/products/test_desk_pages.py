"""The pages of one offer, one shop and one product in the admin."""

from __future__ import annotations

import datetime
import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from wagtail.models import ModelLogEntry, ReferenceIndex

from demo.retailers import Behaviour
from products import judgements
from products.checkbook import write_flips
from products.clicks.counting import count
from products.columns import HistoryStripColumn, add_history_strips
from products.linkcheck.health import FlipFact, Health, Step
from products.linkcheck.verdict import Axis, Buyable, Identity, Outcome, Reachable
from products.log_actions import OFFER_AGAIN, WITHDRAW
from products.models import Alarm, AlarmKind, Check, Checking, Flip, Host, Offer, Product, Retailer
from products.offer_verbs import Verb, verb_url
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
from tests.products.shops import door, look_at_all, offers_at, page, saw, shops

__all__ = ["door", "shops"]  # fixtures

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
NOW = timezone.now()


@pytest.fixture
def editor() -> Client:
    return desk_of(EDITORS)


def page_of(thing: Offer | Retailer | Product) -> str:
    return reverse(type(thing).snippet_viewset.get_url_name("inspect"), args=[thing.pk])


def shown(client: Client, thing: Offer | Retailer | Product) -> str:
    response = client.get(page_of(thing))
    assert response.status_code == 200
    return " ".join(text_of(response).replace("&#x27;", "'").replace("&quot;", '"').split())


def flipped(offer: Offer, axis: Axis, before: str, after: str, *, days_ago: int) -> None:
    """Write a flip as the checkbook would, and leave the offer standing so."""
    kinds = {Axis.REACHABLE: Reachable, Axis.IDENTITY: Identity, Axis.BUYABLE: Buyable}
    kind = kinds[axis]
    step = Step(Health(), (FlipFact(axis, kind(before), kind(after), "Seen so."),))
    write_flips(offer, step, now=timezone.now() - datetime.timedelta(days=days_ago))
    Offer.objects.filter(pk=offer.pk).update(**{axis.value: after}, last_checked_at=NOW, changed_at=NOW)


# --- who sees what --------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [EDITORS, COMMERCIAL])
def test_editors_and_commercial_see_all_three_pages_with_clicks_and_verbs(group):
    offer = OfferFactory()
    count(offer.pk, None, None, is_person=True, now=timezone.now())
    desk = desk_of(group)
    assert verb_url(offer, Verb.WITHDRAW) in shown(desk, offer)
    for thing in (offer, offer.retailer, offer.product):
        assert "1 click in the last" in shown(desk, thing)


def test_reviewers_see_offers_and_products_without_clicks_or_verbs_and_no_shops():
    offer = OfferFactory()
    desk = desk_of(REVIEWERS)
    seen = shown(desk, offer)
    assert "How it stands" in seen
    assert "/verb/" not in seen
    assert "clicks-by-day" not in seen
    assert page_of(offer.retailer) not in seen
    assert "safety-stop" not in shown(desk, offer.product)
    assert is_refused(desk.get(page_of(offer.retailer)))
    assert is_refused(desk.get(verb_url(offer, Verb.WITHDRAW)))


def test_listings_lead_to_the_pages(editor):
    offer = OfferFactory()
    for thing in (offer, offer.retailer, offer.product):
        listing = text_of(editor.get(reverse(type(thing).snippet_viewset.get_url_name("list"))))
        assert page_of(thing) in listing


# --- how an offer stands --------------------------------------------------------------------------


def test_an_offer_without_an_address_says_so(editor):
    seen = shown(editor, OfferFactory(draft=True))
    assert "It has no address yet." in seen
    assert "Not checked: it has no address" in seen


def test_a_broken_offer_says_since_when_why_and_which_shop_readers_get(editor):
    offer = OfferFactory(retailer__programme=None)
    other = OfferFactory(product=offer.product, retailer__name="other.example", retailer__programme=None)
    saw(offer, now=NOW - 9 * HOUR)
    saw(other, now=NOW - 9 * HOUR)
    for hours in (3, 1):
        saw(offer, now=NOW - hours * HOUR, status=404)
    seen = shown(editor, offer)
    assert "Readers do not get this offer. Its link is broken." in seen
    assert "Another shop: other.example." in seen
    assert "The shop says that this page no longer exists. Status 404." in seen
    assert "<td>Ok</td> <td>Broken</td>" in seen
    assert re.search("broken (1 day|2 days)", seen), "one day; two, if midnight came since the fault"
    assert reverse("alarms:alarm", args=[Alarm.objects.get(offer=offer).pk]) in seen
    assert "This offer." in shown(editor, other)


def test_a_suspect_says_what_is_still_needed_to_believe_it(editor):
    offer = OfferFactory(retailer__programme=None)
    saw(offer, now=NOW - 9 * HOUR)
    saw(offer, now=NOW - HOUR, status=404)
    seen = shown(editor, offer)
    assert "Seen once; it counts when 2 looks agree over at least 1 hour." in seen
    assert "This offer." in seen, "a suspect is still shown"


def test_where_nobody_is_left_readers_get_an_honest_sentence(editor):
    offer = OfferFactory(retailer__programme=None)
    for hours in (3, 1):
        saw(offer, now=NOW - hours * HOUR, status=404)
    assert "We know of no UK seller in stock." in shown(editor, offer)


def test_a_stopped_product_says_that_its_notice_stands_there(editor):
    offer = OfferFactory()
    Product.objects.filter(pk=offer.product_id).update(
        withdrawn_at=NOW, withdrawn_reason="The buckle may break."
    )
    assert "Its product is under a safety stop." in shown(editor, offer)
    seen = shown(editor, offer.product)
    assert "The buckle may break." in seen
    assert "Lift the safety stop" in seen


# --- the ledger, by real looks at real shops -------------------------------------------------------


def test_the_ledger_shows_each_hop_of_a_redirect_and_where_it_led(editor, shops, door):
    (offer,) = offers_at(shops, 1, Behaviour.MOVED)
    look_at_all(door)
    check = Check.objects.get(offer=offer)
    seen = shown(editor, offer)
    assert len(check.hops) == 2
    for hop in check.hops:
        assert hop["address"].replace("&", "&amp;") in seen
    assert "Redirected, within the site." in seen
    assert "Here it ended: the link is redirected and leads to the product." in seen
    assert "Differs: product address." in seen
    assert verb_url(offer, Verb.ACCEPT_REDIRECT) in seen


def test_the_ledger_shows_where_a_loop_came_back_to_itself(editor, shops, door):
    (offer,) = offers_at(shops, 1, Behaviour.REDIRECT_LOOP)
    look_at_all(door)
    seen = shown(editor, offer)
    assert "This address had been asked before." in seen
    assert "Here it ended: the link is redirected in a circle and never arrives." in seen
    assert Check.objects.get(offer=offer).hops[-1]["led_to"] not in (None, "")


def test_the_ledger_says_that_no_answer_came_in_time(editor, shops, door):
    (offer,) = offers_at(shops, 1, Behaviour.TIMEOUT)
    look_at_all(door)
    seen = shown(editor, offer)
    assert "No answer in time" in seen
    assert "No page came." in seen
    assert "Could not be told" in seen


def test_the_ledger_shows_at_which_hop_our_identity_was_lost(editor, shops, door):
    programme = ProgrammeFactory(identity={"value": "referred"})
    retailer = RetailerFactory(
        name=f"Peak {uuid4().hex[:6]}", domains=["peak.example"], programme=programme, pace="0.1"
    )
    product = ProductFactory()
    address = shops.shop("peak.example").product("/drops", name=product.name, behaviour=Behaviour.DROPS_TAG)
    offer = OfferFactory(product=product, retailer=retailer, destination=address)
    look_at_all(door)
    check = Check.objects.get(offer=offer)
    assert check.verdicts["identity"]["value"] == Identity.LOST
    assert [hop.get("sign") for hop in check.hops] == ["ours", None]
    seen = shown(editor, offer)
    assert seen.index("Our identity stands in this address.") < seen.index(
        "Our identity no longer stands in it."
    )
    assert "Our identity did not arrive at the landing." in seen
    assert "our identity" in seen[seen.index("Differs:") :][:80]


def test_the_ledger_sets_the_product_that_was_expected_beside_the_one_seen(editor):
    offer = OfferFactory(product__name="Thigh sleeve", retailer__programme=None)
    saw(offer, now=NOW - 9 * HOUR)
    saw(offer, now=NOW - HOUR, text=page("Garden hose", gtin="4006381333931"))
    seen = shown(editor, offer)
    assert "Thigh sleeve (GTIN 05012345678900)" in seen
    assert "Garden hose (GTIN 04006381333931)" in seen
    assert "Differs: product, can be bought." in seen
    assert verb_url(offer, Verb.ACCEPT_PRODUCT) in seen


def test_a_page_with_characters_that_no_database_holds_is_written_down(editor):
    offer = OfferFactory(retailer__programme=None)
    saw(offer, now=NOW, text=page("Thigh\x00 sleeve \\ud800"))
    assert Check.objects.get(offer=offer).seen["title"] == "Thigh sleeve"


def test_looks_kept_without_what_they_expected_still_show_their_hops(editor):
    offer = OfferFactory(retailer__programme=None)
    saw(offer, now=NOW, status=404)
    Check.objects.update(expected={}, seen={})
    seen = shown(editor, offer)
    assert "Here it ended" in seen
    assert "Expected" not in seen[seen.index("Addresses asked") :]


def test_a_persons_look_stands_in_the_ledger_with_their_name(editor):
    offer = OfferFactory(retailer__checking=Checking.HUMAN)
    judgements.judge_by_hand(offer, judgements.HumanVerdict.FINE, user=editor.user, now=NOW)
    assert f"{editor.user} looked and said: fine." in shown(editor, offer)


# --- verbs ----------------------------------------------------------------------------------------


def do(client: Client, offer: Offer, verb: Verb, **values: str) -> str:
    url = verb_url(offer, verb)
    assert client.get(url).status_code == 200, "it is confirmed on a page of its own"
    return text_of(client.post(url, values, follow=True))


def test_an_offer_is_withdrawn_with_a_reason_and_offered_again_and_both_are_on_record(editor):
    offer = OfferFactory(retailer__programme=None)
    saw(offer, now=NOW)
    assert "This field is required" in do(editor, offer, Verb.WITHDRAW)
    assert Offer.objects.showable().filter(pk=offer.pk).exists()
    assert "withdrawn. Readers no longer get it." in do(editor, offer, Verb.WITHDRAW, reason="Recall.")
    assert not Offer.objects.showable().filter(pk=offer.pk).exists()
    assert "Kept from readers: Recall." in shown(editor, offer)
    assert "withdrawn already" in do(editor, offer, Verb.WITHDRAW, reason="Again.")
    do(editor, offer, Verb.OFFER_AGAIN)
    assert Offer.objects.showable().filter(pk=offer.pk).exists()
    logged = ModelLogEntry.objects.filter(action__in=(WITHDRAW, OFFER_AGAIN)).order_by("timestamp")
    assert [(entry.action, entry.user) for entry in logged] == [
        (WITHDRAW, editor.user),
        (OFFER_AGAIN, editor.user),
    ]


def test_withdrawing_a_broken_offer_silences_its_alarm_and_offering_it_rings_again(editor):
    offer = OfferFactory(retailer__programme=None)
    for hours in (3, 1):
        saw(offer, now=NOW - hours * HOUR, status=404)
    do(editor, offer, Verb.WITHDRAW, reason="Gone for good.")
    assert not Alarm.objects.open().exists()
    do(editor, offer, Verb.OFFER_AGAIN)
    assert Alarm.objects.open().get().offer == offer


def test_a_suspect_without_an_alarm_can_be_called_harmless(editor):
    offer = OfferFactory(retailer__programme=None)
    saw(offer, now=NOW - HOUR, status=404)
    assert "fine. It stays so" in do(editor, offer, Verb.DISMISS, reason="They tidy up.")
    offer.refresh_from_db()
    assert offer.dismissal["reason"] == "They tidy up."
    assert "Called harmless by" in shown(editor, offer)


def test_an_accepted_redirect_becomes_the_address(editor):
    offer = OfferFactory(retailer__domains=["peak-physio.co.uk"], retailer__programme=None)
    moved = "https://peak-physio.co.uk/products/moved"
    saw(offer, now=NOW, led_to=moved)
    do(editor, offer, Verb.ACCEPT_REDIRECT)
    offer.refresh_from_db()
    assert offer.destination == moved
    seen = shown(editor, offer)
    assert "as its address" in seen
    assert "<td>Ok</td> <td>Unknown</td>" in seen, "what was forgotten stands among the changes of health"
    assert "Its address was changed." in seen


@pytest.mark.parametrize("verb", [Verb.DISMISS, Verb.ACCEPT_PRODUCT, Verb.ACCEPT_REDIRECT, Verb.OFFER_AGAIN])
def test_a_healthy_offer_has_no_button_for_what_makes_no_sense_and_an_old_tab_is_refused(editor, verb):
    offer = OfferFactory(retailer__programme=None)
    saw(offer, now=NOW)
    assert verb_url(offer, verb) not in shown(editor, offer)
    before = Offer.objects.values().get(pk=offer.pk)
    do(editor, offer, verb, reason="Why not.")
    assert Offer.objects.values().get(pk=offer.pk) == before


def test_an_unknown_verb_is_not_found(editor):
    url = verb_url(OfferFactory(), Verb.DISMISS).replace("dismiss", "destroy")
    assert editor.get(url).status_code == 404


# --- the shop and the product ---------------------------------------------------------------------


def test_a_shops_page_counts_its_offers_by_health_and_leads_to_them(editor):
    shop = RetailerFactory()
    for reachable in ("ok", "ok", "broken"):
        OfferFactory(retailer=shop, reachable=reachable, last_checked_at=NOW)
    seen = shown(editor, shop)
    listing = reverse(Offer.snippet_viewset.get_url_name("list"))
    link = f"{listing}?retailer={shop.pk}&amp;reachable=broken"
    assert f'<a href="{link}">1<' in seen
    rows = text_of(editor.get(link.replace("&amp;", "&")))
    assert rows.count(f'href="{reverse(Offer.snippet_viewset.get_url_name("list"))}inspect/') == 1


def test_a_shops_health_over_time_is_told_from_flips(editor):
    shop = RetailerFactory()
    _well, broke = OfferFactory(retailer=shop, reachable="ok"), OfferFactory(retailer=shop)
    flipped(broke, Axis.REACHABLE, "ok", "broken", days_ago=10)
    response = editor.get(page_of(shop))
    chart = response.context["chart"]
    assert len(chart.rows) == 26
    assert chart.rows[0].values == (2, 0, 0, 0, 0, 0)
    assert [row.values[2] for row in chart.rows[-3:]] == [0, 1, 1], (
        "the ends of the weeks: 14, 7 and no days ago"
    )
    assert chart.rows[-1].values == (1, 0, 1, 0, 0, 0)
    assert chart.summary.endswith("At the end: Well 1, Broken 1.")
    assert "The same as a table" in text_of(response)


def test_a_failing_shop_says_so_and_how_it_is_asked(editor, settings):
    settings.RESPECT_ROBOTS_FOR_PRODUCTS = True
    offer = OfferFactory(retailer__pace="2.50")
    memory = {"breaker": "failing", "cause": "gone", "since": (NOW - HOUR).isoformat()}
    Host.objects.update(
        breaker="failing", health_memory=memory, paused_until=NOW + HOUR, leased_until=NOW + HOUR,
        robots={"https://shop.example/robots.txt": [NOW.isoformat(), "User-agent: *\nDisallow: /"]},
    )  # fmt: skip
    Alarm.objects.create(kind=AlarmKind.FAILING, host=offer.host, reason="All gone.", opened_at=NOW)
    seen = shown(editor, offer.retailer)
    for words in (
        "The whole shop is failing since",
        "A round of checks is asking it now",
        "It asked for quiet until",
        "asks robots to keep away",
        "at least 2.5 seconds between two",
        "Its robots.txt is respected",
        "All gone.",
    ):
        assert words in seen


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"checking": Checking.HUMAN}, "By a person only"),
        ({"programme": None}, "No programme pays for its links"),
        ({}, "Our identity: referred"),
    ],
)
def test_a_shops_page_says_how_it_may_be_asked_and_what_it_pays(editor, values, words):
    assert words in shown(editor, RetailerFactory(**values))


def test_a_products_page_names_the_regions_without_a_seller_and_where_readers_find_it(editor):
    RegionFactory(code="US")
    offer = OfferFactory(retailer__programme=None)
    saw(offer, now=NOW)
    article = ConditionPageFactory(title="Sciatica", blocks=[product_box(offer.product)])
    ReferenceIndex.create_or_update_for_object(article)
    seen = shown(editor, offer.product)
    assert page_of(offer) in seen
    assert "Nobody is known to sell it here" in seen[seen.index("<h3>US") :]
    assert "Sciatica" in seen
    assert "Safety stop" in seen


def test_clicks_on_a_product_are_told_by_the_readers_region(editor):
    offer = OfferFactory()
    us = RegionFactory(code="US")
    for region in (us.pk, us.pk, None):
        count(offer.pk, None, region, is_person=True, now=timezone.now())
    rows = editor.get(page_of(offer.product)).context["click_chart"].rows
    assert [(row.label, row.values) for row in rows] == [("US", (2, 0)), ("A deleted region", (1, 0))]


# --- strips ---------------------------------------------------------------------------------------


def test_the_strips_of_a_page_of_offers_cost_one_query(django_assert_num_queries: DjangoAssertNumQueries):
    offers = [*OfferFactory.create_batch(3, reachable="ok"), OfferFactory(draft=True)]
    flipped(offers[0], Axis.REACHABLE, "ok", "broken", days_ago=4)
    flipped(offers[1], Axis.BUYABLE, "in_stock", "out_of_stock", days_ago=400)
    rows = list(Offer.objects.filter(pk__in=[offer.pk for offer in offers]).order_by("pk"))
    with django_assert_num_queries(1):
        add_history_strips(rows)
    words = [HistoryStripColumn().get_value(offer) for offer in rows]
    assert words[0].startswith("Well 25 days, broken 5 days (")
    assert words[1:] == ["Not to be bought 30 days", "Well 30 days", ""]


def test_a_strip_stands_in_its_column_with_its_words():
    (offer,) = rows = [OfferFactory(reachable="ok")]
    add_history_strips(rows)
    html = HistoryStripColumn().render_cell_html(offer, {"request": None, "table": None, "row": None})
    assert 'role="img"' in html
    assert 'aria-label="Well 30 days"' in html


# --- what it costs --------------------------------------------------------------------------------


def test_the_pages_cost_the_same_for_five_and_for_fifty(
    editor, django_assert_num_queries: DjangoAssertNumQueries, django_assert_max_num_queries
):
    shop = RetailerFactory(programme=None)
    product = ProductFactory()
    offer = OfferFactory(retailer=shop, product=product)
    ReferenceIndex.create_or_update_for_object(ConditionPageFactory(blocks=[product_box(product)]))

    def grow(size: int) -> None:
        for number in range(size):
            other = OfferFactory(retailer=shop, product__name=f"Other {uuid4()}")
            OfferFactory(product=product, retailer__programme=None)
            Alarm.objects.create(kind=AlarmKind.BROKEN, offer=other, reason="Gone.", opened_at=NOW)
            Alarm.objects.create(
                kind=AlarmKind.BROKEN,
                offer=offer,
                reason="Gone.",
                opened_at=NOW,
                closed_at=NOW,
                snoozed_by=editor.user,
            )
            flipped(other, Axis.REACHABLE, "ok", "broken", days_ago=number)
            flipped(offer, Axis.BUYABLE, "in_stock", "out_of_stock", days_ago=number)
        Check.objects.bulk_create(
            Check(offer=offer, at=NOW - number * HOUR, seconds=0.1, outcome=Outcome.GONE, status=404,
                  hops=[{"address": offer.destination, "status": 404, "led_to": None, "failure": None, "detail": ""}])
            for number in range(size * 3)
        )  # fmt: skip

    grow(5)
    for thing in (offer, shop, product):
        editor.get(page_of(thing))  # content types and the like are remembered from here on
    counts = []
    for thing, most in ((offer, 50), (shop, 45), (product, 45)):
        with django_assert_max_num_queries(most) as asked:
            editor.get(page_of(thing))
        counts.append(len(asked))
    grow(45)
    for thing, asked_before in zip((offer, shop, product), counts, strict=True):
        with django_assert_num_queries(asked_before):
            editor.get(page_of(thing))
    assert Flip.objects.count() == 100
