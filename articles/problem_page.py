"""The page on which readers report a problem: a plain form, without a script, a cookie or a third party."""

from __future__ import annotations

import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from wagtail.models import Page

from articles.models import BodyAreaPage, ProblemKind, ProblemReport
from articles.problem_reports import receive, reportable
from articles.spam_guard import MOST_LINKS, Opening, is_too_often, links_in, open_form, read_token, sender_of

LONGEST_TEXT = 3000


class SeeOther(HttpResponseRedirect):
    """After a form: get this page."""

    status_code = HTTPStatus.SEE_OTHER


class ProblemForm(forms.Form):
    """What a reader fills in. `reference` is for robots: people do not see it."""

    kind = forms.ChoiceField(
        label="What is the problem?",
        choices=ProblemKind.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what the problem is.",
            "invalid_choice": "Choose one of the problems listed.",
        },
    )
    text = forms.CharField(
        label="What is wrong, and where on the page?",
        help_text="Please leave out your name and details of your own health: we cannot give personal advice.",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={
            "required": "Say what is wrong.",
            "max_length": "Shorten your text to %(limit_value)d characters. It has %(show_value)d now.",
        },
    )
    email = forms.EmailField(
        label="Your mail address (optional)",
        help_text="Only if you want an answer.",
        required=False,
        max_length=ProblemReport._meta.get_field("email").max_length,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": "Write the mail address like this: name@example.com. Or leave it empty."},
    )
    reference = forms.CharField(
        label="Leave this field empty",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=400)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if links_in(text) > MOST_LINKS:
            raise ValidationError(f"Leave no more than {MOST_LINKS} web addresses in your text.")
        return text

    def clean_reference(self) -> str:
        if self.cleaned_data["reference"]:
            raise ValidationError("Leave the last field empty: it is there to catch robots.")
        return ""


@method_decorator([never_cache, csrf_exempt], name="dispatch")
class ReportProblemView(View):
    """The form, and what becomes of it. It stands in no cache, and asks nothing of the session.

    No CSRF token: the signed token of the form does its work (docs/adr/0012), since nobody's log-in counts here.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        page = reportable(_number(request.GET.get("page", "")))
        opening = open_form(page.pk if page else None, now=timezone.now())
        return self._show(ProblemForm(initial={"token": opening.token}), page)

    def post(self, request: HttpRequest) -> HttpResponse:
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise PermissionDenied
        now = timezone.now()
        form = ProblemForm(request.POST)
        opening = read_token(request.POST.get("token", ""))
        page = reportable(opening.page if opening else None)
        form.is_valid()
        if opening is None or opening.is_stale(now):
            opening = open_form(page.pk if page else None, now=now)
            form.data = {**request.POST.dict(), "token": opening.token}
            form.add_error(
                None, "This form was open for too long. Your words are still here: please send them again."
            )
        elif opening.is_hasty(now) and not form.errors:
            form.add_error(None, "That was very quick. Look over what you wrote, then send it again.")
        if form.errors:
            return self._show(form, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if is_too_often(sender_of(request), now=now, most=settings.PROBLEM_REPORTS_PER_HOUR):
            form.add_error(
                None, "Many reports came from your network within the last hour. Please try again later."
            )
            return self._show(form, page, status=HTTPStatus.TOO_MANY_REQUESTS)
        return self._receive(form, opening, now=now)

    def _receive(self, form: ProblemForm, opening: Opening, *, now: datetime.datetime) -> HttpResponse:
        given = form.cleaned_data
        receive(opening, kind=ProblemKind(given["kind"]), text=given["text"], email=given["email"], now=now)
        about = f"?page={opening.page}" if opening.page else ""
        return SeeOther(f"{reverse('report-problem-thanks')}{about}")

    def _show(
        self, form: ProblemForm, page: Page | None, *, status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponse:
        context = {
            "form": form,
            "article": page,
            "kept_days": settings.PROBLEM_REPORT_DAYS,
            "longest_text": LONGEST_TEXT,
        }
        return _answer(self.request, "articles/problems/form.html", context, status=status)


@method_decorator(never_cache, name="dispatch")
class ThankYouView(View):
    """After a report was sent."""

    def get(self, request: HttpRequest) -> HttpResponse:
        page = reportable(_number(request.GET.get("page", "")))
        return _answer(request, "articles/problems/thanks.html", {"article": page})


def _answer(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    areas = BodyAreaPage.objects.live().public().order_by("title")
    headers = {"X-Robots-Tag": "noindex"}
    return TemplateResponse(
        request, template, {**context, "body_areas": areas}, status=status, headers=headers
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
