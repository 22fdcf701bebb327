"""The demo's files agree with each other, whatever the day on which the demo is made."""

from __future__ import annotations

import csv
import datetime
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from articles.governance import ReviewState, SignOff, standing
from articles.importers.document import Document, Picture, ProductBox, SeeAlso
from articles.importers.seed_text import parse
from demo import pictures, plan
from demo.retailers.behaviours import WHOLE_SHOP
from demo.retailers.scene import read_plays
from products import programmes

CONTENT = Path(pictures.__file__).parent / "content"
ARTICLES = sorted((CONTENT / "articles").glob("*/*.txt"))
NAMES = [str(path.relative_to(CONTENT / "articles")) for path in ARTICLES]
WRITTEN = datetime.date(2026, 11, 22)
REGION_LABELS = {"UK": "UK", "US": "USA"}
MOST_BYTES = 40 * 1024

days = st.dates(min_value=WRITTEN, max_value=datetime.date(2040, 12, 31))


def read(path: Path) -> Document:
    return parse(path.read_text(encoding="utf-8"), today=WRITTEN)


DOCUMENTS = dict(zip(NAMES, (read(path) for path in ARTICLES), strict=True))
with (CONTENT / "products.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
PRODUCTS = {name: list(rows) for name, rows in groupby(ROWS, key=lambda row: row["product"])}

each_article = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
each_product = pytest.mark.parametrize(
    "row", [pytest.param(rows[0], id=name) for name, rows in PRODUCTS.items()]
)


@each_article
def test_article_reads_as_a_whole_article(document: Document) -> None:
    words = len(document.plain_text().split())
    assert document.standfirst
    assert len(document.related) == 1
    assert 500 <= words <= 900, f"{words} words"


@each_article
def test_related_article_of_an_article_exists(document: Document) -> None:
    assert set(document.related) <= {other.title for other in DOCUMENTS.values()} - {document.title}


@each_article
def test_every_product_box_names_a_product_and_its_offers(document: Document) -> None:
    boxes = [block for block in document.blocks if isinstance(block, ProductBox)]
    assert boxes
    for box in boxes:
        assert box.name in PRODUCTS
        assert box.call_to_action == f"Buy {box.name}"
        sold = {(row["retailer"], REGION_LABELS[row["region"]]) for row in PRODUCTS[box.name]}
        assert {(shop.name, shop.region_label) for shop in box.shops} <= sold


@each_article
def test_every_caption_has_a_picture(document: Document) -> None:
    captions = [block.caption for block in document.blocks if isinstance(block, Picture)]
    assert captions
    assert set(captions) <= set(pictures.CAPTIONS)


@each_article
def test_imported_review_line_names_nobody_who_signs_here(document: Document) -> None:
    names = {reviewer.name for reviewer in plan.REVIEWERS}
    assert document.review is None or not any(name in document.review.reviewer for name in names)


def test_some_pointers_lead_to_articles_and_some_to_planned_ones() -> None:
    titles = {document.title.casefold() for document in DOCUMENTS.values()}
    topics = {
        block.topic.casefold()
        for document in DOCUMENTS.values()
        for block in document.blocks
        if isinstance(block, SeeAlso)
    }
    assert topics & titles
    assert topics - titles


def test_every_caption_is_used_once() -> None:
    used = [
        block.caption
        for document in DOCUMENTS.values()
        for block in document.blocks
        if isinstance(block, Picture)
    ]
    assert sorted(used) == sorted(pictures.CAPTIONS)


@each_product
def test_product_says_what_a_reader_must_know(row: dict[str, str]) -> None:
    for column in ("summary", "who_for", "not_for", "size_and_fit", "material", "picture_alt"):
        assert row[column], column
    assert row["picture"] in pictures.PRODUCT_PICTURES
    for column in ("pros", "cons"):
        assert 2 <= len(row[column].split("|")) <= 4, column


@each_product
def test_single_products_have_a_valid_gtin_of_the_range_for_examples(row: dict[str, str]) -> None:
    if row["kind"] == "range":
        assert row["gtin"] == ""
        return
    digits = [int(digit) for digit in row["gtin"]]
    assert len(digits) == 13
    assert row["gtin"].startswith("952")  # GS1 keeps it for demonstrations
    assert sum(digit * weight for digit, weight in zip(digits, [1, 3] * 6 + [1], strict=True)) % 10 == 0


def test_rows_of_a_product_stand_together_and_no_gtin_comes_twice() -> None:
    gtins = [rows[0]["gtin"] for rows in PRODUCTS.values() if rows[0]["gtin"]]
    assert sum(map(len, PRODUCTS.values())) == len(ROWS)
    assert len(set(gtins)) == len(gtins) == 10


def test_offers_lead_to_domains_of_their_retailers() -> None:
    retailers = {(retailer.name, retailer.region): retailer for retailer in plan.RETAILERS}
    for row in ROWS:
        retailer = retailers[row["retailer"], row["region"]]
        assert not row["address"] or row["address"].split("/")[2] in retailer.domains


def test_one_offer_is_a_draft_and_one_product_is_sold_in_the_us_alone() -> None:
    regions = [{row["region"] for row in rows if row["address"]} for rows in PRODUCTS.values()]
    assert sum(not row["address"] for row in ROWS) == 1
    assert regions.count({"US"}) == 1
    assert regions.count({"UK", "US"}) == len(regions) - 1


def test_behaviours_are_known_and_belong_to_offers() -> None:
    plays = read_plays(CONTENT / "behaviours.json")
    assert set(plays) <= {row["address"] for row in ROWS}
    behaviours = [play.behaviour for play in plays.values()]
    assert not set(behaviours) & WHOLE_SHOP
    assert len(set(behaviours)) == len(behaviours)


@pytest.mark.parametrize(
    "name", [*(caption.file for caption in pictures.CAPTIONS.values()), *pictures.PRODUCT_PICTURES]
)
def test_picture_is_small_and_of_the_right_size(name: str) -> None:
    path = pictures.FOLDER / name
    assert name in pictures.PICTURES
    assert path.stat().st_size <= MOST_BYTES
    with Image.open(path) as image:
        assert image.size == (1200, 800)


def test_no_picture_lies_about() -> None:
    assert {path.name for path in pictures.FOLDER.iterdir()} == set(pictures.PICTURES)


@pytest.mark.parametrize("retailer", plan.RETAILERS, ids=lambda retailer: retailer.name)
def test_identity_suits_the_network(retailer: plan.Retailer) -> None:
    programmes.adapter(retailer.network).validate(retailer.identity, retailer.region)


def test_plan_covers_every_article_with_people_and_places_it_names() -> None:
    assert sorted(article.file for article in plan.ARTICLE_PLAN) == NAMES
    for article in plan.ARTICLE_PLAN:
        assert article.body_area in {area.slug for area in plan.BODY_AREAS}
        assert article.author in {author.name for author in plan.AUTHORS}
        assert {signed.reviewer for signed in article.signed} <= {
            reviewer.slug for reviewer in plan.REVIEWERS
        }


def test_plan_has_every_state_that_an_article_may_be_left_in() -> None:
    states = {article.states[0] for article in plan.ARTICLE_PLAN}
    assert states == set(ReviewState) - {ReviewState.WITHDRAWN}


@pytest.mark.parametrize("article", plan.ARTICLE_PLAN, ids=lambda article: article.file)
@given(today=days)
def test_article_ends_in_its_state_whenever_the_demo_is_made(
    article: plan.Article, today: datetime.date
) -> None:
    claimed = DOCUMENTS[article.file].review
    last = article.signed[-1] if article.signed else None
    found = standing(
        today=today,
        rule=plan.TIERS[article.tier],
        sign_off=SignOff(today - datetime.timedelta(days=last.days_ago), "signed") if last else None,
        live_fingerprint="edited" if article.edit else "signed",
        imported_on=claimed.reviewed_on if claimed else None,
    )
    assert found.state in article.states


def test_sign_offs_run_from_old_to_new_after_credentials_were_verified() -> None:
    verified = {reviewer.slug: reviewer.verified_days_ago for reviewer in plan.REVIEWERS}
    for article in plan.ARTICLE_PLAN:
        ages = [signed.days_ago for signed in article.signed]
        assert ages == sorted(ages, reverse=True)
        assert all(signed.days_ago < verified[signed.reviewer] for signed in article.signed)


def test_later_edit_finds_its_words_once() -> None:
    edits = [(article.file, article.edit) for article in plan.ARTICLE_PLAN if article.edit]
    assert edits
    for name, edit in edits:
        assert (CONTENT / "articles" / name).read_text(encoding="utf-8").count(edit.find) == 1


@pytest.mark.parametrize("page", plan.INFORMATION, ids=lambda page: page.slug)
def test_information_page_has_real_text(page: plan.Page) -> None:
    words = sum(len(text.split()) for section in page.sections for text in section.paragraphs)
    assert 150 <= words <= 400
    assert [bool(section.heading) for section in page.sections] == [False] + [True] * (len(page.sections) - 1)
