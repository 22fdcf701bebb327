import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.importers import catalogue
from products.importers.catalogue import (
    COLUMNS,
    MAX_BYTES,
    MAX_LINE,
    MAX_ROWS,
    CatalogueProduct,
    Kind,
    OfferRow,
    ProductRow,
    is_gtin,
    read,
    read_bytes,
)

THIGH = {
    "product": "Thigh support",
    "kind": "single",
    "brand": "Brace & Co",
    "gtin": "5012345678900",
    "summary": "A sleeve, close-fitting.",
    "who_for": "Runners",
    "not_for": "People with poor circulation",
    "pros": "Light|Washable",
    "cons": "Warm",
    "size_and_fit": "S to XL",
    "material": "Neoprene",
    "conformity_mark": "UKCA",
    "picture": "supports/thigh.jpg",
    "picture_alt": "A black sleeve on a thigh",
    "retailer": "Shop.example",
    "region": "UK",
    "address": "https://shop.example/thigh?size=m",
    "priority": "3",
}


def text_of(*rows, columns=COLUMNS, delimiter=",", end="\r\n"):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return out.getvalue()


def faults(text):
    return [(error.row, error.column) for error in read(text).errors]


def test_a_full_row_becomes_a_product_with_its_offer():
    assert read(text_of(THIGH)).errors == ()
    assert read(text_of(THIGH)).products == (
        CatalogueProduct(
            2,
            ProductRow(
                name="Thigh support",
                kind=Kind.SINGLE,
                brand="Brace & Co",
                gtin="5012345678900",
                summary="A sleeve, close-fitting.",
                who_for="Runners",
                not_for="People with poor circulation",
                pros=("Light", "Washable"),
                cons=("Warm",),
                size_and_fit="S to XL",
                material="Neoprene",
                conformity_mark="UKCA",
                picture="supports/thigh.jpg",
                picture_alt="A black sleeve on a thigh",
            ),
            (OfferRow(2, "Shop.example", "uk", "https://shop.example/thigh?size=m", 3),),
        ),
    )


def test_the_two_required_columns_are_enough_and_an_offer_without_an_address_is_a_draft():
    (found,) = read("product,retailer\nKnee supports,Shop.example\n").products
    assert found.product == ProductRow("Knee supports")
    assert found.offers == (OfferRow(2, "Shop.example"),)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS[::-1], ("retailer", "product", "summary")])
def test_delimiter_line_ends_byte_order_mark_and_column_order_do_not_matter(delimiter, end, mark, columns):
    row = THIGH | {"summary": "One, two; three\tfour"}
    found = read(mark + text_of(row, columns=columns, delimiter=delimiter, end=end))
    assert found.errors == ()
    assert found.products[0].product.summary == "One, two; three\tfour"


def test_a_priority_may_stand_before_the_others():
    assert read("product,retailer,priority\nKnee,Shop,-5\n").products[0].offers[0].priority == -5


def test_headings_are_read_in_any_case():
    assert read("Product;RETAILER;Who for\nKnee;Shop;All\n").products[0].product.who_for == "All"


def test_rows_of_one_product_are_its_offers_and_may_leave_its_details_blank_or_repeat_them():
    second = {"product": "Thigh  support", "retailer": "Other.example", "region": "us"}
    third = THIGH | {"retailer": "Third.example"}
    found = read(text_of(THIGH, second, {"product": "Knee", "retailer": "Shop.example"}, third))
    assert found.errors == ()
    assert [one.product.name for one in found.products] == ["Thigh support", "Knee"]
    assert [offer.retailer for offer in found.products[0].offers] == [
        "Shop.example",
        "Other.example",
        "Third.example",
    ]
    assert [offer.row for offer in found.products[0].offers] == [2, 3, 5]


@pytest.mark.parametrize(
    ("second", "column"),
    [
        ({"product": "Thigh support", "retailer": "B", "brand": "Another"}, "brand"),
        ({"product": "Thigh support", "retailer": "B", "pros": "Light"}, "pros"),
        ({"product": "THIGH SUPPORT", "retailer": "B"}, "product"),
        ({"product": "Thigh support", "retailer": "shop.EXAMPLE", "region": "uk"}, "retailer"),
    ],
)
def test_rows_that_contradict_the_first_of_their_product_are_faults(second, column):
    found = read(text_of(THIGH, second))
    assert [(error.row, error.column) for error in found.errors] == [(3, column)]
    assert found.products == ()


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"product": ""}, "product"),
        ({"retailer": " "}, "retailer"),
        ({"kind": "several"}, "kind"),
        ({"gtin": "5012345678901"}, "gtin"),
        ({"gtin": "501234567891"}, "gtin"),
        ({"gtin": "5.01235E+12"}, "gtin"),
        ({"gtin": "\u0665012345678900"}, "gtin"),
        ({"address": "shop.example/thigh"}, "address"),
        ({"address": "javascript:alert(1)"}, "address"),
        ({"address": "https://shop.example/a b"}, "address"),
        ({"address": "https://shop.example/" + "a" * 2048}, "address"),
        ({"priority": "high"}, "priority"),
        ({"priority": "1.5"}, "priority"),
        ({"priority": "--1"}, "priority"),
        ({"priority": "99999"}, "priority"),
        ({"region": "United Kingdom"}, "region"),
        ({"picture": "../secret.jpg"}, "picture"),
        ({"picture": "/etc/secret.jpg"}, "picture"),
        ({"picture": "https://shop.example/a.jpg"}, "picture"),
        ({"picture": "c:\\a.jpg"}, "picture"),
        ({"picture_alt": ""}, "picture_alt"),
    ],
)
def test_a_cell_that_cannot_be_right_is_a_fault_of_its_row_and_column(changed, column):
    found = read(text_of({"product": "Knee", "retailer": "Shop"}, THIGH | changed))
    assert [(error.row, error.column) for error in found.errors] == [(3, column)]
    assert [one.product.name for one in found.products] == ["Knee"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", "\t="])
@pytest.mark.parametrize("column", ["product", "brand", "retailer"])
def test_a_name_that_a_spreadsheet_would_run_is_refused(start, column):
    assert faults(text_of(THIGH | {column: start + "HYPERLINK(1)"})) == [(2, column)]


def test_all_faults_of_all_rows_are_told_in_the_order_of_the_file():
    text = text_of(
        THIGH | {"kind": "x", "priority": "y"},
        {"product": "Knee", "retailer": ""},
        {"product": "Elbow", "retailer": "Shop"},
        {"product": "@wrist", "retailer": "Shop", "gtin": "1"},
    )
    assert faults(text) == [(2, "kind"), (2, "priority"), (3, "retailer"), (5, "product"), (5, "gtin")]
    assert [one.product.name for one in read(text).products] == ["Elbow"]


def test_a_row_with_too_many_or_too_few_cells_is_a_fault_and_the_others_are_still_read():
    text = "product,retailer\nKnee,Shop,more\nElbow\nWrist,Shop\nHip,\n"
    assert faults(text) == [(2, ""), (3, ""), (5, "retailer")]
    assert [one.product.name for one in read(text).products] == ["Wrist"]


def test_blank_rows_are_skipped_and_counted_as_the_spreadsheet_counts_them():
    text = 'product,retailer,summary\n\n,,\nKnee,Shop,"two\nlines"\nElbow,,\n'
    assert faults(text) == [(5, "retailer")]
    assert read(text).products[0].row == 4


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        ("", 0, "empty"),
        ("\ufeff \n", 0, "empty"),
        ("product,retailer,colour,shape\n", 1, "Unknown columns: colour, shape"),
        ("product,retailer,\nKnee,Shop,\n", 1, "Unknown columns: (blank)"),
        ("product,retailer;brand\n", 1, "Unknown columns: retailer;brand"),
        ("product,retailer,Product\n", 1, "named twice: product"),
        ("product,brand\n", 1, "missing: retailer"),
        ("retailer\n", 1, "missing: product"),
        ("Knee,Shop.example\n", 1, "must name the columns"),
        ("product,retailer\nKnee\x00,Shop\n", 2, "control characters"),
        ("\x89PNG\r\n\x1a\n", 2, "control characters"),
        ("product,retailer\nKnee," + "x" * MAX_LINE + "\n", 2, "longer than"),
        ('product,retailer\nKnee,"Shop\n', 2, "quotes"),
        ('product,retailer\n"Knee"s,Shop\n', 2, "quotes"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where(text, row, said):
    found = read(text)
    assert found.products == ()
    (error,) = found.errors
    assert error.row == row
    assert said in error.sentence


def test_rows_read_before_a_broken_quote_keep_their_faults():
    assert faults('product,retailer\nKnee,\nElbow,"Shop\n') == [(2, "retailer"), (3, "")]


def test_a_file_of_more_rows_than_allowed_is_a_fault():
    text = "product,retailer\n" + "".join(f"Product {number},Shop\n" for number in range(MAX_ROWS + 1))
    assert faults(text) == [(MAX_ROWS + 2, "")]
    assert faults(text.rsplit("\n", 2)[0]) == []


def test_a_file_larger_than_allowed_is_refused_before_it_is_read():
    line = "x" * 99 + "\n"
    text = line * (MAX_BYTES // 100 + 1)
    assert [error.row for error in read(text).errors] == [0]
    assert "larger than 5 MB" in read_bytes(text.encode()).errors[0].sentence


@pytest.mark.parametrize(
    ("raw", "row", "said"),
    [
        ("product,retailer\nCaf\u00e9,Shop\n".encode("latin-1"), 2, "not UTF-8"),
        ("product,retailer\nKnee,Shop\n".encode("utf-16"), 1, "not UTF-8"),
        (b"PK\x03\x04rest", 0, "spreadsheet, not CSV"),
        (b"", 0, "empty"),
    ],
)
def test_bytes_that_are_not_utf8_text_say_why_and_where(raw, row, said):
    (error,) = read_bytes(raw).errors
    assert error.row == row
    assert said in error.sentence


def test_bytes_with_a_byte_order_mark_are_read():
    assert read_bytes("product,retailer\nCaf\u00e9 support,Shop\n".encode("utf-8-sig")).products[
        0
    ].product.name == ("Caf\u00e9 support")


@pytest.mark.parametrize("digits", ["5012345678900", "96385074", "036000291452", "10012345678902"])
def test_a_gtin_of_every_length_with_its_check_digit_passes(digits):
    assert is_gtin(digits)


@given(st.sampled_from(["5012345678900", "96385074", "036000291452", "10012345678902"]), st.data())
def test_any_single_mistyped_digit_of_a_gtin_is_noticed(digits, data):
    place = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != digits[place]))
    assert not is_gtin(digits[:place] + other + digits[place + 1 :])


cell = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)


@given(st.lists(st.tuples(cell, cell, cell), max_size=8), st.sampled_from(",;\t"))
def test_what_a_spreadsheet_writes_is_read_or_refused_with_a_reason_and_never_raises(rows, delimiter):
    columns = ("product", "retailer", "summary")
    written = [dict(zip(columns, row, strict=True)) for row in rows]
    found = read(text_of(*written, columns=columns, delimiter=delimiter))
    kept = [offer.row for one in found.products for offer in one.offers]
    faulty = {error.row for error in found.errors}
    assert not set(kept) & faulty
    for one in found.products:
        assert one.product.summary == written[one.row - 2]["summary"].strip()


@given(
    st.text(max_size=200)
    | st.text(alphabet='product,retailer;"\n\t=', max_size=200).map("product,retailer\n".__add__)
)
def test_no_text_makes_reading_raise(text):
    found = read(text)
    assert found.errors or all(one.offers for one in found.products)


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_raise(raw):
    read_bytes(raw)


def test_the_columns_are_those_of_the_rows_that_hold_them():
    held = {*ProductRow.__dataclass_fields__, *OfferRow.__dataclass_fields__} - {"name", "row"} | {"product"}
    assert held == set(catalogue.COLUMNS)
