"""The effective settings of a home, guild or channel, and their origins."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from app.core.errors import ConfigError, UsageError
from app.core.paths import Home
from app.settings import config_file, setting_keys
from app.settings.schema import Config, Value
from app.settings.setting_keys import Key, keys
from app.store import settings as rows
from app.store.database import Database

log = logging.getLogger(__name__)

Origin = Literal["default", "file", "guild", "channel"]

CONSENT = "reply.cloud_consent"
WHAT_LEAVES = (
    "With a cloud model, messages to the bot on this server leave this"
    " computer: the turns of the conversation with display names, recalled moments,"
    " example lines and drafts. The host may keep them."
)


class ConsentError(UsageError):
    """The owner must agree before data of a guild goes to the cloud."""

    def __init__(self) -> None:
        super().__init__(WHAT_LEAVES, "Repeat the command with --yes if you agree.")


@dataclass(frozen=True)
class ResolvedSetting:
    """A setting's value and its origin."""

    key: Key
    value: Value
    origin: Origin


class Settings:
    """Reads and changes settings; reads the file again after an edit."""

    def __init__(
        self,
        home: Home,
        database: Database,
        warn: Callable[[str], None] = log.warning,
    ) -> None:
        """Prepare without reading.

        Args:
            warn: Receives a warning when an edit made the file unusable.
        """
        self._home = home
        self._database = database
        self._warn = warn
        self.trouble: ConfigError | None = None
        """The error in the present file; the earlier settings stay in effect."""
        self._stamp: tuple[int, int] | None = None
        self._stored: dict[str, object] = {}
        self._config = Config()

    @property
    def home(self) -> Config:
        """Return the settings of the home.

        An edit that makes the file unusable changes nothing.

        Raises:
            ConfigError: If the file was unusable from the start; names the line.
        """
        stamp = self._file_stamp()
        if stamp != self._stamp:
            try:
                self._stored = config_file.stored(self._home.config_file)
                self._config = setting_keys.with_overrides(Config(), self._stored)
                self.trouble = None
            except ConfigError as error:
                if self._stamp is None:
                    raise
                self.trouble = error
                self._warn(f"{error} The earlier settings stay in effect.")
            self._stamp = stamp
        return self._config

    def _file_stamp(self) -> tuple[int, int]:
        try:
            status = self._home.config_file.stat()
        except FileNotFoundError:
            return (0, 0)
        return status.st_mtime_ns, status.st_size

    async def of(self, guild: int, channel: int = 0) -> Config:
        """Return the effective settings of a guild, or of a channel (rows)."""
        overrides = await self._database.run(rows.effective, guild, channel)
        return setting_keys.with_overrides(self.home, _known(overrides))

    async def explain(
        self, guild: int | None, channel: int = 0
    ) -> list[ResolvedSetting]:
        """Return every setting with its value here and its origin."""
        values: dict[Origin, Mapping[str, object]] = {"file": {}}
        base = self.home
        values["file"] = self._stored
        if guild is not None:
            values["guild"] = _known(await self._database.run(rows.of, guild))
        if guild is not None and channel:
            here = await self._database.run(rows.of, guild, channel)
            values["channel"] = _known(here)
        for scope in ("guild", "channel"):
            base = setting_keys.with_overrides(base, values.get(scope, {}))
        return [
            ResolvedSetting(
                key, setting_keys.value_of(base, name), _origin(name, values)
            )
            for name, key in keys().items()
        ]

    async def change(
        self,
        name: str,
        text: str | None,
        guild: int | None = None,
        channel: int = 0,
        *,
        agreed: bool = False,
    ) -> ResolvedSetting:
        """Set a value as a person typed it, or reset it with None.

        Args:
            agreed: True when the owner knows what leaves the machine, and agreed.

        Raises:
            ConfigError: If the name or the value does not fit.
            UsageError: If the setting cannot differ there.
            ConsentError: If it would switch to the cloud without consent.
        """
        key = setting_keys.find_key(name)
        value = None if text is None else setting_keys.from_text(name, text)
        _check_scope(key, guild, channel)
        if name == "reply.provider" and value == "openai":
            await self._need_consent(guild, agreed)
        if name == "openai.base_url" and isinstance(value, str):
            _check_address(value)
        if name == "reply.split" and isinstance(value, list):
            _check_split(value)
        await self._put(name, value, guild, channel)
        explained = {one.key.name: one for one in await self.explain(guild, channel)}
        return explained[name]

    async def _need_consent(self, guild: int | None, agreed: bool) -> None:
        here = self.home if guild is None else await self.of(guild)
        if here.reply.cloud_consent:
            return
        if not agreed:
            raise ConsentError
        await self._put(CONSENT, True, guild, 0)

    async def _put(
        self, name: str, value: Value | None, guild: int | None, channel: int
    ) -> None:
        if guild is None:
            self._home.create()
            config_file.save(self._home.config_file, name, value)
        else:
            await self._database.run(rows.put, guild, name, value, channel)


def _known(overrides: Mapping[str, object]) -> dict[str, object]:
    """Drop settings of a newer or older version."""
    return {name: value for name, value in overrides.items() if name in keys()}


def _origin(name: str, values: Mapping[Origin, Mapping[str, object]]) -> Origin:
    narrow: tuple[Origin, ...] = ("channel", "guild", "file")
    return next((scope for scope in narrow if name in values.get(scope, {})), "default")


def _check_scope(key: Key, guild: int | None, channel: int) -> None:
    if channel and key.scope != "channel":
        raise UsageError(f"{key.name} cannot be set for a channel.")
    if guild is not None and key.scope == "home":
        raise UsageError(f"{key.name} applies to all servers.", "Leave out --guild.")


def _check_address(url: str) -> None:
    from app.settings.base_url import parse

    parse(url)


def _check_split(arms: list[str]) -> None:
    from app.chat.ab_arms import parse

    if len({parse(arm) for arm in arms}) not in (0, 2):
        raise UsageError(
            "reply.split takes two different modes, such as: llm, hybrid 70."
        )
