"""The site's calendar day. An account's own time zone, which Wagtail's admin switches on, must not move a review."""

from __future__ import annotations

import datetime

from django.utils import timezone


def site_time(now: datetime.datetime) -> datetime.datetime:
    """`now` on the clock of the site's time zone (`TIME_ZONE`). `now` must be aware."""
    return now.astimezone(timezone.get_default_timezone())


def site_day(now: datetime.datetime) -> datetime.date:
    """The day it is then in the site's time zone: the day of review dates, reminders and digests."""
    return site_time(now).date()
