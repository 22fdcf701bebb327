"""Changing how often articles are reviewed: the effect is shown before it is saved, then the dates follow."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import tasks.reviews
from articles.days import site_day
from articles.governance import TriggerKind, due_dates
from articles.models import ConditionPage, Reviewer, ReviewSchedule, ReviewTier
from articles.rule_changes import apply_changed_rules, effect_of
from articles.triggers import call_for_review
from tests.desk import EDITORS, desk_of, text_of
from tests.editing import save_in_tab
from tests.factories import (
    ConditionPageFactory,
    ReviewerFactory,
    ReviewTierFactory,
    reviewed_article,
    thigh,
)

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def today() -> datetime.date:
    return site_day(timezone.now())


def signed(days_ago: int, **values) -> ConditionPage:
    """An article that was signed some days ago."""
    reviewer = Reviewer.objects.first() or ReviewerFactory()
    return reviewed_article(reviewer, on=site_day(timezone.now()) - days_ago * DAY, parent=thigh(), **values)


@pytest.fixture
def standard() -> ReviewTier:
    """24 months, 90 days of grace: the default."""
    return ReviewTier.objects.get(slug="standard")


def due(page: ConditionPage) -> datetime.date:
    return ReviewSchedule.objects.get(page=page).due_on


@pytest.fixture
def articles(standard) -> dict[str, ConditionPage]:
    """Without a tier of their own, but one."""
    ReviewTierFactory(slug="other", interval_months=6)
    return {
        "fresh": signed(10, title="Fresh"),
        "a year old": signed(400, title="A year old"),
        "older": signed(600, title="Older"),
        "own interval": signed(300, title="Own", review_interval_months=36),
        "other tier": signed(300, title="Other", review_tier=ReviewTier.objects.get(slug="other")),
        "never": ConditionPageFactory(title="Never"),
    }


def test_the_effect_says_what_moves_and_what_becomes_of_it(articles, standard, today):
    standard.interval_months = 12
    effect = effect_of(standard, today=today)
    assert (effect.governed, effect.earlier, effect.later) == (4, 3, 0)
    assert (effect.become_overdue, effect.become_expired, effect.come_back) == (2, 1, 0)
    assert [shift.title for shift in effect.examples] == ["Older", "A year old", "Fresh"]
    assert effect.examples[2].due_on == due(articles["fresh"])
    assert effect.examples[2].due_then == due_dates(today - 10 * DAY, standard.rule())[0]
    assert due(articles["fresh"]) != effect.examples[2].due_then


def test_a_longer_interval_or_grace_brings_badges_back(standard, today):
    signed(900)
    standard.grace_days = 365
    assert (effect_of(standard, today=today).come_back, effect_of(standard, today=today).moved) == (1, 0)
    standard.grace_days, standard.interval_months = 90, 36
    effect = effect_of(standard, today=today)
    assert (effect.come_back, effect.later) == (1, 1)


def test_to_withhold_buy_buttons_is_felt_by_what_has_expired(standard, today):
    signed(900)
    signed(10)
    standard.withhold_offers = True
    assert effect_of(standard, today=today).lose_buttons == 1


def test_a_call_for_review_stays_the_earlier_date(standard, today):
    page = signed(100)
    call_for_review(page, kind=TriggerKind.SAFETY_ALERT, reason="Alert 7.", now=timezone.now() - 2 * DAY)
    standard.interval_months = 36
    assert effect_of(standard, today=today).moved == 0
    standard.interval_months = 1
    assert effect_of(standard, today=today).earlier == 1


def test_a_change_of_name_or_window_is_not_felt_by_readers(articles, standard, today):
    standard.name, standard.due_soon_days = "Usual", 30
    assert not effect_of(standard, today=today).is_felt


def test_the_effect_costs_no_more_queries_for_more_articles(
    articles, standard, today, django_assert_max_num_queries
):
    standard.interval_months = 12
    with django_assert_max_num_queries(2):
        effect_of(standard, today=today)


def test_what_was_announced_is_what_happens(articles, standard, today):
    standard.interval_months = 12
    announced = {shift.title: shift.due_then for shift in effect_of(standard, today=today).examples}
    before = {name: due(page) for name, page in articles.items()}
    standard.save()
    assert apply_changed_rules(now=timezone.now()) == 5
    for name, page in articles.items():
        assert due(page) == announced.get(page.title, before[name])
    assert "reviewed every 12 months (Standard)" in ReviewSchedule.objects.get(page=articles["fresh"]).why
    assert apply_changed_rules(now=timezone.now()) == 0


def test_a_change_by_a_program_is_found_by_the_hourly_job(articles, standard):
    standard.interval_months = 12
    standard.save()
    before = due(articles["fresh"])
    tasks.reviews.flag_overdue()
    assert due(articles["fresh"]) < before


def test_more_than_can_be_waited_for_is_left_to_the_job(articles, standard):
    standard.interval_months = 12
    standard.save()
    assert apply_changed_rules(now=timezone.now(), most=2) == 2
    assert ReviewSchedule.objects.filter(rules_changed=True).count() == 3


# --- in the admin ---------------------------------------------------------------------------------


def edit(client: Client, tier: ReviewTier, **changes):
    values = {
        "name": tier.name,
        "slug": tier.slug,
        "interval_months": tier.interval_months,
        "due_soon_days": tier.due_soon_days,
        "grace_days": tier.grace_days,
        "review_minutes": tier.review_minutes,
        "withhold_offers": "on" if tier.withhold_offers else "",
        "is_default": "on" if tier.is_default else "",
        **changes,
    }
    address = reverse(ReviewTier.snippet_viewset.get_url_name("edit"), args=[tier.pk])
    return client.post(address, {name: value for name, value in values.items() if value != ""})


def test_the_effect_is_shown_and_nothing_saved_until_it_is_saved_again(articles, standard, admin_client):
    before = due(articles["fresh"])
    answer = edit(admin_client, standard, interval_months=12)
    shown = text_of(answer)
    assert "3 of 4 reviewed articles move: 3 earlier, 0 later." in shown
    assert "2 become overdue at once." in shown
    assert "1 expires at once" in shown
    standard.refresh_from_db()
    assert standard.interval_months == 24
    edit(admin_client, standard, interval_months=6, effect_seen=answer.context["effect_seen"])
    standard.refresh_from_db()
    assert standard.interval_months == 24  # another change than the one whose effect was shown
    assert (
        edit(
            admin_client, standard, interval_months=12, effect_seen=answer.context["effect_seen"]
        ).status_code
        == 302
    )
    standard.refresh_from_db()
    assert standard.interval_months == 12
    assert due(articles["fresh"]) < before


def test_a_change_without_effect_is_saved_at_once(articles, standard, admin_client):
    assert edit(admin_client, standard, review_minutes=45).status_code == 302


def test_another_tier_becomes_the_default_and_takes_the_articles_without_one(
    articles, standard, admin_client
):
    other = ReviewTier.objects.get(slug="other")
    answer = edit(admin_client, other, is_default="on")
    assert "of 5 reviewed articles" in text_of(answer)
    edit(admin_client, other, is_default="on", effect_seen=answer.context["effect_seen"])
    assert [one.slug for one in ReviewTier.objects.filter(is_default=True)] == ["other"]
    assert "(Other)" in ReviewSchedule.objects.get(page=articles["fresh"]).why


def test_there_is_always_a_default_tier(standard, admin_client):
    assert "make another one the default instead" in text_of(edit(admin_client, standard, is_default=""))
    address = reverse(ReviewTier.snippet_viewset.get_url_name("delete"), args=[standard.pk])
    assert "is the default tier and cannot be deleted" in text_of(admin_client.post(address, follow=True))
    assert ReviewTier.objects.get(is_default=True) == standard


def test_the_effect_of_an_article_s_own_interval_is_shown_before_it_is_published(today):
    page = signed(100, title="Thigh pain")
    desk = desk_of(EDITORS)
    save_in_tab(desk, page, "Thigh pain", review_interval_months="12")
    shown = text_of(desk.get(reverse("wagtailadmin_pages:edit", args=[page.pk])))
    rule = ReviewTier.objects.get(is_default=True).rule(interval_months=12)
    then, _ = due_dates(today - 100 * DAY, rule)
    assert f"Once published it is due {then:%-d %B %Y} instead of {due(page):%-d %B %Y}." in shown
    save_in_tab(desk, page, "Thigh pain", review_interval_months="12", **{"action-publish": "1"})
    assert due(page) == then
