"""What all tests share: no network beyond this machine, and a real browser."""

from __future__ import annotations

import gc
import ipaddress
import os
import re
import socket
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import hypothesis
import pytest
import pytest_django.fixtures
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connections
from django.test import TransactionTestCase
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from pytest_django import DjangoDbBlocker

from demo.chromium import FLAGS, find_chromium
from demo.services import ROOT, TEST_FOLDER
from tests.pristine import PristineRows

hypothesis.settings.register_profile(
    "any machine", deadline=None
)  # how long an example takes is not what is tested
hypothesis.settings.load_profile("any machine")

OUTCOME = pytest.StashKey[pytest.TestReport]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--docs-images", action="store_true", help="make the pictures of docs/images that a test shows anew"
    )
    parser.addoption("--full", action="store_true", help="every test in its long form: takes hours")


def pytest_configure() -> None:
    """Make the database whenever a test asks for it: pytest-django makes none for a file whose content, written once for
    all its tests, keeps them from being marked."""
    assert hasattr(pytest_django.fixtures, "_get_databases_for_setup")
    pytest_django.fixtures._get_databases_for_setup = lambda items: ({DEFAULT_DB_ALIAS}, set())


def pytest_collection_finish() -> None:
    """Spare the collector what lives as long as the run: it would look through all of it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without what takes minutes, unless `--full` asks for it, and the slowest files first: of several processes none
    is left with them at the end."""
    if not config.getoption("--full"):
        full = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=full)
        items[:] = [item for item in items if item not in full]
    slow = ("browser", "faults", "slow")
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in slow))


@pytest.fixture(scope="session")
def full_or(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """One test, two lengths: `full_or(10_000, 2_000)` is the first number with `--full`, and the second without."""
    is_full: bool = request.config.getoption("--full")
    return lambda full, short: full if is_full else short


# --- the network ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """Fail a test that reaches beyond this machine, whatever the code under test does with exceptions."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(original):
    def guarded(self: socket.socket, *arguments):
        address = arguments[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            pytest.fail(
                f"A test reached for {address[0]} port {address[1]}: tests talk to this machine alone."
            )
        return original(self, *arguments)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


# --- the database ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[PristineRows]:
    """A test that commits leaves the rows that migrations made, and no others."""
    with django_db_blocker.unblock():
        rows = PristineRows()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: rows.put_back())
        yield rows


@pytest.fixture(scope="session")
def pristine(django_db_setup: PristineRows) -> PristineRows:
    return django_db_setup


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test cached is forgotten."""
    yield
    if request.node.get_closest_marker("django_db"):
        cache.clear()


# --- the browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium. Its lack is a failure, never a skip."""
    program = find_chromium()
    assert program, (
        "The browser tests need Chromium: run `make test`, which installs it, or name it in CHROMIUM."
    )
    return program


@pytest.fixture(scope="module")
def browser(chromium: str, django_db_setup: None) -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread: Django would refuse the tests' own queries.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with playwright.chromium.launch(executable_path=chromium, args=list(FLAGS)) as browser:
            yield browser
        connections.close_all()  # the loop gave this thread another connection, which would keep the database from being dropped


@pytest.fixture
def viewport() -> ViewportSize:
    """Parametrise `viewport` to see a page as another screen does."""
    return {"width": 1280, "height": 800}


@pytest.fixture
def colour_scheme() -> str:
    """Parametrise `colour_scheme` with "dark" to see a page as a reader who prefers it does."""
    return "light"


@pytest.fixture
def screenshots() -> Path:
    folder = TEST_FOLDER / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def keep_picture(
    screenshots: Path, colour_scheme: str, request: pytest.FixtureRequest
) -> Callable[[str, bytes], None]:
    """Keep a screenshot under a name, small enough for a repository: 256 colours are enough for our pages.

    With `--docs-images` one in light colours goes to `docs/images/` too.
    """

    def keep(name: str, png: bytes) -> None:
        with Image.open(BytesIO(png)) as picture:
            small = picture.convert("RGB").quantize(
                256, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE
            )
        small.save(screenshots / f"{name}-{colour_scheme}.png", optimize=True)
        if colour_scheme == "light" and request.config.getoption("--docs-images"):
            small.save(ROOT / "docs" / "images" / f"{name}.png", optimize=True)

    return keep


@pytest.fixture
def page(
    browser: Browser,
    viewport: ViewportSize,
    colour_scheme: str,
    screenshots: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """A page in a fresh browser profile; what it showed when its test failed is kept in `var/test/screenshots/`."""
    context = browser.new_context(viewport=viewport, color_scheme=colour_scheme, locale="en-GB")
    try:
        page = context.new_page()
        yield page
        outcome = request.node.stash.get(OUTCOME, None)
        if outcome and outcome.failed:
            name = re.sub(r"[^\w.-]+", "-", os.fspath(request.node.name))
            page.screenshot(path=screenshots / f"{name}.png", full_page=True)
    finally:
        context.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many actions the tasks of the desk took, as the browser tests counted them."""
    passed = terminalreporter.getreports("passed")
    counts = [value for report in passed for name, value in report.user_properties if name == "actions"]
    if counts and passed:
        terminalreporter.section("actions at the desk")
        for count in sorted(set(counts)):
            terminalreporter.line(str(count))
