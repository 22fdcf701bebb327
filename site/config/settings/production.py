"""Production: everything that matters must be said, and what is for tests is refused."""

from config.settings import environment as env
from config.settings.base import *  # noqa: F403  Django's way to extend settings
from config.settings.base import BEHIND_PROXY, FETCH_HOSTS, LINK_CHECK_TEMPO, SITE_URL

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])

if len(SECRET_KEY) < 50:
    raise SystemExit(
        'Referred cannot start. Environment variable "SECRET_KEY" must have at least 50 characters.'
    )
if not ALLOWED_HOSTS:
    raise SystemExit(
        'Referred cannot start. Environment variable "ALLOWED_HOSTS" must name the site\'s hosts.'
    )
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "127.0.0.1"]  # the container's own health check
if FETCH_HOSTS:
    raise SystemExit(
        'Referred cannot start. Environment variable "FETCH_HOSTS" is for tests and the demo; unset it.'
    )
if LINK_CHECK_TEMPO != 1.0:
    raise SystemExit(
        'Referred cannot start. Environment variable "LINK_CHECK_TEMPO" is for the demo; unset it.'
    )

HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = env.switch("SSL_REDIRECT", default=HTTPS)
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = env.whole_number("HSTS_SECONDS", default=3600 if HTTPS else 0, least=0, most=63072000)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
