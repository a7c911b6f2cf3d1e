"""Output of commands: lines for people, JSON for machines, errors on one line."""

import io
import json
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import orjson

from app.core import xray
from app.core.errors import AppError
from app.core.safe_text import safe_line, safe_text

CODES = {"model": "36", "both": "1", "voice": "33"}
"""The terminal's colors of the sides that decide a word: cyan, bold, yellow."""


def has_screen() -> bool:
    """Return whether the screens can be shown: on a terminal, or in a browser."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return is_terminal or "TEXTUAL_DRIVER" in os.environ


def open_streams() -> None:
    """Let any text through, whatever the encoding of the console or the pipe.

    A stream that was closed before the start becomes one that holds nothing.
    """
    # They stay open for the whole process, as the system's own do.
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")
    for stream, errors in (
        (sys.stdin, "replace"),
        (sys.stdout, "backslashreplace"),
        (sys.stderr, "backslashreplace"),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def print_json(value: object) -> None:
    """Print one JSON object on one line; in ASCII where the stream takes no more."""
    text = orjson.dumps(value).decode()
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text))
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say(text: str = "", *, end: str = "\n") -> None:
    """Print a line for people; nothing in it reaches the terminal as a control."""
    sys.stdout.write(safe_text(text) + end)
    sys.stdout.flush()


def complain(error: AppError) -> None:
    """Print one line on stderr: what happened, and what to do."""
    sys.stderr.write(f"mynah: {safe_line(str(error))}\n")


def dim(text: str) -> str:
    """Return `text` dimmed, on a terminal that can."""
    return _styled(text, "2")


def bold(text: str) -> str:
    """Return `text` in bold, on a terminal that can."""
    return _styled(text, "1")


def xrayed(text: str, shares: Sequence[int]) -> str:
    """Return `text` with each word in the color of the side that decided it."""
    return "".join(
        _styled(piece.text, CODES[piece.by]) if piece.by else safe_text(piece.text)
        for piece in xray.pieces(text, shares)
    )


def _styled(text: str, code: str) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return safe_text(text)
    return f"\x1b[{code}m{safe_text(text)}\x1b[0m"


def write_styled(text: str) -> None:
    """Print a line whose parts are already dimmed, bold or safe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def size(count: float) -> str:
    """Return bytes in a readable unit."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


class Bar:
    """A progress line that is redrawn on a terminal, and silent elsewhere."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._is_shown = stream.isatty()
        self._width = 0

    def show(self, label: str, done: float, total: float, right: str = "") -> None:
        """Draw the progress; a `total` of 0 is unknown."""
        if not self._is_shown:
            return
        share = min(1.0, done / total) if total else 0.0
        filled = round(share * 24)
        bar = "━" * filled + "╌" * (24 - filled)
        text = f"{bar} {share:4.0%}  {safe_line(label)}  {right}"[:100]
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)

    def clear(self) -> None:
        """Erase the line."""
        if self._is_shown and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
