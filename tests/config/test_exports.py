"""Every listing of the desk can be taken away, as it is filtered, in both formats, and opened without fear."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.admin.views.mixins import SpreadsheetExportMixin

from products.exports import never_a_formula
from tests.config.unread import unread
from tests.factories import UserFactory
from tests.furnished import Address, admin_addresses, furnish

pytestmark = pytest.mark.django_db

HOSTILE = "=SUM(1;1) \x0b"
"""What the names on the desk begin with: a formula, and a character that no workbook holds."""
PASSING = {"usage", "history", "history_results"}
"""Listings of what happened to one thing, which Wagtail has on the screen alone."""


@pytest.fixture(scope="module")
def admin(django_db_setup: None, django_db_blocker: Any) -> Iterator[Client]:
    """An administrator's browser, at a desk on which something of everything lies."""
    with django_db_blocker.unblock(), transaction.atomic():
        client = Client()
        client.force_login(UserFactory(is_superuser=True))
        client.furnished = furnish(HOSTILE)
        client.addresses = admin_addresses(client.furnished)
        yield client
        transaction.set_rollback(True)


def listings(addresses: list[Address]) -> list[Address]:
    return [
        address
        for address in addresses
        if address.is_ours
        and isinstance(address.view, type)
        and issubclass(address.view, BaseListingView)
        and not address.url.endswith("results/")
        and address.verb not in PASSING
        and not address.name.startswith("wagtailusers")
    ]


def taken_away(client: Client, url: str) -> tuple[list[list[str]], list[list[Any]]]:
    """Both exports of a listing, with their headings."""
    joined = f"{url}{'&' if '?' in url else '?'}export="
    text = b"".join(client.get(f"{joined}csv").streaming_content).decode()
    book = openpyxl.load_workbook(BytesIO(b"".join(client.get(f"{joined}xlsx").streaming_content)))
    assert not any(cell.data_type == "f" for row in book.active.iter_rows() for cell in row)
    return list(csv.reader(StringIO(text, newline=""))), [
        [cell.value for cell in row] for row in book.active.iter_rows()
    ]


def each(addresses: list[Address], look: Callable[[Address], list[str]]) -> None:
    """Fail with all that is wrong, listing by listing."""
    wrong = [f"{address.name}: {what}" for address in addresses for what in look(address)]
    assert not wrong, "\n".join(wrong)


def test_every_listing_of_ours_offers_both_exports(admin):
    found = listings(admin.addresses)
    assert len(found) > 15  # or the search for them is broken

    def look(address: Address) -> list[str]:
        if not issubclass(address.view, SpreadsheetExportMixin):
            return ["no export: base its view on products.exports.SafeExport"]
        page = admin.get(address.url).content.decode()
        return [f"offers no {kind}" for kind in ("csv", "xlsx") if f"export={kind}" not in page]

    each(found, look)


def test_an_export_holds_the_rows_of_the_listing_under_its_filters(admin):
    def look(address: Address) -> list[str]:
        wrong = []
        for query in ("", *questions(admin, address)):
            shown = shown_at(admin, address.url + query)
            rows = shown["paginator"].count if shown.get("paginator") else len(shown["object_list"])
            sheet, book = taken_away(admin, address.url + query)
            if not len(sheet) == len(book) == rows + 1:
                wrong.append(f"{query} shows {rows} rows, and exports {len(sheet) - 1} and {len(book) - 1}")
            if sheet[0] != book[0]:
                wrong.append(f"{query} has the headings {sheet[0]} and {book[0]}")
        return wrong

    each(listings(admin.addresses), look)


def shown_at(client: Client, url: str) -> dict[str, Any]:
    """What a listing would show."""
    with unread():
        return client.get(url).context_data


def questions(client: Client, address: Address) -> list[str]:
    """For two filters of a listing that offer a choice, the first choice."""
    filters = shown_at(client, address.url).get("filters")
    found = []
    for name, field in filters.form.fields.items() if filters else ():
        values = [str(value) for value, _ in getattr(field, "choices", ()) if value not in ("", None)]
        if values:
            found.append(f"?{name}={values[-1]}")
    return found[:2]


def test_what_somebody_typed_is_no_formula_in_an_export(admin):
    typed_in = set()

    def look(address: Address) -> list[str]:
        sheet, _ = taken_away(admin, address.url)
        cells = [cell for row in sheet[1:] for cell in row]
        if any(cell.startswith("'=SUM") for cell in cells):
            typed_in.add(address.name)
        return [cell for cell in cells if re.match(r"\s*[=+@]|\s*-(?!\d)", cell)]

    each(listings(admin.addresses), look)
    assert len(typed_in) > 8  # or nothing was tried


def test_an_export_costs_no_more_queries_with_more_rows(admin):
    def cost(address: Address) -> int:
        with CaptureQueriesContext(connection) as queries:
            taken_away(admin, address.url)
        return len(queries)

    found = listings(admin.addresses)
    before = {address.name: (cost(address), cost(address))[1] for address in found}
    furnish("+ more ")
    each(
        found,
        lambda address: (
            [f"{before[address.name]} queries, then {now}"]
            if (now := cost(address)) > before[address.name]
            else []
        ),
    )


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+44 20", "'+44 20"),
        ("-rest", "'-rest"),
        ("@cmd", "'@cmd"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("Thigh = leg", "Thigh = leg"),
        ("", ""),
    ],
)  # fmt: skip
def test_an_apostrophe_stands_before_what_would_be_a_formula(typed, written):
    assert never_a_formula(typed) == written
