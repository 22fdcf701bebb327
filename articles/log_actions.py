"""The editors' verbs of articles and reviews, as they stand in Wagtail's audit log."""

from __future__ import annotations

from typing import Any

from wagtail.log_actions import LogActionRegistry, LogFormatter

REPORT_SETTLE = "articles.report.settle"
REPORT_CALL = "articles.report.call"


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


class SignMinorFormatter(LogFormatter):
    label = "Confirm small edit"

    def format_message(self, log_entry: Any) -> str:
        return f"Small edit confirmed by {log_entry.data['reviewer']}: {log_entry.data['reason']}"


class ProposeMinorFormatter(LogFormatter):
    label = "Propose small edit"

    def format_message(self, log_entry: Any) -> str:
        return f"Proposed as a small edit: {log_entry.data['reason']}"


class WithdrawFormatter(LogFormatter):
    label = "Withdraw medical review"

    def format_message(self, log_entry: Any) -> str:
        return f"Medical review by {log_entry.data['reviewer']} withdrawn: {log_entry.data['reason']}"


class RefusePublishingFormatter(LogFormatter):
    label = "Refuse to publish"

    def format_message(self, log_entry: Any) -> str:
        return str(log_entry.data["reason"])


class CallFormatter(LogFormatter):
    label = "Call for medical review"

    def format_message(self, log_entry: Any) -> str:
        return f"Called for a medical review ({log_entry.data['kind'].lower()}): {log_entry.data['reason']}"


class DismissFormatter(LogFormatter):
    label = "Dismiss call for medical review"

    def format_message(self, log_entry: Any) -> str:
        kind = log_entry.data["kind"].lower()
        return f"Dismissed the call for a medical review ({kind}): {log_entry.data['reason']}"


class PlanFormatter(LogFormatter):
    label = "Plan medical review"

    def format_message(self, log_entry: Any) -> str:
        undone = "Undone. " if "undone" in log_entry.data else ""
        return f"{undone}{log_entry.data['plan']}"


class SettleReportFormatter(LogFormatter):
    label = "Settle a reader report"

    def format_message(self, log_entry: Any) -> str:
        return f"{log_entry.data['after']}: {log_entry.data['note']}"


class CallFromReportFormatter(LogFormatter):
    label = "Call for medical review"

    def format_message(self, log_entry: Any) -> str:
        return f"Called for a medical review of “{log_entry.data['article']}”: {log_entry.data['reason']}"


class AssignFormatter(LogFormatter):
    label = "Assign medical reviewer"

    def format_message(self, log_entry: Any) -> str:
        if not log_entry.data["reviewer"]:
            return "The next medical review falls to who signed last"
        return f"Next medical review assigned to {log_entry.data['reviewer']}"


def register_actions(actions: LogActionRegistry) -> None:
    """Make the verbs known to the audit log."""
    actions.register_action("articles.import")(ImportFormatter)
    actions.register_action("articles.review.sign")(SignFormatter)
    actions.register_action("articles.review.sign_minor")(SignMinorFormatter)
    actions.register_action("articles.review.propose_minor")(ProposeMinorFormatter)
    actions.register_action("articles.review.withdraw")(WithdrawFormatter)
    actions.register_action("articles.publish.refuse")(RefusePublishingFormatter)
    actions.register_action("articles.review.flag")(FlagFormatter)
    actions.register_action("articles.review.call")(CallFormatter)
    actions.register_action("articles.review.dismiss")(DismissFormatter)
    actions.register_action("articles.review.plan")(PlanFormatter)
    actions.register_action("articles.review.assign")(AssignFormatter)
    actions.register_action(REPORT_SETTLE)(SettleReportFormatter)
    actions.register_action(REPORT_CALL)(CallFromReportFormatter)
