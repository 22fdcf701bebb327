"""What is checked in an article before it is published, in every path by which it could be."""

from __future__ import annotations

import datetime
import json

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.test.utils.form_data import rich_text, streamfield

from articles.content_checks import advice, musts
from articles.gate import PublishingRefused
from articles.importers.load import import_article
from articles.models import ConditionPage
from articles.raw_links import raw_affiliate_links
from articles.services import SigningRefused
from products.models import Region
from tests.desk import EDITORS, desk_of, text_of
from tests.editing import save_in_tab, submit
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    OfferFactory,
    PictureFactory,
    ProductFactory,
    block,
    heading,
    live,
    paragraph,
    product_box,
    sign_off,
)

AMAZON = "https://www.amazon.co.uk/dp/B000000001?tag=somebody-21"
AWIN = "https://www.awin1.com/cread.php?awinmid=1&awinaffid=2&ued=https%3A%2F%2Fshop.example%2Fa"
SHORT = "https://amzn.to/3abcdef"
PLAIN = "https://www.nice.org.uk/guidance/ng59?tab=evidence"


# --- the rule, without a database -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", []),
        (None, []),
        (f'<p><a href="{PLAIN}">NICE</a></p>', []),
        (f'<p>Buy <a href="{AMAZON}">it</a>.</p>', [AMAZON]),
        (f'<p>Buy <a href="{AWIN.replace("&", "&amp;")}">it</a>.</p>', [AWIN]),
        (f"<p>Buy it at {SHORT}.</p>", [SHORT]),
        (f"<p>Buy it ({SHORT}), {SHORT}!</p>", [SHORT]),
        (
            {"items": [{"value": {"text": f'<a href="{AMAZON}">it</a>', "children": [SHORT]}}]},
            [AMAZON, SHORT],
        ),
        ('<a linktype="page" id="3">Sciatica</a>', []),
        ({"picture": 3, "alt_text": None}, []),
    ],
)
def test_affiliate_links_are_found_wherever_text_holds_them(value, found):
    assert raw_affiliate_links(value) == found


# --- what editors see -----------------------------------------------------------------------------


@pytest.fixture
def page(db) -> ConditionPage:
    return ConditionPageFactory(title="Hamstring strain", slug="hamstring-strain")


def draft_of(page: ConditionPage, *blocks) -> ConditionPage:
    """The page with these blocks as its newest draft, as an import leaves it."""
    page.body = json.dumps(list(blocks))
    page.save_revision(clean=False)
    return page.get_latest_revision_as_object()


def test_a_must_names_its_block_and_costs_no_query(page, django_assert_num_queries):
    picture = PictureFactory()
    draft = draft_of(
        page,
        heading("What helps?"),
        paragraph(f'<a href="{AMAZON}">This one</a>'),
        block("picture", {"picture": picture.pk, "alt_text": " ", "caption": "A thigh"}),
        block("picture", {"picture": picture.pk, "alt_text": "A thigh", "caption": ""}),
    )
    with django_assert_num_queries(0):
        found = [str(finding) for finding in musts(draft)]
    assert found == [
        "Paragraph, block 2, under “What helps?”: There is an affiliate link to www.amazon.co.uk in the text, which "
        "nobody checks or discloses. Use a product box, or the shop's plain address.",
        "Picture, block 3, under “What helps?”: The picture has no text alternative.",
    ]


def test_advice_speaks_of_references_pictures_products_and_disclosures(page, django_assert_num_queries):
    Region.objects.filter(code="UK").update(disclosure="")
    silent = OfferFactory(product__name="Thigh strap").product
    stopped = ProductFactory(
        name="Torn strap", withdrawn_at=timezone.now(), withdrawn_reason="It tears.", not_for="Nobody."
    )
    draft = draft_of(
        page,
        paragraph("Rest the leg."),
        block("picture", {"picture": None, "alt_text": "", "caption": "A thigh"}),
        product_box(silent),
        product_box(stopped),
    )
    with django_assert_num_queries(2):
        found = [str(finding) for finding in advice(draft)]
    assert found == [
        "It makes medical statements and names no reference. Add a References block.",
        "Picture, block 2: No picture is chosen: readers see nothing here.",
        "“Thigh strap” does not say who should not use it.",
        "“Torn strap” is withdrawn: readers see its safety notice instead.",
        "Paid links for the UK lack a disclosure: give the region one.",
    ]


def test_an_article_that_is_in_order_is_left_alone(page):
    offer = OfferFactory(product__not_for="People with a rash.")
    draft = draft_of(page, product_box(offer.product))
    assert (musts(draft), advice(draft)) == ([], [])


def test_the_side_panel_says_what_blocks_and_what_does_not(page):
    draft = draft_of(page, paragraph(f"Buy it at {SHORT} today."))
    seen = text_of(desk_of(EDITORS).get(reverse("wagtailadmin_pages:edit", args=[draft.pk])))
    assert "To mend before publishing" in seen
    assert "Paragraph, block 1" in seen
    assert "names no reference" in seen


# --- what may and may not be done -----------------------------------------------------------------

WITH_LINK = f'<p>Buy <a href="{AMAZON}">this one</a>.</p>'


def test_a_draft_with_a_raw_link_is_saved_and_not_published(page):
    editor = desk_of(EDITORS)
    assert save_in_tab(editor, page, "Hamstring strain", text=WITH_LINK).status_code == 302
    assert "somebody-21" in str(live(page).get_latest_revision().content["body"])
    refused = save_in_tab(editor, page, "Hamstring strain", text=WITH_LINK, **{"action-publish": "1"})
    assert "There is an affiliate link to www.amazon.co.uk" in text_of(refused)
    assert "somebody-21" not in str(live(page).body.raw_data)


def test_a_picture_without_words_is_saved_and_not_published(page):
    editor = desk_of(EDITORS)
    value = {"picture": str(PictureFactory().pk), "alt_text": "", "caption": "A thigh"}
    body = {"body": streamfield([("picture", value)])}
    assert save_in_tab(editor, page, "Hamstring strain", **body).status_code == 302
    refused = save_in_tab(editor, page, "Hamstring strain", **body, **{"action-publish": "1"})
    assert "Say what the picture shows." in text_of(refused)
    assert not live(page).body


def test_every_error_of_a_body_is_named_at_once(page):
    body = streamfield([("paragraph", rich_text(WITH_LINK)), ("heading", {"level": "2", "text": ""})])
    refused = text_of(
        save_in_tab(desk_of(EDITORS), page, "Hamstring strain", body=body, **{"action-publish": "1"})
    )
    assert "There is an affiliate link" in refused
    assert "This field is required" in refused


def test_an_article_with_a_raw_link_is_not_sent_to_review(page):
    refused = submit(desk_of(EDITORS), page, "Hamstring strain", text=WITH_LINK)
    assert "There is an affiliate link" in text_of(refused)
    assert page.current_workflow_state is None


def test_no_other_path_publishes_it_either(page):
    draft = draft_of(page, paragraph(f"Buy it at {SHORT} today."))
    with pytest.raises(PublishingRefused, match="affiliate link to amzn"):
        draft.get_latest_revision().publish()
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    answer = desk_of(EDITORS).post(f"{bulk}?id={page.pk}&next=/admin/", follow=True)
    assert "was not published" in text_of(answer)
    assert not live(page).body


def test_a_reviewer_is_told_to_send_it_back(page):
    draft = draft_of(page, paragraph(f"Buy it at {SHORT} today."))
    with pytest.raises(SigningRefused, match="Send it back"):
        sign_off(draft)


def test_an_import_still_makes_a_draft_of_it(db):
    text = f"Hamstring strain\n\nWhat is it?\n\nA strain is a tear. Buy a strap at {SHORT} today.\n"
    done = import_article(
        text.encode(),
        source_name="a.txt",
        parent=BodyAreaPageFactory(),
        now=datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC),
    )
    assert musts(done.page.get_latest_revision_as_object())


def test_what_is_live_already_stays_live_and_can_be_mended(page):
    ConditionPage.objects.filter(pk=page.pk).update(body=f'[{{"type": "paragraph", "value": "{SHORT}"}}]')
    old = live(page)
    old.title = "Hamstring tear"
    old.save()
    assert live(page).live
    assert (
        save_in_tab(desk_of(EDITORS), page, "Hamstring strain", **{"action-publish": "1"}).status_code == 302
    )
