"""What is asked about what a guild's bot knows, and how it talks."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.ipc.wire import Json, Request


@dataclass(frozen=True)
class Guilds(Request[Json]):
    """What is learned; `guilds` has a guild each.

    Keys: `row`, `id`, `guild` (its name), `messages`, `words`, `voice` (state in
    words), `embeddings`, `backlog`, `bytes`, `mode`, `provider`, `dial`, `join_in`,
    `shadow`, `local_only`, `opted_out`, `last_reply` (seconds since the epoch).
    """

    method: ClassVar[str] = "guilds"


@dataclass(frozen=True)
class Import(Request[Json]):
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
class Forget(Request[Json]):
    """Forget messages, an author, a channel or a whole guild, everywhere."""

    method: ClassVar[str] = "forget"
    guild: str
    messages: list[str] = field(default_factory=list)
    author: str | None = None
    channel: str | None = None
    everything: bool = False


@dataclass(frozen=True)
class Export(Request[Json]):
    """Write a guild's messages to a file in the interchange format; `messages`."""

    method: ClassVar[str] = "export"
    guild: str
    to: str


@dataclass(frozen=True)
class Backup(Request[Json]):
    """Write everything that cannot be made anew to a file; `file`, `bytes`."""

    method: ClassVar[str] = "backup"
    to: str


@dataclass(frozen=True)
class Phrases(Request[Json]):
    """What makes a guild's voice its own: `words` and `phrases` (`text`, `count`)."""

    method: ClassVar[str] = "phrases"
    guild: str
    limit: int = 30


GUILD_REQUESTS = (
    Guilds,
    Import,
    Forget,
    Export,
    Backup,
    Phrases,
)
