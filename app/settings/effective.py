"""The effective settings of a home, guild or channel, and their origins."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.errors import AppError, ConfigError, UsageError
from app.core.labels import Origin
from app.core.names import GuildId
from app.core.paths import Home
from app.settings import config_file, consent, model_files, setting_keys
from app.settings.base_url import Address
from app.settings.consent import ConsentError, Purpose
from app.settings.declaration import Value
from app.settings.hosts import (
    check_change,
    check_provider,
    hosts_for,
    hosts_of,
    no_host,
)
from app.settings.schema import Config
from app.settings.setting_keys import Key, with_overrides
from app.settings.speech_sections import BotSettings
from app.store import settings as rows
from app.store.database import Database

log = logging.getLogger(__name__)

PROVIDER = "reply.provider"
PURPOSES: Mapping[str, Purpose] = {
    PROVIDER: "replies",
    "context.pictures": "pictures",
    "context.catchup": "summaries",
}
"""The settings that send words to hosts, and for what."""

LOOK_SECONDS = 1.0
"""Longest time until an edit of the file by hand counts."""

MOST_PLACES = 10_000
"""The most places whose settings are kept in memory."""


@dataclass(frozen=True)
class ResolvedSetting:
    """A setting's value and its origin."""

    key: Key
    value: Value
    origin: Origin


class Settings:
    """The one door to settings: reads, checks and writes them, wherever they are kept.

    The settings of a place are worked out once, and again after a change. The file is
    read again after an edit.
    """

    def __init__(
        self,
        home: Home,
        database: Database,
        warn: Callable[[str], None] = log.warning,
        *,
        is_forgiving: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare without reading.

        Args:
            warn: Receives a warning when an edit made the file unusable.
            is_forgiving: Go on with the defaults when the file cannot be used.
        """
        self._home = home
        self._database = database
        self._warn = warn
        self._is_forgiving = is_forgiving
        self._clock = clock
        self.trouble: ConfigError | None = None
        """The error in the present file; the earlier settings stay in effect."""
        self._looked: float | None = None
        self._stamp: tuple[int, int] | None = None
        self._stored: dict[str, object] = {}
        self._config = Config()
        self._places: dict[tuple[int, int], Config] = {}
        self._changes = 0
        """Counts what was dropped, so that nothing older is kept."""

    @property
    def home(self) -> Config:
        """Return the settings of the home.

        An edit that makes the file unusable changes nothing.

        Raises:
            ConfigError: If the file was unusable from the start; names the line.
        """
        now = self._clock()
        if self._looked is None or now - self._looked >= LOOK_SECONDS:
            self._look()
            self._looked = now
        return self._config

    @property
    def changes(self) -> int:
        """Count the changes so far, wherever they were made; edits of the file too."""
        _ = self.home
        return self._changes

    def host_named(self, address: Address) -> str:
        """Return the name of the host at an address; empty if none is there."""
        names = [
            host.name
            for host in hosts_of(self.home)
            if host.settings.base_url and host.address.origin == address.origin
        ]
        return names[0] if names else ""

    def bot(self) -> BotSettings:
        """Return the home's settings of the bot."""
        return self.home.bot

    def _look(self) -> None:
        """Read the file if it is another than before."""
        stamp = self._file_stamp()
        if stamp == self._stamp:
            return
        try:
            stored = config_file.stored(self._home.config_file)
            self._config = setting_keys.with_overrides(Config(), stored)
            self._stored = stored
            self.trouble = None
            self._leave_out_what_is_not_here()
        except ConfigError as error:
            if self._stamp is None and not self._is_forgiving:
                raise
            self.trouble = error
            which = "built-in settings" if self._stamp is None else "previous settings"
            self._warn(f"{error} The {which} stay in effect.")
        self._stamp = stamp
        self.drop()

    def _leave_out_what_is_not_here(self) -> None:
        """Drop an adapter that is gone, with a warning, so that the bot starts."""
        name = model_files.ADAPTER
        if name not in self._stored:
            return
        try:
            model_files.check(self._home, self._config, name, self._stored[name])
        except AppError as error:
            self.trouble = ConfigError(f"{name}: {error.message}", error.hint)
            self._warn(f"{self.trouble} The setting is left out.")
            del self._stored[name]
            self._config = setting_keys.with_overrides(Config(), self._stored)

    def _file_stamp(self) -> tuple[int, int]:
        try:
            status = self._home.config_file.stat()
        except OSError:
            # Reading it reports why it cannot be read.
            return (0, 0)
        return status.st_mtime_ns, status.st_size

    def drop(self, guild: GuildId | None = None) -> None:
        """Work the settings out again, of a guild (by row) or of all."""
        self._changes += 1
        if guild is None:
            self._places.clear()
        for place in [one for one in self._places if one[0] == guild]:
            del self._places[place]

    async def of(self, guild: GuildId, channel: int = 0) -> Config:
        """Return the effective settings of a guild, or of a channel (rows)."""
        home, place = self.home, (guild, channel)
        if place in self._places:
            return self._places[place]
        changes = self._changes
        stored = await self._database.run(rows.effective, guild, channel)
        config = setting_keys.with_stored(home, _known(stored, home))
        if changes == self._changes:
            self._keep(place, config)
        return config

    async def read_ahead(self, guilds: Iterable[GuildId]) -> None:
        """Have the settings of many guilds ready for `of`, from one trip."""
        missing = [guild for guild in guilds if (guild, 0) not in self._places]
        if not missing:
            return
        home, changes = self.home, self._changes
        stored = await self._database.run(rows.of_each, missing)
        if changes != self._changes:
            return
        for guild in missing:
            values = _known(stored.get(guild, {}), home)
            self._keep((guild, 0), setting_keys.with_stored(home, values))

    def _keep(self, place: tuple[int, int], config: Config) -> None:
        if len(self._places) >= MOST_PLACES:
            self._places.clear()
        self._places[place] = config

    async def explain(
        self, guild: GuildId | None, channel: int = 0
    ) -> list[ResolvedSetting]:
        """Return every setting with its value here and its origin."""
        base = self.home
        values: dict[Origin, Mapping[str, object]] = {"file": self._stored}
        if guild is not None:
            values["guild"] = _known(await self._database.run(rows.of, guild), base)
        if guild is not None and channel:
            here = await self._database.run(rows.of, guild, channel)
            values["channel"] = _known(here, base)
        for scope in ("guild", "channel"):
            base = setting_keys.with_stored(base, values.get(scope, {}))
        return [
            ResolvedSetting(
                key, setting_keys.value_of(base, name), _origin(name, values)
            )
            for name, key in setting_keys.every_key(base).items()
        ]

    async def change(
        self,
        name: str,
        text: str | None,
        guild: GuildId | None = None,
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
            ConsentError: If the owner must agree first.
        """
        key = setting_keys.find_key(name)
        name = key.name
        value = None if text is None else setting_keys.from_text(name, text)
        _check_scope(key, guild, channel)
        check_change(self.home, name, value)
        here = self.home if guild is None else await self.of(guild)
        if value is not None:
            check = model_files.check
            await asyncio.to_thread(check, self._home, here, name, value)
        if name == PROVIDER and isinstance(value, str):
            check_provider(self.home, value)
        if question := await self._question(name, value, guild):
            if not agreed:
                raise ConsentError(question)
            if name in PURPOSES:
                for address in await self._unasked(name, value, guild):
                    await self.agree(guild, PURPOSES[name], address)
        await self._put(name, value, guild, channel)
        explained = {one.key.name: one for one in await self.explain(guild, channel)}
        return explained[name]

    async def _question(
        self, name: str, value: Value | None, guild: GuildId | None
    ) -> str:
        """Return what the owner must agree to before a change; empty if nothing."""
        now = self.home.openai
        if name == "openai.own_hosts" and isinstance(value, list):
            new = [host for host in value if host not in now.own_hosts]
            return consent.what_own_means(", ".join(new)) if new else ""
        if name not in PURPOSES:
            return ""
        hosts = [address.name for address in await self._unasked(name, value, guild)]
        if not hosts:
            return ""
        return consent.what_leaves(
            " and ".join(hosts), PURPOSES[name], is_everywhere=guild is None
        )

    async def _unasked(
        self, name: str, value: Value | None, guild: GuildId | None
    ) -> list[Address]:
        """Return the hosts of a choice that the owner has not agreed to there."""
        if not isinstance(value, str) or (name != PROVIDER and value != "host"):
            return []
        here = self.home if guild is None else await self.of(guild)
        wanted = with_overrides(here, {name: value})
        addresses = [host.address for host in hosts_for(wanted)]
        return [
            address
            for address in addresses
            if address.is_cloud
            and not await self.has_agreed(guild, PURPOSES[name], address)
        ]

    async def agree(
        self, guild: GuildId | None, purpose: Purpose, address: Address | None = None
    ) -> None:
        """Keep the owner's consent that words go to a host.

        Args:
            guild: The row of a guild; None for every guild, also later ones.
            address: The host; None means the one called `openai`.
        """
        address = address or self.home.openai.address
        origin, now = address.origin, int(time.time() * 1000)
        await self._database.run(rows.give_consent, guild, purpose, origin, now)

    async def withdraw(self, guild: GuildId | None) -> list[tuple[str, str]] | None:
        """Take back the owner's consents, so that nothing goes to those hosts any more.

        Args:
            guild: The row of a guild; None for every guild.

        Returns:
            (purpose, origin) of each. None if the owner agreed for every guild, which
            is not taken back for one.
        """
        everywhere = await self._database.run(rows.consents, None)
        if guild is not None and everywhere:
            return None
        return await self._database.run(rows.withdraw_consents, guild)

    async def has_agreed(
        self, guild: GuildId | None, purpose: Purpose, address: Address
    ) -> bool:
        """Tell if the owner agreed to a host for a guild, or for every guild."""
        given = await self._database.run(rows.consents, guild)
        return (purpose, address.origin) in given

    async def consents(
        self, guilds: Iterable[GuildId]
    ) -> dict[GuildId, set[tuple[str, str]]]:
        """Return (purpose, origin) of what the owner agreed to for each guild."""
        return await self._database.run(rows.consents_of_each, list(guilds))

    async def remove_host(self, name: str) -> None:
        """Remove a host's settings, for the home and all servers.

        Raises:
            ConfigError: If there is no such host.
        """
        if name not in self.home.hosts:
            raise no_host(self.home, name)
        config_file.remove_host(self._home.config_file, name)
        self._looked = None
        self.drop()

    async def take_from_file(
        self, guild: GuildId, channel: int, name: str, value: object
    ) -> bool:
        """Set what a stranger's file says; False for what it may not say, or not here.

        Args:
            channel: The row of a channel, 0 for the whole guild.
        """
        try:
            key = setting_keys.find_key(name)
            checked = setting_keys.check(name, value)
            _check_scope(key, guild, channel)
        except AppError:
            return False
        if key.snapshots != "any":
            return False
        await self._put(name, checked, guild, channel)
        return True

    async def _put(
        self, name: str, value: Value | None, guild: GuildId | None, channel: int
    ) -> None:
        if guild is None:
            self._home.create()
            config_file.save(self._home.config_file, name, value)
            self._looked = None
        else:
            await self._database.run(rows.put, guild, name, value, channel)
            self.drop(guild)


def restored(stored: Sequence[tuple[int, str, object]]) -> list[tuple[int, str, Value]]:
    """Those (channel, name, value) of a snapshot that it brings back and that fit."""
    found: list[tuple[int, str, Value]] = []
    for channel, name, value in stored:
        try:
            if setting_keys.find_key(name).snapshots != "never":
                found.append((channel, name, setting_keys.check(name, value)))
        except ConfigError as error:
            log.warning("A setting of a snapshot is left out: %s", error)
    return found


def never_restored() -> list[str]:
    """Names of the settings that no snapshot changes."""
    return [
        name for name, key in setting_keys.keys().items() if key.snapshots == "never"
    ]


def _known(overrides: Mapping[str, object], home: Config) -> dict[str, object]:
    """Drop settings of a newer or older version, and of hosts that are gone."""
    known = setting_keys.every_key(home)
    return {name: value for name, value in overrides.items() if name in known}


def _origin(name: str, values: Mapping[Origin, Mapping[str, object]]) -> Origin:
    narrow: tuple[Origin, ...] = ("channel", "guild", "file")
    return next((scope for scope in narrow if name in values.get(scope, {})), "default")


def _check_scope(key: Key, guild: GuildId | None, channel: int) -> None:
    if channel and key.scope != "channel":
        raise UsageError(f"{key.name} cannot be set for a channel.")
    if guild is not None and key.scope == "home":
        raise UsageError(f"{key.name} applies to all servers.", "Leave out --guild.")
