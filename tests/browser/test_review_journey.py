"""The whole way of a medical review in a real browser: an editor edits and submits, a reviewer reads and signs."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from articles.models import ConditionPage, User
from tests.browser.accessibility import violations
from tests.browser.person import log_in
from tests.desk import EDITORS, REVIEWERS
from tests.factories import (
    PASSWORD,
    BodyAreaPageFactory,
    ConditionPageFactory,
    ReviewerFactory,
    UserFactory,
    heading,
    live,
    paragraph,
    sign_off,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOM = 20  # pixels


@pytest.fixture
def article() -> ConditionPage:
    """Signed two years ago, by somebody else."""
    page = ConditionPageFactory(
        parent=BodyAreaPageFactory(title="Thigh", slug="thigh"),
        title="Hamstring strain",
        standfirst="A tear of a muscle at the back of the thigh.",
        blocks=[
            heading("What is it?"),
            paragraph("A strain is a tear of some fibres of a muscle, usually while sprinting."),
            heading("What helps?"),
            paragraph("Rest the leg for two days, then begin to move it gently."),
        ],
    )
    sign_off(
        page,
        ReviewerFactory(name="Sam Reed", credential__number="PH445566"),
        on=timezone.localdate() - datetime.timedelta(days=800),
    )
    return live(page)


def member_of(group: str, **names: str) -> User:
    user: User = UserFactory(**names)
    user.groups.add(Group.objects.get(name=group))
    return user


def log_in_by_the_form(page: Page, address: str, user: User) -> None:
    page.goto(address + reverse("wagtailadmin_login"))
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")


def log_out(page: Page) -> None:
    page.context.clear_cookies()


def closely(page: Page, part: Locator) -> bytes:
    """A screenshot of a part of the page, with a little room around it."""
    part.scroll_into_view_if_needed()
    box = part.bounding_box()
    assert box
    left, top = max(0, box["x"] - ROOM), max(0, box["y"] + page.evaluate("scrollY") - ROOM)
    width, height = box["width"] + 2 * ROOM, box["height"] + 2 * ROOM
    return page.screenshot(full_page=True, clip={"x": left, "y": top, "width": width, "height": height})


def is_sound(page: Page) -> bool:
    """Our part of the screen; the framed article has tests of its own."""
    assert violations(page, within=".review", leaving_out=["iframe"]) == []
    return True


def test_an_editor_and_a_reviewer_take_an_article_to_its_readers(
    page: Page, live_server, article, keep_picture, screenshots
):
    editor = member_of(EDITORS, first_name="Eve", last_name="Editor")
    clinician = member_of(REVIEWERS, first_name="Jo", last_name="Bell")
    ReviewerFactory(
        honorific="Dr", name="Jo Bell", slug="jo-bell", user=clinician, credential__number="PH112233"
    )

    log_in(page.context, live_server, editor)
    page.goto(live_server.url + reverse("wagtailadmin_pages:edit", args=[article.pk]))
    page.get_by_role("textbox", name="Standfirst").fill(
        "A tear of a muscle at the back of the thigh, or of its tendon."
    )
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Submit to Medical review").click()
    expect(page.get_by_text("has been submitted for moderation")).to_be_visible()
    assert live(article).standfirst == "A tear of a muscle at the back of the thigh."

    log_out(page)
    log_in_by_the_form(page, live_server.url, clinician)
    page.get_by_role("region", name="Medical reviews that wait").get_by_role(
        "link", name="Hamstring strain"
    ).click()
    expect(page.get_by_role("heading", name="What changed since")).to_be_visible()
    expect(page.locator("ins").filter(has_text="thigh, or of its tendon.")).to_be_visible()
    frame = page.frame_locator("iframe.review__article")
    expect(frame.get_by_text("or of its tendon.")).to_be_visible()
    assert is_sound(page)
    keep_picture("review-changes", page.screenshot())
    page.emulate_media(color_scheme="dark")
    assert is_sound(page)
    page.screenshot(path=screenshots / "review-changes-dark.png")
    page.emulate_media(color_scheme="light")

    page.get_by_role("button", name="Sign and publish").click()
    expect(page.get_by_text("Tick this, or send the article back.")).to_have_count(4)
    page.goto(page.url)  # afresh, without the complaints
    for tick in page.get_by_role("checkbox").all():
        tick.focus()
        page.keyboard.press("Space")
    keep_picture("review-signature", closely(page, page.get_by_role("region", name="Sign", exact=True)))
    page.get_by_role("button", name="Sign and publish").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("“Hamstring strain” is signed.")).to_be_visible()

    log_out(page)
    page.goto(live_server.url + article.get_url())
    expect(page.locator(".review__headline")).to_contain_text("Medically reviewed by Dr Jo Bell")
    expect(page.get_by_text("or of its tendon.").first).to_be_visible()
    keep_picture("review-line", closely(page, page.locator(".article__header")))

    log_in(page.context, live_server, editor)
    audit = reverse("medical_review:audit", args=[article.pk])
    page.goto(f"{live_server.url}{audit}?on={timezone.localdate()}&format=html")
    signed = page.locator("section").filter(has=page.get_by_role("heading", name="Sign-offs by the end of"))
    expect(signed.get_by_role("heading", level=3)).to_contain_text(["Dr Jo Bell", "Dr Sam Reed"])
    keep_picture("review-audit-pack", closely(page, signed))
