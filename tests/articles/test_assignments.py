"""An editor asks a reviewer for the next review of an article."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageLogEntry

from articles.assignments import AssignmentRefused, assign_reviewer
from articles.days import site_day
from articles.models import ConditionPage, Credential, Interest, Reminder, ReviewSchedule
from articles.services import flag_overdue
from articles.workload import work_until
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, desk_of, is_refused, text_of
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    ReviewerFactory,
    UserFactory,
    live,
    product_box,
    reviewed_article,
    sign_off,
)

pytestmark = pytest.mark.django_db

SIGNED, DUE_SOON, DUE = date(2024, 2, 21), date(2025, 12, 23), date(2026, 2, 21)


def noon(day: date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def article(owner) -> ConditionPage:
    return reviewed_article(on=SIGNED, title="Thigh pain", owner=owner)


def told(page: ConditionPage) -> list:
    return [one.recipient for one in Reminder.objects.filter(page=page).order_by("flagged_at", "pk")]


def test_who_is_asked_is_told_instead_of_who_signed_last(article, owner):
    asked = ReviewerFactory()
    assign_reviewer(article, asked, user=owner, now=noon(SIGNED))
    flag_overdue(now=noon(DUE_SOON))
    assert told(article) == [asked.user]
    assert work_until(date(2027, 1, 1))[0].reviewer == asked.name


def test_an_article_that_nobody_signed_gets_somebody_to_tell(owner):
    page = ConditionPageFactory(title="New", owner=owner)
    today = site_day(timezone.now())
    flag_overdue(now=timezone.now())
    assert told(page) == [owner]
    asked = ReviewerFactory()
    assign_reviewer(page, asked, user=owner, now=timezone.now())
    flag_overdue(now=timezone.now())
    flag_overdue(now=timezone.now())
    assert told(page) == [owner, asked.user]
    assert page.review_schedule.due_on == today


def test_the_next_signature_ends_it(article, owner):
    assign_reviewer(article, ReviewerFactory(), user=owner, now=noon(SIGNED))
    article.save_revision().publish()
    assert ReviewSchedule.objects.get(page=article).reviewer is not None
    sign_off(article, on=DUE)
    assert ReviewSchedule.objects.get(page=article).reviewer is None


def refusal(page: ConditionPage, reviewer) -> str:
    with pytest.raises(AssignmentRefused) as refused:
        assign_reviewer(page, reviewer, user=UserFactory(), now=timezone.now())
    return str(refused.value)


def test_who_could_not_sign_is_not_asked_and_the_editor_is_told_why(article):
    assert "has no account here" in refusal(article, ReviewerFactory(user=None))
    lapsed = ReviewerFactory()
    Credential.objects.filter(reviewer=lapsed).update(expires_on=SIGNED)
    assert "has no registration" in refusal(article, lapsed)
    author = ReviewerFactory()
    draft = live(article).get_latest_revision_as_object()
    draft.title = "The author's words"
    draft.save_revision(user=author.user, log_action=True)
    assert f"{author} wrote or edited this article" in refusal(article, author)
    offer, interested = OfferFactory(), ReviewerFactory()
    Interest.objects.create(reviewer=interested, retailer=offer.retailer, what="Shares", declared_on=SIGNED)
    shop = ConditionPageFactory(blocks=[product_box(offer.product)])
    assert "declared an interest" in refusal(shop, interested)


def test_the_editor_assigns_from_the_article_and_takes_it_back(article):
    desk, asked = desk_of(EDITORS), ReviewerFactory(name="Ann Bell")
    address = reverse("medical_review:assign", args=[article.pk])
    editor = reverse("wagtailadmin_pages:edit", args=[article.pk])
    shown = text_of(desk.get(editor))
    assert address in shown
    assert "whoever signed last" in shown
    assert "Signed on 21 February 2024" in text_of(desk.get(address))
    assert "Dr Ann Bell is to review “Thigh pain” next." in text_of(
        desk.post(address, {"reviewer": asked.pk}, follow=True)
    )
    assert "Next reviewer: Dr Ann Bell" in text_of(desk.get(editor))
    report = text_of(desk.get(reverse("articles:index"), {"review": "overdue"}))
    assert "Dr Ann Bell" in report
    desk.post(address, {"reviewer": ""})
    assert ReviewSchedule.objects.get(page=article).reviewer is None
    entries = PageLogEntry.objects.filter(page=article.pk, action="articles.review.assign")
    assert [str(one.formatter.format_message(one)) for one in entries.order_by("timestamp")] == [
        "Next medical review assigned to Dr Ann Bell. Signed on 21 February 2024; reviewed every 24 months (Standard).",
        "The next medical review falls to who signed last",
    ]


@pytest.mark.parametrize("group", [REVIEWERS, COMMERCIAL])
def test_only_who_edits_the_article_assigns(article, group):
    assert is_refused(desk_of(group).get(reverse("medical_review:assign", args=[article.pk])))


def test_a_draft_has_no_next_review(article):
    article.unpublish()
    assert is_refused(desk_of(EDITORS).get(reverse("medical_review:assign", args=[article.pk])))
    assert "Only a published article" in refusal(article, ReviewerFactory())
