"""Every verb of the desk, done on its real screen, stands in Wagtail's log: who, what, and why where somebody was asked."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from wagtail.log_actions import registry
from wagtail.models import ModelLogEntry, PageLogEntry

from articles import log_actions as article_actions
from articles.models import ReviewTier
from articles.services import CHECKLIST
from products import log_actions as product_actions
from products.models import Checking, Offer
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS
from tests.factories import OfferFactory, RetailerFactory, ReviewerFactory, UserFactory
from tests.furnished import Furnished, furnish
from tests.products.shops import page as shop_page
from tests.products.shops import saw

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
WHY = "Because the notice of 3 May says so."

BY_MACHINES = {
    "articles.import": "a command writes it",
    "articles.review.flag": "the hourly job writes it",
    "articles.publish.refuse": "it is what was not done",
}
"""Actions that are no verb of the desk."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A person at a furnished desk."""

    made: Furnished
    client: Client

    def post(self, name: str, *args: Any, query: str = "", **data: Any) -> HttpResponse:
        return self.client.post(reverse(name, args=args) + query, data)

    def verb(self, verb: str, offer: Offer, **data: Any) -> HttpResponse:
        return self.post("wagtailsnippets_products_offer:verb", offer.pk, verb, **data)

    def bulk(self, model: str, action: str, pk: int, **data: Any) -> HttpResponse:
        app = "products" if model == "offer" else "articles"
        return self.post("wagtail_bulk_action", app, model, action, query=f"?id={pk}&next=/admin/", **data)


def by_hand(desk: Desk) -> None:
    offer = OfferFactory(retailer=RetailerFactory(checking=Checking.HUMAN))
    desk.post(
        "links_to_look_at:index", offer=offer.pk, destination=offer.destination, verdict="fine"
    )  # fmt: skip


def different_product(desk: Desk) -> Offer:
    """An offer whose page shows another product than it did at first."""
    offer, now = OfferFactory(retailer__programme=None), timezone.now()
    saw(offer, now=now - DAY)
    for hours in (10, 1):
        saw(
            offer, now=now - datetime.timedelta(hours=hours), text=shop_page("A kettle", gtin="4006381333931")
        )
    return offer


def redirected(desk: Desk) -> Offer:
    shop = RetailerFactory(domains=["peak-sports.co.uk"], programme=None)
    offer = OfferFactory(retailer=shop, destination="https://peak-sports.co.uk/thigh")
    saw(offer, now=timezone.now(), led_to="https://peak-sports.co.uk/thigh-support")
    return offer


def call_dismissed(desk: Desk) -> None:
    desk.post("medical_review:dismiss", desk.made.article.pk, desk.made.call.pk, reason=WHY)


def seen(desk: Desk) -> dict[str, str]:
    state = desk.made.waiting
    shown = desk.client.get(reverse("medical_review:review", args=[state.pk]))
    return {"seen": shown.context["sign_form"].initial["seen"]}


def signed(desk: Desk) -> None:
    ticked = dict.fromkeys(CHECKLIST, "on")
    desk.post("medical_review:review", desk.made.waiting.pk, action="sign", **seen(desk), **ticked)


def sent_back(desk: Desk) -> None:
    data = {"remarks-TOTAL_FORMS": 0, "remarks-INITIAL_FORMS": 0}
    desk.post("medical_review:review", desk.made.waiting.pk, action="send-back", comment=WHY, **data)


def edit_a_little(desk: Desk) -> None:
    """Propose a small edit of the signed article, as its editor."""
    article = desk.made.article
    article.body[0].value.source = "<p>Rest the leg!</p>"
    article.save_revision(user=UserFactory(), changed=True, clean=False)
    desk.post("medical_review:propose_minor", article.pk, reason=WHY)


def confirmed(desk: Desk) -> None:
    article, editor = desk.made.article, enter(EDITORS, desk.made)
    desk_of_editor = Desk(desk.made, editor)
    edit_a_little(desk_of_editor)
    article.refresh_from_db()
    state = article.current_workflow_task_state
    shown = desk.client.get(reverse("medical_review:review", args=[state.pk]))
    fingerprint = shown.context["confirm_form"].initial["seen"]
    desk.post("medical_review:review", state.pk, action="confirm", seen=fingerprint, confirmed="on")


def replanned(desk: Desk) -> None:
    article = desk.made.article
    day = timezone.localdate() + 5 * DAY
    data = {"how": "on", "on": day.isoformat(), "reason": WHY}
    address = f"?id={article.pk}&next=/admin/"
    args = ("wagtail_bulk_action", "articles", "conditionpage", "reschedule")
    shown = desk.post(*args, query=address, **data)
    desk.post(*args, query=address, **data, seen=shown.context_data["seen"], apply="1")


def revoked(desk: Desk) -> None:
    desk.post("review_calendar:feeds", verb="close")


def retiered(desk: Desk) -> None:
    tier = ReviewTier.objects.get(is_default=True)
    url = reverse("wagtailsnippets_articles_reviewtier:edit", args=[tier.pk])
    form = desk.client.get(url).context["form"]
    data = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    data |= {"interval_months": 18}
    shown = desk.client.post(url, data)
    if shown.status_code == 200:  # it asks whether its effect is meant
        desk.client.post(url, {**data, "effect_seen": shown.context_data["effect_seen"]})


Act = Callable[[Desk], Any]
ADMINISTRATOR = "an administrator"

VERBS: dict[str, tuple[str, str, Act]] = {
    # links and shops
    product_actions.JUDGE: (COMMERCIAL, "Looked at the page: fine", by_hand),
    product_actions.DISMISS: (
        EDITORS,
        f"Called what looks found harmless: {WHY}",
        lambda desk: desk.verb("dismiss", desk.made.offer, reason=WHY),
    ),
    product_actions.ACCEPT_PRODUCT: (
        EDITORS,
        "Said that the page shows the right product",
        lambda desk: desk.verb("accept-product", different_product(desk)),
    ),
    product_actions.ACCEPT_REDIRECT: (
        EDITORS,
        "Took where https://peak-sports.co.uk/thigh leads as its address: https://peak-sports.co.uk/thigh-support",
        lambda desk: desk.verb("accept-redirect", redirected(desk)),
    ),
    product_actions.WITHDRAW: (
        COMMERCIAL,
        f"Kept from readers: {WHY}",
        lambda desk: desk.verb("withdraw", desk.made.offer, reason=WHY),
    ),
    product_actions.OFFER_AGAIN: (
        COMMERCIAL,
        f"Shown to readers again: {WHY}",
        lambda desk: (
            desk.verb("withdraw", desk.made.offer, reason="For a while."),
            desk.verb("offer-again", desk.made.offer, reason=WHY),
        ),
    ),
    product_actions.SNOOZE: (
        EDITORS,
        f": {WHY}",
        lambda desk: desk.post(
            "alarms:alarm",
            desk.made.alarm.pk,
            **{
                "verb": "snooze",
                "snooze-until": (timezone.localdate() + 3 * DAY).isoformat(),
                "snooze-reason": WHY,
            },
        ),
    ),
    product_actions.CHECK_NOW: (
        EDITORS,
        "Asked for a check of the link at once",
        lambda desk: desk.bulk("offer", "check_now", desk.made.offer.pk),
    ),
    product_actions.TAKE_BACK: (
        EDITORS,
        "Took back that the link is checked at once",
        lambda desk: desk.post("mass_checks:cancel", desk.made.mass_check.pk),
    ),
    product_actions.STOP: (
        COMMERCIAL,
        f"Withdrawn from every page: {WHY}",
        lambda desk: desk.post(
            "wagtailsnippets_products_product:safety_stop", desk.made.product.pk, verb="stop", reason=WHY
        ),
    ),
    product_actions.LIFT: (
        EDITORS,
        f"Offered again: {WHY}",
        lambda desk: [
            desk.post(
                "wagtailsnippets_products_product:safety_stop", desk.made.product.pk, verb=verb, reason=WHY
            )
            for verb in ("stop", "lift")
        ],
    ),
    # medical reviews
    "articles.review.sign": (REVIEWERS, "Medical review signed by ", signed),
    "wagtail.workflow.reject": (REVIEWERS, "Medical review", sent_back),
    "articles.review.propose_minor": (EDITORS, f"Proposed as a small edit: {WHY}", edit_a_little),
    "articles.review.sign_minor": (REVIEWERS, f": {WHY}", confirmed),
    "articles.review.withdraw": (
        REVIEWERS,
        f"withdrawn: {WHY}",
        lambda desk: desk.post("medical_review:withdraw", desk.made.article.pk, reason=WHY),
    ),
    "articles.review.call": (
        EDITORS,
        f"Called for a medical review (safety alert): {WHY}",
        lambda desk: desk.post(
            "medical_review:call", desk.made.article.pk, kind="safety_alert", reason=WHY
        ),
    ),
    "articles.review.dismiss": (EDITORS, f": {WHY}", call_dismissed),
    "articles.review.plan": (EDITORS, f": {WHY}", replanned),
    "articles.review.assign": (
        EDITORS,
        "Next medical review assigned to Dr ",
        lambda desk: desk.post(
            "medical_review:assign", desk.made.article.pk, reviewer=ReviewerFactory().pk
        ),
    ),
    article_actions.TIER_CHANGE: (ADMINISTRATOR, "interval months from 24 to 18", retiered),
    # readers and calendars
    article_actions.REPORT_SETTLE: (
        EDITORS,
        f"Closed: {WHY}",
        lambda desk: desk.post(
            "reader_reports:report",
            desk.made.report.pk,
            **{"verb": "settle", "settle-status": "closed", "settle-note": WHY},
        ),
    ),
    article_actions.REPORT_CALL: (
        EDITORS,
        WHY,
        lambda desk: desk.post(
            "reader_reports:report", desk.made.report.pk, **{"verb": "call", "call-reason": WHY}
        ),
    ),
    article_actions.FEED_RENEW: (
        REVIEWERS,
        "New private calendar address made; the old one answers no more",
        lambda desk: desk.post("review_calendar:feeds", verb="renew"),
    ),
    article_actions.FEED_REVOKE: (REVIEWERS, "Private calendar address revoked", revoked),
}  # fmt: skip
"""By action: who does it, what the log then says (or part of it), and how it is done."""


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Furnished]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield furnish()
        transaction.set_rollback(True)


def enter(who: str, made: Furnished) -> Client:
    user = made.reviewer.user if who == REVIEWERS else UserFactory(is_superuser=who == ADMINISTRATOR)
    if who != ADMINISTRATOR:
        user.groups.add(Group.objects.get(name=who))
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def entries(action: str) -> list[Any]:
    """The log's entries of an action, the latest first."""
    found = [entry for log in (PageLogEntry, ModelLogEntry) for entry in log.objects.filter(action=action)]
    return sorted(found, key=lambda entry: entry.timestamp, reverse=True)


def test_every_action_of_ours_has_a_verb_that_is_tried():
    ours = {action for action, _ in registry.get_choices() if action.startswith(("articles.", "products."))}
    untried = ours - VERBS.keys() - BY_MACHINES.keys()
    assert not untried, f"Do these on their screen, in VERBS of {__file__}: {untried}"
    assert BY_MACHINES.keys() <= ours


@pytest.mark.parametrize("action", VERBS)
def test_a_verb_is_on_record_with_who_what_and_why(made, action):
    who, says, act = VERBS[action]
    client, before = enter(who, made), len(entries(action))
    act(Desk(made, client))
    after = entries(action)
    assert len(after) > before, "nothing was written down"
    entry = after[0]
    assert entry.user == client.user
    assert says in entry.message
    assert not re.search(r"\b(articles|products|wagtail)\.|[a-z]_[a-z]|\{|None", entry.message)
    history = enter(ADMINISTRATOR, made).get(reverse("wagtailadmin_reports:site_history")).content.decode()
    assert escape(entry.message) in history
