"""What keeps robots from a public form, without a cookie, a script or a third party. docs/adr/0012 says why.

A form is handed out with a signed token that says when, and about which page. It may be sent once, not sooner than
a person can read it, and not days later. How often one network sends is counted in Redis under a salted hash;
without Redis nothing is counted, and reports still arrive.
"""

from __future__ import annotations

import datetime
import ipaddress
import logging
import re
import secrets
from dataclasses import dataclass

import redis
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.backoff import NoBackoff
from redis.retry import Retry

from products.readers import address_of

logger = logging.getLogger(__name__)

SALT = "articles.problem-report"
QUICKEST = datetime.timedelta(seconds=3)
LONGEST = datetime.timedelta(hours=12)
PERIOD = datetime.timedelta(hours=1)
PATIENCE = 0.25  # seconds; a Redis that is slower than this is as good as none
MOST_LINKS = 3

_LINK = re.compile(r"https?://|www\.|\[url", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opening:
    """One handing out of the form."""

    form: str
    page: int | None
    at: datetime.datetime

    @property
    def token(self) -> str:
        return Signer(salt=SALT).sign_object([self.form, self.page, int(self.at.timestamp())])

    def is_stale(self, now: datetime.datetime) -> bool:
        """Whether it was handed out too long ago, or by a clock that runs ahead of ours."""
        return not -LONGEST < now - self.at < LONGEST

    def is_hasty(self, now: datetime.datetime) -> bool:
        """Whether it comes back sooner than a person can fill it in. Tokens know whole seconds only."""
        return now - self.at < QUICKEST


def open_form(page: int | None, *, now: datetime.datetime) -> Opening:
    """Hand out the form."""
    return Opening(secrets.token_hex(16), page, now)


def read_token(token: str) -> Opening | None:
    """What a token says, or None if it is not one of ours."""
    try:
        form, page, at = Signer(salt=SALT).unsign_object(token)
    except (BadSignature, ValueError):  # not signed by us; not base64, or not JSON, beneath a signature
        return None
    return Opening(form, page, datetime.datetime.fromtimestamp(at, datetime.UTC))


def links_in(text: str) -> int:
    """How many web addresses a text holds."""
    return len(_LINK.findall(text))


def sender_of(request: HttpRequest) -> str:
    """The network a request comes from: an IPv4 address, or the /64 of an IPv6 one. "" if it says none."""
    try:
        address = ipaddress.ip_address(address_of(request))
    except ValueError:
        return ""
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_too_often(sender: str, *, now: datetime.datetime, most: int) -> bool:
    """Count one report of a network, and say whether it is more than `most` within the hour.

    What is stored is a hash salted with our secret and the day, for an hour. False if Redis does not answer.
    """
    if not sender:
        return False
    key = f"referred:reports:{salted_hmac(SALT, f'{now:%Y-%m-%d} {sender}', algorithm='sha256').hexdigest()[:32]}"
    link = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        with link, link.pipeline() as both:
            both.incr(key)
            both.expire(key, PERIOD, nx=True)
            count, _ = both.execute()
    except redis.RedisError as error:
        logger.warning("Reports are not counted, as Redis does not answer: %s", error)
        return False
    return int(count) > most
