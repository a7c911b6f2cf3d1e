"""Draws how a phrase spread: messages over time, and by channel."""

import io

from PIL import Image, ImageDraw

from app.discord.pictures.picture_parts import (
    BACKGROUND,
    MARGIN,
    QUIET,
    ROW,
    TEXT,
    WORDS,
    can_draw,
    draw_bars,
    draw_columns,
    fit,
    font,
)
from app.service.words.phrase_origin import PhraseOrigin

WIDTH, COLUMNS_HEIGHT = 900, 220


def draw(origin: PhraseOrigin) -> bytes:
    """Draw a PNG of the messages with a phrase."""
    top = 92 + COLUMNS_HEIGHT + 44
    height = top + 26 + ROW * max(1, len(origin.channels)) + 12
    image = Image.new("RGB", (WIDTH, height), BACKGROUND)
    pen = ImageDraw.Draw(image)
    title = origin.phrase if can_draw(origin.phrase) else "This phrase"
    pen.text((MARGIN, 20), fit(title, 40), TEXT, font(26))
    about = "about " if origin.is_estimate else ""
    pen.text((MARGIN, 54), f"{about}{origin.count:,} messages", QUIET, font(15))
    times, counts = zip(*origin.times, strict=True)
    by = "year" if len(times[0]) == 4 else "month"
    place = (MARGIN, 92, WIDTH - MARGIN, 92 + COLUMNS_HEIGHT)
    below = (times[0], times[-1] if len(times) > 1 else "")
    draw_columns(pen, place, f"Messages by {by}", counts, below)
    width = WIDTH - 2 * MARGIN
    draw_bars(pen, (MARGIN, top), width, "By channel", WORDS, origin.channels)
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()
