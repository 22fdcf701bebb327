"""People exercising on a mat."""

from __future__ import annotations

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
    FAIR,
    INK,
    NAVY,
    OLIVE,
    SHOE,
    SKY,
    TEAL,
    TEAL_DEEP,
    TEAL_PALE,
    Skin,
    scene,
)


def _mat(canvas: Canvas, y: float, ground: str, left: float = 150, right: float = 1050) -> None:
    canvas.fill(ellipse((600, y + 26), (right - left) / 2 + 30, 16), mix(ground, INK, 0.1))
    canvas.fill(rounded(left, y, right - left, 22, 11), TEAL)
    canvas.fill(rounded(left, y, right - left, 9, 4.5), TEAL_PALE)


def _head(canvas: Canvas, skin: Skin, centre: Point, neck: Point, *, turn: float, left: bool = False) -> None:
    """A head in profile: the face looks right, or left, the crown is up; then `turn` degrees clockwise."""
    x, y = centre
    canvas.limb(Limb([centre, neck], [48, 50]), skin.shade)

    def place(outline: Outline) -> list[Point]:
        return rotated(mirrored(outline, x) if left else outline, centre, turn)

    canvas.fill(place(ellipse((x - 56, y - 4), 25, 25)), skin.hair)
    canvas.fill(place(ellipse(centre, 53, 57)), skin.tone)
    canvas.fill(place(smooth([(x + 44, y - 12), (x + 63, y + 10), (x + 46, y + 18)], closed=True)), skin.tone)
    hair = [(30, -52), (-8, -66), (-50, -44), (-62, 2), (-40, 40), (-26, 4), (2, -22), (40, -34)]
    canvas.fill(place(smooth([(x + dx, y + dy) for dx, dy in hair], closed=True)), skin.hair)
    canvas.fill(place(ellipse((x - 10, y + 6), 10, 13)), skin.shade)
    canvas.fill(place(ellipse((x + 30, y - 3), 4.5, 6)), INK)
    canvas.stroke(place(ellipse((x + 30, y + 24), 9, 6, start=20, end=120)), 3.5, skin.shade)


def _foot(canvas: Canvas, ankle: Point, *, turn: float, shoe: str = SHOE) -> None:
    """A shoe whose sole lies to the lower side when `turn` is 0 and the toes point right."""
    x, y = ankle
    upper = smooth(
        [
            (x - 30, y - 28),
            (x + 20, y - 30),
            (x + 44, y - 4),
            (x + 84, y + 8),
            (x + 88, y + 26),
            (x - 30, y + 26),
            (x - 36, y),
        ],
        closed=True,
    )
    sole = rounded(x - 36, y + 18, 126, 14, 7)
    canvas.fill(rotated(upper, ankle, turn), shoe)
    canvas.fill(rotated(sole, ankle, turn), CORAL)


def bridge() -> Canvas:
    canvas = scene(SKY)
    _mat(canvas, 622, SKY)
    far = mix(NAVY, INK, 0.45)
    for dx, colour in ((30, far), (0, NAVY)):
        _foot(canvas, (822 + dx, 592), turn=0)
        canvas.limb(Limb([(612 + dx / 2, 452), (712 + dx, 408), (804 + dx, 364)], [116, 104, 90]), colour)
        canvas.limb(Limb([(804 + dx, 364), (822 + dx, 470), (816 + dx, 572)], [90, 78, 56]), colour)
    torso = Limb([(356, 556), (440, 524), (530, 482), (620, 448)], [104, 116, 108, 116])
    _head(canvas, OLIVE, (262, 552), (340, 562), turn=-82)
    canvas.limb(torso, CORAL)
    canvas.fill(torso.strip(0.1, 0.95, 0.3, 0.5), mix(CORAL, INK, 0.14))
    canvas.fill(torso.strip(0.84, 1.0), NAVY)
    canvas.fill(ellipse(torso.at(1), torso.widths[-1] / 2, torso.widths[-1] / 2), NAVY)
    arm = Limb([(372, 566), (460, 592), (566, 602)], [52, 44, 36])
    canvas.limb(arm, OLIVE.tone)
    canvas.limb(Limb([(372, 564), (430, 585)], [60, 54]), mix(CORAL, INK, 0.1))
    canvas.fill(ellipse((588, 604), 27, 16), OLIVE.tone)
    canvas.dashes([(330, 500), (560, 394), (830, 268)], 5, TEAL)
    canvas.arrow([(600 - 6, 604 - i * 6) for i in range(13)], 10, TEAL_DEEP)
    return canvas


def straight_leg_raise() -> Canvas:
    canvas = scene(SKY)
    _mat(canvas, 622, SKY)
    far = mix(NAVY, INK, 0.45)
    _foot(canvas, (806, 592), turn=0)
    canvas.limb(Limb([(592, 560), (664, 484), (722, 408)], [112, 100, 88]), far)
    canvas.limb(Limb([(722, 408), (770, 492), (800, 574)], [88, 76, 56]), far)
    _head(canvas, FAIR, (262, 566), (340, 572), turn=-84)
    torso = Limb([(356, 566), (450, 564), (540, 566), (604, 566)], [104, 112, 104, 112])
    canvas.limb(torso, AMBER)
    canvas.fill(torso.strip(0.05, 1, 0.3, 0.5), AMBER_DEEP)
    leg = Limb([(604, 564), (700, 520), (806, 472), (900, 428), (980, 392)], [114, 102, 84, 76, 54])
    canvas.limb(leg, NAVY)
    canvas.fill(leg.strip(0.05, 1, 0.3, 0.5), mix(NAVY, INK, 0.4))
    _foot(canvas, (1000, 380), turn=-112)
    arm = Limb([(376, 576), (470, 598), (576, 606)], [50, 42, 35])
    canvas.limb(arm, FAIR.tone)
    canvas.limb(Limb([(376, 574), (436, 592)], [58, 52]), AMBER_DEEP)
    canvas.fill(ellipse((598, 607), 27, 15), FAIR.tone)
    canvas.arrow(ellipse((604, 566), 470, 470, start=-3, end=-17), 10, TEAL_DEEP)
    return canvas


def knee_hug() -> Canvas:
    canvas = scene(SKY)
    _mat(canvas, 622, SKY)
    far = mix(NAVY, INK, 0.45)
    straight = Limb([(604, 572), (720, 572), (836, 580), (960, 590)], [104, 96, 80, 54])
    canvas.limb(straight, far)
    _foot(canvas, (992, 584), turn=-80)
    _head(canvas, BROWN, (262, 566), (340, 572), turn=-84)
    torso = Limb([(356, 566), (450, 564), (540, 566), (604, 566)], [104, 112, 104, 112])
    canvas.limb(torso, TEAL)
    canvas.fill(torso.strip(0.05, 1, 0.3, 0.5), TEAL_DEEP)
    canvas.limb(Limb([(604, 560), (560, 464), (506, 376)], [114, 106, 90]), NAVY)
    shin = Limb([(506, 376), (596, 408), (690, 452)], [90, 80, 56])
    canvas.limb(shin, NAVY)
    canvas.fill(shin.strip(0.05, 1, 0.3, 0.5), mix(NAVY, INK, 0.4))
    _foot(canvas, (712, 462), turn=36)
    canvas.limb(Limb([(386, 548), (430, 470)], [50, 44]), BROWN.tone)
    canvas.limb(Limb([(430, 470), (546, 392)], [44, 34]), BROWN.tone)
    canvas.limb(Limb([(384, 552), (408, 508)], [58, 54]), TEAL_DEEP)
    canvas.fill(ellipse((560, 384), 27, 20, turn=-30), BROWN.tone)
    canvas.arrow(ellipse((604, 566), 268, 268, start=-88, end=-114), 10, CORAL)
    return canvas


def cat_stretch() -> Canvas:
    canvas = scene(SKY)
    _mat(canvas, 622, SKY)
    far = mix(NAVY, INK, 0.45)
    for dx, leg, arm in ((-34, far, FAIR.shade), (0, NAVY, FAIR.tone)):
        canvas.limb(Limb([(752 + dx, 440), (760 + dx, 520), (752 + dx, 584)], [118, 98, 82]), leg)
        canvas.limb(Limb([(752 + dx, 586), (840 + dx, 590), (922 + dx, 592)], [74, 66, 50]), leg)
        if dx == 0:
            canvas.limb(Limb([(938, 592), (1010, 602)], [44, 30]), SHOE)
            canvas.stroke(smooth([(934, 574), (976, 582), (1014, 594)]), 11, CORAL)
        canvas.limb(Limb([(432 + dx, 420), (424 + dx, 510), (428 + dx, 596)], [62, 48, 40]), arm)
        canvas.fill(ellipse((412 + dx, 606), 36, 15), arm)
    _head(canvas, FAIR, (322, 462), (400, 410), turn=-62, left=True)
    torso = Limb([(420, 412), (500, 336), (610, 312), (700, 358), (756, 436)], [112, 124, 118, 116, 122])
    canvas.limb(torso, CORAL)
    canvas.fill(torso.strip(0.03, 0.97, 0.3, 0.5), mix(CORAL, INK, 0.14))
    canvas.fill(torso.strip(0.84, 1.0), NAVY)
    canvas.fill(ellipse(torso.at(1), torso.widths[-1] / 2, torso.widths[-1] / 2), NAVY)
    canvas.limb(Limb([(432, 420), (426, 486)], [70, 60]), mix(CORAL, INK, 0.1))
    for x, lift in ((540, 0), (608, -14), (676, 8)):
        canvas.arrow([(x, 232 + lift - i * 5) for i in range(13)], 9, TEAL_DEEP)
    return canvas


def foam_rolling() -> Canvas:
    canvas = scene(SKY)
    _mat(canvas, 622, SKY, 130, 1070)
    far = mix(NAVY, INK, 0.45)
    lower = Limb([(606, 476), (720, 516), (830, 556), (950, 590)], [110, 98, 82, 54])
    canvas.fill(ellipse((726, 586), 38, 38), AMBER_DEEP)
    canvas.limb(lower, far)
    _foot(canvas, (972, 590), turn=6)
    _head(canvas, BROWN, (296, 262), (346, 330), turn=6)
    torso = Limb([(372, 354), (440, 394), (530, 438), (610, 474)], [112, 116, 104, 116])
    canvas.limb(torso, TEAL)
    canvas.fill(torso.strip(0.03, 1, 0.3, 0.5), TEAL_DEEP)
    canvas.fill(torso.strip(0.9, 1.0), NAVY)
    canvas.fill(ellipse((722, 584), 42, 42), TEAL_DEEP)
    canvas.fill(ellipse((722, 584), 34, 34), AMBER)
    canvas.fill(ellipse((722, 584), 14, 14), AMBER_DEEP)
    canvas.limb(Limb([(612, 470), (700, 450), (788, 446)], [114, 104, 90]), NAVY)
    canvas.limb(Limb([(788, 446), (800, 520), (790, 580)], [88, 74, 54]), NAVY)
    _foot(canvas, (796, 592), turn=0)
    canvas.limb(Limb([(366, 372), (372, 470), (366, 586)], [60, 50, 44]), BROWN.tone)
    canvas.limb(Limb([(366, 590), (420, 598), (476, 600)], [44, 40, 34]), BROWN.tone)
    canvas.limb(Limb([(366, 370), (370, 426)], [68, 60]), TEAL_DEEP)
    canvas.limb(Limb([(430, 400), (500, 470), (566, 452)], [44, 40, 32]), BROWN.shade)
    canvas.arrow([(640 - i * 6, 672) for i in range(13)], 9, CORAL)
    canvas.arrow([(800 + i * 6, 672) for i in range(13)], 9, CORAL)
    return canvas
