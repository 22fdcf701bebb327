"""Whether a click is a person's. Pure: no request, only the values read from one.

A click is a person's if it is a plain navigation by a browser. Everything else is counted too, in a column of
its own: known robots, what a browser fetches before anybody asked, and the site's own people. Nothing is refused
here: a person who is taken for a robot gets to the shop all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

_SPECULATIVE = ("prefetch", "prerender", "preview", "preload")
_NAVIGATION_MODES = frozenset({"", "navigate"})  # browsers before 2023 send none
_NAVIGATION_PLACES = frozenset({"", "document"})


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request says of itself. Texts are as sent, empty where a header is missing."""

    user_agent: str
    method: str = "GET"
    purposes: tuple[str, ...] = ()
    """The values of Sec-Purpose, Purpose, X-Purpose and X-Moz."""
    fetch_mode: str = ""
    """Sec-Fetch-Mode."""
    fetch_place: str = ""
    """Sec-Fetch-Dest."""
    is_staff: bool = False
    """Whether it bears a session of the desk."""


def is_speculative(visit: Visit) -> bool:
    """Whether a browser asked ahead of its person: a prefetch, a prerendering, a preview."""
    return any(word in purpose.casefold() for purpose in visit.purposes for word in _SPECULATIVE)


def is_person_following(visit: Visit, *, is_robot: bool) -> bool:
    """Whether a person followed a link: a GET that navigates, and nothing against it."""
    return (
        visit.method == "GET"
        and visit.fetch_mode.casefold() in _NAVIGATION_MODES
        and visit.fetch_place.casefold() in _NAVIGATION_PLACES
        and _is_person(visit, is_robot=is_robot)
    )


def is_person_telling(visit: Visit, *, is_robot: bool) -> bool:
    """Whether a person's browser tells that a link was followed which does not lead through us."""
    return visit.method == "POST" and _is_person(visit, is_robot=is_robot)


def _is_person(visit: Visit, *, is_robot: bool) -> bool:
    return not (is_robot or visit.is_staff or is_speculative(visit))
