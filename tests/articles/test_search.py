"""Search as readers use it: what is found, what is forgiven, what is never shown."""

from __future__ import annotations

import datetime
import random

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.db.models.sql import Query
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import PageViewRestriction, Site
from wagtail.search.backends import get_search_backend
from wagtail.search.query import PlainText

from articles.models import ConditionPage, ImportedReview, SearchTerm
from articles.search import A_SHEET
from articles.search_terms import alike, gather
from articles.spelling import asked_words
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    PictureFactory,
    ProductFactory,
    block,
    heading,
    home_page,
    paragraph,
    product_box,
    sign_off,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
TODAY = timezone.localdate()


@pytest.fixture
def thigh():
    return BodyAreaPageFactory(title="Thigh", slug="thigh")


@pytest.fixture
def back():
    return BodyAreaPageFactory(title="Lower back", slug="lower-back")


@pytest.fixture
def hamstring(thigh) -> ConditionPage:
    return ConditionPageFactory(
        title="Hamstring strain",
        parent=thigh,
        standfirst="A torn muscle at the back of the thigh.",
        blocks=[heading("Signs"), paragraph("Bruising spreads behind the leg after sprinting.")],
    )


@pytest.fixture
def sciatica(back) -> ConditionPage:
    return ConditionPageFactory(
        title="Sciatica",
        parent=back,
        standfirst="Pain that travels down the leg.",
        blocks=[heading("Slump test"), paragraph("A nerve is irritated.")],
    )


def look(client, q: str, **values) -> BeautifulSoup:
    response = client.get("/search/", {"q": q, **values})
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def titles(html: BeautifulSoup) -> list[str]:
    return [link.get_text() for link in html.select(".result__title")]


def words(element) -> str:
    return " ".join(element.get_text(" ").split())


# --- what is found --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        "hamstring",
        "Hamstring STRAIN",
        "torn muscle",
        "bruises",
        "sprinting",
        "hamstrings' strains",
        "“hamstring”",
    ],
)
def test_an_article_is_found_by_its_title_standfirst_and_text(client, hamstring, sciatica, asked):
    assert titles(look(client, asked)) == ["Hamstring strain"]


def test_a_title_comes_before_a_mention(client, hamstring, sciatica):
    ConditionPageFactory(title="Cramp", blocks=[paragraph("Not to be taken for sciatica.")])
    assert titles(look(client, "sciatica")) == ["Sciatica", "Cramp"]


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("siatica", "Sciatica"),
        ("scaitica", "Sciatica"),
        ("hamstirng", "Hamstring strain"),
        ("sprin", "Hamstring strain"),
        ("hamstrin stran", "Hamstring strain"),
        ("ham string", "Hamstring strain"),
        ("hamstringstrain", "Hamstring strain"),
        ("sprintng", "Hamstring strain"),
        ("slumptest", "Sciatica"),
    ],
)
def test_typing_errors_are_forgiven_and_said(client, hamstring, sciatica, asked, title):
    html = look(client, asked)
    assert titles(html) == [title]
    assert f"No article has “{asked}”." in words(html.find(class_="search__note"))


def test_words_that_no_article_has_together_find_those_that_have_some(client, hamstring, sciatica):
    html = look(client, "hamstring nerve")
    assert sorted(titles(html)) == ["Hamstring strain", "Sciatica"]
    assert "No article has all of these words." in words(html)


def test_a_product_leads_to_the_articles_that_carry_it(client, thigh, hamstring):
    sleeve = ProductFactory(name="Coolmax sleeve")
    carrier = ConditionPageFactory(title="Cramp", parent=thigh, blocks=[product_box(sleeve)])
    draft = ConditionPageFactory(title="Unseen", blocks=[product_box(sleeve)])
    draft.unpublish()
    for asked in ("coolmax sleeve", "colmax sleve"):
        html = look(client, asked)
        assert titles(html) == ["Cramp"]
        assert "Product in this article: Coolmax sleeve" in words(html)
    assert carrier.url == html.select_one(".result__title a")["href"]


def test_a_body_area_that_is_named_is_offered(client, hamstring, sciatica):
    html = look(client, "lower back pain")
    assert [link["href"] for link in html.select(".search__note a")] == [sciatica.get_parent().url]
    assert look(client, "sciatica").select(".search__note a") == []


def test_a_body_area_narrows_the_search(client, hamstring, sciatica):
    assert sorted(titles(look(client, "leg"))) == ["Hamstring strain", "Sciatica"]
    html = look(client, "leg", area="lower-back")
    assert titles(html) == ["Sciatica"]
    assert html.select_one("option[selected]")["value"] == "lower-back"
    nothing = look(client, "sprinting", area="lower-back")
    assert titles(nothing) == []
    assert nothing.select_one(".search__hints a")["href"] == "?q=sprinting"
    assert len(titles(look(client, "leg", area="nowhere"))) == 2


def test_results_come_in_pages(client, thigh):
    for number in range(A_SHEET + 2):
        ConditionPageFactory(title=f"Bursitis {number:02}", parent=thigh)
    first, second = look(client, "bursitis", area="thigh"), look(client, "bursitis", page="2")
    assert len(titles(first)) == A_SHEET
    assert len(titles(second)) == 2
    assert not set(titles(first)) & set(titles(second))
    assert first.select_one('[rel="next"]')["href"] == "?q=bursitis&area=thigh&page=2"
    assert second.find("ol", class_="results")["start"] == str(A_SHEET + 1)
    for page in ("0", "-1", "99", "x", "", "9" * 5000, "\0"):
        assert titles(look(client, "bursitis", page=page))


# --- reviews --------------------------------------------------------------------------------------


def test_each_result_says_how_its_review_stands_in_the_words_of_the_review_line(client, thigh):
    def article(title: str) -> ConditionPage:
        return ConditionPageFactory(title=f"Bursitis {title}", parent=thigh)

    article("never")
    review = sign_off(article("current"))
    sign_off(article("overdue"), on=TODAY - datetime.timedelta(days=742))
    sign_off(article("expired"), on=TODAY - datetime.timedelta(days=1000))
    sign_off(changed := article("changed"))
    changed = ConditionPage.objects.get(pk=changed.pk)
    changed.standfirst = "Other words."
    changed.save_revision().publish()
    imported = article("imported")
    ImportedReview.objects.create(
        page=imported,
        reviewer_name="Dr Old",
        reviewed_on=TODAY - datetime.timedelta(days=30),
        source="old.txt",
    )
    said = {
        words(result.find(class_="result__title")).removeprefix("Bursitis "): result.find(
            class_="result__review"
        )
        for result in look(client, "bursitis").select(".result")
    }
    assert {title: line["data-state"] for title, line in said.items()} == {
        "never": "never",
        "current": "current",
        "overdue": "overdue",
        "expired": "expired",
        "changed": "changed",
        "imported": "never",
    }
    badges = {title for title, line in said.items() if "result__review--badge" in line["class"]}
    assert badges == {"current", "overdue"}
    assert f"Medically reviewed by {review.reviewer_name}" in words(said["current"])
    assert "This review was due on" in words(said["overdue"])
    assert "not verified by us" in words(said["imported"])


# --- what is never shown --------------------------------------------------------------------------


def restrict(page) -> None:
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)


def test_restricted_pages_are_never_found_nor_their_words_suggested(client, thigh, hamstring):
    secret = ConditionPageFactory(
        title="Zygodactyly", parent=thigh, blocks=[product_box(ProductFactory(name="Quux brace"))]
    )
    restrict(secret)
    gather()
    for asked in ("zygodactyly", "zygodactily", "zygo", "quux", "quux brace", "thigh"):
        html = look(client, asked)
        assert "Zygodactyly" not in html.get_text().replace(asked, "")
        assert titles(html) in ([], ["Hamstring strain"])
    assert not SearchTerm.objects.filter(text__in=["zygodactyly", "quux"]).exists()


def test_a_page_that_is_restricted_when_published_lends_its_words_to_nobody(thigh):
    restrict(thigh)
    ConditionPageFactory(title="Zygodactyly", parent=thigh)
    assert not SearchTerm.objects.filter(text="zygodactyly").exists()


def test_drafts_and_unpublished_words_are_never_found(client, hamstring):
    draft = ConditionPage.objects.get(pk=hamstring.pk)
    draft.title = "Zygodactyly"
    draft.save_revision()
    assert titles(look(client, "zygodactyly")) == []
    hamstring.unpublish()
    assert titles(look(client, "hamstring")) == []
    gather()
    assert not SearchTerm.objects.filter(text="hamstring").exists()


def test_another_sites_articles_are_not_ours(client, hamstring):
    root = home_page().get_parent()
    other = type(home_page())(title="Other", slug="other")
    root.add_child(instance=other)
    area = BodyAreaPageFactory(title="Hip", parent=other)
    ConditionPageFactory(title="Hamstring of others", parent=area)
    Site.objects.create(hostname="other.example", root_page=other)
    assert titles(look(client, "hamstring")) == ["Hamstring strain"]


# --- the page itself ------------------------------------------------------------------------------


def test_an_empty_search_and_one_that_finds_nothing_lead_on(client, hamstring, sciatica):
    for asked in ("", "   ", "xyzzy", "the of and", "🦵", "''"):
        html = look(client, asked)
        assert titles(html) == []
        assert [words(card) for card in html.select("#body-areas + .cards .card__title")] == [
            "Lower back",
            "Thigh",
        ]
        assert len(html.select("#latest + .cards .card")) == 2
        assert bool(html.find(id="results")) is bool(asked.strip())


def test_the_page_is_not_for_search_engines_nor_for_caches(client, hamstring):
    response = client.get("/search/", {"q": "hamstring"})
    html = BeautifulSoup(response.content, "html.parser")
    assert html.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert html.find("link", rel="canonical") is None
    assert "no-cache" in response.headers["Cache-Control"]
    assert response.cookies == {}
    assert "Cookie" not in response.headers.get("Vary", "")
    assert client.post("/search/", {"q": "hamstring"}).status_code == 405


def test_every_page_has_the_form_in_its_header_and_the_search_page_only_its_own(client, hamstring):
    header = BeautifulSoup(client.get(hamstring.url).content, "html.parser").find(
        "header", class_="site-header"
    )
    form = header.find("form", role="search")
    assert (form["action"], form.find("input")["name"], form.get("method", "get")) == ("/search/", "q", "get")
    assert len(look(client, "").select("form[role=search]")) == 1


def test_what_was_asked_is_shown_and_never_run(client):
    hostile = '"><script>alert(1)</script>'
    html = client.get("/search/", {"q": hostile, "area": hostile, "page": hostile}).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_more_results_cost_no_more_queries(client, thigh):
    def queries(articles: int) -> int:
        for number in range(articles):
            product = ProductFactory(name=f"Bursa wrap {articles}-{number}")
            ConditionPageFactory(
                title=f"Bursitis {articles}-{number}", parent=thigh, blocks=[product_box(product)]
            )
        client.get("/search/", {"q": "bursitis"})
        with CaptureQueriesContext(connection) as seen:
            client.get("/search/", {"q": "bursitis"})
        return len(seen)

    one = queries(1)
    assert one <= 18
    assert queries(A_SHEET - 1) == one


def test_reviewed_articles_with_pictures_stay_within_bounds(client, thigh):
    for number in range(A_SHEET):
        value = {"picture": PictureFactory().pk, "alt_text": "A leg", "caption": ""}
        page = ConditionPageFactory(
            title=f"Bursitis {number}", parent=thigh, blocks=[block("picture", value)] * 3
        )
        sign_off(page)
    client.get("/search/", {"q": "bursitis"})
    with CaptureQueriesContext(connection) as seen:
        client.get("/search/", {"q": "bursitis"})
    assert len(seen) <= 18 + A_SHEET


@pytest.mark.parametrize("asked", ["xyzzy plugh", "siatica nreve quux"])
def test_a_search_that_has_to_guess_stays_within_bounds(client, hamstring, sciatica, asked):
    client.get("/search/", {"q": asked})
    with CaptureQueriesContext(connection) as seen:
        client.get("/search/", {"q": asked})
    assert len(seen) <= 24


# --- hostile input --------------------------------------------------------------------------------

NASTY = [
    "\0", "\0hamstring\0", "'", "''''", '"', "\\", "\\'", "%", "%s", "%(x)s", "&|!()<->:*", "a & b | !c", "hamstring:*", "!hamstring",
    "<->", "AND OR NOT", "';DROP TABLE articles_searchterm;--", "{{7*7}}", "🦵🏽", "\u202egnirtsmah", "ركبة", "膝", "ﷺ" * 300,
    "a" * 10_240, "a " * 5_120, "é" * 4_000, "\ud7ff\ue000\uffff", "-", "--", "a-b-c", "..", "/../", "\r\n\t", "knee\x1f\x7f", "_", "___", "ẞß", "ı̇",
]  # fmt: skip


@pytest.mark.parametrize("asked", NASTY, ids=lambda asked: ascii(asked)[:24])
def test_nothing_that_is_typed_breaks_the_search(client, hamstring, asked):
    response = client.get("/search/", {"q": asked, "area": asked, "page": asked})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "raw",
    [
        "q=%ff%fe",
        "q=%00",
        "q=%ed%a0%80",
        "q",
        "q=&q=b",
        "=",
        "&&&",
        "q=%",
        "q=%u0041",
        "page=1e9&q=a",
        "q=a&area=%ff",
    ],
)
def test_no_broken_address_breaks_the_search(client, hamstring, raw):
    assert client.get(f"/search/?{raw}").status_code == 200


def made_up(chance: random.Random) -> str:
    """Something that nobody would type: any characters, or pieces of what might do harm."""
    if chance.random() < 0.3:
        ranges = ((1, 0xD800), (0xE000, 0x10FFFF), (32, 127), (32, 127))
        return "".join(chr(chance.randrange(*chance.choice(ranges))) for _ in range(chance.randrange(1, 40)))
    pieces = [*NASTY, "hamstring", "siatica", "leg", "thigh", " ", "  ", "'s", "x", "1", "\n"]
    return "".join(chance.choice(pieces) for _ in range(chance.randrange(1, 6)))


def test_made_up_searches_break_nothing(client, hamstring, sciatica, full_or):
    """10,000 with `--full`."""
    chance = random.Random(5)
    for _ in range(full_or(10_000, 100)):
        values = {
            "q": made_up(chance),
            "page": made_up(chance)[:9],
            "area": chance.choice(["thigh", "", "x"]),
        }
        assert client.get("/search/", values).status_code == 200, values


def test_postgresql_takes_each_of_ten_thousand_made_up_searches(sciatica):
    """The one place where a search becomes a language: the words, as Wagtail hands them over."""
    chance = random.Random(7)
    searches = [asked_words(made_up(chance)) for _ in range(10_000)]
    asked = {" ".join(words) for words in searches if words}
    compiler = get_search_backend().query_compiler_class(ConditionPage.objects.all(), PlainText("x"))
    queries = [
        compiler.build_tsquery(PlainText(text)).resolve_expression(Query(ConditionPage)) for text in asked
    ]
    with connection.cursor() as cursor:
        lexemes = [
            query.as_sql(Query(ConditionPage).get_compiler("default"), connection)[1][0] for query in queries
        ]
        cursor.execute("SELECT count(to_tsquery('english', q)) FROM unnest(%s::text[]) q", [lexemes])
        assert cursor.fetchone() == (len(asked),)
    assert len(asked) > 3000
    assert alike(sorted(asked)[:500])
