"""Colors the words of a reply by the side that decided each."""

from collections.abc import Sequence

from textual.content import Content

from app.core import xray
from app.core.safe_text import safe_text

STYLES = {side: f"$xray-ink on $xray-{side}" for side in ("model", "both", "voice")}

LEGEND = Content(" ").join(
    [Content.styled(f" {side} ", style) for side, style in STYLES.items()]
)


def draw(text: str, shares: Sequence[int]) -> Content:
    """Return the text in colors, and what they mean below it."""
    parts: list[Content | tuple[str, str] | str] = []
    for piece in xray.pieces(text, shares):
        shown = safe_text(piece.text)
        parts.append((shown, STYLES[piece.by]) if piece.by else shown)
    return Content.assemble(*parts, "\n", LEGEND)
