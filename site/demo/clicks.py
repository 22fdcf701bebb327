"""Four weeks of readers who never were: clicks that the site itself counted, of invented people and robots.

Earlier days go through the counting service with their own time, today through the views that readers and their
browsers use. The same numbers every time.
"""

from __future__ import annotations

import datetime
import random

from django.test import Client
from django.urls import reverse

from articles.models import ConditionPage
from products.blocks import placed_product_ids
from products.clicks.counting import count
from products.models import Region
from products.shelf import ShownOffer, stock_shelf

DAYS = 28
ROBOTS = 0.2  # of all clicks
BROWSER = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

Button = tuple[ConditionPage, ShownOffer]


def click_around(*, now: datetime.datetime) -> int:
    """Follow the links of every article. Returns how many clicks were counted."""
    chance = random.Random(28)
    buttons = _buttons(now)
    default = Region.objects.get(is_default=True).pk
    made = 0
    for days_ago in range(DAYS - 1, 0, -1):
        then = now - datetime.timedelta(days=days_ago)
        for page, shown in buttons:
            for _ in range(_how_many(chance, shown)):
                knows = chance.random() < 0.7
                region = shown.offer.retailer.region_id if knows else default
                count(shown.offer.pk, page.pk, region, is_person=chance.random() >= ROBOTS, now=then)
                made += 1
    for number, (page, shown) in enumerate(buttons):
        reader = Client(
            SERVER_NAME="localhost",
            REMOTE_ADDR=f"127.0.1.{number % 250 + 1}",
            HTTP_USER_AGENT=ROBOT if chance.random() < ROBOTS else BROWSER,
        )
        if chance.random() < 0.5:
            reader.cookies["region"] = shown.offer.retailer.region.code
        asked = f"?p={page.pk}"
        if shown.is_direct:
            reader.post(reverse("clicked", args=[shown.offer.pk]) + asked)
        else:
            reader.get(reverse("go", args=[shown.offer.pk]) + asked)
        made += 1
    return made


def _buttons(now: datetime.datetime) -> list[Button]:
    found: list[Button] = []
    for page in ConditionPage.objects.live().order_by("path"):
        for placed in stock_shelf(placed_product_ids(page.body), now=now).values():
            found.extend((page, shown) for shelf in placed.regions for shown in shelf.offers)
    return found


def _how_many(chance: random.Random, shown: ShownOffer) -> int:
    """More at the shops that editors put first."""
    return max(0, chance.randint(-2, 3 if shown.offer.priority <= 1 else 1))
