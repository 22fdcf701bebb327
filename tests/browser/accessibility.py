"""What axe, the checker of accessibility, finds wrong with a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that another colour scheme may break where the first one broke none."""

_BRING = f"{AXE_SCRIPT}; void (window.axeOfTests = window.axe)"
"""Under a name of its own: every page of the admin has Wagtail's axe as `axe`."""
_ASK = """async ([context, options]) => {
    for (const one of document.getAnimations()) one.effect.getTiming().iterations === Infinity || one.finish()
    const found = await axeOfTests.run(context, options)
    return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 200)}`))
}"""
"""Colours that are on their way to others, as after a change from dark to light, are judged as they will be."""


def violations(
    page: Page, *, within: str = "html", leaving_out: Sequence[str] = (), rules: Sequence[str] = ()
) -> list[str]:
    """The rules that a page breaks, each with the element that does; by all rules, or by those named.

    `within` and `leaving_out` are CSS selectors of what is judged. What stands in a frame is not.
    """
    if not page.evaluate("'axeOfTests' in window"):  # the script stays as long as the document
        page.evaluate(_BRING)
    context = {"include": [[within]], "exclude": [[one] for one in leaving_out]}
    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
    if rules:
        options["runOnly"] = list(rules)
    return page.evaluate(_ASK, [context, options])
