"""The reviewer's place of work, and the admin's doors to the other verbs of a medical review."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.models import COMMENTS_RELATION_NAME, TaskState

from articles.amendments import MINOR_MEANING, may_withdraw, why_not_confirm, why_not_minor, withdraw
from articles.clinical_content import clinical_content
from articles.days import site_day
from articles.differences import Difference, differences
from articles.governance import fingerprint
from articles.models import ArticleImport, ConditionPage, MedicalReviewTask, MedicalReviewTaskState
from articles.review_forms import ConfirmForm, ReasonForm, ReviewForm, SendBackForm, SignForm
from articles.review_line import last_sign_offs, review_line
from articles.services import CHECKLIST, MEANING, SigningRefused
from articles.workflow import (
    NOT_WAITING,
    SubmissionRefused,
    confirm_and_finish,
    propose_minor_edit,
    send_back,
    sign_and_finish,
    why_not_sign,
)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring passages that changed, or that did not."""

    is_change: bool
    passages: Sequence[Difference]


def runs_of_changes(draft: ConditionPage) -> tuple[Run, ...] | None:
    """What changed since the last sign-off, for the screen. None: nobody signed yet."""
    latest, _ = last_sign_offs(draft)
    if latest is None:
        return None
    found = differences(latest.snapshot, clinical_content(draft))
    return tuple(
        Run(is_change, tuple(passages)) for is_change, passages in groupby(found, lambda one: one.is_change)
    )


class _WaitingMixin:
    """A view of one article's wait, for who takes part in its review."""

    request: HttpRequest
    state: MedicalReviewTaskState

    def dispatch(self, request: HttpRequest, *args: Any, state: int, **kwargs: Any) -> HttpResponse:
        self.state = get_object_or_404(MedicalReviewTaskState.objects.select_related("revision"), pk=state)
        task = self.state.task.specific
        if not isinstance(task, MedicalReviewTask) or not task.takes_part(request.user):
            raise PermissionDenied
        if self.state.status != TaskState.STATUS_IN_PROGRESS:
            messages.warning(request, NOT_WAITING)
            return redirect("wagtailadmin_home")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # a view's

    @cached_property
    def draft(self) -> ConditionPage:
        """The words that wait, as they were submitted."""
        draft = self.state.revision.as_object()
        if not isinstance(draft, ConditionPage):
            raise PermissionDenied
        return draft


class ReviewView(_WaitingMixin, WagtailAdminTemplateMixin, TemplateView):
    """The article, what changed in it, and the signature: read, then sign or send back."""

    template_name = "desk/review.html"
    page_title = "Medical review"
    header_icon = "clipboard-list"

    def get_page_subtitle(self) -> str:
        return str(self.draft.title)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *self.breadcrumbs_items,
            {"url": "", "label": self.page_title, "sublabel": self.get_page_subtitle()},
        ]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Sign, confirm or send back: the button's name says which."""
        match request.POST.get("action"):
            case "sign":
                return self._answer(SignForm(request.POST), self._sign, "“{}” is signed.")
            case "confirm":
                return self._answer(
                    ConfirmForm(request.POST), self._confirm, "The small edit of “{}” is confirmed."
                )
            case "send-back":
                return self._answer(
                    SendBackForm(request.POST), self._send_back, "“{}” is sent back to its editor."
                )
            case _:
                raise PermissionDenied

    def _answer(self, form: ReviewForm, act: Callable[[ReviewForm], None], done: str) -> HttpResponse:
        if not form.is_valid():
            messages.error(self.request, "Something is missing: see below.")
            return self.render_to_response(self.get_context_data(**{form.name: form}))
        try:
            act(form)
        except SigningRefused as refused:
            messages.error(self.request, str(refused))
            return redirect(self.request.path)
        messages.success(self.request, done.format(self.draft.title))
        return redirect("wagtailadmin_home")

    def _sign(self, form: ReviewForm) -> None:
        given = form.cleaned_data
        sign_and_finish(
            self.state,
            user=self.request.user,
            checklist={key: given[key] for key in CHECKLIST},
            seen=given["seen"],
            comment=given["comment"],
            now=timezone.now(),
        )

    def _confirm(self, form: ReviewForm) -> None:
        confirm_and_finish(
            self.state, user=self.request.user, seen=form.cleaned_data["seen"], now=timezone.now()
        )

    def _send_back(self, form: ReviewForm) -> None:
        send_back(self.state, user=self.request.user, comment=form.cleaned_data["comment"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now, user, draft = timezone.now(), self.request.user, self.draft
        latest, _ = last_sign_offs(draft)
        seen = {"seen": fingerprint(clinical_content(draft))}
        imported = ArticleImport.objects.filter(page_id=draft.pk).first()
        newest = draft.get_latest_revision()
        live = ConditionPage.objects.get(pk=draft.pk)
        return super().get_context_data(
            **{
                "state": self.state,
                "draft": draft,
                "line": review_line(live, today=site_day(now)),
                "latest": latest,
                "runs": runs_of_changes(draft),
                "newer_draft": newest is not None and newest.pk != self.state.revision_id,
                "submitted_by": self.state.workflow_state.requested_by,
                "notes": imported.unsure if imported else [],
                "comments": getattr(live, COMMENTS_RELATION_NAME)
                .filter(resolved_at__isnull=True)
                .select_related("user"),
                "why_not_sign": why_not_sign(self.state, user, now),
                "why_not_confirm": why_not_confirm(draft, user=user, now=now),
                "meaning": MEANING,
                "minor_meaning": MINOR_MEANING,
                "sign_form": SignForm(initial=seen, auto_id="sign-%s"),
                "confirm_form": ConfirmForm(initial=seen, auto_id="confirm-%s"),
                "send_back_form": SendBackForm(auto_id="send-back-%s"),
                "article_url": reverse("medical_review:article", args=[self.state.pk]),
                **kwargs,
            }
        )


class ArticleView(_WaitingMixin, View):
    """The submitted article as readers will see it, for the frame."""

    def get(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.draft.make_preview_request(
            request, self.draft.default_preview_mode, extra_request_attrs={"as_readers": True}
        )
        return response


class _ArticleFormView(WagtailAdminTemplateMixin, FormView):
    """A question about one article, with a reason that stays on record."""

    form_class = ReasonForm
    template_name = "desk/article_reason.html"
    header_icon = "clipboard-list"
    label = ""
    explanation = ""
    action_label = ""

    def dispatch(self, request: HttpRequest, *args: Any, page: int, **kwargs: Any) -> HttpResponseBase:
        self.article = get_object_or_404(ConditionPage, pk=page)
        self.refuse_strangers()
        return super().dispatch(request, *args, **kwargs)

    def refuse_strangers(self) -> None:
        """Raise `PermissionDenied` for who may not."""
        raise NotImplementedError

    def act(self, reason: str) -> str:
        """Do it, and say what was done. Raises `SigningRefused` or `SubmissionRefused`."""
        raise NotImplementedError

    def form_valid(self, form: ReasonForm) -> HttpResponse:
        try:
            messages.success(self.request, self.act(form.cleaned_data["reason"]))
        except (SigningRefused, SubmissionRefused) as refused:
            messages.error(self.request, str(refused))
        return redirect("wagtailadmin_explore", self.article.get_parent().pk)

    def get_page_title(self) -> str:
        return self.label

    def get_page_subtitle(self) -> str:
        return str(self.article.title)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.label, "sublabel": self.article.title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(article=self.article, view=self, **kwargs)


class ProposeMinorEditView(_ArticleFormView):
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

    def act(self, reason: str) -> str:
        propose_minor_edit(self.article, user=self.request.user, reason=reason, now=timezone.now())
        return f"“{self.article.title}” is with its reviewer as a small edit."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        draft = self.article.get_latest_revision_as_object()
        return super().get_context_data(
            runs=runs_of_changes(draft), refusal=why_not_minor(draft, now=timezone.now()), **kwargs
        )


class WithdrawView(_ArticleFormView):
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

    def act(self, reason: str) -> str:
        withdraw(self.article, user=self.request.user, reason=reason, now=timezone.now())
        return f"The medical review of “{self.article.title}” is withdrawn."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        line = review_line(self.article, today=site_day(timezone.now()))
        return super().get_context_data(line=line, **kwargs)


class MedicalReviewViews(ViewSet):
    """Where these views are found. They are reached from an article, not from the menu."""

    name = "medical_review"
    url_prefix = "medical-review"

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("<int:state>/", ReviewView.as_view(), name="review"),
            path("<int:state>/article/", ArticleView.as_view(), name="article"),
            path("small-edit/<int:page>/", ProposeMinorEditView.as_view(), name="propose_minor"),
            path("withdraw/<int:page>/", WithdrawView.as_view(), name="withdraw"),
        ]
