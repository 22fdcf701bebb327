"""Supports, rollers and packs, without anybody's brand."""

from __future__ import annotations

import math

from demo.artwork.body import back_view, bent_knee, legs, side_leg
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
    BROWN,
    CORAL,
    CORAL_PALE,
    FAIR,
    INK,
    MIST,
    NAVY,
    OLIVE,
    TEAL,
    TEAL_DEEP,
    TEAL_PALE,
    WHITE,
    scene,
    shadow_on_floor,
)


def _knit(canvas: Canvas, limb: Limb, start: float, end: float, colour: str, *, bow: float = 0.012) -> None:
    """An elastic sleeve on a limb: body, ribs, shaded edge, hems."""
    body = limb.strip(start, end, -0.525, 0.525, bow=bow)
    canvas.fill(body, colour)
    for i in range(1, 11):
        across = -0.525 + 1.05 * i / 11
        canvas.stroke(limb.line(start, end + bow, across), 2.4, mix(colour, WHITE, 0.16), inside=body)
    canvas.fill(limb.strip(start, end + bow, -0.525, -0.37), mix(colour, INK, 0.24), inside=body)
    canvas.fill(limb.strip(start, end + bow, 0.3, 0.37), mix(colour, WHITE, 0.2), inside=body)
    hem = 0.022
    for a, b in ((start, start + hem), (end - hem, end)):
        canvas.fill(limb.strip(a, b, -0.535, 0.535, bow=bow), mix(colour, INK, 0.42))


def thigh_sleeve() -> Canvas:
    canvas = scene(MIST)
    leg = legs(canvas, OLIVE, mix(INK, WHITE, 0.2))
    _knit(canvas, leg, 0.26, 0.53, TEAL)
    badge = leg.at(0.47, 0.2)
    canvas.fill(rounded(badge[0] - 22, badge[1] - 13, 44, 26, 6), WHITE)
    canvas.stroke([(badge[0] - 10, badge[1]), (badge[0] + 10, badge[1])], 5, CORAL)
    for limb_x in (510, 690):
        canvas.stroke(smooth([(limb_x - 34, 566), (limb_x, 582), (limb_x + 34, 566)]), 5, OLIVE.shade)
    return canvas


def hinged_knee_brace() -> Canvas:
    canvas = scene(MIST)
    leg = side_leg(canvas, FAIR)
    canvas.fill(leg.strip(0, 0.24, -0.52, 0.52, bow=0.008), mix(CORAL, WHITE, 0.1))
    canvas.stroke(leg.ring(0.233, left=-0.51, right=0.51, bow=0.008), 6, WHITE)
    body = leg.strip(0.42, 0.79, -0.53, 0.53, bow=0.01)
    canvas.fill(body, NAVY)
    canvas.fill(leg.strip(0.42, 0.8, 0.34, 0.53), mix(NAVY, INK, 0.5), inside=body)
    canvas.fill(
        leg.shape([(0.56, -0.62), (0.585, -0.36), (0.62, -0.28), (0.655, -0.36), (0.68, -0.62)]),
        mix(NAVY, WHITE, 0.22),
        inside=body,
    )
    for place in (0.42, 0.772):
        canvas.fill(leg.strip(place, place + 0.018, -0.54, 0.54, bow=0.01), mix(NAVY, WHITE, 0.3))
    for start in (0.465, 0.7):
        canvas.fill(leg.strip(start, start + 0.052, -0.545, 0.545, bow=0.01), mix(TEAL, INK, 0.2))
        canvas.fill(leg.strip(start + 0.005, start + 0.045, -0.545, 0.545, bow=0.01), TEAL)
        x, y = leg.at(start + 0.031, -0.36)
        canvas.fill(rounded(x - 26, y - 24, 52, 46, 9), mix(TEAL, INK, 0.35))
        canvas.fill(rounded(x - 17, y - 15, 34, 28, 6), TEAL_PALE)
    upper = Limb([leg.at(0.45, 0.04), leg.at(0.617, 0.03)], [40, 46])
    lower = Limb([leg.at(0.617, 0.03), leg.at(0.77, 0.03)], [46, 40])
    for part in (upper, lower):
        canvas.limb(part, "#8fa3ad")
        canvas.limb(Limb([part.at(0.0), part.at(1.0)], [30, 30]), "#c9d5da")
    centre = leg.at(0.617, 0.03)
    for radius, colour in ((46, "#70858f"), (39, "#dbe4e7"), (20, "#8fa3ad"), (12, "#eef3f4")):
        canvas.fill(ellipse(centre, radius, radius), colour)
    for angle in range(0, 360, 60):
        screw = (
            centre[0] + 29 * math.cos(math.radians(angle)),
            centre[1] + 29 * math.sin(math.radians(angle)),
        )
        canvas.fill(ellipse(screw, 4, 4), "#8fa3ad")
    return canvas


def patella_strap() -> Canvas:
    canvas = scene(MIST)
    thigh, shin = bent_knee(canvas, OLIVE)
    canvas.fill(thigh.strip(0, 0.44, -0.53, 0.53, bow=0.012), NAVY)
    canvas.stroke(thigh.ring(0.43, left=-0.51, right=0.51, bow=0.012), 6, mix(NAVY, WHITE, 0.45))
    canvas.stroke(ellipse((738, 330), 48, 62, turn=-16, start=-80, end=110), 6, OLIVE.shade)
    strap = Limb(
        [shin.at(0.225, 0.54), shin.at(0.275, 0.2), shin.at(0.285, -0.15), shin.at(0.255, -0.54)],
        [58, 62, 74, 84],
    )
    canvas.fill(strap.strip(), INK)
    canvas.fill(strap.strip(0, 1, -0.4, 0.4), TEAL)
    canvas.fill(strap.strip(0.0, 0.16, -0.5, 0.5), mix(TEAL, INK, 0.35))
    canvas.stroke(strap.line(0.02, 0.97, -0.3), 2.5, TEAL_PALE)
    canvas.stroke(strap.line(0.02, 0.97, 0.3), 2.5, TEAL_PALE)
    pad = strap.at(0.85)
    canvas.fill(ellipse(pad, 40, 36, turn=-14), INK)
    canvas.fill(ellipse(pad, 33, 29, turn=-14), CORAL)
    canvas.fill(ellipse((pad[0] - 6, pad[1] - 7), 14, 10, turn=-14), CORAL_PALE)
    tab = strap.at(0.42)
    canvas.fill(rounded(tab[0] - 40, tab[1] - 20, 80, 40, 10, turn=6), mix(TEAL, INK, 0.3))
    canvas.fill(rounded(tab[0] - 31, tab[1] - 12, 62, 24, 7, turn=6), TEAL_PALE)
    return canvas


def itb_strap() -> Canvas:
    canvas = scene(MIST)
    leg = side_leg(canvas, BROWN)
    canvas.fill(leg.strip(0, 0.25, -0.52, 0.52, bow=0.008), AMBER)
    canvas.fill(leg.strip(0, 0.25, 0.3, 0.52), AMBER_DEEP)
    canvas.stroke(leg.ring(0.243, left=-0.51, right=0.51, bow=0.008), 6, WHITE)
    canvas.fill(leg.strip(0.475, 0.56, -0.535, 0.535, bow=0.012), INK)
    canvas.fill(leg.strip(0.483, 0.552, -0.535, 0.535, bow=0.012), CORAL)
    canvas.fill(leg.strip(0.483, 0.552, 0.34, 0.535, bow=0.012), mix(CORAL, INK, 0.25))
    for along in (0.492, 0.543):
        canvas.stroke(leg.ring(along, left=-0.52, right=0.52, bow=0.012), 2.6, CORAL_PALE)
    x, y = leg.at(0.529, -0.02)
    for rx, colour in ((58, INK), (50, NAVY), (34, mix(NAVY, WHITE, 0.25)), (16, mix(NAVY, WHITE, 0.55))):
        canvas.fill(ellipse((x, y), rx, rx * 0.86), colour)
    x, y = leg.at(0.523, -0.4)
    canvas.fill(rounded(x - 24, y - 26, 46, 54, 9), INK)
    canvas.fill(rounded(x - 15, y - 17, 28, 36, 6), CORAL_PALE)
    return canvas


def foam_roller() -> Canvas:
    canvas = scene(MIST, lean=-5)
    mat = [(100, 676), (310, 560), (1110, 560), (1010, 676)]
    canvas.fill([(x, y + 14) for x, y in mat], mix(AMBER, INK, 0.28))
    canvas.fill(mat, mix(AMBER, WHITE, 0.35))
    canvas.stroke([(168, 662), (996, 662)], 4, mix(AMBER, WHITE, 0.65))
    left, right, middle, rx, ry = 300.0, 880.0, 432.0, 72.0, 170.0
    canvas.fill(ellipse(((left + right) / 2 + 20, middle + ry - 2), 350, 30), mix(AMBER, INK, 0.3))
    near_end = ellipse((left, middle), rx, ry)
    body = [
        *ellipse((right, middle), rx, ry, start=-90, end=90),
        *ellipse((left, middle), rx, ry, start=90, end=270),
    ]
    canvas.fill(body, TEAL)
    canvas.fill([(0, middle + 74), (1200, middle + 74), (1200, 700), (0, 700)], TEAL_DEEP, inside=body)
    canvas.fill(
        [(0, middle - 136), (1200, middle - 136), (1200, middle - 108), (0, middle - 108)],
        mix(TEAL, WHITE, 0.3),
        inside=body,
    )
    for row, height in enumerate((-78, -22, 36, 92, 136)):
        thick = 38 * math.sqrt(1 - (height / (ry * 1.04)) ** 2)
        bend = rx * math.sqrt(1 - (height / ry) ** 2)
        for i in range(7):
            x = left + 22 + bend + 88 * i - 44 * (row % 2)
            groove = rounded(x, middle + height - thick / 2, 62, thick, thick * 0.4)
            canvas.fill(
                groove, mix(TEAL_DEEP, INK, 0.3) if height > 70 else mix(TEAL, TEAL_DEEP, 0.8), inside=body
            )
    canvas.fill(near_end, mix(TEAL, WHITE, 0.38))
    for share, colour in ((0.84, TEAL_PALE), (0.6, TEAL_DEEP), (0.53, mix(TEAL_DEEP, INK, 0.55))):
        canvas.fill(ellipse((left, middle), rx * share, ry * share), colour)
    return canvas


def massage_ball() -> Canvas:
    canvas = scene(MIST, lean=6)
    for (x, y), radius, colour, floor in (((830, 500), 140, TEAL, 640), ((500, 400), 238, CORAL, 640)):
        canvas.fill(ellipse((x + 20, floor), radius * 0.92, 26), mix(MIST, INK, 0.16))
        ball = ellipse((x, y), radius, radius)
        canvas.fill(ball, mix(colour, INK, 0.2))
        canvas.fill(
            ellipse((x - radius * 0.1, y - radius * 0.11), radius * 0.96, radius * 0.96), colour, inside=ball
        )
        for row in range(-2, 3):
            latitude = row * 28
            ring = math.cos(math.radians(latitude))
            for step in range(-4, 5):
                longitude = step * 24 + (row % 2) * 12
                if abs(longitude) > 84:
                    continue
                place = (
                    x + radius * 0.96 * ring * math.sin(math.radians(longitude)),
                    y + radius * 0.96 * math.sin(math.radians(latitude)),
                )
                rx = radius * 0.105 * math.cos(math.radians(longitude)) + 2
                ry = radius * 0.105 * ring + 1
                dark = longitude + latitude > 60
                canvas.fill(
                    ellipse((place[0] + 3, place[1] + 4), rx, ry),
                    mix(colour, INK, 0.36 if dark else 0.22),
                    inside=ball,
                )
                canvas.fill(ellipse(place, rx, ry), mix(colour, WHITE, 0.16 if dark else 0.28), inside=ball)
        canvas.fill(
            ellipse((x - radius * 0.42, y - radius * 0.5), radius * 0.17, radius * 0.1, turn=-40),
            mix(colour, WHITE, 0.7),
        )
    return canvas


def _loop(canvas: Canvas, x: float, top: float, rx: float, height: float, colour: str, dots: int) -> None:
    """A wide elastic loop standing on its edge; `dots` say how strong it is."""
    ry = rx * 0.27
    canvas.fill(ellipse((x, top + height + 12), rx * 1.04, ry * 1.06), mix(MIST, INK, 0.15))
    front = [
        *ellipse((x, top), rx, ry, start=180, end=0),
        *ellipse((x, top + height), rx, ry, start=0, end=180),
    ]
    canvas.fill(ellipse((x, top), rx, ry), mix(colour, INK, 0.45))
    canvas.fill(front, colour)
    canvas.fill(
        [(x - rx, 0), (x - rx * 0.74, 0), (x - rx * 0.74, 800), (x - rx, 800)],
        mix(colour, WHITE, 0.14),
        inside=front,
    )
    canvas.fill(
        [(x + rx * 0.62, 0), (x + rx, 0), (x + rx, 800), (x + rx * 0.62, 800)],
        mix(colour, INK, 0.2),
        inside=front,
    )
    for drop in (0.14, 0.86):
        canvas.stroke(
            ellipse((x, top + height * drop), rx, ry, start=172, end=8),
            4,
            mix(colour, WHITE, 0.45),
            inside=front,
        )
    canvas.stroke(ellipse((x, top), rx - 4, ry - 3), 9, mix(colour, WHITE, 0.28))
    label = rounded(x - 74, top + ry + height / 2 - 27, 148, 54, 12)
    canvas.fill(label, WHITE)
    for i in range(3):
        mark = colour if i < dots else mix(colour, WHITE, 0.75)
        canvas.fill(ellipse((x - 40 + 40 * i, top + ry + height / 2), 12, 12), mark)


def resistance_bands() -> Canvas:
    canvas = scene(MIST)
    _loop(canvas, 600, 184, 190, 150, NAVY, 3)
    _loop(canvas, 352, 430, 190, 122, TEAL, 2)
    _loop(canvas, 848, 448, 190, 104, AMBER, 1)
    return canvas


def hot_cold_pack() -> Canvas:
    canvas = scene(MIST)
    turn = -7.0
    about = (600.0, 400.0)

    def place(outline: Outline) -> list[Point]:
        return rotated(outline, about, turn)

    pack = smooth(
        [
            (222, 250),
            (420, 232),
            (600, 240),
            (780, 232),
            (978, 250),
            (996, 400),
            (978, 556),
            (780, 574),
            (600, 566),
            (420, 574),
            (222, 556),
            (204, 400),
        ],
        closed=True,
    )
    canvas.fill([(x + 8, y + 26) for x, y in place(pack)], mix(MIST, INK, 0.14))
    canvas.fill(place(pack), mix(NAVY, WHITE, 0.55))
    inner = [(600 + (x - 600) * 0.955, 402 + (y - 402) * 0.89) for x, y in pack]
    cold, warm = "#7db4d3", CORAL
    canvas.fill(place(inner), cold)
    canvas.fill(place([(600, 100), (1100, 100), (1100, 700), (600, 700)]), warm, inside=place(inner))
    for x in (408, 600, 792):
        seam = smooth([(x - 4, 258), (x + 5, 400), (x - 4, 546)])
        canvas.stroke(
            place(seam),
            12,
            mix(NAVY, WHITE, 0.55) if x == 600 else mix(cold if x < 600 else warm, INK, 0.16),
            inside=place(inner),
        )
    for x, colour in ((312, cold), (504, cold), (696, warm), (888, warm)):
        canvas.fill(place(ellipse((x - 26, 298), 46, 12, turn=-4)), mix(colour, WHITE, 0.45))
    centre = (408.0, 408.0)
    badge = place(ellipse(centre, 78, 78))
    canvas.fill(badge, WHITE)
    for i in range(6):
        angle = math.radians(60 * i)
        tip = (centre[0] + 56 * math.cos(angle), centre[1] + 56 * math.sin(angle))
        canvas.stroke(place([centre, tip]), 8, NAVY)
        root = (centre[0] + 35 * math.cos(angle), centre[1] + 35 * math.sin(angle))
        for branch in (angle - math.radians(52), angle + math.radians(52)):
            twig = (root[0] + 20 * math.cos(branch), root[1] + 20 * math.sin(branch))
            canvas.stroke(place([root, twig]), 7, NAVY)
    centre = (792.0, 408.0)
    canvas.fill(place(ellipse(centre, 78, 78)), WHITE)
    canvas.fill(place(ellipse(centre, 27, 27)), AMBER_DEEP)
    for i in range(8):
        angle = math.radians(45 * i)
        canvas.stroke(
            place([(centre[0] + r * math.cos(angle), centre[1] + r * math.sin(angle)) for r in (40, 57)]),
            9,
            AMBER_DEEP,
        )
    return canvas


def lumbar_belt() -> Canvas:
    canvas = scene(MIST)
    trunk, arm = back_view(canvas, FAIR, mix(INK, WHITE, 0.22))
    shirt = mix(TEAL_PALE, WHITE, 0.3)
    shade = mix(shirt, INK, 0.13)
    for flip in (False, True):
        for part, colour in (
            (arm.strip(0, 0.3, -0.54, 0.54, bow=0.02), shirt),
            (arm.strip(0, 0.3, -0.54, -0.3), shade),
            (ellipse(arm.at(0), 66, 63), shirt),
        ):
            canvas.fill(mirrored(part) if flip else part, colour)
    canvas.fill([(300, -60), (900, -60), (900, 706), (600, 716), (300, 706)], shirt, inside=trunk)
    canvas.fill(smooth([(540, -60), (556, 24), (600, 44), (644, 24), (660, -60)]), FAIR.tone)
    canvas.stroke(smooth([(552, 16), (600, 46), (648, 16)]), 8, shade)
    for fold in (
        ((842, 206), (832, 280), (816, 360)),
        ((700, 180), (716, 270), (704, 360)),
        ((520, 250), (508, 320), (514, 380)),
    ):
        canvas.stroke(smooth(fold), 6, shade)
    canvas.stroke(mirrored(smooth([(842, 206), (832, 280), (816, 360)])), 6, shade)
    edge = smooth([(804, 446), (794, 496), (790, 548), (796, 600), (806, 650)])
    belt = [*smooth([(396, 446), (480, 430), (600, 424), (720, 430), (804, 446)]), *edge,
            *smooth([(806, 650), (720, 668), (600, 674), (480, 668), (394, 650)]), *reversed(mirrored(edge))]  # fmt: skip
    canvas.fill(belt, INK)
    canvas.fill([(600 + (x - 600) * 0.985, 549 + (y - 549) * 0.92) for x, y in belt], NAVY)
    panel = rounded(478, 436, 244, 226, 40)
    canvas.fill(panel, mix(NAVY, WHITE, 0.2))
    for i in range(-6, 7):
        for j in range(-5, 6):
            canvas.fill(
                ellipse((600 + i * 18 + (j % 2) * 9, 549 + j * 20), 4.8, 4.8),
                mix(NAVY, INK, 0.2),
                inside=panel,
            )
    for x in (516, 558, 642, 684):
        canvas.stroke([(x, 458), (x, 640)], 17, INK)
        canvas.stroke([(x, 458), (x, 640)], 9, mix(NAVY, WHITE, 0.4))
    for flip in (False, True):
        for rise, colour in ((-1, CORAL), (1, mix(CORAL, WHITE, 0.16))):
            strap = Limb([(716, 549), (756, 549 + rise * 22), (800, 549 + rise * 40)], [64, 66, 68])
            for part, tint in (
                (strap.strip(), mix(CORAL, INK, 0.3)),
                (strap.strip(0, 1, -0.42, 0.42), colour),
            ):
                canvas.fill(mirrored(part) if flip else part, tint, inside=belt)
        tab = rounded(694, 522, 46, 54, 12)
        canvas.fill(mirrored(tab) if flip else tab, INK)
    return canvas


def lumbar_cushion() -> Canvas:
    canvas = scene(MIST)
    shadow_on_floor(canvas, 730, 330, 870, MIST)
    canvas.stroke([(600, 560), (600, 690)], 34, mix(INK, WHITE, 0.25))
    for x in (380, 490, 710, 820):
        canvas.stroke([(600, 668), (x, 706)], 22, mix(INK, WHITE, 0.25))
        canvas.fill(ellipse((x, 718), 17, 17), INK)
    back = smooth(
        [(432, 120), (600, 92), (768, 120), (800, 300), (772, 500), (600, 524), (428, 500), (400, 300)],
        closed=True,
    )
    canvas.fill(back, INK)
    canvas.fill([(600 + (x - 600) * 0.95, 308 + (y - 308) * 0.95) for x, y in back], NAVY)
    mesh = [(600 + (x - 600) * 0.84, 308 + (y - 308) * 0.84) for x, y in back]
    canvas.fill(mesh, mix(NAVY, WHITE, 0.14))
    for y in range(150, 480, 17):
        canvas.stroke([(400, y), (800, y)], 3, mix(NAVY, WHITE, 0.05), inside=mesh)
    for x, flip in ((352, 1), (848, -1)):
        arm = Limb([(x + flip * 40, 560), (x, 500), (x, 424)], [28, 28, 28])
        canvas.limb(arm, INK)
        canvas.fill(rounded(x - 32, 394, 64, 34, 15), mix(INK, WHITE, 0.2))
    seat = smooth(
        [(370, 520), (600, 506), (830, 520), (858, 580), (810, 618), (600, 628), (390, 618), (342, 580)],
        closed=True,
    )
    canvas.fill(seat, INK)
    canvas.fill([(600 + (x - 600) * 0.965, 560 + (y - 566) * 0.84) for x, y in seat], NAVY)
    canvas.stroke([(414, 420), (786, 420)], 22, TEAL_DEEP)
    cushion = smooth(
        [(462, 330), (600, 312), (738, 330), (766, 420), (742, 512), (600, 532), (458, 512), (434, 420)],
        closed=True,
    )
    canvas.fill([(x + 4, y + 12) for x, y in cushion], mix(NAVY, INK, 0.7))
    canvas.fill(cushion, TEAL_DEEP)
    canvas.fill([(600 + (x - 600) * 0.965, 418 + (y - 422) * 0.95) for x, y in cushion], TEAL)
    canvas.fill(
        smooth([(500, 352), (600, 342), (700, 352), (716, 392), (600, 384), (484, 392)], closed=True),
        mix(TEAL, WHITE, 0.26),
    )
    for x in (538, 662):
        canvas.stroke(smooth([(x, 330), (x + (600 - x) * 0.16, 424), (x, 520)]), 5, TEAL_DEEP)
    canvas.fill(rounded(574, 478, 52, 30, 6), WHITE)
    canvas.stroke([(588, 493), (612, 493)], 5, CORAL)
    return canvas


def _standing_sleeve(
    canvas: Canvas, x: float, top: float, bottom: float, widths: tuple[float, float, float], colour: str
) -> Limb:
    """A sleeve standing by itself, seen from slightly above."""
    canvas.fill(ellipse((x, bottom + 14), widths[2] * 0.6, 22), mix(MIST, INK, 0.14))
    tube = Limb([(x, top), (x, (top + bottom) / 2), (x, bottom)], list(widths))
    body = tube.strip(0, 1, -0.5, 0.5, bow=0.055)
    canvas.fill(body, colour)
    for i in range(1, 10):
        canvas.stroke(tube.line(0, 1.06, -0.5 + i / 10), 2.4, mix(colour, WHITE, 0.15), inside=body)
    canvas.fill(tube.strip(0, 1, -0.5, -0.34, bow=0.055), mix(colour, INK, 0.22), inside=body)
    canvas.fill(tube.strip(0.02, 1, 0.27, 0.34), mix(colour, WHITE, 0.22), inside=body)
    canvas.fill(tube.strip(0.9, 1, -0.5, 0.5, bow=0.055), mix(colour, INK, 0.36))
    canvas.fill(tube.strip(0, 0.09, -0.5, 0.5, bow=0.055), mix(colour, INK, 0.36))
    canvas.fill(ellipse((x, top), widths[0] / 2, 30), mix(colour, INK, 0.5))
    canvas.fill(ellipse((x, top + 5), widths[0] / 2 - 14, 20), mix(colour, INK, 0.78))
    return tube


def _strap(canvas: Canvas, tube: Limb, along: float, colour: str) -> None:
    canvas.fill(tube.strip(along, along + 0.15, -0.52, 0.52, bow=0.055), mix(colour, INK, 0.3))
    canvas.fill(tube.strip(along + 0.012, along + 0.135, -0.52, 0.52, bow=0.055), colour)
    x, y = tube.at(along + 0.12, -0.16)
    canvas.fill(rounded(x - 34, y - 22, 68, 40, 8), mix(colour, INK, 0.3))
    canvas.fill(rounded(x - 26, y - 15, 52, 26, 6), mix(colour, WHITE, 0.5))


def thigh_supports() -> Canvas:
    canvas = scene(MIST)
    _standing_sleeve(canvas, 310, 210, 610, (232, 214, 178), TEAL)
    wrap = _standing_sleeve(canvas, 600, 260, 610, (248, 228, 198), NAVY)
    for along in (0.22, 0.58):
        _strap(canvas, wrap, along, CORAL)
    padded = _standing_sleeve(canvas, 890, 210, 610, (232, 214, 178), mix(AMBER, CORAL, 0.18))
    pad = padded.shape(
        [
            (0.28, -0.26),
            (0.24, 0.0),
            (0.28, 0.26),
            (0.55, 0.32),
            (0.82, 0.22),
            (0.87, 0.0),
            (0.82, -0.22),
            (0.55, -0.32),
        ]
    )
    canvas.fill(pad, mix(AMBER, INK, 0.35))
    canvas.fill([(890 + (x - 890) * 0.92, 432 + (y - 432) * 0.93) for x, y in pad], mix(AMBER, WHITE, 0.25))
    for across in (-0.1, 0.1):
        canvas.stroke(padded.line(0.33, 0.8, across), 6, mix(AMBER, INK, 0.2))
    for along in (0.45, 0.64):
        canvas.stroke(padded.ring(along, left=-0.24, right=0.24, bow=0.03), 6, mix(AMBER, INK, 0.2))
    return canvas


def knee_supports() -> Canvas:
    canvas = scene(MIST)
    _standing_sleeve(canvas, 310, 220, 610, (206, 172, 178), CORAL)
    opened = _standing_sleeve(canvas, 600, 220, 610, (214, 184, 186), TEAL)
    hole = opened.at(0.54)
    canvas.fill(ellipse(hole, 56, 66), mix(TEAL, INK, 0.36))
    canvas.fill(ellipse(hole, 44, 54), mix(TEAL, INK, 0.75))
    canvas.stroke(ellipse(hole, 50, 60), 3.5, TEAL_PALE)
    wrap = _standing_sleeve(canvas, 890, 220, 610, (214, 184, 186), NAVY)
    for along in (0.16, 0.66):
        _strap(canvas, wrap, along, AMBER)
    canvas.fill(ellipse(wrap.at(0.55), 34, 42), mix(NAVY, WHITE, 0.22))
    return canvas
