"""Requests about a server's lorebook."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class ShownLore:
    """An entry of a lorebook."""

    name: str
    words: list[str]
    """The words that bring it up; `*` alone always does, none leave it to meaning."""
    text: str
    book: str = ""
    """The card that it came with; empty for the server's own."""


@dataclass(frozen=True)
class LoreReply:
    """The entries of a server."""

    entries: list[ShownLore]


@dataclass(frozen=True)
class Lore(Request[LoreReply]):
    """The entries of a server's lorebook."""

    method: ClassVar[str] = "lore"
    only_reads: ClassVar[bool] = True
    guild: str


@dataclass(frozen=True)
class LoreShow(Request[ShownLore]):
    """One entry by its name."""

    method: ClassVar[str] = "lore_show"
    only_reads: ClassVar[bool] = True
    guild: str
    name: str


@dataclass(frozen=True)
class LoreAdd(Request[ShownLore]):
    """Write an entry, in place of one of that name; returns it as it is stored."""

    method: ClassVar[str] = "lore_add"
    guild: str
    name: str
    text: str
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LoreRemove(Request[ShownLore]):
    """Delete an entry, and return it."""

    method: ClassVar[str] = "lore_remove"
    guild: str
    name: str


LORE_REQUESTS = (Lore, LoreShow, LoreAdd, LoreRemove)
