"""Says when the demo is open, then keeps an eye on the fake retailers, which start before everything else.

    python -m demo.doorman --site http://localhost:8000 --control http://localhost:8444 --retailers 4711

Ends with code 1 when the retailers' process has ended.
"""

from __future__ import annotations

import argparse
import sys
import time
import urllib.error
import urllib.request

import psutil

from demo.accounts import ACCOUNTS, PASSWORD


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--site", required=True)
    parser.add_argument("--control", required=True)
    parser.add_argument("--retailers", required=True, type=int, help="process id")
    options = parser.parse_args()
    while not answers(options.site):
        time.sleep(0.1)
    print(_welcome(options.site, options.control), flush=True)
    while _lives(options.retailers):
        time.sleep(0.5)
    print("The fake retailers have stopped by themselves.", flush=True)
    return 1


def answers(address: str) -> bool:
    """Whether a web server answers there, happily or not."""
    try:
        with urllib.request.urlopen(address, timeout=30):  # noqa: S310  our own address
            return True
    except urllib.error.HTTPError:
        return True  # an answer, if not a happy one: it is for the visitor to see
    except OSError:
        return False


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _welcome(site: str, control: str) -> str:
    lines = [
        "",
        "Referred is open.",
        "",
        f"  The site        {site}",
        f"  The admin       {site}/admin/",
        f"  The retailers   {control}  (break a shop here, and watch the site notice)",
        "",
        f"  Log in with the password {PASSWORD} as:",
        *(f"    {name:<12} {role}" for name, role in ACCOUNTS),
        "",
        "What the processes say is in var/demo/logs/. Ctrl-C stops everything.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
