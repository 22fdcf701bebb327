"""A page that the site's own addresses would hide is refused, where a person can still choose another slug."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from articles.models import BodyAreaPage, ConditionPage, InformationPage
from articles.reserved_slugs import reserved_slugs
from tests.factories import BodyAreaPageFactory, ConditionPageFactory, home_page

pytestmark = pytest.mark.django_db

OURS = ("search", "feed", "reviewers", "go", "clicked", "region", "report-a-problem", "health", "admin", "static", "media",
        "documents", "_components", "_util")  # fmt: skip


def test_every_address_of_the_site_itself_is_known():
    assert set(OURS) <= reserved_slugs()
    assert not {"thigh", "knee", "how-we-review", "corrections", "privacy"} & reserved_slugs()


@pytest.mark.parametrize("slug", OURS)
@pytest.mark.parametrize("kind", [BodyAreaPage, InformationPage])
def test_a_hidden_page_cannot_be_made(kind, slug):
    with pytest.raises(ValidationError, match=f'the address "/{slug}/" itself'):
        home_page().add_child(instance=kind(title="A page", slug=slug))


def test_a_title_that_makes_such_a_slug_is_refused_too():
    with pytest.raises(ValidationError, match="Choose another slug"):
        home_page().add_child(instance=BodyAreaPage(title="Search"))


def test_an_article_may_have_any_slug(client):
    page = ConditionPageFactory(parent=BodyAreaPageFactory(), slug="search")
    assert client.get(page.url).status_code == 200
    assert ConditionPage.objects.filter(slug="search").exists()


def test_the_editor_and_the_copy_form_say_so_beside_the_slug(admin_client):
    home, area = home_page(), BodyAreaPageFactory(slug="thigh")
    add = reverse("wagtailadmin_pages:add", args=["articles", "bodyareapage", home.pk])
    form = {"title": "Search", "slug": "search", "standfirst": "", "seo_title": "", "search_description": ""}
    form |= {"comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0", "action-publish": "1"}
    copy = reverse("wagtailadmin_pages:copy", args=[area.pk])
    asked = {"new_title": "Go", "new_slug": "go", "new_parent_page": home.pk, "copy_subpages": ""}
    for address, values, slug in ((add, form, "search"), (copy, asked, "go")):
        answer = admin_client.post(address, values)
        assert answer.status_code == 200
        assert f"the site uses the address &quot;/{slug}/&quot; itself" in answer.content.decode()
    assert BodyAreaPage.objects.count() == 1
