"""When a whole host turns bad at once, the host is the news and not its links. Pure.

A maintenance page, a wall that a shop put up today or a soft block all look like many offers breaking
together. The breaker holds the single alarms back until fresh sessions have looked again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from products.linkcheck.verdict import Outcome

LAST_CHECKS: Final = 20
LEAST_TURNED: Final = 5
LEAST_SHARE: Final = 0.3


def tripped_by(turned: Sequence[Outcome | None]) -> Outcome | None:
    """The one bad class to which so many of a host's last checks turned that its breaker opens, or None.

    `turned` is `Step.turned` of the host's checks, newest last: the class to which a check turned a
    good offer, None for every other check. Only the last 20 count.
    """
    recent = turned[-LAST_CHECKS:]
    counts = Counter(outcome for outcome in recent if outcome is not None)
    if not counts:
        return None
    outcome, count = counts.most_common(1)[0]
    return outcome if _is_enough(count, len(recent)) else None


def is_failing(cause: Outcome, second_look: Sequence[Outcome]) -> bool:
    """Does a second look in fresh sessions agree that the retailer as a whole fails with `cause`?

    `second_look` holds the outcomes of the offers that had turned. If it does not agree, the breaker closes and
    each offer follows its own history again.
    """
    return _is_enough(sum(outcome is cause for outcome in second_look), len(second_look))


def _is_enough(count: int, of: int) -> bool:
    return count >= LEAST_TURNED and count >= LEAST_SHARE * of
