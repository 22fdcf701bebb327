"""The verbs of shops and products, as they stand in Wagtail's audit log."""

from __future__ import annotations

from typing import Any

from wagtail.log_actions import LogActionRegistry, LogFormatter

CHECK_NOW = "products.offer.check_now"
TAKE_BACK = "products.offer.take_back_check"
JUDGE = "products.offer.judge"
DISMISS = "products.offer.dismiss"
ACCEPT_PRODUCT = "products.offer.accept_product"
ACCEPT_REDIRECT = "products.offer.accept_redirect"
WITHDRAW = "products.offer.withdraw"
OFFER_AGAIN = "products.offer.offer_again"
SNOOZE = "products.alarm.snooze"
STOP = "products.product.safety_stop"
LIFT = "products.product.lift_safety_stop"


class JudgeFormatter(LogFormatter):
    label = "Look at the page"

    def format_message(self, log_entry: Any) -> str:
        return f"Looked at the page: {log_entry.data['verdict'].lower()}"


class DismissFormatter(LogFormatter):
    label = "Call harmless"

    def format_message(self, log_entry: Any) -> str:
        return f"Called what looks found harmless: {log_entry.data['reason']}"


class AcceptRedirectFormatter(LogFormatter):
    label = "Accept a redirect"

    def format_message(self, log_entry: Any) -> str:
        return f"Took where {log_entry.data['before']} leads as its address: {log_entry.data['after']}"


class WithdrawFormatter(LogFormatter):
    label = "Withdraw an offer"

    def format_message(self, log_entry: Any) -> str:
        return f"Kept from readers: {log_entry.data['reason']}"


class OfferAgainFormatter(LogFormatter):
    label = "Offer again"

    def format_message(self, log_entry: Any) -> str:
        reason = log_entry.data["reason"]
        return f"Shown to readers again: {reason}" if reason else "Shown to readers again"


class SnoozeFormatter(LogFormatter):
    label = "Snooze an alarm"

    def format_message(self, log_entry: Any) -> str:
        return f"Snoozed until {log_entry.data['until']}: {log_entry.data['reason']}"


class StopFormatter(LogFormatter):
    label = "Safety stop"

    def format_message(self, log_entry: Any) -> str:
        return f"Withdrawn from every page: {log_entry.data['reason']}"


class LiftFormatter(LogFormatter):
    label = "Lift the safety stop"

    def format_message(self, log_entry: Any) -> str:
        return f"Offered again: {log_entry.data['reason']}"


def register_actions(actions: LogActionRegistry) -> None:
    """Make the verbs known to the audit log."""
    actions.register_action(CHECK_NOW, "Check now", "Asked for a check of the link at once")
    actions.register_action(TAKE_BACK, "Cancel a check", "Took back that the link is checked at once")
    actions.register_action(
        ACCEPT_PRODUCT, "Accept the product", "Said that the page shows the right product"
    )
    actions.register_action(JUDGE)(JudgeFormatter)
    actions.register_action(DISMISS)(DismissFormatter)
    actions.register_action(ACCEPT_REDIRECT)(AcceptRedirectFormatter)
    actions.register_action(WITHDRAW)(WithdrawFormatter)
    actions.register_action(OFFER_AGAIN)(OfferAgainFormatter)
    actions.register_action(SNOOZE)(SnoozeFormatter)
    actions.register_action(STOP)(StopFormatter)
    actions.register_action(LIFT)(LiftFormatter)
