"""A person at the screen; and one site with a page of each type and state, for the tests that only look at it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from articles.models import ConditionPage, PublisherSettings, Reviewer
from products.models import Offer
from tests.browser.person import Person
from tests.factories import (
    AuthorFactory,
    BodyAreaPageFactory,
    ConditionPageFactory,
    InformationPageFactory,
    OfferFactory,
    PictureFactory,
    ProductFactory,
    RegionFactory,
    RetailerFactory,
    ReviewerFactory,
    ReviewTierFactory,
    block,
    heading,
    home_page,
    paragraph,
    product_box,
    sign_off,
)
from tests.pristine import PristineRows

SENTENCE = (
    "Most people get better within a few weeks, and simple measures help a great deal in the meantime. "
)


@pytest.fixture
def person(page: Page, request: pytest.FixtureRequest) -> Person:
    return Person(page, request.node)


@pytest.fixture(scope="module")
def server(pristine: PristineRows, django_db_blocker: DjangoDbBlocker) -> Iterator[LiveServer]:
    """A web server whose pages outlive a test: what is written is thrown away at the end of the file."""
    with django_db_blocker.unblock():
        server = LiveServer("localhost")
        yield server
        server.stop()
        pristine.put_back()
        cache.clear()


def comparison(*products):
    return block(
        "comparison", {"caption": "Three supports", "products": [product.pk for product in products]}
    )


def _products(uk, us):
    """Three to buy in both regions, one of them with a price, and one withdrawn."""
    bought = ProductFactory.create_batch(
        3,
        summary="An elastic sleeve for the thigh.",
        who_for="Adults with a mild strain.",
        not_for="People with poor circulation.",
        pros=["Thin", "Washable"],
        cons=["Warm in summer"],
        size_and_fit="Four sizes",
        material="Nylon",
        conformity_mark="UKCA, class I",
        picture=PictureFactory(),
        picture_alt="A sleeve on a thigh",
    )
    for product in bought:
        offer = OfferFactory(
            product=product, buyable="in_stock", reachable="ok", last_reached_at=timezone.now()
        )
        Offer.objects.filter(pk=offer.pk).update(
            price="18.50", price_source="The shop", price_at=timezone.now()
        )
        OfferFactory(product=product)
        OfferFactory(
            product=product, retailer=RetailerFactory(region=us, name=f"A shop {product.pk} of the USA")
        )
    return *bought, ProductFactory(withdrawn_at=timezone.now(), withdrawn_reason="The strap can tear.")


@pytest.fixture(scope="module")
def site(server: LiveServer) -> Iterator[dict[str, str]]:
    """The address of one page of each type and state, by its name. A file of tests shares them: it only reads."""
    with override_settings(COMPONENT_PAGE=True):
        yield {name: server.url + path for name, path in _pages().items()}


def _pages() -> dict[str, str]:
    uk, us = RegionFactory(), RegionFactory(code="US")
    own = PublisherSettings.for_site(home_page().get_site())
    own.house_advert, own.house_advert_link, own.promotion = (
        "Our weekly letter",
        "https://letter.example/",
        "Get our app",
    )
    own.save()
    for title in ("Editorial policy", "How we review", "Affiliate policy", "Privacy", "Corrections"):
        slug = title.lower().replace(" ", "-")
        InformationPageFactory(title=title, slug=slug, standfirst=SENTENCE)
    area = BodyAreaPageFactory(title="Thigh", slug="thigh", standfirst=SENTENCE)
    first, second, third, withdrawn = _products(uk, us)
    drafts = OfferFactory(draft=True).product
    points = {
        "lead_in": "Symptoms:",
        "ordered": False,
        "items": [{"text": "<p>Pain</p>", "children": ["At night"]}],
    }
    test = {
        "name": "Slump test",
        "purpose": "It tests nerves.",
        "how": "You sit.",
        "positive_result": "Pain.",
    }
    picture = {"picture": PictureFactory().pk, "alt_text": "A muscle", "caption": "The muscle"}
    strict = ReviewTierFactory(slug="strict", interval_months=12, withhold_offers=True)
    full = [
        block("advert", None),
        heading("What is it?"),
        paragraph(SENTENCE * 4),
        block("points", points),
        heading("Tests"),
        block("diagnostic_test", test),
        block("picture", picture),
        block("picture", {"picture": None, "alt_text": "", "caption": "A picture to come"}),
        heading("Supports"),
        product_box(first, badge="Our pick"),
        comparison(first, second, third, withdrawn),
        product_box(withdrawn),
        product_box(drafts),
        block("promotion", None),
    ]
    some = [heading("Supports"), product_box(first), comparison(first, withdrawn)]
    make = {"parent": area, "standfirst": SENTENCE}
    articles = {
        "article": ConditionPageFactory(
            title="Hamstring strain", blocks=full, authors=[AuthorFactory()], **make
        ),
        "article-overdue": ConditionPageFactory(blocks=some, **make),
        "article-expired": ConditionPageFactory(blocks=some, review_tier=strict, **make),
        "article-changed": ConditionPageFactory(blocks=some, **make),
        "article-never": ConditionPageFactory(title="Sciatica", **make),
    }
    reviewer = ReviewerFactory(slug="jamie-clinician", bio=SENTENCE)
    sign_off(articles["article"], reviewer)
    for name, age in (("overdue", 750), ("expired", 2000), ("changed", 10)):
        sign_off(
            articles[f"article-{name}"], reviewer, on=timezone.localdate() - datetime.timedelta(days=age)
        )
    changed = ConditionPage.objects.get(pk=articles["article-changed"].pk)
    changed.body = json.dumps([*some, paragraph("New words.")])
    changed.save_revision().publish()
    return {
        "home": "/",
        "body-area": area.url,
        **{name: article.url for name, article in articles.items()},
        "information": "/how-we-review/",
        "reviewers": reverse("reviewers"),
        "reviewer": reverse("reviewer", args=[Reviewer.objects.get(pk=reviewer.pk).slug]),
        "report": reverse("report-problem"),
        "components": reverse("components"),
        "404": "/no-such-page/",
        "500": "/broken/",
    }
