"""What Wagtail calls at the end of a workflow (`WAGTAIL_FINISH_WORKFLOW_ACTION`)."""

from __future__ import annotations

from typing import Any


def publish_what_was_signed(workflow_state: Any, user: Any = None) -> None:
    """See `articles.workflow.finish`."""
    from articles.workflow import finish  # Wagtail imports this module while its models load

    finish(workflow_state, user=user)
