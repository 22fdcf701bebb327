"""Who can log in to the demo. The password is printed on the screen and opens nothing but the demo."""

from __future__ import annotations

ACCOUNTS: tuple[tuple[str, str], ...] = (
    ("editor", "writes and publishes articles"),
    ("reviewer", "a clinician who signs off medical reviews"),
    ("commercial", "looks after retailers, products and links"),
    ("admin", "may do everything"),
)
PASSWORD = "referred-demo"  # noqa: S105  the demo's only, on purpose
