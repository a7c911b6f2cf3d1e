"""The voice's share in the choice of each word of a reply."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from app.core.xray import UNKNOWN
from app.providers.base import WordShare


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
