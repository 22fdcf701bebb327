"""Django's Redis cache, for which a Redis that is away is an empty cache: no page needs it to be served."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSlow

log = logging.getLogger(__name__)

REST = 1.0  # seconds for which a Redis that did not answer is not asked again

Operation = Callable[..., Any]


def _or_else(empty: Operation) -> Callable[[Operation], Operation]:
    """What the operation gives, or what an empty cache would give."""

    def decorate(operation: Operation) -> Operation:
        @wraps(operation)
        def forgiving(self: ForgivingClient, *arguments: Any, **named: Any) -> Any:
            if time.monotonic() >= ForgivingClient.rest_until:
                try:
                    return operation(self, *arguments, **named)
                except (RedisAway, RedisSlow) as error:
                    ForgivingClient.rest_until = time.monotonic() + REST
                    log.warning("The cache is taken for empty, as Redis does not answer: %s", error)
            return empty(*arguments, **named)

        return forgiving

    return decorate


def _nothing(*_arguments: Any, **_named: Any) -> None:
    return None


def _no(*_arguments: Any, **_named: Any) -> bool:
    return False


def _missing(key: str, *_arguments: Any) -> None:
    raise ValueError(f"Key {key!r} not found.")


class ForgivingClient(RedisCacheClient):
    rest_until: ClassVar[float] = 0.0

    add = _or_else(_no)(RedisCacheClient.add)
    get = _or_else(lambda key, default: default)(RedisCacheClient.get)
    set = _or_else(_nothing)(RedisCacheClient.set)
    touch = _or_else(_no)(RedisCacheClient.touch)
    delete = _or_else(_no)(RedisCacheClient.delete)
    get_many = _or_else(lambda keys: {})(RedisCacheClient.get_many)
    has_key = _or_else(_no)(RedisCacheClient.has_key)
    incr = _or_else(_missing)(RedisCacheClient.incr)
    set_many = _or_else(_nothing)(RedisCacheClient.set_many)
    delete_many = _or_else(_nothing)(RedisCacheClient.delete_many)
    clear = _or_else(_no)(RedisCacheClient.clear)


class ForgivingRedisCache(RedisCache):
    """For what may be forgotten at any time. An `add` that got no answer says False: "not added"."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = ForgivingClient
