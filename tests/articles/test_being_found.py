"""What pages, feeds, the sitemap and robots.txt say to machines, and that the dates in them are honest."""

from __future__ import annotations

import datetime
import json
from xml.etree import ElementTree

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import PageViewRestriction

from articles import sitemaps
from articles.changes import articles_changed
from articles.models import ConditionPage, ImportedReview, Publication
from products.models import Offer
from tests.factories import (
    AuthorFactory,
    BodyAreaPageFactory,
    ConditionPageFactory,
    InformationPageFactory,
    OfferFactory,
    ProductFactory,
    home_page,
    live,
    paragraph,
    product_box,
    sign_off,
    thigh,
)
from tests.schema_org import mistakes

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
FIRST = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
LATER = datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.UTC)


def soup(client, address: str) -> BeautifulSoup:
    response = client.get(address)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def json_ld(client, page) -> dict:
    (script,) = soup(client, page.url).find_all("script", type="application/ld+json")
    return json.loads(script.string)


def node(graph: dict, kind: str) -> dict:
    return next(one for one in graph["@graph"] if kind in one["@type"])


def published(at: datetime.datetime, **values) -> ConditionPage:
    with time_machine.travel(at, tick=False):
        return ConditionPageFactory(**values)


def edit(page, at: datetime.datetime, **values) -> None:
    draft = live(page)
    for name, value in values.items():
        setattr(draft, name, value)
    with time_machine.travel(at, tick=False):
        draft.save_revision().publish()


# --- JSON-LD --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factory", "kind"),
    [
        (home_page, "WebSite"),
        (BodyAreaPageFactory, "CollectionPage"),
        (InformationPageFactory, "WebPage"),
        (ConditionPageFactory, "MedicalWebPage"),
    ],
)
def test_each_type_of_page_says_what_it_is_in_the_words_of_schema_org(client, factory, kind):
    InformationPageFactory(title="How we review", slug="how-we-review")
    InformationPageFactory(title="Corrections", slug="corrections")
    page = factory()
    if kind == "CollectionPage":
        ConditionPageFactory(parent=page)
    graph = json_ld(client, page)
    assert mistakes(graph) == []
    assert node(graph, kind)
    assert graph["@graph"][0]["url"] == page.full_url


def test_the_home_page_names_policies_only_while_readers_can_open_them(client):
    assert "publishingPrinciples" not in node(json_ld(client, home_page()), "Organization")
    how = InformationPageFactory(title="How we review", slug="how-we-review")
    assert node(json_ld(client, home_page()), "Organization")["publishingPrinciples"] == how.full_url


def never(page):
    """Nobody signed."""


def imported(page):
    ImportedReview.objects.create(page=page, reviewer_name="Dr Old", reviewed_on=TODAY, source="old.txt")


def changed(page):
    sign_off(page)
    edit(page, timezone.now(), standfirst="Other words.")


def signed(days: int):
    def happened(page):
        sign_off(page, on=TODAY - datetime.timedelta(days=days))

    happened.__name__ = f"signed {days} days ago"
    return happened


@pytest.mark.parametrize(
    ("happened", "named"),
    [
        (never, False),
        (imported, False),
        (changed, False),
        (signed(0), True),
        (signed(700), True),
        (signed(742), True),
        (signed(1000), False),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_in_every_state_of_its_review_an_article_says_what_is_true_and_nothing_of_products(
    client, happened, named
):
    offer = OfferFactory()
    OfferFactory(product=ProductFactory(name="Brace"))
    page = ConditionPageFactory(blocks=[product_box(offer.product)], authors=[AuthorFactory()])
    happened(page)
    graph = json_ld(client, page)
    assert mistakes(graph) == []
    assert ("reviewedBy" in node(graph, "MedicalWebPage")) is named
    assert ("lastReviewed" in node(graph, "MedicalWebPage")) is named
    assert offer.product.name not in json.dumps(graph)


def test_a_reviewers_profile_says_who_they_are_and_that_they_are_registered(client):
    review = sign_off(page := ConditionPageFactory())
    address = f"http://localhost/reviewers/{review.reviewer.slug}/"
    html = soup(client, f"/reviewers/{review.reviewer.slug}/?page=2")
    (script,) = html.find_all("script", type="application/ld+json")
    graph = json.loads(script.string)
    assert mistakes(graph) == []
    person = node(graph, "Person")
    assert (person["honorificPrefix"], person["name"]) == ("Dr", review.reviewer.name)
    assert person["hasCredential"][0]["recognizedBy"]["name"] == "HCPC"
    assert html.find("link", rel="canonical")["href"] == address
    reviewed_by = node(json_ld(client, page), "MedicalWebPage")["reviewedBy"]
    assert (reviewed_by["@id"], reviewed_by["url"]) == (person["@id"], address)
    assert address in entries(client)


# --- honest dates ---------------------------------------------------------------------------------


def test_only_other_words_move_the_date_of_an_article(client):
    offer = OfferFactory()
    page = published(FIRST, blocks=[paragraph("Rest."), product_box(offer.product)])

    def date() -> datetime.datetime:
        (at,) = articles_changed([live(page)]).values()
        said = node(json_ld(client, page), "Article")["dateModified"]
        assert datetime.datetime.fromisoformat(said) == at
        return at

    assert date() == FIRST
    edit(page, LATER)
    assert live(page).last_published_at == LATER
    assert date() == FIRST, "published again with the same words"
    edit(page, LATER, body=json.dumps([paragraph("Rest."), product_box(ProductFactory())]))
    assert date() == FIRST, "another product"
    Offer.objects.filter(pk=offer.pk).update(reachable="broken")
    assert date() == FIRST, "a broken link"
    with time_machine.travel(LATER, tick=False):
        sign_off(page, on=LATER.date())
    assert date() == FIRST, "a sign-off"
    week_after = LATER + datetime.timedelta(days=7)
    edit(page, week_after, standfirst="Keep moving.")
    assert date() == week_after
    live(page).unpublish()
    edit(page, LATER + datetime.timedelta(days=9))
    assert date() == week_after, "taken down and put back"


def test_an_article_without_a_record_goes_by_its_last_publication():
    page = published(FIRST)
    page.title = "not on record"
    assert Publication.objects.filter(page=page).count() == 1
    stranger = ConditionPage(pk=0, last_published_at=LATER, first_published_at=FIRST)
    assert articles_changed([stranger]) == {0: LATER}


# --- the sitemap ----------------------------------------------------------------------------------


def entries(client, address: str = "/sitemap.xml") -> dict[str, str | None]:
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/xml"
    return {
        one.findtext("{*}loc"): one.findtext("{*}lastmod") for one in ElementTree.fromstring(response.content)
    }


def test_the_sitemap_names_public_pages_with_the_days_on_which_they_changed(client):
    with time_machine.travel(FIRST, tick=False):
        area = BodyAreaPageFactory(title="Thigh")
        area.save_revision().publish()
        secret = BodyAreaPageFactory(title="Secret")
    page = published(FIRST, parent=area)
    hidden = published(FIRST, parent=secret)
    PageViewRestriction.objects.create(page=secret, restriction_type="login")
    published(FIRST).unpublish()
    newer = published(LATER, parent=area)
    edit(page, LATER)
    found = entries(client)
    assert found[page.full_url] == "2026-03-01"
    assert found[newer.full_url] == found[area.full_url] == "2026-05-01"
    assert home_page().full_url in found
    assert not {hidden.full_url, secret.full_url} & set(found)
    assert not any("/search/" in address or "/feed/" in address for address in found)


def test_a_large_site_has_an_index_of_sitemaps(client, monkeypatch):
    monkeypatch.setattr(sitemaps.PublicPages, "limit", 2)
    area = BodyAreaPageFactory()
    pages = [ConditionPageFactory(parent=area) for _ in range(3)]
    *files, profiles = entries(client)
    assert files == [f"http://testserver/sitemap-pages.xml{query}" for query in ("", "?p=2", "?p=3")]
    assert profiles == "http://testserver/sitemap-reviewers.xml"
    listed = [address for file in files for address in entries(client, file)]
    assert len(listed) == len(set(listed)) == 5
    assert {page.full_url for page in pages} < set(listed)
    assert client.get("/sitemap-nothing.xml").status_code == 404


def test_the_sitemap_costs_as_many_queries_for_many_pages_as_for_few(client):
    def queries(pages: int) -> int:
        area = BodyAreaPageFactory()
        for _ in range(pages):
            ConditionPageFactory(parent=area)
        client.get("/sitemap.xml")
        with CaptureQueriesContext(connection) as seen:
            client.get("/sitemap.xml")
        return len(seen)

    assert queries(5) == queries(1) <= 12


# --- the feeds ------------------------------------------------------------------------------------


def titles(feed: ElementTree.Element) -> list[str]:
    return [entry.findtext("{*}title") for entry in feed.findall("{*}entry")]


def test_the_feed_has_the_latest_articles_with_honest_dates(client):
    area = BodyAreaPageFactory(title="Thigh", slug="thigh")
    old = published(
        FIRST, title="Old & <gold>", parent=area, standfirst="Said.", authors=[AuthorFactory(name="Ann")]
    )
    edit(old, LATER)
    new = published(LATER, title="New")
    hidden = published(LATER, title="Hidden")
    PageViewRestriction.objects.create(page=hidden, restriction_type="login")
    response = client.get("/feed/")
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(response.content)
    assert titles(feed) == ["New", "Old & <gold>"]
    entry = feed.findall("{*}entry")[1]
    assert entry.find("{*}link").get("href") == old.full_url
    assert entry.findtext("{*}published") == entry.findtext("{*}updated") == "2026-03-01T12:00:00+00:00"
    assert entry.findtext("{*}author/{*}name") == "Ann"
    assert entry.findtext("{*}summary") == "Said."
    assert entry.findtext("{*}id") == f"urn:uuid:{old.translation_key}"
    assert feed.findtext("{*}updated") == "2026-05-01T12:00:00+00:00"
    assert feed.find("{*}link[@rel='self']").get("href") == "http://localhost/feed/"
    assert "reviewed" not in response.content.decode().lower()
    of_area = client.get("/feed/thigh/").content
    assert titles(ElementTree.fromstring(of_area)) == ["Old & <gold>"]
    assert new.full_url not in of_area.decode()
    assert client.get("/feed/nowhere/").status_code == 404


def test_the_feed_costs_as_many_queries_for_many_articles_as_for_few(client):
    def queries(articles: int) -> int:
        for _ in range(articles):
            ConditionPageFactory(parent=thigh(), authors=[AuthorFactory()])
        client.get("/feed/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/feed/")
        return len(seen)

    assert queries(5) == queries(1) <= 9


def test_a_feed_without_articles_is_a_feed(client):
    feed = ElementTree.fromstring(client.get("/feed/").content)
    assert feed.findtext("{*}id").startswith("urn:uuid:")
    assert titles(feed) == []


def test_pages_name_their_feeds(client):
    area = BodyAreaPageFactory(title="Thigh", slug="thigh")
    page = ConditionPageFactory(parent=area)

    def feeds(address: str) -> list[str]:
        return [link["href"] for link in soup(client, address).find_all("link", type="application/atom+xml")]

    assert feeds(home_page().url) == ["/feed/"]
    assert feeds(page.url) == feeds(area.url) == ["/feed/", "/feed/thigh/"]


# --- robots and heads -----------------------------------------------------------------------------


def test_robots_may_read_pages_and_nothing_else(client):
    response = client.get("/robots.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert {"Disallow: /admin/", "Disallow: /go/", "Disallow: /search/"} <= set(lines)
    assert lines[-1] == "Sitemap: http://localhost/sitemap.xml"
    assert "Disallow: /" not in lines


def test_a_staging_site_asks_search_engines_to_stay_away(client, settings):
    page = ConditionPageFactory()
    assert soup(client, page.url).find("meta", attrs={"name": "robots"}) is None
    settings.SEARCH_ENGINES = False
    assert client.get("/robots.txt").content.decode() == "User-agent: *\nDisallow: /\n"
    assert soup(client, page.url).find("meta", attrs={"name": "robots"})["content"] == "noindex"


@pytest.mark.parametrize("query", ["", "?region=us", "?utm_source=x&page=2"])
def test_the_canonical_address_is_the_plain_one(client, query):
    page = ConditionPageFactory(standfirst="A torn muscle.")
    html = soup(client, page.url + query)
    assert html.find("link", rel="canonical")["href"] == page.full_url
    assert html.find("meta", property="og:url")["content"] == page.full_url
    assert html.find("meta", attrs={"name": "description"})["content"] == "A torn muscle."


def test_what_is_not_there_is_not_for_search_engines(client):
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    html = BeautifulSoup(response.content, "html.parser")
    assert html.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert html.find("a", href="/search/")
