"""What a medical review covers: every clinical word and picture, and nothing commercial."""

import io
import json
from decimal import Decimal

import pytest
from django.core.checks import run_checks
from django.core.files.images import ImageFile
from PIL import Image
from wagtail import blocks

from articles.blocks import ArticleBody
from articles.checks import undeclared
from articles.clinical_content import clinical_content, clinical_fingerprint
from articles.governance import BlockKind
from articles.models import ConditionPage
from products.models import Picture
from tests.factories import (
    AuthorFactory,
    ConditionPageFactory,
    ProductFactory,
    RetailerFactory,
    block,
    heading,
    live,
    paragraph,
    product_box,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def file(colour: str) -> ImageFile:
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(drawn, "PNG")
    return ImageFile(drawn, name=f"{colour}.png")


def picture(colour: str = "red", **values) -> Picture:
    made = Picture(title=colour, file=file(colour), **values)
    made._set_image_file_metadata()  # as the admin's form does
    made.save()
    return made


def points(**values):
    first = {"text": "<p>Pain</p>", "children": ["at night"]}
    return block("points", {"lead_in": "Symptoms:", "ordered": False, "items": [first], **values})


def diagnostic_test(**values):
    test = {
        "name": "Slump test",
        "purpose": "It provokes.",
        "how": "Sit.",
        "positive_result": "Pain.",
        **values,
    }
    return block("diagnostic_test", test)


def figure(chosen: Picture | None, **values):
    chosen_pk = chosen.pk if chosen else None
    return block("picture", {"picture": chosen_pk, "alt_text": "A thigh", "caption": "The thigh", **values})


def article(*body, **values) -> ConditionPage:
    values.setdefault("title", "Thigh pain")
    return ConditionPage(body=json.dumps(list(body)), **values)


def same(one: ConditionPage, other: ConditionPage) -> bool:
    return clinical_fingerprint(one) == clinical_fingerprint(other)


# --- clinical: an edit is seen --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["title", "standfirst", "search_description"])
def test_an_edit_of_the_page_s_own_words_is_seen(name):
    assert not same(article(**{name: "Rest"}), article(**{name: "Rest not"}))


EDITS = {
    "heading": (heading("Causes"), [heading("Cause"), heading("Causes", 3)]),
    "paragraph": (paragraph("Rest <b>now</b>."), [paragraph("Rest now."), paragraph("Rest <b>not</b>.")]),
    "points": (
        points(),
        [
            points(lead_in="Causes:"),
            points(ordered=True),
            points(items=[{"text": "<p>Pain</p>", "children": []}]),
            points(items=[{"text": "<p>Pain</p>", "children": ["by day"]}]),
            points(items=[{"text": "<p>Ache</p>", "children": ["at night"]}]),
        ],
    ),
    "picture": (figure(None), [figure(None, caption="The knee"), figure(None, alt_text="A knee")]),
    "diagnostic_test": (
        diagnostic_test(),
        [diagnostic_test(**{part: "Other."}) for part in ("name", "purpose", "how", "positive_result")],
    ),
}
CLINICAL = [name for name, kind in ArticleBody().child_blocks.items() if kind.meta.kind == BlockKind.CLINICAL]


def test_this_table_has_every_clinical_block():
    assert {*EDITS, "references"} == set(CLINICAL)  # references: tests/articles/test_references.py


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_anywhere_in_a_clinical_block_is_seen(name):
    before, edits = EDITS[name]
    fingerprints = {clinical_fingerprint(article(body)) for body in (before, *edits)}
    assert len(fingerprints) == 1 + len(edits)


def test_a_link_that_leads_elsewhere_is_seen():
    assert not same(article(paragraph('<a href="/a">x</a>')), article(paragraph('<a href="/b">x</a>')))


def test_order_and_number_of_blocks_are_seen():
    one, two = paragraph("Rest."), paragraph("Walk.")
    assert not same(article(one, two), article(two, one))
    assert not same(article(one, two), article(one))
    assert not same(article(one), article(one, one))


@pytest.mark.parametrize("part", ["picture", "diagnostic_test"])
def test_another_picture_file_is_seen_even_behind_the_same_picture(part):
    chosen = picture("red")
    body = figure(chosen) if part == "picture" else diagnostic_test(picture=chosen.pk, alt_text="x")
    before = clinical_fingerprint(article(body))
    chosen.title, chosen.credit = "Renamed", "A. Artist"
    chosen.save()
    assert clinical_fingerprint(article(body)) == before
    chosen.file = file("blue")
    chosen._set_image_file_metadata()
    chosen.save()
    assert clinical_fingerprint(article(body)) != before


def test_the_same_file_uploaded_again_is_the_same_picture():
    assert same(article(figure(picture("red"))), article(figure(picture("red"))))


def test_a_picture_that_was_deleted_is_seen():
    chosen = picture()
    before = clinical_fingerprint(article(figure(chosen)))
    body = figure(chosen)
    chosen.delete()
    assert clinical_fingerprint(article(body)) != before


# --- not clinical: an edit is not seen ------------------------------------------------------------


def test_commercial_and_neutral_blocks_come_go_and_change_without_a_trace():
    strap, brace = ProductFactory(), ProductFactory()
    text = paragraph("Rest.")
    plain = article(text)
    for body in (
        product_box(strap),
        product_box(brace, "Our pick"),
        block("advert", None),
        block("promotion", None),
        block("see_also", {"topic": "sciatica", "page": None}),
    ):
        assert same(article(body, text), plain)
        assert same(article(text, body, body), plain)


def test_the_words_of_a_product_and_its_shops_are_no_part_of_it():
    strap = ProductFactory()
    page = article(paragraph("Rest."), product_box(strap))
    before = clinical_fingerprint(page)
    strap.summary = "Now with copper."
    strap.save()
    RetailerFactory()
    assert clinical_fingerprint(page) == before


def test_what_only_the_page_s_keeping_needs_is_no_part_of_it():
    page = ConditionPageFactory(blocks=[paragraph("Rest.")])
    before = clinical_fingerprint(page)
    page.slug, page.seo_title, page.review_interval_months = "other", "Other", 3
    page.authors.add(AuthorFactory())
    page.save_revision().publish()
    assert clinical_fingerprint(live(page)) == before


def test_ids_of_blocks_and_paragraphs_are_no_part_of_it():
    plain = article(paragraph("Rest."), points())
    numbered = article(
        block("paragraph", '<p data-block-key="a1b2c">Rest.</p>'),
        points(items=[{"text": '<p data-block-key="z9">Pain</p>', "children": ["at night"]}]),
    )
    assert same(plain, numbered)
    assert same(
        article(block("paragraph", '<p class="x" data-block-key="a">R</p>')),
        article(block("paragraph", '<p class="x">R</p>')),
    )
    assert not same(article(paragraph("Rest.")), article(paragraph('Rest data-block-key="a".')))


def test_saving_and_reading_back_changes_nothing():
    body = [block_ for block_, _ in EDITS.values()]
    page = ConditionPageFactory(title="Thigh pain", blocks=body)
    assert same(page, article(*body))
    assert same(live(page), page.get_latest_revision_as_object())


# --- what it cannot know --------------------------------------------------------------------------


class Dose(blocks.StructBlock):
    amount = blocks.DecimalBlock()

    class Meta:
        kind = BlockKind.CLINICAL


def test_a_value_that_the_fingerprint_does_not_know_is_an_error_never_left_out():
    body = blocks.StreamBlock([("dose", Dose())])

    class Page:
        title = standfirst = search_description = ""

    Page.body = body.to_python([block("dose", {"amount": "2.5"})])
    assert Page.body[0].value["amount"] == Decimal("2.5")
    with pytest.raises(TypeError, match="Decimal"):
        clinical_content(Page)


def test_the_content_is_plain_enough_to_be_kept_as_json():
    page = article(*(body for body, _ in EDITS.values()), figure(picture()), product_box(ProductFactory()))
    content = clinical_content(page)
    assert json.loads(json.dumps(content)) == content
    assert [part["type"] for part in content["body"]] == [*EDITS, "picture"]


class Undeclared(ArticleBody):
    dose = blocks.CharBlock()
    odd = blocks.CharBlock(kind="clinical-ish")
    fine = blocks.CharBlock(kind=BlockKind.NEUTRAL)


def test_a_block_that_does_not_declare_its_kind_fails_the_system_check():
    found = undeclared(Undeclared())
    assert [(error.id, error.msg) for error in found] == [
        ("articles.E001", 'The article block "dose" does not declare its kind.'),
        ("articles.E001", 'The article block "odd" does not declare its kind.'),
    ]
    assert all(error.is_serious() for error in found)


def test_the_system_check_is_registered_and_every_block_of_the_site_declares_its_kind(monkeypatch):
    assert not [message for message in run_checks() if message.id == "articles.E001"]
    monkeypatch.setattr("articles.checks.ArticleBody", Undeclared)
    assert [message.id for message in run_checks() if message.id == "articles.E001"] == ["articles.E001"] * 2
