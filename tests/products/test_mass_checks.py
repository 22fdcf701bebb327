"""Having offers checked now: what is brought forward, refused, taken back, and how far it is."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from wagtail.models import ModelLogEntry

from articles.models import User
from products import mass_checks
from products.linkcheck.verdict import Outcome
from products.mass_checks import MassCheckRefused, ask, cancel, expected_end, forecast, progress, progress_of
from products.models import Check, Checking, Host, MassCheck, Offer
from products.querysets import Refusal, Standing
from tests.factories import OfferFactory, ProgrammeFactory, RetailerFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HOUR = datetime.timedelta(hours=1)
SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def editor() -> User:
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="change_offer"))
    return user


def due(offer: Offer, at: datetime.datetime | None, **more) -> Offer:
    Offer.objects.filter(pk=offer.pk).update(next_check_at=at, **more)
    return offer


def look(offer: Offer, at: datetime.datetime, outcome: str = "healthy", **more) -> None:
    """As a round writes it down: the look, and when the next one is due."""
    Check.objects.create(offer=offer, at=at, seconds=0.1, outcome=outcome, **more)
    due(offer, at + 24 * HOUR)


def ask_for(user: User, *offers: Offer, at: datetime.datetime = NOW) -> MassCheck:
    chosen = Offer.objects.filter(pk__in=[offer.pk for offer in offers])
    return ask(chosen, about="Some links", user=user, now=at)


def standings(asked: MassCheck) -> dict[int, str]:
    return dict(asked.rows.with_standing([]).values_list("offer_id", "standing"))


# --- asking ---------------------------------------------------------------------------------------


def test_what_is_asked_for_is_due_now_and_out_of_quarantine(editor):
    later, aside = due(OfferFactory(), NOW + HOUR), OfferFactory()
    due(aside, None, attempts=5, quarantined_at=NOW - HOUR)
    ask_for(editor, later, aside)
    assert set(Offer.objects.due(NOW)) == {later, aside}
    assert not Offer.objects.exclude(attempts=0).exists()


def test_what_waits_longer_already_keeps_its_place(editor):
    overdue = due(OfferFactory(), NOW - HOUR)
    ask_for(editor, overdue)
    overdue.refresh_from_db()
    assert overdue.next_check_at == NOW - HOUR


def test_what_must_not_be_asked_is_refused_by_name_and_left_alone(editor, settings):
    settings.AMAZON_CREATORS_API = {}
    amazon = {"network": "amazon", "identity": {"marketplace": "amazon.co.uk", "tag": "referred-21"}}
    silent = RetailerFactory(domains=["amazon.co.uk"], programme=ProgrammeFactory(**amazon), checking="api")
    hidden = RetailerFactory(domains=[], programme=None)
    refused = {
        OfferFactory(draft=True): Refusal.DRAFT,
        OfferFactory(enabled=False): Refusal.OFF,
        OfferFactory(retailer__checking=Checking.HUMAN): Refusal.HUMAN,
        OfferFactory(retailer=silent, destination="https://www.amazon.co.uk/dp/B01ABCDEFG"): Refusal.API,
        OfferFactory(retailer=hidden, destination="https://www.amazon.de/dp/B01ABCDEFG"): Refusal.HUMAN,
    }
    Offer.objects.exclude(destination="").update(next_check_at=NOW + HOUR)
    well = due(OfferFactory(), NOW + HOUR)
    asked = ask_for(editor, well, *refused)
    rows = asked.rows.exclude(refusal="").values_list("offer_id", "refusal")
    assert dict(rows) == {offer.pk: why.value for offer, why in refused.items()}
    assert Offer.objects.due(NOW).get() == well
    assert set(mass_checks.WORDS) == set(Refusal)


def test_where_nothing_can_be_checked_nothing_is_written(editor):
    offer = OfferFactory(retailer__checking=Checking.HUMAN)
    with pytest.raises(MassCheckRefused, match="None of these"):
        ask_for(editor, offer)
    assert not MassCheck.objects.exists()


def test_too_many_at_once_are_refused(editor, monkeypatch):
    monkeypatch.setattr(mass_checks, "MOST_ASKED", 2)
    offers = [due(OfferFactory(), NOW + HOUR) for _ in range(3)]
    with pytest.raises(MassCheckRefused, match="At most 2"):
        ask_for(editor, *offers)
    assert not Offer.objects.due(NOW).exists()


def test_only_who_may_change_offers_asks_and_cancels(editor):
    offer, nobody = due(OfferFactory(), NOW + HOUR), UserFactory()
    with pytest.raises(PermissionDenied):
        ask_for(nobody, offer)
    asked = ask_for(editor, offer)
    with pytest.raises(PermissionDenied):
        cancel(asked, user=nobody, now=NOW)
    assert MassCheck.objects.get().cancelled_at is None


def test_each_offer_has_it_on_record_with_who_asked(editor):
    first, second = OfferFactory(), OfferFactory(draft=True)
    asked = ask_for(editor, first, second)
    cancel(asked, user=editor, now=NOW)
    entries = ModelLogEntry.objects.for_instance(first).order_by("pk")
    assert [entry.action for entry in entries] == [
        "products.offer.check_now",
        "products.offer.take_back_check",
    ]
    assert {entry.user for entry in entries} == {editor}
    assert not ModelLogEntry.objects.for_instance(second).exists()
    assert entries[0].message == "Asked for a check of the link at once"


def test_asking_for_many_costs_no_more_queries_than_for_a_few(editor, django_assert_max_num_queries):
    shop = RetailerFactory()
    offers = [OfferFactory(retailer=shop) for _ in range(12)]
    with django_assert_max_num_queries(14):
        asked = ask_for(editor, *offers)
    with django_assert_max_num_queries(14):
        cancel(asked, user=editor, now=NOW)


def test_the_forecast_says_how_long_the_slowest_shop_takes(editor):
    slow, quick = RetailerFactory(pace="60"), RetailerFactory(pace="1")
    for shop, count in ((slow, 3), (quick, 5)):
        for _ in range(count):
            OfferFactory(retailer=shop)
    OfferFactory(draft=True)
    coming = forecast(Offer.objects.order_by("product__name").with_page_count())
    assert (coming.checkable, coming.refused, coming.seconds) == (8, {Refusal.DRAFT: 1}, 120.0)


# --- how far it is --------------------------------------------------------------------------------


def test_progress_is_read_from_the_looks_since_the_asking(editor):
    before, seen, broken, by_person, draft = (OfferFactory(draft=number == 4) for number in range(5))
    look(before, NOW - SECOND)
    asked = ask_for(editor, before, seen, broken, by_person, draft)
    look(seen, NOW)
    look(seen, NOW + HOUR, "gone")  # a later look is not what came of this asking
    look(broken, NOW + SECOND, "gone")
    look(by_person, NOW + SECOND, judged_by=editor)
    assert standings(asked) == {
        before.pk: Standing.WAITING,
        seen.pk: Standing.CHECKED,
        broken.pk: Standing.CHECKED,
        by_person.pk: Standing.WAITING,
        draft.pk: Standing.REFUSED,
    }
    found = progress(asked)
    assert (found.waiting, found.checked, found.refused, found.all) == (2, 2, 1, 5)
    assert found.outcomes == {Outcome.HEALTHY: 1, Outcome.GONE: 1}
    assert not found.is_over
    assert progress_of([asked])[asked.pk].checked == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"enabled": False}, Refusal.OFF),
        ({"quarantined_at": NOW, "next_check_at": None}, Refusal.QUARANTINED),
        ({"destination": "", "next_check_at": None}, Refusal.DRAFT),
    ],
)
def test_what_can_not_be_looked_at_any_more_does_not_keep_it_from_ending(editor, change, why):
    offer = OfferFactory()
    asked = ask_for(editor, offer)
    Offer.objects.filter(pk=offer.pk).update(**change)
    row = asked.rows.with_standing([]).get()
    assert (row.standing, row.why_not) == (Standing.REFUSED, why)
    assert progress(asked).is_over


def test_the_expected_end_counts_the_pace_and_the_quiet_that_a_shop_asked_for(editor):
    shop = RetailerFactory(pace="30")
    offers = [OfferFactory(retailer=shop) for _ in range(4)]
    asked = ask_for(editor, *offers)
    assert expected_end(asked, now=NOW) == NOW + 120 * SECOND
    Host.objects.filter(pk=offers[0].host_id).update(paused_until=NOW + HOUR)
    assert expected_end(asked, now=NOW) == NOW + HOUR + 120 * SECOND
    for offer in offers:
        look(offer, NOW)
    assert expected_end(asked, now=NOW) is None


# --- cancelling -----------------------------------------------------------------------------------


def test_cancelling_gives_back_the_former_dates_of_what_nobody_looked_at(editor):
    later, aside, seen = due(OfferFactory(), NOW + HOUR), OfferFactory(), due(OfferFactory(), NOW + HOUR)
    due(aside, None, attempts=5, quarantined_at=NOW - HOUR)
    asked = ask_for(editor, later, aside, seen)
    look(seen, NOW + SECOND)
    assert cancel(asked, user=editor, now=NOW + 2 * SECOND) == 2
    later.refresh_from_db()
    aside.refresh_from_db()
    seen.refresh_from_db()
    assert later.next_check_at == NOW + HOUR
    assert (aside.next_check_at, aside.quarantined_at) == (None, NOW - HOUR)
    assert seen.next_check_at == NOW + SECOND + 24 * HOUR
    look(later, NOW + HOUR)  # its own time, and no part of what was cancelled
    assert standings(asked) == {
        later.pk: Standing.CANCELLED,
        aside.pk: Standing.CANCELLED,
        seen.pk: Standing.CHECKED,
    }
    asked.refresh_from_db()
    assert (asked.cancelled_by, progress(asked).is_over) == (editor, True)


def test_an_address_that_was_changed_meanwhile_is_still_looked_at(editor):
    offer = due(OfferFactory(), NOW + HOUR)
    asked = ask_for(editor, offer)
    offer.refresh_from_db()
    offer.destination += "-new"
    offer.save()
    moved_at = Offer.objects.get(pk=offer.pk).next_check_at
    cancel(asked, user=editor, now=NOW + SECOND)
    assert Offer.objects.get(pk=offer.pk).next_check_at == moved_at


def test_what_somebody_else_waits_for_stays_due(editor):
    offer = due(OfferFactory(), NOW + HOUR)
    first = ask_for(editor, offer)
    ask_for(editor, offer, at=NOW + SECOND)
    cancel(first, user=editor, now=NOW + 2 * SECOND)
    assert Offer.objects.due(NOW + 2 * SECOND).get() == offer


@pytest.mark.parametrize("ending", ["looked at", "cancelled"])
def test_what_is_over_is_not_cancelled(editor, ending):
    offer = OfferFactory()
    asked = ask_for(editor, offer)
    if ending == "looked at":
        look(offer, NOW)
    else:
        cancel(asked, user=editor, now=NOW)
    with pytest.raises(MassCheckRefused, match="Nothing waits"):
        cancel(asked, user=editor, now=NOW + SECOND)


def test_it_is_forgotten_with_the_looks_that_it_is_read_from(editor):
    old, kept = ask_for(editor, OfferFactory(), at=NOW - 2161 * HOUR), ask_for(editor, OfferFactory())
    assert mass_checks.prune_mass_checks(now=NOW) == 1
    assert MassCheck.objects.get() == kept
    assert old != kept
