"""The verbs of a medical review beside signing: each a question about one article, with an answer on record."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from articles.amendments import may_withdraw, why_not_minor, withdraw
from articles.assignments import AssignmentRefused, assign_reviewer
from articles.days import site_day
from articles.governance import TriggerKind
from articles.models import ConditionPage, Reviewer, ReviewSchedule, ReviewTrigger
from articles.passages import in_runs, passages_of
from articles.review_doors import may_call, review_url
from articles.review_forms import AssignForm, CallForm, ReasonForm
from articles.review_line import ReviewLine, last_sign_offs, review_line
from articles.services import SigningRefused
from articles.triggers import TriggerRefused, call_for_review, dismiss
from articles.workflow import SubmissionRefused, begin_review, propose_minor_edit, takes_part, why_not_begin

REFUSALS = (SigningRefused, SubmissionRefused, AssignmentRefused, TriggerRefused)


class ArticleFormView(WagtailAdminTemplateMixin, FormView, ABC):
    """A question about one article. What is answered stays on record."""

    form_class: type[Form] = ReasonForm
    template_name = "desk/article_reason.html"
    header_icon = "clipboard-list"
    label = ""
    explanation = ""
    action_label = ""

    def dispatch(self, request: HttpRequest, *args: Any, page: int, **kwargs: Any) -> HttpResponseBase:
        self.article = get_object_or_404(ConditionPage, pk=page)
        self.refuse_strangers()
        return super().dispatch(request, *args, **kwargs)

    @abstractmethod
    def refuse_strangers(self) -> None:
        """Raise `PermissionDenied` for who may not."""

    @abstractmethod
    def act(self, given: Mapping[str, Any]) -> str:
        """Do it with what the form holds, and say what was done. Raises one of `REFUSALS`."""

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            messages.success(self.request, self.act(form.cleaned_data))
        except REFUSALS as refused:
            messages.error(self.request, str(refused))
        return redirect(self.get_success_url())

    def get_success_url(self) -> str:
        return reverse("wagtailadmin_explore", args=[self.article.get_parent().pk])

    @property
    def line(self) -> ReviewLine:
        return review_line(self.article, today=site_day(timezone.now()))

    def get_page_title(self) -> str:
        return self.label

    def get_page_subtitle(self) -> str:
        return str(self.article.title)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.label, "sublabel": self.article.title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(article=self.article, view=self, **kwargs)


class ProposeMinorEditView(ArticleFormView):
    """An editor asks the reviewer to confirm that an edit is small."""

    label = "Propose a small edit"
    explanation = (
        "For a typo and the like. The reviewer whose name stands on the page sees every change and confirms that none "
        "alters the medical meaning. The due date does not move. Anything more needs a full review."
    )
    action_label = "Send to the reviewer"

    def refuse_strangers(self) -> None:
        if not self.article.permissions_for_user(self.request.user).can_edit():
            raise PermissionDenied

    def act(self, given: Mapping[str, Any]) -> str:
        propose_minor_edit(self.article, user=self.request.user, reason=given["reason"], now=timezone.now())
        return f"“{self.article.title}” is with its reviewer as a small edit."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        draft = self.article.get_latest_revision_as_object()
        latest, _ = last_sign_offs(draft)
        return super().get_context_data(
            runs=in_runs(passages_of(draft, latest.snapshot)) if latest else (),
            refusal=why_not_minor(draft, now=timezone.now()),
            **kwargs,
        )


class WithdrawView(ArticleFormView):
    """Somebody takes back the review of an article."""

    label = "Withdraw the medical review"
    explanation = (
        "Readers are told at once that the review was withdrawn, and the article is due for a new one. "
        "The signature stays on record, with your name and reason beside it."
    )
    action_label = "Withdraw the review"

    def refuse_strangers(self) -> None:
        if not may_withdraw(self.article, self.request.user):
            raise PermissionDenied

    def act(self, given: Mapping[str, Any]) -> str:
        withdraw(self.article, user=self.request.user, reason=given["reason"], now=timezone.now())
        return f"The medical review of “{self.article.title}” is withdrawn."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(line=self.line, **kwargs)


class BeginReviewView(ArticleFormView):
    """A reviewer begins the review of an article that is due, without waiting for an editor to submit it."""

    form_class = Form
    label = "Begin the medical review"
    explanation = (
        "No editor has to submit an article whose words did not change. You read it as readers see it, then sign it or "
        "send it back."
    )
    action_label = "Begin the review"

    def refuse_strangers(self) -> None:
        if not takes_part(self.article, self.request.user):
            raise PermissionDenied

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        url = review_url(self.article)
        return redirect(url) if url else super().get(request, *args, **kwargs)

    def act(self, given: Mapping[str, Any]) -> str:
        begin_review(self.article, user=self.request.user)
        return f"The review of “{self.article.title}” has begun."

    def get_success_url(self) -> str:
        return review_url(ConditionPage.objects.get(pk=self.article.pk)) or reverse("wagtailadmin_home")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        schedule = ReviewSchedule.objects.filter(page_id=self.article.pk).first()
        return super().get_context_data(
            line=self.line, schedule=schedule, refusal=why_not_begin(self.article), **kwargs
        )


class AssignReviewerView(ArticleFormView):
    """An editor says who is to review an article next."""

    form_class = AssignForm
    label = "Assign the next reviewer"
    explanation = (
        "The reviewer is told when the review comes due, and the forecast counts it as theirs. Without one it falls "
        "to who signed last. Who signs, ends it: anybody who may, can."
    )
    action_label = "Assign"

    def refuse_strangers(self) -> None:
        if not (self.article.live and self.article.permissions_for_user(self.request.user).can_edit()):
            raise PermissionDenied

    def get_initial(self) -> dict[str, Any]:
        return {
            "reviewer": ReviewSchedule.objects.values_list("reviewer", flat=True).get(page_id=self.article.pk)
        }

    def act(self, given: Mapping[str, Any]) -> str:
        reviewer: Reviewer | None = given["reviewer"]
        assign_reviewer(self.article, reviewer, user=self.request.user, now=timezone.now())
        if reviewer is None:
            return f"The review of “{self.article.title}” falls to who signed last."
        return f"{reviewer} is to review “{self.article.title}” next."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        schedule = ReviewSchedule.objects.filter(page_id=self.article.pk).first()
        return super().get_context_data(line=self.line, schedule=schedule, **kwargs)


class CallForReviewView(ArticleFormView):
    """Somebody calls for a review before its time."""

    form_class = CallForm
    label = "Call for a medical review"
    explanation = (
        "The article is due for a review today. Readers are told so from tomorrow on, and its owner is reminded. "
        "The next full sign-off answers the call."
    )
    action_label = "Call for a review"

    def refuse_strangers(self) -> None:
        if not (self.article.live and may_call(self.article, self.request.user)):
            raise PermissionDenied

    def act(self, given: Mapping[str, Any]) -> str:
        call_for_review(
            self.article,
            kind=TriggerKind(given["kind"]),
            reason=given["reason"],
            user=self.request.user,
            now=timezone.now(),
        )
        return f"“{self.article.title}” is due for a medical review today."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(line=self.line, **kwargs)


class DismissCallView(ArticleFormView):
    """Somebody who may vouch for the article takes back a call for review that was unfounded."""

    label = "Dismiss the call for a review"
    action_label = "Dismiss the call"

    @cached_property
    def trigger(self) -> ReviewTrigger:
        return get_object_or_404(ReviewTrigger, pk=self.kwargs["call"], page=self.article.pk)

    @property
    def explanation(self) -> str:  # type: ignore[override]  # the call's own words
        return (
            f"{self.trigger} If it was unfounded, the due date becomes what it was. The call stays on record."
        )

    def refuse_strangers(self) -> None:
        if not may_withdraw(self.article, self.request.user):
            raise PermissionDenied

    def act(self, given: Mapping[str, Any]) -> str:
        dismiss(self.trigger, reason=given["reason"], user=self.request.user, now=timezone.now())
        return f"The call for a review of “{self.article.title}” is dismissed."
