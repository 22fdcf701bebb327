"""Products and their offers from a CSV file, as a spreadsheet exports it. Pure: text in, plain rows out.

The first row names the columns, in any order and any case; `product` and `retailer` must be among them. Each
further row is one offer. Rows of the same product repeat its name; its details stand in its first row, and
later rows leave them blank or say the same. All faults are collected, so that a person mends them in one go;
nothing should be stored while there are any.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from products.programmes.address import is_web_address

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 10_000
MAX_LINE = 20_000  # characters
MAX_ADDRESS = 2_048  # characters, as at the door to the network
MAX_PRIORITY = 9_999  # either side of 0

NAME_COLUMNS = ("product", "brand", "retailer")
DETAIL_COLUMNS = (
    "kind",
    "brand",
    "gtin",
    "summary",
    "who_for",
    "not_for",
    "pros",
    "cons",
    "size_and_fit",
    "material",
    "conformity_mark",
    "picture",
    "picture_alt",
)
COLUMNS = ("product", *DETAIL_COLUMNS, "retailer", "region", "address", "priority")
REQUIRED_COLUMNS = ("product", "retailer")
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACES = re.compile(r"\s+")
_REGION = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,19}")
_PRIORITY = re.compile(r"-?[0-9]{1,4}")
# The wide forms too: spreadsheets in East Asian settings take them for the narrow ones.
FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Kind(StrEnum):
    """One article of trade, or a range of them such as "Thigh supports"."""

    SINGLE = "single"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class ProductRow:
    """What the file says of a product. Empty text where it says nothing."""

    name: str
    kind: Kind | None = None  # None where the file says nothing
    brand: str = ""
    gtin: str = ""  # digits alone, check digit verified
    summary: str = ""
    who_for: str = ""
    not_for: str = ""
    pros: tuple[str, ...] = ()
    cons: tuple[str, ...] = ()
    size_and_fit: str = ""
    material: str = ""
    conformity_mark: str = ""
    picture: str = ""  # a file name, with folders below the place that the loader is given
    picture_alt: str = ""


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One product at one retailer."""

    row: int  # as the spreadsheet numbers it
    retailer: str
    region: str = ""  # a code in lower case; empty where the retailer's name is enough
    address: str = ""  # empty: a draft that needs an address
    priority: int | None = None  # None where the file says nothing


@dataclass(frozen=True, slots=True)
class CatalogueProduct:
    """A product with its offers, in the order of the file."""

    row: int  # its first
    product: ProductRow
    offers: tuple[OfferRow, ...]


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault. `row` as the spreadsheet numbers it, 0 for the file as a whole; `column` may be empty."""

    row: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a file says. `products` holds those whose every row was read without fault."""

    products: tuple[CatalogueProduct, ...] = ()
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """One row under the headings: its number, and its cells by column, trimmed."""

    row: int
    cells: Mapping[str, str]


class _UnreadableError(Exception):
    """Nothing of the file can be read."""

    def __init__(self, error: RowError) -> None:
        super().__init__(error.sentence)
        self.error = error


def read_bytes(raw: bytes) -> Catalogue:
    """As `read`, from the bytes of an uploaded file: UTF-8, with or without a byte order mark."""
    if len(raw) > MAX_BYTES:
        return _refused(0, "", _too_large())
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _refused(0, "", "This is a spreadsheet, not CSV. Save it as “CSV UTF-8” and import that.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _refused(line, "", "The file is not UTF-8 text. Save it as “CSV UTF-8” and import that.")
    return read(text)


def read(text: str) -> Catalogue:
    """Read a catalogue. Never raises for anything a file may hold: faults are in `errors`, in file order."""
    try:
        lines = list(_lines(text))
    except _UnreadableError as stop:
        return Catalogue(errors=(stop.error,))

    errors: list[RowError] = []
    firsts: dict[str, _Line] = {}
    offers: dict[str, list[OfferRow]] = {}
    products: dict[str, ProductRow] = {}
    sellers: dict[tuple[str, str, str], int] = {}
    faulty: set[str] = set()
    for line in lines:
        if isinstance(line, RowError):
            errors.append(line)
            continue
        key = line.cells["product"].casefold()
        first = firsts.setdefault(key, line)
        found = [*_name_faults(line), *_repetition_faults(line, first)]
        if first is line:
            product, faults = _product(line)
            products[key] = product
            found += faults
        offer, faults = _offer(line)
        found += faults
        seller = (key, offer.retailer.casefold(), offer.region)
        if (earlier := sellers.setdefault(seller, line.row)) != line.row:
            found.append(
                RowError(line.row, "retailer", f"This product at this retailer stands in row {earlier} too.")
            )
        if found:
            faulty.add(key)
        errors += found
        offers.setdefault(key, []).append(offer)
    return Catalogue(
        tuple(
            CatalogueProduct(first.row, products[key], tuple(offers[key]))
            for key, first in firsts.items()
            if key not in faulty
        ),
        tuple(errors),
    )


def is_gtin(digits: str) -> bool:
    """Whether `digits` is a GTIN-8, -12, -13 or -14 with the right check digit (GS1 General Specifications)."""
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in (8, 12, 13, 14):
        return False
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits[:-1])))
    return (weighted + int(digits[-1])) % 10 == 0


def _lines(text: str) -> Iterator[_Line | RowError]:
    """The rows under the headings, blank ones left out, and the faults of those that cannot be told apart.

    Raises _UnreadableError where the file as a whole, or its headings, cannot be read.
    """
    text = text.removeprefix("\ufeff")
    _refuse_unreadable(text)
    delimiter = _delimiter(text)
    # strict: a stray quote is a fault to be told, not a cell to be guessed.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    filled = 0
    headings: list[str] = []
    try:
        for row, cells in enumerate(rows, start=1):
            if row == 1:
                headings = _headings(cells)
                continue
            if not any(cell.strip() for cell in cells):
                continue
            filled += 1
            if filled > MAX_ROWS:
                yield RowError(row, "", f"More than {MAX_ROWS:,} rows: import the file in parts.")
                return
            if len(cells) == len(headings):
                yield _Line(row, _trimmed(headings, cells))
            else:
                yield RowError(
                    row,
                    "",
                    f"{len(cells)} cells where the first row names {len(headings)} columns: "
                    f"is a cell with a {_DELIMITERS[delimiter]} in it missing its quotes?",
                )
    except csv.Error as error:
        yield RowError(row + 1, "", f"The quotes from this row on cannot be read ({error}).")


def _refuse_unreadable(text: str) -> None:
    if not text.strip():
        raise _UnreadableError(RowError(0, "", "The file is empty."))
    if len(text) > MAX_BYTES:
        raise _UnreadableError(RowError(0, "", _too_large()))
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if _CONTROL.search(line):
            raise _UnreadableError(
                RowError(number, "", "There are control characters here: this is not a text file.")
            )
        if len(line) > MAX_LINE:
            raise _UnreadableError(RowError(number, "", f"This line is longer than {MAX_LINE:,} characters."))


def _delimiter(text: str) -> str:
    """The one delimiter that makes headings of the first line. Raises _UnreadableError if that is not plain."""
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    known = {
        delimiter: len({_heading(cell) for cell in first.split(delimiter)} & set(COLUMNS))
        for delimiter in _DELIMITERS
    }
    best = max(known, key=lambda delimiter: known[delimiter])
    if known[best] == 0:
        raise _UnreadableError(RowError(1, "", f"The first row must name the columns: {', '.join(COLUMNS)}."))
    return best


def _headings(cells: list[str]) -> list[str]:
    headings = [_heading(cell) for cell in cells]
    unknown = [
        cell.strip() or "(blank)" for cell, name in zip(cells, headings, strict=True) if name not in COLUMNS
    ]
    twice = [name for name, count in Counter(headings).items() if count > 1 and name in COLUMNS]
    missing = [name for name in REQUIRED_COLUMNS if name not in headings]
    for names, sentence in (
        (unknown, f"Unknown columns: {', '.join(unknown)}. Known are: {', '.join(COLUMNS)}."),
        (twice, f"Columns named twice: {', '.join(twice)}."),
        (missing, f"Columns missing: {', '.join(missing)}."),
    ):
        if names:
            raise _UnreadableError(RowError(1, names[0], sentence))
    return headings


def _heading(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", cell.strip().strip('"').strip().casefold())


def _trimmed(headings: list[str], cells: list[str]) -> Mapping[str, str]:
    """Every column's text, blank where the file lacks it; names with single spaces."""
    row = dict.fromkeys(COLUMNS, "") | {
        name: cell.strip() for name, cell in zip(headings, cells, strict=True)
    }
    return row | {name: _SPACES.sub(" ", row[name]) for name in NAME_COLUMNS}


def _name_faults(line: _Line) -> Iterator[RowError]:
    for column in NAME_COLUMNS:
        name = line.cells[column]
        if not name and column in REQUIRED_COLUMNS:
            yield RowError(line.row, column, f"The {column}'s name is missing.")
        elif name.startswith(FORMULA_STARTS):
            yield RowError(
                line.row, column, f"“{name[:40]}” would be a formula in a spreadsheet: it is no name."
            )


def _repetition_faults(line: _Line, first: _Line) -> Iterator[RowError]:
    if line.cells["product"] != first.cells["product"]:
        yield RowError(
            line.row, "product", f"Row {first.row} spells this product “{first.cells['product']}”."
        )
    for column in DETAIL_COLUMNS:
        if line.cells[column] not in ("", first.cells[column]):
            yield RowError(
                line.row,
                column,
                f"This differs from row {first.row}, the product's first: leave it blank or say the same.",
            )


def _product(line: _Line) -> tuple[ProductRow, list[RowError]]:
    cells = line.cells
    faults: list[RowError] = []
    kind = None
    if cells["kind"]:
        try:
            kind = Kind(cells["kind"].casefold())
        except ValueError:
            faults.append(RowError(line.row, "kind", f"“{cells['kind'][:40]}” is neither single nor range."))
    gtin = re.sub(r"[ -]", "", cells["gtin"])
    if gtin and not is_gtin(gtin):
        faults.append(RowError(line.row, "gtin", _gtin_fault(gtin)))
    if (picture := cells["picture"]) and not _is_file_name(picture):
        faults.append(RowError(line.row, "picture", "A picture is a file name such as supports/thigh.jpg."))
    if picture and not cells["picture_alt"]:
        faults.append(
            RowError(line.row, "picture_alt", "Say what the picture shows, for those who can't see it.")
        )
    product = ProductRow(
        name=cells["product"],
        kind=kind,
        brand=cells["brand"],
        gtin=gtin,
        summary=cells["summary"],
        who_for=cells["who_for"],
        not_for=cells["not_for"],
        pros=_parts(cells["pros"]),
        cons=_parts(cells["cons"]),
        size_and_fit=cells["size_and_fit"],
        material=cells["material"],
        conformity_mark=cells["conformity_mark"],
        picture=picture,
        picture_alt=cells["picture_alt"],
    )
    return product, faults


def _offer(line: _Line) -> tuple[OfferRow, list[RowError]]:
    cells = line.cells
    faults: list[RowError] = []
    if (region := cells["region"]) and not _REGION.fullmatch(region):
        faults.append(RowError(line.row, "region", f"“{region[:40]}” is no region's code, such as uk or us."))
    if url := cells["address"]:
        if len(url) > MAX_ADDRESS:
            faults.append(RowError(line.row, "address", f"Longer than {MAX_ADDRESS:,} characters."))
        elif not is_web_address(url):
            faults.append(
                RowError(line.row, "address", "This is not a web address that starts with https://.")
            )
    priority = None
    if cells["priority"]:
        if _PRIORITY.fullmatch(cells["priority"]):
            priority = int(cells["priority"])
        else:
            faults.append(
                RowError(
                    line.row,
                    "priority",
                    f"A priority is a whole number from -{MAX_PRIORITY} to {MAX_PRIORITY}.",
                )
            )
    return OfferRow(line.row, cells["retailer"], region.casefold(), url, priority), faults


def _gtin_fault(gtin: str) -> str:
    if re.fullmatch(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]+", gtin):
        return "The spreadsheet shortened the number: format the column as text and type it again."
    if not (gtin.isascii() and gtin.isdigit() and len(gtin) in (8, 12, 13, 14)):
        return "A GTIN has 8, 12, 13 or 14 digits."
    return "The check digit is wrong: a digit was mistyped, or a leading zero was lost."


def _is_file_name(text: str) -> bool:
    """Whether `text` names a file below a folder: no scheme, no way up or out."""
    return not re.search(r"[\\:]|^/|/$|//", text) and not {".", ".."} & set(text.split("/"))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _too_large() -> str:
    return f"The file is larger than {MAX_BYTES // 1024**2} MB: import it in parts."


def _refused(row: int, column: str, sentence: str) -> Catalogue:
    return Catalogue(errors=(RowError(row, column, sentence),))
