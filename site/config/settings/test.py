"""The test suite: real services, quick password hashes, no outside world."""

from config.settings import environment as env
from config.settings.base import *  # noqa: F403  Django's way to extend settings
from config.settings.base import DATABASES, INSTALLED_APPS, ROOT, STORAGES

DEBUG = False
SECRET_KEY = "for-tests-only"  # noqa: S105  guards nothing
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [*INSTALLED_APPS, "demo"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = []
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None  # served from where the finders find them
DATABASES["default"]["TEST"] = {
    "TEMPLATE": env.text("TEST_DATABASE_TEMPLATE", default="") or None
}  # one that is migrated already: `make test` makes it once for all processes
MEDIA_ROOT = ROOT / "var" / "test" / "media"
TEST_NETWORKS_ALLOWED = True
