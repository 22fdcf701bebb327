"""Draws the picture that stands for a page where people share its address. Plain values in, a PNG out.

No review stands in it: a picture outlives the day on which a badge was true.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont

SIZE = (1200, 630)
"""Pixels, as Open Graph's readers expect them."""
DRAWING = "2"
"""Change it when the drawing changes: then every picture is drawn anew."""

FONT = Path(__file__).parent / "fonts" / "SourceSansPro-Semibold.otf"
MARGIN = 84
TITLE_SIZES = range(92, 43, -4)
MOST_LINES = 4
TITLE_TOP, TITLE_BOTTOM = 168, 490

SHADES = 12
# The light colours of static/css/tokens.css.
PAPER, INK, INK_SOFT, LINE, BRAND, FELT = "#fbfaf7", "#1b2a2e", "#4d5f65", "#e2ded4", "#0c5c63", "#c4552d"


def draw(*, title: str, above: str, below: str) -> bytes:
    """A PNG of `SIZE` with a title, a line above it and the site's name below it.

    A text that does not fit is set smaller, then cut with an ellipsis. Letters that the font lacks show as boxes.
    """
    picture = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(picture)
    width, height = SIZE
    right = width - MARGIN
    pen.rectangle((0, 0, 20, height), fill=BRAND)
    picture.paste(_mark(84), (right - 76, 60))
    if above:
        pen.text(
            (MARGIN, 112),
            _cut(above, _font(36), right - MARGIN - 120),
            font=_font(36),
            fill=BRAND,
            anchor="ls",
        )
    font, lines = _fitted(title, right - MARGIN)
    step = round(font.size * 1.16)
    top = TITLE_TOP + (TITLE_BOTTOM - TITLE_TOP - step * len(lines)) // 2
    for number, line in enumerate(lines):
        pen.text((MARGIN, top + step * number), line, font=font, fill=INK)
    pen.line((MARGIN, 526, right, 526), fill=LINE, width=3)
    pen.text(
        (MARGIN, 580), _cut(below, _font(36), right - MARGIN), font=_font(36), fill=INK_SOFT, anchor="ls"
    )
    out = BytesIO()
    picture.quantize(palette=_palette(), dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


@cache
def _palette() -> Image.Image:
    """Every colour of the drawing and its shades towards the paper, which is what smooth edges are made of.

    Looking for the best colours of each picture took longer than drawing it.
    """
    paper = ImageColor.getrgb(PAPER)
    shades = [
        round(light + (dark - light) * step / SHADES)
        for colour in (INK, INK_SOFT, LINE, BRAND, FELT)
        for step in range(1, SHADES + 1)
        for light, dark in zip(paper, ImageColor.getrgb(colour), strict=True)
    ]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*paper, *shades])
    return palette


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size, layout_engine=ImageFont.Layout.BASIC)


def _fitted(text: str, width: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest font in which a title fits, and its lines."""
    for size in TITLE_SIZES:
        font = _font(size)
        lines = _lines(text, font, width)
        high = round(size * 1.16) * len(lines)
        if len(lines) <= MOST_LINES and high <= TITLE_BOTTOM - TITLE_TOP:
            return font, lines
    rest = " ".join(lines[MOST_LINES - 1 :])
    return font, [*lines[: MOST_LINES - 1], _cut(rest, font, width)]


def _lines(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text broken between words; a word that is too long for a line is cut."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(_cut(word, font, width))
    return lines


def _cut(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _mark(side: int) -> Image.Image:
    """The site's mark: pain that begins in one place and is felt in another. Drawn large, for smooth edges."""
    unit = side / 8  # a quarter of a unit of img/mark.svg
    large = Image.new("RGB", (4 * side, 4 * side), PAPER)
    pen = ImageDraw.Draw(large)

    def circle(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
        return ((x - radius) * unit, (y - radius) * unit, (x + radius) * unit, (y + radius) * unit)

    pen.arc(circle(19.5, 19.5, 13), 180, 272, fill=BRAND, width=round(3 * unit))
    pen.ellipse(circle(8, 24, 4.5), fill=BRAND)
    pen.ellipse(circle(24, 8, 6.5), fill=FELT)
    pen.ellipse(circle(24, 8, 3.5), fill=PAPER)
    return large.resize((side, side), Image.Resampling.LANCZOS)
