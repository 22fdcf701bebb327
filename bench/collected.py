"""The demo's settings, with static files as `collectstatic` makes them for production: minified, compressed, hashed."""

from config.settings import base
from config.settings.dev import *  # noqa: F403  Django's way to extend settings

STORAGES = base.STORAGES
STATIC_ROOT = base.ROOT / "var" / "bench" / "static"
WHITENOISE_USE_FINDERS = False
