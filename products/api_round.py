"""Asks shops' catalogues through their API about the offers that are due, and writes it down as a look at each.

One request a call, up to ten products of one programme: whoever calls sets the rate, and nobody sleeps. The lease on
the API's own host keeps it to one request at a time over all workers. Where the API refuses us (access lapses where
sales are few) the offers stay as they are and go to people (`OfferQuerySet.for_people`).
"""

from __future__ import annotations

import datetime
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import uuid4

from django.db import DatabaseError

from products.api_access import credentials_for
from products.attempts import ALONE_AFTER, count_attempt, is_databases_own, take_back
from products.checkbook import plan_look, record
from products.clock import database_now
from products.destinations import NOT_TO_BE_FETCHED
from products.door import the_door
from products.fetch import Door, Posting
from products.leases import give_back, lease_host
from products.linkcheck import creators_api
from products.linkcheck.creators_api import Credentials, Message, Refused, Token, Trouble
from products.linkcheck.evidence import Evidence, Hop
from products.linkcheck.health import Usage
from products.linkcheck.listing import Entry, Listing, Untold, judge_entry
from products.linkcheck.verdict import DEFAULT_PAUSE, LONGEST_PAUSE
from products.models import Checking, Host, Offer, Programme
from products.programmes import amazon
from products.querysets import OfferQuerySet

EVERY = datetime.timedelta(hours=20)  # so that what is shown of Amazon's is never a day old
PRICE_KEPT = datetime.timedelta(hours=24) - datetime.timedelta(minutes=15)  # the tick that forgets included
LEAST_PAUSE = datetime.timedelta(seconds=1)  # between two requests: the API's usual allowance
TROUBLE_PAUSE = 60.0  # seconds, where the API failed; longer where it asked for quiet
AGAIN_AFTER = datetime.timedelta(hours=1)
TOKEN_MARGIN = 60.0  # seconds by which a token is taken to end early
EXCERPT = 2048
NAMES_NO_PRODUCT = Untold("The address names no single product, so only a person can check it.")


class CreatorsApi:
    """Amazon's API, asked through the door. Holds access tokens in memory, and nowhere else."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._tokens: dict[Credentials, tuple[Token, float]] = {}

    def ask(self, credentials: Credentials, programme: Programme, asins: list[str]) -> _Answer:
        """What the catalogue says of up to ten products."""
        for _ in range(2):  # a token may be withdrawn before its hour is over
            token = self._token(credentials)
            if not isinstance(token, Token):
                return token
            message = creators_api.items_message(
                token,
                marketplace=programme.identity["marketplace"],
                tag=programme.identity["tag"],
                asins=asins,
            )
            evidence = self._post(message)
            found = creators_api.read_items(evidence.last.status, evidence.text, asins)
            if found is not Trouble.EXPIRED:
                return _Answer(found, evidence.last)
            del self._tokens[credentials]
        return _Answer(
            Refused("Amazon's API accepts none of the access tokens that it gives us."), evidence.last
        )

    def _token(self, credentials: Credentials) -> Token | _Answer:
        held = self._tokens.get(credentials)
        if held is not None and time.monotonic() < held[1]:
            return held[0]
        evidence = self._post(creators_api.token_message(credentials))
        token = creators_api.read_token(evidence.last.status, evidence.text)
        if not isinstance(token, Token):
            return _Answer(token, evidence.last)
        self._tokens[credentials] = token, time.monotonic() + token.seconds - TOKEN_MARGIN
        return token

    def _post(self, message: Message) -> Evidence:
        return self._door.post(message.url, Posting(message.body, message.headers))


@dataclass(frozen=True, slots=True)
class _Answer:
    found: Mapping[str, Entry] | Refused | Trouble
    hop: Hop


@lru_cache(maxsize=1)
def the_api() -> CreatorsApi:
    """This process's, which keeps its access tokens."""
    return CreatorsApi(the_door())


def ask_api(api: CreatorsApi, *, tempo: float) -> int:
    """Ask once about the offers that wait longest. Returns how many were looked at; 0 where none is due or it rests."""
    holder, now = uuid4(), database_now()
    batch = _due(now)
    if not batch or (host := lease_host(creators_api.HOST, holder, now=now)) is None:
        return 0
    try:
        if host.next_polite_at is not None and host.next_polite_at > now:
            return 0
        batch = _due(database_now())  # as it is now that nobody else may ask
        return _look_at(batch, api, tempo) if batch else 0
    finally:
        Host.objects.filter(key=host.key, leased_by=holder).update(
            next_polite_at=database_now() + LEAST_PAUSE
        )
        give_back([host.key], holder)


def forget_old_prices(*, now: datetime.datetime) -> int:
    """Empty the prices that an API gave and that it has not confirmed within a day. Returns how many."""
    old = Offer.objects.filter(price_source=creators_api.SOURCE, price_at__lte=now - PRICE_KEPT)
    return old.update(**_NO_PRICE)


_NO_PRICE: Mapping[str, object] = {"price": None, "price_source": "", "price_at": None}


def _due(now: datetime.datetime) -> list[Offer]:
    """The offer that waits longest and others of its programme; alone, if it has ended workers before."""
    keys = [
        pk
        for pk, network, identity in Programme.objects.filter(network=amazon.ADAPTER.slug).values_list(
            "pk", "network", "identity"
        )
        if credentials_for(network, identity) is not None
    ]
    if not keys:
        return []
    due: OfferQuerySet = Offer.objects.due(now).filter(
        host__key__in=NOT_TO_BE_FETCHED,
        retailer__checking=Checking.API,
        retailer__programme__in=keys,
    )
    related = due.select_related("product", "retailer__region", "retailer__programme", "host")
    first = related.first()
    if first is None or first.attempts >= ALONE_AFTER:
        return [first] if first else []
    others = related.filter(retailer__programme=first.retailer.programme_id, attempts__lt=ALONE_AFTER)
    return list(others[: creators_api.MOST_ITEMS])


def _look_at(batch: list[Offer], api: CreatorsApi, tempo: float) -> int:
    now = database_now()
    counted = [offer for offer in batch if count_attempt(offer, _as_read(offer), now=now)]
    try:
        return _ask_about(counted, api, tempo) if counted else 0
    except DatabaseError as error:
        if is_databases_own(error):
            take_back(Offer.objects.filter(pk__in=[offer.pk for offer in counted]))
        raise


def _ask_about(counted: list[Offer], api: CreatorsApi, tempo: float) -> int:
    programme = counted[0].retailer.programme
    assert programme is not None  # `_due` chose by it
    credentials = credentials_for(programme.network, programme.identity)
    assert credentials is not None
    now = database_now()
    named = [(offer, asin) for offer in counted if (asin := amazon.asin(offer.destination))]
    looked = sum(
        _write(offer, NAMES_NO_PRODUCT, Hop(offer.destination), now=now, tempo=tempo)
        for offer in counted
        if not amazon.asin(offer.destination)
    )
    if not named:
        return looked
    answer = api.ask(credentials, programme, list(dict.fromkeys(asin for _, asin in named)))
    found, now = answer.found, database_now()
    if isinstance(found, Trouble):
        _rest(answer, now)
        for offer, _ in named:
            later = {} if found is Trouble.THROTTLED else {"next_check_at": _another_hour(now, tempo)}
            _as_read(offer).update(attempts=0, **later)
        return looked
    for offer, asin in named:
        entry = Untold(found.reason, refused=True) if isinstance(found, Refused) else found[asin]
        looked += _write(offer, entry, answer.hop, now=now, tempo=tempo)
    return looked


def _as_read(offer: Offer) -> OfferQuerySet:
    return Offer.objects.filter(pk=offer.pk, version=offer.version)


def _rest(answer: _Answer, now: datetime.datetime) -> None:
    """Leave the API alone for a while; nothing is said of any offer."""
    asked = answer.hop.headers.get("retry-after", "")
    seconds = DEFAULT_PAUSE if answer.found is Trouble.THROTTLED else TROUBLE_PAUSE
    if asked.isascii() and asked.isdigit():
        seconds = min(float(asked[:9]), LONGEST_PAUSE)
    until = now + datetime.timedelta(seconds=seconds)
    Host.objects.filter(key=creators_api.HOST).update(paused_until=until)


def _another_hour(now: datetime.datetime, tempo: float) -> datetime.datetime:
    """When to ask again about an offer of a request that failed, each in other company: one that fails every request it
    is in, or a marketplace that is down, may not keep the others waiting."""
    return now + AGAIN_AFTER * tempo * random.uniform(0.5, 1.5)


def _write(offer: Offer, entry: Entry, hop: Hop, *, now: datetime.datetime, tempo: float) -> bool:
    plan = plan_look(offer, now=now, tempo=tempo)
    evidence = Evidence(offer.destination, (hop,), text=_told(entry)[:EXCERPT])
    step = record(
        offer,
        plan,
        evidence,
        judge_entry(entry, plan.expectation),
        now=now,
        tempo=tempo,
        usage=Usage.ELSEWHERE,
        no_later_than=now + EVERY * tempo,
        noted=_price(offer, entry, now),
    )
    return step is not None


def _price(offer: Offer, entry: Entry, now: datetime.datetime) -> Mapping[str, object]:
    """The price with its source and time; none where the catalogue no longer gives the one it gave."""
    price = entry.price if isinstance(entry, Listing) else None
    if price is not None and price.currency == offer.retailer.region.currency:
        return {"price": price.amount, "price_source": creators_api.SOURCE, "price_at": now}
    return _NO_PRICE if offer.price_source == creators_api.SOURCE else {}


def _told(entry: Entry) -> str:
    if not isinstance(entry, Listing):
        return entry.reason
    price = f"{entry.price.amount} {entry.price.currency}" if entry.price else "no price"
    return f"{entry.code}: {entry.title}; {entry.stock or 'stock not said'}; {price}"
