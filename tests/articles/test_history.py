"""What readers are told of an article's past."""

from __future__ import annotations

import datetime
import json

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.history import changed_sections, history
from articles.models import ConditionPage, ImportedReview
from articles.review_line import review_line
from tests.factories import ConditionPageFactory, ReviewerFactory, heading, paragraph, sign_off

TODAY = timezone.localdate()


def content(*body, **fields):
    return {"title": "T", "standfirst": "", "search_description": "", "body": list(body), **fields}


def h2(text):
    return {"type": "heading", "value": {"level": "2", "text": text}}


def h3(text):
    return {"type": "heading", "value": {"level": "3", "text": text}}


def words(text):
    return {"type": "paragraph", "value": f"<p>{text}</p>"}


REFERENCES = {"type": "references", "value": [{"title": "A guideline"}]}


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (content(words("a")), content(words("a")), ()),
        (content(words("a  b")), content(words("a b"), title="T "), ()),
        (content(words("a")), content(words("b")), ("Introduction",)),
        (content(), content(title="Other"), ("Title",)),
        (content(h2("Treatment"), words("a")), content(h2("Treatment"), words("b")), ("Treatment",)),
        (content(h2("A"), h3("x"), words("a")), content(h2("A"), h3("x"), words("b")), ("A",)),
        (content(h2("A"), words("a")), content(h2("A"), words("a"), h2("B")), ("B",)),
        (content(h2("A"), words("a"), h2("B")), content(h2("A"), words("a")), ("B",)),
        (content(h2("A"), words("a")), content(h2("A"), words("a"), REFERENCES), ("References",)),
        (
            content(h2("A"), words("a"), h2("B"), words("b")),
            content(h2("B"), words("c"), h2("C")),
            ("B", "C", "A"),
        ),
    ],
)
def test_the_sections_that_changed_are_named(before, after, changed):
    assert changed_sections(before, after) == changed


def told(page: ConditionPage) -> list[tuple[str, tuple[str, ...] | None]]:
    page = ConditionPage.objects.get(pk=page.pk)
    return [(entry.what, entry.changed) for entry in history(page, review_line(page, today=TODAY))]


def edit(page: ConditionPage, *blocks) -> None:
    draft = ConditionPage.objects.get(pk=page.pk)
    draft.body = json.dumps(list(blocks))
    draft.save_revision().publish()


def days_ago(days: int) -> datetime.date:
    return TODAY - datetime.timedelta(days=days)


@pytest.mark.django_db
def test_an_article_that_nobody_reviewed_was_published():
    assert told(ConditionPageFactory()) == [("Published", None)]


@pytest.mark.django_db
def test_each_review_says_what_changed_since_the_one_before():
    page = ConditionPageFactory(blocks=[heading("Treatment"), paragraph("Rest.")])
    reviewer = ReviewerFactory()
    sign_off(page, reviewer, on=days_ago(400))
    sign_off(page, reviewer, on=days_ago(200))
    edit(page, heading("Treatment"), paragraph("Move."))
    sign_off(page, reviewer)
    reviews = [entry for entry in told(page) if entry[0] == "Medically reviewed"]
    assert reviews == [
        ("Medically reviewed", ("Treatment",)),
        ("Medically reviewed", ()),
        ("Medically reviewed", None),
    ]


@pytest.mark.django_db
def test_an_edit_that_nobody_signed_is_told_and_a_signed_one_is_told_once():
    page = ConditionPageFactory(blocks=[heading("Treatment"), paragraph("Rest.")])
    sign_off(page)
    edit(page, heading("Treatment"), paragraph("Move."))
    assert ("Edited", ("Treatment",)) in told(page)
    sign_off(page)
    assert [what for what, _ in told(page)].count("Edited") == 0


@pytest.mark.django_db
def test_publishing_the_same_words_again_is_no_edit():
    page = ConditionPageFactory(blocks=[paragraph("Rest.")])
    ConditionPage.objects.get(pk=page.pk).save_revision().publish()
    assert told(page) == [("Published", None)]


@pytest.mark.django_db
def test_a_review_that_a_text_claims_is_told_as_such():
    page = ConditionPageFactory()
    ImportedReview.objects.create(
        page=page, reviewer_name="Dr Old", reviewed_on=days_ago(900), source="old.txt"
    )
    assert told(page)[-1] == ("Reviewed before publication here, not verified by us", None)


@pytest.mark.django_db
def test_a_long_history_costs_no_more_queries_and_shows_the_latest():
    page = ConditionPageFactory(blocks=[paragraph("0")])
    reviewer = ReviewerFactory()

    def queries() -> int:
        line = review_line(page, today=TODAY)
        with CaptureQueriesContext(connection) as seen:
            history(page, line)
        return len(seen)

    short = queries()
    for number in range(8):
        sign_off(page, reviewer, on=days_ago(100 - number))
    assert (
        queries() == short + 1
    )  # the words of all that were never compared before; then it is known what changed
    assert queries() == short == 2
    assert sorted(what for what, _ in told(page)) == ["Medically reviewed"] * 5 + ["Published"]


@pytest.mark.django_db
def test_readers_find_the_history_at_the_end_of_the_article(client):
    page = ConditionPageFactory()
    review = sign_off(page)
    html = BeautifulSoup(client.get(page.url).content, "html.parser")
    section = html.find("section", class_="history")
    assert f"Medically reviewed by {review.reviewer_name}, {review.profession}." in " ".join(
        section.get_text(" ").split()
    )
    assert section.find_previous("div", class_="article__body")
