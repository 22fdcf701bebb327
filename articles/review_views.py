"""The reviewer's place of work, and the addresses of all views of a medical review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.models import COMMENTS_RELATION_NAME, Comment, TaskState

from articles.amendments import MINOR_MEANING, why_not_confirm
from articles.audit_view import AuditView
from articles.clinical_content import clinical_content
from articles.days import site_day
from articles.governance import fingerprint
from articles.models import ArticleImport, ConditionPage, MedicalReviewTask, MedicalReviewTaskState
from articles.passages import Passage, in_runs, labels_by_place, passage_at, passages_of
from articles.review_forms import ConfirmForm, ReviewForm, SendBackWithRemarksForm, SignForm
from articles.review_line import last_sign_offs, review_line
from articles.review_verbs import (
    AssignReviewerView,
    BeginReviewView,
    CallForReviewView,
    DismissCallView,
    ProposeMinorEditView,
    WithdrawView,
)
from articles.services import CHECKLIST, MEANING, SigningRefused
from articles.workflow import NOT_WAITING, confirm_and_finish, send_back, sign_and_finish, why_not_sign


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

    @cached_property
    def passages(self) -> list[Passage]:
        latest, _ = last_sign_offs(self.draft)
        return passages_of(self.draft, latest.snapshot if latest else None)


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
                    SendBackWithRemarksForm(request.POST, places=labels_by_place(self.passages)),
                    self._send_back,
                    "“{}” is sent back to its editor.",
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
        given = form.cleaned_data
        send_back(self.state, user=self.request.user, comment=given["comment"], remarks=given["remarks"])

    def _open_comments(self, page: ConditionPage) -> list[tuple[Comment, str]]:
        """Each with the passage in which it stands."""
        labels = labels_by_place(self.passages)
        comments = (
            getattr(page, COMMENTS_RELATION_NAME).filter(resolved_at__isnull=True).select_related("user")
        )
        return [(comment, passage_at(labels, comment.contentpath)) for comment in comments]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now, user, draft = timezone.now(), self.request.user, self.draft
        latest, _ = last_sign_offs(draft)
        passages = self.passages
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
                "runs": in_runs(passages),
                "newer_draft": newest is not None and newest.pk != self.state.revision_id,
                "submitted_by": self.state.workflow_state.requested_by,
                "notes": imported.unsure if imported else [],
                "comments": self._open_comments(live),
                "why_not_sign": why_not_sign(self.state, user, now),
                "why_not_confirm": why_not_confirm(draft, user=user, now=now),
                "meaning": MEANING,
                "minor_meaning": MINOR_MEANING,
                "sign_form": SignForm(initial=seen, auto_id="sign-%s"),
                "confirm_form": ConfirmForm(initial=seen, auto_id="confirm-%s"),
                "send_back_form": SendBackWithRemarksForm(auto_id="send-back-%s", places={}),
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
            path("begin/<int:page>/", BeginReviewView.as_view(), name="begin"),
            path("reviewer/<int:page>/", AssignReviewerView.as_view(), name="assign"),
            path("call/<int:page>/", CallForReviewView.as_view(), name="call"),
            path("dismiss/<int:page>/<int:call>/", DismissCallView.as_view(), name="dismiss"),
            path("audit/<int:page>/", AuditView.as_view(), name="audit"),
        ]
