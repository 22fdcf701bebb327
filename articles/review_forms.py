"""What a reviewer fills in, and what an editor says when asking for less than a full review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from articles.amendments import MINOR_CHECKLIST
from articles.governance import TriggerKind
from articles.models import Reviewer
from articles.services import CHECKLIST
from articles.workflow import Remark

SEEN = "The fingerprint of what the reviewer was shown."


class ReviewForm(forms.Form):
    """One of the ways in which a review ends."""

    name: str
    """Under which the template knows it."""


class SignForm(ReviewForm):
    """Every point of the checklist, and the fingerprint of what was on the screen."""

    name = "sign_form"
    seen = forms.CharField(widget=forms.HiddenInput, help_text=SEEN)
    comment = forms.CharField(
        label="Comment for the editor (optional)",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, sentence in CHECKLIST.items():
            self.fields[key] = forms.BooleanField(label=sentence)
        self.order_fields(["seen", *CHECKLIST, "comment"])


class ConfirmForm(ReviewForm):
    """The light sign-off of a small edit."""

    name = "confirm_form"
    seen = forms.CharField(widget=forms.HiddenInput, help_text=SEEN)
    confirmed = forms.BooleanField(label=next(iter(MINOR_CHECKLIST)))


class SendBackForm(ReviewForm):
    """What the editor has to change."""

    name = "send_back_form"
    comment = forms.CharField(
        label="What has to change?",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The editor reads this in the article's history and by mail.",
    )


class SendBackWithRemarksForm(SendBackForm):
    """The same with remarks on single passages, each under the content path where it stands."""

    PREFIX = "at:"

    def __init__(self, *args: Any, places: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment"].required = False
        self.labels = places
        for place, label in places.items():
            self.fields[f"{self.PREFIX}{place}"] = forms.CharField(required=False, label=label)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        given["remarks"] = [
            Remark(place, label, text)
            for place, label in self.labels.items()
            if (text := given.get(f"{self.PREFIX}{place}", ""))
        ]
        if not given["remarks"] and not given.get("comment"):
            self.add_error("comment", "Say what has to change, here or at a passage.")
        return given


class CallForm(forms.Form):
    """What calls for a review before its time."""

    kind = forms.ChoiceField(
        choices=[(kind.value, kind.label) for kind in TriggerKind], label="What happened"
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        help_text="Editors see it beside the due date.",
    )


class AssignForm(forms.Form):
    """Whom to ask."""

    reviewer = forms.ModelChoiceField(
        Reviewer.objects.filter(is_active=True), required=False, empty_label="Whoever signed last"
    )


class ReasonForm(forms.Form):
    """A reason that stays on record."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), help_text="It stays on record.")
