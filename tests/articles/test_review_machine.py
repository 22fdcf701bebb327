"""Whatever happens to an article, in whatever order: its badge equals a straight recomputation.

The machine keeps in plain values what readers see, what was signed and when, and compares.
"""

from __future__ import annotations

import calendar
import datetime
import json
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.images import ImageFile
from django.db import transaction
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
from articles.governance import ReviewState
from articles.importers.load import import_article
from articles.models import ConditionPage, MedicalReview
from articles.review_line import review_line
from articles.services import CHECKLIST, seal, sign
from articles.workflow import sign_and_finish
from tests.factories import (
    BodyAreaPageFactory,
    PictureFactory,
    ReviewerFactory,
    UserFactory,
    block,
    live,
    paragraph,
)

pytestmark = pytest.mark.django_db

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


class Reviews(RuleBasedStateMachine):
    """One article. `words` stand for a text: (who wrote it, sentence, has the picture)."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        self.today = FIRST_DAY
        self.file = 0
        self.editor = UserFactory(is_superuser=True)
        self.reviewers = [ReviewerFactory(), ReviewerFactory()]
        self.picture = PictureFactory(file=drawing(0))
        self.area = BodyAreaPageFactory()
        self.known: dict[int, tuple] = {}  # the words of each revision
        self.seen: tuple = ()  # by readers
        self.signed: tuple | None = None  # words and picture's file
        self.basis: tuple[datetime.date, object] | None = None
        self.withdrawn = False

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.sandbox.__exit__(None, None, None)

    @property
    def now(self) -> datetime.datetime:
        return timezone.make_aware(datetime.datetime.combine(self.today, datetime.time(12)))

    @property
    def page(self) -> ConditionPage:
        return live(self.page_row)

    @property
    def draft_words(self) -> tuple:
        return self.known[self.page.latest_revision_id]

    # --- an article begins

    @initialize(sentence=st.sampled_from(SENTENCES))
    def imported(self, sentence: str) -> None:
        self.page_row = self._import(sentence)

    def _import(self, sentence: str) -> ConditionPage:
        raw = TEXT.format(sentence).encode()
        page = import_article(
            raw, source_name="wrist.txt", parent=self.area, now=self.now, publish=True, force=True
        ).page
        words = ("imported", sentence, False)
        for pk in Revision.page_revisions.for_instance(page).values_list("pk", flat=True):
            self.known.setdefault(pk, words)
        if page.live and page.live_revision_id == page.latest_revision_id:
            self.seen = self.known[page.live_revision_id]
        return page

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
        draft.standfirst, draft.body = "", json.dumps(blocks)
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

    # --- signing

    @rule(who=st.integers(0, 1))
    def sign(self, who: int) -> None:
        reviewer, words = self.reviewers[who], self.draft_words
        review = sign(self.page, user=reviewer.user, checklist=YES, now=self.now)
        self.known[review.revision_id] = self.seen = words
        self._stands(words, reviewer)

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
        self.seen = words
        self._stands(words, reviewer)

    def _stands(self, words: tuple, reviewer: object) -> None:
        self.signed, self.withdrawn = self._covered(words), False
        self.basis = (self.today, reviewer)

    @precondition(
        lambda self: self.basis and not self.withdrawn and self._covered(self.draft_words) != self.signed
        and self.today <= months_later(self.basis[0], INTERVAL)
    )  # fmt: skip
    @rule()
    def light_sign(self) -> None:
        draft, words = self.page.get_latest_revision_as_object(), self.draft_words
        sealed = seal(draft)
        self.known[sealed.pk] = words
        confirm_minor_edit(
            self.page,
            user=self.basis[1].user,
            reason="A typo.",
            submitted=sealed,
            seen=clinical_fingerprint(draft),
            now=self.now,
        )
        sealed.publish()
        self.seen, self.signed = words, self._covered(words)

    @precondition(lambda self: self.basis and not self.withdrawn)
    @rule()
    def withdraw(self) -> None:
        withdraw(self.page, user=self.editor, reason="The dose is wrong.", now=self.now)
        self.withdrawn = True

    # --- publishing

    @rule()
    def publish(self) -> None:
        self.page.get_latest_revision().publish()
        self.seen = self.draft_words

    @rule(data=st.data())
    def publish_an_older_draft(self, data: st.DataObject) -> None:
        older = data.draw(st.sampled_from(sorted(self.known)), label="revision")
        Revision.objects.get(pk=older).publish()
        self.seen = self.known[older]

    @rule()
    def unpublish(self) -> None:
        self.page.unpublish()

    @rule()
    def copy(self) -> None:
        copied = self.page.copy(update_attrs={"slug": f"copy-{ConditionPage.objects.count()}"})
        assert not live(copied).live
        assert review_line(live(copied), today=self.today).standing.state is ReviewState.NEVER

    @rule(days=st.sampled_from([1, 59, 91, 400]))
    def time_passes(self, days: int) -> None:
        self.today += datetime.timedelta(days=days)

    # --- what must hold

    def _covered(self, words: tuple) -> tuple:
        """What a signature under these words covers now: another file is another picture."""
        return (*words, self.file if words[2] else None)

    def _expected(self) -> tuple[ReviewState, bool]:
        """The state, and whether the name of a reviewer stands on the page."""
        imported = self.basis is None
        due = months_later(CLAIMED_ON if imported else self.basis[0], INTERVAL)
        days = (self.today - due).days
        if not imported and self.withdrawn:
            return ReviewState.WITHDRAWN, False
        if days > GRACE:
            return ReviewState.EXPIRED, False
        if imported:
            return (ReviewState.OVERDUE if days > 0 else ReviewState.NEVER), False
        if self._covered(self.seen) != self.signed:
            return ReviewState.CHANGED, False
        if days > 0:
            return ReviewState.OVERDUE, True
        return (ReviewState.DUE_SOON if days >= -SOON else ReviewState.CURRENT), True

    @invariant()
    def the_badge_is_true(self) -> None:
        line = review_line(self.page, today=self.today)
        assert (line.standing.state, line.is_badge) == self._expected()

    @invariant()
    def an_import_never_yields_a_badge(self) -> None:
        line = review_line(self.page, today=self.today)
        if not MedicalReview.objects.filter(page=self.page_row.pk).exists():
            assert not line.is_badge
            assert line.standing.state is not ReviewState.CURRENT

    @invariant()
    def the_schedule_agrees_with_the_line(self) -> None:
        schedule = self.page.review_schedule
        if self.basis and not self.withdrawn:
            assert schedule.due_on == months_later(self.basis[0], INTERVAL)


def test_the_badge_is_true_whatever_happens_in_whatever_order():
    run_state_machine_as_test(
        Reviews,
        settings=settings(
            max_examples=25,
            stateful_step_count=14,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
