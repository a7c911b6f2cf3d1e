"""Requests about the personas of a server and its channels."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class ShownPersona:
    """A server's persona."""

    name: str
    about: str
    entries: int
    """The entries of the lorebook that came with its card."""


@dataclass(frozen=True)
class TakenCard(ShownPersona):
    """The persona that a card gave."""

    unused: list[str]
    """Parts of the card that have no use here, in words."""
    before: str
    """The description that it replaces."""


@dataclass(frozen=True)
class PersonaShow(Request[ShownPersona]):
    """A server's persona."""

    method: ClassVar[str] = "persona_show"
    only_reads: ClassVar[bool] = True
    guild: str
    channel: str | None = None
    """Its name or id; None for the whole server."""


@dataclass(frozen=True)
class PersonaImport(Request[TakenCard]):
    """Take name, persona and lorebook from the file of a character card."""

    method: ClassVar[str] = "persona_import"
    guild: str
    file: str
    channel: str | None = None
    """Its name or id; None for the whole server."""


@dataclass(frozen=True)
class PersonaRemove(Request[ShownPersona]):
    """Take a server's persona away, and return it."""

    method: ClassVar[str] = "persona_remove"
    guild: str
    channel: str | None = None
    """Its name or id; None for the whole server."""


PERSONA_REQUESTS = (PersonaShow, PersonaImport, PersonaRemove)
