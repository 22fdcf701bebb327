"""What can be done with several articles of the review desk at once. A sign-off is none of it, ever.

The actions are those of `ConditionPage`, not of `Page`. So they stand on the desk alone, where they make sense, and
"Select all pages in listing" means the articles that are listed: Wagtail's own page actions take it, outside the page
tree, for every page of the site.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from wagtail.admin import messages
from wagtail.admin.views.pages.bulk_actions.page_bulk_action import PageBulkAction
from wagtail.admin.widgets import AdminDateInput
from wagtail.models import Page
from wagtail.permissions import policy_registry

from articles.asking import MOST_AT_ONCE, Answer, ask_for_reviews
from articles.days import site_day
from articles.models import ConditionPage, Rescheduling, Reviewer, ReviewSchedule
from articles.planners import may_plan, plannable
from articles.planning import spread
from articles.rescheduling import Move, ReschedulingRefused, preview, reschedule
from articles.review_desk import ArticleFilterSet, articles_of, by_title
from articles.workload import on_day

MOST_SHOWN = 500
"""Rows of a preview. More are counted, and moved all the same."""
FURTHEST_WEEKS = 156


class ArticleAction(PageBulkAction):
    """Something done with the chosen articles of the desk."""

    models = [ConditionPage]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_plan(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_all_objects_in_listing_query(self, parent_id: Any) -> list[int]:
        """Those that the desk lists under the filters and the search of the address."""
        found = ArticleFilterSet(
            self.request.GET, queryset=articles_of(self.request.user), request=self.request
        )
        if not found.is_valid():
            return []
        listed = by_title(found.qs, self.request.GET.get("q", ""))
        return list(listed.values_list("pk", flat=True))

    @classmethod
    def get_queryset(cls, model: type[ConditionPage], object_ids: Iterable[Any]) -> list[ConditionPage]:
        pks = [pk for pk in object_ids if str(pk).isdecimal()]
        return list(ConditionPage.objects.filter(pk__in=pks).defer_streamfields().order_by("title", "pk"))

    @cached_property
    def allowed(self) -> set[int]:
        """The articles with which this person may do it."""
        raise NotImplementedError

    def check_perm(self, page: ConditionPage) -> bool:
        return page.pk in self.allowed


# --- re-scheduling --------------------------------------------------------------------------------


class How(StrEnum):
    """How the new planned dates come about."""

    ON = "on"
    SPREAD = "spread"
    WEEKS = "weeks"
    AS_DUE = "as_due"

    @property
    def label(self) -> str:
        return {
            "on": "All on one day",
            "spread": "Spread evenly over the working days between two dates",
            "weeks": "Move each by a number of weeks",
            "as_due": "Plan none: each review on the day it is due",
        }[self.value]


class RescheduleForm(forms.Form):
    how = forms.ChoiceField(
        label="New planned dates",
        choices=[(how.value, how.label) for how in How],
        initial=How.ON.value,
        widget=forms.RadioSelect,
    )
    on = forms.DateField(label="The day", required=False, widget=AdminDateInput)
    first = forms.DateField(label="From", required=False, widget=AdminDateInput)
    last = forms.DateField(label="To", required=False, widget=AdminDateInput)
    weeks = forms.IntegerField(
        label="Weeks",
        required=False,
        min_value=-FURTHEST_WEEKS,
        max_value=FURTHEST_WEEKS,
        help_text="Later; with a minus, earlier.",
    )
    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It stays on record, and stands beside each planned date.",
    )

    NEEDED: Mapping[str, Sequence[str]] = {
        How.ON: ["on"],
        How.SPREAD: ["first", "last"],
        How.WEEKS: ["weeks"],
    }

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for name in self.NEEDED.get(given.get("how", ""), ()):
            if given.get(name) is None and name not in self.errors:
                self.add_error(name, "Needed for this way of planning.")
        first, last = given.get("first"), given.get("last")
        if given.get("how") == How.SPREAD and first and last:
            try:
                spread(1, first, last)
            except ValueError as error:
                self.add_error("last", str(error))
        return given

    def dates_for(self, pages: Iterable[int], *, today: datetime.date) -> dict[int, datetime.date | None]:
        """The planned date that each live article would get, by its key. What is spread keeps its order; what is late
        is moved from today."""
        schedules = ReviewSchedule.objects.filter(page__in=pages, page__live=True)
        stand = dict(on_day(schedules).order_by("on", "page_id").values_list("page_id", "on"))
        given = self.cleaned_data
        match How(given["how"]):
            case How.ON:
                return dict.fromkeys(stand, given["on"])
            case How.SPREAD:
                return dict(zip(stand, spread(len(stand), given["first"], given["last"]), strict=True))
            case How.WEEKS:
                later = datetime.timedelta(weeks=given["weeks"])
                return {page: max(day, today) + later for page, day in stand.items()}
            case How.AS_DUE:
                return dict.fromkeys(stand)


class Reschedule(ArticleAction):
    """Move the planned dates of the chosen articles: first a preview, then exactly what the preview showed."""

    display_name = "Re-schedule"
    action_type = "reschedule"
    aria_label = "Re-schedule the reviews of the selected articles"
    template_name = "desk/reschedule.html"
    form_class = RescheduleForm
    action_priority = 10
    made: Rescheduling | None = None

    @cached_property
    def allowed(self) -> set[int]:
        live = set(plannable(self.request.user).order_by().values_list("page", flat=True))
        policy = policy_registry.get_by_type(Page)
        mine = policy.instances_user_has_permission_for(self.request.user, "change").order_by()
        return live | set(mine.filter(live=False).values_list("pk", flat=True))

    def form_valid(self, form: RescheduleForm) -> HttpResponse:
        objects, _ = self.get_actionable_objects()
        pages = [page.pk for page in objects]
        today = site_day(timezone.now())
        dates = form.dates_for(pages, today=today)
        moves = preview(dates, today=today)
        seen = _mark(moves)
        shown = {
            "seen": seen,
            "moves": moves[:MOST_SHOWN],
            "unshown": max(0, len(moves) - MOST_SHOWN),
            "to_move": sum(not move.refusal for move in moves),
            "refused": sum(bool(move.refusal) for move in moves),
            "late": sum(not move.refusal and move.days_after_due > 0 for move in moves),
            "unpublished": [page for page in objects if page.pk not in dates],
        }
        if "apply" not in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form, **shown))
        if self.request.POST.get("seen") != seen:
            form.add_error(None, "Something changed since this preview. Look at it again.")
            return self.render_to_response(self.get_context_data(form=form, **shown))
        self.dates = dates
        try:
            return super().form_valid(form)
        except ReschedulingRefused as refused:
            form.add_error(None, str(refused))
            return self.render_to_response(self.get_context_data(form=form, **shown))

    def get_execution_context(self) -> dict[str, Any]:
        return {"action": self, "dates": self.dates, "reason": self.cleaned_form.cleaned_data["reason"]}

    @classmethod
    def execute_action(
        cls,
        objects: Sequence[ConditionPage],
        *,
        action: Reschedule,
        dates: Mapping[int, datetime.date | None],
        reason: str,
        **kwargs: Any,
    ) -> tuple[int, int]:
        made = action.made = reschedule(dates, reason=reason, user=action.request.user, now=timezone.now())
        return made.moves.count(), 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> None:
        """Said here, because Wagtail's own message has no room for a button."""
        assert self.made is not None
        said = f"{num_parent_objects} planned {'date' if num_parent_objects == 1 else 'dates'} moved."
        undo = messages.button(reverse("reschedulings:undo", args=[self.made.pk]), "Undo")
        messages.success(self.request, said, buttons=[undo])


def _mark(moves: Iterable[Move]) -> str:
    """What a preview showed, in short: what is applied has to be that."""
    lines = [(move.schedule.page_id, str(move.schedule.planned_on), str(move.planned_on), move.refusal, move.days_after_due) for move in moves]  # fmt: skip
    return hashlib.sha256(repr(lines).encode()).hexdigest()


# --- asking a reviewer ----------------------------------------------------------------------------


class ReviewerField(forms.ModelChoiceField):
    """Who may sign, each with what keeps them from it today."""

    def label_from_instance(self, reviewer: Reviewer) -> str:
        if reviewer.user_id is None:
            return f"{reviewer} (no account here)"
        if reviewer.credential_on(site_day(timezone.now())) is None:
            return f"{reviewer} (no registration in force)"
        return f"{reviewer}, {reviewer.profession}"


class AskForm(forms.Form):
    reviewer = ReviewerField(
        Reviewer.objects.filter(is_active=True).prefetch_related("credentials"),
        widget=forms.RadioSelect,
        empty_label=None,
    )
    submit = forms.BooleanField(
        label="Send the articles to review now",
        required=False,
        initial=True,
        help_text="Untick it to plan: the reviewer is then told when each review comes due.",
    )


class AskReviewer(ArticleAction):
    """Ask one reviewer for the next reviews of the chosen articles, and send these to review."""

    display_name = "Ask a reviewer"
    action_type = "ask_reviewer"
    aria_label = "Ask a reviewer for the reviews of the selected articles"
    template_name = "desk/ask_reviewer.html"
    form_class = AskForm
    action_priority = 20
    answers: Sequence[Answer] = ()

    @cached_property
    def allowed(self) -> set[int]:
        policy = policy_registry.get_by_type(Page)
        mine = policy.instances_user_has_permission_for(self.request.user, "change").order_by()
        return set(mine.values_list("pk", flat=True))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "most": MOST_AT_ONCE, "too_many": len(context["items"]) > MOST_AT_ONCE}

    def form_valid(self, form: AskForm) -> HttpResponse:
        objects, _ = self.get_actionable_objects()
        if len(objects) > MOST_AT_ONCE:
            return self.render_to_response(self.get_context_data(form=form))
        response: HttpResponse = super().form_valid(form)
        refused = [answer for answer in self.answers if answer.refusal]
        if not refused:
            return response
        done = [answer for answer in self.answers if not answer.refusal]
        context = {"refused": refused, "done": done, "next": self.next_url, "reviewer": form.cleaned_data["reviewer"]}  # fmt: skip
        self.template_name = "desk/asked.html"
        return self.render_to_response({**context, "submitted": form.cleaned_data["submit"], "view": self})

    def get_execution_context(self) -> dict[str, Any]:
        return {"action": self, **self.cleaned_form.cleaned_data}

    @classmethod
    def execute_action(
        cls,
        objects: Sequence[ConditionPage],
        *,
        action: AskReviewer,
        reviewer: Reviewer,
        submit: bool,
        **kwargs: Any,
    ) -> tuple[int, int]:
        action.answers = ask_for_reviews(
            objects, reviewer, submit=submit, user=action.request.user, now=timezone.now()
        )
        return sum(not answer.refusal for answer in action.answers), 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str | None:
        if num_parent_objects != len(self.answers):
            return None  # the page that answers names each
        given = self.cleaned_form.cleaned_data
        articles = f"{num_parent_objects} {'article' if num_parent_objects == 1 else 'articles'}"
        verb = "is" if num_parent_objects == 1 else "are"
        if given["submit"]:
            return capfirst(f"{articles} {verb} with {given['reviewer']} for review.")
        return capfirst(f"{articles} {verb} {given['reviewer']}’s to review next.")
