"""JSON-LD from plain values: of the vocabulary, and by the rules."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.schema_org import (
    ArticleFacts,
    PageFacts,
    ProfileFacts,
    Registration,
    ReviewedBy,
    SiteFacts,
    article_graph,
    collection_graph,
    home_graph,
    information_graph,
    profile_graph,
)
from tests.schema_org import mistakes

HOME = "https://referred.example/"
NOON = datetime.datetime(2026, 2, 21, 12, tzinfo=datetime.UTC)
SITE = SiteFacts(HOME, "Referred", "Referred Ltd")
FULL_SITE = SiteFacts(
    HOME, "Referred", "Referred Ltd", f"{HOME}how-we-review/", f"{HOME}corrections/", f"{HOME}search/"
)
CRUMBS = (("Home", HOME), ("Thigh", f"{HOME}thigh/"), ("Strain", f"{HOME}thigh/strain/"))
BARE = PageFacts(f"{HOME}thigh/strain/", "Strain", SITE)
FULL = PageFacts(
    f"{HOME}thigh/strain/", "Strain", FULL_SITE, "A torn muscle.", CRUMBS, f"{HOME}media/share-pictures/1.png"
)
REVIEW = ReviewedBy("Ann Bell", "Dr", "Physiotherapist", NOON.date(), f"{HOME}reviewers/ann-bell/")
GRAPHS = {
    "home": home_graph(FULL),
    "home, bare": home_graph(BARE),
    "body area": collection_graph(FULL, [("Strain", f"{HOME}thigh/strain/")]),
    "body area, empty": collection_graph(BARE, []),
    "information": information_graph(FULL),
    "information, bare": information_graph(BARE),
    "article": article_graph(ArticleFacts(FULL, "Strain", NOON, NOON, ["Cy"], REVIEW)),
    "article, not reviewed": article_graph(ArticleFacts(FULL, "Strain", NOON, NOON, ["Cy", "Di"])),
    "article, bare": article_graph(ArticleFacts(BARE, "Strain", None, None)),
    "profile": profile_graph(
        ProfileFacts(
            FULL,
            "Ann Bell",
            "Dr",
            "Physiotherapist",
            "She runs.",
            f"{HOME}a.jpg",
            [Registration("HCPC", "PH1")],
        )
    ),
    "profile, bare": profile_graph(ProfileFacts(BARE, "Ann Bell", "", "")),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_each_graph_is_of_the_vocabulary(name):
    assert mistakes(GRAPHS[name]) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"@type": "Article", "reviewedBy": {"@type": "Person", "name": "A"}}, "not a property of Article"),
        ({"@type": "Person", "medicalSpecialty": "Physiotherapy"}, "not a property of Person"),
        ({"@type": "WebPage", "lastReviewed": "yesterday", "reviewedBy": {"@type": "Person"}}, "'yesterday'"),
        ({"@type": "WebPage", "reviewedBy": {"@type": "Person", "name": "A"}}, "belong together"),
        ({"@type": "Article", "author": {"@type": "Recipe", "name": "A"}}, "is not among"),
        ({"@type": "Article", "dateModified": "2026-13-45"}, "is not among ['Date', 'DateTime']"),
        ({"@type": "Medicine"}, "is no type"),
        ({"@type": "Article", "headlines": "A"}, "is no property"),
        ({"@type": "FAQPage"}, "may not speak of FAQPage"),
        ({"@type": "Article", "mainEntityOfPage": {"@id": "#nowhere"}}, "Nothing says what #nowhere is"),
        ({"@type": "ImageObject", "url": "/media/1.png"}, "'/media/1.png'"),
        ({"@type": "Article", "headline": ""}, "'' is not among"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_check_itself_sees_what_is_wrong(wrong, said):
    found = mistakes({"@context": "https://schema.org", "@graph": [wrong]})
    assert any(said in sentence for sentence in found), found


def nodes(graph):
    return {
        tuple([node["@type"]] if isinstance(node["@type"], str) else node["@type"]): node
        for node in graph["@graph"]
    }


def test_the_page_is_reviewed_and_the_article_is_written():
    found = nodes(GRAPHS["article"])
    page, article = found["MedicalWebPage",], found["Article",]
    assert page["reviewedBy"] == {
        "@type": "Person",
        "name": "Ann Bell",
        "honorificPrefix": "Dr",
        "jobTitle": "Physiotherapist",
        "@id": f"{HOME}reviewers/ann-bell/#person",
        "url": f"{HOME}reviewers/ann-bell/",
    }
    assert page["lastReviewed"] == "2026-02-21"
    assert page["mainEntity"] == {"@id": article["@id"]}
    assert article["mainEntityOfPage"] == {"@id": page["@id"]}
    assert page["about"] == {"@type": "MedicalCondition", "name": "Strain"}


def test_without_a_true_badge_nobody_is_named():
    assert "reviewed" not in str(GRAPHS["article, not reviewed"]).lower()


def test_crumbs_are_counted_from_one():
    crumbs = nodes(GRAPHS["article"])["BreadcrumbList",]["itemListElement"]
    assert [(crumb["position"], crumb["name"]) for crumb in crumbs] == [
        (1, "Home"),
        (2, "Thigh"),
        (3, "Strain"),
    ]


def test_the_home_page_offers_its_search():
    action = nodes(GRAPHS["home"])["WebSite",]["potentialAction"]
    assert action["target"]["urlTemplate"] == f"{HOME}search/?q={{search_term_string}}"
    assert action["query-input"] == "required name=search_term_string"


texts = st.text(min_size=1, max_size=300).filter(str.strip)


@given(
    texts, texts, st.lists(texts, max_size=3), st.datetimes(timezones=st.just(datetime.UTC)), st.booleans()
)
def test_any_words_and_dates_make_a_valid_graph(title, description, authors, moment, is_reviewed):
    page = PageFacts(f"{HOME}x/", title, FULL_SITE, description, [(title, f"{HOME}x/")])
    facts = ArticleFacts(page, title, moment, moment, authors, REVIEW if is_reviewed else None)
    if title[:110].strip():
        assert mistakes(article_graph(facts)) == []
