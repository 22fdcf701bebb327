"""What all pictures share: colours, skin tones, the empty scene."""

from __future__ import annotations

from typing import NamedTuple

from demo.artwork.drawing import (
    Canvas,
    ellipse,
    mix,
    rotated,
    smooth,
)

MIST, SAND, SKY = "#e9f1ef", "#f6efe5", "#e7eef4"
INK, NAVY = "#1f3a4a", "#2e5266"
TEAL, TEAL_DEEP, TEAL_PALE = "#3f918e", "#2b6f6f", "#a8d2cc"
CORAL, CORAL_PALE = "#e2725b", "#f2b3a2"
AMBER, AMBER_DEEP = "#f0bd4f", "#d79a2b"
BONE, BONE_SHADE, BONE_LINE = "#faf0da", "#e8d7b4", "#cdb88d"
MUSCLE, MUSCLE_SHADE, MUSCLE_PALE = "#c8655c", "#ac4f4a", "#dc8b80"
TENDON = "#f4e6d8"
PLUM = "#6d4a7c"
WHITE, SHOE = "#ffffff", "#cddde3"


class Skin(NamedTuple):
    """A skin tone, its shade and the hair that goes with it."""

    tone: str
    shade: str
    hair: str


FAIR = Skin("#f2cdaa", "#e2b48b", "#7a4f35")
OLIVE = Skin("#d29b6c", "#bb8354", "#2f2a2c")
BROWN = Skin("#96633f", "#7e5033", "#241f22")


def scene(ground: str, *, lean: float = 0) -> Canvas:
    """An empty picture: a tint and, behind the subject, one soft shape turned by `lean` degrees."""
    canvas = Canvas(ground)
    cloud = [(150, 420), (260, 170), (560, 90), (880, 120), (1060, 350), (1000, 620), (720, 720), (340, 690)]
    canvas.fill(rotated(smooth(cloud, closed=True), (600, 400), lean), mix(ground, WHITE, 0.62))
    for x, y, size in ((118, 140, 15), (1085, 660, 18), (1090, 118, 11), (96, 640, 10)):
        colour = mix(ground, TEAL, 0.22)
        canvas.stroke([(x - size, y), (x + size, y)], size * 0.55, colour)
        canvas.stroke([(x, y - size), (x, y + size)], size * 0.55, colour)
    return canvas


def shadow_on_floor(canvas: Canvas, y: float, left: float, right: float, ground: str) -> None:
    canvas.fill(ellipse(((left + right) / 2, y), (right - left) / 2, 20), mix(ground, INK, 0.13))
