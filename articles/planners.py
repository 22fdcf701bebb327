"""Who plans medical reviews, and whose work they may see."""

from __future__ import annotations

from typing import Any

from wagtail.models import Page
from wagtail.permissions import policy_registry

from articles.models import Reviewer, ReviewSchedule
from articles.querysets import ReviewScheduleQuerySet
from articles.workload import with_reviewer

MAY_LEAD = "articles.lead_reviews"
MAY_SIGN = "articles.sign_medicalreview"


def may_plan(user: Any) -> bool:
    """Whether somebody plans reviews: the review leads, and who may change some page."""
    policy = policy_registry.get_by_type(Page)
    return bool(user.has_perm(MAY_LEAD) or policy.user_has_permission(user, "change"))


def may_see_calendar(user: Any) -> bool:
    """Whether somebody plans reviews, or does them."""
    return may_plan(user) or bool(user.has_perm(MAY_SIGN))


def reviewer_of(user: Any) -> Reviewer | None:
    """The active reviewer whose account it is."""
    return Reviewer.objects.filter(user=user.pk, is_active=True).first()


def plannable(user: Any) -> ReviewScheduleQuerySet:
    """The schedules of live articles that an account may plan: a lead all, an editor those they may change."""
    schedules = ReviewSchedule.objects.filter(page__live=True)
    if user.has_perm(MAY_LEAD):
        return schedules
    pages = policy_registry.get_by_type(Page).instances_user_has_permission_for(user, "change")
    return schedules.filter(page__in=pages.order_by().values("pk"))


def visible(user: Any) -> ReviewScheduleQuerySet:
    """The schedules of live articles whose reviews an account sees: what it may plan, or else its own work."""
    if may_plan(user):
        return plannable(user)
    own = reviewer_of(user)
    schedules = ReviewSchedule.objects.filter(page__live=True)
    return with_reviewer(schedules).filter(falls_to=own.pk) if own else schedules.none()
