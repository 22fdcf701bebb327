"""Private calendars in the admin: a reviewer finds their address and makes a new one; a planner revokes one unseen."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from articles.models import Reviewer, ReviewFeed
from articles.planners import may_plan, may_see_calendar, reviewer_of
from articles.review_feed import feed_address, renew_feed, revoke_feed


class FeedsView(WagtailAdminTemplateMixin, TemplateView):
    """One's own calendar address; for planners, who else has one. Nobody sees another's."""

    template_name = "desk/feeds.html"
    page_title = "Private calendars"
    header_icon = "key"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see_calendar(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        back = {"url": reverse("review_calendar:index"), "label": "Review calendar"}
        return [*super().get_breadcrumbs_items(), back, {"url": "", "label": self.page_title}]

    @cached_property
    def own(self) -> Reviewer | None:
        return reviewer_of(self.request.user)

    @cached_property
    def plans(self) -> bool:
        return may_plan(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        others = ReviewFeed.objects.select_related("reviewer")
        return super().get_context_data(
            **{
                "own": self.own,
                "address": feed_address(self.own) if self.own else "",
                "plans": self.plans,
                "feeds": others.exclude(reviewer=self.own) if self.own else others,
                **kwargs,
            }
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make, close or revoke: the button's name says which."""
        again = redirect(request.path)
        if "reviewer" in request.POST:
            if not self.plans:
                raise PermissionDenied
            number = request.POST["reviewer"]
            reviewer = get_object_or_404(
                Reviewer, pk=int(number) if number.isascii() and number.isdigit() else 0
            )
            self._say(
                revoke_feed(reviewer, user=request.user), f"The calendar address of {reviewer} is revoked."
            )
            return again
        if self.own is None:
            raise PermissionDenied
        match request.POST.get("verb"):
            case "renew":
                renew_feed(self.own, user=request.user, now=timezone.now())
                self._say(True, "You have a new calendar address. An older one answers no more.")
            case "close":
                self._say(revoke_feed(self.own, user=request.user), "Your calendar address is closed.")
            case _:
                raise PermissionDenied
        return again

    def _say(self, done: bool, words: str) -> None:
        if done:
            messages.success(self.request, words)
        else:
            messages.warning(self.request, "There was no such address any more.")
