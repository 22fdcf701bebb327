"""The editors' verbs of articles and reviews, as they stand in Wagtail's audit log."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils.formats import date_format
from wagtail.log_actions import LogActionRegistry, LogFormatter

REPORT_SETTLE = "articles.report.settle"
REPORT_CALL = "articles.report.call"
FEED_RENEW = "articles.feed.renew"
FEED_REVOKE = "articles.feed.revoke"
TIER_CHANGE = "articles.tier.change"


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
        due = date_format(datetime.date.fromisoformat(log_entry.data["due"]), "j F Y")
        return f"Flagged for medical review: {log_entry.data['stage'].lower()}, due {due}"


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
        plan, reason = log_entry.data["plan"], log_entry.data.get("reason", "")
        if "undone" in log_entry.data:
            return f"Undone: {reason} {plan}" if reason else f"Undone. {plan}"
        return plan if not reason or reason in plan else f"{plan}: {reason}"


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
        why = log_entry.data.get("why", "")
        return " ".join(filter(None, (f"Next medical review assigned to {log_entry.data['reviewer']}.", why)))


class RenewFeedFormatter(LogFormatter):
    label = "Make a private calendar address"

    def format_message(self, log_entry: Any) -> str:
        if log_entry.data["first"]:
            return "Private calendar address made"
        return "New private calendar address made; the old one answers no more"


class RevokeFeedFormatter(LogFormatter):
    label = "Revoke a private calendar address"
    message = "Private calendar address revoked"


class ChangeTierFormatter(LogFormatter):
    label = "Change a review tier"

    def format_message(self, log_entry: Any) -> str:
        return f"Changed {'; '.join(log_entry.data['changes'])}"


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
    actions.register_action(FEED_RENEW)(RenewFeedFormatter)
    actions.register_action(FEED_REVOKE)(RevokeFeedFormatter)
    actions.register_action(TIER_CHANGE)(ChangeTierFormatter)
