"""Every address of the site: the composition root."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.urls import serve_pattern

from articles import profiles, routing, sitemaps
from articles.component_page import components
from articles.feeds import ArticlesFeed
from articles.problem_page import ReportProblemView, ThankYouView
from articles.review_feed import review_feed
from articles.search import search_page
from config import health

urlpatterns = [
    path("health/live/", health.live, name="health-live"),
    path("health/ready/", health.ready, name="health-ready"),
    path("_components/", components, name="components"),
    path("reviewers/", profiles.reviewers, name="reviewers"),
    path("reviewers/<slug:slug>/", profiles.reviewer, name="reviewer"),
    path("report-a-problem/", ReportProblemView.as_view(), name="report-problem"),
    path("report-a-problem/thank-you/", ThankYouView.as_view(), name="report-problem-thanks"),
    path("review-calendar/<str:token>.ics", review_feed, name="review-feed"),
    path("", include("products.urls")),
    path("search/", search_page, name="search"),
    path("feed/", ArticlesFeed(), name="feed"),
    path("feed/<slug:slug>/", ArticlesFeed(), name="feed-of-area"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-<slug:section>.xml", sitemaps.sitemap_file, name="sitemap-file"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    *static(
        settings.MEDIA_URL, document_root=settings.MEDIA_ROOT
    ),  # under `runserver` only; granian serves it elsewhere
    re_path(rf"(?!_util/){serve_pattern.removeprefix('^')}", routing.serve),  # Wagtail keeps the name
    path("", include(wagtail_urls)),
]
