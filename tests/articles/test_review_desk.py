"""The review desk through its real views: what it tells, how it is narrowed and ordered, and what is done from it."""

from __future__ import annotations

import datetime
from io import BytesIO
from urllib.parse import urlencode

import openpyxl
import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.models import EditingSession
from wagtail.models import Page, PageLogEntry, TaskState

from articles.governance import TriggerKind
from articles.models import (
    ConditionPage,
    Credential,
    Interest,
    MedicalReview,
    MedicalReviewTaskState,
    Rescheduling,
    Reviewer,
    ReviewSchedule,
    ReviewTier,
)
from articles.rescheduling import reschedule, undo
from articles.triggers import call_for_review
from products.models import Clicks
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, csv_of, desk_of, is_refused, text_of
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    OfferFactory,
    ReviewerFactory,
    UserFactory,
    paragraph,
    product_box,
    reviewed_article,
    sign_off,
    thigh,
)

pytestmark = pytest.mark.django_db

DESK, LEADS = "articles:index", "Review leads"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def editor():
    return desk_of(EDITORS)


@pytest.fixture
def today() -> datetime.date:
    return timezone.localdate()


@pytest.fixture(scope="module")
def signed_on(django_db_setup):
    """Makes an article that was signed some days ago."""

    def article(title: str, days_ago: int, reviewer=None, **values) -> ConditionPage:
        values.setdefault("parent", thigh())
        return reviewed_article(reviewer, on=timezone.localdate() - days_ago * DAY, title=title, **values)

    return article


@pytest.fixture
def overdue(signed_on) -> ConditionPage:
    """Past its due date, within its grace."""
    return signed_on("Groin strain", 750, parent=BodyAreaPageFactory(title="Groin"))


def titles(response) -> list[str]:
    return [page.title for page in response.context["object_list"]]


def rows(response) -> dict[str, object]:
    return {page.title: page.desk for page in response.context["object_list"]}


def plans() -> list[dict]:
    """Every value of every schedule."""
    return list(ReviewSchedule.objects.order_by("page_id").values())


def action(name: str, *pages: Page, **more: object) -> str:
    """The address to which the listing's footer leads."""
    chosen = [("id", page.pk) for page in pages] or [("id", "all")]
    query = urlencode([*chosen, *more.items(), ("next", reverse(DESK))])
    return f"{reverse('wagtail_bulk_action', args=['articles', 'conditionpage', name])}?{query}"


# --- what it tells --------------------------------------------------------------------------------


def test_articles_are_listed_with_the_state_that_readers_are_told(editor, overdue, signed_on):
    signed_on("Tennis elbow", 0)
    edited = signed_on("Sprained ankle", 0)
    edited.standfirst = "Other words."
    edited.save_revision().publish()
    ConditionPageFactory(title="Runner's knee")
    ConditionPageFactory(title="Only a draft", draft=True)
    assert {title: row.state for title, row in rows(editor.get(reverse(DESK))).items()} == {
        "Groin strain": "Overdue",
        "Tennis elbow": "Current",
        "Sprained ankle": "Changed since review",
        "Runner's knee": "Never reviewed",
        "Only a draft": "Not published",
    }


def test_a_row_says_why_how_late_whose_and_what_it_earns(editor, overdue, today):
    offer = OfferFactory()
    for days, people in ((0, 3), (29, 4), (30, 100)):
        Clicks.objects.create(day=today - days * DAY, offer=offer, page=overdue, people=people, others=9)
    reschedule({overdue.pk: today + DAY}, reason="A guideline is due.", now=timezone.now())
    row = rows(editor.get(reverse(DESK)))["Groin strain"]
    assert (row.days_overdue, row.clicks, row.risk) == (
        (today - overdue.review_schedule.due_on).days,
        7,
        "Standard",
    )
    assert (row.planned_on, row.planned_why) == (today + DAY, "A guideline is due.")
    assert (row.reviewer, row.is_asked) == (str(MedicalReview.objects.get().reviewer), False)
    assert row.why.endswith("reviewed every 24 months (Standard).")


def test_an_article_without_a_schedule_is_listed_too(editor):
    page = ConditionPageFactory(title="Only a draft")
    page.unpublish()
    page.review_schedule.delete()
    assert "Only a draft" in text_of(editor.get(reverse(DESK)))


def test_a_reviewer_is_led_to_where_a_review_is_begun_or_waits(overdue):
    desk = desk_of(REVIEWERS)
    ReviewSchedule.objects.filter(page=overdue).update(reviewer=ReviewerFactory(user=desk.user))
    begin = reverse("medical_review:begin", args=[overdue.pk])
    for address in (reverse(DESK), reverse("wagtailadmin_home")):
        page = text_of(desk.get(address))
        assert begin in page
        assert reverse("wagtailadmin_pages:edit", args=[overdue.pk]) not in page
    overdue.get_workflow().start(overdue, UserFactory())
    review = reverse("medical_review:review", args=[overdue.current_workflow_task_state.pk])
    for address in (reverse(DESK), reverse("wagtailadmin_home")):
        page = text_of(desk.get(address))
        assert review in page
        assert begin not in page


def test_the_desk_is_exported_with_its_days_as_numbers(editor, overdue, today):
    heading, row = csv_of(editor.get(reverse(DESK), {"export": "csv"}))
    assert heading == (
        "Title,Address,Body area,Medical review,Why due,Risk,Review due,Days overdue,Planned,Why planned then,"
        'Last review,Next reviewer,"Clicks, 30 days",Owner,Published,Status'
    )
    assert row.startswith("Groin strain,")
    assert ",Groin,Overdue," in row
    xlsx = editor.get(reverse(DESK), {"export": "xlsx"})
    sheet = openpyxl.load_workbook(BytesIO(b"".join(xlsx.streaming_content))).active
    assert sheet["H2"].value == (today - overdue.review_schedule.due_on).days


# --- how it is narrowed and ordered ---------------------------------------------------------------


@pytest.fixture
def desk_of_all(signed_on, overdue, today):
    """One article in each state. The names say which."""
    ann, bea = ReviewerFactory(name="Ann Bell"), ReviewerFactory(name="Bea Cole")
    high = ReviewTier.objects.get(slug="high_risk")
    signed_on("Due soon", 720, ann)
    signed_on("Expired", 1200, ann, review_tier=high)
    changed = signed_on("Changed", 30, ann)
    changed.standfirst = "Other words."
    changed.save_revision().publish()
    ConditionPageFactory(title="Never reviewed", owner=UserFactory(username="olga"))
    waiting = signed_on("Waiting", 10, bea)
    waiting.get_workflow().start(waiting, UserFactory())
    planned = signed_on("Planned", 20, bea, owner=UserFactory(username="pat"))
    reschedule({planned.pk: today + 100 * DAY}, now=timezone.now())


NARROWED = [
    ({"review": "overdue"}, {"Groin strain", "Expired"}),
    ({"review": "due_soon"}, {"Due soon", "Never reviewed"}),
    ({"review": "expired"}, {"Expired"}),
    ({"review": "changed"}, {"Changed"}),
    ({"review": "never"}, {"Never reviewed"}),
    ({"review": "waiting"}, {"Waiting"}),
    ({"body_area": "Groin"}, {"Groin strain"}),
    ({"review_tier": "High risk"}, {"Expired"}),
    ({"reviewer": "Bea Cole"}, {"Waiting", "Planned"}),
    ({"reviewer": "nobody"}, {"Never reviewed"}),
    ({"month": "planned"}, {"Planned"}),
    ({"owner": "pat"}, {"Planned"}),
    ({"q": "strain GROIN"}, {"Groin strain"}),
    ({"q": "e", "ordering": "-clicks", "review": "expired"}, {"Expired"}),
    ({"reviewer": "Ann Bell", "review": "overdue"}, {"Expired"}),
]


def test_the_desk_is_narrowed(editor, desk_of_all, overdue, today):
    keys = {
        "body_area": lambda name: Page.objects.get(title=name).pk,
        "review_tier": lambda name: ReviewTier.objects.get(name=name).pk,
        "reviewer": lambda name: (
            name if name == "nobody" else MedicalReview.objects.filter(reviewer__name=name)[0].reviewer_id
        ),
        "owner": lambda name: ConditionPage.objects.get(owner__username=name).owner_id,
        "month": lambda _: f"{today + 100 * DAY:%Y-%m}",
    }
    for filters, found in NARROWED:
        chosen = {name: keys[name](value) if name in keys else value for name, value in filters.items()}
        response = editor.get(reverse(DESK), chosen)
        assert response.context["filters"].is_valid()
        assert (filters, set(titles(response))) == (filters, found)
    for stands, label in (
        ("changed", "Changed since review"),
        ("expired", "Expired"),
        ("never", "Never reviewed"),
    ):
        said = {row.state for row in rows(editor.get(reverse(DESK), {"review": stands})).values()}
        assert said == {label}


def test_the_worst_come_first_and_a_day_late_weighs_by_the_risk(editor, signed_on):
    tiers = {tier.slug: tier for tier in ReviewTier.objects.all()}
    signed_on("Low, 90 days late", 1096 + 90, review_tier=tiers["low"])
    signed_on("High, 60 days late", 365 + 60, review_tier=tiers["high_risk"])
    signed_on("Low, 20 days late", 1096 + 20, review_tier=tiers["low"])
    signed_on("High, due in 300 days", 65, review_tier=tiers["high_risk"])
    signed_on("Low, due in 20 days", 1076, review_tier=tiers["low"])
    alarming = signed_on("Safety alert", 10)
    call_for_review(alarming, kind=TriggerKind.SAFETY_ALERT, reason="A recall.", now=timezone.now())
    ConditionPageFactory(title="Draft", draft=True)
    assert titles(editor.get(reverse(DESK))) == [
        "Safety alert", "High, 60 days late", "Low, 90 days late", "Low, 20 days late", "Low, due in 20 days",
        "High, due in 300 days", "Draft",
    ]  # fmt: skip


SORTED = [
    ("due_on", "Expired", "Waiting"),
    ("planned_on", "Planned", None),
    ("risk", "Expired", None),
    ("-reviewer", "Groin strain", "Never reviewed"),
    ("-clicks", "Changed", None),
    ("title", "Changed", "Waiting"),
    ("-title", "Waiting", "Changed"),
]


def test_the_desk_is_sorted_by_each_column(editor, desk_of_all, today):
    changed = ConditionPage.objects.get(title="Changed")
    Clicks.objects.create(day=today, offer=OfferFactory(), page=changed, people=2)
    Reviewer.objects.filter(medical_reviews__page__title="Groin strain").update(name="Zoe Young")
    for ordering, first, last in SORTED:
        shown = titles(editor.get(reverse(DESK), {"ordering": ordering}))
        assert (ordering, len(shown), shown[0]) == (ordering, 7, first)
        assert last in (None, shown[-1]), ordering


@pytest.mark.parametrize("group", [EDITORS, REVIEWERS])
def test_a_longer_desk_costs_no_more_queries(
    overdue, today, group, django_assert_max_num_queries, django_assert_num_queries
):
    somebody = desk_of(group)
    somebody.get(reverse(DESK))
    with django_assert_max_num_queries(55) as one:
        somebody.get(reverse(DESK))
    for number in range(6):
        reviewed_article(
            on=today - number * 300 * DAY, parent=overdue.get_parent(), blocks=[paragraph("Words.")]
        )
    with django_assert_num_queries(len(one)):
        somebody.get(reverse(DESK))


# --- who may --------------------------------------------------------------------------------------


def lead():
    """A review lead who has nothing to do with pages."""
    return desk_of(LEADS)


@pytest.mark.parametrize(
    ("group", "reads", "reschedules", "asks"),
    [(EDITORS, True, True, True), (LEADS, True, True, False), (REVIEWERS, True, False, False), (COMMERCIAL, False, False, False)],
)  # fmt: skip
def test_each_group_reads_and_plans_what_it_should(overdue, today, group, reads, reschedules, asks):
    somebody = desk_of(group)
    made = reschedule({overdue.pk: today + 9 * DAY}, reason="Leave.", now=timezone.now())
    listing = somebody.get(reverse(DESK))
    assert is_refused(listing) != reads
    if reads:
        assert ("data-bulk-action-checkbox" in text_of(listing)) == reschedules
        assert (reverse("reschedulings:index") in text_of(listing)) == reschedules
    doors = [reverse("reschedulings:index"), reverse("reschedulings:inspect", args=[made.pk]), reverse("reschedulings:undo", args=[made.pk])]  # fmt: skip
    assert [not is_refused(somebody.get(door)) for door in doors] == [reschedules] * 3
    assert is_refused(somebody.post(action("reschedule", overdue), {})) != reschedules
    asked = somebody.post(action("ask_reviewer", overdue), {"reviewer": ReviewerFactory().pk})
    assert (ReviewSchedule.objects.get(page=overdue).reviewer is not None) == asks
    assert is_refused(asked) == (not reschedules)
    somebody.post(doors[2])
    assert (Rescheduling.objects.get().undone_at is not None) == reschedules


def test_an_editor_of_one_section_neither_moves_nor_undoes_the_plans_of_another(overdue, today, signed_on):
    mine = signed_on("Tennis elbow", 750)
    group = Group.objects.create(name="Elbow editors")
    user = UserFactory()
    user.groups.add(group)
    for permission in Group.objects.get(name=EDITORS).page_permissions.all():
        group.page_permissions.create(page=mine.get_parent(), permission=permission.permission)
    group.permissions.set(Group.objects.get(name=EDITORS).permissions.all())
    client = desk_of(EDITORS)
    client.force_login(user)
    shown = text_of(client.get(action("reschedule", overdue, mine)))
    assert "You do not plan the reviews of these:" in shown
    move(client, overdue, mine, on=today + DAY)
    assert ReviewSchedule.objects.get(page=mine).planned_on == today + DAY
    assert ReviewSchedule.objects.get(page=overdue).planned_on is None
    theirs = reschedule({overdue.pk: today + DAY}, reason="Leave.", now=timezone.now())
    assert is_refused(client.post(reverse("reschedulings:undo", args=[theirs.pk])))


# --- re-scheduling --------------------------------------------------------------------------------


def asked_for(**ways) -> dict[str, str]:
    how = "spread" if "first" in ways else next(iter(ways), "as_due")
    return {"how": how, "reason": "Jo is on leave.", **{name: str(value) for name, value in ways.items()}}


def move(client, *pages: Page, query: dict | None = None, **ways):
    """Preview, then apply what the preview showed."""
    address = action("reschedule", *pages, **(query or {}))
    seen = client.post(address, {**asked_for(**ways), "preview": "1"})
    return client.post(address, {**asked_for(**ways), "apply": "1", "seen": seen.context["seen"]})


@pytest.fixture
def three(signed_on) -> list[ConditionPage]:
    """Overdue, due soon, and due in a year."""
    return [signed_on(title, days) for title, days in (("Late", 750), ("Soon", 700), ("Far", 365))]


def test_a_preview_shows_every_move_and_writes_nothing(editor, three, today):
    draft = ConditionPageFactory(title="Draft")
    draft.unpublish()
    ReviewSchedule.objects.filter(page=three[1]).update(planned_on=today + 30 * DAY)
    before = plans()
    response = editor.post(action("reschedule", *three, draft), {**asked_for(on=today + 30 * DAY), "preview": "1"})  # fmt: skip
    shown = [(one.schedule.page.title, one.planned_on, one.days_after_due > 0, one.refusal) for one in response.context["moves"]]  # fmt: skip
    assert shown == [
        ("Late", today + 30 * DAY, True, ""),
        ("Soon", today + 30 * DAY, False, "It is planned for that day already."),
        ("Far", today + 30 * DAY, False, ""),
    ]
    page = text_of(response)
    assert "2 planned dates would move, 1 of them to a day after the review is due." in " ".join(page.split())
    assert "1 is not published and has no next review." in " ".join(page.split())
    assert "Nothing is written yet." in page
    assert plans() == before
    assert not Rescheduling.objects.exists()


def test_what_was_previewed_is_applied_and_can_be_undone_from_the_message(editor, three, today):
    before = plans()
    response = move(editor, *three, on=today + 30 * DAY)
    assert response["Location"] == reverse(DESK)
    made = Rescheduling.objects.get()
    assert (made.made_by, made.reason, made.moves.count()) == (editor.user, "Jo is on leave.", 3)
    assert {one["planned_on"] for one in plans()} == {today + 30 * DAY}
    page = text_of(editor.get(reverse(DESK)))
    assert "3 planned dates moved." in page
    assert reverse("reschedulings:undo", args=[made.pk]) in page
    editor.post(reverse("reschedulings:undo", args=[made.pk]), {"reason": "Jo is back."})
    assert plans() == before
    entries = PageLogEntry.objects.filter(page=three[2].pk, action="articles.review.plan").order_by("pk")
    assert [(entry.user, entry.formatter.format_message(entry)) for entry in entries] == [
        (editor.user, f"Planned for {today + 30 * DAY:%-d %B %Y}: Jo is on leave."),
        (editor.user, "Undone: Jo is back. No planned date any more"),
    ]


def test_what_changed_since_the_preview_is_shown_again_and_not_applied(editor, three, today):
    address = action("reschedule", *three)
    given = asked_for(on=today + 30 * DAY)
    seen = editor.post(address, {**given, "preview": "1"}).context["seen"]
    reschedule({three[2].pk: today + 5 * DAY}, now=timezone.now())
    before = plans()
    response = editor.post(address, {**given, "apply": "1", "seen": seen})
    assert "Something changed since this preview" in text_of(response)
    response = editor.post(address, {**given, "apply": "1"})
    assert "Something changed since this preview" in text_of(response)
    assert plans() == before


def test_dates_are_spread_over_working_days_in_the_order_of_the_plan(editor, three):
    move(editor, *reversed(three), first="2030-03-02", last="2030-03-10")  # a Saturday to a Sunday
    planned = {one.page.title: one.planned_on for one in ReviewSchedule.objects.select_related("page")}
    assert planned == {
        "Late": datetime.date(2030, 3, 4),
        "Soon": datetime.date(2030, 3, 5),
        "Far": datetime.date(2030, 3, 7),
    }


def test_dates_move_by_weeks_from_where_they_stand(editor, three, today):
    far = three[2].review_schedule
    reschedule({far.pk: far.due_on - 30 * DAY}, now=timezone.now())
    move(editor, *three, weeks=-1)
    planned = {one.page.title: one.planned_on for one in ReviewSchedule.objects.select_related("page")}
    assert planned["Far"] == far.due_on - 37 * DAY
    assert planned["Late"] is None  # a week before today
    move(editor, three[0], weeks=4)
    assert ReviewSchedule.objects.get(page=three[0]).planned_on == today + 28 * DAY


def test_a_plan_is_given_up(editor, three, today):
    move(editor, *three, on=today + DAY)
    move(editor, *three)
    assert {one["planned_on"] for one in plans()} == {None}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"how": "on", "on": ""}, "Needed for this way of planning."),
        ({"how": "spread", "first": "2030-03-04"}, "Needed for this way of planning."),
        ({"how": "spread", "first": "2030-03-02", "last": "2030-03-03"}, "There is no working day between these."),
        ({"how": "spread", "first": "2030-03-05", "last": "2030-03-04"}, "There is no working day between these."),
        ({"how": "weeks", "weeks": "99999"}, "less than or equal to"),
        ({"how": "on", "on": "2030-03-04", "reason": ""}, "This field is required."),
        ({"how": "by magic"}, "Select a valid choice."),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_refused_in_the_form(editor, overdue, given, said):
    before = plans()
    response = editor.post(action("reschedule", overdue), {"reason": "Leave.", **given, "apply": "1"})
    assert said in text_of(response)
    assert plans() == before


def test_where_nothing_moves_there_is_no_button_and_nothing_is_recorded(editor, overdue, today):
    response = move(editor, overdue, on=today - DAY)
    assert "No planned date would move." in text_of(response)
    assert 'name="apply"' not in text_of(response)
    assert not Rescheduling.objects.exists()


def test_everything_in_the_listing_is_what_the_filters_show(editor, three, today):
    move(editor, query={"review": "overdue"}, on=today + DAY)
    assert [one.page.title for one in Rescheduling.objects.get().moves.all()] == ["Late"]
    move(editor, query={"q": "far"}, on=today + 2 * DAY)
    assert [one.page.title for one in Rescheduling.objects.first().moves.all()] == ["Far"]


# --- past re-schedulings --------------------------------------------------------------------------


def test_past_reschedulings_are_listed_with_who_why_and_what_became_of_them(editor, three, today):
    first = reschedule({page.pk: today + 9 * DAY for page in three}, reason="Leave.", user=editor.user, now=timezone.now())  # fmt: skip
    second = reschedule({three[0].pk: today + 5 * DAY}, reason="A new guideline.", user=editor.user, now=timezone.now())  # fmt: skip
    undo(first, user=editor.user, now=timezone.now())
    response = editor.get(reverse("reschedulings:index"))
    assert list(response.context["object_list"]) == [second, first]
    lines = csv_of(editor.get(reverse("reschedulings:index"), {"export": "csv"}))
    assert lines[0] == "Why,When,Who,Articles,Undone,When undone,By"
    assert lines[2].split(",")[3:5] == ["3", '"Undone']
    assert '"Undone, except 1"' in lines[2]
    assert [len(editor.get(reverse("reschedulings:index"), {"undone": value}).context["object_list"]) for value in ("true", "false")] == [1, 1]  # fmt: skip


def test_an_undo_says_before_and_after_what_it_cannot_put_back(editor, three, today):
    made = reschedule({page.pk: today + 9 * DAY for page in three}, reason="Leave.", now=timezone.now())
    reschedule({three[0].pk: today + 5 * DAY}, reason="Sooner.", now=timezone.now())
    sign_off(three[1], on=today)
    address = reverse("reschedulings:undo", args=[made.pk])
    page = " ".join(text_of(editor.get(address)).split())
    assert "2 cannot be put back" in page
    assert "1 plan would be as before" in page
    assert Rescheduling.objects.get(pk=made.pk).undone_at is None
    page = text_of(editor.post(address, follow=True))
    assert "1 plan is as before." in page
    assert "left as they are: “Late”, “Soon”." in page
    planned = {one.page.title: one.planned_on for one in ReviewSchedule.objects.select_related("page")}
    assert planned == {"Late": today + 5 * DAY, "Soon": None, "Far": None}
    assert "This was undone before." in text_of(editor.post(address, follow=True))


def test_a_longer_list_of_reschedulings_costs_no_more_queries(editor, three, today, django_assert_num_queries, django_assert_max_num_queries):  # fmt: skip
    made = reschedule({three[0].pk: today + DAY}, reason="One.", now=timezone.now())
    doors = [reverse("reschedulings:index"), reverse("reschedulings:inspect", args=[made.pk]), reverse("reschedulings:undo", args=[made.pk])]  # fmt: skip
    for door in doors:
        editor.get(door)
    counts = []
    for door in doors:
        with django_assert_max_num_queries(30) as found:
            editor.get(door)
        counts.append(len(found))
    more = reschedule({page.pk: today + 3 * DAY for page in three}, reason="More.", now=timezone.now())
    doors = [doors[0], *(door.replace(f"/{made.pk}/", f"/{more.pk}/") for door in doors[1:])]
    for door, count in zip(doors, counts, strict=True):
        with django_assert_num_queries(count):
            editor.get(door)


# --- asking a reviewer ----------------------------------------------------------------------------


def ask(client, reviewer, *pages: Page, submit: bool = True):
    given = {"reviewer": reviewer.pk, **({"submit": "on"} if submit else {})}
    return client.post(action("ask_reviewer", *pages), given)


@pytest.fixture
def reviewer():
    reviewer = ReviewerFactory(name="Ann Bell")
    reviewer.user.groups.add(Group.objects.get(name=REVIEWERS))
    return reviewer


def waiting() -> set[str]:
    states = MedicalReviewTaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS)
    return {state.workflow_state.content_object.title for state in states}


def test_one_reviewer_is_asked_for_several_reviews_and_gets_them(editor, reviewer, three, mailoutbox):
    signed = MedicalReview.objects.count()
    desk_of(REVIEWERS)  # another reviewer, who is not told
    response = ask(editor, reviewer, *three)
    (letter,) = mailoutbox
    assert (letter.to, letter.subject) == ([reviewer.user.email], "3 articles wait for your medical review")
    for state in MedicalReviewTaskState.objects.all():
        assert reverse("medical_review:review", args=[state.pk]) in letter.body
    assert response["Location"] == reverse(DESK)
    assert "3 articles are with Dr Ann Bell for review." in text_of(editor.get(reverse(DESK)))
    assert waiting() == {"Late", "Soon", "Far"}
    assert {one.reviewer for one in ReviewSchedule.objects.all()} == {reviewer}
    assert MedicalReview.objects.count() == signed
    entries = PageLogEntry.objects.filter(page=three[0].pk, user=editor.user).values_list("action", flat=True)
    assert {"articles.review.assign", "wagtail.workflow.start"} <= set(entries)
    assert rows(editor.get(reverse(DESK)))["Late"].waits


def test_a_reviewer_is_planned_without_sending_anything(editor, reviewer, three):
    ask(editor, reviewer, *three, submit=False)
    assert waiting() == set()
    assert {one.reviewer for one in ReviewSchedule.objects.all()} == {reviewer}
    assert rows(editor.get(reverse(DESK)))["Far"].is_asked


def _in_a_workflow(page, reviewer):
    page.get_workflow().start(page, UserFactory())
    return "It is in its workflow already."


def _written_by_the_reviewer(page, reviewer):
    draft = page.get_latest_revision_as_object()
    draft.title = "The reviewer's words"
    draft.save_revision(user=reviewer.user, log_action=True).publish()
    return "Dr Ann Bell wrote or edited this article since its last sign-off: somebody else has to sign it."


def _newer_draft(page, reviewer):
    draft = page.get_latest_revision_as_object()
    draft.standfirst = "Not yet."
    draft.save_revision(user=UserFactory())
    return "Its editor has a newer draft: it is reviewed once they submit it."


def _interest(page, reviewer):
    offer = OfferFactory()
    page.body = [product_box(offer.product)]
    page.save_revision(user=UserFactory()).publish()
    Interest.objects.create(
        reviewer=reviewer, retailer=offer.retailer, what="Shares", declared_on=datetime.date(2024, 1, 1)
    )
    return f"Dr Ann Bell declared an interest in {offer.retailer}, to which this article leads."


def _locked(page, reviewer):
    somebody = UserFactory(first_name="Lou", last_name="Lock")
    Page.objects.filter(pk=page.pk).update(locked=True, locked_by=somebody, locked_at=timezone.now())
    return "It is locked by Lou Lock."


def _being_edited(page, reviewer):
    EditingSession.objects.create(
        user=UserFactory(first_name="Eve", last_name="Other"),
        content_object=page,
        last_seen_at=timezone.now(),
        is_editing=True,
    )
    return "Eve Other is editing it now."


def _unpublished(page, reviewer):
    page.unpublish()
    return "It is not published: its editor has to submit it."


REFUSALS = [_in_a_workflow, _written_by_the_reviewer, _newer_draft, _interest, _locked, _being_edited, _unpublished]  # fmt: skip


def test_what_cannot_be_asked_for_is_named_with_the_reason_and_the_rest_is_done(editor, reviewer, signed_on):
    fine = signed_on("Fine", 750)
    expected = {}
    for spoil in REFUSALS:
        page = signed_on(spoil.__name__, 750)
        expected[page.pk] = spoil(page, reviewer)
    before = {one["page_id"]: one for one in plans()}
    response = ask(editor, reviewer, fine, *ConditionPage.objects.filter(pk__in=expected))
    assert {answer.page.pk: answer.refusal for answer in response.context["refused"]} == expected
    assert [answer.page.title for answer in response.context["done"]] == ["Fine"]
    shown = text_of(response)
    assert "7 articles could not be sent to Dr Ann Bell." in " ".join(shown.split())
    assert "Eve Other is editing it now." in shown
    assert ReviewSchedule.objects.get(page=fine).reviewer == reviewer
    after = {one["page_id"]: one for one in plans()}
    assert {page: after[page] for page in expected if page in after} == {page: before[page] for page in expected if page in before}  # fmt: skip


def test_a_reviewer_who_could_not_sign_anything_is_refused_for_everything(editor, reviewer, three):
    Credential.objects.filter(reviewer=reviewer).update(expires_on=datetime.date(2025, 1, 1))
    assert "Dr Ann Bell (no registration in force)" in text_of(editor.get(action("ask_reviewer", *three)))
    response = ask(editor, reviewer, *three)
    assert all("has no registration" in answer.refusal for answer in response.context["refused"])
    assert len(response.context["refused"]) == 3
    assert waiting() == set()


def test_somebody_outside_the_workflow_is_not_sent_an_article(editor, three):
    outsider = ReviewerFactory(name="Out Sider")
    response = ask(editor, outsider, three[0])
    assert "Dr Out Sider does not take part in the workflow of this article." in text_of(response)


def test_only_so_many_are_asked_for_at_once(editor, reviewer, three, monkeypatch):
    monkeypatch.setattr("articles.review_actions.MOST_AT_ONCE", 2)
    assert "Choose at most 2 articles at once" in text_of(ask(editor, reviewer, *three))
    assert waiting() == set()


def test_the_desk_offers_no_bulk_sign_off_and_none_of_wagtails_actions_on_the_whole_site(editor, overdue):
    page = text_of(editor.get(reverse(DESK)))
    assert reverse("wagtail_bulk_action", args=["articles", "conditionpage", "reschedule"]) in page
    assert reverse("wagtail_bulk_action", args=["articles", "conditionpage", "ask_reviewer"]) in page
    for name in ("publish", "delete", "move", "unpublish"):
        assert f"/bulk/wagtailcore/page/{name}/" not in page
