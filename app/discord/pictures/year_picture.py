"""Draws a server's year as two pictures: its times, and its words."""

import io
import textwrap

from PIL import Image, ImageDraw

from app.discord.pictures.picture_parts import (
    BACKGROUND,
    MARGIN,
    PANEL,
    QUIET,
    ROW,
    TEACHERS,
    TEXT,
    WORDS,
    can_draw,
    draw_bars,
    draw_columns,
    fit,
    font,
)
from app.service.words.guild_year import GuildYear

WIDTH, GAP = 900, 40
TIMES_HEIGHT = 640
QUOTE_CHARS, QUOTE_LINES = 62, 4


def draw_times(year: GuildYear, name: str) -> bytes:
    """Draw a PNG of the messages by month and by hour."""
    image = Image.new("RGB", (WIDTH, TIMES_HEIGHT), BACKGROUND)
    pen = ImageDraw.Draw(image)
    heading = name if can_draw(name) else "This server"
    pen.text((MARGIN, 20), fit(heading, 40), TEXT, font(26))
    pen.text((MARGIN, 54), year.title, QUIET, font(15))
    numbers = (
        (year.messages, "messages"),
        (year.people, "members"),
        (year.replies, "replies by me"),
    )
    wide = (WIDTH - 2 * MARGIN) // len(numbers)
    for column, (number, what) in enumerate(numbers):
        pen.text((MARGIN + column * wide, 88), f"{number:,}", WORDS, font(38))
        pen.text((MARGIN + column * wide, 134), what, QUIET, font(15))
    months = [count for _, count in year.months]
    place = (MARGIN, 184, WIDTH - MARGIN, 374)
    below = (year.months[0][0], year.months[-1][0])
    draw_columns(pen, place, "Messages by month", months, below)
    place = (MARGIN, 418, WIDTH - MARGIN, TIMES_HEIGHT - 32)
    draw_columns(pen, place, "Messages by hour (UTC)", year.hours, ("0:00", "23:00"))
    return _png(image)


def draw_words(year: GuildYear) -> bytes:
    """Draw a PNG of the busiest channels, the server's words, and the best line."""
    rows = max(len(year.words), len(year.channels), 1)
    quote = _quote(year)
    under = 58 + 38 + ROW * rows
    height = under + (52 + 26 * len(quote) if quote else 0) + 16
    image = Image.new("RGB", (WIDTH, height), BACKGROUND)
    pen = ImageDraw.Draw(image)
    pen.text((MARGIN, 20), year.title, QUIET, font(15))
    half = (WIDTH - 2 * MARGIN - GAP) // 2
    right = MARGIN + half + GAP
    draw_bars(pen, (MARGIN, 58), half, "Words of our own", WORDS, year.words)
    draw_bars(pen, (right, 58), half, "Busiest channels", TEACHERS, year.channels)
    if quote and year.best:
        box = (MARGIN, under, WIDTH - MARGIN, height - 16)
        pen.rounded_rectangle(box, radius=8, fill=PANEL)
        head = f"My line that you liked most ({year.best.likes:+,})"
        pen.text((MARGIN + 16, under + 10), head, QUIET, font(15))
        for number, line in enumerate(quote):
            pen.text((MARGIN + 16, under + 36 + 26 * number), line, TEXT, font(18))
    return _png(image)


def _quote(year: GuildYear) -> list[str]:
    """Return the best line in short lines; nothing where the font lacks a character."""
    if year.best is None or not can_draw(year.best.text):
        return []
    lines = textwrap.wrap(year.best.text, QUOTE_CHARS)
    if len(lines) > QUOTE_LINES:
        lines = [*lines[: QUOTE_LINES - 1], fit(lines[QUOTE_LINES - 1], 58) + "..."]
    return lines


def _png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()
