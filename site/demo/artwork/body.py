"""Body regions: what a caption of an article points at."""

from __future__ import annotations

import math
from itertools import pairwise

from demo.artwork.drawing import (
    Canvas,
    Limb,
    Outline,
    Point,
    ellipse,
    mirrored,
    mix,
    rotated,
    rounded,
    smooth,
)
from demo.artwork.palette import (
    AMBER,
    AMBER_DEEP,
    BONE,
    BONE_LINE,
    BONE_SHADE,
    CORAL,
    CORAL_PALE,
    FAIR,
    INK,
    MUSCLE,
    MUSCLE_PALE,
    MUSCLE_SHADE,
    NAVY,
    OLIVE,
    PLUM,
    SAND,
    TEAL,
    TEAL_DEEP,
    TEAL_PALE,
    TENDON,
    WHITE,
    Skin,
    scene,
)


def _fibres(canvas: Canvas, limb: Limb, start: float, end: float, places: Outline, belly: Outline) -> None:
    """Fine lines along a muscle; `places` are (across at the start, across at the end)."""
    for first, last in places:
        path = [limb.at(start + (end - start) * i / 40, first + (last - first) * i / 40) for i in range(41)]
        canvas.stroke(path, 2.6, MUSCLE_PALE, inside=belly)


def _muscle(canvas: Canvas, outline: Outline, shade_by: Point) -> None:
    """A muscle with its shaded edge: the part that the outline, moved by `shade_by`, leaves bare."""
    canvas.fill(outline, MUSCLE_SHADE)
    canvas.fill([(x + shade_by[0], y + shade_by[1]) for x, y in outline], MUSCLE, inside=outline)


def legs(canvas: Canvas, skin: Skin, shorts: str) -> Limb:
    """A standing pair of legs, waist to calf, the same from before and behind; returns the right-hand one."""
    points = [(708, 20), (716, 210), (697, 430), (690, 540), (698, 680), (690, 900)]
    widths = [240, 232, 168, 146, 164, 110]
    right, left = Limb(points, widths), Limb(mirrored(points), widths)
    for leg, side in ((left, 1), (right, -1)):
        canvas.fill(leg.strip(), skin.tone)
        canvas.fill(leg.strip(0.05, 1, side * 0.5, side * 0.33), skin.shade)
    hip = smooth([(796, -70), (824, -10), (838, 40), (840, 120)])
    canvas.fill([*hip, *reversed(mirrored(hip))], shorts)
    for leg in (left, right):
        canvas.fill(leg.strip(0.02, 0.235, -0.535, 0.535, bow=0.012), shorts)
        canvas.stroke(leg.ring(0.224, left=-0.51, right=0.51, bow=0.012), 5, mix(shorts, WHITE, 0.4))
    canvas.stroke([(600, 60), (600, 214)], 5, mix(shorts, INK, 0.25))
    return right


def hamstrings() -> Canvas:
    canvas = scene(SAND)
    leg = legs(canvas, FAIR, mix(NAVY, WHITE, 0.18))
    window = leg.shape(
        [
            (0.13, 0.36),
            (0.13, -0.36),
            (0.3, -0.46),
            (0.5, -0.44),
            (0.69, -0.4),
            (0.69, 0.4),
            (0.5, 0.44),
            (0.3, 0.46),
        ]
    )
    canvas.fill(window, mix(FAIR.shade, MUSCLE_SHADE, 0.18))
    femur = Limb([leg.at(0.1, -0.05), leg.at(0.35, -0.04), leg.at(0.6, 0)], [46, 40, 58])
    canvas.fill(femur.strip(), BONE_SHADE, inside=window)
    for side in (-0.2, 0.2):
        canvas.fill(ellipse(leg.at(0.6, side), 33, 30), BONE_SHADE)
        canvas.fill(ellipse(leg.at(0.6, side), 27, 24), BONE)
    canvas.fill(ellipse(leg.at(0.135, 0.12), 42, 34, turn=-20), BONE_SHADE)
    canvas.fill(ellipse(leg.at(0.132, 0.12), 36, 28, turn=-20), BONE)
    inner_deep = leg.shape(
        [(0.16, 0.14), (0.3, 0.34), (0.46, 0.42), (0.57, 0.4), (0.6, 0.3), (0.5, 0.16), (0.34, 0.08)]
    )
    _muscle(canvas, inner_deep, (5, -3))
    canvas.stroke([leg.at(0.57, 0.36), leg.at(0.64, 0.36), leg.at(0.67, 0.3)], 13, TENDON)
    inner = leg.shape(
        [(0.155, 0.1), (0.27, 0.25), (0.4, 0.26), (0.5, 0.2), (0.53, 0.16), (0.46, 0.05), (0.3, 0.0)]
    )
    _muscle(canvas, inner, (6, -3))
    canvas.stroke(
        smooth([leg.at(0.51, 0.17), leg.at(0.58, 0.24), leg.at(0.64, 0.27), leg.at(0.68, 0.24)]), 9, TENDON
    )
    outer = leg.shape(
        [
            (0.155, 0.06),
            (0.22, -0.12),
            (0.36, -0.32),
            (0.5, -0.38),
            (0.57, -0.36),
            (0.56, -0.26),
            (0.46, -0.08),
            (0.3, 0.02),
        ]
    )
    _muscle(canvas, outer, (-7, -3))
    canvas.stroke(smooth([leg.at(0.55, -0.33), leg.at(0.61, -0.37), leg.at(0.665, -0.34)]), 12, TENDON)
    _fibres(canvas, leg, 0.2, 0.58, [(0.14, 0.36), (0.18, 0.42)], inner_deep)
    _fibres(canvas, leg, 0.18, 0.52, [(0.07, 0.13), (0.13, 0.18), (0.18, 0.22)], inner)
    _fibres(canvas, leg, 0.18, 0.57, [(0.04, -0.24), (0.0, -0.29), (-0.05, -0.34)], outer)
    return canvas


def _quadriceps(canvas: Canvas, leg: Limb) -> None:
    window = leg.shape(
        [
            (0.14, 0.38),
            (0.12, -0.38),
            (0.3, -0.46),
            (0.5, -0.45),
            (0.68, -0.36),
            (0.68, 0.36),
            (0.5, 0.45),
            (0.3, 0.46),
        ]
    )
    canvas.fill(window, mix(FAIR.shade, MUSCLE_SHADE, 0.18))
    outer = leg.shape(
        [
            (0.17, -0.3),
            (0.26, -0.43),
            (0.42, -0.44),
            (0.53, -0.34),
            (0.56, -0.18),
            (0.45, -0.08),
            (0.28, -0.12),
        ]
    )
    inner = leg.shape(
        [(0.27, 0.14), (0.36, 0.32), (0.48, 0.44), (0.565, 0.4), (0.6, 0.22), (0.52, 0.06), (0.38, 0.04)]
    )
    centre = leg.shape(
        [
            (0.13, -0.05),
            (0.2, -0.17),
            (0.34, -0.2),
            (0.47, -0.12),
            (0.535, 0.0),
            (0.47, 0.12),
            (0.34, 0.17),
            (0.2, 0.1),
        ]
    )
    _muscle(canvas, outer, (-6, -3))
    _muscle(canvas, inner, (6, -3))
    canvas.fill(leg.shape([(0.5, -0.13), (0.5, 0.13), (0.6, 0.17), (0.6, -0.17)]), TENDON)
    _muscle(canvas, centre, (-7, -2))
    _fibres(canvas, leg, 0.2, 0.56, [(-0.34, -0.26), (-0.28, -0.2), (-0.39, -0.33)], outer)
    _fibres(canvas, leg, 0.28, 0.58, [(0.16, 0.22), (0.2, 0.3), (0.24, 0.37)], inner)
    for side in (-0.1, 0.0, 0.1):
        canvas.stroke(
            [leg.at(0.17 + abs(side) * 0.4, side * 0.5), leg.at(0.34, side), leg.at(0.5, side * 0.5)],
            2.6,
            MUSCLE_PALE,
            inside=centre,
        )
    canvas.stroke([leg.at(0.62, 0), leg.at(0.705, 0)], 30, TENDON)
    canvas.fill(ellipse(leg.at(0.605), 39, 43), BONE_LINE)
    canvas.fill(ellipse(leg.at(0.605), 35, 39), BONE)
    canvas.fill(ellipse(leg.at(0.6, 0.06), 20, 23), mix(BONE, WHITE, 0.6))


def quadriceps() -> Canvas:
    canvas = scene(SAND)
    _quadriceps(canvas, legs(canvas, FAIR, mix(TEAL, WHITE, 0.12)))
    return canvas


def bruise() -> Canvas:
    canvas = scene(SAND, lean=8)
    leg = Limb(
        [(330, -40), (338, 190), (330, 430), (322, 550), (328, 690), (318, 900)],
        [300, 280, 205, 172, 192, 130],
    )
    canvas.fill(leg.strip(), FAIR.tone)
    canvas.fill(leg.strip(0, 1, -0.5, -0.34), FAIR.shade)
    canvas.fill(leg.strip(0, 0.17, -0.53, 0.53, bow=0.012), TEAL)
    canvas.stroke(leg.ring(0.163, left=-0.52, right=0.52, bow=0.012), 6, TEAL_PALE)
    knee = leg.at(0.62)
    canvas.stroke(ellipse(knee, 46, 44, start=20, end=160), 5, FAIR.shade)
    spot = leg.at(0.36, -0.06)
    for size, share in ((1.0, 0.25), (0.78, 0.5), (0.5, 0.8)):
        patch = [(spot[0] + x * size, spot[1] + y * size) for x, y in
                 smooth([(-72, -30), (-20, -82), (54, -62), (80, 4), (48, 76), (-24, 86), (-76, 40)], closed=True)]  # fmt: skip
        canvas.fill(patch, mix(FAIR.tone, PLUM, share))
    centre, radius = (815.0, 400.0), 225.0
    canvas.dashes(
        [(spot[0] + 20, spot[1] - 78), (centre[0] - 60, centre[1] - radius - 6)], 5, mix(SAND, INK, 0.45)
    )
    canvas.dashes(
        [(spot[0] + 20, spot[1] + 82), (centre[0] - 60, centre[1] + radius + 6)], 5, mix(SAND, INK, 0.45)
    )
    rim = ellipse(centre, radius + 14, radius + 14)
    canvas.fill(ellipse((centre[0], centre[1] + 10), radius + 16, radius + 16), mix(SAND, INK, 0.14))
    canvas.fill(rim, WHITE)
    canvas.fill(ellipse(centre, radius, radius), FAIR.shade)
    canvas.fill(ellipse(centre, radius - 14, radius - 14), "#f7dfae")
    flesh = ellipse(centre, radius - 38, radius - 38)
    canvas.fill(flesh, MUSCLE)
    bone = (centre[0] + 6, centre[1] + 26)
    for angle in (-170, -112, -30, 28, 82, 132):
        far = (bone[0] + 240 * math.cos(math.radians(angle)), bone[1] + 240 * math.sin(math.radians(angle)))
        middle = ((bone[0] + far[0]) / 2 + 14, (bone[1] + far[1]) / 2 - 10)
        canvas.stroke(smooth([bone, middle, far]), 7, mix(MUSCLE, WHITE, 0.55), inside=flesh)
    for size, colour in ((1.22, MUSCLE_SHADE), (1.0, PLUM), (0.62, mix(PLUM, INK, 0.35))):
        pool = [(centre[0] - 6 + x * size, centre[1] - 92 + y * size) for x, y in
                smooth([(-98, 6), (-48, -46), (30, -50), (92, -12), (70, 34), (6, 50), (-66, 42)], closed=True)]  # fmt: skip
        canvas.fill(pool, colour, inside=flesh)
    canvas.fill(ellipse(bone, 58, 54), BONE_LINE)
    canvas.fill(ellipse(bone, 53, 49), BONE)
    canvas.fill(ellipse(bone, 27, 24), CORAL_PALE)
    return canvas


def _spine_side(canvas: Canvas) -> list[tuple[Point, float]]:
    """Lower spine from the side, front to the left; returns centre and tilt (degrees) of each vertebra."""
    levels: list[tuple[Point, float]] = [
        ((497, 50), 9.0),
        ((474, 226), 4.0),
        ((474, 405), -4.0),
        ((506, 582), -14.0),
        ((570, 752), -26.0),
    ]
    for (x, y), tilt in levels:
        for shrink, colour in ((0, BONE_LINE), (9, BONE_SHADE)):
            process = Limb(
                [(x + 150, y + 8), (x + 235, y + 24), (x + 306, y + 54)],
                [54 - shrink, 58 - shrink, 76 - shrink],
            )
            canvas.fill(rotated(process.strip(), (x, y), tilt), colour)
            canvas.fill(
                rotated(ellipse(process.at(1), 38 - shrink / 2, 38 - shrink / 2), (x, y), tilt), colour
            )
    canal = Limb(
        [(666, -40), (640, 140), (634, 320), (652, 490), (704, 660), (790, 860)], [66, 66, 66, 66, 62, 54]
    )
    canvas.fill(canal.strip(), mix(AMBER, WHITE, 0.55))
    for left, right in ((-0.5, -0.38), (0.38, 0.5)):
        canvas.fill(canal.strip(0, 1, left, right), AMBER)
    canvas.stroke(canal.line(0, 1), 5, AMBER)
    for ((ax, ay), a), ((bx, by), b) in pairwise(levels):
        x, y = (ax + bx) / 2, (ay + by) / 2
        canvas.fill(rounded(x - 102, y - 36, 204, 72, 34, turn=(a + b) / 2), TEAL_DEEP)
        canvas.fill(rounded(x - 96, y - 36, 192, 66, 30, turn=(a + b) / 2), TEAL)
        canvas.fill(ellipse((x, y), 46, 12, turn=(a + b) / 2), TEAL_PALE)
    for (x, y), tilt in levels:
        for grow, dx, colour in ((0, 0, BONE_LINE), (-4, 0, BONE_SHADE), (-6, -6, BONE)):
            body = Limb(
                [(x + dx, y - 50 - grow), (x + dx, y), (x + dx, y + 50 + grow)],
                [184 + 2 * grow, 160 + 2 * grow, 184 + 2 * grow],
            ).strip()
            place = rotated([*body, body[0]], (x, y), tilt)
            canvas.fill(place, colour)
            canvas.stroke(place, 20, colour)
    return levels


def bulging_disc() -> Canvas:
    canvas = scene(SAND)
    levels = _spine_side(canvas)
    for (x, y), tilt in levels[:4]:
        start = rotated([(x + 172, y + 66)], (x, y), tilt)[0]
        path = smooth([start, (start[0] + 70, start[1] + 26), (start[0] + 150, start[1] + 92)])
        canvas.stroke(path, 24, AMBER_DEEP)
        canvas.stroke(path, 17, CORAL if y == 405 else AMBER)
    bulge = [
        (448, 500),
        (500, 481),
        (562, 472),
        (626, 455),
        (670, 480),
        (666, 520),
        (622, 532),
        (564, 512),
        (500, 516),
    ]
    canvas.fill(smooth(bulge, closed=True), CORAL)
    shine = [(466, 498), (520, 487), (580, 478), (630, 468), (648, 482), (612, 494), (560, 497)]
    canvas.fill(smooth(shine, closed=True), CORAL_PALE)
    for radius, width, share in ((96, 6, 0.0), (128, 4.5, 0.45)):
        canvas.stroke(ellipse((650, 497), radius, radius), width, mix(CORAL, SAND, share))
    return canvas


def _hips(canvas: Canvas, skin: Skin) -> None:
    """Waist to upper thighs from behind, filling the height of the picture."""
    side = [(860, -60), (838, 40), (862, 180), (948, 330), (1002, 480), (1012, 640), (985, 900)]
    right = smooth(side)
    left = smooth([(1200 - x, y) for x, y in side])
    canvas.fill([*right, *reversed(left)], skin.tone)
    canvas.fill([*right, *[(x - 34, y) for x, y in reversed(right)]], skin.shade)
    canvas.stroke(smooth([(600, 640), (596, 720), (600, 900)]), 7, skin.shade)


def _pelvis(canvas: Canvas) -> None:
    """The bony pelvis from behind, without the sacrum."""
    for flip in (False, True):

        def place(outline: Outline, flip: bool = flip) -> list[Point]:
            return mirrored(outline) if flip else list(outline)

        ramus = Limb([(800, 500), (700, 560), (600, 552)], [54, 40, 52])
        lower = Limb([(760, 620), (690, 622), (612, 572)], [46, 34, 36])
        for part in (ramus, lower):
            canvas.fill(place(part.strip()), BONE_SHADE)
        shaft = Limb([(962, 470), (950, 600), (928, 860)], [92, 70, 64])
        neck = Limb([(880, 440), (962, 462)], [58, 78])
        for part, colour in ((shaft, BONE_SHADE), (neck, BONE_SHADE)):
            canvas.fill(place(part.strip()), colour)
        canvas.fill(place(shaft.strip(0, 1, -0.2, 0.5)), BONE)
        canvas.fill(place(ellipse((966, 448), 50, 56, turn=20)), BONE_SHADE)
        canvas.fill(place(ellipse((960, 446), 43, 49, turn=20)), BONE)
        canvas.fill(place(ellipse((872, 440), 48, 48)), BONE_SHADE)
        canvas.fill(place(ellipse((868, 436), 42, 42)), BONE)
    wing = smooth(
        [(672, 290), (706, 220), (770, 168), (858, 166), (918, 226), (926, 312), (880, 380), (846, 420), (838, 480), (812, 560),
         (784, 636), (740, 652), (722, 606), (748, 540), (752, 480), (720, 424), (690, 372)], closed=True)  # fmt: skip
    for outline in (mirrored(wing), wing):
        canvas.fill(outline, BONE_LINE)
        about = (800.0, 400.0) if outline is wing else (400.0, 400.0)
        canvas.fill(
            [(about[0] + (x - about[0]) * 0.965, about[1] + (y - about[1]) * 0.975) for x, y in outline], BONE
        )
    hollow = smooth([(742, 250), (820, 214), (880, 262), (872, 330), (800, 372), (744, 330)], closed=True)
    for outline in (hollow, mirrored(hollow)):
        canvas.fill(outline, mix(BONE, BONE_SHADE, 0.45))
    for y, width in ((-10, 128), (92, 136), (194, 146)):
        for side in (-1, 1):
            canvas.fill(
                Limb([(600, y), (600 + side * (width / 2 + 48), y - 6)], [34, 22]).strip(), BONE_SHADE
            )
            canvas.fill(ellipse((600 + side * (width / 2 + 48), y - 6), 12, 11), BONE_SHADE)
        canvas.fill(rounded(600 - width / 2, y - 36, width, 72, 24), BONE_LINE)
        canvas.fill(rounded(600 - width / 2 + 4, y - 33, width - 8, 64, 22), BONE)
        canvas.fill(Limb([(600, y - 22), (600, y + 34)], [24, 34]).strip(), BONE_SHADE)
        canvas.fill(ellipse((600, y + 32), 17, 15), BONE_SHADE)
        canvas.fill(rounded(600 - width / 2 + 12, y + 38, width - 24, 22, 11), TEAL)


def _sacrum(canvas: Canvas) -> None:
    sacrum = smooth(
        [
            (528, 256),
            (600, 250),
            (672, 256),
            (684, 310),
            (652, 400),
            (618, 478),
            (600, 500),
            (582, 478),
            (548, 400),
            (516, 310),
        ],
        closed=True,
    )
    canvas.fill(sacrum, BONE_LINE)
    canvas.fill(
        [(600 + (x - 600) * 0.955, 370 + (y - 370) * 0.97) for x, y in sacrum], mix(BONE, WHITE, 0.25)
    )
    for i in range(4):
        for side in (-1, 1):
            canvas.fill(ellipse((600 + side * (42 - 6 * i), 304 + 44 * i), 9 - i, 7 - i * 0.6), BONE_LINE)
        canvas.fill(ellipse((600, 296 + 46 * i), 10 - i, 17 - 2 * i), BONE_SHADE)
    for i in range(3):
        canvas.fill(ellipse((600, 504 + 21 * i), 15 - 3 * i, 12 - 2 * i), BONE_SHADE)


def sacroiliac_joints() -> Canvas:
    canvas = scene(SAND)
    _hips(canvas, OLIVE)
    _pelvis(canvas)
    _sacrum(canvas)
    joint = smooth([(674, 272), (690, 316), (676, 366), (654, 404)])
    for path in (joint, mirrored(joint)):
        canvas.stroke(path, 30, mix(BONE, CORAL, 0.45))
        canvas.stroke(path, 13, CORAL)
    return canvas


def piriformis() -> Canvas:
    canvas = scene(SAND)
    _hips(canvas, FAIR)
    _pelvis(canvas)
    nerve = smooth([(640, 372), (700, 424), (752, 474), (812, 560), (846, 690), (856, 860)])
    canvas.stroke(nerve, 38, AMBER_DEEP)
    canvas.stroke(nerve, 29, AMBER)
    for shift in (-6, 5):
        canvas.stroke([(x + shift, y) for x, y in nerve], 2.6, mix(AMBER, WHITE, 0.5))
    belly = Limb([(616, 372), (716, 384), (810, 398), (900, 416), (966, 426)], [112, 108, 84, 48, 26])
    canvas.fill(belly.strip(), MUSCLE_SHADE)
    canvas.fill(belly.strip(0, 1, -0.5, 0.3), MUSCLE)
    for across in (-0.34, -0.17, 0.0, 0.17):
        canvas.stroke(belly.line(0.03, 0.86, across), 3, MUSCLE_PALE)
    tendon = belly.strip(0.82, 1)
    canvas.fill(tendon, TENDON)
    canvas.fill(ellipse(belly.at(1), 13, 13), TENDON)
    _sacrum(canvas)
    return canvas


def sciatic_nerve() -> Canvas:
    zoom = 1.5

    def near(outline: Outline) -> list[Point]:
        return [(600 + (x - 600) * zoom, 118 + (y - 118) * zoom) for x, y in outline]

    canvas = scene(SAND)
    side = smooth([(686, -60), (676, 40), (694, 120), (722, 200)])
    canvas.fill(near([*side, *reversed(mirrored(side))]), OLIVE.tone)
    canvas.fill(near([*side, *[(x - 14, y) for x, y in reversed(side)]]), OLIVE.shade)
    points = near([(660, 150), (672, 260), (655, 420), (648, 505), (656, 610), (645, 745)])
    widths = [zoom * width for width in (134, 130, 92, 78, 84, 50)]
    leg, other = Limb(points, widths), Limb(mirrored(points), widths)
    for limb, edge in ((other, 1), (leg, -1)):
        canvas.fill(limb.strip(), OLIVE.tone)
        canvas.fill(limb.strip(0.1, 1, edge * 0.5, edge * 0.34), OLIVE.shade)
    brief = [(474, 150), (500, 138), (600, 146), (700, 138), (726, 150), (742, 220), (726, 268)]
    brief += [(640, 288), (600, 294), (560, 288), (474, 268), (458, 220)]
    canvas.fill(near(smooth(brief, closed=True)), mix(TEAL, WHITE, 0.1))
    canvas.stroke(near(smooth([(478, 157), (600, 152), (722, 157)])), 11, TEAL_PALE)
    for i in range(6):
        y = -6 + i * 33
        canvas.fill(near(rounded(577, y, 46, 27, 10)), BONE_LINE)
        canvas.fill(near(rounded(579.5, y + 2, 41, 21, 8)), BONE)
    for shrink, colour in ((0, BONE_LINE), (4, BONE)):
        bone = [
            (570 + shrink, 192 + shrink),
            (630 - shrink, 192 + shrink),
            (618 - shrink, 250),
            (600, 276 - 2 * shrink),
        ]
        canvas.fill(near(smooth([*bone, (582 + shrink, 250)], closed=True)), colour)
    root = near([(652, 222)])[0]
    trunk = smooth([near([(622, 178)])[0], root, leg.at(0.23, -0.06), leg.at(0.42), leg.at(0.56)])
    roots = [near(smooth(start)) for start in (
        [(622, 122), (640, 164), (652, 222)], [(624, 150), (638, 184), (652, 222)], [(614, 212), (632, 220), (654, 240)],
    )]  # fmt: skip
    outer = smooth([leg.at(0.56), leg.at(0.64, -0.2), leg.at(0.76, -0.27), leg.at(0.97, -0.22)])
    inner = smooth([leg.at(0.56), leg.at(0.7, 0.07), leg.at(0.86, 0.05), leg.at(0.99, 0.1)])
    for width, colour in ((24, AMBER_DEEP), (16, AMBER)):
        for path in (*roots, outer, inner):
            canvas.stroke(path, width * 0.7, colour)
        canvas.stroke(trunk, width, colour)
    for place in (root, leg.at(0.36)):
        for radius, line, share in ((52, 6, 0.0), (76, 4.5, 0.4)):
            canvas.stroke(ellipse(place, radius, radius), line, mix(CORAL, OLIVE.tone, share))
    return canvas


def disc_from_above() -> Canvas:
    canvas = scene(SAND, lean=-6)
    for side in (-1, 1):
        wing = Limb([(600 + side * 120, 545), (600 + side * 250, 560), (600 + side * 352, 520)], [70, 54, 46])
        canvas.limb(
            Limb([(600 + side * 120, 548), (600 + side * 250, 564), (600 + side * 352, 524)], [78, 62, 54]),
            BONE_LINE,
        )
        canvas.limb(wing, BONE_SHADE)
        pedicle = Limb([(600 + side * 150, 440), (600 + side * 158, 560)], [84, 80])
        canvas.limb(Limb([(600 + side * 150, 440), (600 + side * 158, 560)], [92, 88]), BONE_LINE)
        canvas.limb(pedicle, BONE)
        canvas.limb(
            Limb([(600 + side * 160, 566), (600 + side * 84, 640), (600, 682)], [92, 72, 70]), BONE_LINE
        )
        canvas.limb(Limb([(600 + side * 160, 566), (600 + side * 84, 640), (600, 682)], [84, 64, 62]), BONE)
    canvas.limb(Limb([(600, 672), (600, 776)], [62, 50]), BONE_LINE)
    canvas.limb(Limb([(600, 672), (600, 774)], [54, 42]), BONE)
    canvas.fill(
        smooth([(492, 520), (600, 500), (708, 520), (690, 590), (600, 646), (510, 590)], closed=True),
        mix(SAND, BONE_SHADE, 0.7),
    )
    canvas.fill(ellipse((600, 562), 80, 58), AMBER_DEEP)
    canvas.fill(ellipse((600, 562), 74, 52), mix(AMBER, WHITE, 0.62))
    for i in range(12):
        angle = math.radians(30 * i)
        canvas.fill(ellipse((600 + 50 * math.cos(angle), 562 + 33 * math.sin(angle)), 10.5, 10.5), AMBER)
    for x, y in ((580, 556), (604, 572), (620, 550)):
        canvas.fill(ellipse((x, y), 10.5, 10.5), AMBER)
    for side in (-1, 1):
        root = smooth(
            [
                (600 + side * 70, 540),
                (600 + side * 150, 506),
                (600 + side * 268, 520),
                (600 + side * 372, 600),
            ]
        )
        canvas.stroke(root, 32, AMBER_DEEP)
        canvas.stroke(root, 24, AMBER)
        canvas.fill(ellipse((600 + side * 172, 506), 36, 22, turn=side * 8), AMBER_DEEP)
        canvas.fill(ellipse((600 + side * 172, 506), 31, 17, turn=side * 8), AMBER)
    disc = smooth(
        [
            (600, 92),
            (760, 116),
            (878, 208),
            (898, 320),
            (824, 428),
            (700, 476),
            (600, 462),
            (500, 476),
            (376, 428),
            (302, 320),
            (322, 208),
            (440, 116),
        ],
        closed=True,
    )
    for i in range(6):
        share = 1 - i * 0.095
        ring = [(600 + (x - 600) * share, 292 + (y - 292) * share) for x, y in disc]
        canvas.fill(
            ring, (TEAL_DEEP, TEAL)[i > 0] if i in (0, 1) else (mix(TEAL, TEAL_PALE, 0.32), TEAL)[i % 2]
        )
    nucleus = [(600 + (x - 600) * 0.46, 300 + (y - 300) * 0.46) for x, y in disc]
    canvas.fill(nucleus, TEAL_PALE)
    canvas.fill(
        [(590 + (x - 600) * 0.6, 290 + (y - 300) * 0.55) for x, y in nucleus], mix(TEAL_PALE, WHITE, 0.55)
    )
    return canvas


def back_view(canvas: Canvas, skin: Skin, trousers: str) -> tuple[list[Point], Limb]:
    """A trunk from behind; returns its outline and the right-hand arm."""
    side = smooth(
        [
            (646, -60),
            (650, 16),
            (690, 58),
            (780, 88),
            (858, 128),
            (850, 210),
            (822, 330),
            (802, 440),
            (786, 540),
            (806, 660),
            (846, 860),
        ]
    )
    trunk = [*side, *reversed(mirrored(side))]
    arm = Limb([(838, 168), (880, 300), (908, 460), (944, 640), (966, 860)], [126, 122, 102, 96, 74])
    for flip in (False, True):
        for part, colour in (
            (arm.strip(), skin.tone),
            (arm.strip(0, 1, -0.5, -0.3), skin.shade),
            (ellipse(arm.at(0), 63, 60), skin.tone),
        ):
            canvas.fill(mirrored(part) if flip else part, colour)
    canvas.fill(trunk, skin.tone)
    crease = smooth([(842, 210), (830, 286), (818, 352)])
    blade = smooth([(690, 176), (764, 160), (778, 214), (732, 300), (704, 262)], closed=True)
    for flip in (False, True):
        canvas.fill(mirrored(blade) if flip else blade, mix(skin.tone, skin.shade, 0.5))
        canvas.stroke(mirrored(crease) if flip else crease, 7, skin.shade)
    waist = smooth([(340, 706), (470, 690), (600, 684), (730, 690), (860, 706)])
    canvas.fill([*waist, (900, 900), (300, 900)], trousers, inside=trunk)
    canvas.stroke([(x, y + 10) for x, y in waist], 13, mix(trousers, WHITE, 0.35), inside=trunk)
    return trunk, arm


def back_muscles() -> Canvas:
    canvas = scene(SAND)
    back_view(canvas, OLIVE, mix(NAVY, WHITE, 0.12))
    for side in (-1, 1):
        points = [
            (600 + side * x, y) for x, y in ((40, 40), (56, 140), (70, 290), (78, 470), (70, 600), (44, 690))
        ]
        column = Limb(points, [24, 62, 94, 112, 104, 56])
        canvas.fill(column.strip(), MUSCLE_SHADE)
        canvas.fill(column.strip(0, 1, *((-0.5, 0.32) if side < 0 else (-0.32, 0.5))), MUSCLE)
        for across in (-0.22, 0.0, 0.22):
            canvas.stroke(column.line(0.04, 0.95, across), 3, MUSCLE_PALE)
        canvas.fill(column.strip(0.92, 1), TENDON)
        canvas.fill(column.strip(0, 0.05), TENDON)
    for i in range(15):
        y, width = 20 + 44 * i, 40 + 1.7 * i
        canvas.fill(rounded(600 - width / 2, y, width, 36, 13), BONE_LINE)
        canvas.fill(rounded(600 - width / 2 + 3, y + 2, width - 6, 30, 12), BONE)
    for shrink, colour in ((0, BONE_LINE), (6, BONE)):
        bone = [
            (556 + shrink, 676 + shrink),
            (600, 668 + shrink),
            (644 - shrink, 676 + shrink),
            (632 - shrink, 740),
            (600, 790 - 2 * shrink),
        ]
        canvas.fill(smooth([*bone, (568 + shrink, 740)], closed=True), colour)
    return canvas


def bent_knee(canvas: Canvas, skin: Skin) -> tuple[Limb, Limb]:
    """A seated leg from the side, knee to the right; returns thigh and shin."""
    thigh = Limb([(-60, 304), (330, 296), (560, 318), (690, 352)], [316, 278, 236, 216])
    shin = Limb([(694, 366), (718, 500), (688, 640), (666, 880)], [212, 196, 206, 140])
    canvas.fill(shin.strip(), skin.tone)
    canvas.fill(thigh.strip(), skin.tone)
    canvas.fill(ellipse((694, 360), 108, 112), skin.tone)
    canvas.fill(thigh.strip(0, 0.86, 0.36, 0.5), skin.shade)
    canvas.fill(shin.strip(0.3, 1, 0.36, 0.5), skin.shade)
    canvas.fill(smooth([(545, 436), (600, 426), (622, 470), (614, 520)]), skin.shade)
    return thigh, shin


def kneecap() -> Canvas:
    canvas = scene(SAND)
    bent_knee(canvas, FAIR)
    femur = Limb([(-60, 318), (300, 326), (520, 346), (640, 366)], [86, 74, 86, 128])
    tibia = Limb([(690, 482), (676, 560), (646, 720), (630, 880)], [150, 92, 70, 64])
    for bone in (femur, tibia):
        canvas.fill(bone.strip(), BONE_LINE)
    canvas.fill(ellipse((650, 374), 80, 74), BONE_LINE)
    canvas.fill(rounded(612, 462, 156, 52, 24, turn=6), BONE_LINE)
    canvas.fill(femur.strip(0, 1, -0.45, 0.45), BONE)
    canvas.fill(femur.strip(0, 0.95, 0.22, 0.45), BONE_SHADE)
    canvas.fill(tibia.strip(0, 1, -0.45, 0.45), BONE)
    canvas.fill(tibia.strip(0.1, 1, 0.2, 0.45), BONE_SHADE)
    canvas.fill(ellipse((650, 374), 75, 69), BONE)
    canvas.fill(rounded(617, 466, 146, 42, 20, turn=6), BONE)
    canvas.stroke(ellipse((650, 374), 79, 73, start=-70, end=95), 12, TEAL_PALE)
    canvas.stroke(smooth([(628, 460), (690, 462), (752, 474)]), 11, TEAL_PALE)
    quad = Limb([(-60, 214), (300, 214), (520, 246), (650, 276), (716, 306)], [60, 78, 58, 30, 24])
    canvas.fill(quad.strip(), MUSCLE_SHADE)
    canvas.fill(quad.strip(0, 1, -0.5, 0.26), MUSCLE)
    for across in (-0.3, -0.08, 0.14):
        canvas.stroke(quad.line(0, 0.8, across), 3, MUSCLE_PALE)
    canvas.fill(quad.strip(0.8, 1), TENDON)
    canvas.stroke(smooth([(768, 392), (774, 450), (752, 528)]), 21, TENDON)
    cap = rotated(
        smooth([(722, 306), (764, 300), (782, 346), (776, 396), (748, 400), (732, 356)], closed=True),
        (752, 350),
        -4,
    )
    canvas.fill(cap, BONE_LINE)
    canvas.fill([(754 + (x - 754) * 0.84, 350 + (y - 350) * 0.9) for x, y in cap], mix(BONE, WHITE, 0.5))
    canvas.arrow(ellipse((650, 374), 196, 196, start=-12, end=-52), 10, CORAL)
    canvas.arrow(ellipse((650, 374), 196, 196, start=-2, end=38), 10, CORAL)
    return canvas


def side_leg(canvas: Canvas, skin: Skin) -> Limb:
    """A standing leg from its outer side, facing right, hip to calf."""
    leg = Limb(
        [(590, -60), (600, 80), (606, 300), (606, 480), (604, 570), (586, 700), (580, 900)],
        [350, 345, 262, 190, 172, 190, 120],
    )
    canvas.fill(leg.strip(), skin.tone)
    canvas.fill(leg.strip(0, 1, 0.34, 0.5), skin.shade)
    canvas.stroke(smooth([leg.at(0.585, -0.42), leg.at(0.62, -0.3), leg.at(0.655, -0.38)]), 6, skin.shade)
    return leg


def iliotibial_band() -> Canvas:
    canvas = scene(SAND)
    leg = side_leg(canvas, FAIR)
    canvas.fill(leg.strip(-0.0, 0.26, -0.52, 0.52, bow=0.008), mix(NAVY, WHITE, 0.16))
    canvas.stroke(leg.ring(0.253, left=-0.51, right=0.51, bow=0.008), 6, mix(NAVY, WHITE, 0.5))
    back = leg.shape(
        [(-0.02, 0.42), (0.0, 0.05), (0.1, 0.0), (0.2, 0.06), (0.27, 0.1), (0.22, 0.3), (0.12, 0.44)]
    )
    front = leg.shape([(0.0, -0.34), (0.0, -0.1), (0.12, -0.08), (0.24, -0.07), (0.2, -0.17), (0.1, -0.3)])
    _muscle(canvas, back, (8, -4))
    _muscle(canvas, front, (-6, -4))
    for shift in (0.0, 0.1, 0.2, 0.3):
        canvas.stroke(
            [leg.at(0.0 + shift * 0.1, 0.1 + shift), leg.at(0.14, 0.06 + shift * 0.8), leg.at(0.27, 0.08)],
            3,
            MUSCLE_PALE,
            inside=back,
        )
    for shift in (0.0, 0.07):
        canvas.stroke(
            [leg.at(0.02, -0.26 + shift), leg.at(0.22, -0.11 + shift * 0.4)], 3, MUSCLE_PALE, inside=front
        )
    band = leg.shape(
        [
            (0.1, 0.05),
            (0.12, -0.1),
            (0.3, -0.11),
            (0.5, -0.09),
            (0.62, -0.1),
            (0.7, -0.17),
            (0.725, -0.13),
            (0.7, -0.02),
            (0.6, 0.03),
            (0.45, 0.05),
            (0.25, 0.07),
        ]
    )
    canvas.fill(band, TEAL_DEEP)
    canvas.fill([(x - 5, y) for x, y in band], TEAL_PALE, inside=band)
    for across in (-0.06, -0.02, 0.02):
        canvas.stroke(
            smooth(
                [
                    leg.at(0.14, across),
                    leg.at(0.4, across),
                    leg.at(0.6, across - 0.02),
                    leg.at(0.7, across - 0.07),
                ]
            ),
            2.6,
            TEAL,
            inside=band,
        )
    spot = leg.at(0.615, -0.03)
    for radius, width, share in ((34, 6, 0.0), (56, 5, 0.35), (80, 4, 0.62)):
        canvas.stroke(ellipse(spot, radius, radius), width, mix(CORAL, FAIR.tone, share))
    canvas.fill(ellipse(spot, 17, 17), CORAL)
    return canvas


def menisci() -> Canvas:
    canvas = scene(SAND, lean=4)
    plateau = smooth(
        [(600, 176), (720, 150), (880, 196), (976, 330), (962, 500), (860, 624), (716, 640), (600, 566), (484, 640), (340, 624),
         (238, 500), (224, 330), (320, 196), (480, 150)], closed=True)  # fmt: skip
    canvas.fill([(x, y + 26) for x, y in plateau], BONE_LINE)
    canvas.fill(plateau, BONE_SHADE)
    canvas.fill([(600 + (x - 600) * 0.97, 396 + (y - 396) * 0.965) for x, y in plateau], BONE)
    canvas.fill(rounded(540, 96, 120, 92, 34), BONE_LINE)
    canvas.fill(rounded(546, 102, 108, 82, 30), TENDON)
    for side, rx, ry, start, end in ((-1, 158, 192, 42, 322), (1, 150, 168, -152, 152)):
        centre = (600 + side * 196, 402)
        canvas.fill(ellipse(centre, rx * 0.8, ry * 0.8), mix(TEAL_PALE, WHITE, 0.6))
        horn = Limb(ellipse(centre, rx, ry, start=start, end=end)[::12],
                    [34, 58, 74, 82, 84, 84, 84, 82, 74, 58, 34])  # fmt: skip
        canvas.limb(horn, TEAL_DEEP)
        canvas.fill(horn.strip(0, 1, -0.43, 0.43), TEAL)
        inner, outer = (0.08, 0.43)
        canvas.fill(horn.strip(0.02, 0.98, inner, outer), mix(TEAL, TEAL_PALE, 0.5))
        if side < 0:
            tear = [
                horn.at(0.3, 0.5),
                horn.at(0.285, 0.3),
                horn.at(0.32, 0.14),
                horn.at(0.295, -0.05),
                horn.at(0.325, -0.2),
            ]
            canvas.stroke(tear, 17, CORAL)
            canvas.stroke(tear, 6, mix(CORAL, INK, 0.45))
            spot = horn.at(0.305, 0.12)
            canvas.stroke(ellipse(spot, 74, 74), 5, CORAL)
            canvas.stroke(ellipse(spot, 94, 94), 3.5, mix(CORAL, BONE, 0.45))
    for place, size in (((582, 300), 30), ((614, 494), 34)):
        canvas.fill(ellipse(place, size, size * 0.82), BONE_LINE)
        canvas.fill(ellipse(place, size - 5, size * 0.82 - 5), TENDON)
    return canvas
