"""Flat illustration with Pillow: smooth outlines, tapering limbs, clipped shading.

Co-ordinates are pixels of the finished picture, x to the right and y down. Everything is drawn at
`SCALE` times that size and reduced once, which is what makes the edges smooth. The same calls give the
same pixels under one version of Pillow.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageChops, ImageColor, ImageDraw

WIDTH, HEIGHT = 1200, 800
SCALE = 3
EDGE = 16  # steps of a channel that count as one shade where an edge is softened

Point = tuple[float, float]
Outline = Sequence[Point]


def mix(first: str, second: str, share: float) -> str:
    """The colour that lies `share` (0 to 1) of the way from `first` to `second`; `#rrggbb` both."""
    channels = ((int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in channels)


def smooth(points: Outline, *, closed: bool = False, steps: int = 18) -> list[Point]:
    """A Catmull-Rom curve through `points`, `steps` samples for each span."""
    pts = list(points)
    ring = [pts[-1], *pts, pts[0], pts[1]] if closed else [pts[0], *pts, pts[-1]]
    curve: list[Point] = []
    for p0, p1, p2, p3 in zip(ring, ring[1:], ring[2:], ring[3:], strict=False):
        for step in range(steps):
            t = step / steps
            x, y = (
                0.5
                * (
                    2 * p1[i]
                    + (p2[i] - p0[i]) * t
                    + (2 * p0[i] - 5 * p1[i] + 4 * p2[i] - p3[i]) * t * t
                    + (3 * p1[i] - p0[i] - 3 * p2[i] + p3[i]) * t**3
                )
                for i in (0, 1)
            )
            curve.append((x, y))
    return curve if closed else [*curve, pts[-1]]


def ellipse(
    centre: Point, rx: float, ry: float, *, turn: float = 0, start: float = 0, end: float = 360
) -> list[Point]:
    """An ellipse, or the arc of it from `start` to `end`; `turn` and both ends in degrees, clockwise."""
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    samples = 120
    outline = []
    for i in range(samples + 1):
        angle = math.radians(start + (end - start) * i / samples)
        x, y = rx * math.cos(angle), ry * math.sin(angle)
        outline.append((centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos))
    return outline


def rounded(
    x: float, y: float, width: float, height: float, radius: float, *, turn: float = 0
) -> list[Point]:
    """A rectangle with round corners, turned about its own centre by `turn` degrees."""
    corners = [
        (x + width - radius, y + radius, -90),
        (x + width - radius, y + height - radius, 0),
        (x + radius, y + height - radius, 90),
        (x + radius, y + radius, 180),
    ]
    outline = [p for cx, cy, a in corners for p in ellipse((cx, cy), radius, radius, start=a, end=a + 90)]
    return rotated(outline, (x + width / 2, y + height / 2), turn)


def rotated(outline: Outline, about: Point, degrees: float) -> list[Point]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [
        (
            about[0] + (x - about[0]) * cos - (y - about[1]) * sin,
            about[1] + (x - about[0]) * sin + (y - about[1]) * cos,
        )
        for x, y in outline
    ]


def mirrored(outline: Outline, axis: float = WIDTH / 2) -> list[Point]:
    """`outline` reflected in the vertical line x = `axis`."""
    return [(2 * axis - x, y) for x, y in outline]


class Limb:
    """A tapering tube along a curve, with its own co-ordinates.

    `widths`, in pixels, has one for each point. A place on the limb is (`along`, `across`): `along` runs
    from 0 at the first point to 1 at the last, by length; `across` from -0.5 to 0.5, positive to the
    right-hand side of the way it runs (for a limb that runs down the page: to the left of the page).
    """

    def __init__(self, points: Outline, widths: Sequence[float]) -> None:
        self.widths = widths
        self._curve = smooth(points)
        self._curve_widths = [w for w, _ in smooth([(w, 0.0) for w in widths])]
        self._lengths = [0.0]
        for a, b in pairwise(self._curve):
            self._lengths.append(self._lengths[-1] + math.dist(a, b))

    def at(self, along: float, across: float = 0) -> Point:
        curve, lengths, widths = self._curve, self._lengths, self._curve_widths
        want = along * lengths[-1]
        i = min(max(bisect_right(lengths, want) - 1, 0), len(curve) - 2)
        share = (want - lengths[i]) / (lengths[i + 1] - lengths[i])
        (ax, ay), (bx, by) = curve[max(i - 2, 0)], curve[min(i + 3, len(curve) - 1)]
        norm = math.hypot(bx - ax, by - ay)
        width = widths[i] + (widths[i + 1] - widths[i]) * share
        x = curve[i][0] + (curve[i + 1][0] - curve[i][0]) * share
        y = curve[i][1] + (curve[i + 1][1] - curve[i][1]) * share
        return x - (by - ay) / norm * width * across, y + (bx - ax) / norm * width * across

    def strip(
        self, start: float = 0, end: float = 1, left: float = -0.5, right: float = 0.5, *, bow: float = 0
    ) -> list[Point]:
        """The part between two places along and two across. `bow` bends both ends along the limb, as the
        rim of a sleeve looks from slightly above (positive: towards the far end)."""
        many, few = 90, 24
        spread = [left + (right - left) * i / few for i in range(few + 1)]

        def rim(along: float, across: float) -> Point:
            return self.at(along + bow * (1 - (2 * across) ** 2), across)

        return [
            *(rim(start, s) for s in spread),
            *(self.at(start + (end - start) * i / many, right) for i in range(many + 1)),
            *(rim(end, s) for s in reversed(spread)),
            *(self.at(end - (end - start) * i / many, left) for i in range(many + 1)),
        ]

    def shape(self, places: Outline, *, closed: bool = True) -> list[Point]:
        """A smooth outline through places given in the limb's own co-ordinates."""
        return [self.at(along, across) for along, across in smooth(places, closed=closed)]

    def line(self, start: float, end: float, across: float = 0) -> list[Point]:
        return [self.at(start + (end - start) * i / 60, across) for i in range(61)]

    def ring(self, along: float, *, left: float = -0.5, right: float = 0.5, bow: float = 0) -> list[Point]:
        """A line across the limb."""
        spread = [left + (right - left) * i / 24 for i in range(25)]
        return [self.at(along + bow * (1 - (2 * s) ** 2), s) for s in spread]


class Canvas:
    """One picture being drawn, back to front."""

    def __init__(self, ground: str) -> None:
        self._image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), ground)
        self._draw = ImageDraw.Draw(self._image)
        self._drawn: dict[tuple[int, ...], None] = {ImageColor.getrgb(ground): None}  # in order, each once

    def fill(self, outline: Outline, colour: str, *, inside: Outline | None = None) -> None:
        """Fill `outline`, or the part of it that lies within `inside`."""
        self._drawn[ImageColor.getrgb(colour)] = None
        if inside is None:
            self._draw.polygon(_scaled(outline), fill=colour)
        else:
            self._paste(self._mask_of(outline), inside, colour)

    def limb(self, limb: Limb, colour: str) -> None:
        """Fill a limb with round ends."""
        self.fill(limb.strip(), colour)
        for place, width in ((0.0, limb.widths[0]), (1.0, limb.widths[-1])):
            self.fill(ellipse(limb.at(place), width / 2, width / 2), colour)

    def stroke(self, path: Outline, width: float, colour: str, *, inside: Outline | None = None) -> None:
        """A line of even width with round ends and joints."""
        self._drawn[ImageColor.getrgb(colour)] = None
        if inside is None:
            _stroke(self._draw, path, width, colour)
        else:
            mask = Image.new("L", self._image.size)
            _stroke(ImageDraw.Draw(mask), path, width, 255)
            self._paste(mask, inside, colour)

    def dashes(self, path: Outline, width: float, colour: str, *, dash: float = 14, gap: float = 13) -> None:
        """A dashed line: `dash` and `gap` are lengths in pixels."""
        piece: list[Point] = []
        gone = 0.0
        for a, b in pairwise(path):
            parts = max(1, round(math.dist(a, b)))
            for i in range(parts):
                place = (a[0] + (b[0] - a[0]) * i / parts, a[1] + (b[1] - a[1]) * i / parts)
                if gone % (dash + gap) < dash:
                    piece.append(place)
                elif len(piece) > 1:
                    self.stroke(piece, width, colour)
                    piece = []
                gone += math.dist(a, b) / parts
        if len(piece) > 1:
            self.stroke(piece, width, colour)

    def arrow(self, path: Outline, width: float, colour: str) -> None:
        """A line that ends in an open arrow head."""
        self.stroke(path, width, colour)
        (ax, ay), (bx, by) = path[-4], path[-1]
        angle = math.atan2(by - ay, bx - ax)
        for side in (-1, 1):
            turn = angle + side * math.radians(145)
            tip = (bx + 3.4 * width * math.cos(turn), by + 3.4 * width * math.sin(turn))
            self.stroke([(bx, by), tip], width, colour)

    def finished(self, colours: int) -> Image.Image:
        """The picture at its final size, in a palette of at most `colours` (up to 256).

        The colours it was drawn in are kept exactly; the rest of the palette goes to the commonest shades
        of edges.
        """
        small = self._image.reduce(SCALE)
        shades: Counter[tuple[int, ...]] = Counter()
        for pixels, colour in small.getcolors(WIDTH * HEIGHT) or ():
            if isinstance(colour, tuple) and colour not in self._drawn:
                shades[tuple(channel // EDGE * EDGE + EDGE // 2 for channel in colour)] += pixels
        palette = [*self._drawn, *(shade for shade, _ in shades.most_common())]
        image = Image.new("P", (1, 1))
        image.putpalette([channel for colour in palette[:colours] for channel in colour])
        return small.quantize(palette=image, dither=Image.Dither.NONE)

    def _mask_of(self, outline: Outline) -> Image.Image:
        mask = Image.new("L", self._image.size)
        ImageDraw.Draw(mask).polygon(_scaled(outline), fill=255)
        return mask

    def _paste(self, mask: Image.Image, inside: Outline, colour: str) -> None:
        self._image.paste(colour, mask=ImageChops.multiply(mask, self._mask_of(inside)))


def _scaled(outline: Outline) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in outline]


def _stroke(draw: ImageDraw.ImageDraw, path: Outline, width: float, colour: str | int) -> None:
    points, half = _scaled(path), width * SCALE / 2
    left, right = [], []
    for i, (x, y) in enumerate(points):
        (ax, ay), (bx, by) = points[max(i - 1, 0)], points[min(i + 1, len(points) - 1)]
        length = math.hypot(bx - ax, by - ay) or 1.0
        dx, dy = -(by - ay) / length * half, (bx - ax) / length * half
        left.append((x + dx, y + dy))
        right.append((x - dx, y - dy))
    for a, b, c, d in zip(left, left[1:], right[1:], right, strict=False):
        draw.polygon((a, b, c, d), fill=colour)
    for i, (x, y) in enumerate(points):
        if i in (0, len(points) - 1) or _turns(points[i - 1 : i + 2]):
            draw.ellipse((x - half, y - half, x + half, y + half), fill=colour)


def _turns(three: Outline) -> bool:
    """Whether a path bends by more than 20 degrees at the second of three points."""
    (ax, ay), (bx, by), (cx, cy) = three
    before, after = math.atan2(by - ay, bx - ax), math.atan2(cy - by, cx - bx)
    return abs(math.remainder(after - before, math.tau)) > math.radians(20)
