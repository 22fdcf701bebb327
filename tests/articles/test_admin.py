"""Articles, people and reviews in the admin, through its real views."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from wagtail.models import GroupApprovalTask, Page, Workflow, WorkflowTask

from articles.models import (
    ArticleImport,
    Author,
    ConditionPage,
    MedicalReview,
    Reference,
    Reviewer,
    ReviewSchedule,
    ReviewTier,
    User,
)
from articles.panels import SHOWN
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, csv_of, desk_of, is_refused, text_of
from tests.factories import (
    AuthorFactory,
    BodyAreaPageFactory,
    ConditionPageFactory,
    OfferFactory,
    ReviewerFactory,
    ReviewTierFactory,
    UserFactory,
    block,
    live,
    product_box,
    sign_off,
)

pytestmark = pytest.mark.django_db

LISTING, SIGN_OFFS = "articles:index", "sign_offs:index"
DAY = datetime.timedelta(days=1)


def url(model: type, view: str, *arguments: object) -> str:
    return reverse(model.snippet_viewset.get_url_name(view), args=arguments)


@pytest.fixture
def editor():
    return desk_of(EDITORS)


@pytest.fixture
def today() -> datetime.date:
    return timezone.localdate()


@pytest.fixture
def overdue(today) -> ConditionPage:
    """An article whose last review is older than its tier allows, within its grace."""
    page = ConditionPageFactory(title="Groin strain", parent=BodyAreaPageFactory(title="Groin"))
    sign_off(page, on=today - 750 * DAY)
    return live(page)


# --- the front page ---------------------------------------------------------------------------------


def test_the_front_page_shows_the_worst_first(editor, overdue, today):
    sign_off(ConditionPageFactory(title="Tennis elbow"), on=today - 760 * DAY)
    page = text_of(editor.get(reverse("wagtailadmin_home")))
    assert "Medical reviews overdue (2)" in page
    assert page.index("Tennis elbow") < page.index("Groin strain")
    assert f"{reverse(LISTING)}?review=overdue" in page


def test_the_front_page_leaves_to_others_what_waits_for_them(editor, overdue, today):
    """An article at a reviewer is no editor's; another reviewer's work is no reviewer's."""
    other = ConditionPageFactory(title="Tennis elbow")
    sign_off(other, on=today - 760 * DAY)
    mine = desk_of(REVIEWERS)
    reviewer = ReviewerFactory(user=mine.user)
    ReviewSchedule.objects.filter(page=overdue).update(reviewer=reviewer)
    page = text_of(mine.get(reverse("wagtailadmin_home")))
    assert "Medical reviews overdue (1)" in page
    assert "Groin strain" in page
    overdue.get_workflow().start(overdue, editor.user)
    page = text_of(editor.get(reverse("wagtailadmin_home")))
    assert "Medical reviews overdue (1)" in page
    assert "Medical reviews overdue" not in text_of(mine.get(reverse("wagtailadmin_home")))


def test_a_reviewer_s_front_page_shows_what_has_waited_longest_and_the_way_to_the_rest(editor):
    area, mine = BodyAreaPageFactory(title="Knee"), desk_of(REVIEWERS)
    for number in range(SHOWN + 1):
        if number == SHOWN:
            assert "that wait for a review" not in text_of(mine.get(reverse("wagtailadmin_home")))
        article = ConditionPageFactory(title=f"Sore knee {number}", parent=area)
        article.get_workflow().start(article, editor.user)
    page = text_of(mine.get(reverse("wagtailadmin_home")))
    awaiting = page[
        page.index("Medical reviews that wait") : page.index(f"All {SHOWN + 1} that wait for a review")
    ]
    assert [f"Sore knee {number}" in awaiting for number in range(SHOWN + 1)] == [True] * SHOWN + [False]
    assert f"{reverse(LISTING)}?review=waiting" in page


def test_a_reviewer_s_own_review_stands_before_those_of_others_and_is_opened_by_its_title(editor):
    area, mine = BodyAreaPageFactory(title="Knee"), desk_of(REVIEWERS)
    older, own = (ConditionPageFactory(title=title, parent=area) for title in ("Older", "Own"))
    sign_off(own, on=datetime.date(2020, 1, 1))
    ReviewSchedule.objects.filter(page=own).update(reviewer=ReviewerFactory(user=mine.user))
    for article in (older, own):
        article.get_workflow().start(article, editor.user)
    page = text_of(mine.get(reverse("wagtailadmin_home")))
    panel = page[page.index("Medical reviews that wait (2)") :]
    assert panel.index("Own") < panel.index("For you") < panel.index("Older")
    for article in (older, own):
        assert reverse("medical_review:review", args=[article.current_workflow_task_state.pk]) in panel


def test_tasks_of_a_publisher_s_own_workflow_keep_wagtail_s_panel(editor):
    area = BodyAreaPageFactory(title="Knee")
    article, other = (ConditionPageFactory(title=title, parent=area) for title in ("Medical", "Legal"))
    article.get_workflow().start(article, editor.user)
    workflow, task = Workflow.objects.create(name="Legal"), GroupApprovalTask.objects.create(name="Legal")
    task.groups.set(editor.user.groups.all())
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    workflow.start(other, editor.user)
    client = Client()
    client.force_login(UserFactory(is_superuser=True))
    page = text_of(client.get(reverse("wagtailadmin_home")))
    assert "Medical reviews that wait (1)" in page
    panel = page[page.index("Awaiting your review") :]
    assert ">Legal</a>" in panel
    assert ">Medical</a>" not in panel


def test_the_front_page_keeps_from_the_commercial_side_what_it_cannot_mend(overdue):
    assert "Medical reviews overdue" not in text_of(desk_of(COMMERCIAL).get(reverse("wagtailadmin_home")))


# --- listings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Author, Reviewer, ReviewTier, Reference])
def test_each_listing_says_what_it_is_for(model):
    client = Client()
    client.force_login(UserFactory(is_superuser=True))
    page = text_of(client.get(url(model, "list")))
    assert model.snippet_viewset.purpose.split(".")[0] in page.replace("&#x27;", "'")


# --- beside the editor ----------------------------------------------------------------------------


def test_the_editor_is_told_the_state_the_imports_notes_and_the_planned_links(editor, overdue):
    overdue.body = [*overdue.body.raw_data, block("see_also", {"topic": "slipped disc", "page": None})]
    overdue.save_revision(user=editor.user)
    ArticleImport.objects.create(
        page_id=overdue.pk, key="x", source="x.txt", imported_at=timezone.now(), unsure=["Line 7: a caption?"]
    )
    page = text_of(editor.get(reverse("wagtailadmin_pages:edit", args=[overdue.pk])))
    assert "This review was due on" in page
    assert "Line 7: a caption?" in page
    assert "<li>slipped disc</li>" in page
    assert "This draft changes words that were reviewed." not in page


def test_a_draft_that_would_void_the_review_is_announced(editor, overdue):
    overdue.standfirst = "Other words."
    overdue.save_revision(user=editor.user)
    page = text_of(editor.get(reverse("wagtailadmin_pages:edit", args=[overdue.pk])))
    assert "This draft changes words that were reviewed." in page


def test_the_editor_sees_which_offers_of_the_article_need_a_look(editor):
    offer = OfferFactory(draft=True)
    article = ConditionPageFactory(blocks=[product_box(offer.product)])
    page = text_of(editor.get(reverse("wagtailadmin_pages:edit", args=[article.pk])))
    assert f"{offer}: Needs an address" in page


# --- people and reviews ---------------------------------------------------------------------------


def test_an_editor_makes_an_author_and_cannot_make_a_reviewer(editor):
    editor.post(url(Author, "add"), {"name": "Robin Writer", "role": "Health writer"})
    assert Author.objects.filter(name="Robin Writer").exists()
    assert is_refused(editor.get(url(Reviewer, "add")))
    assert is_refused(editor.get(url(ReviewTier, "add")))


def test_an_administrator_gives_a_reviewer_registration_and_interests(admin_client):
    reviewer = ReviewerFactory(credential=None)
    data = {
        "honorific": "Dr", "name": reviewer.name, "slug": reviewer.slug, "profession": "Physiotherapist", "is_active": "on",
        "credentials-TOTAL_FORMS": 1, "credentials-INITIAL_FORMS": 0, "credentials-0-regulator": "HCPC",
        "credentials-0-number": "PH1", "credentials-0-verified_on": "2026-01-01",
        "interests-TOTAL_FORMS": 0, "interests-INITIAL_FORMS": 0,
        "leaves-TOTAL_FORMS": 1, "leaves-INITIAL_FORMS": 0, "leaves-0-first_day": "2026-08-01",
        "leaves-0-last_day": "2026-08-14", "minutes_per_month": 240,
    }  # fmt: skip
    assert "None in force: cannot sign" in text_of(admin_client.get(url(Reviewer, "list")))
    admin_client.post(url(Reviewer, "edit", reviewer.pk), data)
    assert "HCPC PH1" in text_of(admin_client.get(url(Reviewer, "list")))
    assert str(reviewer.leaves.get()) == "1 August 2026 to 14 August 2026"


@pytest.mark.parametrize(("model", "factory"), [(Reviewer, ReviewerFactory), (Author, AuthorFactory)])
def test_a_longer_listing_of_people_costs_no_more_queries(
    editor, model, factory, django_assert_max_num_queries, django_assert_num_queries
):
    factory()
    editor.get(url(model, "list"))
    with django_assert_max_num_queries(25) as one:
        editor.get(url(model, "list"))
    factory.create_batch(5)
    with django_assert_num_queries(len(one)):
        editor.get(url(model, "list"))


def test_sign_offs_are_listed_looked_at_and_exported(editor, overdue):
    review = MedicalReview.objects.get()
    assert "Groin strain" in text_of(editor.get(reverse(SIGN_OFFS)))
    page = text_of(editor.get(reverse("sign_offs:inspect", args=[review.pk])))
    assert review.credential in page
    assert "Contraindications and warning signs are stated." in page
    assert review.fingerprint in csv_of(editor.get(reverse(SIGN_OFFS), {"export": "csv"}))[1]


@pytest.mark.parametrize("view", ["add", "edit", "delete"])
def test_there_is_no_door_to_making_or_changing_a_sign_off(view):
    with pytest.raises(NoReverseMatch):
        reverse(f"sign_offs:{view}", args=[1])
    assert not hasattr(MedicalReview, "snippet_viewset")


# --- what stays -----------------------------------------------------------------------------------


def test_a_signed_article_is_not_deleted_and_the_refusal_says_what_to_do(editor, overdue):
    address = reverse("wagtailadmin_pages:delete", args=[overdue.pk])
    for response in (editor.get(address, follow=True), editor.post(address, follow=True)):
        page = text_of(response)
        assert "“Groin strain” cannot be deleted: medical reviews were signed there" in page
        assert reverse("wagtailadmin_pages:unpublish", args=[overdue.pk]) in page
    assert Page.objects.filter(pk=overdue.pk).exists()


def test_a_body_area_with_a_signed_article_is_not_deleted(admin_client, overdue):
    area = overdue.get_parent()
    page = text_of(admin_client.post(reverse("wagtailadmin_pages:delete", args=[area.pk]), follow=True))
    assert "“Groin” cannot be deleted" in page
    assert Page.objects.filter(pk=area.pk).exists()


def test_an_article_that_readers_saw_is_not_deleted(editor):
    article = ConditionPageFactory(title="Groin strain")
    page = text_of(editor.post(reverse("wagtailadmin_pages:delete", args=[article.pk]), follow=True))
    assert "“Groin strain” cannot be deleted: it was published, and what readers saw stays on record" in page
    assert Page.objects.filter(pk=article.pk).exists()


def test_an_article_that_was_never_published_is_deleted(editor):
    article = ConditionPage(title="Only a draft", slug="only-a-draft")
    BodyAreaPageFactory().add_child(instance=article)
    article.save_revision(user=editor.user)
    editor.post(reverse("wagtailadmin_pages:delete", args=[article.pk]))
    assert not Page.objects.filter(pk=article.pk).exists()


def test_a_bulk_deletion_with_a_signed_article_deletes_nothing(editor, overdue):
    other = ConditionPage(title="Only a draft", slug="only-a-draft")
    overdue.get_parent().add_child(instance=other)
    action = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    page = text_of(
        editor.post(f"{action}?id={overdue.pk}&id={other.pk}&next={reverse(LISTING)}", follow=True)
    )
    assert "“Groin strain” cannot be deleted" in page
    assert Page.objects.filter(pk__in=[overdue.pk, other.pk]).count() == 2


def test_a_reviewer_who_signed_is_not_deleted(admin_client, overdue):
    reviewer = Reviewer.objects.get()
    page = text_of(admin_client.post(url(Reviewer, "delete", reviewer.pk), follow=True))
    assert "signed medical reviews, which stay on record" in page
    assert Reviewer.objects.filter(pk=reviewer.pk).exists()


def test_the_account_of_a_reviewer_is_not_deleted_alone_or_in_bulk(admin_client):
    account = ReviewerFactory().user
    page = text_of(admin_client.post(reverse("wagtailusers_users:delete", args=[account.pk]), follow=True))
    assert "belongs to a medical reviewer" in page
    action = reverse("wagtail_bulk_action", args=["articles", "user", "delete"])
    page = text_of(
        admin_client.post(f"{action}?id={account.pk}&next={reverse('wagtailusers_users:index')}", follow=True)
    )
    assert "belongs to a medical reviewer" in page
    assert User.objects.filter(pk=account.pk).exists()


def test_the_account_of_who_published_an_article_is_not_deleted(admin_client):
    account = UserFactory(is_superuser=True)
    ConditionPageFactory().save_revision(user=account).publish(user=account)
    page = text_of(admin_client.post(reverse("wagtailusers_users:delete", args=[account.pk]), follow=True))
    assert "this account published articles or withdrew reviews, which stays on record" in page
    assert User.objects.filter(pk=account.pk).exists()


def test_another_account_is_deleted(admin_client):
    account = UserFactory()
    admin_client.post(reverse("wagtailusers_users:delete", args=[account.pk]))
    assert not User.objects.filter(pk=account.pk).exists()


def test_a_tier_in_use_is_not_deleted(admin_client):
    tier = ReviewTierFactory(slug="odd", is_default=False)
    ConditionPageFactory(review_tier=tier)
    admin_client.post(url(ReviewTier, "delete", tier.pk))
    assert ReviewTier.objects.filter(pk=tier.pk).exists()
