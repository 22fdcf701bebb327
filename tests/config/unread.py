"""Asking for pages that nobody reads: for their status, or for what they would show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.template.response import SimpleTemplateResponse


@contextmanager
def unread() -> Iterator[None]:
    """Views do all their work within, and their pages stay without a text: writing it takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SimpleTemplateResponse, "rendered_content", "")
        yield
