"""Review tiers in the admin: what a change would do is shown before it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from wagtail.admin import messages
from wagtail.log_actions import log
from wagtail.snippets.views.snippets import EditView

from articles.days import site_day
from articles.log_actions import TIER_CHANGE
from articles.models import ReviewTier
from articles.rule_changes import Effect, apply_changed_rules, effect_of

AT_ONCE = 500
"""Schedules computed anew while the editor waits; the hourly job does the rest."""


def _key(tier: ReviewTier) -> str:
    """What was on the screen when its effect was shown."""
    rule = tier.rule()
    values = (
        rule.interval_months,
        rule.due_soon_days,
        rule.grace_days,
        rule.withhold_offers,
        tier.is_default,
    )
    return " ".join(map(str, values))


def changes_in_words(form: Any) -> list[str]:
    """What a form changes: "interval months from 24 to 18"."""
    words = {True: "yes", False: "no", None: "nothing", "": "nothing"}
    return [
        f"{form.instance._meta.get_field(name).verbose_name} from {words.get(before, before)} to {words.get(after, after)}"
        for name in form.changed_data
        for before, after in [(form.initial.get(name), form.cleaned_data[name])]
    ]


class TierEditView(EditView):
    """Saving a change that moves dates shows first which, and asks to save once more."""

    effect: Effect | None = None

    def form_valid(self, form: Any) -> HttpResponse:
        effect = effect_of(form.instance, today=site_day(timezone.now()))
        if effect.is_felt and self.request.POST.get("effect_seen") != _key(form.instance):
            self.form, self.effect = form, effect
            messages.warning(self.request, "Not saved yet: see what the change would do, then save again.")
            return self.render_to_response(self.get_context_data(form=form))
        return super().form_valid(form)

    def save_instance(self) -> ReviewTier:
        tier: ReviewTier = super().save_instance()
        changes = changes_in_words(self.form)
        if changes:
            log(tier, TIER_CHANGE, user=self.request.user, data={"changes": changes})
        apply_changed_rules(now=timezone.now(), most=AT_ONCE)
        return tier

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if self.effect is not None:
            context |= {"effect": self.effect, "effect_seen": _key(self.form.instance)}
        return context


def keep_default_tier(request: HttpRequest, things: Sequence[Any]) -> HttpResponse | None:
    """`before_delete_snippet`: articles without a tier need the default one."""
    defaults = [one for one in things if isinstance(one, ReviewTier) and one.is_default]
    if not defaults:
        return None
    messages.error(
        request,
        f"“{defaults[0].name}” is the default tier and cannot be deleted: make another one the default first.",
    )
    return redirect("wagtailsnippets_articles_reviewtier:list")
