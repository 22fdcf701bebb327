"""Somebody at the screen: logged in; and with actions that are counted, for the desk is measured by how few it asks for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Locator, Page
from pytest_django.live_server_helper import LiveServer

from articles.models import User
from tests.desk import EDITORS, desk_of


def log_in(context: BrowserContext, server: LiveServer, user: User | None = None) -> User:
    """Log `user` in, or else a new editor, and give who it is. Not by the form: a test's business is elsewhere.

    For tests whose rows are committed: the server does not see a session that stands in a test's transaction.
    """
    if user is None:
        client = desk_of(EDITORS)
        user = client.user
    else:
        client = Client()
        client.force_login(user)
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
    return user


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
