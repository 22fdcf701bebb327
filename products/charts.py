"""Charts as plain geometry: numbers in, rectangles and ticks out. Pure. `desk/includes/bar_chart.html` draws them.

Lengths are in the units of the drawing's view box. A chart says nothing that its table does not say, and needs neither
colour (parts differ in their filling too) nor script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 10, 28  # room for the numbers on the left and the labels below
MOST_LABELS = 10
GAP = 0.2  # of the room for one bar


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a bar. `part` is the number of its series."""

    part: int
    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A number or a label, and where it stands on its axis."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """The same in a table."""

    label: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BarChart:
    """Stacked bars."""

    title: str
    names: tuple[str, ...]
    parts: tuple[Part, ...]
    scale: tuple[Tick, ...]
    labels: tuple[Tick, ...]
    rows: tuple[Row, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM

    @property
    def totals(self) -> tuple[int, ...]:
        return tuple(sum(row.values[part] for row in self.rows) for part in range(len(self.names)))

    @property
    def summary(self) -> str:
        """What somebody who cannot see it is told first."""
        if not self.rows:
            return "Nothing to show."
        totals = ", ".join(f"{name} {total:,}" for name, total in zip(self.names, self.totals, strict=True))
        highest = max(self.rows, key=lambda row: sum(row.values))
        return f"{self.rows[0].label} to {self.rows[-1].label}. In all: {totals}. Highest: {highest.label}."


def stacked_bars(title: str, names: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]]) -> BarChart:
    """One bar for each row of label and values; each has as many values, none negative, as there are names.

    Raises ValueError otherwise.
    """
    if any(len(values) != len(names) or min(values, default=0) < 0 for _label, values in rows):
        raise ValueError("every row needs one value, zero or more, for each name")
    top = _round_up(max((sum(values) for _label, values in rows), default=0))
    base, room = HEIGHT - BOTTOM, (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    per_unit = (base - TOP) / top
    parts = [
        Part(
            number,
            round(LEFT + room * (place + GAP / 2), 2),
            round(base - reached * per_unit, 2),
            round(room * (1 - GAP), 2),
            round(value * per_unit, 2),
            f"{label}: {name} {value:,}",
        )
        for place, (label, values) in enumerate(rows)
        for number, (name, value, reached) in enumerate(zip(names, values, accumulate(values), strict=True))
        if value
    ]
    step = -(-len(rows) // MOST_LABELS) or 1
    return BarChart(
        title=title,
        names=tuple(names),
        parts=tuple(parts),
        scale=tuple(
            Tick(round(base - number * per_unit, 2), f"{number:,}") for number in sorted({0, top // 2, top})
        ),
        labels=tuple(
            Tick(round(LEFT + room * (place + 0.5), 2), label)
            for place, (label, _values) in enumerate(rows)
            if place % step == 0
        ),
        rows=tuple(Row(label, tuple(values)) for label, values in rows),
    )


def _round_up(number: int) -> int:
    """The end of a scale that holds `number`: 1, 2 or 5 times a power of ten, and even where it is halved."""
    if number <= 2:
        return 2
    power = 10 ** (len(str(number)) - 1)
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= number)
