"""From a text in the shape of a copied page to an article, as often as one likes."""

import datetime
import json
import re
from html import unescape

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from wagtail.models import ModelLogEntry, PageLogEntry, Revision

from articles.governance import ReviewState
from articles.importers.document import SourceRefused
from articles.importers.load import Action, ImportRefused, Result, draft_hash, import_article
from articles.models import ArticleImport, BodyAreaPage, ConditionPage, ImportedReview, ReviewSchedule
from articles.review_line import review_line
from products.models import Checking, Offer, Product, ProductKind, Region, Retailer
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    OfferFactory,
    ReviewerFactory,
    live,
    paragraph,
    sign_off,
)

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)

TEXT = """Wrist Ache After Rowing

Tennis Elbow

Wrist ache after rowing is soreness at the back of the wrist which comes from gripping an oar for long.

Advert

Medically reviewed by Dr Mira Holt, 5th May 2022

What is wrist ache after rowing?

The tendons at the back of the wrist glide through a narrow sleeve. Long outings in cold weather make the sleeve swell, and the tendons rub.

Symptoms include:

  • Soreness at the back of the wrist, which may come on during an outing.
  • A creaking feeling when the hand is bent back.

The grip test is used to provoke the tendons. If the sleeve is swollen the test is likely to be positive, but not in all cases.

Download app

What causes wrist ache after rowing?

There are a number of habits which lead to it:

Feathering too tightly

Rower holding an oar too tightly

Turning the blade with the wrist rather than the fingers loads the same tendons at every stroke.

Read more on tennis elbow.

Advert
Wrist supports

Buy Wrist Supports

Harbour Sports (UK)

Amazon.com (USA)

Treatment

  • Rest from rowing for one to two weeks.
  • Loosen the grip when you start again.
Scroll to Top
"""


@pytest.fixture
def area() -> BodyAreaPage:
    return BodyAreaPageFactory(title="Wrist")


def load(area: BodyAreaPage, text: str = TEXT, **options) -> Result:
    options.setdefault("source_name", "wrist.txt")
    return import_article(text.encode(), parent=area, now=options.pop("now", NOW), **options)


def draft(page: ConditionPage) -> ConditionPage:
    return live(page).get_latest_revision_as_object()


def everything() -> dict[str, list]:
    """All rows that an import may touch."""
    models = (
        ConditionPage, Revision, ArticleImport, ImportedReview, ReviewSchedule, PageLogEntry, ModelLogEntry,
        Product, Offer, Retailer, Region,
    )  # fmt: skip
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def edited(page: ConditionPage, **values) -> ConditionPage:
    """A draft that a person saved."""
    theirs = draft(page)
    for name, value in values.items():
        setattr(theirs, name, value)
    theirs.save_revision()
    return theirs


# --- one article, whole ---------------------------------------------------------------------------


def test_a_text_becomes_a_draft_with_all_its_parts(area):
    result = load(area)
    page = draft(result.page)
    assert (result.action, result.key, result.page.live) == (Action.CREATED, "wrist-ache-after-rowing", False)
    assert page.get_parent() == area.page_ptr
    assert page.title == "Wrist Ache After Rowing"
    assert page.standfirst.startswith("Wrist ache after rowing is soreness")
    assert [related.topic for related in page.related_articles.all()] == ["Tennis Elbow"]
    assert [(child.block_type, _gist(child)) for child in page.body] == [
        ("advert", None),
        ("heading", ("2", "What is wrist ache after rowing?")),
        ("paragraph", "The tendons at the back"),
        ("points", ("Symptoms include:", 2)),
        ("diagnostic_test", "The grip test is used to provoke the tendons."),
        ("promotion", None),
        ("heading", ("2", "What causes wrist ache after rowing?")),
        ("paragraph", "There are a number of h"),
        ("heading", ("3", "Feathering too tightly")),
        ("picture", "Rower holding an oar too tightly"),
        ("paragraph", "Turning the blade with "),
        ("see_also", ("tennis elbow", None)),
        ("advert", None),
        ("product_box", "Wrist supports"),
        ("heading", ("2", "Treatment")),
        ("points", ("", 2)),
    ]


def _gist(child):
    value = child.value
    match child.block_type:
        case "heading":
            return value["level"], value["text"]
        case "paragraph":
            return value.source.removeprefix("<p>")[:23]
        case "points":
            return value["lead_in"], len(value["items"])
        case "diagnostic_test":
            return value["purpose"]
        case "picture":
            return value["caption"]
        case "see_also":
            return value["topic"], value["page"]
        case "product_box":
            return value["product"].name
        case _:
            return None


def test_a_new_product_comes_with_a_draft_offer_at_each_shop_it_names(area):
    result = load(area)
    product = Product.objects.get(name="Wrist supports")
    assert product.kind == ProductKind.RANGE
    assert [
        (offer.retailer.name, offer.retailer.region.code, offer.is_draft, offer.next_check_at)
        for offer in product.offers.order_by("pk")
    ] == [("Harbour Sports", "UK", True, None), ("Amazon.com", "US", True, None)]
    amazon = Retailer.objects.get(name="Amazon.com")
    assert (amazon.checking, amazon.domains, amazon.programme) == (Checking.HUMAN, ["amazon.com"], None)
    assert (
        'Product "Wrist supports" is new: it was made as a range. Describe it under Products.'
        in result.unsure
    )
    assert 'The offer of "Wrist supports" at Amazon.com (US) needs an address.' in result.unsure


def test_products_shops_and_offers_that_exist_are_used_in_any_case_of_letters(area):
    offer = OfferFactory(product__name="WRIST SUPPORTS", retailer__name="harbour sports")
    result = load(area)
    assert Product.objects.count() == 1
    assert set(offer.product.offers.values_list("retailer__name", flat=True)) == {
        "harbour sports",
        "Amazon.com",
    }
    assert not any("harbour" in question.lower() for question in result.unsure)


@pytest.mark.parametrize(
    ("label", "code", "made"),
    [
        ("Germany", "GERMANY", True),
        ("U.K.", "UK", False),
        ("United Kingdom", "UK", False),
        ("U.S.A.", "US", False),
        ("New Zealand", "NEW-ZEALAND", True),
    ],
)
def test_a_region_is_known_by_any_of_its_names_or_made(area, label, code, made):
    result = load(area, TEXT.replace("Harbour Sports (UK)", f"Harbour Sports ({label})"))
    region = Retailer.objects.get(name="Harbour Sports").region
    assert region.code == code
    region.full_clean()
    assert any(f'Region "{label}" is new' in question for question in result.unsure) == made


def test_regions_whose_names_make_no_code_or_the_same_one_still_get_codes_of_their_own(area):
    shops = ["one.example (\u65e5\u672c)", "two.example (2nd floor)", "three.example (\u4e2d\u56fd)"]
    load(area, TEXT.replace("Harbour Sports (UK)", "\n\n".join(shops)))
    assert {region.name: region.code for region in Region.objects.filter(sort_order=100)} == {
        "\u65e5\u672c": "REGION", "2nd floor": "ND-FLOOR", "\u4e2d\u56fd": "REGION-2",
    }  # fmt: skip


def test_a_shop_without_a_region_is_taken_to_be_in_the_default_one_and_a_person_is_asked(area):
    result = load(area, TEXT.replace("Harbour Sports (UK)", "harbour-sports.example"))
    assert Retailer.objects.get(name="harbour-sports.example").region.code == "UK"
    assert "A shop stands without a region: UK was taken." in result.unsure
    assert any("No region is given for the shop" in question for question in result.unsure)


def test_what_the_reader_of_the_text_doubts_is_kept_for_an_editor(area):
    result = load(area, TEXT.replace("Harbour Sports (UK)", "harbour-sports.example"))
    assert ArticleImport.objects.get().unsure == result.unsure
    assert any(question.startswith("Line ") for question in result.unsure)


# --- the rendered page ----------------------------------------------------------------------------


def rendered(client, page: ConditionPage) -> str:
    """The words that readers see of an article, without the site's own furniture."""
    response = client.get(live(page).url)
    assert response.status_code == 200
    html = BeautifulSoup(response.content, "html.parser").find("article")
    for furniture in html.select("nav, .toc, .contents, .review, .product__scope, script, style"):
        furniture.decompose()
    return " ".join(html.get_text(" ").split())


def sentences(text: str) -> list[str]:
    """What of the text readers must find, line by line; the lines that only its lay-out needed are left out."""
    left_out = re.compile(
        r"Advert|Download app|Scroll to Top|Tennis Elbow|Medically reviewed by .*|Read more on .*|Buy .*|.* \(USA?\)|.* \(UK\)"
    )
    lines = [line.strip().removeprefix("•").strip() for line in text.splitlines()]
    return [
        sentence
        for line in lines
        if line and not left_out.fullmatch(line)
        for sentence in re.split(r"(?<=[.?:]) (?=[A-Z])", line)
    ]


def test_every_sentence_of_the_text_stands_once_and_in_order_on_the_page(area, client):
    words = rendered(client, load(area, publish=True).page)
    place = 0
    for sentence in sentences(TEXT):
        found = words.find(sentence, place)
        assert found >= 0, f"{sentence!r} is missing, or out of order"
        place = found + len(sentence)
        assert words.count(sentence) == 1 or " " not in sentence
    assert len(sentences(TEXT)) == 19


def test_the_shops_of_a_draft_offer_are_named_without_a_link(area, client):
    words = rendered(client, load(area, publish=True).page)
    assert "Sold by Harbour Sports (UK)" in words
    assert "Sold by Amazon.com (US)" in words
    assert "Buy from" not in words


@pytest.mark.parametrize(
    "nasty",
    ["<script>alert(1)</script> hurts", "<b>bold</b> &amp; <img src=x onerror=alert(1)>", "a < b & c > d", "{{ 7|add:1 }} %s"],
)  # fmt: skip
def test_markup_in_the_text_is_shown_and_never_run(area, client, nasty):
    text = (
        TEXT.replace("Wrist ache after rowing is", f"{nasty} is")
        .replace("The tendons at the back of the wrist glide", f"{nasty} glides")
        .replace("Rest from rowing", nasty)
        .replace("A creaking feeling", nasty)
    )
    page = load(area, text, publish=True).page
    html = client.get(live(page).url).content.decode()
    assert rendered(client, page).count(nasty) == 4
    body = html[html.index("<article") : html.index("</article>")]
    assert "<script>" not in body
    assert "<img src=x" not in html
    assert unescape(html).count(nasty) >= 4


# --- the review it claims -------------------------------------------------------------------------


def test_an_imported_review_earns_no_badge_and_says_whose_claim_it_is(area, client):
    page = load(area, publish=True).page
    line = review_line(live(page), today=NOW.date())
    assert (line.standing.state, line.is_badge) == (ReviewState.EXPIRED, False)
    assert (
        line.headline == "Reviewed before publication here by Dr Mira Holt, 5 May 2022; not verified by us."
    )
    html = client.get(live(page).url).content.decode()
    assert "reviewedBy" not in html
    assert "lastReviewed" not in html
    schedule = ReviewSchedule.objects.get(page=page)
    assert (schedule.due_on, schedule.last_review_on) == (
        datetime.date(2024, 5, 5),
        datetime.date(2022, 5, 5),
    )
    assert schedule.why == (
        "Reviewed before publication here, not verified, on 5 May 2022; reviewed every 24 months (Standard)."
    )


def test_a_text_that_no_longer_claims_a_review_takes_the_claim_back(area):
    page = load(area).page
    load(area, TEXT.replace("Medically reviewed by Dr Mira Holt, 5th May 2022", ""))
    assert not ImportedReview.objects.filter(page=page).exists()


def test_a_real_sign_off_outlives_a_further_import(area):
    page = load(area, publish=True).page
    sign_off(page, ReviewerFactory())
    load(area, TEXT.replace("5th May 2022", "6th May 2022"))
    assert review_line(live(page), today=timezone.localdate()).is_badge


@pytest.mark.parametrize(
    "claim", ["Medically reviewed by Dr Mira Holt, 5th May 2027", "Medically reviewed by Dr Mira Holt"]
)
def test_a_review_that_cannot_be_trusted_to_the_day_stops_the_import(area, claim):
    with pytest.raises(SourceRefused, match="review"):
        load(area, TEXT.replace("Medically reviewed by Dr Mira Holt, 5th May 2022", claim))
    assert not ConditionPage.objects.exists()


# --- again ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("publish", [False, True])
def test_importing_the_same_text_again_changes_nothing(area, publish):
    load(area, publish=publish)
    before = everything()
    result = load(area, publish=publish, now=NOW + datetime.timedelta(days=1))
    assert result.action is Action.UNCHANGED
    assert everything() == before


def test_a_changed_text_updates_the_draft_and_not_what_readers_see(area):
    page = load(area, publish=True).page
    result = load(area, TEXT.replace("one to two weeks", "two to three weeks"))
    assert (result.action, result.page.pk) == (Action.UPDATED, page.pk)
    assert "two to three weeks" in str(draft(page).body)
    assert "one to two weeks" in str(live(page).body)
    assert live(page).has_unpublished_changes
    assert ConditionPage.objects.count() == 1
    assert Product.objects.count() == 1


def test_a_draft_that_a_person_edited_is_refused_in_words_and_kept(area):
    page = load(area).page
    theirs = edited(page, standfirst="In my own words.")
    before = everything()
    with pytest.raises(
        ImportRefused, match=r"was edited since its last import\. Nothing was changed\. Use --force"
    ):
        load(area, TEXT.replace("one to two weeks", "two to three weeks"))
    assert everything() == before
    assert draft(page).standfirst == theirs.standfirst


def test_a_forced_import_over_a_draft_that_was_set_for_a_later_day_says_so(area):
    draft = load(area).page.get_latest_revision_as_object()
    draft.go_live_at = NOW + datetime.timedelta(days=30)
    draft.save_revision()
    result = load(area, TEXT.replace("one to two weeks", "two to three weeks"), force=True)
    assert (
        result.unsure[-1]
        == "The draft was set to go live on 22 December 2026, 12:00. That stands for the file's text too."
    )


def test_force_replaces_a_person_s_edits_but_keeps_the_pictures_they_chose(area):
    page = load(area).page
    value = {"picture": 77, "alt_text": "A rower", "caption": "Rower holding an oar too tightly"}
    edited(page, standfirst="In my own words.")
    raw = [dict(part) for part in draft(page).body.raw_data]
    for part in raw:
        if part["type"] == "picture":
            part["value"] = value
    edited(page, body=json.dumps(raw))
    result = load(area, TEXT.replace("one to two weeks", "two to three weeks"), force=True)
    assert result.action is Action.UPDATED
    assert draft(page).standfirst.startswith("Wrist ache after rowing is soreness")
    assert [part["value"] for part in draft(page).body.raw_data if part["type"] == "picture"] == [value]


def test_saving_a_draft_in_the_admin_without_an_edit_is_no_edit(area):
    page = load(area).page
    before = draft_hash(draft(page))
    raw = [dict(part, id=f"new-{number}") for number, part in enumerate(draft(page).body.raw_data)]
    for part in raw:
        if part["type"] == "paragraph":
            part["value"] = part["value"].replace("<p>", '<p data-block-key="abcde">')
    edited(page, body=json.dumps(raw))
    assert draft_hash(draft(page)) == before
    assert load(area, TEXT + "\n").action is Action.UPDATED


def test_the_key_finds_the_page_after_it_was_renamed_and_moved(area):
    page = live(load(area, publish=True).page)
    page.slug = "sore-wrists"
    page.save_revision().publish()
    page.move(BodyAreaPageFactory(title="Hand"), pos="last-child")
    result = load(area, TEXT.replace("one to two weeks", "two to three weeks"))
    assert (result.action, result.page.pk, result.page.slug) == (Action.UPDATED, page.pk, "sore-wrists")
    assert ConditionPage.objects.count() == 1


def test_a_page_that_was_not_imported_is_not_overwritten_unless_forced(area):
    page = ConditionPageFactory(
        parent=area,
        title="Wrist Ache After Rowing",
        slug="wrist-ache-after-rowing",
        blocks=[paragraph("Ours.")],
    )
    before = everything()
    with pytest.raises(ImportRefused, match="that was not imported"):
        load(area)
    assert everything() == before
    result = load(area, force=True)
    assert result.page.pk == page.pk
    assert "Ours." in str(live(page).body)  # until somebody publishes


def test_the_same_title_under_another_body_area_is_the_same_article(area):
    page = load(area).page
    other = BodyAreaPageFactory(title="Hand")
    assert load(other).page.pk == page.pk
    assert live(page).get_parent() == area.page_ptr


# --- publishing -----------------------------------------------------------------------------------


def test_a_draft_imported_earlier_is_published_when_that_is_asked_for_later(area):
    page = load(area).page
    assert load(area, publish=True).page.live
    changed = TEXT.replace("one to two weeks", "two to three weeks")
    load(area, changed)
    load(area, changed, publish=True)
    assert "two to three weeks" in str(live(page).body)


@pytest.mark.parametrize("is_live", [False, True])
def test_publishing_an_import_never_publishes_what_a_person_is_writing(area, is_live):
    page = load(area, publish=is_live).page
    edited(page, standfirst="Half a sen")
    result = load(area, publish=True)
    assert live(page).live == is_live
    assert live(page).standfirst != "Half a sen"
    assert any("was edited since its last import and was not published" in words for words in result.unsure)


# --- nothing half written -------------------------------------------------------------------------


def test_a_dry_run_says_what_would_happen_and_writes_nothing(area):
    before = everything()
    result = load(area, dry_run=True, publish=True)
    assert (result.action, result.document.title) == (Action.CREATED, "Wrist Ache After Rowing")
    assert everything() == before
    page = load(area).page
    before = everything()
    assert load(area, TEXT.replace("two weeks", "six weeks"), dry_run=True).action is Action.UPDATED
    assert everything() == before
    assert "six weeks" not in str(draft(page).body)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("Dr Mira Holt", f"Dr Mira {'Holt' * 60}"),
        TEXT.replace("Dr Mira Holt,", f"Dr Mira Holt, {'Surgeon ' * 25},"),
        TEXT.replace("Wrist Ache After Rowing\n", "??? \u2014 \u0bb5\u0bb2\u0bbf\n"),
    ],
)
def test_what_does_not_fit_is_refused_in_words_and_nothing_is_written(area, text):
    before = everything()
    with pytest.raises((ImportRefused, SourceRefused)):
        load(area, text)
    assert everything() == before


def test_a_text_longer_than_the_editor_takes_is_loaded_whole_and_asked_about(area):
    long = f"which, {'very ' * 130}often, comes from"
    text = TEXT.replace("which comes from", long).replace(
        "Symptoms include:", f"Symptoms {'very ' * 130}often include:"
    )
    result = load(area, text)
    assert long in draft(result.page).standfirst
    assert any("standfirst is longer" in question for question in result.unsure)
    assert any("list: the editor will not take it" in question for question in result.unsure)
