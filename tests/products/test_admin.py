"""Shops and products in the admin, through its real views."""

from __future__ import annotations

import datetime
from io import BytesIO

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from wagtail.models import ModelLogEntry

from products.models import Check, Offer, Product, Programme, Region, Retailer
from tests.desk import COMMERCIAL, EDITORS, REVIEWERS, csv_of, desk_of, inline, is_refused, text_of
from tests.factories import (
    ConditionPageFactory,
    OfferFactory,
    ProductFactory,
    ProgrammeFactory,
    RegionFactory,
    RetailerFactory,
    product_box,
)

pytestmark = pytest.mark.django_db

REPORT = "link_health:index"
HOUR = datetime.timedelta(hours=1)


def url(model: type, view: str, *arguments: object) -> str:
    return reverse(model.snippet_viewset.get_url_name(view), args=arguments)


@pytest.fixture
def commercial() -> Client:
    return desk_of(COMMERCIAL)


@pytest.fixture
def editor() -> Client:
    return desk_of(EDITORS)


# --- listings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Product, Offer, Retailer, Programme, Region])
def test_each_listing_says_what_it_is_for(commercial, model):
    OfferFactory()
    page = text_of(commercial.get(url(model, "list")))
    assert model.snippet_viewset.purpose.split(".")[0] in page.replace("&#x27;", "'")


@pytest.mark.parametrize("export", ["csv", "xlsx"])
@pytest.mark.parametrize("model", [Product, Offer, Retailer, Programme, Region])
def test_each_listing_can_be_exported(commercial, model, export):
    OfferFactory()
    response = commercial.get(url(model, "list"), {"export": export})
    if export == "csv":
        assert len(csv_of(response)) > 1
    else:
        assert openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active.max_row > 1


@pytest.mark.parametrize("model", [Product, Offer, Retailer, Programme])
def test_a_longer_listing_costs_no_more_queries(
    commercial, model, django_assert_max_num_queries, django_assert_num_queries: DjangoAssertNumQueries
):
    OfferFactory()
    commercial.get(url(model, "list"))  # content types and the like are remembered from here on
    with django_assert_max_num_queries(30) as one:
        commercial.get(url(model, "list"))
    OfferFactory.create_batch(8)
    with django_assert_num_queries(len(one)):
        commercial.get(url(model, "list"))


def test_offers_are_listed_with_the_three_axes_in_words(editor):
    now = timezone.now()
    OfferFactory(reachable="broken", identity="handed_over", buyable="out_of_stock", last_checked_at=now)
    page = text_of(editor.get(url(Offer, "list")))
    for words in ("Broken", "Handed over", "Out of stock"):
        assert words in page


def test_an_offer_nobody_looked_at_is_not_called_unknown(editor):
    OfferFactory()
    assert "Not checked yet" in text_of(editor.get(url(Offer, "list")))


def test_offers_that_need_an_address_can_be_filtered(editor):
    draft, addressed = OfferFactory(draft=True), OfferFactory()
    page = text_of(editor.get(url(Offer, "list"), {"needs": "address"}))
    assert draft.product.name in page
    assert addressed.product.name not in page


def test_offers_are_found_by_their_product(editor):
    sought, other = OfferFactory(product__name="Wobble cushion"), OfferFactory()
    page = text_of(editor.get(url(Offer, "list"), {"q": "wobble"}))
    assert sought.product.name in page
    assert other.product.name not in page


# --- editing --------------------------------------------------------------------------------------


def test_pros_stand_one_on_each_line_and_keep_their_commas(editor):
    product = ProductFactory(pros=["Light, thin", "Washable"])
    assert "Light, thin\nWashable" in text_of(editor.get(url(Product, "edit", product.pk)))
    data = {
        "name": product.name,
        "kind": "single",
        "pros": "Light, thin\n\n  Warm \n",
        "cons": "",
        **inline("offers"),
    }
    editor.post(url(Product, "edit", product.pk), data)
    product.refresh_from_db()
    assert product.pros == ["Light, thin", "Warm"]
    assert product.cons == []


def test_a_product_is_made_with_its_offers_in_one_form(editor):
    shop = RetailerFactory(name="shop-x.co.uk", domains=["shop-x.co.uk"], programme=None)
    offer = {
        "retailer": shop.pk,
        "destination": "https://shop-x.co.uk/p/1",
        "priority": 0,
        "enabled": "on",
        "price": "",
    }
    data = {"name": "Wedge", "kind": "single", "pros": "", "cons": "", **inline("offers", offer)}
    assert editor.post(url(Product, "add"), data).status_code == 302
    made = Offer.objects.get(product__name="Wedge")
    assert made.destination == "https://shop-x.co.uk/p/1"
    assert made.next_check_at is not None


def test_an_address_at_another_shop_is_refused_in_words(editor):
    shop = RetailerFactory(name="shop-x.co.uk", domains=["shop-x.co.uk"], programme=None)
    offer = OfferFactory(retailer=shop)
    data = {
        "product": offer.product.pk,
        "retailer": shop.pk,
        "destination": "https://elsewhere.co.uk/p",
        "priority": 0,
    }
    page = text_of(editor.post(url(Offer, "edit", offer.pk), data))
    assert "whose pages live at shop-x.co.uk" in page


def test_lists_of_a_region_are_typed_with_commas(commercial):
    region = RegionFactory()
    data = {"code": "UK", "name": "the UK", "aliases": "Britain, GB", "countries": "GB,IM", "currency": "GBP",
            "disclosure": "Ad", "is_default": "on", "sort_order": 0}  # fmt: skip
    commercial.post(url(Region, "edit", region.pk), data)
    region.refresh_from_db()
    assert region.aliases == ["Britain", "GB"]
    assert region.countries == ["GB", "IM"]


@pytest.fixture
def amazon() -> dict[str, object]:
    return {"name": "Amazon UK", "network": "amazon", "region": RegionFactory().pk,
            "identity_amazon_marketplace": "amazon.co.uk", "identity_amazon_tag": "example-21"}  # fmt: skip


def test_a_programme_has_a_field_for_each_thing_its_network_asks_for(commercial, amazon):
    assert commercial.post(url(Programme, "add"), amazon).status_code == 302
    programme = Programme.objects.get(name="Amazon UK")
    assert programme.identity == {"marketplace": "amazon.co.uk", "tag": "example-21"}
    assert 'value="example-21"' in text_of(commercial.get(url(Programme, "edit", programme.pk)))


def test_only_the_chosen_networks_fields_are_read(commercial, amazon):
    commercial.post(url(Programme, "add"), {**amazon, "identity_awin_publisher_id": "nonsense"})
    assert set(Programme.objects.get(name="Amazon UK").identity) == {"marketplace", "tag"}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"identity_amazon_tag": ""}, "Tracking ID (tag) is missing."),
        ({"identity_amazon_tag": "example-20"}, "belongs to another"),
        (
            {"identity_amazon_marketplace": "amazon.com", "identity_amazon_tag": "a-20"},
            "is not the shop of UK readers",
        ),
        ({"identity_amazon_tag": "example-20", "region": ""}, "belongs to another"),
    ],
)
def test_a_wrong_identity_is_refused_at_its_own_field(commercial, amazon, changed, sentence):
    response = commercial.post(url(Programme, "add"), {**amazon, **changed})
    form = response.context["form"]
    said = {name: " ".join(errors) for name, errors in form.errors.items()}
    assert any(sentence in words for name, words in said.items() if name.startswith("identity_amazon_"))
    assert "identity" not in said
    assert not Programme.objects.filter(name="Amazon UK").exists()


def test_a_retailer_with_offers_is_not_deleted(editor):
    offer = OfferFactory()
    editor.post(url(Retailer, "delete", offer.retailer.pk))
    assert Retailer.objects.filter(pk=offer.retailer.pk).exists()


# --- where-used -----------------------------------------------------------------------------------


def test_the_usage_of_a_product_names_its_articles_and_not_its_offers(commercial):
    product = OfferFactory().product
    article = ConditionPageFactory(title="Knee sprain", blocks=[product_box(product)])
    page = text_of(commercial.get(url(Product, "usage", product.pk)))
    assert "Knee sprain" in page
    assert article.get_url() in page
    assert "1 item" in page


# --- check now ------------------------------------------------------------------------------------


def test_check_now_in_the_listing_is_confirmed_carried_out_and_on_record(editor):
    offer, draft = OfferFactory(), OfferFactory(draft=True)
    Offer.objects.filter(pk=offer.pk).update(next_check_at=timezone.now() + HOUR)
    listing = url(Offer, "list")
    action = reverse("wagtail_bulk_action", args=["products", "offer", "check_now"])
    address = f"{action}?id={offer.pk}&id={draft.pk}&next={listing}"
    assert f"{action}?id={offer.pk}" in text_of(editor.get(listing)).replace("&amp;", "&")
    confirm = text_of(editor.get(address))
    assert "<strong>1 offer</strong> will be checked next." in confirm
    assert "1 offer: It has no address yet." in confirm
    assert "0 of 2" not in (page := text_of(editor.post(address, follow=True)))
    assert "1 of 2 done, 1 not looked at by us." in page
    offer.refresh_from_db()
    assert offer.next_check_at <= timezone.now()
    entry = ModelLogEntry.objects.get(action="products.offer.check_now")
    assert (entry.object_id, entry.user) == (str(offer.pk), editor.user)
    assert "Asked for a check" in text_of(editor.get(url(Offer, "history", offer.pk)))


def test_who_may_only_see_offers_cannot_have_them_checked():
    offer = OfferFactory()
    later = timezone.now() + HOUR
    Offer.objects.filter(pk=offer.pk).update(next_check_at=later)
    reviewer = desk_of(REVIEWERS)
    action = reverse("wagtail_bulk_action", args=["products", "offer", "check_now"])
    assert f"{action}?id=" not in text_of(reviewer.get(url(Offer, "list")))
    reviewer.post(f"{action}?id={offer.pk}")
    offer.refresh_from_db()
    assert offer.next_check_at == later


def test_the_page_of_an_offer_shows_the_tracked_address_and_the_last_looks(editor):
    offer = OfferFactory()
    Check.objects.create(offer=offer, at=timezone.now(), seconds=1, outcome="gone", status=404)
    page = text_of(editor.get(url(Offer, "inspect", offer.pk)))
    assert "ref=referred" in page
    assert "The shop says that this page no longer exists." in page


# --- the report and the front page ----------------------------------------------------------------


@pytest.fixture
def broken() -> Offer:
    offer = OfferFactory(product__name="Wobble cushion", reachable="broken", last_checked_at=timezone.now())
    Offer.objects.filter(pk=offer.pk).update(outcome="gone")
    verdicts = {"reachable": {"value": "broken", "reason": "It answered 404."}}
    Check.objects.create(offer=offer, at=timezone.now(), seconds=1, outcome="gone", verdicts=verdicts)
    ConditionPageFactory(blocks=[product_box(offer.product)])
    ConditionPageFactory(blocks=[product_box(offer.product), product_box(offer.product)])
    return offer


def test_the_report_gives_the_evidence_in_words_and_counts_the_articles(commercial, broken):
    OfferFactory(product__name="Healthy wedge")
    response = commercial.get(reverse(REPORT))
    page = text_of(response)
    assert "The shop says that this page no longer exists. It answered 404." in page
    assert "Healthy wedge" not in page
    assert response.context["object_list"][0].page_count == 2
    assert "Healthy wedge" in text_of(commercial.get(reverse(REPORT), {"show": "all"}))


def test_the_report_exports_what_it_shows_and_the_address(commercial, broken):
    heading, row = csv_of(commercial.get(reverse(REPORT), {"export": "csv"}))
    assert heading.startswith(
        "Offer,Retailer,Region,Programme,Product address,Reachable,Identity,Can be bought,"
    )
    assert "Wobble cushion" in row
    assert broken.destination in row
    xlsx = commercial.get(reverse(REPORT), {"export": "xlsx"})
    health = openpyxl.load_workbook(BytesIO(b"".join(xlsx.streaming_content))).active["F2"].value
    assert health == "Broken"


def test_the_report_is_filtered_by_region(commercial, broken):
    other = RegionFactory(code="US")
    page = text_of(commercial.get(reverse(REPORT), {"region": other.pk}))
    assert "Wobble cushion" not in page


def test_a_longer_report_costs_no_more_queries(
    commercial, broken, django_assert_max_num_queries, django_assert_num_queries
):
    commercial.get(reverse(REPORT))
    with django_assert_max_num_queries(25) as one:
        commercial.get(reverse(REPORT))
    for _ in range(5):
        ConditionPageFactory(
            blocks=[product_box(OfferFactory(reachable="broken", last_checked_at=timezone.now()).product)]
        )
    with django_assert_num_queries(len(one)):
        commercial.get(reverse(REPORT))


def test_the_front_page_counts_what_waits_and_leads_there(commercial, broken):
    draft = OfferFactory(draft=True)
    page = text_of(commercial.get(reverse("wagtailadmin_home")))
    assert "Offers that need a look (1)" in page
    assert reverse(REPORT) in page
    assert "Offers that need an address (1)" in page
    assert f"{url(Offer, 'list')}?needs=address" in page
    assert str(draft) in page


def test_the_front_page_is_silent_to_who_cannot_act(broken):
    assert "Offers that need a look" not in text_of(desk_of(REVIEWERS).get(reverse("wagtailadmin_home")))


def test_the_front_page_names_articles_in_which_a_region_has_no_seller(editor):
    """A shop without an address yet is named to readers, and what nobody placed or nobody may sell asks for nothing."""
    uk, us = RegionFactory(), RegionFactory(code="US")
    shop = {region: RetailerFactory(region=region) for region in (uk, us)}
    british = OfferFactory(product__name="British sleeve", retailer=shop[uk]).product
    named = OfferFactory(product__name="Named sleeve", retailer=shop[uk]).product
    OfferFactory(product=named, retailer=shop[us], draft=True)
    both = OfferFactory(product__name="Broken sleeve", retailer=shop[uk], reachable="broken").product
    OfferFactory(product=both, retailer=shop[us], enabled=False)
    OfferFactory(product__name="Unplaced sleeve", retailer=shop[uk])
    withdrawn = ProductFactory(withdrawn_at=timezone.now(), withdrawn_reason="The strap can tear.")
    ConditionPageFactory(title="Sciatica", blocks=[product_box(named), product_box(withdrawn)])
    ConditionPageFactory(title="Thigh pain", blocks=[product_box(british)])
    ConditionPageFactory(title="Knee pain", blocks=[product_box(british), product_box(both)])
    ConditionPageFactory(title="Taken down", blocks=[product_box(british)]).unpublish()
    home = editor.get(reverse("wagtailadmin_home"))
    page = " ".join(text_of(home).split())
    assert "Articles without a seller (2)" in page
    assert page.index("Knee pain") < page.index("Nobody to buy from in the UK, the USA")
    assert page.index("Thigh pain") < page.rindex("Nobody to buy from in the USA")
    listing = editor.get(url(Product, "list"), {"no_seller_in": us.pk})
    assert [product.name for product in listing.context["object_list"]] == ["British sleeve", "Broken sleeve"]


# --- who may --------------------------------------------------------------------------------------


def test_an_editor_sees_programmes_and_cannot_change_them(editor):
    programme = ProgrammeFactory()
    assert programme.name in text_of(editor.get(url(Programme, "list")))
    assert is_refused(editor.get(url(Programme, "edit", programme.pk)))
    assert is_refused(editor.post(url(Programme, "add"), {}))


def test_a_reviewer_changes_nothing_of_the_library():
    reviewer, offer = desk_of(REVIEWERS), OfferFactory()
    for address in (
        url(Offer, "edit", offer.pk),
        url(Product, "add"),
        url(Retailer, "list"),
        url(Programme, "list"),
    ):
        assert is_refused(reviewer.get(address))


def test_somebody_without_an_account_is_asked_to_log_in(client):
    response = client.get(reverse(REPORT))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("wagtailadmin_login"))
