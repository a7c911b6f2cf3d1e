"""What is asked about what a guild's bot knows, and how it talks."""

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Guilds:
    """What is learned; `guilds` has a guild each.

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
    prove: bool = False
    """Search the whole home afterwards; the reply then has a `receipt`."""


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
    """What makes a guild's voice its own: `words` and `phrases` (`text`, `count`)."""

    method: ClassVar[str] = "phrases"
    guild: str
    limit: int = 30


@dataclass(frozen=True)
class Meter:
    """How much a guild's replies are like what its members write, week by week.

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
