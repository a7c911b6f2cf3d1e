"""Draws a reply with each word in the color of the side that decided it."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from app.core import xray
from app.discord.pictures.picture_parts import BACKGROUND, QUIET, can_draw, font

WIDTH, MARGIN = 720, 24
LINE, SIZE, PAD = 38, 20, 5
MOST_LINES = 14
INK = "#15171C"
UNKNOWN = "#949BA4"
SCALE = 160


def draw(text: str, shares: Sequence[int]) -> bytes:
    """Draw a PNG of a reply, with a scale below it.

    A word outside the font appears as blocks.
    """
    lines = _lines(text, shares)
    height = 2 * MARGIN + LINE * (len(lines) + 1) + 8
    image = Image.new("RGB", (WIDTH, height), BACKGROUND)
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        x, y = MARGIN, MARGIN + number * LINE
        for piece in line:
            x += _word(pen, (x, y), piece)
    _scale(pen, MARGIN + LINE * len(lines) + 12)
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def _shown(piece: xray.XrayWord) -> str:
    most = 48
    text = piece.text if can_draw(piece.text) else "▯" * min(len(piece.text), 8)
    return text if len(text) <= most else text[: most - 3] + "..."


def _width(piece: xray.XrayWord) -> int:
    return round(font(SIZE).getlength(_shown(piece))) + 2 * PAD


def _lines(text: str, shares: Sequence[int]) -> list[list[xray.XrayWord]]:
    lines: list[list[xray.XrayWord]] = [[]]
    room = WIDTH - 2 * MARGIN
    for piece in xray.pieces(text, shares):
        if piece.text.isspace():
            continue
        width = _width(piece) + PAD
        if width > room and lines[-1]:
            lines.append([])
            room = WIDTH - 2 * MARGIN
        lines[-1].append(piece)
        room -= width
    return lines[:MOST_LINES]


def _word(pen: ImageDraw.ImageDraw, at: tuple[int, int], piece: xray.XrayWord) -> int:
    """Draw a word; return the place that it took."""
    x, y = at
    width = _width(piece)
    is_known = piece.share != xray.UNKNOWN
    fill = xray.color(piece.share) if is_known else UNKNOWN
    pen.rounded_rectangle((x, y, x + width, y + LINE - 8), radius=5, fill=fill)
    pen.text((x + PAD, y + 3), _shown(piece), INK, font(SIZE))
    return width + PAD


def _scale(pen: ImageDraw.ImageDraw, y: int) -> None:
    """Draw the scale from the model's color to the voice's."""
    small = font(15)
    pen.text((MARGIN, y), "model", QUIET, small)
    left = MARGIN + 60
    for step in range(SCALE):
        share = round(100 * step / (SCALE - 1))
        pen.line((left + step, y + 3, left + step, y + 15), fill=xray.color(share))
    pen.text((left + SCALE + 12, y), "voice", QUIET, small)
