"""Requests about the program itself: state, measures, settings, secrets."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Status:
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
class Subscribe:
    """From now on send this peer all notifications: log, state, message, reply."""

    method: ClassVar[str] = "subscribe"


@dataclass(frozen=True)
class Shutdown:
    """End the bot."""

    method: ClassVar[str] = "shutdown"


@dataclass(frozen=True)
class ConfigGet:
    """Settings with their origin; `settings` has one each.

    Keys: `key`, `value`, `origin` (default, file, guild or channel).
    """

    method: ClassVar[str] = "config_get"
    key: str | None = None
    guild: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class ConfigSet:
    """Change a setting for the home, a guild or a channel; value None resets it."""

    method: ClassVar[str] = "config_set"
    key: str
    value: str | None = None
    guild: str | None = None
    channel: str | None = None
    agreed: bool = False
    """True if the owner knows what leaves the machine, and agreed."""


@dataclass(frozen=True)
class SecretSet:
    """Keep `bot_token` or `openai_key`; value None deletes it; `place` in words."""

    method: ClassVar[str] = "secret_set"
    name: str
    value: str | None


@dataclass(frozen=True)
class SecretTest:
    """Try a kept secret once: `ok`, `detail`, `hint`; for a bot token `invite`."""

    method: ClassVar[str] = "secret_test"
    name: str


@dataclass(frozen=True)
class UsageReport:
    """Tokens, cost and what left the machine, by day, guild and model.

    Keys: `days` (`day`, `guild`, `provider`, `model`, `host`, `calls`, `prompt_tokens`,
    `cached_tokens`, `completion_tokens`, `cost`, `bytes_sent`), `sent` (the newest
    requests: `at`, `host`, `bytes_sent`, `reply`, `guild`, `model`, `cost`), `today`,
    `month`, `daily_budget`, `monthly_budget`, `prices_date`.
    """

    method: ClassVar[str] = "usage"
    days: int = 31


@dataclass(frozen=True)
class Doctor:
    """Check what commonly breaks."""

    method: ClassVar[str] = "doctor"


@dataclass(frozen=True)
class Bench:
    """Measure this machine.

    Keys: `model`, `prompt_tokens_per_second`, `tokens_per_second`,
    `embeddings_per_second`, `walk_ms` (null where nothing can be measured),
    `disk_megabytes_per_second`, `models` (`name`, `fits`, `answer_seconds`), `seconds`.
    """

    method: ClassVar[str] = "bench"


@dataclass(frozen=True)
class ModelTest:
    """Measure a present model: `prompt_tokens_per_second`, `tokens_per_second`."""

    method: ClassVar[str] = "model_test"
    name: str


APP_REQUESTS = (
    Status,
    Subscribe,
    Shutdown,
)
SETTINGS_REQUESTS = (
    ConfigGet,
    ConfigSet,
    SecretSet,
    SecretTest,
    UsageReport,
    Doctor,
)
BENCHMARK_REQUESTS = (Bench, ModelTest)
