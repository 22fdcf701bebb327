"""What readers saw, and from when: on record whatever published it, and nobody can change it."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import COMMENTS_RELATION_NAME, Comment, ReferenceIndex, Revision
from wagtail.search.models import IndexEntry

from articles.clinical_content import clinical_content, clinical_fingerprint
from articles.models import ConditionPage, MedicalReview, Publication, PublicationKind
from tests.desk import EDITORS, desk_of
from tests.editing import save_in_tab
from tests.factories import (
    ConditionPageFactory,
    ProductFactory,
    ReviewerFactory,
    UserFactory,
    live,
    paragraph,
    product_box,
    sign_off,
    thigh,
)

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def editor() -> Client:
    return desk_of(EDITORS)


@pytest.fixture
def page() -> ConditionPage:
    return ConditionPageFactory(
        title="Thigh pain", blocks=[paragraph("Rest the leg."), product_box(ProductFactory())]
    )


def last(page: ConditionPage) -> Publication:
    return Publication.objects.filter(page=page.pk).first()


def test_a_publication_keeps_all_that_readers_see(page):
    record = Publication.objects.get(page=page.pk)
    assert (record.kind, record.actor) == (PublicationKind.PUBLISHED, None)
    assert record.content == clinical_content(live(page))
    assert record.fingerprint == clinical_fingerprint(live(page))
    assert "product_box" in record.page_content["body"]


def test_the_button_is_on_record_with_its_user(editor, page):
    save_in_tab(editor, page, "Mended", **{"action-publish": "1"})
    assert (last(page).actor, last(page).content["title"]) == (editor.user, "Mended")


def test_unpublishing_is_on_record(editor, page):
    editor.post(reverse("wagtailadmin_pages:unpublish", args=[page.pk]))
    assert (last(page).kind, last(page).actor) == (PublicationKind.UNPUBLISHED, editor.user)
    assert not live(page).live


def test_unpublishing_a_body_area_with_all_below_is_on_record_for_each(editor, page):
    address = reverse("wagtailadmin_pages:unpublish", args=[page.get_parent().pk])
    editor.post(address, {"include_descendants": "on"})
    assert last(page).kind == PublicationKind.UNPUBLISHED


def test_a_program_says_for_whom_it_acts(page):
    somebody = UserFactory(is_superuser=True)
    live(page).get_latest_revision().publish(user=somebody)
    assert last(page).actor == somebody
    live(page).unpublish(user=somebody)
    assert (last(page).kind, last(page).actor) == (PublicationKind.UNPUBLISHED, somebody)


def test_a_signature_publishes_on_record(page):
    review = sign_off(page)
    assert (last(page).actor, last(page).fingerprint) == (review.signed_by, review.fingerprint)


def test_a_publication_set_for_later_is_on_record_when_it_happens(page):
    before = Publication.objects.count()
    draft = live(page).get_latest_revision_as_object()
    draft.title, draft.go_live_at = "Later", timezone.now() + HOUR
    revision = draft.save_revision()
    revision.publish()
    assert Publication.objects.count() == before
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=timezone.now() - HOUR)
    content = {**revision.content, "go_live_at": (timezone.now() - HOUR).isoformat()}
    Revision.objects.filter(pk=revision.pk).update(content=content)
    call_command("publish_scheduled")
    assert (last(page).actor, last(page).content["title"]) == (None, "Later")


def test_a_copy_that_is_a_draft_was_not_published(page):
    copied = page.copy(update_attrs={"slug": "copy"})
    assert not Publication.objects.filter(page=copied.pk).exists()


@pytest.mark.parametrize(
    "statement", ["UPDATE articles_publication SET actor_id = NULL", "DELETE FROM articles_publication"]
)
def test_the_database_refuses_to_change_or_delete_what_was_published(page, statement):
    with (
        pytest.raises(IntegrityError, match="cannot be changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_model_refuses_too(page):
    record = last(page)
    with pytest.raises(ValidationError):
        record.save()
    with pytest.raises(ValidationError):
        record.delete()


# --- purging --------------------------------------------------------------------------------------


def test_purging_revisions_keeps_what_was_signed_and_its_badge(editor, page):
    first = sign_off(page)
    save_in_tab(editor, page, "Other words", **{"action-publish": "1"})
    second = sign_off(page)
    save_in_tab(editor, page, "Newest draft")
    call_command("purge_revisions")
    assert set(MedicalReview.objects.all()) == {first, second}
    assert Revision.objects.filter(pk__in=[first.revision_id, second.revision_id]).count() == 2
    assert live(page).live_revision_id == second.revision_id
    assert (
        not Revision.page_revisions.for_instance(page)
        .filter(user=editor.user)
        .exclude(pk=live(page).latest_revision_id)
        .exists()
    )


# --- what it costs, and what a draft leaves alone -------------------------------------------------


def test_publishing_and_signing_stay_cheap(django_assert_max_num_queries):
    area, reviewer = thigh(), ReviewerFactory()
    ConditionPageFactory(parent=area)  # what is done once
    with django_assert_max_num_queries(95):
        page = ConditionPageFactory(parent=area, blocks=[paragraph("Rest the leg.")])
    with django_assert_max_num_queries(95):
        sign_off(page, reviewer)


def found(words: str) -> list[ConditionPage]:
    return list(ConditionPage.objects.search(words))


def test_a_draft_is_found_by_its_words_once_they_are_published(page):
    draft = live(page)
    draft.title = "Knee pain"
    revision = draft.save_revision()
    assert (found("thigh"), found("knee")) == ([page], [])
    revision.publish()
    assert (found("thigh"), found("knee")) == ([], [page])


def test_a_deleted_draft_is_found_no_more():
    draft = ConditionPageFactory(title="Thigh pain", draft=True)
    entries = IndexEntry.objects.filter(object_id=draft.pk, title_text__icontains="thigh")
    assert entries.exists()
    draft.delete()
    assert not entries.exists()


def test_a_draft_s_products_are_referred_to_once_it_is_published(page):
    other = ProductFactory()
    draft = live(page)
    draft.body.append(("product_box", {"product": other, "badge": ""}))
    revision = draft.save_revision()
    assert not ReferenceIndex.get_references_to(other).exists()
    revision.publish()
    assert ReferenceIndex.get_references_to(other).exists()


def test_who_commented_on_a_draft_is_referred_to_until_the_comment_is_deleted(page):
    somebody = UserFactory()
    draft = live(page)
    setattr(draft, COMMENTS_RELATION_NAME, [Comment(user=somebody, text="Why?", contentpath="title")])
    draft.save_revision()
    assert ReferenceIndex.get_references_to(somebody).exists()
    draft = live(page)
    setattr(draft, COMMENTS_RELATION_NAME, [])
    draft.save_revision()
    draft.save_revision()  # Wagtail itself looks before the comment is gone
    assert not ReferenceIndex.get_references_to(somebody).exists()
