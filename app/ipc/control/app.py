"""Requests to the program itself: state, use, health, its end."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.core.names import GuildId
from app.core.supervisor import StandingTrouble
from app.ipc.wire import Done, Request


@dataclass(frozen=True)
class ShardStatus:
    """One connection to Discord of those that share the servers."""

    number: int
    is_up: bool
    """It is open, and Discord answers on it."""
    latency_ms: float | None = None


@dataclass(frozen=True)
class DiscordStatus:
    """The connection to Discord."""

    state: str = "off"
    """off, connecting, online, waiting, unreachable or refused."""
    reason: str = ""
    hint: str = ""
    is_mention_only: bool = False
    user: str = ""
    """The bot's name there; empty while it is not known."""
    invite: str = ""
    latency_ms: float | None = None
    shards: list[ShardStatus] = field(default_factory=list)
    """One without shards."""


@dataclass(frozen=True)
class ModelStatus:
    """The language model on this machine."""

    name: str = ""
    state: str = ""
    """ready, loading, absent, crashed or idle; empty while it is not known."""
    reason: str = ""
    hint: str = ""
    pid: int | None = None
    context: int | None = None
    can_roll_back: bool | None = None


@dataclass(frozen=True)
class CloudStatus:
    """The first host that replies come from, wherever it is."""

    state: str = "ready"
    """ready, consent where a server's is missing, or the kind of trouble."""
    reason: str = ""
    hint: str = ""
    model: str = ""
    host: str = ""
    reach: str = "cloud"
    """here, own or cloud."""
    needs_key: bool = True
    """The host answers nobody without a key."""
    name: str = "openai"
    """Its name in the settings."""
    key_name: str = "openai_key"
    """The name of its key."""
    has_key: bool = False


@dataclass(frozen=True)
class TodayCounts:
    """Messages, replies and cost since midnight, UTC."""

    messages: int = 0
    replies: int = 0
    cost: float = 0.0


@dataclass(frozen=True)
class BotEvent:
    """An act of supervision, with its reason."""

    at: float
    """Seconds since the epoch."""
    text: str


@dataclass(frozen=True)
class StatusReply:
    """The state of everything.

    Every field has a default: a bot of another version must be able to say so.
    """

    version: str = ""
    name: str = "Mynah"
    discord: DiscordStatus = DiscordStatus()
    model: ModelStatus = ModelStatus()
    cloud: CloudStatus = CloudStatus()
    mode: str = ""
    provider: str = "local"
    """The places of the model, in their order."""
    hosts: list[str] = field(default_factory=lambda: ["openai"])
    """The names of all hosts."""
    reaches: dict[str, str] = field(default_factory=dict)
    """The place of each host that has an address: here, own or cloud."""
    dial: int = 50
    shards: str = ""
    """Those that this process holds, such as 0-3/16; empty where it holds all."""
    free_shards: list[int] = field(default_factory=list)
    """Those that no process holds."""
    has_bot_token: bool = False
    has_openai_key: bool = False
    tokens_per_second: float = 0.0
    prompt_tokens_per_second: float = 0.0
    """Both as last measured; 0 while nothing was."""
    queue: int = 0
    today: TodayCounts = TodayCounts()
    month_cost: float = 0.0
    monthly_budget: float = 0.0
    daily_budget: float = 0.0
    uptime_seconds: float = 0.0
    events: list[BotEvent] = field(default_factory=list)
    """Newest last."""
    troubles: list[StandingTrouble] = field(default_factory=list)
    """Faults that are not over: refused commands, a wrong clock."""


@dataclass(frozen=True)
class Status(Request[StatusReply]):
    """Return the state of everything."""

    method: ClassVar[str] = "status"
    only_reads: ClassVar[bool] = True


@dataclass(frozen=True)
class Subscribe(Request[Done]):
    """From now on send this peer all notifications: log, state, message, reply."""

    method: ClassVar[str] = "subscribe"
    only_reads: ClassVar[bool] = True


@dataclass(frozen=True)
class Shutdown(Request[Done]):
    """End the bot."""

    method: ClassVar[str] = "shutdown"


@dataclass(frozen=True)
class UsageDay:
    """The totals of one day, guild, provider and model."""

    day: str
    """ISO date, UTC."""
    guild: str | None
    provider: str
    model: str
    host: str
    calls: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: float
    bytes_sent: int
    """Bytes that left the machine, unless the host is the owner's."""
    reach: str
    """Its place: here, own or cloud."""


@dataclass(frozen=True)
class UsageCall:
    """One request that left the computer."""

    at: float
    """Seconds since the epoch."""
    host: str
    bytes_sent: int
    reply: int | None
    guild: GuildId | None
    model: str
    cost: float
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class UsageReply:
    """The spending, and the data that left the computer."""

    days: list[UsageDay]
    sent: list[UsageCall]
    """Newest first."""
    today: float
    month: float
    daily_budget: float
    monthly_budget: float
    """All four in US dollars; a budget of 0 is none."""
    prices_date: str


@dataclass(frozen=True)
class UsageReport(Request[UsageReply]):
    """Money spent and bytes sent in the last days."""

    method: ClassVar[str] = "usage"
    only_reads: ClassVar[bool] = True
    days: int = 31


@dataclass(frozen=True)
class Check:
    """The result of one check."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


@dataclass(frozen=True)
class DoctorReply:
    """The results of all checks, in the order in which to fix problems."""

    checks: list[Check]


@dataclass(frozen=True)
class Doctor(Request[DoctorReply]):
    """Check for common problems."""

    method: ClassVar[str] = "doctor"


APP_REQUESTS = (Status, Subscribe, Shutdown, UsageReport, Doctor)


@dataclass(frozen=True)
class ProcessUse:
    """The memory and processor time of the processes of one kind."""

    name: str
    """bot, model or work."""
    bytes: int
    processor: float
    """Percent of one processor."""


@dataclass(frozen=True)
class LastHourMoment:
    """The figures of one moment."""

    at: float
    """Seconds since the epoch."""
    tokens_per_second: float
    """The speed of the last reply by the model here; 0 before the first one."""
    queue: int
    """Replies that wait."""
    processes: list[ProcessUse]


@dataclass(frozen=True)
class LastHourReply:
    """The moments of the last hour, oldest first."""

    moments: list[LastHourMoment]


@dataclass(frozen=True)
class LastHour(Request[LastHourReply]):
    """Return the figures of the last hour."""

    method: ClassVar[str] = "last_hour"
    only_reads: ClassVar[bool] = True


LAST_HOUR_REQUESTS = (LastHour,)
