"""The WSGI entry point: Django behind the page cache."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

django_application = get_wsgi_application()

from config.page_cache import behind_the_page_cache  # noqa: E402  it reads the settings

application = behind_the_page_cache(django_application)
