"""What tests of the admin share: somebody of a group, and how the desk says no."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from articles.models import User
from tests.factories import UserFactory

EDITORS = "Editors"
REVIEWERS = "Medical reviewers"
COMMERCIAL = "Commercial"


def desk_of(group: str) -> Client:
    """A browser in which somebody of a group is logged in; `client.user` is that person."""
    user: User = UserFactory()
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def is_refused(response: HttpResponse) -> bool:
    """Wagtail sends who may not do a thing to the front page, with a sentence."""
    return response.status_code == 403 or (
        response.status_code == 302 and response["Location"] == reverse("wagtailadmin_home")
    )


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def csv_of(response: Any) -> list[str]:
    """The lines of an export."""
    assert response["Content-Type"] == "text/csv"
    return b"".join(response.streaming_content).decode().splitlines()


def inline(name: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """The form data of an inline panel with new rows."""
    data = {f"{name}-TOTAL_FORMS": len(rows), f"{name}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        data |= {
            f"{name}-{number}-{field}": value
            for field, value in {"id": "", "ORDER": number + 1, **row}.items()
        }
    return data
