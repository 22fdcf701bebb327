"""Every write that a page shows makes readers' pages new; what no page shows leaves them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from articles import triggers
from articles.governance import TriggerKind
from articles.models import ConditionPage, ImportedReview, PublisherSettings, ReviewTier, ReviewTrigger
from articles.services import schedule_review
from articles.shown import SHOWN
from products import freshness
from products.judgements import HumanVerdict, judge_by_hand
from products.models import Host, Offer
from products.safety_stop import stop
from tests.factories import (
    AuthorFactory,
    BodyAreaPageFactory,
    ConditionPageFactory,
    InformationPageFactory,
    OfferFactory,
    PictureFactory,
    ReviewerFactory,
    UserFactory,
    heading,
    home_page,
    live,
    product_box,
    sign_off,
)

pytestmark = pytest.mark.django_db

UNSEEN = {
    "products": {
        "Alarm",
        "AskedOffer",
        "Check",
        "Clicks",
        "Flip",
        "Generation",
        "Host",
        "LinkNotice",
        "MassCheck",
        "Rendition",
    },
    "articles": {
        "ArticleImport",
        "Leave",
        "MedicalReviewTask",
        "MedicalReviewTaskState",
        "ProblemReport",
        "Reminder",
        "ReportNotice",
        "Rescheduling",
        "ReschedulingMove",
        "ReviewDigest",
        "ReviewFeed",
        "ReviewSchedule",
        "SearchTerm",
        "User",
    },
}
"""Models of which no page shows anything, or only what is announced where it is written (a host's breaker)."""

OF_WAGTAIL = {"wagtailcore_page", "wagtailcore_site", "wagtailcore_pageviewrestriction", "products_rendition"}
"""Tables that a page reads beside those of `SHOWN`. Renditions follow their picture."""


@pytest.fixture
def bumped(monkeypatch) -> Callable[[Callable[[], Any]], bool]:
    """Whether something makes pages new: tried in a transaction that ends with the test."""

    def whether(write: Callable[[], Any]) -> bool:
        connection.run_on_commit.clear()  # as if what was written before had been committed
        before = truth()
        write()
        return truth() != before

    return whether


def truth() -> str:
    with connection.cursor() as cursor:
        cursor.execute(freshness._TRUTH)
        return str(cursor.fetchone())


def test_every_model_is_either_shown_or_said_to_be_unseen():
    for app in ("articles", "products"):
        models = {model for model in apps.get_app_config(app).get_models() if not issubclass(model, Page)}
        models = {model for model in models if not model._meta.auto_created}
        assert {model.__name__ for model in models - SHOWN} == UNSEEN[app]


def test_no_page_reads_a_table_that_is_not_watched(client):
    offer = OfferFactory(product__picture=PictureFactory(), product__picture_alt="A support")
    page = ConditionPageFactory(
        blocks=[heading("Treatment"), product_box(offer.product)], authors=[AuthorFactory()]
    )
    sign_off(page)
    watched = {model._meta.db_table for model in SHOWN} | OF_WAGTAIL
    watched |= {model._meta.db_table for model in apps.get_models() if issubclass(model, Page)}
    watched |= {ConditionPage.authors.through._meta.db_table, "products_host"}
    read: set[str] = set()
    for shown in (page, home_page(), page.get_parent(), InformationPageFactory()):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(shown.url).status_code == 200
        for query in queries:
            read |= set(re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"]))
    assert {"products_offer", "articles_medicalreview"} <= read
    assert read <= watched


@pytest.mark.parametrize(
    "write",
    [
        lambda page, offer: live(page).save_revision().publish(),
        lambda page, offer: live(page).unpublish(),
        lambda page, offer: live(page).move(BodyAreaPageFactory(), pos="last-child"),
        lambda page, offer: live(page).authors.add(AuthorFactory()) or live(page).save(),
        lambda page, offer: sign_off(page),
        lambda page, offer: PageViewRestriction.objects.create(page=page, restriction_type="login"),
        lambda page, offer: PublisherSettings.for_site(page.get_site()).save(),
        lambda page, offer: ReviewTier.objects.get(is_default=True).save(),
        lambda page, offer: ImportedReview.objects.create(
            page=page, reviewer_name="A. B.", reviewed_on=timezone.localdate()
        ),
        lambda page, offer: ReviewerFactory().save(),
        lambda page, offer: offer.save(),
        lambda page, offer: offer.delete(),
        lambda page, offer: offer.product.save(),
        lambda page, offer: offer.retailer.save(),
        lambda page, offer: offer.retailer.programme.save(),
        lambda page, offer: offer.retailer.region.save(),
        lambda page, offer: PictureFactory(),
        lambda page, offer: stop(
            offer.product, reason="It may break.", user=UserFactory(is_superuser=True), now=timezone.now()
        ),
        lambda page, offer: judge_by_hand(
            offer, HumanVerdict.BROKEN, user=UserFactory(is_superuser=True), now=timezone.now()
        ),
    ],
)
def test_what_a_page_shows_makes_pages_new(bumped, write):
    offer = OfferFactory()
    page = ConditionPageFactory(blocks=[product_box(offer.product)])
    assert bumped(lambda: write(page, offer))


def test_a_dismissed_call_for_review_makes_pages_new(bumped):
    page = ConditionPageFactory()
    sign_off(page)
    kind, now = next(iter(TriggerKind)), timezone.now()
    trigger = triggers.call_for_review(page, kind=kind, reason="New guideline.", now=now)
    assert isinstance(trigger, ReviewTrigger)
    assert bumped(lambda: triggers.dismiss(trigger, reason="Not ours.", now=now))


@pytest.mark.parametrize(
    "write",
    [
        lambda page, offer: live(page).save_revision(),
        lambda page, offer: Offer.objects.filter(pk=offer.pk).update(last_reached_at=timezone.now()),
        lambda page, offer: Host.objects.get(pk=offer.host_id).save(),
        lambda page, offer: schedule_review(page, today=timezone.localdate()),
        lambda page, offer: UserFactory(),
    ],
)
def test_what_no_page_shows_leaves_them(bumped, write):
    offer = OfferFactory()
    page = ConditionPageFactory(blocks=[product_box(offer.product)])
    assert not bumped(lambda: write(page, offer))
