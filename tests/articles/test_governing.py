"""Which of several sign-offs counts for the words that readers see."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from articles.amendments import withdraw
from articles.audit import audit_pack
from articles.days import site_day
from articles.gate import why_not_publish
from articles.governance import ReviewState, Shown, SignOffOutcome, governing
from articles.models import ConditionPage, MedicalReview, Publication
from articles.review_line import review_line, review_lines
from articles.services import CHECKLIST, sign
from tests.desk import EDITORS, desk_of, text_of
from tests.factories import ConditionPageFactory, ReviewerFactory, UserFactory, live, paragraph, sign_off

DAY = datetime.timedelta(days=1)
START = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
FULL, LIGHT, BACK = SignOffOutcome.APPROVED, SignOffOutcome.MINOR, SignOffOutcome.WITHDRAWN


@dataclass(frozen=True)
class One:
    """A sign-off on a day of January 2026."""

    day: int
    fingerprint: str
    outcome: str = FULL

    @property
    def signed_at(self) -> datetime.datetime:
        return START + self.day * DAY


def choose(live_words: str, shown: list[tuple[int, str]], *signed: One):
    history = [Shown(words, START + day * DAY + datetime.timedelta(hours=1)) for day, words in shown]
    latest_first = sorted(signed, key=lambda one: one.day, reverse=True)
    return governing(latest_first, live_fingerprint=live_words, shown=lambda: history)


A, B, L = One(1, "x"), One(9, "y"), One(9, "y", LIGHT)


@pytest.mark.parametrize(
    ("live_words", "shown", "signed", "counts", "rests_on", "waits"),
    [
        ("x", [(1, "x")], [A], A, A, None),
        ("z", [(1, "x"), (5, "z")], [A], A, A, None),
        # Newer words wait: what readers see keeps its own review.
        ("x", [(1, "x")], [A, B], A, A, B),
        ("x", [(1, "x"), (12, "x")], [A, B], A, A, B),
        ("z", [(1, "x"), (12, "z")], [A, B], A, A, B),
        ("x", [(1, "x")], [A, L], A, A, L),
        # They went live: what they replaced has no review any more, though it be published again.
        ("y", [(1, "x"), (12, "y")], [A, B], B, B, None),
        ("x", [(1, "x"), (12, "y"), (13, "x")], [A, B], B, B, None),
        ("x", [(1, "x"), (12, "y"), (13, "x")], [A, L], L, A, None),
        # Readers had seen these very words before somebody signed them for later: they still wait.
        ("x", [(1, "x"), (4, "y"), (5, "x")], [A, B], A, A, B),
        # Words that readers saw at the moment of signing need no publication.
        ("z", [(1, "x"), (4, "y"), (12, "z")], [A, B], B, B, None),
        # Nobody signed what readers see.
        ("x", [(1, "x")], [B], None, None, B),
        ("x", [], [], None, None, None),
        # A withdrawal voids all before it, those that wait included.
        ("x", [(1, "x")], [A, One(3, "x", BACK)], One(3, "x", BACK), A, None),
        ("y", [(1, "x"), (15, "y")], [A, B, One(11, "y", BACK)], One(11, "y", BACK), B, None),
        ("x", [(1, "x")], [A, One(3, "x", BACK), B], One(3, "x", BACK), A, B),
        ("y", [(1, "x"), (12, "y")], [A, One(3, "x", BACK), B], B, B, None),
        ("x", [(1, "x"), (12, "y"), (13, "x")], [A, One(3, "x", BACK), B], B, B, None),
        # A light one confirms a review that stands: after a withdrawal there is none.
        ("y", [(1, "x"), (12, "y")], [A, One(3, "x", BACK), L], One(3, "x", BACK), A, None),
    ],
)  # fmt: skip
def test_the_sign_off_of_the_live_words_counts_until_newer_ones_replaced_them(
    live_words, shown, signed, counts, rests_on, waits
):
    found = choose(live_words, shown, *signed)
    assert (found.latest, found.basis, found.waiting) == (counts, rests_on, waits)


def test_the_records_are_asked_only_if_the_latest_sign_off_is_of_other_words():
    found = governing([A], live_fingerprint="x", shown=lambda: pytest.fail("asked"))
    assert found.latest == A


# --- on a site ------------------------------------------------------------------------------------


@pytest.fixture
def ann():
    return ReviewerFactory(name="Ann Bell")


@pytest.fixture
def article(db, ann) -> ConditionPage:
    """Signed by Ann 100 days ago, and live since."""
    page = ConditionPageFactory(title="Thigh pain", blocks=[paragraph("Rest the leg.")])
    sign_off(page, ann, on=site_day(timezone.now()) - 100 * DAY)
    return page


def sign_for_later(page: ConditionPage, *, days: int = 30) -> MedicalReview:
    draft = live(page).get_latest_revision_as_object()
    draft.title, draft.go_live_at = "Newer words", timezone.now() + days * DAY
    draft.save_revision(user=UserFactory(), log_action=True)
    return sign(
        page,
        user=ReviewerFactory(name="Ben Cole").user,
        checklist=dict.fromkeys(CHECKLIST, True),
        now=timezone.now(),
    )


def line_of(page: ConditionPage):
    today = site_day(timezone.now())
    line = review_line(live(page), today=today)
    assert review_lines([live(page)], today=today)[page.pk] == line
    return line


def test_words_signed_for_a_later_day_leave_the_badge_of_those_that_readers_see(article, ann):
    later = sign_for_later(article)
    line = line_of(article)
    assert (line.standing.state, line.review.reviewer, line.waiting) == (ReviewState.CURRENT, ann, later)
    assert "Medically reviewed by Dr Ann Bell" in text_of(Client().get(article.get_url()))
    schedule = live(article).review_schedule
    assert schedule.due_on == line.standing.due_on
    assert "Signed again on" in schedule.why


def test_on_that_day_the_new_signature_takes_its_place(article, time_machine):
    sign_for_later(article)
    time_machine.move_to(timezone.now() + 31 * DAY)
    call_command("publish_scheduled")
    assert live(article).title == "Newer words"
    line = line_of(article)
    assert (line.standing.state, line.review.reviewer_name, line.waiting) == (
        ReviewState.CURRENT, "Dr Ben Cole", None,
    )  # fmt: skip
    assert "Signed again" not in live(article).review_schedule.why


def test_an_article_that_nobody_signed_is_not_said_to_be_edited_since_a_review_that_waits(db):
    page = ConditionPageFactory(title="Thigh pain")
    sign_for_later(page)
    assert line_of(page).headline == "Not yet medically reviewed."


def test_a_withdrawal_takes_back_what_waits_too(article, time_machine):
    sign_for_later(article)
    withdraw(article, user=UserFactory(is_superuser=True), reason="The dose is wrong.", now=timezone.now())
    assert line_of(article).standing.state is ReviewState.WITHDRAWN
    time_machine.move_to(timezone.now() + 31 * DAY)
    call_command("publish_scheduled")
    assert line_of(article).standing.state is ReviewState.WITHDRAWN


def test_the_gate_lets_both_signed_words_pass_and_no_others(article, settings):
    from articles.models import PublisherSettings

    site = article.get_site()
    PublisherSettings.objects.update_or_create(site=site, defaults={"require_review": True})
    later = sign_for_later(article)
    assert why_not_publish(live(article)) == ""
    assert why_not_publish(later.revision.as_object()) == ""
    other = live(article)
    other.title = "Words that nobody signed"
    assert "not those that were signed" in why_not_publish(other)


def test_the_desk_says_who_signed_what_waits(article):
    from django.urls import reverse

    sign_for_later(article)
    shown = text_of(desk_of(EDITORS).get(reverse("wagtailadmin_pages:edit", args=[article.pk])))
    assert "Dr Ben Cole signed newer words" in shown
    assert "This draft changes words that were reviewed" not in shown


def test_the_audit_of_such_a_day_names_who_signed_what_readers_saw(article):
    sign_for_later(article)
    now = timezone.now()
    (showing,) = audit_pack(live(article), on=site_day(now), now=now).showings[-1:]
    assert (showing.state, showing.signed_by.reviewer_name) == (ReviewState.CURRENT, "Dr Ann Bell")
    assert Publication.objects.filter(page=article).exists()
