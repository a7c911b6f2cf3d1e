"""Requests to forget messages, everywhere and for good."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class Receipt:
    """The outcome of a search of the home for forgotten texts."""

    stores: list[str]
    """Names of what was searched."""
    files: int
    bytes: int
    texts: int
    left_out: int
    """Texts not searched for: too short, beyond the most, or written by others too."""
    found: list[str]
    """Files, relative to the home, that still have one of the texts."""

    def in_words(self) -> list[str]:
        """Say what was searched and what was found, a sentence each."""
        told = [
            f"Searched {self.files:,} files ({self.bytes / 1e6:,.1f} MB):"
            f" {', '.join(self.stores)}.",
            f"None of the {self.texts:,} texts was found.",
        ]
        if not self.texts:
            told[1] = "There was no text to search for."
        if self.found:
            told[1] = f"{len(self.found):,} files still have one of the texts."
        if self.left_out:
            told.append(
                f"Not searched for: {self.left_out:,} texts that are too short, too"
                " many, or said by others too."
            )
        return told


@dataclass(frozen=True)
class ForgetReply:
    """The counts of a removal."""

    messages: int
    embeddings: int
    replies: int
    """Replies that drew on them, whose text is gone."""
    complete: bool
    """True if the files are rewritten, too."""
    lifted: int = 0
    """Entries about what was forgotten that an `undo` took away."""
    receipt: Receipt | None = None
    """Of the search that `prove` asked for."""


@dataclass(frozen=True)
class Forget(Request[ForgetReply]):
    """Forget messages, an author, a channel or a whole guild, everywhere.

    With `undo` they may be learned again. Of a whole guild what members forgot
    themselves stays forgotten.
    """

    method: ClassVar[str] = "forget"
    guild: str
    messages: list[str] = field(default_factory=list)
    author: str | None = None
    channel: str | None = None
    everything: bool = False
    undo: bool = False
    prove: bool = False
    """Search the whole home afterwards; the reply then has a `receipt`."""


FORGET_REQUESTS = (Forget,)
