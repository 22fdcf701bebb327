"""The editors' verbs of articles and reviews, as they stand in Wagtail's audit log."""

from __future__ import annotations

from typing import Any

from wagtail.log_actions import LogActionRegistry, LogFormatter


class ImportFormatter(LogFormatter):
    label = "Import"

    def format_message(self, log_entry: Any) -> str:
        return f"{log_entry.data['action'].capitalize()} from {log_entry.data['source']}"


class SignFormatter(LogFormatter):
    label = "Sign medical review"

    def format_message(self, log_entry: Any) -> str:
        return f"Medical review signed by {log_entry.data['reviewer']}"


class FlagFormatter(LogFormatter):
    label = "Flag for medical review"

    def format_message(self, log_entry: Any) -> str:
        return f"Flagged for medical review: {log_entry.data['stage'].lower()}, due {log_entry.data['due']}"


def register_actions(actions: LogActionRegistry) -> None:
    """Make the verbs known to the audit log."""
    actions.register_action("articles.import")(ImportFormatter)
    actions.register_action("articles.review.sign")(SignFormatter)
    actions.register_action("articles.review.flag")(FlagFormatter)
