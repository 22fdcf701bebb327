"""The groups that the migration makes: who gets in where, and that nobody gets more."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from wagtail.models import GroupPagePermission

from articles.models import Author, ConditionPage, Reviewer, ReviewTier
from products.models import Offer, Product, Programme, Region, Retailer
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, desk_of, is_refused, text_of
from tests.factories import BodyAreaPageFactory, ConditionPageFactory

pytestmark = pytest.mark.django_db

EVERYBODY = {EDITORS, REVIEWERS, COMMERCIAL}
DOORS = {
    "wagtailadmin_home": EVERYBODY,
    "articles:index": {EDITORS, REVIEWERS},
    "reschedulings:index": {EDITORS},
    "sign_offs:index": {EDITORS, REVIEWERS},
    "link_health:index": EVERYBODY,
    "mass_checks:index": {EDITORS, COMMERCIAL},
    "wagtailimages:index": {EDITORS, COMMERCIAL},
    "wagtaildocs:index": {EDITORS},
    "wagtailadmin_collections:index": {EDITORS},
    "wagtailredirects:index": {EDITORS},
    "wagtailusers_users:index": set(),
    "wagtailusers_groups:index": set(),
    "wagtailsites:index": set(),
    "wagtailadmin_workflows:index": set(),
}
LISTS = {
    Product: EVERYBODY,
    Offer: EVERYBODY,
    Retailer: {EDITORS, COMMERCIAL},
    Programme: {EDITORS, COMMERCIAL},
    Region: {EDITORS, COMMERCIAL},
    Author: {EDITORS},
    Reviewer: {EDITORS, REVIEWERS},
    ReviewTier: {EDITORS, REVIEWERS},
}
MAKERS = {
    Product: {EDITORS, COMMERCIAL},
    Offer: {EDITORS, COMMERCIAL},
    Retailer: {EDITORS, COMMERCIAL},
    Programme: {COMMERCIAL},
    Region: {COMMERCIAL},
    Author: {EDITORS},
    Reviewer: set(),
    ReviewTier: set(),
}


@pytest.mark.parametrize("group", sorted(EVERYBODY))
def test_each_group_opens_its_own_doors_and_no_others(group):
    somebody = desk_of(group)
    opened = {
        door for door in DOORS if not is_refused(somebody.get(reverse(door))) or door == "wagtailadmin_home"
    }
    assert opened == {door for door, groups in DOORS.items() if group in groups}


@pytest.mark.parametrize("group", sorted(EVERYBODY))
@pytest.mark.parametrize(("view", "table"), [("list", LISTS), ("add", MAKERS)])
def test_each_group_sees_and_makes_what_it_should(group, view, table):
    somebody = desk_of(group)
    addresses = {model: reverse(model.snippet_viewset.get_url_name(view)) for model in table}
    opened = {model for model, address in addresses.items() if not is_refused(somebody.get(address))}
    assert opened == {model for model, groups in table.items() if group in groups}


@pytest.mark.parametrize(
    ("group", "shown", "hidden"),
    [
        (EDITORS, ["Articles", "Re-schedulings", "Link health", "Review tiers"], ["Snippets"]),
        (REVIEWERS, ["Articles", "Sign-offs"], ["Re-schedulings", "Retailers", "Authors", "Snippets"]),
        (
            COMMERCIAL,
            ["Link health", "Programmes"],
            ["Articles", "Re-schedulings", "Reviewers", "Snippets"],
        ),
    ],
)
def test_the_menu_shows_what_the_group_may_open(group, shown, hidden):
    page = text_of(desk_of(group).get(reverse("wagtailadmin_home")))
    assert [label for label in shown if f'"label": "{label}"' not in page] == []
    assert [label for label in hidden if f'"label": "{label}"' in page] == []


def test_an_editor_makes_and_publishes_an_article_anywhere_under_the_home_page():
    area, editor = BodyAreaPageFactory(), desk_of(EDITORS)
    address = reverse("wagtailadmin_pages:add", args=["articles", "conditionpage", area.pk])
    data = {
        "title": "Tennis elbow", "slug": "tennis-elbow", "standfirst": "", "body-count": 0,
        "related_articles-TOTAL_FORMS": 0, "related_articles-INITIAL_FORMS": 0,
        "comments-TOTAL_FORMS": 0, "comments-INITIAL_FORMS": 0, "action-publish": "1",
    }  # fmt: skip
    response = editor.post(address, data)
    assert response.status_code == 302
    assert ConditionPage.objects.get(slug="tennis-elbow").live


def test_a_reviewer_walks_the_tree_and_changes_no_page():
    article, reviewer = ConditionPageFactory(), desk_of(REVIEWERS)
    assert article.title in text_of(
        reviewer.get(reverse("wagtailadmin_explore", args=[article.get_parent().pk]))
    )
    for view in ("edit", "delete", "unpublish", "move"):
        assert is_refused(reviewer.get(reverse(f"wagtailadmin_pages:{view}", args=[article.pk])))


def test_only_reviewers_may_sign():
    may_sign = Group.objects.filter(permissions__codename="sign_medicalreview")
    assert [group.name for group in may_sign] == [REVIEWERS]


def test_nobody_is_given_what_must_not_be_done_to_a_sign_off():
    assert not Group.objects.filter(
        permissions__codename__in=["add_medicalreview", "change_medicalreview", "delete_medicalreview"]
    )


def test_only_editors_publish():
    publishers = GroupPagePermission.objects.filter(
        permission__codename="publish_page", group__name__in=EVERYBODY
    )
    assert {permission.group.name for permission in publishers} == {EDITORS}


def test_an_administrator_can_give_a_group_the_right_to_sign(admin_client):
    assert "Can sign medical reviews" in text_of(admin_client.get(reverse("wagtailusers_groups:add")))
