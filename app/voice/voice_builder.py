"""Builds the files of a voice from a guild's messages, each read and split once."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.voice import files, static_index, vocabulary
from app.voice.static_index import END, Arrays
from app.voice.suffixes import count_symbols
from app.voice.word_tokenizer import split

NAME = "voice"
"""The files' name in a guild's directory."""

_REPORT_EVERY = 10_000
_CHUNK = 1 << 20


def build(
    directory: Path,
    rows: Iterable[tuple[int, str, int]],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write a new generation of a guild's voice, then remove the earlier one.

    Run it in its own process: it blocks the interpreter for seconds per million
    messages and needs some 25 bytes per word.

    Args:
        directory: Where the voice's files are.
        rows: The row id, text and channel (row id) of every message, ids ascending.
        progress: Called with the messages read so far, now and then.

    Returns:
        The number of messages learned; messages without a word are skipped.

    Raises:
        ValueError: When the ids do not ascend.
        OverflowError: When there is too much for one index.
        OSError: When the files cannot be written; the earlier generation stays.
    """
    symbols, ids, channels = array("i", [END]), array("q"), array("q")
    numbers: defaultdict[str, int] = defaultdict(count(1).__next__)
    number = numbers.__getitem__
    for read, (message, text, channel) in enumerate(rows, 1):
        pieces = split(text)
        if pieces:
            symbols.extend(map(number, pieces))
            symbols.append(END)
            ids.append(message)
            channels.append(channel)
        if progress and read % _REPORT_EVERY == 0:
            progress(read)
    flat = np.frombuffer(symbols, np.int32)
    words = _number_by_rank(flat, numbers)
    arrays = static_index.build(
        flat, np.frombuffer(ids, np.int64), np.frombuffer(channels, np.int64)
    )
    arrays |= words
    facts = {
        "words": len(flat) - len(ids) - 1,
        "last_message": ids[-1] if ids else 0,
    }
    files.write(directory, NAME, arrays, facts)
    return len(ids)


def _number_by_rank(symbols: npt.NDArray[np.int32], numbers: dict[str, int]) -> Arrays:
    """Number the words by rank, in place, and return the vocabulary.

    The sorter's codes for small numbers are short. It needs the room of `numbers`,
    which are emptied.
    """
    counts = count_symbols(symbols)
    order = np.argsort(-counts[1:], kind="stable")
    rank = np.zeros(len(order) + 1, np.int32)
    rank[order + 1] = np.arange(1, len(order) + 1)
    for at in range(0, len(symbols), _CHUNK):
        symbols[at : at + _CHUNK] = rank[symbols[at : at + _CHUNK]]
    words = list(numbers)
    numbers.clear()
    return vocabulary.build(words[at] for at in order.tolist())
