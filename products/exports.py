"""Spreadsheets that people download from the desk: what somebody typed stays text in them."""

from __future__ import annotations

from typing import Any

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.snippets.views.snippets import IndexView

from products.importers.catalogue import FORMULA_STARTS


def never_a_formula(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet would take it for a formula, as OWASP advises for CSV."""
    return f"'{text}" if text.lstrip().startswith(FORMULA_STARTS) else text


class SafeExport(SpreadsheetExportMixin):
    """Wagtail's export, safe to open whatever readers, shops and editors wrote."""

    def preprocess_field_value(self, field: str, value: Any, export_format: str) -> Any:
        told = super().preprocess_field_value(field, value, export_format)
        if not isinstance(told, str):
            return told
        if export_format == self.FORMAT_CSV:
            return never_a_formula(told)
        return ILLEGAL_CHARACTERS_RE.sub("", told)  # a workbook cannot hold them; its text is never a formula


class LibraryView(SafeExport, IndexView):
    """The listing of one library, with both exports. Its view set names `desk/listing.html`, which says what it is for."""
