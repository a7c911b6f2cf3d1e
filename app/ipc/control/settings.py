"""What is asked about settings and secrets."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Json, Request


@dataclass(frozen=True)
class ConfigGet(Request[Json]):
    """Settings with their origin; `settings` has one each.

    Keys: `key`, `value`, `origin` (default, file, guild or channel).
    """

    method: ClassVar[str] = "config_get"
    key: str | None = None
    guild: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class ConfigSet(Request[Json]):
    """Change a setting for the home, a guild or a channel; value None resets it."""

    method: ClassVar[str] = "config_set"
    key: str
    value: str | None = None
    guild: str | None = None
    channel: str | None = None
    agreed: bool = False
    """The owner was told what leaves the machine with a cloud model, and agreed."""


@dataclass(frozen=True)
class SecretSet(Request[Json]):
    """Keep `bot_token` or `openai_key`; value None deletes it; `place` in words."""

    method: ClassVar[str] = "secret_set"
    name: str
    value: str | None


@dataclass(frozen=True)
class SecretTest(Request[Json]):
    """Try a kept secret once: `ok`, `detail`, `hint`; for a bot token `invite`."""

    method: ClassVar[str] = "secret_test"
    name: str


SETTINGS_REQUESTS = (
    ConfigGet,
    ConfigSet,
    SecretSet,
    SecretTest,
)
