"""Draws a guild's week as one picture: words, teachers and days."""

import io
from collections.abc import Sequence
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from app.core.paths import asset
from app.service.weekly_stats import GuildWeek

WIDTH, HEIGHT = 900, 480
MARGIN, GAP = 32, 40
ROW = 36
BAR = 14
BACKGROUND, PANEL, QUIET, TEXT = "#1e1f22", "#2b2d31", "#949ba4", "#f2f3f5"
WORDS, TEACHERS, DAYS = "#e8b04a", "#5fb3a1", "#7d9bd8"
LABEL_CHARS = 24

Draw = ImageDraw.ImageDraw


def draw(week: GuildWeek, title: str) -> bytes:
    """Draw a PNG of the week.

    Text outside the font, such as Chinese names or emoji, appears as its number in the
    list; the message beside the picture uses the same numbers.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    pen = ImageDraw.Draw(image)
    heading = title if can_draw(title) else "This server"
    pen.text((MARGIN, 20), _fit(heading, 40), TEXT, font(26))
    pen.text((MARGIN, 54), _doing(week), QUIET, font(15))
    half = (WIDTH - 2 * MARGIN - GAP) // 2
    right = MARGIN + half + GAP
    _bars(pen, (MARGIN, 92), half, "Words of the week", WORDS, week.words)
    _bars(pen, (right, 92), half, "Top teachers", TEACHERS, week.teachers)
    _columns(pen, (right, 316), half, "Messages learned per day", week.days)
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def _doing(week: GuildWeek) -> str:
    facts = ["the last seven days", f"{week.replies:,} replies"]
    if week.replies:
        facts += [f"{week.liked:,} liked, {week.disliked:,} not"]
        facts += [f"half within {max(0.1, week.median_ms / 1000):.1f} s"]
    return "  ·  ".join(facts)


def _bars(
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
        label = (
            f"{number}  {_fit(name, LABEL_CHARS)}" if can_draw(name) else f"{number}"
        )
        pen.text((x, top), label, TEXT, font(15))
        pen.text((x + width, top), f"{count:,}", QUIET, font(15), anchor="ra")
        length = max(4, round(width * count / most))
        box = (x, top + 21, x + length, top + 21 + BAR // 2)
        pen.rounded_rectangle(box, radius=3, fill=color)
    if not rows:
        pen.text((x, y + 26), "none yet", QUIET, font(15))


def _columns(
    pen: Draw, at: tuple[int, int], width: int, title: str, days: Sequence[int]
) -> None:
    """Draw one column per day, today last, on a base line."""
    x, y = at
    pen.text((x, y), title, QUIET, font(15))
    ground, height = HEIGHT - 40, HEIGHT - 40 - (y + 44)
    most, step = max(max(days), 1), width / len(days)
    for number, count in enumerate(days):
        left, right = x + number * step + 6, x + (number + 1) * step - 6
        top = ground - height * count / most
        if count:
            box = (left, min(top, ground - 3), right, ground)
            pen.rounded_rectangle(box, radius=3, fill=DAYS)
        middle = (left + right) / 2
        pen.text((middle, top - 4), f"{count:,}", TEXT, font(13), anchor="ms")
    pen.line((x, ground, x + width, ground), fill=PANEL, width=2)
    pen.text((x + width, ground + 6), "today", QUIET, font(13), anchor="ra")


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


def _fit(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3] + "..."
