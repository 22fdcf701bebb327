"""A longer listing costs no more statements: every listing of the admin that is ours, found by its address."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.governance import TriggerKind
from articles.models import ProblemKind, Reference
from articles.problem_reports import receive
from articles.rescheduling import reschedule
from articles.services import schedule_review
from articles.spam_guard import open_form
from articles.triggers import call_for_review
from products import mass_checks
from products.clock import database_now
from products.models import Clicks, Offer
from tests.factories import (
    AuthorFactory,
    ConditionPageFactory,
    OfferFactory,
    RegionFactory,
    ReviewTierFactory,
    block,
    paragraph,
    product_box,
    sign_off,
)
from tests.furnished import Furnished, admin_addresses, furnish
from tests.products.shops import saw

LISTINGS = {"list", "index", "listing", "check", "usage"}
DAY = datetime.timedelta(days=1)


def more_of_everything(made: Furnished, numbers: Iterable[int]) -> None:
    """A row more for every listing, for each of the numbers."""
    now = timezone.now()
    today, user = timezone.localdate(now), made.article.owner
    for number in numbers:
        offer = OfferFactory()
        for hours in (2, 0):
            saw(offer, now=now - hours * DAY / 24, status=404)
        reference = Reference.objects.create(
            title=f"Review {number}", url=f"https://www.example.org/r{number}"
        )
        blocks = [
            paragraph("Rest the leg."),
            product_box(made.product),
            product_box(offer.product),
            block("references", [reference.pk]),
        ]
        page = ConditionPageFactory(
            parent=made.article.get_parent(), owner=user, authors=[AuthorFactory()], blocks=blocks
        )
        sign_off(page, on=today - 300 * DAY)
        schedule_review(page, today=today)
        call_for_review(page, kind=TriggerKind.SAFETY_ALERT, reason="MHRA alert 8.", user=user, now=now)
        reschedule({page.pk: today + 30 * DAY}, reason="The clinic moves.", user=user, now=now)
        receive(
            open_form(page.pk, now=now),
            kind=ProblemKind.SAFETY,
            text="It hurts.",
            email="s@example.org",
            now=now,
        )
        Clicks.objects.create(day=today, offer=offer, page=page, people=number + 1)
        RegionFactory(code=f"X{number}")
        ReviewTierFactory(slug=f"tier-{number}")
        mass_checks.ask(Offer.objects.filter(pk=offer.pk), about="More", user=user, now=database_now())


def statements(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.django_db
def test_no_listing_of_ours_costs_more_statements_when_it_is_longer(admin_client):
    made = furnish()
    more_of_everything(made, [0])
    listings = {
        address.name: address.url
        for address in admin_addresses(made)
        if address.is_ours and address.verb in LISTINGS and address.name != "link_health:check"
    }
    assert len(listings) > 20
    for url in listings.values():
        admin_client.get(url)  # content types and the like are remembered from here on
    before = {name: statements(admin_client, url) for name, url in listings.items()}
    more_of_everything(made, [1, 2, 3])
    after = {name: statements(admin_client, url) for name, url in listings.items()}
    assert {name: (before[name], after[name]) for name in before if after[name] > before[name]} == {}
