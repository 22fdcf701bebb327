"""What the checks of a fault test look at, and what they should find: the same with a fault as without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Self

from demo.retailers import Behaviour
from products.linkcheck.verdict import Buyable, Reachable

NETWORK = "www.awin1.com"
BEHAVIOURS = (
    Behaviour.PRODUCT,
    Behaviour.GONE,
    Behaviour.PRODUCT,
    Behaviour.CAPTCHA,
    Behaviour.MOVED,
    Behaviour.PRODUCT,
    Behaviour.SOLD_OUT,
    Behaviour.PRODUCT,
    Behaviour.SOFT_404,
    Behaviour.PRODUCT,
)
EXPECTED = {
    Behaviour.PRODUCT: (Reachable.OK, Buyable.IN_STOCK),
    Behaviour.MOVED: (Reachable.OK, Buyable.IN_STOCK),
    Behaviour.SOLD_OUT: (Reachable.OK, Buyable.OUT_OF_STOCK),
    Behaviour.GONE: (Reachable.BROKEN, Buyable.UNKNOWN),
    Behaviour.SOFT_404: (Reachable.BROKEN, Buyable.UNKNOWN),
    Behaviour.CAPTCHA: (Reachable.UNKNOWN, Buyable.UNKNOWN),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """Shops with offers. At one shop in ten a network pays, which all their first looks pass through."""

    shops: int
    offers: int  # in all
    pace: float  # seconds between two requests to a shop
    poisoned: str = ""  # the address of a page that never answers, or nothing

    def pages(self) -> Iterator[tuple[int, str, Behaviour]]:
        """The shop's number, the address and how it behaves, for each offer."""
        for number in range(self.offers):
            shop, page = number % self.shops, number // self.shops
            yield shop, f"https://{self.shop(shop)}/{page}", BEHAVIOURS[(shop + page) % len(BEHAVIOURS)]

    def shop(self, number: int) -> str:
        return f"shop-{number}.example"

    def is_paid_by_the_network(self, shop: int) -> bool:
        return shop % 10 == 0

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))
