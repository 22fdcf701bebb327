"""Lighthouse on pages of a running site, and what the pages weigh.

    PYTHONPATH=.:site .venv/bin/python -m demo.run python -m bench.lighthouse /knee/runners-knee/ [more …] [--runs 5]

The pages are the demo's, from a web server started for this, with static files as in production: minified, compressed,
named by their content. An address instead of a path is asked as it is.
Medians of several runs, mobile preset (a slow phone and a slow network, simulated) and desktop. Lighthouse comes with
npm into `var/bench/lighthouse/`; where there is no npm, only Chromium's own figures are printed. Run `make demo` once
before. Nothing here is a test: the figures are of one machine.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from playwright.sync_api import sync_playwright

from bench.serving import serving
from config.static_files import whole_sheet
from demo.chromium import FLAGS, install_chromium
from demo.services import ROOT, VAR

FOLDER = VAR / "bench" / "lighthouse"
VERSION = "12"  # the last that runs on Node 20
ATTEMPTS = 3  # now and then it loses its connection to Chromium
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
AUDITS = {
    "first-contentful-paint": "FCP ms",
    "largest-contentful-paint": "LCP ms",
    "total-blocking-time": "TBT ms",
    "cumulative-layout-shift": "CLS",
    "total-byte-weight": "bytes",
}
OBSERVE = """() => new Promise(resolve => {
    const found = {lcp: 0, cls: 0}
    new PerformanceObserver(list => { for (const e of list.getEntries()) found.lcp = e.startTime }).observe({type: "largest-contentful-paint", buffered: true})
    new PerformanceObserver(list => { for (const e of list.getEntries()) found.cls += e.value }).observe({type: "layout-shift", buffered: true})
    setTimeout(() => resolve(found), 500)
})"""


def lighthouse() -> Path | None:
    """The program, installed if npm is there."""
    program = FOLDER / "node_modules" / ".bin" / "lighthouse"
    if not program.exists() and (npm := shutil.which("npm")):
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [npm, "install", "--no-fund", "--no-audit", "--prefix", str(FOLDER), f"lighthouse@{VERSION}"],
            check=True,
        )
    return program if program.exists() else None


def judge(program: Path, address: str, *, desktop: bool) -> dict[str, float]:
    """One run: each category from 0 to 100, and the timings."""
    command = [
        str(program),
        address,
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags=--headless=new {' '.join(flag for flag in FLAGS if ' ' not in flag)}",
        *(["--preset=desktop"] if desktop else []),
    ]
    environment = {**os.environ, "CHROME_PATH": install_chromium()}
    for _attempt in range(ATTEMPTS):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            break
        print("      Lighthouse gave up:", (done.stderr.strip() or "without a word").splitlines()[-1])
    done.check_returncode()
    report: dict[str, Any] = json.loads(done.stdout)
    scores = {name: 100 * (report["categories"][name]["score"] or 0) for name in CATEGORIES}
    for audit in report["audits"].values():
        if audit["score"] is not None and audit["score"] < 0.9 and audit["scoreDisplayMode"] != "informative":
            print(f"      below 90: {audit['id']}: {audit['title']}", file=sys.stderr)
    return scores | {label: report["audits"][name]["numericValue"] for name, label in AUDITS.items()}


def observe(address: str) -> dict[str, float]:
    """What Chromium itself saw, on a phone's screen, without a slow network."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=install_chromium(), args=list(FLAGS))
        page = browser.new_page(viewport={"width": 412, "height": 823})
        received: list[int] = []
        page.on("requestfinished", lambda request: received.append(request.sizes()["responseBodySize"]))
        page.goto(address, wait_until="networkidle")
        found = page.evaluate(OBSERVE)
        browser.close()
    return {"LCP ms": found["lcp"], "CLS": found["cls"], "requests": len(received), "bytes": sum(received)}


def weight(address: str) -> dict[str, int]:
    """Bytes as sent, compressed with gzip, with the CSS as `collectstatic` keeps it."""
    html = _text(address)
    found = {"html": _packed(html)}
    for sheet in re.findall(r'<link rel="stylesheet" href="([^"]+)"', html):
        url = urljoin(address, sheet)
        css = whole_sheet(_text(url), lambda name, url=url: _text(urljoin(url, name)))
        found[Path(sheet).name] = _packed(css)
    found["html and css"] = sum(found.values())
    for script in re.findall(r'<script src="([^"]+)"', html):
        found[Path(script).name] = _packed(_text(urljoin(address, script)))
    return found


def _text(address: str) -> str:
    return requests.get(address, timeout=30).text


def _packed(text: str) -> int:
    return len(gzip.compress(text.encode(), 9))


def _print(title: str, figures: dict[str, float] | dict[str, int]) -> None:
    told = ", ".join(f"{name} {figure:,.3f}".rstrip("0").rstrip(".") for name, figure in figures.items())
    print(f"  {title}: {told}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="+", help="paths of the demo, or addresses")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    program = lighthouse()
    with ExitStack() as running:
        site = ""
        if any(page.startswith("/") for page in options.pages):
            site = running.enter_context(_as_in_production())
        for page in options.pages:
            measure(urljoin(site, page), program, runs=options.runs)
    return 0


@contextmanager
def _as_in_production() -> Iterator[str]:
    """The demo's site, with static files as production has them; gives its address."""
    settings = {"DJANGO_SETTINGS_MODULE": "bench.collected"}
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env={**os.environ, **settings}, check=True)
    with serving("config.wsgi:application", ready="/", media=True, **settings) as server:
        yield server.address


def measure(address: str, program: Path | None, *, runs: int) -> None:
    """Print what is found of one page."""
    print(address)
    _print("weight, bytes", weight(address))
    _print("Chromium", observe(address))
    if program is None:
        print("  There is no npm, so no Lighthouse.")
        return
    for desktop in (False, True):
        found = [judge(program, address, desktop=desktop) for _ in range(runs)]
        medians = {name: statistics.median(one[name] for one in found) for name in found[0]}
        _print(f"Lighthouse {'desktop' if desktop else 'mobile'}, median of {runs}", medians)


if __name__ == "__main__":
    sys.exit(main())
