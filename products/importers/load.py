"""From a catalogue file to products and offers: all of it, or nothing and a list of row errors."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.images import ImageFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from wagtail.images.fields import WagtailImageField
from wagtail.log_actions import log
from wagtail.utils.file import hash_filelike

from products.importers.catalogue import CatalogueProduct, OfferRow, RowError, read_bytes
from products.models import Picture, Product, Retailer
from products.services import named_retailer, place_offer

_DETAILS = (
    "name", "brand", "gtin", "summary", "who_for", "not_for", "size_and_fit", "material", "conformity_mark",
)  # fmt: skip


@dataclass
class Result:
    """What an import did, or would have done. With `errors`, nothing was written."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def import_products(raw: bytes, *, folder: Path, dry_run: bool = False) -> Result:
    """Make or update the products and offers of a catalogue (`products.importers.catalogue` has the columns).

    Products match by name, offers by product and retailer, in any case of letters. What the file leaves out is
    left alone. Pictures are read from `folder`. A second import of the same file changes nothing.
    """
    catalogue = read_bytes(raw)
    result = Result(errors=list(catalogue.errors))
    if result.errors:
        return result
    with ExitStack() as new_files, transaction.atomic():
        for row in catalogue.products:
            _load_product(row, folder=folder, result=result, new_files=new_files)
        if result.errors or dry_run:
            transaction.set_rollback(True)
        else:
            new_files.pop_all()
    result.unsure = list(dict.fromkeys(result.unsure))
    return result


def _load_product(row: CatalogueProduct, *, folder: Path, result: Result, new_files: ExitStack) -> None:
    product = Product.objects.filter(name__iexact=row.product.name).first() or Product(name=row.product.name)
    is_new = product.pk is None
    changed = _copy_details(product, row)
    picture, error = _picture(row, folder, new_files)
    if error:
        result.errors.append(error)
        return
    if picture is not None and product.picture_id != picture.pk:
        product.picture = picture
        changed = True
    if changed:
        try:
            product.full_clean()
        except ValidationError as invalid:
            result.errors.extend(
                RowError(row.row, name, " ".join(texts)) for name, texts in invalid.message_dict.items()
            )
            return
        product.save()
        product.save_revision()
        log(product, "wagtail.create" if is_new else "wagtail.edit")
    for offer_row in row.offers:
        changed |= _load_offer(product, offer_row, result=result)
    (result.created if is_new else result.updated if changed else result.unchanged).append(product.name)


def _copy_details(product: Product, row: CatalogueProduct) -> bool:
    """Copy what the file says; a blank cell leaves the product's own words alone. True if anything changed."""
    wanted: dict[str, object] = {name: getattr(row.product, name) for name in _DETAILS}
    wanted |= {
        "kind": row.product.kind and row.product.kind.value,
        "pros": list(row.product.pros),
        "cons": list(row.product.cons),
    }
    wanted["picture_alt"] = row.product.picture_alt
    differing = {name: value for name, value in wanted.items() if value and getattr(product, name) != value}
    for name, value in differing.items():
        setattr(product, name, value)
    return bool(differing) or product.pk is None


def _picture(
    row: CatalogueProduct, folder: Path, new_files: ExitStack
) -> tuple[Picture | None, RowError | None]:
    """The picture a row names: an existing one with the same bytes, or a new one.

    A new one's file is deleted again when `new_files` closes: a rollback takes back rows, not files.
    """
    if not row.product.picture:
        return None, None
    path = (folder / row.product.picture).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None, RowError(
            row.row, "picture", f'There is no picture "{row.product.picture}" beside the file.'
        )
    data = path.read_bytes()
    known = Picture.objects.filter(file_hash=hash_filelike(BytesIO(data))).first()
    if known is not None:
        return known, None
    try:
        WagtailImageField().clean(SimpleUploadedFile(path.name, data))  # as an upload in the admin is checked
    except ValidationError as error:
        return None, RowError(row.row, "picture", " ".join(error.messages))
    except OSError:  # Wagtail's field lets this one of Pillow's through
        return None, RowError(row.row, "picture", f'"{row.product.picture}" breaks off: copy the file again.')
    picture = Picture(title=row.product.name, file=ImageFile(BytesIO(data), name=path.name))
    picture.file_hash = hash_filelike(BytesIO(data))
    picture.save()
    new_files.callback(picture.file.storage.delete, picture.file.name)
    return picture, None


def _load_offer(product: Product, row: OfferRow, *, result: Result) -> bool:
    """Make or update one offer; faults are added to the result. True if anything changed."""
    retailer = _retailer(row, result)
    if retailer is None:
        return False
    offer, made = place_offer(product, retailer)
    if not row.address and made:
        result.unsure.append(f'The offer of "{product}" at {retailer} needs an address.')
    before = (offer.destination, offer.priority)
    offer.destination = row.address or offer.destination
    offer.priority = offer.priority if row.priority is None else row.priority
    try:
        offer.full_clean()
    except ValidationError as invalid:
        result.errors.extend(
            RowError(row.row, "address" if name == "destination" else name, " ".join(texts))
            for name, texts in invalid.message_dict.items()
        )
        return False
    if made or (offer.destination, offer.priority) != before:
        offer.save()
        if not made:
            log(offer, "wagtail.edit")
        return True
    return False


def _retailer(row: OfferRow, result: Result) -> Retailer | None:
    if row.region:
        try:
            retailer, asked = named_retailer(row.retailer, row.region)
        except ValidationError as invalid:
            result.errors.append(RowError(row.row, "retailer", " ".join(invalid.messages)))
            return None
        result.unsure.extend(asked)
        return retailer
    known = list(Retailer.objects.filter(name__iexact=row.retailer)[:2])
    if len(known) == 1:
        return known[0]
    sentence = "is not known: add its region" if not known else "exists in several regions: say which"
    result.errors.append(RowError(row.row, "region", f'The retailer "{row.retailer}" {sentence}.'))
    return None
