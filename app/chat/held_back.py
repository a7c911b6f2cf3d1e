"""Holds back what may become a word that is never said, while a text is written."""

from collections.abc import Sequence

from app.chat.ladder import OnPiece
from app.core.never_said import never_said


def holding_back(on_piece: OnPiece, never: Sequence[str]) -> OnPiece:
    """Return the same receiver for pieces, of which it gets only what may be said."""
    if not never:
        return on_piece
    words = never_said(tuple(never))
    text, shown = "", 0

    def receive(piece: str | None) -> None:
        nonlocal text, shown
        if piece is None:
            text, shown = "", 0
            on_piece(None)
            return
        text += piece
        ready = words.speakable(text)
        if len(ready) > shown:
            on_piece(ready[shown:])
            shown = len(ready)

    return receive
