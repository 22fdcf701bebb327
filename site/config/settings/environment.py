"""The environment, read strictly: a missing or wrong value stops the start with a sentence that names it.

Nothing outside `config.settings` reads `os.environ`. `docs/configuration.md` lists every variable.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from environs import Env, EnvError, validate

T = TypeVar("T")

_env = Env()


def read(reader: Callable[..., T], name: str, **options: Any) -> T:
    """Read one variable with one of `environs`' typed readers; end the process if it will not do."""
    try:
        return reader(name, **options)
    except EnvError as error:
        raise SystemExit(f"Referred cannot start. {error}") from None


def text(name: str, **options: Any) -> str:
    return read(_env.str, name, **options)


def switch(name: str, *, default: bool) -> bool:
    return read(_env.bool, name, default=default)


def whole_number(name: str, *, default: int, least: int, most: int) -> int:
    return read(_env.int, name, default=default, validate=validate.Range(min=least, max=most))


def number(name: str, *, default: float, least: float, most: float) -> float:
    return read(_env.float, name, default=default, validate=validate.Range(min=least, max=most))


def names(name: str, *, default: list[str]) -> list[str]:
    """A comma-separated list, blanks dropped."""
    return [item.strip() for item in read(_env.list, name, default=default) if item.strip()]


def one_of(name: str, choices: list[str], *, default: str) -> str:
    return text(name, default=default, validate=validate.OneOf(choices))


def address(name: str, **options: Any) -> str:
    """An absolute http(s) address without a trailing slash."""
    value = text(name, **options)
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SystemExit(
            f'Referred cannot start. Environment variable "{name}" must be an http(s) address, not {value!r}.'
        )
    return value.rstrip("/")


def database(name: str) -> dict[str, Any]:
    """PostgreSQL settings from a URL. Another engine is refused: see docs/adr/0004."""
    settings = read(_env.dj_db_url, name)
    if settings["ENGINE"] != "django.db.backends.postgresql":
        raise SystemExit(
            f'Referred cannot start. Environment variable "{name}" must begin with postgresql://.'
        )
    return dict(settings)


def redis(name: str) -> str:
    value = text(name)
    if not value.startswith(("redis://", "rediss://", "unix://", "redis+socket://")):
        raise SystemExit(
            f'Referred cannot start. Environment variable "{name}" must begin with redis://, rediss:// or unix://.'
        )
    return value


def email(name: str, *, default: str) -> dict[str, Any]:
    """Mail settings from a URL. One that names no way of sending would lose every mail."""
    settings = read(_env.dj_email_url, name, default=default)
    if not settings.get("EMAIL_BACKEND"):
        raise SystemExit(
            f'Referred cannot start. Environment variable "{name}" must begin with smtp://, submission:// (with TLS), smtps:// or console://.'
        )
    return settings


def key_pairs(names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """For each key of `names` whose variable is set, the id and the secret in it: `id:secret`."""
    pairs = {}
    for key, name in names.items():
        if not (value := text(name, default="")):
            continue
        ident, colon, secret = value.partition(":")
        if not (ident and colon and secret) or not value.isascii() or not value.isprintable():
            raise SystemExit(f'Referred cannot start. Environment variable "{name}" must be ID:SECRET.')
        pairs[key] = ident, secret
    return pairs


def header(name: str, *, default: str) -> str:
    """The name of an HTTP header, or the default."""
    value = text(name, default=default)
    if value and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", value):
        raise SystemExit(
            f'Referred cannot start. Environment variable "{name}" must name an HTTP header, such as CF-IPCountry, not {value!r}.'
        )
    return value


def existing_file(name: str) -> str:
    """The path of a file that can be read; empty where the variable is not set."""
    value = text(name, default="")
    if value and not (Path(value).is_file() and os.access(value, os.R_OK)):
        raise SystemExit(
            f'Referred cannot start. Environment variable "{name}" must name a file that can be read, not {value!r}.'
        )
    return value


def file_to_share(name: str) -> str:
    """The whole path of a file in a folder that can be written to; empty where the variable is not set."""
    value = text(name, default="")
    folder = Path(value).parent
    if value and not (Path(value).is_absolute() and folder.is_dir() and os.access(folder, os.W_OK)):
        raise SystemExit(
            f'Referred cannot start. Environment variable "{name}" must be the whole path of a file in a folder that can'
            f" be written to, not {value!r}."
        )
    return value


def time_zone(name: str, *, default: str) -> str:
    """The name of a time zone, such as Europe/London."""
    value = text(name, default=default)
    if value not in available_timezones():
        raise SystemExit(
            f'Referred cannot start. Environment variable "{name}" must name a time zone, not {value!r}.'
        )
    return value
