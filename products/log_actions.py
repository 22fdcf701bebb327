"""The verbs of shops and products, as they stand in Wagtail's audit log."""

from __future__ import annotations

from wagtail.log_actions import LogActionRegistry

CHECK_NOW = "products.offer.check_now"


def register_actions(actions: LogActionRegistry) -> None:
    """Make the verbs known to the audit log."""
    actions.register_action(CHECK_NOW, "Check now", "Asked for a check of the link at once")
