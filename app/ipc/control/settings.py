"""Requests about settings and secrets."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.core.labels import Origin
from app.ipc.wire import Request

SettingValue = bool | int | float | str | list[str] | None


@dataclass(frozen=True)
class ShownSetting:
    """One setting as it holds at a place."""

    key: str
    value: SettingValue
    origin: Origin
    doc: str
    idle: str = ""
    """The reason why it has no effect as things are; empty if it has one."""


@dataclass(frozen=True)
class ConfigGetReply:
    """Settings with their origin."""

    settings: list[ShownSetting]


@dataclass(frozen=True)
class ConfigGet(Request[ConfigGetReply]):
    """Settings that hold for the home, a guild or a channel."""

    method: ClassVar[str] = "config_get"
    only_reads: ClassVar[bool] = True
    key: str | None = None
    """A setting, or a section such as `screens`; None for all."""
    guild: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class ConfigSet(Request[ShownSetting]):
    """Change a setting for the home, a guild or a channel; value None resets it."""

    method: ClassVar[str] = "config_set"
    key: str
    value: str | None = None
    guild: str | None = None
    channel: str | None = None
    agreed: bool = False
    """True if the owner knows what leaves the machine, and agreed."""


@dataclass(frozen=True)
class WithdrawConsentReply:
    """The consents that the owner took back."""

    withdrawn: list[str]
    """The hosts, each with the purpose."""
    is_everywhere: bool = False
    """The owner agreed for every server, which is not taken back for one alone."""


@dataclass(frozen=True)
class WithdrawConsent(Request[WithdrawConsentReply]):
    """Take back the owner's consent that words go to hosts in the cloud.

    Args:
        guild: None takes it back for every server.
    """

    method: ClassVar[str] = "withdraw_consent"
    guild: str | None = None


@dataclass(frozen=True)
class SecretSetReply:
    """The place of a secret, in words."""

    name: str
    place: str


@dataclass(frozen=True)
class SecretSet(Request[SecretSetReply]):
    """Keep a secret by its name; value None deletes it."""

    method: ClassVar[str] = "secret_set"
    name: str
    value: str | None


@dataclass(frozen=True)
class SecretTestReply:
    """The outcome of trying a secret."""

    ok: bool
    detail: str
    hint: str = ""
    invite: str = ""
    """Link that brings the bot to a server; of a bot token."""
    models: list[str] = field(default_factory=list)
    """Models that are offered; of an API key."""


@dataclass(frozen=True)
class SecretTest(Request[SecretTestReply]):
    """Try a kept secret once."""

    method: ClassVar[str] = "secret_test"
    name: str


SETTINGS_REQUESTS = (ConfigGet, ConfigSet, WithdrawConsent, SecretSet, SecretTest)
