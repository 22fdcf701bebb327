"""The verbs beside signing, through the admin: begin, call, dismiss; and the audit pack of a day."""

from __future__ import annotations

import datetime
import json

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Workflow, WorkflowPage

from articles.days import site_day
from articles.governance import TriggerKind
from articles.models import ConditionPage, MedicalReview, ReviewTrigger
from articles.services import CHECKLIST
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, desk_of, is_refused, text_of
from tests.editing import save_in_tab, submit
from tests.factories import (
    ConditionPageFactory,
    ReviewerFactory,
    UserFactory,
    block,
    live,
    paragraph,
    sign_off,
)

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def today() -> datetime.date:
    return site_day(timezone.now())


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def article(owner, today) -> ConditionPage:
    """Reviewed long ago; its words did not change since."""
    page = ConditionPageFactory(title="Thigh pain", owner=owner, blocks=[paragraph("Rest the leg.")])
    sign_off(page, on=today - 800 * DAY)
    return live(page)


@pytest.fixture
def reviewer():
    desk = desk_of(REVIEWERS)
    desk.reviewer = ReviewerFactory(user=desk.user)
    return desk


def address(verb: str, page: ConditionPage) -> str:
    return reverse(f"medical_review:{verb}", args=[page.pk])


def review_of(page: ConditionPage) -> str:
    return reverse("medical_review:review", args=[live(page).current_workflow_task_state.pk])


# --- begin ----------------------------------------------------------------------------------------


def test_a_reviewer_reviews_what_is_due_without_waiting_for_an_editor(article, reviewer, today):
    asked = text_of(reviewer.get(address("begin", article)))
    assert "This review was due on" in asked
    answer = reviewer.post(address("begin", article), follow=True)
    assert answer.redirect_chain[-1][0] == review_of(article)
    assert reviewer.get(address("begin", article)).url == review_of(article)
    seen = answer.context["sign_form"].initial["seen"]
    reviewer.post(review_of(article), {"action": "sign", "seen": seen, **dict.fromkeys(CHECKLIST, "on")})
    assert MedicalReview.objects.first().reviewer == reviewer.reviewer
    assert live(article).review_schedule.last_review_on == today


def test_what_a_reviewer_began_and_sends_back_goes_to_the_owner_by_mail(article, reviewer, owner):
    reviewer.post(address("begin", article))
    mail.outbox.clear()
    reviewer.post(review_of(article), {"action": "send-back", "comment": "The advice is outdated."})
    (letter,) = [one for one in mail.outbox if owner.email in one.to]
    assert "The advice is outdated." in letter.body
    assert "sent back to its editor" in text_of(reviewer.get(address("begin", article)))


def test_an_editor_s_unfinished_draft_is_not_submitted_by_a_reviewer(article, reviewer):
    save_in_tab(desk_of(EDITORS), article, "Not finished")
    assert "reviewed once they submit it" in text_of(reviewer.get(address("begin", article)))
    reviewer.post(address("begin", article))
    assert live(article).current_workflow_state is None


def test_a_draft_that_the_editor_only_wrapped_anew_holds_no_review_up(article, reviewer):
    """An imported list has plain items; Wagtail's editor wraps each of them."""
    points = {
        "lead_in": "Symptoms include:",
        "ordered": False,
        "items": [{"text": "<p>Pain.</p>", "children": []}],
    }
    article.body = json.dumps([block("points", points)])
    article.save_revision().publish()
    points["items"] = [{"type": "item", "id": "x", "value": points["items"][0]}]
    article.body = json.dumps([block("points", points)])
    article.save_revision(user=UserFactory(), log_action=True)
    reviewer.post(address("begin", live(article)))
    assert review_of(article)


def test_an_editor_who_only_looked_holds_no_review_up(article, reviewer):
    """The editor saves a draft by itself as soon as it is opened."""
    save_in_tab(desk_of(EDITORS), article, article.title, autosave=True)
    assert live(article).has_unpublished_changes
    reviewer.post(address("begin", article))
    assert review_of(article)


@pytest.mark.parametrize("group", [EDITORS, COMMERCIAL])
def test_only_who_takes_part_begins_a_review(article, group):
    assert is_refused(desk_of(group).get(address("begin", article)))


def test_an_article_of_another_workflow_is_not_begun(article, reviewer):
    WorkflowPage.objects.create(workflow=Workflow.objects.create(name="Ours"), page=article.get_parent())
    assert is_refused(reviewer.get(address("begin", article)))


# --- call and dismiss -----------------------------------------------------------------------------


def test_an_editor_calls_for_a_review_with_a_reason_and_takes_it_back(today):
    page = ConditionPageFactory(title="Knee pain")
    sign_off(page, on=today - 10 * DAY)
    desk, editor = desk_of(EDITORS), reverse("wagtailadmin_pages:edit", args=[page.pk])
    before = live(page).review_schedule.due_on
    assert address("call", page) in text_of(desk.get(editor))
    desk.post(address("call", page), {"kind": TriggerKind.SAFETY_ALERT, "reason": ""})
    assert not ReviewTrigger.objects.exists()
    desk.post(address("call", page), {"kind": TriggerKind.SAFETY_ALERT, "reason": "MHRA alert 7."})
    call = ReviewTrigger.objects.get()
    assert (call.opened_by, call.reason, live(page).review_schedule.due_on) == (
        desk.user,
        "MHRA alert 7.",
        today,
    )
    dismiss = reverse("medical_review:dismiss", args=[page.pk, call.pk])
    shown = text_of(desk.get(editor))
    assert "MHRA alert 7." in shown
    assert dismiss in shown
    assert "MHRA alert 7." in text_of(desk.get(dismiss))
    desk.post(dismiss, {"reason": "It was about another product."})
    assert live(page).review_schedule.due_on == before
    assert dismiss not in text_of(desk.get(editor))


@pytest.mark.parametrize("verb", ["call", "dismiss"])
def test_the_commercial_side_neither_calls_nor_dismisses(article, verb):
    call = ReviewTrigger.objects.create(
        page=article,
        kind=TriggerKind.READER_REPORT,
        reason="?",
        opened_at=timezone.now(),
        opened_on="2026-01-01",
    )
    place = reverse(
        f"medical_review:{verb}", args=[article.pk, call.pk] if verb == "dismiss" else [article.pk]
    )
    assert is_refused(desk_of(COMMERCIAL).get(place))
    assert is_refused(desk_of(COMMERCIAL).post(place, {"reason": "No.", "kind": "reader_report"}))


# --- the audit pack -------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [EDITORS, REVIEWERS])
def test_who_may_see_sign_offs_takes_the_audit_pack_of_a_day(article, today, group):
    desk = desk_of(group)
    asked = text_of(desk.get(address("audit", article)))
    assert f'value="{today}"' in asked
    page = text_of(desk.get(address("audit", article), {"on": today, "format": "html"}))
    assert "Rest the leg." in page
    assert "Credential at signing" in page
    answer = desk.get(address("audit", article), {"on": today, "format": "json"})
    assert f'filename="audit-{article.slug}-{today}.json"' in answer["Content-Disposition"]
    pack = json.loads(answer.content)
    assert pack["shown"][-1]["clinical_content"]["title"] == "Thigh pain"
    assert pack["reviews"][0]["fingerprint_holds"]


def test_a_day_to_come_has_no_audit_pack(article, today):
    shown = text_of(desk_of(EDITORS).get(address("audit", article), {"on": today + DAY, "format": "html"}))
    assert "That day is still to come." in shown


def test_the_audit_pack_is_not_for_the_commercial_side(article, today):
    assert is_refused(desk_of(COMMERCIAL).get(address("audit", article), {"on": today, "format": "json"}))


# --- the editor's menu ----------------------------------------------------------------------------


def test_a_new_article_is_said_to_be_submitted_to_the_workflow_it_will_have(article):
    area = article.get_parent()
    shown = text_of(
        desk_of(EDITORS).get(reverse("wagtailadmin_pages:add", args=["articles", "conditionpage", area.pk]))
    )
    assert "Submit to Medical review" in shown
    assert "Moderators approval" not in shown


def test_a_page_of_another_kind_keeps_the_words_of_its_own_workflow(article):
    home = article.get_parent().get_parent()
    shown = text_of(
        desk_of(EDITORS).get(reverse("wagtailadmin_pages:add", args=["articles", "informationpage", home.pk]))
    )
    assert "Submit to Moderators approval" in shown


# --- remarks on passages --------------------------------------------------------------------------


def test_a_reviewer_comments_on_a_passage_and_the_editor_finds_it_there(article, reviewer):
    desk = desk_of(EDITORS)
    submit(desk, article, "Thigh pain", text="<p>Rest the leg for ten days.</p>")
    place = review_of(article)
    (block,) = live(article).get_latest_revision_as_object().body
    field = f"at:body.{block.id}"
    assert f'name="{field}"' in text_of(reviewer.get(place))
    mail.outbox.clear()
    reviewer.post(place, {"action": "send-back", field: "Two days are enough.", "at:body.forged": "Nowhere."})
    (comment,) = live(article).wagtail_admin_comments.all()
    assert (comment.user, comment.text, comment.contentpath) == (
        reviewer.user, "Two days are enough.", f"body.{block.id}",
    )  # fmt: skip
    assert comment.has_valid_contentpath(live(article).get_latest_revision_as_object())
    words = "Paragraph “Rest the leg for ten days.”: Two days are enough."
    assert words in mail.outbox[0].body
    assert "Two days are enough." in text_of(desk.get(reverse("wagtailadmin_pages:edit", args=[article.pk])))
    submit(desk, article, "Thigh pain", text="<p>Rest the leg for two days.</p>")
    again = text_of(reviewer.get(review_of(article)))
    assert "Two days are enough." in again


def test_a_reviewer_who_commented_may_still_sign(article, reviewer):
    desk = desk_of(EDITORS)
    submit(desk, article, "Thigh pain", text="<p>Rest the leg for ten days.</p>")
    reviewer.post(review_of(article), {"action": "send-back", "at:title": "Say which thigh."})
    submit(desk, article, "Pain of the thigh")
    answer = reviewer.get(review_of(article))
    assert not answer.context["why_not_sign"]
    assert "Title “Pain of the thigh”: Say which thigh." in text_of(answer)


def test_to_send_back_without_a_word_is_refused(article, reviewer):
    submit(desk_of(EDITORS), article, "Thigh pain, mended")
    answer = reviewer.post(review_of(article), {"action": "send-back", "at:title": " "})
    assert "Say what has to change, here or at a passage." in text_of(answer)
