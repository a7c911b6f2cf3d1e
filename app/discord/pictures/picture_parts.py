"""The parts of pictures: colors, the font, bars and columns."""

from collections.abc import Sequence
from functools import cache

from PIL import ImageDraw, ImageFont

from app.core.paths import asset

MARGIN = 32
ROW = 36
BAR = 14
BACKGROUND, PANEL, QUIET, TEXT = "#1e1f22", "#2b2d31", "#949ba4", "#f2f3f5"
WORDS, TEACHERS, DAYS = "#e8b04a", "#5fb3a1", "#7d9bd8"
LABEL_CHARS = 24
LEAST_COLUMN = 34
"""The narrowest column with its number above it, in pixels."""

Draw = ImageDraw.ImageDraw


def draw_bars(
    pen: Draw,
    at: tuple[int, int],
    width: int,
    title: str,
    color: str,
    rows: Sequence[tuple[str, int]],
) -> None:
    """Draw a list with one bar per row; the longest fills the width."""
    x, y = at
    pen.text((x, y), title, QUIET, font(15))
    most = max((count for _, count in rows), default=1)
    for number, (name, count) in enumerate(rows, 1):
        top = y + 26 + (number - 1) * ROW
        label = f"{number}  {fit(name, LABEL_CHARS)}" if can_draw(name) else f"{number}"
        pen.text((x, top), label, TEXT, font(15))
        pen.text((x + width, top), f"{count:,}", QUIET, font(15), anchor="ra")
        length = max(4, round(width * count / most))
        box = (x, top + 21, x + length, top + 21 + BAR // 2)
        pen.rounded_rectangle(box, radius=3, fill=color)
    if not rows:
        pen.text((x, y + 26), "none yet", QUIET, font(15))


def draw_columns(
    pen: Draw,
    at: tuple[int, int, int, int],
    title: str,
    counts: Sequence[int],
    below: tuple[str, str],
) -> None:
    """Draw one column per count on a base line.

    Args:
        at: Left, top, right, and the base line.
        below: The words under the first and the last column.
    """
    x, y, end, ground = at
    pen.text((x, y), title, QUIET, font(15))
    height = ground - (y + 44)
    most, step = max(max(counts), 1), (end - x) / len(counts)
    gap = min(6.0, step / 6)
    has_numbers = step >= max(LEAST_COLUMN, font(13).getlength(f"{most:,}") + 4)
    for number, count in enumerate(counts):
        left, right = x + number * step + gap, x + (number + 1) * step - gap
        top = ground - height * count / most
        if count:
            box = (left, min(top, ground - 3), right, ground)
            pen.rounded_rectangle(box, radius=3, fill=DAYS)
        if has_numbers and count:
            middle = (left + right) / 2
            pen.text((middle, top - 4), f"{count:,}", TEXT, font(13), anchor="ms")
    pen.line((x, ground, end, ground), fill=PANEL, width=2)
    first, last = below
    pen.text((x, ground + 6), first, QUIET, font(13))
    pen.text((end, ground + 6), last, QUIET, font(13), anchor="ra")


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font of all pictures."""
    return ImageFont.truetype(asset("font") / "DejaVuSans.ttf", size)


def can_draw(text: str) -> bool:
    """Return whether the font has all characters of a text."""
    return all(character.isspace() or _has_glyph(character) for character in text)


@cache
def _has_glyph(character: str) -> bool:
    """Return whether the font has its own glyph for the character."""
    small = font(15)
    drawn, lacking = (bytes(small.getmask(one)) for one in (character, "\uffff"))
    return bool(drawn) and drawn != lacking


def fit(text: str, most: int) -> str:
    """Return a text on one line of at most that many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3] + "..."
