"""The form by which readers report a problem: what arrives, what does not, and what nobody learns."""

from __future__ import annotations

import datetime
import re

import pytest
import redis
import time_machine
from django.test import Client
from django.urls import reverse
from wagtail.models import PageViewRestriction

from articles.models import ConditionPage, ProblemReport
from articles.spam_guard import LONGEST, open_form
from tests.desk import EDITORS, desk_of, text_of
from tests.factories import ConditionPageFactory

pytestmark = pytest.mark.django_db

FORM = "/report-a-problem/"
NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
A_MINUTE_AGO = NOW - datetime.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _nobody_counted(settings):
    with redis.Redis.from_url(settings.REDIS_URL) as link:
        for key in link.keys("referred:reports:*"):
            link.delete(key)


@pytest.fixture
def article() -> ConditionPage:
    return ConditionPageFactory(title="Hamstring strain")


def filled(page: int | None = None, **values: str) -> dict[str, str]:
    return {
        "kind": "medical",
        "text": "It says two days of rest.",
        "email": "",
        "reference": "",
        "token": open_form(page, now=A_MINUTE_AGO).token,
        **values,
    }


def test_a_report_arrives_and_the_reader_is_thanked(client, article):
    answer = client.post(FORM, filled(article.pk, kind="safety", email="sam@example.org"))
    assert (answer.status_code, answer["Location"]) == (303, f"{FORM}thank-you/?page={article.pk}")
    (report,) = ProblemReport.objects.all()
    assert (report.page_id, report.page_title) == (article.pk, "Hamstring strain")
    assert (report.kind, report.text, report.email) == (
        "safety",
        "It says two days of rest.",
        "sam@example.org",
    )
    assert (report.received_at, report.status) == (NOW, "new")
    thanks = text_of(client.get(answer["Location"]))
    assert "Thank you" in thanks
    assert article.get_url() in thanks


def test_the_form_as_it_was_handed_out_can_be_sent_back(client, article):
    seen = text_of(client.get(FORM, {"page": article.pk}))
    assert "Hamstring strain" in seen
    (token,) = re.findall(r'name="token" value="([^"]+)"', seen)
    with time_machine.travel(NOW + datetime.timedelta(seconds=30), tick=False):
        assert client.post(FORM, filled(token=token)).status_code == 303
    assert ProblemReport.objects.get().page_id == article.pk


@pytest.mark.parametrize("path", [FORM, f"{FORM}thank-you/"])
def test_nothing_is_kept_in_a_cache_or_a_cookie_and_no_log_in_is_asked(article, path):
    answer = Client().get(path, {"page": article.pk})
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert "csrfmiddlewaretoken" not in text_of(answer)
    assert "<script" not in text_of(answer)
    assert answer["X-Robots-Tag"] == "noindex"


def test_it_needs_no_csrf_cookie_and_sets_none(article):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(FORM, filled(article.pk))
    assert answer.status_code == 303
    assert not answer.cookies


def test_another_site_cannot_send_it_in_a_readers_name(client):
    assert client.post(FORM, filled(), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(FORM, filled(), headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert ProblemReport.objects.count() == 1


def test_every_page_leads_to_the_form_in_the_words_that_a_cache_may_keep(client, article):
    link = f'href="{reverse("report-problem")}?page={article.pk}"'
    assert text_of(client.get(article.get_url())).count(link) == 2  # under the title, and in the footer


@pytest.mark.parametrize("asked", ["", "0", "-1", "1e3", "٣", "9" * 40, "1 or 1=1", "\x00", "1"])
def test_a_page_that_readers_cannot_see_is_not_named(client, asked):
    assert "Tell us what is wrong on this site" in text_of(client.get(FORM, {"page": asked}))


def test_drafts_and_private_pages_are_not_named(client, article):
    private = ConditionPageFactory(title="Members only")
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    article.unpublish()
    for page in (article, private):
        assert page.title not in text_of(client.get(FORM, {"page": page.pk}))
        assert page.title not in text_of(client.get(f"{FORM}thank-you/", {"page": page.pk}))
        assert client.post(FORM, filled(page.pk)).status_code == 303
    assert set(ProblemReport.objects.values_list("page", "page_title")) == {(None, "")}


def test_a_form_sent_twice_is_one_report(client):
    twice = filled()
    answers = [client.post(FORM, twice).status_code for _ in range(2)]
    assert (answers, ProblemReport.objects.count()) == ([303, 303], 1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": ""}, "Choose what the problem is."),
        ({"kind": "praise"}, "Choose one of the problems listed."),
        ({"text": "  "}, "Say what is wrong."),
        ({"text": "a" * 3001}, "Shorten your text to 3000 characters. It has 3001 now."),
        ({"text": "a\x00b"}, "Null characters are not allowed."),
        ({"text": "https://a.example " * 4}, "Leave no more than 3 web addresses in your text."),
        ({"email": "sam"}, "Write the mail address like this"),
        ({"email": f"{'s' * 250}@example.org"}, "254 characters"),
        ({"reference": "Buy now"}, "Leave the last field empty"),
        ({"token": ""}, "This form was open for too long"),
        ({"token": "forged"}, "This form was open for too long"),
        ({"token": open_form(None, now=NOW - LONGEST).token}, "This form was open for too long"),
        ({"token": open_form(None, now=NOW).token}, "That was very quick"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_that_was_written_is_lost(client, change, sentence):
    answer = client.post(FORM, filled(**{"text": "It says two days & a “half”.", **change}))
    seen = text_of(answer)
    assert answer.status_code == 422
    assert sentence in seen
    assert "<title>Error: " in seen
    if "text" not in change:
        assert "It says two days &amp; a “half”." in seen
    assert not ProblemReport.objects.exists()


def test_a_form_that_has_to_be_filled_in_is_not_called_quick_too(client):
    answer = client.post(FORM, filled(text="", token=open_form(None, now=NOW).token))
    assert "That was very quick" not in text_of(answer)


def test_a_form_that_was_open_too_long_is_handed_out_anew(client, article):
    late = client.post(FORM, filled(token=open_form(article.pk, now=NOW - LONGEST).token))
    (token,) = re.findall(r'name="token" value="([^"]+)"', text_of(late))
    with time_machine.travel(NOW + datetime.timedelta(seconds=10), tick=False):
        assert client.post(FORM, filled(token=token)).status_code == 303
    assert ProblemReport.objects.get().page_id == article.pk


def test_a_form_that_came_back_too_quickly_is_taken_a_moment_later(client):
    token = open_form(None, now=NOW).token
    assert client.post(FORM, filled(token=token)).status_code == 422
    with time_machine.travel(NOW + datetime.timedelta(seconds=10), tick=False):
        assert client.post(FORM, filled(token=token)).status_code == 303


def test_a_network_that_sends_too_many_is_asked_to_wait(client, settings):
    settings.PROBLEM_REPORTS_PER_HOUR = 2
    answers = [client.post(FORM, filled()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert "It says two days of rest." in text_of(answers[-1])
    assert ProblemReport.objects.count() == 2
    assert client.post(FORM, filled(), REMOTE_ADDR="192.0.2.9").status_code == 303


def test_reports_still_arrive_without_valkey(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nothing listens there
    settings.PROBLEM_REPORTS_PER_HOUR = 1
    assert [client.post(FORM, filled()).status_code for _ in range(3)] == [303] * 3


def test_no_address_of_a_reader_is_stored(client):
    client.post(FORM, filled(), REMOTE_ADDR="192.0.2.77")
    (row,) = ProblemReport.objects.values()
    assert "192.0.2.77" not in str(row)


def test_what_readers_write_is_shown_as_text(client, article):
    client.post(FORM, filled(article.pk, text="<script>alert(1)</script>"))
    report = ProblemReport.objects.get()
    seen = text_of(desk_of(EDITORS).get(reverse("reader_reports:report", args=[report.pk])))
    assert "<script>alert(1)" not in seen
    assert "&lt;script&gt;alert(1)" in seen
