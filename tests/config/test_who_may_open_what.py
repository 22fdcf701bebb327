"""Every address of the admin, asked for by everybody there is: each opens what their work needs, and nothing else.

The addresses are found, never listed. One of ours of which no row below speaks fails
`test_every_address_of_ours_is_spoken_of`, which says what to add.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from articles.models import Author, Reference, Reviewer, ReviewTier, User
from articles.review_feed import feed_address, renew_feed, revoke_feed
from products.models import Offer, Product, Programme, Region, Retailer
from tests.config.unread import unread
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, is_refused
from tests.factories import UserFactory
from tests.furnished import Address, Furnished, admin_addresses, furnish

pytestmark = pytest.mark.django_db

LEADS, MODERATORS, ACCESS_ALONE = "Review leads", "Moderators", "access to the admin alone"
GROUPS = (EDITORS, REVIEWERS, COMMERCIAL, LEADS, MODERATORS)
INSIDERS = (*GROUPS, ACCESS_ALONE)
NO_PERMISSION, INACTIVE, NOBODY = "no permission", "an inactive account", "nobody"
OUTSIDERS = (NO_PERMISSION, INACTIVE, NOBODY)

# --- what each may open ---------------------------------------------------------------------------

ADMINISTRATORS: set[str] = set()  # they may do everything, and are no group
PLANNERS = {EDITORS, MODERATORS, LEADS}
PAGE_EDITORS = {EDITORS, MODERATORS}
SHOPKEEPERS = {EDITORS, COMMERCIAL}


@dataclass(frozen=True, slots=True)
class Rights:
    """The groups that may do something with the things of a library."""

    view: set[str]
    add: set[str]
    change: set[str]
    delete: set[str]


LIBRARIES: dict[type[Model], Rights] = {
    Product: Rights({*SHOPKEEPERS, REVIEWERS}, SHOPKEEPERS, SHOPKEEPERS, {EDITORS}),
    Offer: Rights({*SHOPKEEPERS, REVIEWERS}, SHOPKEEPERS, SHOPKEEPERS, SHOPKEEPERS),
    Retailer: Rights(SHOPKEEPERS, SHOPKEEPERS, SHOPKEEPERS, {EDITORS}),
    Programme: Rights(SHOPKEEPERS, {COMMERCIAL}, {COMMERCIAL}, ADMINISTRATORS),
    Region: Rights(SHOPKEEPERS, {COMMERCIAL}, {COMMERCIAL}, ADMINISTRATORS),
    Author: Rights({EDITORS}, {EDITORS}, {EDITORS}, {EDITORS}),
    Reference: Rights({EDITORS, REVIEWERS, LEADS}, {EDITORS}, {EDITORS}, {EDITORS}),
    Reviewer: Rights({EDITORS, REVIEWERS}, ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS),
    ReviewTier: Rights({EDITORS, REVIEWERS}, ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS),
    User: Rights(ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS),
}
VERBS = {
    "view": {"list", "list_results", "index", "index_results", "inspect"},
    "add": {"add", "copy"},
    "change": {
        "edit",
        "revisions_revert",
        "revisions_compare",
        "history",
        "history_results",
        "usage",
        "verb",
    },
    "delete": {"delete"},
}
"""By the right that it takes, the views that every library has. Where a thing was and is used is for who changes it."""

SCREENS: dict[str, set[str] | tuple[set[str], set[str]]] = {
    # the review desk
    "articles:index": {*PLANNERS, REVIEWERS},
    "articles:index_results": {*PLANNERS, REVIEWERS},
    "articles:choose_parent": set(INSIDERS),  # Wagtail's: it offers the places where the person may write
    "wagtail_bulk_action conditionpage reschedule": PLANNERS,
    "wagtail_bulk_action conditionpage ask_reviewer": PLANNERS,
    "reschedulings:index": PLANNERS,
    "reschedulings:results": PLANNERS,
    "reschedulings:inspect": PLANNERS,
    "reschedulings:undo": PLANNERS,
    "review_calendar:index": {*PLANNERS, REVIEWERS},
    "review_calendar:day": {*PLANNERS, REVIEWERS},
    "review_calendar:feeds": ({*PLANNERS, REVIEWERS}, {REVIEWERS}),  # nobody else has an address of their own
    "review_forecast:index": PLANNERS,
    "review_forecast:results": PLANNERS,
    # medical reviews
    "medical_review:review": {REVIEWERS},
    "medical_review:article": {REVIEWERS},
    "medical_review:begin": {REVIEWERS},
    "medical_review:propose_minor": PAGE_EDITORS,
    "medical_review:assign": PAGE_EDITORS,
    "medical_review:call": {*PAGE_EDITORS, REVIEWERS},
    "medical_review:withdraw": {*PAGE_EDITORS, REVIEWERS},
    "medical_review:dismiss": {*PAGE_EDITORS, REVIEWERS},
    "medical_review:audit": {EDITORS, REVIEWERS},
    "sign_offs:index": {EDITORS, REVIEWERS, LEADS},
    "sign_offs:results": {EDITORS, REVIEWERS, LEADS},
    "sign_offs:inspect": {EDITORS, REVIEWERS, LEADS},
    # readers
    "reader_reports:index": {EDITORS, REVIEWERS, LEADS},
    "reader_reports:results": {EDITORS, REVIEWERS, LEADS},
    "reader_reports:report": ({EDITORS, REVIEWERS, LEADS}, {EDITORS, LEADS}),
    # links and shops
    "link_health:index": {*SHOPKEEPERS, REVIEWERS},
    "link_health:results": {*SHOPKEEPERS, REVIEWERS},
    "link_health:check": SHOPKEEPERS,
    "mass_checks:index": SHOPKEEPERS,
    "mass_checks:listing": SHOPKEEPERS,
    "mass_checks:check": SHOPKEEPERS,
    "mass_checks:results": SHOPKEEPERS,
    "mass_checks:cancel": SHOPKEEPERS,
    "alarms:index": SHOPKEEPERS,
    "alarms:results": SHOPKEEPERS,
    "alarms:alarm": SHOPKEEPERS,
    "links_to_look_at:index": SHOPKEEPERS,
    "clicks:index": SHOPKEEPERS,
    "clicks:results": SHOPKEEPERS,
    "wagtailsnippets_products_product:safety_stop": SHOPKEEPERS,
    "wagtailsnippets_products_product:usage": {*SHOPKEEPERS, REVIEWERS},
    "wagtailsnippets_products_offer:usage": {*SHOPKEEPERS, REVIEWERS},
    "wagtail_bulk_action offer check_now": SHOPKEEPERS,
    "wagtail_bulk_action offer snooze": SHOPKEEPERS,
    "wagtail_bulk_action offer call_harmless": SHOPKEEPERS,
    "wagtail_bulk_action offer accept_redirect": SHOPKEEPERS,
    # settings
    "wagtailsettings:edit publishersettings": {EDITORS},
    "wagtailsettings:preview_on_edit publishersettings": {EDITORS},
    # accounts
    "wagtail_bulk_action user assign_role": ADMINISTRATORS,
    "wagtail_bulk_action user set_active_state": ADMINISTRATORS,
}
"""Who opens a screen; two sets where fewer may press its buttons than may look."""

PRESSED: dict[str, dict[str, str]] = {
    "medical_review:review": {"action": "send-back"},
    "reader_reports:report": {"verb": "settle"},
    "review_calendar:feeds": {"verb": "renew"},
    "wagtailsnippets_products_product:safety_stop": {"verb": "stop"},
}
"""The button of a screen that refuses a form without one."""

LINK = re.compile(r'<a\b(?![^>]*data-chooser-edit-link)[^>]*\bhref="(/admin/[^"#]+)"')
"""A way within the admin. Wagtail's choosers offer to edit what is chosen, whoever asks."""

OPEN_TO_ALL = {
    "wagtailadmin_login",
    "wagtailadmin_password_reset",
    "wagtailadmin_password_reset_done",
    "wagtailadmin_password_reset_confirm",
    "wagtailadmin_password_reset_complete",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_sprite",
}
"""Wagtail's, without which nobody could log in."""


class NotSpokenOf(Exception):
    """An address of ours without a row."""


def row_of(address: Address) -> tuple[set[str], set[str]]:
    """Who looks and who presses. Raises `NotSpokenOf`."""
    row = SCREENS.get(address.name)
    if isinstance(row, tuple):
        return row
    if row is not None:
        return row, row
    rights = LIBRARIES.get(address.model) if address.model else None
    if rights is not None:
        for right, verbs in VERBS.items():
            if address.verb in verbs:
                groups: set[str] = getattr(rights, right)
                return groups, groups
    raise NotSpokenOf


def is_wagtails_bulk_deletion(address: Address) -> bool:
    """Wagtail shows its question to everybody who is in, and leaves out of the answer what they have no right to."""
    return address.name.startswith("wagtail_bulk_action") and address.name.endswith(" delete")


# --- the people and the place ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def furnished(django_db_setup: None, django_db_blocker: Any) -> Iterator[Furnished]:
    """Made once for the module, and thrown away after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield furnish()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def addresses(furnished: Furnished) -> list[Address]:
    return admin_addresses(furnished)


@pytest.fixture(scope="module")
def ours(addresses: list[Address]) -> list[Address]:
    return [address for address in addresses if address.is_ours]


@pytest.fixture(scope="module")
def spoken_of(ours: list[Address]) -> list[tuple[Address, set[str], set[str]]]:
    """Those with a row; a test of its own fails for the others."""
    found = []
    for address in ours:
        with suppress(NotSpokenOf):
            found.append((address, *row_of(address)))
    return found


@pytest.fixture(scope="module")
def enter(furnished: Furnished) -> Callable[[str], Client]:
    """A browser in which somebody is logged in."""

    def client_of(who: str) -> Client:
        client = Client()
        client.raise_request_exception = False
        if who == NOBODY:
            return client
        user = furnished.reviewer.user if who == REVIEWERS else UserFactory()
        if who == ACCESS_ALONE:
            user.user_permissions.add(Permission.objects.get(codename="access_admin"))
        elif who in GROUPS:
            user.groups.add(Group.objects.get(name=who))
        elif who == INACTIVE:
            user.groups.add(*Group.objects.all())
        client.force_login(user)
        if who == INACTIVE:  # since they logged in
            User.objects.filter(pk=user.pk).update(is_active=False)
        return client

    return client_of


class Writes:
    """What a request wrote into the database, sessions aside."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if (
            re.match(r"\s*(INSERT|UPDATE|DELETE|TRUNCATE)", sql, re.IGNORECASE)
            and "django_session" not in sql
        ):
            self.statements.append(sql)
        return execute(sql, params, many, context)


@contextmanager
def rolled_back() -> Iterator[Writes]:
    """What happens within has not happened."""
    writes = Writes()
    with transaction.atomic(), connection.execute_wrapper(writes):
        yield writes
        transaction.set_rollback(True)


def is_kept_out(response: HttpResponse) -> bool:
    """Refused, or sent to log in."""
    return is_refused(response) or (
        response.status_code == 302 and response["Location"].startswith(reverse("wagtailadmin_login"))
    )


def ask(client: Client, method: str, address: Address) -> HttpResponse:
    """Look at a screen, or press its button. What was said before is forgotten: it would fill the session."""
    client.cookies.pop("messages", None)
    response: HttpResponse = getattr(client, method)(
        address.url, PRESSED.get(address.name, {}) if method == "post" else {}
    )
    return response


def links_of(response: HttpResponse) -> list[str]:
    """Where a page leads within the admin."""
    if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
        return []
    return [unescape(link) for link in LINK.findall(response.content.decode())]


def is_told_by_another(address: Address, method: str, may: bool) -> bool:
    """Whether asking would be a waste: a view that takes no form, a question of Wagtail's, the rows of a listing that
    is asked for as a whole."""
    if method == "post":
        return isinstance(address.view, type) and not hasattr(address.view, "post")
    return is_wagtails_bulk_deletion(address) or (may and address.verb.endswith("results"))


# --- the walk -------------------------------------------------------------------------------------


def test_every_address_of_ours_is_spoken_of(ours: list[Address]):
    unspoken = []
    for address in ours:
        try:
            row_of(address)
        except NotSpokenOf:
            unspoken.append(address.name)
    assert not unspoken, (
        "Nobody said who may open these. Add a row for each to SCREENS (or, for a library of things, to LIBRARIES) in "
        f"{__file__}: {unspoken}"
    )


def test_no_row_speaks_of_what_is_gone(ours: list[Address]):
    assert SCREENS.keys() - {address.name for address in ours} == set()
    assert PRESSED.keys() <= SCREENS.keys()


@pytest.mark.parametrize("who", INSIDERS)
def test_everybody_opens_their_own_addresses_and_no_others(who, spoken_of, enter):
    client, wrong = enter(who), []
    links: dict[str, tuple[str, str]] = {}
    opened: set[str] = set()
    for address, looks, presses in spoken_of:
        for method, may in (("get", who in looks), ("post", who in presses)):
            if is_told_by_another(address, method, may):
                continue
            with rolled_back() as writes:
                response = ask(client, method, address)
            kept_out = is_kept_out(response)
            if response.status_code >= 500 or (response.status_code == 404 and address.name not in NOT_THERE):
                wrong.append(f"{method} {address.name}: {response.status_code}")
            elif not may and writes.statements:
                wrong.append(f"{method} {address.name} wrote {writes.statements[0][:80]}")
            elif kept_out == may and not is_wagtails_bulk_deletion(address):
                wrong.append(f"{method} {address.name} {'is refused' if may else 'is open'}")
            elif may and method == "get":
                opened.add(address.url)
                for link in links_of(response):
                    links.setdefault(resolve(link.partition("?")[0]).view_name, (link, address.name))
    with unread():
        for view, (link, name) in links.items():  # a page offers no way that leads to a refusal
            if link in opened or view in OFFERED_BY_WAGTAIL:
                continue
            if is_kept_out(client.get(link)):
                wrong.append(f"{name} has a link to {link}, which is refused")
    assert not wrong, "\n".join(wrong)


OFFERED_BY_WAGTAIL = {
    "wagtailadmin_pages:history",  # in the menu of every page, for everybody who sees it
    "wagtailadmin_pages:view_draft",
    "articles:index",  # where choosing a parent leads back to
}
NOT_THERE = {
    "wagtailsettings:preview_on_edit publishersettings",  # settings have no preview
    "links_to_look_at:index",  # a form without an offer
}


@pytest.mark.parametrize("who", OUTSIDERS)
def test_who_is_not_let_in_opens_nothing_of_the_admin(who, addresses, enter):
    client, opened = enter(who), []
    for address in addresses:
        for method in ("get", "post") if address.is_ours else ("get",):
            with rolled_back() as writes:
                response = ask(client, method, address)
            if address.name not in OPEN_TO_ALL and (not is_kept_out(response) or writes.statements):
                opened.append(f"{method} {address.name}: {response.status_code}")
    assert not opened, "\n".join(opened)


FAILS_ON_PURPOSE = {"wagtailadmin_error_test"}


def test_nothing_of_wagtail_s_breaks_for_an_editor(addresses, enter):
    client, broken = enter(EDITORS), []
    views = {(address.view, address.verb): address for address in addresses if not address.is_ours}
    for address in views.values():
        if address.name not in FAILS_ON_PURPOSE:
            with rolled_back():
                status = ask(client, "get", address).status_code
            if status >= 500:
                broken.append(f"{address.name}: {status}")
    assert not broken, "\n".join(broken)


# --- addresses of ours outside the admin that are not for everybody -------------------------------


def test_a_private_calendar_answers_its_own_address_alone(furnished, client):
    reviewer = furnished.reviewer
    with rolled_back():
        address = feed_address(reviewer)
        assert client.get(address).status_code == 200
        assert client.get(address.replace(".ics", "x.ics")).status_code == 404
        renew_feed(reviewer, user=reviewer.user, now=timezone.now())
        assert client.get(address).status_code == 404
        renewed = feed_address(reviewer)
        User.objects.filter(pk=reviewer.user_id).update(is_active=False)
        assert client.get(renewed).status_code == 404
        User.objects.filter(pk=reviewer.user_id).update(is_active=True)
        revoke_feed(reviewer, user=reviewer.user)
        assert client.get(renewed).status_code == 404
