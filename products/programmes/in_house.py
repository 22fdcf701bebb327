"""A shop's own scheme: the identity is a query parameter of its ordinary address, `?ref=` unless configured.

Shopify apps use `sca_ref` or `rfsn`. Nothing but the programme's settings tells that a parameter such as `ref`
is an identity: in many shops it is the product's number. So without settings only names that no shop uses for
anything else are recognised.
"""

from __future__ import annotations

from typing import ClassVar

from products.programmes import address
from products.programmes.adapter import Adapter, Field, IdentityProbe, Link, ProgrammeError, Settings

_NAME = r"[A-Za-z][A-Za-z0-9_.-]{0,39}"
_DEFAULT = "ref"
_UNMISTAKABLE = ("sca_ref", "rfsn")


class InHouse(Adapter):
    slug = "in_house"
    label = "The shop's own scheme"
    fields = (
        Field(
            "parameter",
            "Parameter",
            "The name that stands before our identity in a link, for example ref or sca_ref.",
            _NAME,
            required=False,
            default=_DEFAULT,
        ),
        Field(
            "value",
            "Our identity",
            "What the shop gave us to put in links.",
            r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,99}",
        ),
        Field(
            "sub_id_parameter",
            "Sub-id parameter",
            "If the shop reports by a second parameter, its name; otherwise leave it empty.",
            _NAME,
            required=False,
        ),
    )
    domains: ClassVar[frozenset[str]] = frozenset()

    def check(self, settings: Settings) -> None:
        """Also: the two parameters must differ."""
        super().check(settings)
        if _parameter(settings) == settings.get("sub_id_parameter"):
            raise ProgrammeError("sub_id_parameter", "The sub-id needs a parameter of its own.")

    def parse(self, url: str, settings: Settings | None = None) -> Link | None:
        configured = _parameter(settings) if settings and settings.get("value") else ""
        sub_id_name = settings.get("sub_id_parameter", "") if settings else ""
        for name in (configured, *_UNMISTAKABLE):
            identity = address.value(url, name) if name and address.is_web_address(url) else ""
            if identity:
                sub_id = address.value(url, sub_id_name) if sub_id_name else ""
                plain = address.without_parameters(url, {name, sub_id_name} - {""})
                return Link(self.slug, identity, sub_id, plain)
        return None

    def expectation(self, settings: Settings) -> IdentityProbe:
        ours = (_parameter(settings), settings["value"])
        return IdentityProbe(self.slug, settings["value"], landing_parameters=(ours,))

    def _track(self, settings: Settings, destination: str, sub_id: str) -> str:
        """A sub-id is left out where the shop has no parameter for it."""
        values = {_parameter(settings): settings["value"]}
        if name := settings.get("sub_id_parameter"):
            values[name] = sub_id
        return address.with_parameters(destination, values)


def _parameter(settings: Settings) -> str:
    return settings.get("parameter") or _DEFAULT


ADAPTER = InHouse()
