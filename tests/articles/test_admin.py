"""Articles, people and reviews in the admin, through its real views."""

from __future__ import annotations

import datetime
from io import BytesIO

import openpyxl
import pytest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from wagtail.models import Page

from articles.models import ArticleImport, Author, ConditionPage, MedicalReview, Reviewer, ReviewTier, User
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
    paragraph,
    product_box,
    sign_off,
)

pytestmark = pytest.mark.django_db

LISTING, OVERDUE, SIGN_OFFS = "articles:index", "overdue_articles:index", "sign_offs:index"
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


# --- the listing of articles ----------------------------------------------------------------------


def test_articles_are_listed_with_the_state_that_readers_are_told(editor, overdue, today):
    current = ConditionPageFactory(title="Tennis elbow")
    sign_off(current, on=today)
    changed = ConditionPageFactory(title="Sprained ankle")
    sign_off(changed, on=today)
    edited = live(changed)
    edited.standfirst = "Other words."
    edited.save_revision().publish()
    ConditionPageFactory(title="Runner's knee")
    shown = editor.get(reverse(LISTING)).context["object_list"]
    assert {page.title: page.review_state for page in shown} == {
        "Groin strain": "Overdue",
        "Tennis elbow": "Current",
        "Sprained ankle": "Changed since review",
        "Runner's knee": "Never reviewed",
    }


def test_an_article_without_a_due_date_is_listed_too(editor):
    page = ConditionPageFactory(title="Only a draft")
    page.unpublish()
    page.review_schedule.delete()
    assert "Only a draft" in text_of(editor.get(reverse(LISTING)))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"review": "overdue"}, {"Groin strain"}),
        ({"review": "due_soon"}, set()),
        ({"body_area": "Groin"}, {"Groin strain"}),
        ({"review_tier": "Standard"}, {"Groin strain"}),
        ({"review_tier": "High risk"}, {"Tennis elbow"}),
    ],
)
def test_articles_are_filtered(editor, overdue, today, filters, found):
    other = ConditionPageFactory(title="Tennis elbow", review_tier=ReviewTier.objects.get(name="High risk"))
    sign_off(other, on=today)
    keys = {"body_area": ("title", Page), "review_tier": ("name", ReviewTier)}
    chosen = {
        name: keys[name][1].objects.get(**{keys[name][0]: value}).pk if name in keys else value
        for name, value in filters.items()
    }
    shown = editor.get(reverse(LISTING), chosen).context["object_list"]
    assert {page.title for page in shown} == found


def test_the_listing_is_exported_with_its_states(editor, overdue):
    heading, row = csv_of(editor.get(reverse(LISTING), {"export": "csv"}))
    assert heading == "Title,Address,Medical review,Review due,Published,Status"
    assert row.startswith("Groin strain,")
    assert ",Overdue," in row


def test_a_longer_listing_costs_no_more_queries(
    editor, overdue, today, django_assert_max_num_queries, django_assert_num_queries
):
    editor.get(reverse(LISTING))
    with django_assert_max_num_queries(45) as one:
        editor.get(reverse(LISTING))
    for _ in range(6):
        sign_off(ConditionPageFactory(parent=overdue.get_parent(), blocks=[paragraph("Words.")]), on=today)
    with django_assert_num_queries(len(one)):
        editor.get(reverse(LISTING))


# --- the report of overdue articles ---------------------------------------------------------------


def test_the_report_says_how_late_each_article_is_and_why(editor, overdue, today):
    sign_off(ConditionPageFactory(title="Tennis elbow"), on=today)
    response = editor.get(reverse(OVERDUE))
    page = text_of(response)
    assert "Groin strain" in page
    assert "Tennis elbow" not in page
    assert "reviewed every 24 months (Standard)" in page
    assert reverse("wagtailadmin_pages:edit", args=[overdue.pk]) in page
    (row,) = response.context["table"].data
    assert (row.state, row.body_area) == ("Overdue", "Groin")
    assert row.days_overdue == (today - overdue.review_schedule.due_on).days > 0


def test_the_report_is_exported_with_days_as_numbers(editor, overdue, today):
    heading, row = csv_of(editor.get(reverse(OVERDUE), {"export": "csv"}))
    assert heading == "Article,Body area,State,Due,Days overdue,Why,Last review,Owner,Next reviewer"
    late = (today - overdue.review_schedule.due_on).days
    assert row.startswith(f"Groin strain,Groin,Overdue,{overdue.review_schedule.due_on},{late},")
    xlsx = editor.get(reverse(OVERDUE), {"export": "xlsx"})
    sheet = openpyxl.load_workbook(BytesIO(b"".join(xlsx.streaming_content))).active
    assert sheet["E2"].value == late


@pytest.mark.parametrize(("name", "length"), [("Groin", 1), ("Elbow", 0)])
def test_the_report_is_filtered_by_body_area(editor, overdue, name, length):
    BodyAreaPageFactory(title="Elbow")
    area = Page.objects.get(title=name)
    assert len(editor.get(reverse(OVERDUE), {"body_area": area.pk}).context["table"].data) == length


@pytest.mark.parametrize(("name", "length"), [("Standard", 1), ("Low risk", 0)])
def test_the_report_is_filtered_by_tier(editor, overdue, name, length):
    tier = ReviewTier.objects.get(name=name)
    assert len(editor.get(reverse(OVERDUE), {"review_tier": tier.pk}).context["table"].data) == length


def test_a_reviewer_is_led_to_where_a_review_is_begun_or_waits(overdue):
    desk = desk_of(REVIEWERS)
    begin = reverse("medical_review:begin", args=[overdue.pk])
    for address in (reverse(OVERDUE), reverse("wagtailadmin_home")):
        page = text_of(desk.get(address))
        assert begin in page
        assert reverse("wagtailadmin_pages:edit", args=[overdue.pk]) not in page
    overdue.get_workflow().start(overdue, UserFactory())
    review = reverse("medical_review:review", args=[overdue.current_workflow_task_state.pk])
    for address in (reverse(OVERDUE), reverse("wagtailadmin_home")):
        page = text_of(desk.get(address))
        assert review in page
        assert begin not in page


@pytest.mark.parametrize("group", [EDITORS, REVIEWERS])
def test_a_longer_report_costs_no_more_queries(
    overdue, today, group, django_assert_max_num_queries, django_assert_num_queries
):
    somebody = desk_of(group)
    somebody.get(reverse(OVERDUE))
    with django_assert_max_num_queries(35) as one:
        somebody.get(reverse(OVERDUE))
    for _ in range(5):
        sign_off(
            ConditionPageFactory(parent=overdue.get_parent(), blocks=[paragraph("Words.")]),
            on=today - 800 * DAY,
        )
    with django_assert_num_queries(len(one)):
        somebody.get(reverse(OVERDUE))


def test_the_front_page_shows_the_worst_first(editor, overdue, today):
    sign_off(ConditionPageFactory(title="Tennis elbow"), on=today - 760 * DAY)
    page = text_of(editor.get(reverse("wagtailadmin_home")))
    assert "Medical reviews overdue (2)" in page
    assert page.index("Tennis elbow") < page.index("Groin strain")
    assert reverse(OVERDUE) in page


def test_the_front_page_keeps_from_the_commercial_side_what_it_cannot_mend(overdue):
    assert "Medical reviews overdue" not in text_of(desk_of(COMMERCIAL).get(reverse("wagtailadmin_home")))


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
