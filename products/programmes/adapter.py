"""What a network's module must offer, and the plain data that goes in and out of it.

A network (Awin, Amazon Associates, …) knows how its links carry a publisher's identity. Its adapter turns an
ordinary product address into a tracked one, reads tracked ones back, and says how the identity is proven when
a link is checked. Adapters hold no state: the identity comes in as `settings`, one text per field.

The rules of programmes behind these modules were read second-hand and change: operators must re-read them.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from products.programmes import address

Settings = Mapping[str, str]
"""A programme's identity: the value of each of the adapter's fields by name."""

# Ours are made from page numbers. The first character keeps "." and ".." out of paths.
_SUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class ProgrammeError(ValueError):
    """Settings or a destination that a programme cannot use.

    `field` is the name of the field at fault, `"destination"` or `"sub_id"`; `sentence` is for the editor.
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a programme, enough to make a form field of it."""

    name: str
    label: str
    help: str
    pattern: str = ""  # a regular expression that the whole value must match
    required: bool = True
    default: str = ""  # what a missing or empty value means; a form starts with it
    choices: tuple[tuple[str, str], ...] = ()  # value, label


@dataclass(frozen=True, slots=True)
class Link:
    """A tracked link as read from its address.

    `destination` is empty where the address does not tell it (short links); `identity` likewise.
    """

    network: str
    identity: str
    sub_id: str
    destination: str
    legacy: bool = False  # a form the network has given up: the link must be made anew


@dataclass(frozen=True, slots=True)
class IdentityProbe:
    """How a check can tell that our identity survived the way to the shop. Plain data, and its reading.

    Three grades, of which the judge makes the verdict: *proven* at the landing, *handed over* at the network's
    hop (networks may strip their parameters after counting), *lost*.
    """

    network: str
    identity: str
    landing_parameters: tuple[tuple[str, str], ...] = ()  # name and the value that is ours
    landing_click_ids: tuple[str, ...] = ()  # parameters with which the network proves a click at the landing
    hop_hosts: tuple[str, ...] = ()  # domains of the network's own hops
    hop_parameters: tuple[str, ...] = ()  # query parameters that hold our identity there
    hop_path: str = ""  # or a regular expression for the start of the path there
    dead_ends: tuple[str, ...] = ()  # host and path of the network's pages for links that no longer pay
    companions: tuple[
        tuple[str, str, str], ...
    ] = ()  # domain, parameter and the value without which ours earns nothing
    lost_identities: tuple[str, ...] = ()  # the network's own accounts for broken links

    def is_proven_at(self, landing: str, *, sent_to: str = "") -> bool:
        """Whether the shop's address shows our own parameter, or a click id and nothing against it.

        A click id that stood in the address we asked the network to lead to, `sent_to`, is of somebody else's click.
        """
        if self.is_lost_at(landing):
            return False
        return any(ours in _landed(landing, name) for name, ours in self.landing_parameters) or any(
            address.values(landing, name) - address.values(sent_to, name) for name in self.landing_click_ids
        )

    def is_handed_over_at(self, hop: str) -> bool:
        """Whether an address on the way is the network's and carries our identity."""
        return self.is_on_network(hop) and self.identity in self._identities_at(hop)

    def is_lost_at(self, url: str) -> bool:
        """Whether an address, of a hop or of the landing, shows that somebody else is paid or nobody.

        Ending on the network's own host is a loss too, but only the judge knows where a look ended:
        see `is_on_network`.
        """
        place = f"{address.host(url)}{address.path(url)}".removeprefix("www.").casefold()
        if any(place.startswith(end.casefold()) for end in self.dead_ends):
            return True
        if self.is_on_network(url) and self._identities_at(url) & set(self.lost_identities):
            return True
        seen = {(name, value) for name, _ in self.landing_parameters for value in _landed(url, name)}
        if seen - set(self.landing_parameters):
            return True
        return bool(seen) and any(
            address.value(url, name) != value
            for domain, name, value in self.companions
            if address.stands_under(address.host(url), {domain})
        )

    def is_on_network(self, url: str) -> bool:
        """Whether an address stands on one of the network's hosts."""
        return address.stands_under(address.host(url), self.hop_hosts)

    def _identities_at(self, hop: str) -> set[str]:
        found = {address.value(hop, name) for name in self.hop_parameters}
        if self.hop_path:
            match = re.match(self.hop_path, address.decoded(address.path(hop)))
            found.add(match[1] if match else "")
        return found - {""}


def _landed(url: str, name: str) -> set[str]:
    """The values of a parameter of ours at the shop, which may have changed its case. "REF" beside "ref" is another's."""
    return address.values(url, name, any_case=False) or address.values(url, name)


class Adapter(ABC):
    """One network. A module of this package makes one instance of its own subclass."""

    slug: ClassVar[str]
    label: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    domains: ClassVar[frozenset[str]]  # the network's own hosts, or the shops that it is for
    click_ids: ClassVar[frozenset[str]] = (
        frozenset()
    )  # parameters that it adds to a shop's address at a click
    allows_redirect: ClassVar[bool] = True  # whether our own /go/ address may stand in front
    may_be_fetched: ClassVar[bool] = True  # whether a robot of ours may ask its pages
    statement: ClassVar[str] = ""  # a sentence that the programme demands, word for word

    def validate(self, settings: Settings, region_code: str) -> None:
        """Check settings for a retailer in a region. Raises ProgrammeError at the first fault."""
        self.check(settings)

    def check(self, settings: Settings) -> None:
        """Check settings as far as they can be without knowing the region. Raises ProgrammeError."""
        for field in self.fields:
            text = settings.get(field.name, "")
            if not text:
                if field.required:
                    raise ProgrammeError(field.name, f"{field.label} is missing. {field.help}")
            elif field.choices and text not in {choice for choice, _ in field.choices}:
                raise ProgrammeError(field.name, f"{field.label}: “{text}” is not one of the choices.")
            elif field.pattern and not re.fullmatch(field.pattern, text):
                raise ProgrammeError(field.name, f"{field.label}: “{text}” cannot be right. {field.help}")

    def build(self, settings: Settings, destination: str, sub_id: str = "") -> str:
        """The tracked address for an ordinary one; every part of the destination is kept.

        A destination that is a tracked link of this network already is unwrapped first, so the identity in
        it, ours or another's, is replaced and never doubled. Raises ProgrammeError.
        """
        self.check(settings)
        if not address.is_web_address(destination):
            raise ProgrammeError("destination", "This is not a web address that starts with https://.")
        if sub_id and not _SUB_ID.fullmatch(sub_id):
            raise ProgrammeError(
                "sub_id", "A sub-id has up to 64 letters, digits, dots, dashes or underscores."
            )
        while (link := self.parse(destination, settings)) is not None:  # each turn shortens the address
            if not link.destination:
                raise ProgrammeError(
                    "destination",
                    f"This is a tracked {self.label} link that does not show where it leads. "
                    "Open it and paste the shop's own address.",
                )
            destination = link.destination
        return self._track(settings, destination, sub_id)

    def recognise(self, url: str) -> bool:
        """Whether `url` is a tracked link of this network, anybody's."""
        return self.parse(url) is not None

    @abstractmethod
    def parse(self, url: str, settings: Settings | None = None) -> Link | None:
        """Read a tracked link, or None. Never raises.

        `settings` matters only where the address alone does not tell (see `in_house`).
        """

    @abstractmethod
    def expectation(self, settings: Settings) -> IdentityProbe:
        """How our identity is proven for these settings, which must be valid."""

    @abstractmethod
    def _track(self, settings: Settings, destination: str, sub_id: str) -> str:
        """The tracked address; everything has been checked and `destination` is ordinary."""


def destination_or_nothing(text: str) -> str:
    """A destination as found in somebody's link, or empty where it is no web address."""
    return text if address.is_web_address(text) else ""
