"""The whole way of a medical review through the admin's real views: submit, read, sign, send back, confirm, withdraw."""

from __future__ import annotations

import datetime
import re

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Comment, Page, PageLogEntry, TaskState, Workflow, WorkflowPage

from articles.governance import ReviewState, SignOffOutcome
from articles.models import (
    ArticleImport,
    ConditionPage,
    Credential,
    Interest,
    MedicalReview,
    MedicalReviewTask,
    MedicalReviewTaskState,
)
from articles.review_line import review_line
from articles.services import CHECKLIST, MEANING
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, desk_of, is_refused, text_of
from tests.editing import save_in_tab, submit
from tests.factories import (
    ConditionPageFactory,
    InformationPageFactory,
    OfferFactory,
    ReviewerFactory,
    UserFactory,
    home_page,
    live,
    paragraph,
    product_box,
    sign_off,
)

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def editor() -> Client:
    return desk_of(EDITORS)


@pytest.fixture
def reviewer() -> Client:
    """The desk of a reviewer who may sign."""
    return reviewer_desk()


def reviewer_desk(**values) -> Client:
    desk = desk_of(REVIEWERS)
    desk.reviewer = ReviewerFactory(user=desk.user, **values)
    return desk


@pytest.fixture
def page() -> ConditionPage:
    return ConditionPageFactory(title="Thigh pain", blocks=[paragraph("Rest the leg.")])


def waiting(page: ConditionPage) -> MedicalReviewTaskState:
    return MedicalReviewTaskState.objects.get(
        workflow_state__object_id=str(page.pk), status=TaskState.STATUS_IN_PROGRESS
    )


def review_url(page: ConditionPage) -> str:
    return reverse("medical_review:review", args=[waiting(page).pk])


def seen_by(client: Client, page: ConditionPage) -> str:
    """The fingerprint of what the review view shows."""
    return client.get(review_url(page)).context["sign_form"].initial["seen"]


def press_sign(client: Client, page: ConditionPage, **changes):
    """Read the review view, tick everything and sign."""
    data = {"action": "sign", "seen": seen_by(client, page), **dict.fromkeys(CHECKLIST, "on"), **changes}
    return client.post(review_url(page), {key: value for key, value in data.items() if value}, follow=True)


def state_of(page: ConditionPage) -> ReviewState:
    return review_line(live(page), today=timezone.localdate()).standing.state


# --- the default workflow -------------------------------------------------------------------------


def test_articles_of_a_new_site_are_submitted_for_a_medical_review(page):
    task = MedicalReviewTask.objects.get()
    assert [group.name for group in task.groups.all()] == [REVIEWERS]
    assert WorkflowPage.objects.get(page=home_page()).workflow == page.get_workflow()
    assert [one.specific for one in page.get_workflow().tasks] == [task]


def test_pages_without_medical_words_keep_wagtail_s_own_workflow(page):
    assert InformationPageFactory().get_workflow().name == "Moderators approval"
    assert page.get_parent().specific.get_workflow().name == "Moderators approval"


def test_an_article_below_a_workflow_of_its_own_keeps_that(page):
    other = Workflow.objects.create(name="Ours")
    WorkflowPage.objects.create(workflow=other, page=page.get_parent())
    assert live(page).get_workflow() == other


# --- submitting -----------------------------------------------------------------------------------


def test_submitting_seals_a_copy_of_the_draft(editor, page):
    submit(editor, page, "Mended")
    sealed = waiting(page).revision
    assert sealed.user is None
    assert sealed == live(page).latest_revision
    assert sealed.content["title"] == "Mended"
    assert sealed.get_previous().user == editor.user


def test_the_reviewers_are_told_by_mail_with_a_link_to_the_review(editor, reviewer, page):
    submit(editor, page, "Mended")
    (letter,) = [one for one in mail.outbox if reviewer.user.email in one.to]
    assert letter.subject == "Waiting for your medical review: Mended"
    assert f"{editor.user} submitted it" in letter.body
    assert review_url(page) in letter.body


def test_every_link_to_the_editor_leads_a_reviewer_to_the_review(editor, reviewer, page):
    submit(editor, page, "Mended")
    assert reviewer.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).url == review_url(page)


def test_a_reviewer_cannot_write_through_the_editor_either(editor, reviewer, page):
    submit(editor, page, "Mended")
    answer = save_in_tab(reviewer, page, "My own words")
    assert answer.url == review_url(page)
    assert live(page).latest_revision.content["title"] == "Mended"


# --- the review view ------------------------------------------------------------------------------


def test_the_reviewer_sees_the_changes_the_notes_the_comments_and_what_the_signature_means(
    editor, reviewer, page
):
    sign_off(page, on=timezone.localdate() - 10 * DAY)
    Comment.objects.create(page=page, user=editor.user, text="Is two days right?", contentpath="title")
    ArticleImport.objects.create(
        page_id=page.pk, key="x", source="x.txt", imported_at=timezone.now(), unsure=["Line 7: a caption?"]
    )
    submit(editor, page, "Thigh pain", text="<p>Rest the leg for two days.</p>")
    shown = text_of(reviewer.get(review_url(page)))
    assert re.search(r"Rest the\s+<del>leg\.</del>\s+<ins>leg for two days\.</ins>", shown)
    for words in ("Is two days right?", "Line 7: a caption?", MEANING, *CHECKLIST.values()):
        assert words in shown
    assert f"Submitted by {editor.user}" in shown


def test_a_first_review_says_that_all_of_it_is_new(editor, reviewer, page):
    submit(editor, page, "Thigh pain")
    assert "Nobody signed this article yet" in text_of(reviewer.get(review_url(page)))


def test_the_frame_shows_the_submitted_words_as_readers_will_see_them(editor, reviewer, page):
    submit(editor, page, "Mended", text="<p>Rest for ten days.</p>")
    frame = reviewer.get(reverse("medical_review:article", args=[waiting(page).pk]))
    assert "Rest for ten days." in text_of(frame)
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("group", [EDITORS, COMMERCIAL])
def test_the_review_is_for_its_reviewers(editor, page, group):
    submit(editor, page, "Mended")
    stranger = desk_of(group)
    assert is_refused(stranger.get(review_url(page)))
    assert is_refused(stranger.post(review_url(page), {"action": "send-back", "comment": "No."}))


# --- signing --------------------------------------------------------------------------------------


def test_a_signature_publishes_the_article_with_the_reviewer_s_name(editor, reviewer, page):
    submit(editor, page, "Mended")
    assert not live(page).permissions_for_user(reviewer.user).can_publish()
    assert "“Mended” is signed." in text_of(press_sign(reviewer, page))
    published = live(page)
    review = MedicalReview.objects.get(page=page)
    assert published.title == "Mended"
    assert published.live_revision == published.latest_revision == review.revision
    assert review_line(published, today=timezone.localdate()).headline.startswith(
        f"Medically reviewed by {reviewer.reviewer.display_name}"
    )
    assert published.workflow_states.get().status == "approved"
    assert MedicalReviewTaskState.objects.get().review == review


def test_the_end_of_the_workflow_publishes_what_was_signed_though_a_newer_draft_exists(
    editor, reviewer, page
):
    """Wagtail by itself publishes the latest revision."""
    submit(editor, page, "Signed words")
    address, seen = review_url(page), seen_by(reviewer, page)
    admin = UserFactory(is_superuser=True)
    tab = Client()
    tab.force_login(admin)
    save_in_tab(tab, page, "Newer words")
    assert "There is a newer draft." in text_of(reviewer.get(address))
    reviewer.post(address, {"action": "sign", "seen": seen, **dict.fromkeys(CHECKLIST, "on")})
    published = live(page)
    assert published.title == "Signed words"
    assert state_of(page) is ReviewState.CURRENT
    assert published.has_unpublished_changes
    assert published.latest_revision.content["title"] == "Newer words"


def test_an_open_tab_cannot_rewrite_what_waits_or_what_was_signed(editor, reviewer, page):
    draft = save_in_tab(editor, page, "Signed words", autosave=True).json()["revision_id"]
    submit(editor, page, "Signed words")
    for overwritten in (draft, waiting(page).revision_id):
        answer = save_in_tab(editor, page, "Other words", autosave=True, overwrite_revision_id=overwritten)
        assert answer.status_code == 400
    press_sign(reviewer, page)
    for overwritten in (draft, live(page).latest_revision_id):
        answer = save_in_tab(editor, page, "Other words", autosave=True, overwrite_revision_id=overwritten)
        assert answer.json()["error_code"] == "invalid_revision"
    assert live(page).title == "Signed words"
    assert state_of(page) is ReviewState.CURRENT


def test_a_superuser_s_open_tab_cannot_rewrite_what_waits(reviewer, page, admin_client):
    draft = save_in_tab(admin_client, page, "Signed words", autosave=True).json()["revision_id"]
    submit(admin_client, page, "Signed words")
    answer = save_in_tab(admin_client, page, "Other words", autosave=True, overwrite_revision_id=draft)
    assert answer.json()["error_code"] == "invalid_revision"
    press_sign(reviewer, page)
    assert live(page).title == "Signed words"


def test_a_picture_whose_file_changed_since_it_was_seen_is_not_signed(editor, reviewer, page):
    submit(editor, page, "Mended")
    answer = press_sign(reviewer, page, seen="v1:what-was-on-the-screen")
    assert "The article changed while you were reading it." in text_of(answer)
    assert not MedicalReview.objects.exists()


@pytest.mark.parametrize("missing", CHECKLIST)
def test_each_point_has_to_be_ticked(editor, reviewer, page, missing):
    submit(editor, page, "Mended")
    answer = press_sign(reviewer, page, **{missing: ""})
    assert "Tick this, or send the article back." in text_of(answer)
    assert not MedicalReview.objects.exists()
    assert live(page).title == "Thigh pain"


def test_of_two_who_sign_at_once_the_second_is_told(editor, reviewer, page):
    other = reviewer_desk()
    submit(editor, page, "Mended")
    address, seen = review_url(page), seen_by(other, page)
    press_sign(reviewer, page)
    data = {"action": "sign", "seen": seen, **dict.fromkeys(CHECKLIST, "on")}
    assert "is not waiting for a medical review any more" in text_of(other.post(address, data, follow=True))
    assert MedicalReview.objects.count() == 1


# --- who may not ----------------------------------------------------------------------------------


def refused_to(desk: Client, page: ConditionPage) -> str:
    """The review view without a signature to give: its words. Signing all the same fails."""
    response = desk.get(review_url(page))
    shown = text_of(response)
    assert 'value="sign"' not in shown
    press_sign(desk, page)
    state = waiting(page)
    for name in ("workflow_action", "collect_workflow_action_data"):
        address = reverse(f"wagtailadmin_pages:{name}", args=[page.pk, "approve", state.pk])
        assert is_refused(desk.post(address, dict.fromkeys(CHECKLIST, "on")))
    assert not MedicalReview.objects.filter(signed_by=desk.user).exists()
    return shown


def test_a_contributor_is_told_why_somebody_else_has_to_sign(editor, page):
    own = reviewer_desk()
    live(page).save_revision(user=own.user)
    submit(editor, page, "Mended")
    draft = live(page).get_latest_revision_as_object()
    draft.title = "My words"
    draft.save_revision(user=own.user, log_action=True)
    assert "You wrote or edited this article since its last sign-off" in refused_to(own, page)


def test_a_superuser_is_not_offered_approval_of_their_own_work(page, admin_client, admin_user):
    ReviewerFactory(user=admin_user)
    admin_client.user = admin_user
    submit(admin_client, page, "My words")
    assert [name for name, *_ in MedicalReviewTask.objects.get().get_actions(live(page), admin_user)] == [
        "reject"
    ]
    assert "You wrote or edited this article" in refused_to(admin_client, page)
    home = text_of(admin_client.get(reverse("wagtailadmin_home")))
    assert (
        reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", waiting(page).pk]) not in home
    )


def test_a_superuser_who_is_no_reviewer_is_not_offered_it_either(editor, page, admin_client, admin_user):
    admin_client.user = admin_user
    submit(editor, page, "Mended")
    assert "This account does not belong to a medical reviewer." in refused_to(admin_client, page)


def test_a_lapsed_registration_is_named(editor, page):
    desk = reviewer_desk()
    Credential.objects.filter(reviewer=desk.reviewer).update(expires_on=timezone.localdate() - DAY)
    submit(editor, page, "Mended")
    assert "has no registration that is verified and in force" in refused_to(desk, page)


def test_an_interest_in_a_linked_retailer_is_named(editor, reviewer):
    offer = OfferFactory()
    Interest.objects.create(
        reviewer=reviewer.reviewer, retailer=offer.retailer, what="Shares", declared_on=timezone.localdate()
    )
    page = ConditionPageFactory(blocks=[product_box(offer.product)])
    page.get_workflow().start(page, editor.user)
    assert f"declared an interest in {offer.retailer}" in refused_to(reviewer, page)


def test_wagtail_s_own_view_signs_only_with_the_whole_form(editor, reviewer, page):
    submit(editor, page, "Mended")
    state, seen = waiting(page), seen_by(reviewer, page)
    address = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", state.pk])
    assert review_url(page) in reviewer.get(address).json()["html"]
    reviewer.post(address)
    reviewer.post(address, {"comment": "Fine."})
    assert not MedicalReview.objects.exists()
    reviewer.post(address, {"seen": seen, **dict.fromkeys(CHECKLIST, "on")})
    assert live(page).title == "Mended"


def test_the_editor_s_own_approve_button_cannot_be_forged(page, admin_client, admin_user, editor):
    """The editor's form passes what it was sent on, unchecked."""
    ReviewerFactory(user=admin_user)
    submit(editor, page, "Mended")
    forged = {
        "action-workflow-action": "1",
        "workflow-action-name": "approve",
        "workflow-action-extra-data": "{}",
    }
    assert is_refused(save_in_tab(admin_client, page, "Mended", **forged))
    assert not MedicalReview.objects.exists()
    assert live(page).title == "Thigh pain"


def test_a_comment_in_the_editor_is_no_edit(page, admin_client, admin_user, editor):
    """A form locked for reviewers would refuse their comments, and an open one saves the whole draft with them."""
    ReviewerFactory(user=admin_user)
    admin_client.user = admin_user
    submit(editor, page, "Mended")
    comment = {
        "text": "Two days?",
        "position": "",
        "contentpath": "title",
        "user": "",
        "id": "",
        "resolved": "",
    }
    comments = inline_comment(**comment)
    assert save_in_tab(admin_client, page, "Mended", **comments).status_code == 302
    assert Comment.objects.get().user == admin_user
    press_sign(admin_client, page)
    assert live(page).title == "Mended"


def inline_comment(**values: str) -> dict[str, str]:
    data = {"comments-TOTAL_FORMS": "1", "comments-INITIAL_FORMS": "0", "comments-0-DELETE": ""}
    data |= {"comments-0-replies-TOTAL_FORMS": "0", "comments-0-replies-INITIAL_FORMS": "0"}
    return data | {f"comments-0-{name}": value for name, value in values.items()}


# --- sending back ---------------------------------------------------------------------------------


def test_an_article_is_sent_back_with_a_comment_and_comes_again(editor, reviewer, page):
    submit(editor, page, "Mended")
    address = review_url(page)
    assert "Something is missing" in text_of(reviewer.post(address, {"action": "send-back"}, follow=True))
    reviewer.post(address, {"action": "send-back", "comment": "Name the warning signs."})
    state = MedicalReviewTaskState.objects.get()
    assert (state.status, state.comment, state.finished_by) == (
        "rejected",
        "Name the warning signs.",
        reviewer.user,
    )
    assert live(page).title == "Thigh pain"
    assert "Name the warning signs." in mail.outbox[-1].body
    assert mail.outbox[-1].to == [editor.user.email]
    submit(editor, page, "Mended again")
    press_sign(reviewer, page)
    assert live(page).title == "Mended again"


def test_who_may_not_sign_may_still_send_back(editor, page):
    own = reviewer_desk()
    live(page).save_revision(user=own.user)
    submit(editor, page, "Mended")
    own.post(review_url(page), {"action": "send-back", "comment": "I mentioned ice, and that is wrong."})
    assert live(page).workflow_states.get().status == "needs_changes"


def test_the_editor_s_menu_leads_to_the_review_instead_of_approving_unseen(editor, page, admin_client):
    submit(editor, page, "Mended")
    shown = text_of(admin_client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])))
    assert review_url(page) in shown
    assert 'data-workflow-action-name="approve"' not in shown
    assert 'data-workflow-action-name="reject"' not in shown


# --- small edits ----------------------------------------------------------------------------------


def propose(editor: Client, page: ConditionPage, reason="A typo."):
    return editor.post(
        reverse("medical_review:propose_minor", args=[page.pk]), {"reason": reason}, follow=True
    )


def confirm(desk: Client, page: ConditionPage):
    data = {"action": "confirm", "seen": seen_by(desk, page), "confirmed": "on"}
    return desk.post(review_url(page), data, follow=True)


def test_a_small_edit_is_confirmed_by_the_reviewer_and_does_not_move_the_due_date(editor, reviewer, page):
    signed = sign_off(page, reviewer.reviewer, on=timezone.localdate() - 100 * DAY)
    due = live(page).review_schedule.due_on
    save_in_tab(editor, page, "Thigh pains")
    shown = text_of(editor.get(reverse("medical_review:propose_minor", args=[page.pk])))
    assert "<ins>pains</ins>" in shown
    propose(editor, page)
    assert "Proposed as a small edit" in text_of(reviewer.get(review_url(page)))
    assert "is confirmed." in text_of(confirm(reviewer, page))
    minor = MedicalReview.objects.first()
    assert (minor.outcome, minor.reason, minor.supersedes) == (SignOffOutcome.MINOR, "A typo.", signed)
    assert live(page).title == "Thigh pains"
    assert live(page).review_schedule.due_on == due
    line = review_line(live(page), today=timezone.localdate())
    assert (line.standing.state, line.review) == (ReviewState.CURRENT, signed)
    messages = [str(one.formatter.format_message(one)) for one in PageLogEntry.objects.filter(page=page.pk)
                if one.action.startswith("articles.")]  # fmt: skip
    assert f"Small edit confirmed by {reviewer.reviewer}: A typo." in messages
    assert "Proposed as a small edit: A typo." in messages


def test_nobody_confirms_a_small_edit_under_another_s_name(editor, reviewer, page):
    sign_off(page, reviewer.reviewer)
    save_in_tab(editor, page, "Thigh pains")
    propose(editor, page)
    other = reviewer_desk()
    assert f"The page bears the name of {reviewer.reviewer}" in text_of(other.get(review_url(page)))
    confirm(other, page)
    assert MedicalReview.objects.count() == 1
    press_sign(other, page)
    assert MedicalReview.objects.first().outcome == SignOffOutcome.APPROVED


def test_an_edit_that_nobody_proposed_as_small_is_signed_in_full(editor, reviewer, page):
    sign_off(page, reviewer.reviewer)
    submit(editor, page, "Thigh pains")
    assert "No editor proposed that this edit is small" in text_of(confirm(reviewer, page))
    assert MedicalReview.objects.count() == 1


@pytest.mark.parametrize(
    ("before", "title", "words"),
    [
        ("nothing", "Mended", "Nobody signed this article yet"),
        ("withdrawn", "Mended", "Its medical review was withdrawn"),
        ("expired", "Mended", "Its last medical review has expired"),
        ("signed", "Thigh pain", "Its medical words are those that were signed"),
    ],
)
def test_what_cannot_pass_as_small_is_refused_with_the_reason(editor, reviewer, page, before, title, words):
    days = 2000 if before == "expired" else 1
    if before != "nothing":
        sign_off(page, reviewer.reviewer, on=timezone.localdate() - days * DAY)
    if before == "withdrawn":
        press_withdraw(editor, page)
    save_in_tab(editor, page, title)
    assert words in text_of(editor.get(reverse("medical_review:propose_minor", args=[page.pk])))
    assert words in text_of(propose(editor, page))
    assert not MedicalReviewTaskState.objects.exists()


# --- withdrawal -----------------------------------------------------------------------------------


def press_withdraw(desk: Client, page: ConditionPage, reason="The dose is wrong."):
    return desk.post(reverse("medical_review:withdraw", args=[page.pk]), {"reason": reason}, follow=True)


@pytest.mark.parametrize("who", [EDITORS, REVIEWERS])
def test_a_withdrawal_is_a_further_record_and_readers_are_told_at_once(page, who):
    signed = sign_off(page)
    desk = reviewer_desk() if who == REVIEWERS else desk_of(EDITORS)
    assert "is withdrawn." in text_of(press_withdraw(desk, page))
    record = MedicalReview.objects.first()
    assert (record.outcome, record.supersedes, record.reason) == (
        SignOffOutcome.WITHDRAWN, signed, "The dose is wrong.",
    )  # fmt: skip
    assert (record.signed_by, record.reviewer_name) == (desk.user, signed.reviewer_name)
    assert state_of(page) is ReviewState.WITHDRAWN
    assert live(page).review_schedule.due_on == timezone.localdate()
    assert "Its medical review was withdrawn." in text_of(Client().get(page.get_url()))
    entry = PageLogEntry.objects.get(page=page.pk, action="articles.review.withdraw")
    assert str(entry.formatter.format_message(entry)).endswith("withdrawn: The dose is wrong.")


def test_what_a_withdrawn_signature_settled_is_open_again(editor, page):
    first, author = sign_off(page), reviewer_desk()
    draft = live(page).get_latest_revision_as_object()
    draft.title = "The author's words"
    draft.save_revision(user=author.user, log_action=True)
    sign_off(page)
    press_withdraw(editor, page)
    live(page).get_workflow().start(live(page), editor.user)
    assert "You wrote or edited this article" in text_of(author.get(review_url(page)))
    assert first.outcome == SignOffOutcome.APPROVED


def test_a_withdrawal_needs_a_reason_a_review_and_somebody_who_may(editor, page):
    assert "There is no medical review to withdraw." in text_of(press_withdraw(editor, page))
    sign_off(page)
    press_withdraw(editor, page, reason=" ")
    assert is_refused(desk_of(COMMERCIAL).get(reverse("medical_review:withdraw", args=[page.pk])))
    assert MedicalReview.objects.count() == 1
    press_withdraw(editor, page)
    assert "There is no medical review to withdraw." in text_of(press_withdraw(editor, page))


def test_after_a_withdrawal_only_a_full_signature_brings_the_badge_back(editor, reviewer, page):
    sign_off(page, reviewer.reviewer)
    press_withdraw(editor, page)
    submit(editor, page, "Thigh pain")
    press_sign(reviewer, page)
    assert state_of(page) is ReviewState.CURRENT


@pytest.mark.parametrize(
    "statement", ["UPDATE articles_medicalreview SET reason = ''", "DELETE FROM articles_medicalreview"]
)
def test_the_record_of_a_withdrawal_stays_as_it_is(editor, page, statement):
    sign_off(page)
    press_withdraw(editor, page)
    with (
        pytest.raises(IntegrityError, match="cannot be changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_verbs_are_offered_where_they_apply(editor, reviewer, page):
    def shown() -> str:
        return text_of(editor.get(reverse("wagtailadmin_pages:edit", args=[page.pk])))

    small, back = (
        reverse(f"medical_review:{name}", args=[page.pk]) for name in ("propose_minor", "withdraw")
    )
    assert small not in shown()
    assert back not in shown()
    sign_off(page, reviewer.reviewer)
    assert small not in shown()
    assert back in shown()
    save_in_tab(editor, page, "Thigh pains")
    assert small in shown()


def test_a_page_that_is_gone_from_the_workflow_answers_with_a_sentence(editor, reviewer, page):
    submit(editor, page, "Mended")
    address = review_url(page)
    live(page).current_workflow_state.cancel(user=editor.user)
    assert "is not waiting for a medical review any more" in text_of(reviewer.get(address, follow=True))
    assert Page.objects.get(pk=page.pk).live
