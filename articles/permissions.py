"""Permissions of this app that Wagtail's form for groups would not offer by itself."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import QuerySet


def review_permissions() -> QuerySet[Permission]:
    """To see sign-offs, to make them, to be told of late ones; to see and answer reader reports.

    Nobody may change or delete a sign-off or a report: that is not offered.
    """
    return Permission.objects.filter(
        content_type__app_label="articles",
        codename__in=(
            "sign_medicalreview",
            "view_medicalreview",
            "lead_reviews",
            "view_problemreport",
            "answer_problemreport",
        ),
    )
