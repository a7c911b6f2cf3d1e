"""Builds the files of a voice from a guild's messages, each read and split once."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.voice import files, static_index, vocabulary
from app.voice.spool import Spool, chunks, room_in
from app.voice.static_index import Arrays
from app.voice.suffixes import count_symbols
from app.voice.vocabulary import Numbering
from app.voice.word_tokenizer import split

NAME = "voice"
"""The files' name in a guild's directory."""

_REPORT_EVERY = 10_000
_END_WORD = "end of message"
"""It stands between messages, and has number END as the first word; no word has letters
on both sides of a space."""

_BATCH = 1 << 16
"""So many words are numbered at a time."""


def build(
    directory: Path,
    rows: Iterable[tuple[int, str, int]],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write a new generation of a guild's voice, then remove the earlier one.

    Run it in its own process: it blocks the interpreter for seconds per million
    messages. It needs some 70 MB, 15 bytes for each message and 60 for each distinct
    word; the rest is on the disk.

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
    symbols, ids, channels = (
        Spool(directory, dtype) for dtype in (np.int32, np.int64, np.int64)
    )
    numbering = Numbering()
    words = [_END_WORD]
    places: list[tuple[int, int]] = []

    def spool() -> None:
        symbols.append(numbering.numbers_of(words))
        found = np.array(places, np.int64).reshape(-1, 2)
        ids.append(found[:, 0])
        channels.append(found[:, 1])
        words.clear()
        places.clear()

    for read, (message, text, channel) in enumerate(rows, 1):
        pieces = split(text)
        if pieces:
            words += pieces
            words.append(_END_WORD)
            places.append((message, channel))
        if len(words) >= _BATCH:
            spool()
        if progress and read % _REPORT_EVERY == 0:
            progress(read)
    spool()
    return _write(directory, symbols.array(), ids.array(), channels.array(), numbering)


def _write(
    directory: Path,
    symbols: npt.NDArray[np.int32],
    ids: npt.NDArray[np.int64],
    channels: npt.NDArray[np.int64],
    numbering: Numbering,
) -> int:
    words = _number_by_rank(symbols, numbering)
    arrays = static_index.build(symbols, ids, channels, room_in(directory)) | words
    facts = {
        "words": len(symbols) - len(ids) - 1,
        "last_message": int(ids[-1]) if len(ids) else 0,
    }
    files.write(directory, NAME, arrays, facts)
    return len(ids)


def _number_by_rank(symbols: npt.NDArray[np.int32], numbering: Numbering) -> Arrays:
    """Number the words by rank, in place, and return the vocabulary.

    Small numbers take less room, and common words are then side by side.
    """
    counts = count_symbols(symbols)
    order = np.append(0, np.argsort(-counts[1:], kind="stable") + 1)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order))
    for at, part in chunks(symbols):
        symbols[at : at + len(part)] = rank[part]
    return vocabulary.build(map(numbering.word, order[1:].tolist()))
