"""Forms of the admin that need more than a field of the model each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminAutoHeightTextInput

from products import programmes


class LinesField(forms.CharField):
    """A list of texts, one on each line, because a text may contain commas."""

    widget = AdminAutoHeightTextInput

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]  # a list is the point of it
        lines = value if isinstance(value, list) else (super().to_python(value) or "").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial or []) != self.to_python(data)


class ProductForm(WagtailAdminModelForm):
    """A product; its pros and cons stand one on each line."""

    pros = LinesField(required=False, help_text="Two to four, one on each line.")
    cons = LinesField(required=False, help_text="One on each line.")


def identity_field_name(network: str, field: str) -> str:
    """The name of the form's field for one field of one network's adapter."""
    return f"identity_{network}_{field}"


def _identity_fields() -> Iterable[tuple[str, forms.Field]]:
    for adapter in programmes.ADAPTERS.values():
        for field in adapter.fields:
            made: forms.Field = (
                forms.ChoiceField(choices=[("", "---------"), *field.choices])
                if field.choices
                else forms.CharField()
            )
            made.label, made.help_text, made.required = field.label, field.help, False
            made.initial = field.default
            yield identity_field_name(adapter.slug, field.name), made


# Made from the adapters, so that a new network brings its fields along.
_IdentityFields: Any = type("_IdentityFields", (forms.Form,), dict(_identity_fields()))


class ProgrammeForm(_IdentityFields, WagtailAdminModelForm):
    """A programme, with a field for each thing that its network asks for. Only the chosen network's are read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, text in self.instance.identity.items():
            self.initial[identity_field_name(self.instance.network, name)] = text

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        network, region = cleaned.get("network"), cleaned.get("region")
        if not network:
            return cleaned
        adapter = programmes.adapter(network)
        given = {
            field.name: cleaned.get(identity_field_name(network, field.name)) for field in adapter.fields
        }
        identity = {name: text for name, text in given.items() if text}
        self.instance.identity = identity
        try:
            if region is None:
                adapter.check(identity)
            else:
                adapter.validate(identity, region.code)
        except programmes.ProgrammeError as error:
            self.add_error(identity_field_name(network, error.field), error.sentence)
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        """The model would say again, of a field that this form does not have, what `clean` says at its place."""
        if field is None and "identity" in getattr(error, "error_dict", {}):
            del error.error_dict["identity"]
        super().add_error(field, error)
