"""A reviewer's public page: only what is true today stands there."""

from __future__ import annotations

import datetime
import json

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.models import ConditionPage, Interest, Reviewer
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    CredentialFactory,
    RetailerFactory,
    ReviewerFactory,
    paragraph,
    reviewed_article,
    sign_off,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def shown(client, reviewer, query: str = "") -> BeautifulSoup:
    response = client.get(reverse("reviewer", args=[reviewer.slug]) + query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def words(html) -> str:
    return " ".join(html.get_text(" ").split())


def reviewed(html) -> list[str]:
    return [words(link) for link in html.select(".card__title")]


def days_ago(days: int) -> datetime.date:
    return TODAY - datetime.timedelta(days=days)


@pytest.fixture
def reviewer():
    return ReviewerFactory(name="Jo Clinician", profession="Physiotherapist", bio="Works with runners.")


def test_the_page_says_who_they_are_and_what_lets_them_sign(client, reviewer):
    text = words(shown(client, reviewer))
    assert "Dr Jo Clinician" in text
    assert "Works with runners." in text
    assert f"HCPC, number {reviewer.credentials.get().number}" in text
    assert "None declared." in text


def test_interests_stand_there_with_their_days(client, reviewer):
    Interest.objects.create(
        reviewer=reviewer,
        retailer=RetailerFactory(name="Peak"),
        what="Paid adviser",
        declared_on=datetime.date(2025, 5, 3),
        ended_on=datetime.date(2026, 1, 2),
    )
    text = words(shown(client, reviewer))
    assert "Paid adviser (Peak). Declared 3 May 2025, ended 2 January 2026." in text
    assert "None declared" not in text


def test_a_review_stands_there_while_it_is_true(client, reviewer):
    page = ConditionPageFactory(title="Sciatica", blocks=[paragraph("Old.")])
    sign_off(page, reviewer)
    assert reviewed(shown(client, reviewer)) == ["Sciatica"]


def test_a_review_that_is_not_true_any_more_does_not(client, reviewer):
    expired, changed, other, gone = ConditionPageFactory.create_batch(4, blocks=[paragraph("Old.")])
    for page in (changed, other, gone):
        sign_off(page, reviewer, on=days_ago(20))
    sign_off(expired, reviewer, on=days_ago(2000))
    live = ConditionPage.objects.get(pk=changed.pk)
    live.body = json.dumps([paragraph("New.")])
    live.save_revision().publish()
    sign_off(other, ReviewerFactory())
    ConditionPage.objects.get(pk=gone.pk).unpublish()
    html = shown(client, reviewer)
    assert reviewed(html) == []
    assert "No review by Dr Jo Clinician is in force today." in words(html)


def test_more_articles_cost_no_more_queries(client, reviewer):
    area = BodyAreaPageFactory()

    def queries(articles: int) -> int:
        for _ in range(articles):
            reviewed_article(reviewer, parent=area)
        shown(client, reviewer)
        with CaptureQueriesContext(connection) as seen:
            shown(client, reviewer)
        return len(seen)

    assert queries(1) == queries(4)


def test_who_neither_signed_nor_may_sign_has_no_page(client):
    nobody = ReviewerFactory(credential=None)
    lapsed = ReviewerFactory(credential=None)
    CredentialFactory(reviewer=lapsed, expires_on=days_ago(1))
    left = ReviewerFactory(is_active=False)
    for reviewer in (nobody, lapsed, left):
        assert client.get(reverse("reviewer", args=[reviewer.slug])).status_code == 404
    assert reviewed(BeautifulSoup(client.get(reverse("reviewers")).content, "html.parser")) == []


def test_who_signed_and_left_keeps_their_page_and_it_says_so(client, reviewer):
    sign_off(ConditionPageFactory(title="Sciatica"), reviewer)
    reviewer.credentials.all().delete()
    Reviewer.objects.filter(pk=reviewer.pk).update(is_active=False)
    html = shown(client, reviewer)
    assert "cannot sign at present" in words(html)
    assert reviewed(html) == ["Sciatica"]


def test_the_article_leads_to_the_page_of_who_vouches_and_back(client, reviewer):
    page = ConditionPageFactory(title="Sciatica")
    sign_off(page, reviewer)
    html = BeautifulSoup(client.get(page.url).content, "html.parser")
    link = html.select_one(".review__links a")
    assert words(link) == "About Dr Jo Clinician"
    back = BeautifulSoup(client.get(link["href"]).content, "html.parser")
    assert back.select_one(".card__link")["href"] == page.url


def test_anybody_may_be_given_a_copy_until_midnight_and_no_cookie_is_set(client, reviewer):
    for address in (reverse("reviewers"), reverse("reviewer", args=[reviewer.slug])):
        response = client.get(address)
        assert response.cookies == {}
        assert "public" in response.headers["Cache-Control"]


@pytest.mark.parametrize(("on", "status"), [(True, 200), (False, 404)])
def test_the_page_of_components_is_for_development_and_the_demo(client, settings, on, status):
    settings.COMPONENT_PAGE = on
    assert client.get(reverse("components")).status_code == status
