"""Requests about the servers, their data and their voices."""

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Guilds:
    """The learned servers; `guilds` has one entry each.

    Keys: `row`, `id`, `guild` (its name), `messages`, `words`, `voice` (state in
    words), `embeddings`, `backlog`, `bytes`, `mode`, `provider`, `dial`, `join_in`,
    `shadow`, `local_only`, `opted_out`, `last_reply` (seconds since the epoch).
    """

    method: ClassVar[str] = "guilds"


@dataclass(frozen=True)
class Import:
    """Learn from files; sends `Progress` notifications; the reply has the counts.

    Keys: `guild`, `read`, `added`, `duplicates`, `filtered`, `seconds`, `files`
    (`file`, `read`, `added`), and `errors` (`file`, `text`: what could not be read,
    and where).
    """

    method: ClassVar[str] = "import"
    guild: str
    paths: list[str]
    channel: str | None = None


@dataclass(frozen=True)
class Forget:
    """Forget messages, an author, a channel or a whole guild, everywhere.

    With `undo` they may be learned again, and the reply has `lifted`, how many entries
    about them went. Of a whole guild what members forgot themselves stays forgotten.
    """

    method: ClassVar[str] = "forget"
    guild: str
    messages: list[str] = field(default_factory=list)
    author: str | None = None
    channel: str | None = None
    everything: bool = False
    undo: bool = False


@dataclass(frozen=True)
class Export:
    """Write a guild's messages to a file in the interchange format; `messages`."""

    method: ClassVar[str] = "export"
    guild: str
    to: str


@dataclass(frozen=True)
class Backup:
    """Write everything that cannot be made anew to a file; `file`, `bytes`."""

    method: ClassVar[str] = "backup"
    to: str


@dataclass(frozen=True)
class Phrases:
    """The words typical of a voice: `words` and `phrases` (`text`, `count`)."""

    method: ClassVar[str] = "phrases"
    guild: str
    limit: int = 30


@dataclass(frozen=True)
class Meter:
    """The likeness of a guild's replies to its members' messages, week by week.

    Keys: `guild`, `weeks` (oldest first, each `start` in seconds since the epoch and
    the fields of `app.meter.week.Week`), `advice` (`is_alarm`, `finding`, `remedy`).
    """

    method: ClassVar[str] = "meter"
    guild: str
    weeks: int = 12
    anew: bool = False
    """Make the present week's figures now, however fresh they are."""


GUILD_REQUESTS = (Guilds, Import, Forget, Export, Backup, Phrases)
METER_REQUESTS = (Meter,)
