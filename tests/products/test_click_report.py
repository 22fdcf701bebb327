"""The report "Clicks"."""

from __future__ import annotations

import datetime
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from products.clicks.counting import count
from products.models import Region
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, csv_of, desk_of, is_refused, text_of
from tests.factories import ConditionPageFactory, OfferFactory, RegionFactory, product_box

pytestmark = pytest.mark.django_db
REPORT = "/admin/reports/clicks/"


@pytest.fixture
def clicked():
    """Three people and a robot in Britain today, one American two days ago, and somebody last year."""
    uk, us = Region.objects.get(code="UK"), RegionFactory(code="US")
    british = OfferFactory(product__name="Sleeve", retailer__name="british.example")
    american = OfferFactory(product__name="Belt", retailer__name="american.example", retailer__region=us)
    page = ConditionPageFactory(title="Sciatica", blocks=[product_box(british.product)])
    now = timezone.now()
    for is_person in (True, True, True, False):
        count(british.pk, page.pk, uk.pk, is_person=is_person, now=now)
    count(american.pk, None, uk.pk, is_person=True, now=now - datetime.timedelta(days=2))
    count(american.pk, None, us.pk, is_person=True, now=now - datetime.timedelta(days=365))
    return page


def lines(desk, query: str) -> list[str]:
    return csv_of(desk.get(f"{REPORT}?export=csv&{query}"))


HEAD = 'People,"Robots, prefetches and repeats",Not people'


@pytest.mark.parametrize(("by", "expected"), [
    ("article", ["Article," + HEAD, "Sciatica,3,1,25%", '"No article, or one that was deleted",1,0,0%']),
    ("product", ["Product," + HEAD, "Sleeve,3,1,25%", "Belt,1,0,0%"]),
    ("retailer", ["Retailer," + HEAD, "british.example (UK),3,1,25%", "american.example (US),1,0,0%"]),
    ("region", ["Region of the shop," + HEAD, "UK,3,1,25%", "US,1,0,0%"]),
    ("reader", ["Region of the reader," + HEAD, "UK,4,1,20%"]),
])  # fmt: skip
def test_clicks_are_counted_by_what_is_asked_for(clicked, by, expected):
    assert lines(desk_of(COMMERCIAL), f"by={by}") == expected


def test_days_are_counted_as_asked(clicked):
    desk, today = desk_of(COMMERCIAL), timezone.localdate()
    assert lines(desk, "by=product")[1:] == ["Sleeve,3,1,25%", "Belt,1,0,0%"], "four weeks"
    assert lines(desk, f"by=product&day_from={today}")[1:] == ["Sleeve,3,1,25%"]
    year_ago = today - datetime.timedelta(days=400)
    assert lines(desk, f"by=product&day_from={year_ago}")[1:] == ["Sleeve,3,1,25%", "Belt,2,0,0%"]
    assert len(lines(desk, f"by=day&day_from={year_ago}")) == 4


def test_a_shop_can_be_asked_for_alone(clicked):
    us = Region.objects.get(code="US")
    assert lines(desk_of(COMMERCIAL), f"by=product&region={us.pk}")[1:] == ["Belt,1,0,0%"]


def test_the_page_shows_both_columns_and_a_chart_with_its_table(clicked):
    html = text_of(desk_of(COMMERCIAL).get(REPORT))
    assert "Sciatica" in html
    assert "25%" in html
    assert 'role="img"' in html
    assert "In all: People 4, Robots, prefetches and repeats 1." in html
    assert f'<th scope="row">{timezone.localdate():%-d %b}</th><td>3</td><td>1</td>' in html
    today = timezone.localdate()
    assert (
        "2025" in text_of(desk_of(COMMERCIAL).get(f"{REPORT}?day_from={today.replace(year=2025)}"))
        or today.year != 2026
    )


def test_it_is_downloaded_as_a_spreadsheet_too(clicked):
    answer = desk_of(COMMERCIAL).get(f"{REPORT}?export=xlsx&by=product")
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    assert [cell.value for cell in sheet[2]] == ["Sleeve", 3, 1, "25%"]


def test_the_order_is_the_readers(clicked):
    assert lines(desk_of(COMMERCIAL), "by=product&ordering=by_people")[1].startswith("Belt")
    assert lines(desk_of(COMMERCIAL), "by=product&ordering=subject")[1].startswith("Belt")


@pytest.mark.parametrize(
    "query",
    [
        "by=nonsense",
        "day_from=yesterday",
        "ordering=password",
        "region=x",
        "day_from=2026-02-01&day_to=2026-01-01",
    ],
)
def test_nonsense_is_no_error(clicked, query):
    assert desk_of(COMMERCIAL).get(f"{REPORT}?{query}").status_code == 200


def test_it_is_for_the_commercial_side_and_editors(clicked):
    for group, may in [(COMMERCIAL, True), (EDITORS, True), (REVIEWERS, False)]:
        desk = desk_of(group)
        assert is_refused(desk.get(REPORT)) is not may
        assert (REPORT in text_of(desk.get(reverse("wagtailadmin_home")))) is may


def test_nothing_counted_is_said(db):
    html = text_of(desk_of(COMMERCIAL).get(REPORT))
    assert "Nothing to show." not in html  # four weeks of nothing are drawn as such
    assert "In all: People 0" in html
