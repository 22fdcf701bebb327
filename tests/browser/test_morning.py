"""An editor's morning in a real browser: from a home page full of panels to one without any of ours."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from wagtail.models import TaskState

from articles.models import MedicalReviewTaskState, ProblemKind, ProblemReport
from articles.problem_reports import receive
from articles.spam_guard import open_form
from products.judgements import HumanVerdict, judge_by_hand
from products.models import Alarm, Checking
from tests.browser.person import Person, log_in
from tests.desk import COMMERCIAL, REVIEWERS, desk_of
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    RegionFactory,
    RetailerFactory,
    ReviewerFactory,
    product_box,
    sign_off,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PANELS = (
    "Reader reports (1)",
    "Medical reviews overdue (2)",
    "Alarms (1)",
    "Links to look at (1)",
    "Offers that need a look (1)",
    "Offers that need an address (1)",
    "Articles without a seller (1)",
)


@pytest.fixture
def morning() -> None:
    """Something of each kind that waits for an editor."""
    now = timezone.now()
    broken = OfferFactory(product__name="Thigh strap")
    OfferFactory(product=broken.product, retailer__region=RegionFactory(code="US"))
    judge_by_hand(broken, HumanVerdict.BROKEN, user=desk_of(COMMERCIAL).user, now=now, tempo=1.0)
    reviewer = ReviewerFactory(name="Ann Bell")
    reviewer.user.groups.add(Group.objects.get(name=REVIEWERS))
    long_ago = timezone.localdate() - datetime.timedelta(days=760)
    article = ConditionPageFactory(title="Hamstring strain", blocks=[product_box(broken.product)])
    for page in (article, ConditionPageFactory(title="Groin strain")):
        sign_off(page, reviewer, on=long_ago)
    OfferFactory(product__name="Ice pack", draft=True, retailer__domains=["coldpacks.co.uk"])
    OfferFactory(product__name="Knee sleeve", retailer=RetailerFactory(checking=Checking.HUMAN))
    receive(open_form(article.pk, now=now), kind=ProblemKind.LINK, text="It is gone.", email="", now=now)


def test_an_editor_empties_the_home_page(page: Page, person: Person, live_server, morning, keep_picture):
    log_in(page.context, live_server)
    home = live_server.url + reverse("wagtailadmin_home")
    page.goto(home)
    for title in PANELS:
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    keep_picture("home", page.screenshot())

    def panel(name: str):
        return page.get_by_role("region", name=name)

    person.click(panel("Reader reports").get_by_role("link", name="Hamstring strain"))
    person.fill(page.get_by_label("Note"), "The link is being seen to.")
    person.click(page.get_by_role("button", name="Settle the report"))
    expect(page.get_by_text("The report is answered.")).to_be_visible()

    page.goto(home)
    person.click(page.get_by_role("link", name="Plan the overdue reviews"))
    person.click(page.get_by_role("checkbox", name="Select all").first)
    person.click(page.get_by_role("link", name="Ask a reviewer for the reviews of the selected articles"))
    person.click(page.get_by_label("Dr Ann Bell"))
    person.click(page.get_by_role("button", name="Ask the reviewer"))
    expect(page.get_by_text("2 articles are with Dr Ann Bell for review.")).to_be_visible()

    page.goto(home)
    person.click(panel("Alarms").get_by_role("link", name="Thigh strap"))
    form = page.locator("form").filter(has=page.get_by_role("button", name="This is fine"))
    person.fill(form.get_by_role("textbox"), "The shop is rebuilding; I can buy it by telephone.")
    person.click(form.get_by_role("button", name="This is fine"))
    expect(page.get_by_role("status").or_(page.locator(".messages")).first).to_be_visible()

    page.goto(home)
    person.click(panel("Links to look at").get_by_role("link", name="Look at it"))
    expect(page.get_by_role("heading", name="Knee sleeve")).to_be_visible()
    page.wait_for_load_state()
    person.press("f")
    expect(
        page.get_by_text("There is no link to look at.").or_(page.locator(".messages")).first
    ).to_be_visible()

    page.goto(home)
    person.click(panel("Offers that need an address").get_by_role("link", name="Ice pack"))
    person.fill(page.get_by_role("textbox", name="Product address"), "https://www.coldpacks.co.uk/ice-pack")
    person.click(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("updated")).to_be_visible()

    page.goto(home)
    expect(
        page.get_by_role("heading", name="Welcome").or_(page.get_by_role("heading", level=1)).first
    ).to_be_visible()
    for title in PANELS:
        expect(panel(title.rpartition(" (")[0])).to_have_count(0)
    keep_picture("home-empty", page.screenshot())
    person.has_done("A morning: one report, two reviews, an alarm, a look, an address", most=20)

    assert not ProblemReport.objects.filter(handled_at__isnull=True).exists()
    assert MedicalReviewTaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS).count() == 2
    assert not Alarm.objects.ringing(timezone.now()).exists()
