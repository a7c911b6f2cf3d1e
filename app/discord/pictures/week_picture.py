"""Draws a guild's week as one picture: words, teachers and days."""

import io

from PIL import Image, ImageDraw

from app.discord.pictures.picture_parts import (
    BACKGROUND,
    MARGIN,
    QUIET,
    TEACHERS,
    TEXT,
    WORDS,
    can_draw,
    draw_bars,
    draw_columns,
    fit,
    font,
)
from app.service.weekly_stats import GuildWeek

WIDTH, HEIGHT = 900, 480
GAP = 40


def draw(week: GuildWeek, title: str) -> bytes:
    """Draw a PNG of the week.

    Text outside the font, such as Chinese names or emoji, appears as its number in the
    list; the message beside the picture uses the same numbers.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    pen = ImageDraw.Draw(image)
    heading = title if can_draw(title) else "This server"
    pen.text((MARGIN, 20), fit(heading, 40), TEXT, font(26))
    pen.text((MARGIN, 54), _doing(week), QUIET, font(15))
    half = (WIDTH - 2 * MARGIN - GAP) // 2
    right = MARGIN + half + GAP
    draw_bars(pen, (MARGIN, 92), half, "Words of the week", WORDS, week.words)
    draw_bars(pen, (right, 92), half, "Top teachers", TEACHERS, week.teachers)
    place = (right, 316, right + half, HEIGHT - 40)
    draw_columns(pen, place, "Messages learned per day", week.days, ("", "today"))
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def _doing(week: GuildWeek) -> str:
    facts = ["the last seven days", f"{week.replies:,} replies"]
    if week.replies:
        facts += [f"{week.liked:,} liked, {week.disliked:,} not"]
        facts += [f"half within {max(0.1, week.median_ms / 1000):.1f} s"]
    return "  ·  ".join(facts)
