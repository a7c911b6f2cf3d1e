"""The surroundings of every client of a process: its ports, its pace, its state."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from app.core.proxy import Proxy
from app.core.state_file import StateFile
from app.core.supervisor import Supervisor, Troubles
from app.discord.ports import Ports
from app.settings.speech_sections import BotSettings
from app.store.engines.shards import ALL, Shards

StateName = Literal[
    "offline", "connecting", "online", "waiting", "refused", "unreachable"
]


@dataclass(frozen=True)
class ConnectionState:
    """The state of the connection, for the owner."""

    name: StateName
    detail: str = ""
    hint: str = ""
    is_mention_only: bool = False
    """Connected, but only allowed to read messages that mention the bot."""


@dataclass(frozen=True)
class Pace:
    """The waiting times of the connection, in seconds; tests shorten them."""

    between_identifies: float = 5.0
    heartbeat_timeout: float = 60.0
    guild_ready_timeout: float = 2.0
    first_retry: float = 5.0
    longest_retry: float = 600.0
    between_quiet: float = 0.25
    """The pause after each of many channels where nothing was said meanwhile."""
    between_compared: float = 2.0
    """The pause after each page of the slow comparison with Discord."""
    between_surveys: float = 30.0
    """The pause before looking again for channels whose readers are unknown."""
    between_starts: float = 30.0
    """The pause before looking again for an occasion to start talk."""
    silence: float = 120.0
    """The time without an answered heartbeat after which it connects anew."""
    start: float = 180.0
    """The time until a new connection must be ready."""
    between_looks: float = 5.0
    for_proxy: float = 3.0
    """The time to wait for a proxy's copy of a message, or for the deletion."""


@dataclass(frozen=True)
class Surroundings:
    """The shared parts of all clients in one process."""

    ports: Ports
    settings: Callable[[], BotSettings]
    """The home's present bot settings."""
    state: StateFile
    clock: Callable[[], float] = time.time
    rng: Random = field(default_factory=Random)
    pace: Pace = field(default_factory=Pace)
    troubles: Troubles = field(default_factory=Troubles)
    supervisor: Supervisor = field(default_factory=Supervisor)
    proxy: Callable[[], Proxy | None] = lambda: None
    """Returns the proxy on the way to Discord; it may block."""
    shards: Shards = ALL
    """Those that this process holds."""
    identify_wait: Callable[[int, float], Awaitable[float]] | None = None
    """Reserves a moment for an identify, where processes share them: of a bucket, for
    so many seconds. Returns the seconds until then."""
