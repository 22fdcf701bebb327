"""From a catalogue to products and offers: all of it, or nothing."""

import io
from pathlib import Path

import pytest
from PIL import Image
from wagtail.models import ModelLogEntry, Revision

from products.importers.load import Result, import_products
from products.models import Checking, Offer, Picture, Product, Region, Retailer
from tests.factories import OfferFactory, ProductFactory, ProgrammeFactory, RegionFactory, RetailerFactory

pytestmark = pytest.mark.django_db

COLUMNS = "product,kind,brand,gtin,summary,pros,cons,picture,picture_alt,retailer,region,address,priority"


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def folder(tmp_path) -> Path:
    """The folder of the CSV, with two pictures of the same bytes and another."""
    path = tmp_path / "catalogue"
    path.mkdir()
    for name, colour in {"strap.png": "red", "strap-again.png": "red", "brace.png": "blue"}.items():
        drawn = io.BytesIO()
        Image.new("RGB", (8, 8), colour).save(drawn, "PNG")
        (path / name).write_bytes(drawn.getvalue())
    return path


def row(**cells: str) -> str:
    values = {"product": "Knee strap", "retailer": "peaksports.co.uk", "region": "UK", **cells}
    return ",".join(f'"{values.get(column, "")}"' for column in COLUMNS.split(","))


def load(folder: Path, *rows: str, dry_run: bool = False) -> Result:
    raw = "\n".join([COLUMNS, *rows, ""]).encode()
    return import_products(raw, folder=folder, dry_run=dry_run)


def everything(media: Path) -> tuple[object, ...]:
    models = (Product, Offer, Retailer, Region, Picture, Revision, ModelLogEntry)
    rows = [list(model.objects.order_by("pk").values()) for model in models]
    return (*rows, sorted(path for path in media.rglob("*") if path.is_file()))


WHOLE = row(
    kind="single", brand="Calder", gtin="5012345678900", summary="Holds the kneecap.", pros="Light|Cheap", cons="Hot",
    picture="strap.png", picture_alt="A strap", address="https://peaksports.co.uk/strap", priority="2",
)  # fmt: skip


# --- what a row becomes ---------------------------------------------------------------------------


def test_a_row_becomes_a_product_with_its_picture_and_an_offer_that_is_due(folder):
    result = load(folder, WHOLE)
    product = Product.objects.get()
    assert (result.created, result.errors) == (["Knee strap"], [])
    assert (product.brand, product.gtin, product.pros, product.cons) == (
        "Calder", "5012345678900", ["Light", "Cheap"], ["Hot"],
    )  # fmt: skip
    assert (product.picture.title, product.picture_alt) == ("Knee strap", "A strap")
    offer = product.offers.get()
    assert (offer.destination, offer.priority) == ("https://peaksports.co.uk/strap", 2)
    assert offer.next_check_at is not None
    assert offer.host.key == "peaksports.co.uk"


def test_the_rows_of_a_product_are_its_offers_in_several_shops_and_regions(folder):
    load(folder, row(), row(retailer="Amazon.com", region="US"), row(product="Brace"))
    shops = [(offer.product.name, str(offer.retailer)) for offer in Offer.objects.order_by("pk")]
    assert shops == [
        ("Knee strap", "peaksports.co.uk (UK)"),
        ("Knee strap", "Amazon.com (US)"),
        ("Brace", "peaksports.co.uk (UK)"),
    ]
    assert Retailer.objects.get(name="Amazon.com").checking == Checking.HUMAN


def test_a_row_without_an_address_is_a_draft_offer_and_a_person_is_asked(folder):
    result = load(folder, row())
    assert Offer.objects.get().is_draft
    assert 'The offer of "Knee strap" at peaksports.co.uk (UK) needs an address.' in result.unsure


def test_an_unknown_region_is_made_and_a_person_is_asked(folder):
    result = load(folder, row(region="de"), row(product="Brace", region="de"))
    assert Retailer.objects.get().region.code == "DE"
    assert sum('Region "de" is new' in question for question in result.unsure) == 1


def test_a_tracked_link_is_unwrapped_to_the_shop_s_own_address(folder):
    programme = ProgrammeFactory(network="in_house", identity={"value": "referred"})
    RetailerFactory(name="peaksports.co.uk", domains=["peaksports.co.uk"], programme=programme)
    load(folder, row(address="https://peaksports.co.uk/strap?ref=referred"))
    assert Offer.objects.get().destination == "https://peaksports.co.uk/strap"


def test_the_region_may_be_left_out_where_one_retailer_has_that_name(folder):
    shop = RetailerFactory(name="Peak", domains=["peaksports.co.uk"])
    assert load(folder, row(retailer="peak", region="")).errors == []
    assert Offer.objects.get().retailer == shop


def test_each_new_thing_and_each_change_stands_in_the_audit_log(folder):
    load(folder, WHOLE)
    load(folder, WHOLE.replace("peaksports.co.uk/strap", "peaksports.co.uk/new").replace("Calder", "Other"))
    entries = ModelLogEntry.objects.order_by("pk").values_list("content_type__model", "action")
    assert list(entries) == [
        ("product", "wagtail.create"),
        ("retailer", "wagtail.create"),
        ("offer", "wagtail.create"),
        ("product", "wagtail.edit"),
        ("offer", "wagtail.edit"),
    ]


# --- again ----------------------------------------------------------------------------------------


def test_importing_the_same_file_again_changes_nothing(folder, media):
    load(folder, WHOLE, row(retailer="othersports.co.uk"))
    before = everything(media)
    result = load(folder, WHOLE, row(retailer="othersports.co.uk"))
    assert (result.created, result.updated, result.unchanged) == ([], [], ["Knee strap"])
    assert everything(media) == before


def test_products_and_shops_match_in_any_case_of_letters(folder):
    OfferFactory(product__name="KNEE STRAP", retailer__name="PEAKsports.co.uk", draft=True)
    result = load(folder, row())
    assert (result.updated, result.created) == (["Knee strap"], [])
    assert (Product.objects.count(), Retailer.objects.count(), Offer.objects.count()) == (1, 1, 1)


def test_blank_cells_leave_a_product_s_own_words_and_picture_alone(folder):
    load(folder, WHOLE)
    product = Product.objects.get()
    product.who_for, product.material = "Runners", "Neoprene"
    product.save()
    before = Product.objects.values().get()
    result = load(folder, row(priority="2"))
    assert (result.unchanged, result.updated) == (["Knee strap"], [])
    assert Product.objects.values().get() == before
    assert Offer.objects.get().destination == "https://peaksports.co.uk/strap"


def test_a_blank_kind_or_priority_leaves_what_an_editor_chose(folder):
    made = OfferFactory(
        product__name="Knee strap",
        product__kind="range",
        retailer__name="peaksports.co.uk",
        priority=7,
        draft=True,
    )
    result = load(folder, row())
    made.refresh_from_db()
    assert (made.product.kind, made.priority, result.unchanged) == ("range", 7, ["Knee strap"])
    load(folder, row(kind="single", priority="0"))
    made.refresh_from_db()
    assert (Product.objects.get().kind, made.priority) == ("single", 0)


def test_a_changed_cell_changes_that_and_keeps_the_words_of_before(folder):
    load(folder, WHOLE)
    load(folder, WHOLE.replace("Holds the kneecap.", "Holds it well."))
    product = Product.objects.get()
    assert (product.summary, product.brand) == ("Holds it well.", "Calder")
    assert [revision.content["summary"] for revision in product.revisions.order_by("pk")] == [
        "Holds the kneecap.",
        "Holds it well.",
    ]


def test_an_unchanged_offer_keeps_its_health(folder):
    load(folder, WHOLE)
    Offer.objects.update(reachable="ok", next_check_at=None)
    load(folder, WHOLE.replace("Calder", "Other"))
    assert (Offer.objects.get().reachable, Offer.objects.get().next_check_at) == ("ok", None)


def test_offers_that_the_file_does_not_name_stay(folder):
    other = OfferFactory(product=ProductFactory(name="Knee strap"))
    load(folder, row())
    assert Offer.objects.filter(pk=other.pk).exists()


# --- pictures -------------------------------------------------------------------------------------


def test_the_same_picture_is_kept_once_whatever_it_is_called(folder, media):
    load(folder, WHOLE, row(product="Brace", picture="strap-again.png", picture_alt="A brace"))
    load(folder, WHOLE.replace("strap.png", "strap-again.png"))
    assert Picture.objects.count() == 1
    assert {product.picture_id for product in Product.objects.all()} == {Picture.objects.get().pk}
    assert len([path for path in media.rglob("*") if path.is_file()]) == 1


def test_another_picture_takes_the_place_of_the_first(folder):
    load(folder, WHOLE)
    result = load(folder, WHOLE.replace("strap.png", "brace.png"))
    assert result.updated == ["Knee strap"]
    assert Product.objects.get().picture.filename.startswith("brace")


@pytest.mark.parametrize("name", ["none.png", "../secret.png"])
def test_a_picture_that_is_not_in_the_folder_is_a_fault(folder, name):
    (folder.parent / "secret.png").write_bytes((folder / "strap.png").read_bytes())
    result = load(folder, row(picture=name, picture_alt="x"))
    assert [(error.row, error.column) for error in result.errors] == [(2, "picture")]
    assert not Picture.objects.exists()


def test_a_link_out_of_the_folder_is_not_followed(folder):
    (folder.parent / "secret.png").write_bytes((folder / "strap.png").read_bytes())
    (folder / "link.png").symlink_to(folder.parent / "secret.png")
    assert load(folder, row(picture="link.png", picture_alt="x")).errors


@pytest.mark.parametrize("name", ["text.png", "png.txt", "drawing.svg", "png.jpg", "cut.png"])
def test_a_file_that_is_no_picture_or_not_the_kind_it_says_is_a_fault(folder, media, name):
    whole = (folder / "strap.png").read_bytes()
    bad = {
        "text.png": b"not a picture",
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "cut.png": whole[:20],
    }
    (folder / name).write_bytes(bad.get(name, whole))
    before = everything(media)
    result = load(folder, row(picture=name, picture_alt="x"))
    assert [(error.row, error.column) for error in result.errors] == [(2, "picture")]
    assert everything(media) == before


# --- nothing half written -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (row(product="Brace", address="https://othersports.co.uk/x", retailer="Known"), "address"),
        (row(product="Brace", address="https://10.0.0.1/x"), "address"),
        (row(product="Brace", gtin="123"), "gtin"),
        (row(product="Brace", retailer="Nobody", region=""), "region"),
        (row(product="Brace", brand="x" * 200), "brand"),
        (row(product="x" * 200), "name"),
        (row(product="Brace", picture="none.png", picture_alt="x"), "picture"),
        (row(product="Brace", retailer="x" * 200), "retailer"),
        (row(product="Brace", pros="x" * 200), "pros"),
    ],
)
def test_a_fault_in_one_row_keeps_every_row_from_being_written(folder, media, bad, column):
    RetailerFactory(name="Known", domains=["knownsports.co.uk"])
    before = everything(media)
    result = load(folder, WHOLE, bad)
    assert [(error.row, error.column) for error in result.errors] == [(3, column)]
    assert everything(media) == before


def test_a_retailer_of_two_regions_has_to_say_which(folder):
    RetailerFactory(name="Peak", domains=["peaksports.co.uk"])
    RetailerFactory(name="Peak", region=RegionFactory(code="US"))
    assert "exists in several regions" in load(folder, row(retailer="Peak", region="")).errors[0].sentence


def test_a_dry_run_says_what_would_happen_and_writes_neither_rows_nor_files(folder, media):
    before = everything(media)
    assert load(folder, WHOLE, dry_run=True).created == ["Knee strap"]
    assert everything(media) == before


def test_all_faults_are_told_at_once(folder):
    result = load(
        folder,
        row(brand="x" * 200),
        row(product="Brace", address="https://10.0.0.1/"),
        row(product="C", picture="none.png", picture_alt="x"),
    )
    assert [(error.row, error.column) for error in result.errors] == [
        (2, "brand"),
        (3, "address"),
        (4, "picture"),
    ]
