"""Development and the demo on one machine."""

from config.settings import environment as env
from config.settings.base import *  # noqa: F403  Django's way to extend settings
from config.settings.base import INSTALLED_APPS, STORAGES

DEBUG = env.switch("DEBUG", default=True)
SECRET_KEY = env.text("SECRET_KEY", default="for-development-only-never-in-production")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", default=["*"])
INSTALLED_APPS = [*INSTALLED_APPS, "demo"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
COMPONENT_PAGE = True
STATIC_ROOT = None  # served from where the finders find them
AUTH_PASSWORD_VALIDATORS = []
TEST_NETWORKS_ALLOWED = True
