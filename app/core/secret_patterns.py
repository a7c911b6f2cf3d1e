"""Secrets and addresses of people in text: found, and left out.

Learning, speaking, logs and tuning data all keep out what one of them finds.
"""

from collections.abc import Sequence
from functools import cache

import re2

from app.core.secret_shapes import SHAPES, Shape

_HINTS_BYTES = 64 * 1024 * 1024
"""The most memory for the states of the search for all hints; they use little of it."""


def redact(text: str, instead: str = "[secret]") -> str:
    """`text` with `instead` in the place of each secret."""
    for shape in _hinted(text):
        text = _redact(text, shape, instead)
    return text


def _redact(text: str, shape: Shape, instead: str) -> str:
    return shape.pattern.sub(
        lambda found: instead if shape.is_real(found) else found[0], text
    )


def has_secret(text: str) -> bool:
    """Tell if a text holds something that looks like a secret."""
    shapes = _hinted(text)
    if not shapes:
        return False
    return any(
        any(map(shape.is_real, shape.pattern.finditer(text))) for shape in shapes
    )


def have_secrets(texts: Sequence[str]) -> list[bool]:
    """Tell for each of some texts if it holds a secret.

    Most have no hint, and one look finds that of all at once. Each look lets other
    threads run, after which this one waits for its turn.
    """
    if _hinted("\n".join(texts)):
        return [has_secret(text) for text in texts]
    return [False] * len(texts)


def _hinted(text: str) -> list[Shape]:
    """Return the shapes that a text may have; none for most texts."""
    try:
        hints = _hints().Match(text)
    except UnicodeEncodeError:  # Half a character pair, which is a part of no hint.
        hints = _hints().Match(text.encode(errors="replace"))
    return [SHAPES[number] for number in sorted(hints)] if hints else []


@cache
def _hints() -> "re2.Set":
    """Compile all hints into one search, which reads a text once (RE2::Set)."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _HINTS_BYTES
    hints = re2.Set.SearchSet(options)
    for shape in SHAPES:
        hints.Add(shape.hint)
    hints.Compile()
    return hints
