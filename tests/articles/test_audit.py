"""The audit pack: what the records say about a page and a day, and nothing more."""

from __future__ import annotations

import datetime
import json
from datetime import date

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command
from django.utils import timezone

from articles.audit import audit_pack
from articles.governance import ReviewState, TriggerKind
from articles.models import ConditionPage, ImportedReview, MedicalReview
from articles.triggers import call_for_review
from tests.factories import ConditionPageFactory, ReviewerFactory, block, live, paragraph, sign_off

pytestmark = pytest.mark.django_db


def moment(day: date, hour: int = 12) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))


@pytest.fixture
def reviewer():
    return ReviewerFactory(name="Ann Clinician")


@pytest.fixture
def article(reviewer) -> ConditionPage:
    """Published on 1 March, signed on 10 March, changed twice on 1 May, taken down on 1 June, of 2026."""
    with time_machine.travel(moment(date(2026, 3, 1)), tick=False):
        page = ConditionPageFactory(title="Thigh pain", blocks=[paragraph("Rest the leg.")])
    with time_machine.travel(moment(date(2026, 3, 10)), tick=False):
        sign_off(page, reviewer, on=date(2026, 3, 10))
    for hour, words in ((9, "Walk on the leg."), (15, "Walk on both legs.")):
        with time_machine.travel(moment(date(2026, 5, 1), hour), tick=False):
            draft = live(page)
            draft.body = json.dumps([paragraph(words)])
            draft.save_revision().publish()
    with time_machine.travel(moment(date(2026, 6, 1)), tick=False):
        live(page).unpublish()
    return live(page)


def shown(page: ConditionPage, on: date) -> list[tuple[str, ReviewState, str | None]]:
    pack = audit_pack(page, on=on, now=timezone.now())
    return [
        (
            " ".join(piece.text for passage in showing.passages for piece in passage.pieces),
            showing.state,
            showing.signed_by.reviewer_name if showing.signed_by else None,
        )
        for showing in pack.showings
    ]


REST, WALK, BOTH = (
    f"Thigh pain {words}" for words in ("Rest the leg.", "Walk on the leg.", "Walk on both legs.")
)
ANN = "Dr Ann Clinician"


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 2, 28), []),
        (date(2026, 3, 9), [(REST, ReviewState.NEVER, None)]),
        (date(2026, 3, 11), [(REST, ReviewState.CURRENT, ANN)]),
        (
            date(2026, 5, 1),
            [
                (REST, ReviewState.CURRENT, ANN),
                (WALK, ReviewState.CHANGED, None),
                (BOTH, ReviewState.CHANGED, None),
            ],
        ),
        (date(2026, 5, 2), [(BOTH, ReviewState.CHANGED, None)]),
        (date(2026, 6, 2), []),
    ],
)
def test_the_pack_says_what_readers_saw_on_a_day_and_who_had_signed_exactly_that(article, on, expected):
    assert shown(article, on) == expected


def test_a_day_before_the_records_is_told_from_a_day_without_the_article(article):
    days = [date(2026, 2, 28), date(2026, 6, 2)]
    assert [audit_pack(article, on=day, now=timezone.now()).on_record for day in days] == [False, True]


def test_the_state_of_the_day_follows_dates_and_calls(reviewer):
    with time_machine.travel(moment(date(2024, 1, 10)), tick=False):
        page = ConditionPageFactory()
        sign_off(page, reviewer, on=date(2024, 1, 10))
    assert shown(page, date(2026, 2, 1))[0][1] is ReviewState.OVERDUE
    call_for_review(page, kind=TriggerKind.SAFETY_ALERT, reason="Alert.", now=moment(date(2024, 5, 1)))
    assert shown(page, date(2024, 4, 30))[0][1] is ReviewState.CURRENT
    assert shown(page, date(2024, 5, 2))[0][1] is ReviewState.OVERDUE


def test_a_sign_off_made_later_is_not_in_the_pack(article):
    pack = audit_pack(article, on=date(2026, 3, 9), now=timezone.now())
    assert pack.reviews == []
    assert len(audit_pack(article, on=date(2026, 3, 10), now=timezone.now()).reviews) == 1


def test_the_day_is_that_of_the_site_s_time_zone(reviewer):
    late = datetime.datetime(2026, 6, 30, 23, 30, tzinfo=datetime.UTC)  # half past midnight in London
    with time_machine.travel(late, tick=False):
        page = ConditionPageFactory(title="Thigh pain")
    assert shown(page, date(2026, 6, 30)) == []
    assert len(shown(page, date(2026, 7, 1))) == 1


def test_a_review_that_the_text_claimed_is_told_as_a_claim():
    page = ConditionPageFactory()
    ImportedReview.objects.create(
        page_id=page.pk, reviewer_name="Dr Peter Ash", reviewed_on=date(2022, 2, 21), source="x.txt"
    )
    now = timezone.now()
    (showing,) = audit_pack(page, on=timezone.localdate(now), now=now).showings
    assert (showing.state, showing.signed_by) == (ReviewState.EXPIRED, None)
    assert "(imported, not verified)" in str(showing.imported)


def test_the_fields_of_a_block_are_read_in_their_own_order():
    """The database keeps them in another one."""
    points = {
        "lead_in": "Symptoms include:",
        "ordered": False,
        "items": [{"text": "<p>Pain.</p>", "children": []}],
    }
    page, now = ConditionPageFactory(title="Thigh pain", blocks=[block("points", points)]), timezone.now()
    (showing,) = audit_pack(page, on=timezone.localdate(now), now=now).showings
    assert (
        showing.passages[-1]
        .pieces[0]
        .text.startswith("Lead in: Symptoms include: Ordered: no Items: • Text:")
    )


def test_the_changes_since_are_those_of_the_live_words(article):
    article.get_latest_revision().publish()
    changes = audit_pack(live(article), on=date(2026, 3, 11), now=timezone.now()).changes
    assert [[(piece.change, piece.text) for piece in change.pieces] for change in changes] != []
    assert {change.name for change in changes} == {"Paragraph"}
    assert audit_pack(live(article), on=date(2026, 5, 2), now=timezone.now()).changes == []


# --- the command ----------------------------------------------------------------------------------


def test_the_pack_as_json_holds_the_words_the_signature_and_proof_that_neither_changed(article, capsys):
    call_command("audit_pack", "thigh-pain", "--on", "2026-03-11", "--format", "json")
    pack = json.loads(capsys.readouterr().out)
    review = MedicalReview.objects.get()
    (showing,) = pack["shown"]
    (signed,) = pack["reviews"]
    assert pack["page"]["title"] == "Thigh pain"
    assert (pack["on"], pack["live_now"], showing["state"]) == ("2026-03-11", False, "current")
    assert showing["clinical_content"]["body"] == [{"type": "paragraph", "value": "<p>Rest the leg.</p>"}]
    assert showing["fingerprint"] == signed["fingerprint"] == review.fingerprint
    assert showing["fingerprint_holds"]
    assert signed["fingerprint_holds"]
    assert showing["signed_by_review"] == signed["id"] == review.pk
    assert (signed["reviewer"], signed["credential"]) == (ANN, review.credential)
    assert showing["page_content"]["title"] == "Thigh pain"


def test_the_pack_as_html_can_be_read_by_a_person(article, tmp_path):
    file = tmp_path / "pack.html"
    call_command("audit_pack", str(article.pk), "--on", "2026-05-01", "--output", str(file))
    page = BeautifulSoup(file.read_text(), "html.parser")
    words = " ".join(page.get_text(" ").split())
    assert page.title.text == "Audit pack: Thigh pain, 1 May 2026"
    for said in (
        "Rest the leg.",
        "Walk on the leg.",
        ANN,
        "nobody had signed exactly these words",
        "Readers no longer",
    ):
        assert said in words
    assert not page.select("script, link, img")


def test_the_html_of_a_day_without_the_article_says_why(article, capsys):
    for on, said in (("2026-02-28", "Not on record"), ("2026-06-02", "was not published on that day")):
        call_command("audit_pack", "/thigh-pain/", "--on", on)
        assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such", "--on", "2026-03-01"], "no article no-such"),
        (["thigh-pain", "--on", "yesterday"], "is not a day"),
        (["thigh-pain", "--on", "2999-01-01"], "still to come"),
        (["thigh-pain", "--on", "2026-03-01", "--output", "/nowhere/pack.html"], "No such file"),
    ],
)
def test_the_command_refuses_in_words(article, arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("audit_pack", *arguments)


def test_a_slug_that_two_articles_have_must_be_told_apart(article):
    ConditionPageFactory(title="Other", slug="thigh-pain")
    with pytest.raises(CommandError, match="Several articles"):
        call_command("audit_pack", "thigh-pain", "--on", "2026-03-01")
