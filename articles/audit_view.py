"""The audit pack of an article in the admin: choose a day, read it or take it away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.generic import TemplateView
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.widgets import AdminDateInput
from wagtail.models import Page
from wagtail.permissions import policy_registry

from articles.audit import audit_pack
from articles.days import site_day
from articles.models import ConditionPage


def may_audit(page: Page, user: Any) -> bool:
    """Who may see sign-offs, and this page in the explorer."""
    pages = policy_registry.get_by_type(Page).explorable_instances(user)
    return bool(user.has_perm("articles.view_medicalreview") and pages.filter(pk=page.pk).exists())


class AuditForm(forms.Form):
    """A day that is over, or today."""

    on = forms.DateField(label="Day", widget=AdminDateInput, help_text="In the site's time zone.")
    format = forms.ChoiceField(
        label="As",
        choices=[("html", "A page to read or print"), ("json", "JSON, for machines")],
        initial="html",
    )

    def clean_on(self) -> Any:
        on = self.cleaned_data["on"]
        if on > site_day(timezone.now()):
            raise forms.ValidationError("That day is still to come.")
        return on


class AuditView(WagtailAdminTemplateMixin, TemplateView):
    """Without a day it asks for one."""

    template_name = "desk/audit.html"
    page_title = "Audit pack"
    header_icon = "history"

    def get(self, request: HttpRequest, *args: Any, page: int, **kwargs: Any) -> HttpResponse:
        self.article = get_object_or_404(ConditionPage, pk=page)
        if not may_audit(self.article, request.user):
            raise PermissionDenied
        form = AuditForm(
            request.GET if "on" in request.GET else None, initial={"on": site_day(timezone.now())}
        )
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        on = form.cleaned_data["on"]
        pack = audit_pack(self.article, on=on, now=timezone.now())
        if form.cleaned_data["format"] == "html":
            return render(request, "audit/pack.html", {"pack": pack})
        answer = JsonResponse(pack.as_json(), json_dumps_params={"ensure_ascii": False, "indent": 2})
        answer["Content-Disposition"] = f'attachment; filename="audit-{self.article.slug}-{on}.json"'
        return answer

    def get_page_subtitle(self) -> str:
        return str(self.article.title)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *self.breadcrumbs_items,
            {"url": "", "label": self.page_title, "sublabel": self.article.title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(article=self.article, media=kwargs["form"].media, **kwargs)
