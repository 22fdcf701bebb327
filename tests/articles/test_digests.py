"""The day's mail: one a person, from the rows, each thing told once."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from email import message_from_bytes, policy
from threading import Barrier

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Site

import tasks.reviews
from articles.digests import digest_hour, send_digests
from articles.governance import ReminderState, Stage
from articles.models import ConditionPage, Reminder, ReviewDigest, ReviewSchedule, User
from articles.services import flag_overdue
from products.models import Alarm, AlarmKind, Clicks, LinkNotice
from tests.desk import EDITORS, desk_of, text_of
from tests.factories import (
    OfferFactory,
    ReviewerFactory,
    UserFactory,
    live,
    reviewed_article,
    sign_off,
    thigh,
)
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

SIGNED, DUE_SOON, DUE, LATE = date(2024, 2, 21), date(2025, 12, 23), date(2026, 2, 21), date(2026, 3, 7)
DAY = datetime.timedelta(days=1)
SEVEN = 7


def at(day: date, hour: int = 12, minute: int = 0) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour, minute)))


@pytest.fixture
def reviewer():
    return ReviewerFactory()


@pytest.fixture
def owner() -> User:
    one = UserFactory(username="owner", first_name="Ola", last_name="Owner")
    one.groups.add(Group.objects.get(name="Editors"))
    return one


@pytest.fixture
def write(reviewer, owner):
    def article(title: str, *, signed: date = SIGNED) -> ConditionPage:
        page = reviewed_article(reviewer, on=signed, title=title, parent=thigh(), owner=owner)
        Reminder.objects.create(
            page=page, cycle=page.review_schedule.due_on, stage=Stage.DUE_SOON, recipient=reviewer.user,
            flagged_at=at(signed), state=ReminderState.TOLD,
        )  # fmt: skip
        return page

    return article


def run(day: date, hour: int = 12, minute: int = 0) -> int:
    """Both jobs, as beat calls them."""
    now = at(day, hour, minute)
    flag_overdue(now=now)
    return send_digests(now=now, hour=SEVEN)


# --- what it says ---------------------------------------------------------------------------------


def test_a_digest_names_each_article_with_a_link_to_where_it_can_be_mended(write, owner):
    late, due = write("Thigh pain", signed=date(2024, 2, 1)), write("Knee & hip <pain>")
    flag_overdue(now=at(date(2026, 2, 16)))
    assert run(DUE) == 1
    (message,) = mail.outbox
    assert message.to == [owner.email]
    assert message.subject == "Medical review: 2 articles to see to"
    text, html = message.body, message.alternatives[0].content
    assert "Dear Ola Owner" in text
    for page in (late, due):
        address = "http://localhost:8000" + reverse("wagtailadmin_pages:edit", args=[page.pk])
        assert address in text
        assert f'href="{address}"' in html
    assert "Due since 1 February 2026, 20 days ago." in text
    assert "Due today." in text
    assert "Signed on 21 February 2024; reviewed every 24 months (Standard)." in text
    assert text.index("Thigh pain") < text.index("Knee & hip <pain>")
    assert "Knee &amp; hip &lt;pain&gt;" in html
    assert "{" not in text + html


def test_who_may_not_edit_a_page_is_sent_to_the_page_itself(reviewer, owner):
    page = reviewed_article(reviewer, on=SIGNED, title="Thigh pain", owner=owner)
    assert run(DUE_SOON) == 1
    assert mail.outbox[0].to == [reviewer.user.email]
    assert f"\n  {page.full_url}\n" in mail.outbox[0].body
    assert "Due on 21 February 2026." in mail.outbox[0].body


def test_a_reviewer_s_digest_leads_to_where_the_review_is_begun_or_waits(reviewer, owner, client):
    reviewer.user.groups.add(Group.objects.get(name="Medical reviewers"))
    waiting, due = (
        reviewed_article(reviewer, on=SIGNED, title=title, owner=owner)
        for title in ("Thigh pain", "Knee pain")
    )
    live(waiting).get_workflow().start(live(waiting), owner)
    mail.outbox.clear()
    assert run(DUE_SOON) == 1
    state = live(waiting).current_workflow_task_state
    paths = set(re.findall(r"http://localhost:8000(/admin/medical-review\S*)", mail.outbox[0].body))
    assert paths == {
        reverse("medical_review:review", args=[state.pk]), reverse("medical_review:begin", args=[due.pk]),
    }  # fmt: skip
    client.force_login(reviewer.user)
    assert {client.get(path).status_code for path in paths} == {200}


def test_the_job_keeps_the_hour_of_the_settings(write, settings):
    write("Thigh pain")
    with time_machine.travel(at(DUE, 8), tick=False):
        flag_overdue(now=timezone.now())
        for hour, mails in ((9, 0), (8, 1)):
            settings.DIGEST_HOUR = hour
            tasks.reviews.send_digests()
            assert len(mail.outbox) == mails


def test_an_editor_s_hour_counts_before_that_of_the_installation(write, settings):
    write("Thigh pain")
    editor, site = desk_of(EDITORS), Site.objects.get(is_default_site=True)
    address = reverse("wagtailsettings:edit", args=["articles", "publishersettings", site.pk])
    settings.DIGEST_HOUR = 6

    def choose(hour: str) -> HttpResponse:
        return editor.post(address, {"publisher": "Ours", "digest_hour": hour})

    assert "is not one of the available choices" in text_of(choose("24"))
    with time_machine.travel(at(DUE, 8), tick=False):
        flag_overdue(now=timezone.now())
        for hour, mails in (("9", 0), ("8", 1)):
            assert choose(hour).status_code == 302
            tasks.reviews.send_digests()
            assert len(mail.outbox) == mails
    choose("")
    assert digest_hour() == 6


def test_the_links_of_a_digest_open_for_its_reader(write, owner, client):
    write("Thigh pain")
    run(DUE)
    client.force_login(owner)
    for address in re.findall(r"http://localhost:8000(/admin\S*)", mail.outbox[0].body):
        assert client.get(address).status_code == 200


def test_an_article_at_two_stages_is_one_line_at_the_further_one(write, owner):
    page = write("Thigh pain")
    flag_overdue(now=at(DUE))
    for stage in (Stage.LATE, Stage.EXPIRED):
        Reminder.objects.create(
            page=page, cycle=DUE, stage=stage, recipient=owner, flagged_at=at(DUE), state="waiting"
        )
    assert send_digests(now=at(date(2026, 6, 1)), hour=SEVEN) == 1
    assert mail.outbox[0].body.count("Thigh pain") == 1
    assert "Expired: due since 21 February 2026, 100 days ago." in mail.outbox[0].body
    assert not Reminder.objects.waiting().exists()


def test_of_very_many_articles_the_most_urgent_are_named_and_the_rest_counted(write, monkeypatch):
    monkeypatch.setattr("articles.digests.MOST_LINES", 2)
    for number in range(5):
        write(f"Thigh pain {number}", signed=SIGNED + number * DAY)
    assert run(DUE + 10 * DAY) == 1
    (message,) = mail.outbox
    assert message.subject == "Medical review: 5 articles to see to"
    assert [f"Thigh pain {number}" in message.body for number in range(5)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert "and 3 more: http://localhost:8000" + reverse("articles:index") + "?review=overdue" in message.body
    assert "3 more" in message.alternatives[0].content
    assert not Reminder.objects.waiting().exists()


# --- one a person and day -------------------------------------------------------------------------


def test_a_person_gets_one_digest_a_day_and_each_thing_once(write, owner):
    write("Thigh pain")
    assert run(DUE) == 1
    write("Knee pain", signed=date(2024, 2, 20))
    assert [run(DUE, 13), run(DUE, 23)] == [0, 0]
    assert run(DUE + DAY) == 1
    assert [run(DUE + DAY, 15), run(DUE + 2 * DAY)] == [0, 0]
    first, second = (message.body for message in mail.outbox)
    assert ("Thigh pain" in first, "Knee pain" in first) == (True, False)
    assert ("Thigh pain" in second, "Knee pain" in second) == (False, True)


def test_ten_days_without_a_worker_are_caught_up_with_one_mail_a_person(write, owner):
    for number in range(8):
        write(f"Thigh pain {number}", signed=SIGNED + number * DAY)
    assert run(DUE + 10 * DAY) == 1
    assert mail.outbox[0].subject == "Medical review: 8 articles to see to"
    assert run(DUE + 11 * DAY) == 0


def test_nothing_goes_out_before_the_hour_nor_when_nothing_is_due(write):
    assert run(DUE, 12) == 0
    write("Thigh pain")
    assert [run(DUE, 6, 59), run(DUE, 7, 0)] == [0, 1]


def test_the_hour_is_that_of_the_site_also_in_summer(write):
    summer = date(2026, 6, 1)
    write("Thigh pain", signed=date(2024, 6, 1))
    flag_overdue(now=at(summer))
    moments = [
        datetime.datetime(2026, 6, 1, 5, 59, tzinfo=datetime.UTC),
        datetime.datetime(2026, 6, 1, 6, tzinfo=datetime.UTC),
    ]
    assert [send_digests(now=moment, hour=SEVEN) for moment in moments] == [0, 1]


def test_a_worker_that_was_away_at_the_hour_sends_later_that_day(write):
    write("Thigh pain")
    assert run(DUE, 23, 59) == 1


@pytest.mark.parametrize("night", [date(2026, 3, 29), date(2026, 10, 25)])
@pytest.mark.parametrize("hour", [0, 1, 2])
def test_a_night_in_which_clocks_change_has_one_digest(write, night, hour):
    """01:30 does not exist in March and comes twice in October."""
    write("Thigh pain", signed=night.replace(year=2024))
    midnight = at(night, 0).astimezone(datetime.UTC)
    flag_overdue(now=midnight)
    moments = [midnight + datetime.timedelta(minutes=15 * step) for step in range(24)]
    assert sum(send_digests(now=moment, hour=hour) for moment in moments) == 1


def test_a_job_in_another_time_zone_keeps_the_site_s_hour_and_day(write):
    def send_at(day: date, hour: int) -> int:
        now = datetime.datetime.combine(day, datetime.time(hour), tzinfo=timezone.get_default_timezone())
        return send_digests(now=now, hour=SEVEN)

    write("Thigh pain")
    flag_overdue(now=at(DUE))
    with timezone.override("Pacific/Auckland"):
        assert [send_at(DUE, 6), send_at(DUE, 7), send_at(DUE, 23)] == [0, 1, 0]
    assert ReviewDigest.objects.get().day == DUE


# --- what is no longer true is not sent -----------------------------------------------------------


@pytest.mark.parametrize("overtaken", ["signed", "unpublished", "left", "no address"])
def test_what_was_overtaken_is_not_sent(write, reviewer, owner, overtaken):
    page = write("Thigh pain")
    flag_overdue(now=at(DUE))
    if overtaken == "signed":
        sign_off(page, reviewer, on=DUE)
    elif overtaken == "unpublished":
        page.unpublish()
    else:
        User.objects.filter(pk=owner.pk).update(
            **{"is_active": False} if overtaken == "left" else {"email": ""}
        )
    assert send_digests(now=at(DUE, 13), hour=SEVEN) == 0
    assert Reminder.objects.get(stage=Stage.DUE).state == ReminderState.LAPSED
    assert mail.outbox == []


def test_a_page_without_a_schedule_is_not_sent(write):
    page = write("Thigh pain")
    flag_overdue(now=at(DUE))
    ReviewSchedule.objects.filter(page=page).delete()
    assert send_digests(now=at(DUE), hour=SEVEN) == 0


# --- killed, refused, twice at once ---------------------------------------------------------------


class Killed(BaseException):
    """As of kill -9: nothing catches it."""


def test_killed_between_the_row_and_the_mail_it_is_sent_by_the_next_run(write, owner, monkeypatch):
    write("Thigh pain")
    flag_overdue(now=at(DUE))

    def die(*args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", die)
        with pytest.raises(Killed):
            send_digests(now=at(DUE), hour=SEVEN)
    assert Reminder.objects.waiting().count() == 1
    assert not ReviewDigest.objects.exists()
    assert [run(DUE, 13), run(DUE, 14), run(DUE + DAY)] == [1, 0, 0]
    assert len(mail.outbox) == 1


def test_a_mail_sent_again_after_a_kill_bears_the_same_message_id(write, owner, monkeypatch):
    write("Thigh pain")
    flag_overdue(now=at(DUE))
    send = EmailBackend.send_messages

    def send_and_die(*args):
        send(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", send_and_die)
        with pytest.raises(Killed):
            send_digests(now=at(DUE), hour=SEVEN)
    send_digests(now=at(DUE, 13), hour=SEVEN)
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert first.extra_headers["Message-ID"] == f"<review-digest-{owner.pk}-20260221@localhost>"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_send_each_person_one_mail(write):
    people = [UserFactory() for _ in range(4)]
    for number, person in enumerate(people):
        page = write(f"Thigh pain {number}")
        ConditionPage.objects.filter(pk=page.pk).update(owner=person)
    flag_overdue(now=at(DUE))
    together = Barrier(2, timeout=20)

    def send(_: int) -> int:
        try:
            together.wait()
            return send_digests(now=at(DUE), hour=SEVEN)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(send, range(2))) == len(people)
    assert sorted(message.to[0] for message in mail.outbox) == sorted(person.email for person in people)
    assert not Reminder.objects.waiting().exists()


def test_a_digest_costs_no_more_queries_for_more_articles(write):
    def queries(day: date) -> int:
        flag_overdue(now=at(day))
        with CaptureQueriesContext(connection) as captured:
            assert send_digests(now=at(day), hour=SEVEN) == 1
        return len(captured)

    write("Thigh pain")
    one = queries(DUE)
    for number in range(4):
        write(f"Knee pain {number}", signed=SIGNED + DAY)
    assert queries(DUE + DAY) <= one


# --- a real mail server ---------------------------------------------------------------------------


@pytest.fixture
def server(settings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        settings.EMAIL_TIMEOUT = 5
        yield server


def three_people(write) -> list[User]:
    people = [UserFactory() for _ in range(3)]
    for person in people:
        page = write(f"Thigh pain of {person.username}")
        ConditionPage.objects.filter(pk=page.pk).update(owner=person)
    flag_overdue(now=at(DUE))
    return people


def test_a_mail_server_takes_a_digest_in_text_and_html(server, write, owner):
    write("Oberschenkelschmerz – straß")
    assert run(DUE) == 1
    ((recipient, raw),) = server.taken
    message = message_from_bytes(raw, policy=policy.default)
    assert (recipient, message["To"]) == (owner.email, owner.email)
    assert message["Message-ID"].startswith("<review-digest-")
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    for part in ("plain", "html"):
        assert "Oberschenkelschmerz – straß" in message.get_body((part,)).get_content()


@pytest.mark.parametrize("trouble", ["refuses", "hangs_up_on"])
def test_a_mailbox_in_trouble_holds_up_nobody_else_and_is_tried_again(server, write, trouble):
    people = three_people(write)
    getattr(server, trouble).add(people[1].email)
    assert send_digests(now=at(DUE), hour=SEVEN) == 2
    assert [recipient for recipient, _ in server.taken] == [people[0].email, people[2].email]
    getattr(server, trouble).clear()
    assert send_digests(now=at(DUE, 13), hour=SEVEN) == 1
    assert server.taken[-1][0] == people[1].email


def test_a_server_that_is_down_loses_nothing_and_is_not_asked_for_everybody(server, write, settings, caplog):
    people = [*three_people(write), *three_people(write)]
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert send_digests(now=at(DUE), hour=SEVEN) == 0
    assert caplog.text.count("was not sent") == 3
    assert Reminder.objects.waiting().count() == len(people)
    settings.EMAIL_PORT = port
    assert send_digests(now=at(DUE + 5 * DAY), hour=SEVEN) == len(people)


# --- links stand in the same mail -----------------------------------------------------------------


def alarm(day: date, **subject) -> Alarm:
    subject = subject or {"kind": AlarmKind.IDENTITY_LOST, "offer": OfferFactory()}
    return Alarm.objects.create(opened_at=at(day, 5), reason="The tag is gone & <lost>.", **subject)


def test_reviews_and_links_are_one_mail_and_each_link_leads_to_where_it_is_mended(
    server, write, owner, client
):
    write("Thigh pain")
    rung = alarm(DUE)
    Clicks.objects.create(day=DUE, offer=rung.offer, page_id=None, region=None, people=41)
    assert run(DUE) == 1
    ((recipient, raw),) = server.taken
    message = message_from_bytes(raw, policy=policy.default)
    assert (recipient, message["Subject"]) == (owner.email, "To see to: 1 article and 1 link to a shop")
    text, html = (message.get_body((part,)).get_content().replace("\r\n", "\n") for part in ("plain", "html"))
    address = "http://localhost:8000" + reverse("alarms:alarm", args=[rung.pk])
    assert f"\n  {address}\n" in text
    assert f'href="{address}"' in html
    assert "Rings since 21 February 2026. 0 articles; 41 clicks in the last 30 days." in text
    assert "The tag is gone & <lost>." in text
    assert "The tag is gone &amp; &lt;lost&gt;." in html
    assert "{" not in text + html
    client.force_login(owner)
    for path in re.findall(r"http://localhost:8000(/admin\S*)", text):
        assert client.get(path).status_code == 200


def test_who_has_links_alone_to_see_to_gets_them_once_a_day(owner):
    alarm(DUE)
    assert [run(DUE, 6), run(DUE), run(DUE, 13)] == [0, 1, 0]
    assert mail.outbox[0].subject == "To see to: 1 link to a shop"
    assert "medical review" not in mail.outbox[0].body
    alarm(DUE)
    assert [run(DUE, 23), run(DUE + DAY), run(DUE + 2 * DAY)] == [0, 1, 0]
    assert ReviewDigest.objects.count() == 2


def test_alarms_of_ten_days_without_a_worker_are_one_mail(owner):
    for number in range(10):
        alarm(DUE + number * DAY)
    assert [run(DUE + 10 * DAY), run(DUE + 11 * DAY)] == [1, 0]
    assert mail.outbox[0].subject == "To see to: 10 links to shops"


def test_an_alarm_that_closed_before_the_hour_is_not_sent(owner):
    rung = alarm(DUE)
    run(DUE, 6)
    Alarm.objects.filter(pk=rung.pk).update(closed_at=at(DUE, 6))
    assert run(DUE) == 0


def test_killed_between_the_notices_and_the_mail_links_are_sent_by_the_next_run(owner, monkeypatch):
    alarm(DUE)

    def die(*args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", die)
        with pytest.raises(Killed):
            send_digests(now=at(DUE), hour=SEVEN)
    assert LinkNotice.objects.waiting().count() == 1
    assert [run(DUE, 13), run(DUE, 14), run(DUE + DAY)] == [1, 0, 0]


def test_links_cost_no_more_queries_for_more_of_them(owner):
    def queries(day: date) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert send_digests(now=at(day), hour=SEVEN) == 1
        return len(captured)

    alarm(DUE)
    one = queries(DUE)
    for _ in range(4):
        alarm(DUE)
    assert queries(DUE + DAY) <= one


def test_of_very_many_links_the_rest_is_counted(owner, monkeypatch):
    monkeypatch.setattr("articles.digests.MOST_LINES", 2)
    for _ in range(5):
        alarm(DUE)
    assert run(DUE) == 1
    body = mail.outbox[0].body
    assert body.count("Our identity is lost") == 2
    assert "and 3 more: http://localhost:8000" + reverse("alarms:index") in body


@pytest.mark.django_db(transaction=True)
def test_two_at_once_send_each_person_one_mail_of_links():
    people = [UserFactory() for _ in range(4)]
    for person in people:
        person.groups.add(Group.objects.get(name="Editors"))
    alarm(DUE)
    together = Barrier(2, timeout=20)

    def send(_: int) -> int:
        try:
            together.wait()
            return send_digests(now=at(DUE), hour=SEVEN)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(send, range(2))) == len(people)
    assert sorted(message.to[0] for message in mail.outbox) == sorted(person.email for person in people)
    assert LinkNotice.objects.count() == len(people)
