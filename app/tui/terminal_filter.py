"""The last gate before the terminal: no drawn text carries what a terminal obeys."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from app.core.safe_text import safe_line


class TerminalGate(LineFilter):
    """Cleans every segment; what came through the link or shelf is clean already.

    It stands there for what a person pastes into a field, and for texts of libraries.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.text.isascii() and segment.text.isprintable()
            else Segment(safe_line(segment.text), segment.style, segment.control)
            for segment in segments
        ]
