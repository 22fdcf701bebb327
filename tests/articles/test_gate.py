"""Where a site asks for it, only words that a reviewer signed go live: by every path that Wagtail publishes by."""

from __future__ import annotations

import datetime

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.actions.copy_page import CopyPageAction
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.models import Page, PageLogEntry, Workflow, WorkflowPage, WorkflowTask
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from articles.gate import PublishingRefused
from articles.models import BodyAreaPage, ConditionPage, PublisherSettings
from articles.services import seal
from tests.desk import EDITORS, desk_of, text_of
from tests.editing import save_in_tab
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    ProductFactory,
    home_page,
    live,
    paragraph,
    product_box,
    reviewed_article,
    sign_off,
)

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
COMES_FIRST = "on this site a medical review comes first"
NOT_SIGNED = "its words are not those that were signed"


@pytest.fixture
def editor() -> Client:
    return desk_of(EDITORS)


@pytest.fixture
def page() -> ConditionPage:
    """A signed, published article of a site that then closed the gate."""
    return reviewed_article(title="Thigh pain", blocks=[paragraph("Rest the leg.")])


@pytest.fixture(autouse=True)
def gate(page) -> PublisherSettings:
    switch = PublisherSettings.for_site(home_page().get_site())
    switch.require_review = True
    switch.save()
    return switch


def unsigned_draft(page: ConditionPage, title: str = "Other words"):
    draft = live(page).get_latest_revision_as_object()
    draft.title = title
    return draft.save_revision()


def press_publish(client: Client, page: ConditionPage, title: str, **more):
    return client.post(*_post(page, title, **more), follow=True)


def _post(page, title, **more):
    return save_form(page, title, **{"action-publish": "1", **more})


def save_form(page, title, **more):
    values = {
        "title": title, "slug": page.slug, "standfirst": "", "seo_title": "", "search_description": "",
        "review_interval_months": "", "review_tier": "", "body": streamfield([("paragraph", rich_text("<p>Rest the leg.</p>"))]),
        "related_articles": inline_formset([]), "comments": inline_formset([]), **more,
    }  # fmt: skip
    return reverse("wagtailadmin_pages:edit", args=[page.pk]), nested_form_data(values)


# --- every path -----------------------------------------------------------------------------------


def test_the_button_keeps_the_draft_and_says_why(editor, page):
    answer = text_of(press_publish(editor, page, "Other words"))
    assert NOT_SIGNED in answer
    assert "Your draft is saved." in answer
    assert live(page).title == "Thigh pain"
    assert live(page).latest_revision.content["title"] == "Other words"


def test_create_and_publish_makes_a_draft(editor, page):
    area = page.get_parent()
    _, data = save_form(page, "New words", slug="new-words", **{"action-publish": "1"})
    address = reverse("wagtailadmin_pages:add", args=["articles", "conditionpage", area.pk])
    assert COMES_FIRST in text_of(editor.post(address, data, follow=True))
    assert not ConditionPage.objects.get(title="New words").live


def test_a_bulk_publication_with_one_unsigned_article_publishes_nothing(editor, page):
    other = ConditionPageFactory.build(title="New words", slug="new-words")
    page.get_parent().add_child(instance=other)
    other.save_revision()
    unsigned_draft(page)
    action = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    answer = text_of(editor.post(f"{action}?id={page.pk}&id={other.pk}&next=/admin/", follow=True))
    assert NOT_SIGNED in answer
    assert COMES_FIRST in answer
    assert (live(page).title, live(other).live) == ("Thigh pain", False)


def test_a_bulk_publication_looks_below_a_body_area_too(editor, page):
    other = ConditionPageFactory.build(title="New words", slug="new-words")
    area = page.get_parent()
    area.add_child(instance=other)
    other.save_revision()
    action = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    answer = editor.post(f"{action}?id={area.pk}&next=/admin/", {"include_descendants": "on"}, follow=True)
    assert COMES_FIRST in text_of(answer)
    assert not live(other).live


@pytest.mark.parametrize(
    "publish",
    [
        lambda revision: revision.publish(),
        lambda revision: PublishPageRevisionAction(revision).execute(skip_permission_checks=True),
        lambda revision: revision.as_object().publish(revision, skip_permission_checks=True),
    ],
)
def test_a_program_is_refused_in_words(page, publish):
    with pytest.raises(PublishingRefused, match=NOT_SIGNED):
        publish(unsigned_draft(page))
    assert live(page).title == "Thigh pain"


def test_saving_a_page_live_is_refused_too(page):
    copied = live(page).copy(update_attrs={"slug": "copy"})
    copied.live = True
    with pytest.raises(PublishingRefused, match=COMES_FIRST):
        copied.save()


def test_a_schedule_is_refused_when_it_is_made(editor, page):
    tomorrow = timezone.now() + 24 * HOUR
    answer = press_publish(
        editor, page, "Other words", go_live_at=timezone.localtime(tomorrow).strftime("%Y-%m-%d %H:%M")
    )
    assert NOT_SIGNED in text_of(answer)
    assert not page.revisions.filter(approved_go_live_at__isnull=False).exists()


def test_a_schedule_whose_review_fell_away_is_called_off_and_the_others_are_kept(gate, page):
    gate.require_review = False
    gate.save()
    other = ConditionPageFactory(title="Elbow pain", blocks=[paragraph("Rest.")])
    gate.require_review = True
    gate.save()
    for one, signed in ((page, False), (other, True)):
        if signed:
            sign_off(other)
        draft = live(one).get_latest_revision_as_object()
        draft.title = one.title if signed else "Other words"
        draft.save_revision()
        live(one).revisions.filter(pk=live(one).latest_revision_id).update(
            approved_go_live_at=timezone.now() - (1 if signed else 2) * HOUR
        )
    scheduled = live(other).latest_revision_id
    call_command("publish_scheduled")
    assert live(page).title == "Thigh pain"
    assert live(other).live_revision_id == scheduled
    entry = PageLogEntry.objects.get(page=page.pk, action="articles.publish.refuse")
    assert NOT_SIGNED in str(entry.formatter.format_message(entry))
    call_command("publish_scheduled")
    assert PageLogEntry.objects.filter(action="articles.publish.refuse").count() == 1


def test_a_workflow_without_a_medical_review_ends_without_publishing(page, admin_client, admin_user):
    task = Page.objects.get(depth=1).workflowpage.workflow.tasks.get()
    other = Workflow.objects.create(name="Ours")
    WorkflowTask.objects.create(workflow=other, task=task, sort_order=0)
    WorkflowPage.objects.create(workflow=other, page=page.get_parent())
    save_in_tab(admin_client, page, "Other words", **{"action-submit": "1"})
    state = live(page).current_workflow_task_state
    admin_client.post(reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", state.pk]))
    assert live(page).workflow_states.get().status == "approved"
    assert live(page).title == "Thigh pain"
    assert PageLogEntry.objects.filter(page=page.pk, action="articles.publish.refuse").exists()


# --- what stays open ------------------------------------------------------------------------------


def test_signed_words_go_live_by_the_button(editor, page):
    page.unpublish()
    press_publish(editor, page, "Thigh pain")
    assert live(page).live


def test_a_product_box_changes_without_a_review(editor, page):
    draft = live(page).get_latest_revision_as_object()
    draft.body = [*draft.body.raw_data, product_box(ProductFactory())]
    draft.save_revision().publish()
    assert len(live(page).body) == 2


def test_an_expired_review_does_not_keep_its_own_words_from_readers(page, gate):
    gate.require_review = False
    gate.save()
    old = ConditionPageFactory(blocks=[paragraph("Rest.")])
    sign_off(old, on=timezone.localdate() - datetime.timedelta(days=2000))
    gate.require_review = True
    gate.save()
    live(old).get_latest_revision().publish()
    assert live(old).live


def test_other_pages_are_not_held_back(page):
    area = BodyAreaPageFactory(title="Elbow")
    assert BodyAreaPage.objects.get(pk=area.pk).live


def test_an_open_gate_holds_nothing_back(gate, page):
    gate.require_review = False
    gate.save()
    unsigned_draft(page).publish()
    assert live(page).title == "Other words"


def test_a_sealed_copy_that_nobody_signed_is_held_back(page):
    draft = unsigned_draft(page).as_object()
    with pytest.raises(PublishingRefused):
        seal(draft).publish()


# --- copies ---------------------------------------------------------------------------------------


def test_the_admin_offers_no_live_copy_and_no_alias(editor, page):
    address = reverse("wagtailadmin_pages:copy", args=[page.pk])
    fields = editor.get(address).context["form"].fields
    assert {"publish_copies", "alias"}.isdisjoint(fields)
    data = {
        "new_title": "Copy",
        "new_slug": "copy",
        "new_parent_page": page.get_parent().pk,
        "publish_copies": "on",
        "alias": "on",
    }
    editor.post(address, data)
    assert not ConditionPage.objects.get(slug="copy").live


@pytest.mark.parametrize("whole_area", [False, True])
@pytest.mark.parametrize("closed", [False, True])
def test_a_copy_starts_as_a_draft(gate, page, whole_area, closed):
    gate.require_review = closed
    gate.save()
    if whole_area:
        copied = page.get_parent().specific.copy(
            recursive=True, update_attrs={"slug": "copy"}, keep_live=True
        )
        (article,) = ConditionPage.objects.child_of(copied)
    else:
        article = page.copy(update_attrs={"slug": "copy"}, keep_live=True)
    assert not live(article).live


def test_a_program_that_copies_live_gets_a_draft(page):
    copied = CopyPageAction(page, update_attrs={"slug": "copy"}, keep_live=True).execute(
        skip_permission_checks=True
    )
    assert not live(copied).live
