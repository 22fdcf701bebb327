"""Charts as plain geometry: numbers in, rectangles and ticks out. Pure. `desk/includes/bar_chart.html` draws them.

Lengths are in the units of the drawing's view box. A chart says nothing that its table does not say, and needs neither
colour (parts differ in their filling too) nor script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 10, 28  # room for the numbers on the left and the labels below
MOST_LABELS = 10
GAP = 0.2  # of the room for one bar
FILLINGS = 6
"""How many parts of a bar can be told apart without colour: `desk/includes/bar_chart.html` has as many fillings."""


CELL, STRIP_HEIGHT = 6, 20  # of a strip: the room for one day, a gap of two included, and the height


class Shape(StrEnum):
    """What stands in a cell of a strip. No two look alike in grey."""

    BAR = "bar"
    HOLLOW = "hollow"
    HALF = "half"
    RING = "ring"
    CROSS = "cross"
    DOT = "dot"

    @property
    def is_drawn_by_line(self) -> bool:
        return self in {Shape.HOLLOW, Shape.RING, Shape.CROSS}


@dataclass(frozen=True, slots=True)
class Marks:
    """All cells of a strip that hold the same shape, as one path. `tone` is a class for its colour."""

    shape: Shape
    tone: str
    path: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of cells, and the same in words."""

    words: str
    marks: tuple[Marks, ...]
    cells: tuple[Tick, ...]
    """Where each cell begins, and what it says."""
    width: int
    height: int = STRIP_HEIGHT
    cell: int = CELL


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
class Line:
    """A level line across the place of one bar."""

    x1: float
    x2: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """The same in a table."""

    label: str
    values: tuple[int, ...]
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class BarChart:
    """Stacked bars."""

    title: str
    names: tuple[str, ...]
    parts: tuple[Part, ...]
    scale: tuple[Tick, ...]
    labels: tuple[Tick, ...]
    rows: tuple[Row, ...]
    axis: str = "Day"
    """What a row is."""
    limit_name: str = ""
    """What a bar should not exceed, or nothing."""
    limits: tuple[Line, ...] = ()
    are_levels: bool = False
    """Whether a row says how many there were then, so that a sum over the rows would mean nothing."""
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
        if self.are_levels:
            last = self.rows[-1]
            now = ", ".join(
                f"{name} {value:,}" for name, value in zip(self.names, last.values, strict=True) if value
            )
            return f"{self.rows[0].label} to {last.label}. At the end: {now or 'none'}."
        totals = ", ".join(f"{name} {total:,}" for name, total in zip(self.names, self.totals, strict=True))
        highest = max(self.rows, key=lambda row: sum(row.values))
        said = f"{self.rows[0].label} to {self.rows[-1].label}. In all: {totals}. Highest: {highest.label}."
        beyond = [row.label for row in self.rows if row.limit is not None and sum(row.values) > row.limit]
        return f"{said} Beyond the {self.limit_name.lower()}: {', '.join(beyond)}." if beyond else said


def stacked_bars(
    title: str,
    names: Sequence[str],
    rows: Sequence[tuple[str, Sequence[int]]],
    *,
    axis: str = "Day",
    limit_name: str = "",
    limits: Sequence[int | None] = (),
    least_top: int = 0,
    are_levels: bool = False,
) -> BarChart:
    """One bar for each row of label and values; each has as many values, none negative, as there are names.

    `limits`: a line for each row, None for a row without one; no `limits`: no lines. `least_top`: what the scale
    holds at least, so that two charts can be compared. Raises ValueError if the numbers do not fit together.
    """
    if any(len(values) != len(names) or min(values, default=0) < 0 for _label, values in rows):
        raise ValueError("every row needs one value, zero or more, for each name")
    if limits and (
        len(limits) != len(rows) or min((limit for limit in limits if limit is not None), default=0) < 0
    ):
        raise ValueError("every row needs one limit, zero or more, or None")
    lines = list(limits) or [None] * len(rows)
    top = _round_up(
        max(
            [
                least_top,
                *(sum(values) for _label, values in rows),
                *(limit for limit in lines if limit is not None),
            ]
        )
    )
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
        rows=tuple(
            Row(label, tuple(values), limit) for (label, values), limit in zip(rows, lines, strict=True)
        ),
        axis=axis,
        are_levels=are_levels,
        limit_name=limit_name,
        limits=tuple(
            Line(
                round(LEFT + room * (place + GAP / 4), 2),
                round(LEFT + room * (place + 1 - GAP / 4), 2),
                round(base - limit * per_unit, 2),
                f"{label}: {limit_name} {limit:,}",
            )
            for place, ((label, _values), limit) in enumerate(zip(rows, lines, strict=True))
            if limit is not None
        ),
    )


def few(
    names: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]], *, most: int = FILLINGS
) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """The same with at most `most` (2 or more) parts a bar: those with the least in all become one, the last."""
    if len(names) <= most:
        return list(names), [(label, list(values)) for label, values in rows]
    totals = [sum(values[part] for _label, values in rows) for part in range(len(names))]
    kept = sorted(sorted(range(len(names)), key=lambda part: -totals[part])[: most - 1])
    drawn = [
        (label, [*(values[part] for part in kept), sum(values) - sum(values[part] for part in kept)])
        for label, values in rows
    ]
    return [*(names[part] for part in kept), f"{len(names) - len(kept)} others"], drawn


def strip(words: str, cells: Sequence[tuple[Shape, str, str]]) -> Strip:
    """A strip of cells, each with its shape, the class of its colour, and what it says."""
    paths: dict[tuple[Shape, str], list[str]] = {}
    for place, (shape, tone, _said) in enumerate(cells):
        paths.setdefault((shape, tone), []).append(_OUTLINES[shape].format(x=place * CELL + 1))
    return Strip(
        words=words,
        marks=tuple(Marks(shape, tone, "".join(found)) for (shape, tone), found in paths.items()),
        cells=tuple(Tick(place * CELL, said) for place, (_shape, _tone, said) in enumerate(cells)),
        width=len(cells) * CELL,
    )


_OUTLINES = {  # four wide and STRIP_HEIGHT high at most, a line's own width included
    Shape.BAR: "M{x} 0h4v20h-4z",
    Shape.HOLLOW: "M{x} 1m.5 0h3v18h-3z",
    Shape.HALF: "M{x} 11h4v9h-4z",
    Shape.RING: "M{x} 10m.5 0a1.5 3 0 1 0 3 0a1.5 3 0 1 0-3 0",
    Shape.CROSS: "M{x} 7l4 6m0-6l-4 6",
    Shape.DOT: "M{x} 17h4v3h-4z",
}


def _round_up(number: int) -> int:
    """The end of a scale that holds `number`: 1, 2 or 5 times a power of ten, and even where it is halved."""
    if number <= 2:
        return 2
    power = 10 ** (len(str(number)) - 1)
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= number)
