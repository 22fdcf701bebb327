"""What the shops sell and do when they are run by themselves: a catalogue, a first state, and what
people changed since.

First state and changes are JSON: an address of a page, or the bare name of a shop, to the slug of a
behaviour; null for a shop that is up. The first state may give a behaviour's figures too.
"""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from demo.retailers import networks
from demo.retailers.behaviours import WHOLE_SHOP, Behaviour, Play, other_region
from demo.retailers.creators_api import DEMO_CREDENTIALS, MARKETPLACES, CreatorsApi, Item
from demo.retailers.server import RetailerServer
from demo.retailers.shops import Shop

COLUMNS = ("product", "gtin", "kind", "retailer", "address")
Behaviours = Mapping[str, Behaviour | None]


class SceneError(ValueError):
    """A file that cannot be played, said in words for the person who wrote it."""


def open_catalogue(server: RetailerServer, path: Path) -> None:
    """Open a shop for each `.example` host among the addresses of a product CSV, and stock it.

    `kind` is `single` or `range`; `price` and `currency` are used where the file has them, otherwise a
    price is made up from the name. Each shop's twin for another region is opened too, and the
    affiliate networks, so that redirects lead somewhere. Raises `SceneError` or `OSError`.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            raise SceneError(f"{path}: no column {', '.join(missing)}")
        for row in rows:
            try:
                _stock(server, row)
            except (ValueError, InvalidOperation) as error:
                raise SceneError(f"{path}, line {rows.line_num}: {error}") from error
    for name in server.shops:
        server.shop(other_region(name), default=Behaviour.PRODUCT)
    for name in networks.HOSTS:
        server.shop(name, default=Behaviour.NETWORK_HOP)


def _stock(server: RetailerServer, row: Mapping[str, str | None]) -> None:
    name, address = (row["product"] or "").strip(), (row["address"] or "").strip()
    host, target = split_address(address)
    if not host.endswith(".example") or target is None:
        return
    shop = server.shop(host)
    price = Decimal((row.get("price") or "").strip() or f"{8 + zlib.crc32(name.encode()) % 40}.99")
    currency = (row.get("currency") or "").strip() or ("USD" if "us" in _words(host) else "GBP")
    if (row["kind"] or "").strip() == "range":
        shop.category(target, name=name, price=price, currency=currency)
    else:
        shop.product(target, name=name, gtin=(row["gtin"] or "").strip(), price=price, currency=currency)


def open_creators_api(server: RetailerServer, path: Path) -> None:
    """Open the stand-in of Amazon's API, with the catalogue's Amazon products. Raises `OSError`."""
    api = CreatorsApi(dict([DEMO_CREDENTIALS]))
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            host, target = split_address((row["address"] or "").strip())
            if host in MARKETPLACES and target and target.startswith("/dp/"):
                price = Decimal(f"{8 + zlib.crc32((row['product'] or '').encode()) % 40}.99")
                name, ean = (row["product"] or "").strip(), (row["gtin"] or "").strip()
                api.stock(host, Item(target.removeprefix("/dp/"), name, ean, price))
    api.serve(server)


def _words(host: str) -> list[str]:
    return host.replace(".", "-").split("-")


def split_address(address: str) -> tuple[str, str | None]:
    """Host and target of a page's address; the target is None for the bare name of a shop.

    >>> split_address("https://x.example/knee?id=1"), split_address("x.example")
    (('x.example', '/knee?id=1'), ('x.example', None))
    """
    parts = urlsplit(address if "//" in address else f"//{address}")
    target = urlunsplit(("", "", parts.path, parts.query, ""))
    return (parts.hostname or "", target or None)


def read_behaviours(path: Path) -> Behaviours:
    """Raises `SceneError` for what is no such file, `OSError` for what cannot be read."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SceneError(f"{path} is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise SceneError(f"{path} is not an object of addresses and behaviours")
    return {address: None if slug is None else behaviour(slug) for address, slug in raw.items()}


def read_plays(path: Path) -> dict[str, Play]:
    """How pages and shops begin: address → slug, or an object of `behaviour` and its figures (see `Play`).

    Raises `SceneError` for what is no such file, `OSError` for what cannot be read.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SceneError(f"{path} is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise SceneError(f"{path} is not an object of addresses and behaviours")
    return {address: _play_of(address, value) for address, value in raw.items()}


def _play_of(address: str, value: object) -> Play:
    if not isinstance(value, dict):
        return Play(behaviour(value))
    figures = {name: figure for name, figure in value.items() if name != "behaviour"}
    try:
        return Play(behaviour(value.get("behaviour")), **figures)
    except TypeError:
        known = ", ".join(field.name for field in fields(Play)[1:])
        raise SceneError(f"{address}: an unknown figure; there are: {known}") from None


def begin(server: RetailerServer, plays: Mapping[str, Play]) -> None:
    """Set how pages and shops begin. Raises `SceneError`, with nothing set, for one that cannot be."""
    found = [(*find(server, address, wanted.behaviour), wanted) for address, wanted in plays.items()]
    for shop, target, wanted in found:
        figures = {name: figure for name, figure in asdict(wanted).items() if name != "behaviour"}
        if target is None:
            shop.down(wanted.behaviour, **figures)
        else:
            shop.set(target, wanted.behaviour, **figures)


def behaviour(slug: object) -> Behaviour:
    """The behaviour of that slug. Raises `SceneError` with those there are."""
    try:
        return Behaviour(str(slug))
    except ValueError:
        raise SceneError(f"no behaviour {slug!r}; there are: {', '.join(Behaviour)}") from None


def find(server: RetailerServer, address: str, wanted: Behaviour | None) -> tuple[Shop, str | None]:
    """The shop and, for a page, its target, that `wanted` may be set on. Raises `SceneError` if it may not."""
    try:
        host, target = split_address(address)
    except ValueError as error:
        raise SceneError(f"{address}: {error}") from error
    shop = server.shops.get(host)
    if shop is None:
        raise SceneError(f"there is no shop {host!r}")
    if target is not None:
        if shop.page(target) is None:
            raise SceneError(f"{host} has no page {target!r}")
        if wanted is None:
            raise SceneError(f"{address}: a page needs a behaviour")
        if wanted in WHOLE_SHOP:
            raise SceneError(f"{wanted} belongs to a whole shop: give {host!r} without a path")
    return shop, target


def play(server: RetailerServer, behaviours: Behaviours) -> None:
    """Set all of `behaviours`, or none: raises `SceneError` for one that cannot be."""
    found = [(*find(server, address, wanted), wanted) for address, wanted in behaviours.items()]
    for shop, target, wanted in found:
        if target is not None and wanted is not None:
            shop.set(target, wanted)
        elif wanted is None:
            shop.up()
        else:
            shop.down(wanted)


class Changes:
    """What people changed while the shops run, kept in a file so that a restart finds it again."""

    def __init__(self, server: RetailerServer, path: Path) -> None:
        self._server = server
        self._path = path
        self._first = now(server)
        self._changes: dict[str, Behaviour | None] = {}

    def restore(self) -> None:
        """Play what was changed before a restart, but for pages and shops that are gone since."""
        if not self._path.exists():
            return
        for address, wanted in read_behaviours(self._path).items():
            try:
                play(self._server, {address: wanted})
            except SceneError:
                continue
            self._changes[address] = wanted
        self._save()

    def make(self, behaviours: Behaviours) -> None:
        """Play and remember. Raises `SceneError`, with nothing changed, for one that cannot be."""
        play(self._server, behaviours)
        self._changes.update(behaviours)
        self._save()

    def undo_all(self) -> None:
        """Everything as it was when the server started first."""
        play(
            self._server,
            {address: self._first[address] for address in self._changes if address in self._first},
        )
        self._changes.clear()
        self._save()

    def _save(self) -> None:
        draft = self._path.with_name(f"{self._path.name}.new")
        draft.write_text(json.dumps(self._changes, indent=2) + "\n", encoding="utf-8")
        draft.replace(self._path)


def now(server: RetailerServer) -> dict[str, Behaviour | None]:
    """How every shop and page behaves at this moment."""
    state: dict[str, Behaviour | None] = {}
    for name, shop in server.shops.items():
        state[name] = shop.down_as
        state |= {f"https://{name}{page.target}": page.play.behaviour for page in shop.pages}
    return state
