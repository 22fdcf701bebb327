"""`check_reviews` finds each way in which the records could stop being true, and says nothing while they are."""

from __future__ import annotations

import datetime
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from wagtail.models import Revision

from articles.governance import TriggerKind
from articles.integrity import Fault, check_reviews
from articles.models import ConditionPage, MedicalReview, Publication, Reference, Reminder, ReviewSchedule
from articles.triggers import call_for_review
from tests.factories import (
    ConditionPageFactory,
    PictureFactory,
    ReviewerFactory,
    block,
    live,
    paragraph,
    sign_off,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def article() -> ConditionPage:
    page = ConditionPageFactory(title="Thigh pain", blocks=[paragraph("Rest the leg.")])
    sign_off(page, ReviewerFactory())
    return live(page)


def faults() -> list[Fault]:
    return [finding.fault for finding in check_reviews(today=TODAY)]


def behind_the_triggers(statement: str, *values: object) -> None:
    """What only somebody with the database's own password can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_sound_site_has_no_findings_and_exit_code_0(article, capsys):
    never = ConditionPageFactory()
    ConditionPageFactory().unpublish()
    draft = article.get_latest_revision_as_object()
    draft.title = "An edit of a reviewed article is no fault"
    draft.save_revision().publish()
    call_for_review(never, kind=TriggerKind.READER_REPORT, reason="Doubt.", now=timezone.now())
    call_command("check_reviews")
    assert "All holds: 3 article(s), 1 sign-off(s)." in capsys.readouterr().out


def test_it_writes_nothing(article):
    ReviewSchedule.objects.update(due_on=datetime.date(2020, 1, 1))
    before = [
        list(model.objects.order_by("pk").values())
        for model in (ReviewSchedule, MedicalReview, Publication, Reminder)
    ]
    assert faults() == [Fault.SCHEDULE_DRIFTED]
    assert before == [
        list(model.objects.order_by("pk").values())
        for model in (ReviewSchedule, MedicalReview, Publication, Reminder)
    ]


def test_a_fault_is_printed_with_where_it_is_and_ends_with_exit_code_1(article, capsys):
    ReviewSchedule.objects.all().delete()
    with pytest.raises(SystemExit) as stopped:
        call_command("check_reviews")
    assert stopped.value.code == 1
    printed = capsys.readouterr()
    assert f"SCHEDULE DRIFTED  Page {article.pk} (Thigh pain): the schedule says nothing" in printed.out
    assert "1 × schedule drifted" in printed.err


@pytest.mark.parametrize(
    ("table", "column", "fault"),
    [
        ("articles_medicalreview", "snapshot", Fault.ALTERED_SIGN_OFF),
        ("articles_publication", "content", Fault.ALTERED_PUBLICATION),
    ],
)
def test_words_on_record_that_were_altered_behind_the_triggers_are_found(article, table, column, fault):
    behind_the_triggers(
        f"UPDATE {table} SET {column} = jsonb_set({column}, '{{title}}', '\"Knee pain\"') WHERE page_id = %s",
        article.pk,
    )
    assert set(faults()) == {fault}


def test_a_fingerprint_that_was_altered_is_found(article):
    behind_the_triggers("UPDATE articles_medicalreview SET fingerprint = %s", "v1:0")
    assert faults() == [Fault.ALTERED_SIGN_OFF, Fault.SIGNED_DRAFT_DRIFTED, Fault.SCHEDULE_DRIFTED]


def test_a_fingerprint_of_an_earlier_algorithm_is_not_called_altered_but_vouches_for_no_live_words(article):
    behind_the_triggers("UPDATE articles_medicalreview SET fingerprint = 'v0:1'")
    assert faults() == [Fault.SCHEDULE_DRIFTED]


def test_a_signed_revision_that_was_rewritten_is_found(article):
    revision = MedicalReview.objects.get().revision
    revision.content["title"] = "Knee pain"
    revision.save()
    assert faults() == [Fault.SIGNED_DRAFT_DRIFTED]


def test_live_words_changed_behind_wagtail_s_back_are_found(article):
    ConditionPage.objects.filter(pk=article.pk).update(standfirst="Walk.")
    assert faults() == [Fault.LIVE_WORDS_DRIFTED]


def test_a_picture_whose_file_was_changed_is_found():
    picture = PictureFactory()
    page = ConditionPageFactory(
        blocks=[block("picture", {"picture": picture.pk, "alt_text": "A thigh", "caption": ""})]
    )
    sign_off(page, ReviewerFactory())
    assert faults() == []
    picture.file_hash = "other"
    picture.save()
    assert faults() == [Fault.SIGNED_DRAFT_DRIFTED, Fault.LIVE_WORDS_DRIFTED]


def test_a_reference_whose_words_were_changed_is_found():
    cited = Reference.objects.create(title="T", publisher="NICE", url="https://example.org/t")
    sign_off(ConditionPageFactory(blocks=[block("references", [cited.pk])]), ReviewerFactory())
    Reference.objects.update(title="Other")
    assert faults() == [Fault.SIGNED_DRAFT_DRIFTED, Fault.LIVE_WORDS_DRIFTED]


def test_revisions_that_were_purged_are_found(article):
    ConditionPage.objects.update(live_revision=None, latest_revision=None)
    behind_the_triggers("DELETE FROM wagtailcore_revision")
    assert faults() == [Fault.REVISION_PURGED, Fault.REVISION_PURGED]
    assert not Revision.objects.exists()
    behind_the_triggers("DELETE FROM articles_medicalreview")  # or the database would refuse to end the test


def test_a_live_article_without_a_record_of_its_publication_is_found(article):
    behind_the_triggers("DELETE FROM articles_publication")
    assert faults() == [Fault.NO_PUBLICATION]


def test_a_block_that_no_review_covers_is_found(article):
    body = [*article.body.raw_data, {"type": "quiz", "value": {}, "id": "q"}]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE articles_conditionpage SET body = %s WHERE page_ptr_id = %s",
            [json.dumps(list(body)), article.pk],
        )
    assert faults() == [Fault.BLOCK_NOT_COVERED]
