"""The last gate before the terminal: removes control characters from all output."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from app.core.safe_text import safe_line


class TerminalGate(LineFilter):
    """Cleans every segment, although most of their text is clean already.

    It is for text that a person pastes into a field, and for texts of libraries.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.text.isascii() and segment.text.isprintable()
            else Segment(safe_line(segment.text), segment.style, segment.control)
            for segment in segments
        ]
