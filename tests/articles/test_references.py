"""References: part of what is signed, shown to readers, and a reason for a review once they are no longer good."""

from __future__ import annotations

import datetime
import json
from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from articles.clinical_content import clinical_content, clinical_fingerprint
from articles.governance import ReviewState
from articles.models import ConditionPage, Reference, ReviewSchedule, ReviewTrigger
from articles.references import call_for_outdated_references
from articles.review_line import review_line
from tasks.reviews import flag_overdue
from tests.desk import EDITORS, REVIEWERS, desk_of, is_refused, text_of
from tests.factories import ConditionPageFactory, ReviewerFactory, block, live, paragraph, sign_off

pytestmark = pytest.mark.django_db

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
HOUR = datetime.timedelta(hours=1)


def reference(title: str = "Hamstring injuries", **values) -> Reference:
    return Reference.objects.create(
        **{"title": title, "publisher": "NICE", "published": "2023", "url": "https://example.org/h", **values}
    )


def cites(*references: Reference) -> dict:
    return block("references", [one.pk for one in references])


def article(*references: Reference, **values) -> ConditionPage:
    blocks = [cites(*references), paragraph("Rest the leg.")] if references else [paragraph("Rest the leg.")]
    return ConditionPageFactory(blocks=blocks, **values)


def signed(*references: Reference) -> ConditionPage:
    page = article(*references)
    sign_off(page, ReviewerFactory(), on=TODAY - datetime.timedelta(days=30))
    return live(page)


# --- what is signed -------------------------------------------------------------------------------


def test_an_article_without_references_keeps_the_fingerprint_it_always_had():
    page = ConditionPage(title="Thigh pain", body=json.dumps([paragraph("Rest.")]))
    assert clinical_content(page) == {
        "title": "Thigh pain",
        "standfirst": "",
        "search_description": "",
        "body": [{"type": "paragraph", "value": "<p>Rest.</p>"}],
    }
    assert clinical_fingerprint(page) == (
        "v1:ef33faad66756b18d948006a4ba283066db41f1fdc06938c77647317efc1fa3c"
    )


@pytest.mark.parametrize(
    "edit", [{"title": "Other"}, {"publisher": "BMJ"}, {"published": "2024"}, {"doi": "10.1136/bmj.n71"}]
)
def test_an_edit_of_the_words_of_a_reference_is_an_edit_of_each_article_that_cites_it(edit):
    cited, untouched = reference(), article(reference("Another"))
    page = signed(cited)
    before = clinical_fingerprint(live(untouched))
    Reference.objects.filter(pk=cited.pk).update(**edit)
    assert review_line(live(page), today=TODAY).standing.state is ReviewState.CHANGED
    assert clinical_fingerprint(live(untouched)) == before


@pytest.mark.parametrize("edit", [{"accessed_on": date(2026, 1, 1)}, {"retracted": True}])
def test_what_is_noted_about_a_reference_is_no_edit_of_an_article(edit):
    cited = reference()
    page = signed(cited)
    Reference.objects.filter(pk=cited.pk).update(**edit)
    assert review_line(live(page), today=TODAY).standing.state is ReviewState.CURRENT


def test_to_cite_another_or_in_another_order_is_an_edit():
    one, two = reference("One"), reference("Two")
    pages = [
        ConditionPage(title="T", body=json.dumps([cites(*order)]))
        for order in ([one], [one, two], [two, one])
    ]
    assert len({clinical_fingerprint(page) for page in pages}) == 3


# --- what readers see -----------------------------------------------------------------------------


def test_readers_find_the_references_at_the_end_with_their_addresses(client):
    page = article(reference(doi="10.1136/bmj.n71"), reference("Thigh", accessed_on=date(2026, 5, 1)))
    body = BeautifulSoup(client.get(page.url).content, "html.parser").select_one(".article__body")
    assert [child.name for child in body.find_all(recursive=False)][-1] == "section"
    assert body.select_one("section h2").text == "References"
    assert [link["href"] for link in body.select("section a")] == [
        "https://doi.org/10.1136/bmj.n71",
        "https://example.org/h",
    ]
    assert "NICE, 2023. Accessed 1 May 2026." in " ".join(body.select("li")[1].text.split())


def test_readers_are_told_that_a_reference_is_retracted_or_superseded(client):
    new = reference("New")
    page = article(reference("Old", superseded_by=new), reference("Bad", retracted=True), new)
    items = BeautifulSoup(client.get(page.url).content, "html.parser").select(".references li")
    marks = [[mark.text for mark in item.select("strong")] for item in items]
    assert marks == [["Superseded."], ["Retracted."], []]


def test_an_article_without_references_has_no_heading_for_them(client):
    assert b'id="references"' not in client.get(article().url).content


# --- what a reference is --------------------------------------------------------------------------


def test_a_reference_that_readers_cannot_find_is_refused_in_words_and_by_the_database():
    with pytest.raises(ValidationError, match="DOI or an address"):
        Reference(title="T", publisher="P").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        reference(url="")


def test_a_reference_cannot_supersede_itself():
    one = reference()
    one.superseded_by = one
    with pytest.raises(ValidationError, match="itself"):
        one.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        one.save()


def test_it_knows_since_when_it_is_no_longer_good():
    one = reference()
    assert one.outdated_at is None
    one.retracted = True
    one.save()
    first = one.outdated_at
    one.title = "Mended"
    one.save()
    assert one.outdated_at == first is not None
    one.retracted = False
    one.save()
    assert one.outdated_at is None


# --- what follows ---------------------------------------------------------------------------------


def test_a_retracted_reference_calls_once_for_a_review_of_each_live_article_that_cites_it():
    cited = reference()
    one, two, other = signed(cited), signed(cited), signed(reference("Another"))
    article(cited).unpublish()
    cited.retracted = True
    cited.save()
    assert [call_for_outdated_references(now=NOW) for _ in range(3)] == [2, 0, 0]
    assert set(ReviewTrigger.objects.values_list("page_id", flat=True)) == {one.pk, two.pk}
    schedule = ReviewSchedule.objects.get(page=one)
    assert schedule.due_on == TODAY
    assert "“Hamstring injuries” was retracted." in schedule.why
    assert ReviewSchedule.objects.get(page=other).due_on > TODAY


def test_superseding_names_what_supersedes():
    cited = reference(superseded_by=reference("Newer guidance"))
    signed(cited)
    Reference.objects.filter(pk=cited.pk).update(outdated_at=NOW)
    call_for_outdated_references(now=NOW)
    assert ReviewTrigger.objects.get().reason == "“Hamstring injuries” was superseded by “Newer guidance”."


def test_an_article_signed_since_then_was_signed_in_its_knowledge():
    cited = reference(retracted=True)
    Reference.objects.filter(pk=cited.pk).update(outdated_at=NOW - 365 * 24 * HOUR)
    signed(cited)
    assert call_for_outdated_references(now=NOW) == 0


def test_a_reference_that_is_first_superseded_and_then_retracted_calls_twice():
    cited = reference(superseded_by=reference("New"))
    page = article(cited)
    assert call_for_outdated_references(now=NOW) == 1
    sign_off(page, ReviewerFactory())
    cited.retracted, cited.outdated_at = True, None
    cited.save()
    assert call_for_outdated_references(now=NOW) == 1


def test_the_hourly_job_finds_what_no_view_told_of():
    page = signed(reference(retracted=True))
    flag_overdue()
    assert ReviewTrigger.objects.filter(page=page).count() == 1
    assert page.review_reminders.count() == 1


# --- in the admin ---------------------------------------------------------------------------------


def url(name: str, *arguments: object) -> str:
    return reverse(Reference.snippet_viewset.get_url_name(name), args=arguments)


def form(one: Reference, **changes) -> dict:
    values = {"title": one.title, "publisher": one.publisher, "url": one.url, **changes}
    return {name: value for name, value in values.items() if value is not None}


def test_an_editor_who_marks_a_reference_as_retracted_is_told_what_is_due_now():
    cited = reference()
    page = signed(cited)
    editor = desk_of(EDITORS)
    response = editor.post(url("edit", cited.pk), form(cited, retracted="on"), follow=True)
    assert "1 article is now due for a medical review." in text_of(response)
    assert ReviewTrigger.objects.get().page_id == page.pk
    assert ReviewTrigger.objects.get().opened_by is not None


def test_editors_keep_references_and_reviewers_look_at_them():
    editor, reviewer = desk_of(EDITORS), desk_of(REVIEWERS)
    editor.post(url("add"), {"title": "New", "publisher": "NICE", "url": "https://example.org/new"})
    assert Reference.objects.filter(title="New").exists()
    assert "New" in text_of(reviewer.get(url("list")))
    assert is_refused(reviewer.get(url("add")))


def test_a_reference_that_is_cited_is_not_deleted():
    cited, idle = reference(), reference("Idle")
    article(cited)
    editor = desk_of(EDITORS)
    response = editor.post(url("delete", cited.pk), follow=True)
    assert "articles cite it" in text_of(response)
    editor.post(url("delete", idle.pk))
    assert list(Reference.objects.all()) == [cited]
