"""Every address of the site: the composition root."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from config import health

urlpatterns = [
    path("health/live/", health.live, name="health-live"),
    path("health/ready/", health.ready, name="health-ready"),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    *static(
        settings.MEDIA_URL, document_root=settings.MEDIA_ROOT
    ),  # under `runserver` only; granian serves it elsewhere
    path("", include(wagtail_urls)),
]
