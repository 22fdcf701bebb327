"""Signing, scheduling and flagging, on a real database and through Wagtail's own views."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageLogEntry, Revision
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from articles.clinical_content import clinical_content, clinical_fingerprint
from articles.governance import ReviewState, SignOffOutcome, Stage, fingerprint
from articles.models import ConditionPage, Interest, MedicalReview, Reminder, ReviewSchedule
from articles.review_line import review_line
from articles.services import (
    CHECKLIST,
    MEANING,
    SigningRefused,
    contributors,
    flag_overdue,
    schedule_review,
    sign,
)
from tests.factories import (
    ConditionPageFactory,
    CredentialFactory,
    OfferFactory,
    ProductFactory,
    RetailerFactory,
    ReviewerFactory,
    ReviewTierFactory,
    UserFactory,
    live,
    paragraph,
    reviewed_article,
    sign_off,
    thigh,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
YES = dict.fromkeys(CHECKLIST, True)
DAY = datetime.timedelta(days=1)


def noon(day: date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


@pytest.fixture
def reviewer():
    return ReviewerFactory()


@pytest.fixture
def page() -> ConditionPage:
    return ConditionPageFactory(title="Thigh pain", blocks=[paragraph("Rest the leg.")])


def edit(page: ConditionPage, title: str, user=None) -> Revision:
    """A new draft, as the admin saves it."""
    draft = page.get_latest_revision_as_object()
    draft.title = title
    return draft.save_revision(user=user, log_action=user is not None)


def refused(page: ConditionPage, user, checklist=YES, now=None) -> str:
    """The words with which signing is refused; nothing may have been written."""
    before = (Revision.objects.count(), MedicalReview.objects.count(), PageLogEntry.objects.count())
    with pytest.raises(SigningRefused) as error:
        sign(page, user=user, checklist=checklist, now=now or timezone.now())
    assert (Revision.objects.count(), MedicalReview.objects.count(), PageLogEntry.objects.count()) == before
    return str(error.value)


# --- what a sign-off is ---------------------------------------------------------------------------


def test_signing_publishes_exactly_the_draft_that_was_signed(page, reviewer):
    draft = edit(page, "Thigh pain, mended")
    review = sign(page, user=reviewer.user, checklist=YES, now=noon(TODAY))
    published = live(page)
    assert published.title == "Thigh pain, mended"
    assert not published.has_unpublished_changes
    assert published.live_revision_id == published.latest_revision_id == review.revision_id != draft.pk
    assert review.fingerprint == clinical_fingerprint(published) == fingerprint(review.snapshot)
    assert review.snapshot == clinical_content(published)


def test_a_sign_off_keeps_all_that_held_on_its_day(page, reviewer):
    shop = RetailerFactory(name="Peak.example")
    Interest.objects.create(
        reviewer=reviewer, retailer=shop, what="Paid adviser", declared_on=date(2024, 1, 1)
    )
    Interest.objects.create(
        reviewer=reviewer,
        retailer=shop,
        what="Shares",
        declared_on=date(2020, 1, 1),
        ended_on=date(2021, 1, 1),
    )
    page.review_tier, page.review_interval_months = ReviewTierFactory(slug="strict", interval_months=12), 9
    page.save_revision().publish()
    review = sign(page, user=reviewer.user, checklist=YES, now=noon(date(2026, 3, 31)))
    assert review.reviewer_name == reviewer.display_name
    assert (review.profession, review.credential) == (
        "Consultant Physiotherapist",
        str(reviewer.credentials.get()),
    )
    assert (review.signed_by, review.signed_on, review.meaning) == (reviewer.user, date(2026, 3, 31), MEANING)
    assert (review.tier, review.interval_months) == ("strict", 9)
    assert review.interests == ["Paid adviser (Peak.example (UK))"]
    assert set(review.checklist) == set(CHECKLIST.values())
    assert review.outcome == SignOffOutcome.APPROVED


def test_a_sign_off_names_the_one_it_supersedes_and_starts_a_new_cycle(page, reviewer):
    first = sign_off(page, reviewer, on=date(2024, 1, 31))
    assert (first.supersedes, page.review_schedule.due_on) == (None, date(2026, 1, 31))
    second = sign_off(page, reviewer, on=date(2026, 2, 1))
    page.review_schedule.refresh_from_db()
    assert (second.supersedes, page.review_schedule.due_on) == (first, date(2028, 2, 1))


def test_the_day_of_a_sign_off_is_that_of_the_site_s_time_zone(page, reviewer):
    late = datetime.datetime(2026, 6, 30, 23, 30, tzinfo=datetime.UTC)  # half past midnight in London
    assert sign(page, user=reviewer.user, checklist=YES, now=late).signed_on == date(2026, 7, 1)


def test_a_sign_off_stands_in_the_audit_log_under_the_reviewer_s_name(page, reviewer):
    review = sign_off(page, reviewer)
    entry = PageLogEntry.objects.get(page=page.pk, action="articles.review.sign")
    assert (entry.user, entry.revision_id) == (reviewer.user, review.revision_id)
    assert str(entry.formatter.format_message(entry)) == f"Medical review signed by {reviewer.display_name}"


def test_a_reviewer_needs_no_permission_in_wagtail_to_publish_by_signing(page, reviewer):
    assert not page.permissions_for_user(reviewer.user).can_publish()
    edit(page, "Mended")
    sign_off(page, reviewer)
    assert live(page).title == "Mended"


def test_signing_without_publishing_leaves_the_live_words(page, reviewer):
    edit(page, "Mended")
    review = sign(page, user=reviewer.user, checklist=YES, now=noon(TODAY), publish=False)
    assert live(page).title == "Thigh pain"
    assert live(page).has_unpublished_changes
    review.revision.publish()
    assert review_line(live(page), today=TODAY).is_badge


def test_a_page_that_was_never_published_goes_live_by_its_sign_off(reviewer):
    page = ConditionPageFactory(blocks=[paragraph("Rest.")])
    page.unpublish()
    sign_off(page, reviewer)
    assert live(page).live
    assert review_line(live(page), today=TODAY).is_badge


# --- sealing: Wagtail's autosave ------------------------------------------------------------------


@pytest.fixture
def tab(client):
    """An editor's open tab: saves an article through the admin's edit view."""
    editor = UserFactory(is_superuser=True, is_staff=True)
    client.force_login(editor)

    def save(page: ConditionPage, title: str, *, autosave: bool = True, **more):
        values = {
            "title": title,
            "slug": page.slug,
            "standfirst": page.standfirst,
            "seo_title": "",
            "search_description": "",
            "review_interval_months": "",
            "review_tier": "",
            "body": streamfield([("paragraph", rich_text("<p>Rest the leg.</p>"))]),
            "related_articles": inline_formset([]),
            "comments": inline_formset([]),
            **more,
        }
        headers = {"accept": "application/json"} if autosave else {}
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        return client.post(address, nested_form_data(values), headers=headers)

    save.editor = editor
    return save


def test_autosave_rewrites_an_editor_s_own_draft_in_place(page, tab):
    first = tab(page, "One").json()
    second = tab(page, "Two", overwrite_revision_id=first["revision_id"]).json()
    assert second["revision_id"] == first["revision_id"]
    assert page.revisions.get(pk=first["revision_id"]).content["title"] == "Two"


def test_an_editor_s_open_tab_cannot_rewrite_what_was_signed(page, tab, reviewer):
    draft = tab(page, "Signed words").json()["revision_id"]
    review = sign_off(page, reviewer)
    assert review.revision.user is None
    content = Revision.objects.get(pk=review.revision_id).content
    for revision in (draft, review.revision_id):
        answer = tab(page, "Other words", overwrite_revision_id=revision)
        assert answer.status_code == 400
        assert answer.json()["error_code"] == "invalid_revision"
    again = tab(page, "Other words", autosave=False, overwrite_revision_id=review.revision_id)
    assert "Cannot overwrite a revision" in again.content.decode()
    review.revision.refresh_from_db()
    assert review.revision.content == content
    assert live(page).latest_revision_id == live(page).live_revision_id == review.revision_id
    assert live(page).title == "Signed words"
    assert page.revisions.get(pk=draft).user == tab.editor  # the original keeps its author


def test_a_tab_that_loads_the_signed_words_saves_a_draft_of_its_own(page, tab, reviewer):
    review = sign_off(page, reviewer)
    answer = tab(page, "Other words", loaded_revision_id=review.revision_id,
                 loaded_revision_created_at=review.revision.created_at.isoformat()).json()  # fmt: skip
    assert answer["revision_id"] != review.revision_id
    assert review_line(live(page), today=TODAY).is_badge


def test_saving_and_publishing_in_the_admin_without_an_edit_keeps_the_badge(page, tab, reviewer):
    review = sign_off(page, reviewer)
    answer = tab(page, page.title, autosave=False, **{"action-publish": "1"})
    assert answer.status_code == 302
    assert live(page).live_revision_id != review.revision_id
    assert "data-block-key" in live(page).body[0].value.source
    assert review_line(live(page), today=TODAY).standing.state is ReviewState.CURRENT


def test_publishing_an_edit_in_the_admin_takes_the_badge_away(page, tab, reviewer):
    sign_off(page, reviewer)
    tab(page, "Other words", autosave=False, **{"action-publish": "1"})
    assert review_line(live(page), today=TODAY).standing.state is ReviewState.CHANGED


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_edited_the_article_may_not_sign_it(page, reviewer, is_superuser):
    reviewer.user.is_superuser = is_superuser
    reviewer.user.save()
    edit(page, "My words", reviewer.user)
    edit(page, "Their words", UserFactory())
    assert refused(page, reviewer.user) == (
        "You wrote or edited this article since its last sign-off: somebody else has to sign it."
    )


def test_who_began_the_article_may_not_sign_it_first(page, reviewer):
    ConditionPage.objects.filter(pk=page.pk).update(owner=reviewer.user)
    assert "somebody else has to sign it" in refused(page, reviewer.user)


def test_an_edit_that_autosave_wrote_over_still_counts(page, tab, reviewer):
    """Only the log remembers who typed into a draft whose row somebody's earlier session made."""
    answer = tab(page, "Mine").json()
    Revision.objects.filter(pk=answer["revision_id"]).update(user=UserFactory())
    own = ReviewerFactory(user=tab.editor)
    assert tab.editor.pk in contributors(page)
    assert "somebody else has to sign it" in refused(page, own.user)


def test_an_edit_before_the_last_sign_off_is_settled_by_it(page, reviewer):
    edit(page, "My words", reviewer.user)
    other = ReviewerFactory()
    sign(page, user=other.user, checklist=YES, now=timezone.now())
    assert contributors(page) == set()
    sign(page, user=reviewer.user, checklist=YES, now=timezone.now())
    edit(page, "My further words", reviewer.user)
    assert "somebody else has to sign it" in refused(page, reviewer.user)


@pytest.mark.parametrize(
    "dates",
    [
        {"verified_on": None},
        {"verified_on": date(2020, 1, 1), "expires_on": TODAY - DAY},
        {"verified_on": TODAY + DAY},
    ],
)
def test_a_registration_that_is_not_verified_and_in_force_does_not_sign(page, dates):
    reviewer = ReviewerFactory(honorific="Dr", name="Ann Bell", credential=None)
    CredentialFactory(reviewer=reviewer, **dates)
    words = refused(page, reviewer.user, now=noon(TODAY))
    assert words.startswith("Dr Ann Bell has no registration that is verified and in force on")


def test_a_registration_serves_to_its_last_day(page):
    reviewer = ReviewerFactory(credential=None)
    CredentialFactory(reviewer=reviewer, verified_on=TODAY, expires_on=TODAY)
    assert sign_off(page, reviewer, on=TODAY)


def test_a_reviewer_who_may_not_sign_any_more_is_told_so(page, reviewer):
    reviewer.is_active = False
    reviewer.save()
    assert refused(page, reviewer.user) == f"{reviewer} may not sign any more."


@pytest.mark.parametrize("who", ["superuser", "closed account"])
def test_an_account_without_a_reviewer_or_that_was_closed_does_not_sign(page, reviewer, who):
    user = UserFactory(is_superuser=True)
    if who == "closed account":
        user = reviewer.user
        user.is_active = False
        user.save()
    assert refused(page, user) == "This account does not belong to a medical reviewer."


def interested(page: ConditionPage, reviewer, **offer) -> Interest:
    shop = RetailerFactory(name="Peak.example")
    strap = ProductFactory()
    OfferFactory(product=strap, retailer=shop, **offer)
    draft = live(page)
    draft.body.append(("product_box", {"product": strap, "badge": ""}))
    draft.save_revision()
    return Interest.objects.create(
        reviewer=reviewer, retailer=shop, what="Shares", declared_on=TODAY - 100 * DAY
    )


@pytest.mark.parametrize("offer", [{}, {"draft": True}])
def test_an_interest_in_a_shop_that_the_article_leads_to_is_refused(page, reviewer, offer):
    interested(page, reviewer, **offer)
    assert refused(page, reviewer.user) == (
        f"{reviewer} declared an interest in Peak.example (UK), to which this article leads."
    )


def test_an_interest_that_ended_or_in_another_shop_is_no_obstacle(page, reviewer):
    interest = interested(page, reviewer)
    Interest.objects.create(reviewer=reviewer, retailer=RetailerFactory(), what="Adviser", declared_on=TODAY)
    interest.ended_on = TODAY - DAY
    interest.save()
    assert sign_off(page, reviewer, on=TODAY)


@pytest.mark.parametrize("missing", CHECKLIST)
def test_each_point_of_the_checklist_has_to_be_confirmed(page, reviewer, missing):
    for checklist in ({**YES, missing: False}, {key: True for key in CHECKLIST if key != missing}):
        words = refused(page, reviewer.user, checklist)
        assert words == f"Confirm each point of the checklist. Missing: {CHECKLIST[missing]}"


def test_a_page_without_a_draft_cannot_be_signed(page, reviewer):
    ConditionPage.objects.filter(pk=page.pk).update(latest_revision=None)
    page.revisions.all().delete()
    assert refused(page, reviewer.user) == "There is no draft to sign: save the article first."


def test_a_copy_starts_as_never_reviewed(page, reviewer):
    sign_off(page, reviewer)
    copied = page.copy(update_attrs={"slug": "copy", "title": page.title}, keep_live=True)
    assert review_line(live(copied), today=TODAY).standing.state is ReviewState.NEVER
    assert not MedicalReview.objects.filter(page_id=copied.pk).exists()
    assert review_line(live(page), today=TODAY).is_badge


# --- immutable ------------------------------------------------------------------------------------


def test_the_model_refuses_to_change_or_delete_a_sign_off(page, reviewer):
    review = sign_off(page, reviewer)
    review.outcome = SignOffOutcome.WITHDRAWN
    with pytest.raises(ValidationError, match="cannot be changed"):
        review.save()
    with pytest.raises(ValidationError, match="cannot be deleted"):
        review.delete()


@pytest.mark.parametrize(
    "change",
    [
        lambda reviews: reviews.update(reviewer_name="Dr Else"),
        lambda reviews: reviews._raw_delete(reviews.db),
        lambda reviews: MedicalReview.objects.bulk_update([reviews.get()], ["signed_on"]),
        lambda reviews: _run("UPDATE articles_medicalreview SET fingerprint = 'v1:0'"),
        lambda reviews: _run("DELETE FROM articles_medicalreview"),
    ],
)
def test_the_database_refuses_to_change_or_delete_a_sign_off(page, reviewer, change):
    review = sign_off(page, reviewer)
    with pytest.raises(IntegrityError, match="cannot be changed or deleted"), transaction.atomic():
        change(MedicalReview.objects.filter(pk=review.pk))
    assert MedicalReview.objects.get().reviewer_name == reviewer.display_name


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "gone", [lambda r: r.page, lambda r: r.revision, lambda r: r.reviewer, lambda r: r.signed_by]
)
def test_what_a_sign_off_rests_on_cannot_be_deleted(page, reviewer, gone):
    review = sign_off(page, reviewer)
    with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
        gone(review).delete()
    assert MedicalReview.objects.count() == 1


# --- when a review is due -------------------------------------------------------------------------


def test_a_published_article_that_nobody_reviewed_is_due_since_its_publication(page):
    schedule = page.review_schedule
    assert (schedule.due_on, schedule.due_soon_on, schedule.expires_on) == (TODAY, TODAY, None)
    assert (schedule.last_review_on, schedule.next_stage_on) == (None, TODAY)
    assert schedule.why == "Never medically reviewed: due since it was published."


def test_the_schedule_says_when_and_why(page, reviewer):
    sign_off(page, reviewer, on=date(2024, 2, 29))
    schedule = ReviewSchedule.objects.get(page=page)
    assert (schedule.last_review_on, schedule.due_on) == (date(2024, 2, 29), date(2026, 2, 28))
    assert (schedule.due_soon_on, schedule.expires_on) == (date(2025, 12, 30), date(2026, 5, 29))
    assert schedule.why == "Signed on 29 February 2024; reviewed every 24 months (Standard)."


def test_scheduling_twice_changes_nothing(page, reviewer):
    sign_off(page, reviewer, on=date(2024, 2, 29))
    schedule_review(page, today=TODAY)
    first = ReviewSchedule.objects.filter(page=page).values().get()
    schedule_review(page, today=TODAY)
    assert ReviewSchedule.objects.filter(page=page).values().get() == first


def test_a_rule_of_the_page_moves_the_date_and_never_the_day_of_review(page, reviewer):
    sign_off(page, reviewer, on=date(2026, 1, 31))
    draft = live(page)
    draft.review_interval_months = 1
    draft.save_revision().publish()
    schedule = ReviewSchedule.objects.get(page=page)
    assert (schedule.last_review_on, schedule.due_on) == (date(2026, 1, 31), date(2026, 2, 28))


# --- flagging -------------------------------------------------------------------------------------


def stages_told(page: ConditionPage) -> list[str]:
    return list(Reminder.objects.filter(page=page).order_by("pk").values_list("stage", flat=True))


@pytest.fixture
def reviewed(reviewer) -> ConditionPage:
    """Signed on 21 February 2024; the schedule as it stood then."""
    return reviewed_article(reviewer, on=date(2024, 2, 21), title="Thigh pain")


def test_each_stage_is_flagged_once_on_its_day_however_often_the_job_runs(reviewed):
    expected: list[str] = []
    for day, stage in [
        (date(2025, 12, 22), None),
        (date(2025, 12, 23), Stage.DUE_SOON),
        (date(2026, 2, 20), None),
        (date(2026, 2, 21), Stage.DUE),
        (date(2026, 3, 6), None),
        (date(2026, 3, 7), Stage.LATE),
        (date(2026, 5, 22), None),
        (date(2026, 5, 23), Stage.EXPIRED),
        (date(2030, 1, 1), None),
    ]:
        expected += [stage] if stage else []
        assert [flag_overdue(now=noon(day)) for _ in range(3)] == [1 if stage else 0, 0, 0]
        assert stages_told(reviewed) == expected


def test_ten_days_without_a_worker_are_caught_up_with_one_reminder(reviewed):
    schedule_review(reviewed, today=date(2026, 3, 1))
    assert flag_overdue(now=noon(date(2026, 3, 11))) == 1
    assert stages_told(reviewed) == [Stage.LATE]


def test_a_reminder_once_made_is_not_made_again_when_the_schedule_is_recomputed(reviewed):
    assert flag_overdue(now=noon(date(2026, 2, 21))) == 1
    schedule_review(reviewed, today=date(2026, 2, 22))
    assert flag_overdue(now=noon(date(2026, 2, 22))) == 0
    assert ReviewSchedule.objects.get(page=reviewed).next_stage_on == date(2026, 3, 7)


def test_a_new_sign_off_starts_a_new_cycle_of_reminders(reviewed, reviewer):
    flag_overdue(now=noon(date(2026, 2, 21)))
    sign_off(reviewed, reviewer, on=date(2026, 2, 22))
    schedule_review(reviewed, today=date(2026, 2, 22))
    assert flag_overdue(now=noon(date(2026, 3, 31))) == 0
    assert flag_overdue(now=noon(date(2028, 2, 22))) == 1
    assert Reminder.objects.filter(page=reviewed, cycle=date(2028, 2, 22)).count() == 1


def test_an_article_that_was_never_reviewed_is_flagged_as_due_and_then_late(page):
    assert flag_overdue(now=noon(TODAY)) == 1
    assert flag_overdue(now=noon(TODAY + 14 * DAY)) == 1
    assert flag_overdue(now=noon(TODAY + 500 * DAY)) == 0
    assert stages_told(page) == [Stage.DUE, Stage.LATE]


def test_an_article_that_is_not_live_is_not_flagged(page):
    page.unpublish()
    assert flag_overdue(now=noon(TODAY)) == 0


def test_a_flag_stands_in_the_audit_log_in_words(reviewed):
    flag_overdue(now=noon(date(2026, 2, 21)))
    entry = PageLogEntry.objects.get(page=reviewed.pk, action="articles.review.flag")
    assert entry.user is None
    assert (
        str(entry.formatter.format_message(entry)) == "Flagged for medical review: due, due 21 February 2026"
    )


def test_batches_reach_everything_that_is_due():
    pages = [ConditionPageFactory() for _ in range(3)]
    assert flag_overdue(now=noon(TODAY), batch=1) == 3
    assert Reminder.objects.filter(page__in=pages).count() == 3


def test_the_work_follows_what_is_due_not_how_many_articles_there_are(reviewed, reviewer):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert flag_overdue(now=noon(date(2025, 1, 1))) == 0
        return len(captured)

    few = queries()
    for _ in range(5):
        reviewed_article(reviewer, on=date(2024, 2, 21), parent=reviewed.get_parent())
    assert queries() == few <= 3


@pytest.mark.django_db(transaction=True)
def test_two_at_once_flag_every_article_once(reviewer):
    pages = [ConditionPageFactory(parent=thigh()) for _ in range(6)]
    together = Barrier(2, timeout=20)

    def run(_: int) -> int:
        try:
            together.wait()
            return flag_overdue(now=noon(TODAY), batch=2)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        flagged = list(threads.map(run, range(2)))
    assert sum(flagged) == len(pages)
    assert Reminder.objects.count() == len(pages)


@pytest.mark.django_db(transaction=True)
def test_two_signatures_at_once_stand_one_after_the_other(page, reviewer):
    other = ReviewerFactory()
    together = Barrier(2, timeout=20)

    def run(user) -> MedicalReview:
        try:
            together.wait()
            return sign(page, user=user, checklist=YES, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(run, [reviewer.user, other.user]))
    second, first = MedicalReview.objects.order_by("-pk")
    assert (second.supersedes, first.supersedes) == (first, None)
    assert live(page).live_revision_id == second.revision_id
    assert review_line(live(page), today=TODAY).is_badge
