"""Addresses that readers reach besides pages. They stand before Wagtail's, which take every address."""

from django.urls import path

from products import views

urlpatterns = [
    path("go/<path:offer>/", views.go, name="go"),
    path("clicked/<path:offer>/", views.clicked, name="clicked"),
    path("region/", views.region, name="region"),
]
