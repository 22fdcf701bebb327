"""The checker that everybody writes first: requests, threads, and a status below 400 is well.

Runs in the environment of the other checkers: `python pool.py LIST RESULTS CA`.
"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

sessions = threading.local()


def is_broken(url: str) -> bool:
    if not hasattr(sessions, "own"):
        sessions.own = requests.Session()
        sessions.own.verify = sys.argv[3]
    try:
        return sessions.own.get(url, timeout=10).status_code >= 400
    except requests.RequestException:
        return True


urls = Path(sys.argv[1]).read_text().split()
with ThreadPoolExecutor(32) as threads:
    Path(sys.argv[2]).write_text(
        "\n".join(url for url, bad in zip(urls, threads.map(is_broken, urls), strict=True) if bad)
    )
