"""The voice's share in the choice of each word of a reply, and its messages."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from app.core.sentences import line_key
from app.core.xray import UNKNOWN
from app.providers.base import Used, WordShare


def percents(text: str, shares: Sequence[WordShare]) -> list[int]:
    """Return a percentage for each word between spaces, or nothing where none is known.

    Words that were cut or changed since they were chosen have none.
    """
    if not shares:
        return []
    chosen, said = [share.word for share in shares], text.split()
    found = [UNKNOWN] * len(said)
    matcher = SequenceMatcher(None, chosen, said, autojunk=False)
    for mine, here, size in matcher.get_matching_blocks():
        for at in range(size):
            found[here + at] = round(100 * shares[mine + at].voice)
    return found


def still_said(text: str, sources: Sequence[Used]) -> tuple[Used, ...]:
    """Return the messages whose words are in a text that may have been cut."""
    said = line_key(text)
    return tuple(used for used in sources if line_key(used.run) in said)
