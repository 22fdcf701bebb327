"""Known robots, by what they call themselves. The list is that of the package `crawler-user-agents`."""

from __future__ import annotations

from functools import lru_cache

from crawleruseragents import is_crawler

LONGEST_READ = 512
A_BROWSER_BEGINS = ("Mozilla/", "Opera/")


@lru_cache(maxsize=4096)  # the list takes 0.3 ms to try, and a few hundred browsers make most visits
def is_robot(user_agent: str) -> bool:
    """Whether a User-Agent is a known robot's, or none that a browser sends."""
    name = user_agent[:LONGEST_READ]
    return not name.startswith(A_BROWSER_BEGINS) or is_crawler(name)
