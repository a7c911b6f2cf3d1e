"""Takes messages out of the files of a token voice, which needs no model for it."""

from collections.abc import Collection
from pathlib import Path

from app.voice import files, static_index
from app.voice.files import VoiceFileError
from app.voice.static_index import Base
from app.voice.tokens import NAME


def scrub(directory: Path, messages: Collection[int]) -> None:
    """Write a new generation without these messages, if it has one of them.

    Args:
        directory: Where its files are.
        messages: Row ids; unknown ones are no error.

    Raises:
        FileNotFoundError: When there is no voice.
        VoiceFileError: When its files are damaged.
        OSError: When the files cannot be written; the earlier generation stays.
    """
    stored = files.read(directory, NAME)
    try:
        base = Base(stored.arrays)
        if all(base.find(message) is None for message in messages):
            return
        arrays = static_index.without(stored.arrays, messages)
    except ValueError as error:
        raise VoiceFileError(f"{stored.path.name}: {error}") from error
    files.write(directory, NAME, arrays, stored.facts)
