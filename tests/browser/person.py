"""Somebody at the screen whose actions are counted: the desk is measured by how few it asks for."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page


class Person:
    """Does what a person does. An action is a link opened from elsewhere, a click, a choice, a key, or a text typed."""

    def __init__(self, page: Page, node: pytest.Item) -> None:
        self.page = page
        self.actions = 0
        self._node = node

    def open(self, url: str) -> None:
        self.actions += 1
        self.page.goto(url)

    def click(self, target: Locator, **options: Any) -> None:
        self.actions += 1
        target.click(**options)

    def choose(self, target: Locator, value: str) -> None:
        self.actions += 1
        target.select_option(value)

    def fill(self, target: Locator, text: str) -> None:
        self.actions += 1
        target.fill(text)

    def press(self, key: str) -> None:
        self.actions += 1
        self.page.keyboard.press(key)

    def has_done(self, task: str, *, most: int | None = None) -> None:
        """Keep the count for the end of the run, and begin anew. Fails if it took more than `most`."""
        goal = f", at most {most}" if most else ""
        self._node.user_properties.append(("actions", f"{task}: {self.actions}{goal}"))
        assert most is None or self.actions <= most, f"{task} took {self.actions} actions"
        self.actions = 0
