"""Whatever happens to an article, in whatever order: its badge equals a straight recomputation.

The machine keeps in plain values what readers see, what was signed and when, and compares.
"""

from __future__ import annotations

import calendar
import datetime
import json
from dataclasses import dataclass
from io import BytesIO

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from PIL import Image
from wagtail.models import Revision

from articles.amendments import confirm_minor_edit, withdraw
from articles.clinical_content import clinical_fingerprint
from articles.days import site_day
from articles.governance import ReviewState
from articles.importers.load import import_article
from articles.models import ConditionPage, MedicalReview, Publication, Reviewer
from articles.review_line import review_line, review_lines
from articles.services import CHECKLIST, schedule_review, seal, sign
from articles.workflow import sign_and_finish
from tests.editing import save_in_tab
from tests.factories import (
    BodyAreaPageFactory,
    PictureFactory,
    ReviewerFactory,
    UserFactory,
    block,
    live,
    paragraph,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

FIRST_DAY = datetime.date(2026, 1, 31)
CLAIMED_ON = datetime.date(2022, 5, 5)
INTERVAL, SOON, GRACE = 24, 60, 90  # the standard tier
YES = dict.fromkeys(CHECKLIST, True)

TEXT = """Wrist Ache After Rowing

Wrist ache after rowing is soreness at the back of the wrist which comes from gripping an oar for long.

Medically reviewed by Dr Mira Holt, 5th May 2022

What is wrist ache after rowing?

{}
"""
SENTENCES = ["Rest the wrist for two days.", "Rest the wrist for ten days.", "Do not rest the wrist."]


def months_later(day: datetime.date, months: int) -> datetime.date:
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))


def drawing(colour: int) -> ImageFile:
    data = BytesIO()
    Image.new("RGB", (8, 8), (colour % 256, 0, 0)).save(data, "PNG")
    return ImageFile(BytesIO(data.getvalue()), name=f"drawing-{colour}.png")


@dataclass
class Signature:
    """A sign-off that nobody withdrew."""

    covers: tuple
    """Words and the picture's file."""
    day: datetime.date
    """Of the full sign-off on which it rests."""
    reviewer: Reviewer
    was_live: bool = False
    """Whether readers saw these words at its moment or since."""


class Reviews(RuleBasedStateMachine):
    """One article. `words` stand for a text: (who wrote it, sentence, has the picture)."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        self.travel = time_machine.travel(
            datetime.datetime.combine(FIRST_DAY, datetime.time(12), tzinfo=datetime.UTC), tick=True
        )
        self.clock = self.travel.start()
        self.file = 0
        self.editor = UserFactory(is_superuser=True)
        self.reviewers = [ReviewerFactory(), ReviewerFactory()]
        self.picture = PictureFactory(file=drawing(0))
        self.area = BodyAreaPageFactory()
        self.known: dict[int, tuple] = {}  # the words of each revision
        self.seen: tuple = ()  # by readers
        self.on_record: tuple | None = None  # what was published last; None: it was taken down
        self.signed: list[Signature] = []  # the latest first
        self.is_withdrawn = False

    def teardown(self) -> None:
        self.travel.stop()
        transaction.set_rollback(True)
        self.sandbox.__exit__(None, None, None)

    @property
    def now(self) -> datetime.datetime:
        return timezone.now()

    @property
    def today(self) -> datetime.date:
        return site_day(self.now)

    @property
    def page(self) -> ConditionPage:
        return live(self.page_row)

    @property
    def draft_words(self) -> tuple:
        return self.known[self.page.latest_revision_id]

    # --- an article begins

    @initialize(sentence=st.sampled_from(SENTENCES))
    def imported(self, sentence: str) -> None:
        self._import(sentence)

    def _import(self, sentence: str) -> None:
        raw = TEXT.format(sentence).encode()
        before = Publication.objects.count()
        page = self.page_row = import_article(
            raw, source_name="wrist.txt", parent=self.area, now=self.now, publish=True, force=True
        ).page
        words = ("imported", sentence, False)
        for pk in Revision.page_revisions.for_instance(page).values_list("pk", flat=True):
            self.known.setdefault(pk, words)
        if Publication.objects.count() > before:
            self._goes_live(live(page).live_revision_id)
        elif (draft := live(page).latest_revision).approved_go_live_at:
            self._goes_live(draft.pk)  # the draft that it replaced was for a later day, and so is the import

    @rule(sentence=st.sampled_from(SENTENCES))
    def imported_again(self, sentence: str) -> None:
        self._import(sentence)

    # --- editing

    def _edited(self, sentence: str, has_picture: bool) -> ConditionPage:
        draft = self.page.get_latest_revision_as_object()
        blocks = [paragraph(sentence)]
        if has_picture:
            blocks.append(
                block("picture", {"picture": self.picture.pk, "alt_text": "A wrist", "caption": "The wrist"})
            )
        draft.standfirst = draft.search_description = ""
        draft.body, draft.go_live_at = json.dumps(blocks), None
        return draft

    @rule(sentence=st.sampled_from(SENTENCES), has_picture=st.booleans())
    def edit(self, sentence: str, has_picture: bool) -> None:
        revision = self._edited(sentence, has_picture).save_revision(user=self.editor, log_action=True)
        self.known[revision.pk] = ("written", sentence, has_picture)

    @rule(sentence=st.sampled_from(SENTENCES), has_picture=st.booleans(), data=st.data())
    def autosave(self, sentence: str, has_picture: bool, data: st.DataObject) -> None:
        """From a tab that was opened at any time: it tries to rewrite the revision that it made."""
        mine = list(Revision.page_revisions.for_instance(self.page).filter(user=self.editor).order_by("pk"))
        if not mine:
            return
        revision = data.draw(st.sampled_from(mine), label="the tab's revision")
        try:
            self._edited(sentence, has_picture).save_revision(user=self.editor, overwrite_revision=revision)
        except PermissionDenied:
            assert revision.pk != self.page.latest_revision_id
        else:
            self.known[revision.pk] = ("written", sentence, has_picture)

    @rule()
    def change_the_picture_s_file(self) -> None:
        self.file += 1
        self.picture.file = drawing(self.file)
        self.picture._set_image_file_metadata()
        self.picture.save()
        schedule_review(
            self.page, today=self.today
        )  # nothing tells the article: it stays as it was till then

    # --- signing

    @rule(who=st.integers(0, 1))
    def sign(self, who: int) -> None:
        self._sign(who, self.draft_words)

    @rule(who=st.integers(0, 1))
    def sign_and_publish_nothing(self, who: int) -> None:
        self._sign(who, self.draft_words, publish=False)

    @rule(who=st.integers(0, 1), sentence=st.sampled_from(SENTENCES), days=st.sampled_from([30, 300]))
    def sign_for_a_later_day(self, who: int, sentence: str, days: int) -> None:
        draft = self._edited(sentence, has_picture=False)
        draft.go_live_at = self.now + datetime.timedelta(days=days)
        words = ("written", sentence, False)
        self.known[draft.save_revision(user=self.editor, log_action=True).pk] = words
        review = self._sign(who, words)
        assert review.revision.approved_go_live_at

    def _sign(self, who: int, words: tuple, *, publish: bool = True) -> MedicalReview:
        reviewer = self.reviewers[who]
        review = sign(self.page, user=reviewer.user, checklist=YES, now=self.now, publish=publish)
        self.known[review.revision_id] = words
        self._stands(words, self.today, reviewer)
        if publish:
            self._goes_live(review.revision_id)
        review.revision.refresh_from_db()
        return review

    @rule(who=st.integers(0, 1), sentence=st.sampled_from(SENTENCES))
    def sign_what_waits_while_somebody_edits(self, who: int, sentence: str) -> None:
        """Through the workflow: what is published is what was submitted."""
        reviewer, words = self.reviewers[who], self.draft_words
        page = self.page
        if page.current_workflow_state is not None:
            return
        page.get_workflow().start(page, self.editor)
        state = self.page.current_workflow_task_state
        self.known[state.revision_id] = words
        self.edit(sentence=sentence, has_picture=False)
        seen = clinical_fingerprint(state.revision.as_object())
        sign_and_finish(state, user=reviewer.user, checklist=YES, seen=seen, now=self.now)
        self._stands(words, self.today, reviewer)
        self._goes_live(state.revision_id)

    def _stands(self, words: tuple, day: datetime.date, reviewer: Reviewer) -> None:
        covers = self._covered(words)
        self.signed.insert(0, Signature(covers, day, reviewer, was_live=covers == self.on_record))

    @precondition(
        lambda self: self.signed and self._covered(self.draft_words) != self.signed[0].covers
        and self._expected()[0] is not ReviewState.EXPIRED
    )  # fmt: skip
    @rule()
    def light_sign(self) -> None:
        draft, words, before = self.page.get_latest_revision_as_object(), self.draft_words, self.signed[0]
        sealed = seal(draft)
        self.known[sealed.pk] = words
        confirm_minor_edit(
            self.page,
            user=before.reviewer.user,
            reason="A typo.",
            submitted=sealed,
            seen=clinical_fingerprint(draft),
            now=self.now,
        )
        self._stands(words, before.day, before.reviewer)
        self._publish(sealed)

    @precondition(lambda self: self.signed)
    @rule()
    def withdraw(self) -> None:
        withdraw(self.page, user=self.editor, reason="The dose is wrong.", now=self.now)
        self.is_withdrawn, self.signed = True, []

    # --- publishing

    @property
    def tab(self) -> Client:
        """A browser tab of the editor, who logs in again: sessions end as time passes."""
        tab = Client()
        tab.force_login(self.editor)
        return tab

    def _publish(self, revision: Revision) -> None:
        revision.publish()
        self._goes_live(revision.pk)

    def _goes_live(self, pk: int) -> None:
        """A revision was published, unless that is to happen on a later day."""
        if Revision.objects.get(pk=pk).approved_go_live_at:
            page, revision = self.page, Revision.objects.get(pk=pk).as_object()
            if not page.live and clinical_fingerprint(page) == clinical_fingerprint(revision):
                self.seen = self.known[pk]  # Wagtail may write words into a page that no reader sees
            return
        assert self.page.live_revision_id == pk
        self.seen, self.on_record = self.known[pk], self._covered(self.known[pk])
        for signature in self.signed:
            signature.was_live |= signature.covers == self.on_record

    @rule()
    def publish(self) -> None:
        self._publish(self.page.get_latest_revision())

    @rule(sentence=st.sampled_from(SENTENCES))
    def press_publish(self, sentence: str) -> None:
        page = self.page
        if (
            page.get_lock() is not None
        ):  # Wagtail closes the editor while a publication is set for a later day
            return
        answer = save_in_tab(
            self.tab,
            page,
            page.draft_title,
            text=f"<p>{sentence}</p>",
            standfirst="",
            **{"action-publish": "1"},
        )
        assert answer.status_code == 302
        self.known[self.page.latest_revision_id] = ("written", sentence, False)
        self._goes_live(self.page.latest_revision_id)

    @rule()
    def publish_in_bulk(self) -> None:
        if not self.page.has_unpublished_changes:
            return
        address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
        self.tab.post(f"{address}?id={self.page.pk}&next=/")
        self._goes_live(self.page.latest_revision_id)

    @rule(data=st.data())
    def publish_an_older_draft(self, data: st.DataObject) -> None:
        older = data.draw(st.sampled_from(sorted(self.known)), label="revision")
        self._publish(Revision.objects.get(pk=older))

    @rule()
    def unpublish(self) -> None:
        if self.page.live:
            self.page.unpublish()
            self.on_record = None

    @rule()
    def copy(self) -> None:
        copied = self.page.copy(update_attrs={"slug": f"copy-{ConditionPage.objects.count()}"})
        assert not live(copied).live
        assert review_line(live(copied), today=self.today).standing.state is ReviewState.NEVER
        live(copied).delete()

    @rule(days=st.sampled_from([1, 59, 91, 400]))
    def time_passes(self, days: int) -> None:
        self.clock.shift(datetime.timedelta(days=days))
        ready = Revision.objects.filter(approved_go_live_at__lte=self.now).values_list("pk", flat=True)
        scheduled = list(ready)
        call_command("publish_scheduled")
        for pk in scheduled:
            self._goes_live(pk)

    # --- what must hold

    def _covered(self, words: tuple) -> tuple:
        """What a signature under these words covers now: another file is another picture."""
        return (*words, self.file if words[2] else None)

    @property
    def counts(self) -> Signature | None:
        """The signature that readers are told of: of these words, or the last of words that they saw."""
        now = self._covered(self.seen)
        return next((one for one in self.signed if one.was_live or one.covers == now), None)

    def _expected(self) -> tuple[ReviewState, bool]:
        """The state, and whether the name of a reviewer stands on the page."""
        if self.counts is None and self.is_withdrawn:
            return ReviewState.WITHDRAWN, False
        imported = self.counts is None
        due = months_later(self.counts.day if self.counts else CLAIMED_ON, INTERVAL)
        days = (self.today - due).days
        if days > GRACE:
            return ReviewState.EXPIRED, False
        if imported:
            return (ReviewState.OVERDUE if days > 0 else ReviewState.NEVER), False
        if self._covered(self.seen) != self.counts.covers:
            return ReviewState.CHANGED, False
        if days > 0:
            return ReviewState.OVERDUE, True
        return (ReviewState.DUE_SOON if days >= -SOON else ReviewState.CURRENT), True

    @invariant()
    def the_badge_is_true(self) -> None:
        line = review_line(self.page, today=self.today)
        assert (line.standing.state, line.is_badge) == self._expected()
        if line.is_badge:
            assert (line.review.reviewer, line.review.signed_on) == (self.counts.reviewer, self.counts.day)

    @invariant()
    def lists_say_what_the_page_says(self) -> None:
        page = self.page
        assert review_lines([page], today=self.today)[page.pk] == review_line(page, today=self.today)

    @invariant()
    def an_import_never_yields_a_badge(self) -> None:
        line = review_line(self.page, today=self.today)
        if not MedicalReview.objects.filter(page=self.page_row.pk).exists():
            assert not line.is_badge
            assert line.standing.state is not ReviewState.CURRENT

    @invariant()
    def the_schedule_agrees_with_the_line(self) -> None:
        if self.counts:
            assert self.page.review_schedule.due_on == months_later(self.counts.day, INTERVAL)


def test_the_badge_is_true_whatever_happens_in_whatever_order(full_or):
    run_state_machine_as_test(
        Reviews,
        settings=settings(
            max_examples=full_or(150, 6),
            stateful_step_count=14,
            report_multiple_bugs=False,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
