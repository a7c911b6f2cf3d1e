"""What is asked of the program itself: state, use, health, its end."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Json, Request


@dataclass(frozen=True)
class Status(Request[Json]):
    """State of the whole chain.

    Keys: `version`, `name`, `discord` (`state`: off, connecting, online, refused;
    `reason`, `hint`, `user`, `invite`, `latency_ms`), `model` (`name`, `state`: ready,
    loading, absent, crashed, idle; `reason`, `hint`), `mode`, `provider`, `dial`,
    `has_bot_token`, `has_openai_key`, `tokens_per_second`,
    `prompt_tokens_per_second`, `queue`, `today` (`messages`, `replies`, `cost`),
    `month_cost`, `monthly_budget`, `uptime_seconds`, `events` (`at`, `text`: what
    supervision did and why, newest last). Every key may be missing; the asker shows
    what there is.
    """

    method: ClassVar[str] = "status"


@dataclass(frozen=True)
class Subscribe(Request[Json]):
    """From now on send this peer all notifications: log, state, message, reply."""

    method: ClassVar[str] = "subscribe"


@dataclass(frozen=True)
class Shutdown(Request[Json]):
    """End the bot."""

    method: ClassVar[str] = "shutdown"


@dataclass(frozen=True)
class UsageReport(Request[Json]):
    """Tokens, cost and what left the machine, by day, guild and model.

    Keys: `days` (`day`, `guild`, `provider`, `model`, `host`, `calls`, `prompt_tokens`,
    `cached_tokens`, `completion_tokens`, `cost`, `bytes_sent`), `sent` (the newest
    requests: `at`, `host`, `bytes_sent`, `reply`, `guild`, `model`, `cost`), `today`,
    `month`, `daily_budget`, `monthly_budget`, `prices_date`.
    """

    method: ClassVar[str] = "usage"
    days: int = 31


@dataclass(frozen=True)
class Doctor(Request[Json]):
    """Check what commonly breaks."""

    method: ClassVar[str] = "doctor"


APP_REQUESTS = (
    Status,
    Subscribe,
    Shutdown,
    UsageReport,
    Doctor,
)
