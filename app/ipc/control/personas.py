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


@dataclass(frozen=True)
class ShownCharacter:
    """A character beside the bot itself."""

    name: str
    about: str
    dial: int | None
    """None leaves it to the settings of the place."""
    channels: list[str]
    """Names of the channels where it speaks; none for all."""


@dataclass(frozen=True)
class CastReply:
    """The characters of a server."""

    characters: list[ShownCharacter]


@dataclass(frozen=True)
class PersonaCast(Request[CastReply]):
    """The characters of a server, which are called by their names."""

    method: ClassVar[str] = "persona_cast"
    only_reads: ClassVar[bool] = True
    guild: str


@dataclass(frozen=True)
class PersonaAdd(Request[TakenCard]):
    """Add the character of a card beside the bot itself."""

    method: ClassVar[str] = "persona_add"
    guild: str
    file: str
    channel: str | None = None
    """A channel (name or id) to speak in; None for all."""
    dial: int | None = None


@dataclass(frozen=True)
class PersonaDismiss(Request[CastReply]):
    """Delete a character with its lore; returns those that are left."""

    method: ClassVar[str] = "persona_dismiss"
    guild: str
    name: str


PERSONA_REQUESTS = (
    PersonaShow,
    PersonaImport,
    PersonaRemove,
    PersonaCast,
    PersonaAdd,
    PersonaDismiss,
)
