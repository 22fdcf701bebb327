"""The safety stop: seen by readers, on record, undone without a trace, and for those only who may."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.log_actions import registry

from articles.models import ConditionPage, ReviewSchedule, ReviewTrigger
from products.models import Product
from products.models.freshness import Generation
from products.safety_stop import SafetyStopRefused, lift, stop
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, desk_of, is_refused, text_of
from tests.factories import ConditionPageFactory, OfferFactory, UserFactory, product_box

pytestmark = pytest.mark.django_db

NOTICE = "The strap can tear under load. Stop using it."


@pytest.fixture
def product() -> Product:
    return OfferFactory(product__name="Thigh strap").product


@pytest.fixture
def article(product) -> ConditionPage:
    return ConditionPageFactory(title="Hamstring strain", blocks=[product_box(product)])


def address_of(product: Product) -> str:
    return reverse(Product.snippet_viewset.get_url_name("safety_stop"), args=[product.pk])


def read(page: ConditionPage) -> str:
    """The page as a reader gets it, without what differs at each reading."""
    return re.sub(r"nonce-[\w-]+", "", text_of(Client().get(page.get_url())))


def generation() -> set[object]:
    return set(Generation.objects.values_list("token", flat=True))


@pytest.mark.parametrize("group", [EDITORS, COMMERCIAL])
def test_readers_get_the_notice_in_place_of_the_product_and_then_the_product_as_it_was(
    group, product, article
):
    before, row = read(article), Product.objects.filter(pk=product.pk).values().get()
    somebody = desk_of(group)
    assert somebody.post(address_of(product), {"verb": "stop", "reason": NOTICE}).status_code == 302
    stopped = read(article)
    assert NOTICE in stopped
    assert "Buy from" not in stopped
    assert "Buy from" in before
    assert somebody.post(address_of(product), {"verb": "lift", "reason": "Another batch."}).status_code == 302
    assert read(article) == before
    assert Product.objects.filter(pk=product.pk).values().get() == row


def test_who_when_and_why_are_on_record(product):
    editor = desk_of(EDITORS)
    editor.post(address_of(product), {"verb": "stop", "reason": NOTICE})
    editor.post(address_of(product), {"verb": "lift", "reason": "Another batch."})
    logged = (
        registry.get_logs_for_instance(product).filter(action__startswith="products.product.").order_by("pk")
    )
    assert [(entry.user, entry.message) for entry in logged] == [
        (editor.user, f"Withdrawn from every page: {NOTICE}"),
        (editor.user, "Offered again: Another batch."),
    ]


def test_copies_of_pages_are_no_longer_good(product):
    seen = [generation()]
    for verb in (
        lambda: stop(product, reason=NOTICE, user=None, now=timezone.now()),
        lambda: lift(product, reason="Another batch.", user=None),
    ):
        connection.run_on_commit.clear()  # as in a transaction of its own
        verb()
        seen.append(generation())
    assert seen[0] != seen[1] != seen[2]


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_there_is_no_stop_without_a_reason(product, reason):
    seen = desk_of(EDITORS).post(address_of(product), {"verb": "stop", "reason": reason})
    assert "This field is required" in text_of(seen)
    with pytest.raises(SafetyStopRefused):
        stop(product, reason=reason, user=None, now=timezone.now())
    assert not Product.objects.get(pk=product.pk).is_withdrawn


def test_nothing_is_done_twice_and_an_old_tab_does_not_undo(product):
    editor = desk_of(EDITORS)
    editor.post(address_of(product), {"verb": "stop", "reason": NOTICE})
    again = editor.post(address_of(product), {"verb": "stop", "reason": "Other words."}, follow=True)
    assert "is withdrawn already" in text_of(again)
    assert Product.objects.get(pk=product.pk).withdrawn_reason == NOTICE
    lift(product, reason="Another batch.", user=None)
    with pytest.raises(SafetyStopRefused):
        lift(product, reason="Another batch.", user=None)


def test_neither_an_open_form_nor_an_old_revision_brings_it_back(product):
    revision = product.save_revision()
    open_form = Product.objects.get(pk=product.pk)
    stop(product, reason=NOTICE, user=None, now=timezone.now())
    open_form.summary = "New words."
    open_form.save()
    revision.as_object().save()
    stands = Product.objects.get(pk=product.pk)
    assert (stands.is_withdrawn, stands.withdrawn_reason) == (True, NOTICE)


def test_the_page_shows_where_the_product_stands_drafts_too(product, article):
    other = ConditionPageFactory(title="Thigh bruise")
    draft = other.get_latest_revision_as_object()
    draft.body = json.dumps([product_box(product)])
    draft.save_revision()
    seen = text_of(desk_of(EDITORS).get(address_of(product)))
    assert "Readers find it on 1 page." in seen
    assert "Hamstring strain" in seen
    assert "Thigh bruise" in seen
    assert "Draft of a live page" in seen


def test_reviews_of_its_articles_are_called_for_if_asked(product, article):
    editor = desk_of(EDITORS)
    answer = editor.post(
        address_of(product), {"verb": "stop", "reason": NOTICE, "call_for_reviews": "on"}, follow=True
    )
    assert "1 article is now due for review." in text_of(answer)
    (trigger,) = ReviewTrigger.objects.all()
    assert (trigger.page_id, trigger.reason, trigger.opened_by) == (article.pk, NOTICE, editor.user)
    assert ReviewSchedule.objects.get(page_id=article.pk).due_on == timezone.localdate()


def test_reviews_are_left_alone_if_not_asked(product, article):
    desk_of(EDITORS).post(address_of(product), {"verb": "stop", "reason": NOTICE})
    assert not ReviewTrigger.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_not_is_refused(product, method):
    for client in (desk_of(REVIEWERS), Client()):
        answer = getattr(client, method)(address_of(product), {"verb": "stop", "reason": NOTICE})
        assert is_refused(answer) or "login" in answer["Location"]
    assert not Product.objects.get(pk=product.pk).is_withdrawn


def test_a_change_permission_alone_does_not_stop_a_product(product):
    user = UserFactory()
    for codename in ("access_admin", "change_product"):
        user.user_permissions.add(Permission.objects.get(codename=codename))
    client = Client()
    client.force_login(user)
    assert is_refused(client.get(address_of(product)))
    edit = reverse(Product.snippet_viewset.get_url_name("edit"), args=[product.pk])
    assert address_of(product) not in text_of(client.get(edit))


@pytest.mark.parametrize("group", [EDITORS, COMMERCIAL])
def test_the_button_stands_on_the_product_and_in_its_row(product, group):
    somebody, viewset = desk_of(group), Product.snippet_viewset
    for address in (
        reverse(viewset.get_url_name("list")),
        reverse(viewset.get_url_name("edit"), args=[product.pk]),
    ):
        assert address_of(product) in text_of(somebody.get(address))
