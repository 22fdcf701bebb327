"""What readers are told of a review, in every state, in words and to machines."""

import datetime
from datetime import date

import pytest

from articles.clinical_content import clinical_fingerprint
from articles.governance import ReviewState, SignOffOutcome
from articles.markup import article_graph, page_facts, site_facts
from articles.models import ConditionPage, ImportedReview, MedicalReview, PublisherSettings
from articles.review_line import last_sign_offs, review_line
from articles.services import schedule_review
from tests.factories import (
    ConditionPageFactory,
    CredentialFactory,
    ReviewerFactory,
    ReviewTierFactory,
    live,
    paragraph,
    sign_off,
)

pytestmark = pytest.mark.django_db

SIGNED = date(2024, 2, 21)
BY = "Medically reviewed by Dr Ann Bell, 21 February 2024."
SINCE = "Not medically reviewed since 21 February 2024."
CLAIM = (
    "Reviewed before publication here by Dr Ann Bell, Physiotherapist, 21 February 2024; not verified by us."
)


@pytest.fixture
def ann():
    return ReviewerFactory(name="Ann Bell", slug="ann-bell", profession="Consultant Physiotherapist")


@pytest.fixture
def page() -> ConditionPage:
    return ConditionPageFactory(blocks=[paragraph("Rest the leg.")])


def facts(page: ConditionPage, today: date) -> dict:
    """The page node of the JSON-LD."""
    article = live(page)
    site = article.get_site()
    about = page_facts(article, site_facts(site, PublisherSettings.for_site(site)), ())
    return article_graph(article, about, line=review_line(article, today=today), authors=[])["@graph"][0]


def edit_live(page: ConditionPage) -> None:
    """As any path to publication may do it, without a reviewer."""
    draft = live(page)
    draft.title = "Other words"
    draft.save_revision().publish()


def write_down(
    review: MedicalReview, outcome: SignOffOutcome, *, days_later: int = 1, **changes
) -> MedicalReview:
    """A further record about a review, as the database takes it."""
    later = datetime.timedelta(days=days_later)
    values = {
        name.attname: getattr(review, name.attname)
        for name in MedicalReview._meta.fields
        if not name.primary_key
    } | {
        "outcome": outcome,
        "supersedes_id": review.pk,
        "signed_at": review.signed_at + later,
        "signed_on": review.signed_on + later,
    }
    return MedicalReview.objects.create(**values | changes)


# --- sentences ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "state", "headline", "notice"),
    [
        (date(2024, 2, 21), ReviewState.CURRENT, BY, "Next review due 21 February 2026."),
        (date(2026, 2, 1), ReviewState.DUE_SOON, BY, "Next review due 21 February 2026."),
        (date(2026, 2, 22), ReviewState.OVERDUE, BY, "This review was due on 21 February 2026."),
        (date(2026, 5, 23), ReviewState.EXPIRED, SINCE, ""),
    ],
)
def test_a_signed_article_says_by_whom_and_when_as_long_as_that_holds(
    page, ann, today, state, headline, notice
):
    sign_off(page, ann, on=SIGNED)
    line = review_line(live(page), today=today)
    assert (line.standing.state, line.headline, line.notice) == (state, headline, notice)


def test_an_article_without_a_sign_off_says_so(page):
    line = review_line(page, today=SIGNED)
    assert (line.standing.state, line.headline, line.notice) == (
        ReviewState.NEVER,
        "Not yet medically reviewed.",
        "",
    )


def test_an_article_edited_since_its_review_says_so_from_the_moment_of_publication(page, ann):
    sign_off(page, ann, on=SIGNED)
    draft = live(page)
    draft.title = "Other words"
    revision = draft.save_revision()
    assert review_line(live(page), today=SIGNED).is_badge  # a draft is no reader's business
    revision.publish()
    line = review_line(live(page), today=SIGNED)
    assert (line.standing.state, line.headline) == (
        ReviewState.CHANGED,
        "Edited since its medical review on 21 February 2024.",
    )


def test_publishing_the_signed_words_again_brings_the_badge_back(page, ann):
    sealed = sign_off(page, ann, on=SIGNED).revision
    edit_live(page)
    assert not review_line(live(page), today=SIGNED).is_badge
    sealed.publish()
    assert review_line(live(page), today=SIGNED).is_badge


def test_a_withdrawn_review_says_so(page, ann):
    write_down(sign_off(page, ann, on=SIGNED), SignOffOutcome.WITHDRAWN)
    line = review_line(live(page), today=SIGNED)
    assert (line.standing.state, line.headline) == (
        ReviewState.WITHDRAWN,
        "Its medical review was withdrawn.",
    )


@pytest.mark.parametrize(
    ("today", "state", "notice"),
    [
        (date(2024, 3, 1), ReviewState.NEVER, ""),
        (date(2026, 2, 22), ReviewState.OVERDUE, "A new review was due on 21 February 2026 and is overdue."),
        (
            date(2026, 5, 23),
            ReviewState.EXPIRED,
            "A new review was due on 21 February 2026; that earlier review has expired.",
        ),
    ],
)
def test_an_imported_review_is_told_as_what_it_is(page, today, state, notice):
    ImportedReview.objects.create(
        page=page,
        reviewer_name="Dr Ann Bell",
        qualification="Physiotherapist",
        reviewed_on=SIGNED,
        source="a.txt",
    )
    line = review_line(page, today=today)
    assert (line.standing.state, line.headline, line.notice) == (state, CLAIM, notice)
    assert not line.is_badge


def test_the_first_real_sign_off_replaces_an_imported_review(page, ann):
    ImportedReview.objects.create(page=page, reviewer_name="Dr Else", reviewed_on=SIGNED, source="a.txt")
    sign_off(page, ann, on=SIGNED)
    line = review_line(live(page), today=SIGNED)
    assert (line.headline, line.imported) == (BY, None)


# --- the badge and JSON-LD say the same -----------------------------------------------------------

STATES = {
    ReviewState.CURRENT: date(2024, 3, 1),
    ReviewState.DUE_SOON: date(2026, 2, 1),
    ReviewState.OVERDUE: date(2026, 3, 1),
    ReviewState.EXPIRED: date(2026, 6, 1),
    ReviewState.CHANGED: date(2024, 3, 1),
    ReviewState.WITHDRAWN: date(2024, 3, 1),
    ReviewState.NEVER: date(2024, 3, 1),
}


@pytest.mark.parametrize("state", ReviewState)
def test_machines_are_told_of_a_reviewer_exactly_where_readers_see_the_badge(page, ann, state):
    if state is not ReviewState.NEVER:
        review = sign_off(page, ann, on=SIGNED)
        if state is ReviewState.CHANGED:
            edit_live(page)
        elif state is ReviewState.WITHDRAWN:
            write_down(review, SignOffOutcome.WITHDRAWN)
    today = STATES[state]
    line = review_line(live(page), today=today)
    told = facts(page, today)
    assert line.standing.state is state
    assert ("reviewedBy" in told, "lastReviewed" in told) == (line.is_badge, line.is_badge)
    assert ("Medically reviewed by" in line.headline) == line.is_badge
    if line.is_badge:
        assert told["lastReviewed"] == "2024-02-21"
        assert told["reviewedBy"] == {
            "@type": "Person",
            "honorificPrefix": "Dr",
            "name": "Ann Bell",
            "jobTitle": "Consultant Physiotherapist",
            "@id": "http://localhost/reviewers/ann-bell/#person",
            "url": "http://localhost/reviewers/ann-bell/",
        }


@pytest.mark.parametrize("today", [date(2024, 3, 1), date(2026, 3, 1), date(2026, 6, 1)])
def test_an_imported_review_names_nobody_to_machines(page, today):
    ImportedReview.objects.create(page=page, reviewer_name="Dr Ann Bell", reviewed_on=SIGNED, source="a.txt")
    assert not {"reviewedBy", "lastReviewed"} & facts(page, today).keys()


def test_badge_and_json_ld_keep_the_name_and_profession_of_the_day_of_signing(page, ann):
    sign_off(page, ann, on=SIGNED)
    ann.name, ann.profession = "Ann Marsh", "Retired"
    ann.save()
    line = review_line(live(page), today=SIGNED)
    told = facts(page, SIGNED)["reviewedBy"]
    assert line.headline == BY
    assert (told["name"], told["jobTitle"]) == ("Dr Ann Bell", "Consultant Physiotherapist")
    assert "honorificPrefix" not in told


# --- which sign-offs count ------------------------------------------------------------------------


def test_a_light_sign_off_vouches_for_the_new_words_but_moves_no_date(page, ann):
    review = sign_off(page, ann, on=SIGNED)
    edit_live(page)
    changed = review_line(live(page), today=SIGNED)
    assert not changed.is_badge
    write_down(review, SignOffOutcome.MINOR, days_later=300, fingerprint=clinical_fingerprint(live(page)))
    line = review_line(live(page), today=date(2025, 1, 1))
    assert line.is_badge
    assert (line.headline, line.standing.due_on) == (BY, date(2026, 2, 21))


def test_a_light_sign_off_never_undoes_a_withdrawal_but_a_full_one_does(page, ann):
    review = sign_off(page, ann, on=SIGNED)
    withdrawn = write_down(review, SignOffOutcome.WITHDRAWN)
    write_down(review, SignOffOutcome.MINOR, days_later=2)
    assert review_line(live(page), today=date(2024, 3, 1)).standing.state is ReviewState.WITHDRAWN
    assert last_sign_offs(page) == (withdrawn, review)
    again = write_down(review, SignOffOutcome.APPROVED, days_later=3)
    assert last_sign_offs(page) == (again, again)
    assert review_line(live(page), today=date(2024, 3, 1)).is_badge


def test_an_article_whose_review_was_withdrawn_is_due_from_that_day(page, ann):
    write_down(sign_off(page, ann, on=SIGNED), SignOffOutcome.WITHDRAWN, days_later=10)
    schedule = schedule_review(page, today=date(2024, 3, 10))
    assert (schedule.due_on, schedule.expires_on) == (date(2024, 3, 2), None)
    assert schedule.why == "Its review was withdrawn on 2 March 2024: due since then."


# --- which rule -----------------------------------------------------------------------------------


def test_the_interval_is_the_page_s_own_then_its_tier_s_then_the_default_tier_s(page, ann):
    sign_off(page, ann, on=SIGNED)
    found = live(page)

    def due() -> date:
        return review_line(found, today=SIGNED).standing.due_on

    assert due() == date(2026, 2, 21)
    found.review_tier = ReviewTierFactory(slug="strict", interval_months=12)
    assert due() == date(2025, 2, 21)
    found.review_interval_months = 3
    assert due() == date(2024, 5, 21)


def test_the_line_is_derived_on_any_day_whatever_happened_to_the_stored_schedule(page, ann):
    sign_off(page, ann, on=SIGNED)
    page.review_schedule.delete()
    assert review_line(live(page), today=date(2026, 5, 23)).standing.state is ReviewState.EXPIRED


def test_the_credential_shown_is_that_of_the_day_of_signing(page, ann):
    review = sign_off(page, ann, on=SIGNED)
    ann.credentials.all().delete()
    CredentialFactory(reviewer=ann, regulator="GMC", number="7")
    assert review_line(live(page), today=SIGNED).review.credential == review.credential != "GMC 7"
