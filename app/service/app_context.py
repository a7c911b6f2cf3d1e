"""The parts of a home's bot that its handlers share, each built when it is needed."""

import time
from contextlib import AsyncExitStack
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from app.core.errors import UsageError
from app.core.names import GuildId, some_of
from app.core.paths import Home
from app.core.proxy import Proxy, proxy_of
from app.core.state_file import DISCORD, StateFile, is_crash
from app.core.supervisor import Supervisor, Troubles
from app.service.events import Events
from app.service.metrics.part_meter import PartMeter
from app.service.shared.held_servers import HeldServers
from app.settings.effective import Settings
from app.settings.host_gate import Gate
from app.settings.schema import Config
from app.store import guilds
from app.store.database import Database
from app.store.engines.shards import ALL, Shards
from app.store.rows import StoredChannel, StoredGuild

if TYPE_CHECKING:
    from app.providers.local.provider import LocalProvider
    from app.providers.openai.prices import Prices
    from app.providers.openai.provider import OpenAIProvider
    from app.providers.registry import Means, Providers
    from app.replies.ledger import Ledger
    from app.replies.replier import Replier
    from app.service.given.cast import Cast
    from app.service.given.lorebooks import Lorebooks
    from app.service.handlers.channel_actions import Silences
    from app.service.hosts.address_finder import AddressFinder
    from app.service.job_runner import JobRunner, Senses
    from app.service.memory_keeper import MemoryKeeper
    from app.service.voices.forgetter import Forgetter
    from app.service.voices.token_voices import TokenVoices
    from app.service.voices.uploads import Uploads
    from app.service.voices.voice_keeper import VoiceKeeper

NONE_LEARNED = "Learn one with `mynah import`."


class AppContext:
    """All parts of one home's bot.

    A part, and the libraries it stands on, is loaded when it is first asked for, so
    that a command waits for nothing that it does not use.
    """

    def __init__(
        self,
        home: Home,
        database: Database,
        reader: Database,
        settings: Settings,
        events: Events,
        rng: Random,
        stack: AsyncExitStack,
        shards: Shards = ALL,
    ) -> None:
        """Nothing else is built yet.

        Args:
            reader: A second connection, for long reads.
            stack: What is built is closed with it.
            shards: Those that this process holds.
        """
        self.home = home
        self.database = database
        self.reader = reader
        self.settings = settings
        self.held = HeldServers(database, shards)
        self.gate = Gate(settings)
        self.events = events
        self.parts = PartMeter()
        self.troubles = Troubles(events.warn)
        self.supervisor = Supervisor(events.event, self.troubles)
        self._rng = rng
        self._stack = stack

    @cached_property
    def discord_state(self) -> StateFile:
        """Small state about Discord; all that write it share this one."""
        return StateFile(self.home.discord_file, DISCORD)

    @cached_property
    def silences(self) -> "Silences":
        """Channels where the bot keeps quiet for a while."""
        from app.service.handlers.channel_actions import Silences

        return Silences(self.discord_state)

    @cached_property
    def jobs(self) -> "JobRunner":
        """Runs long work in children."""
        from app.service.job_runner import JobRunner

        return JobRunner(self.home)

    @cached_property
    def voices(self) -> "VoiceKeeper":
        """The voices of all guilds."""
        from app.service.voices.voice_keeper import VoiceKeeper

        keeper = VoiceKeeper(
            self.home,
            self.database,
            self.settings.of,
            self.jobs,
            on_progress=self.events.tell,
            on_stored=self.events.stored,
            on_forgotten=[
                lambda guild, rows: self.memory.forget(guild, rows),
                lambda guild, rows: self.token_voices.forget(guild, rows),
            ],
            on_scrub=lambda guild, rows: self.token_voices.scrub(guild, rows),
            held=self.held,
        )
        self._stack.push_async_callback(keeper.close)
        return keeper

    @property
    def forgetter(self) -> "Forgetter":
        """The only way messages leave again."""
        return self.voices.forgetter

    @cached_property
    def uploads(self) -> "Uploads":
        """The files that people send with `/train`."""
        from app.service.voices.uploads import Uploads

        return Uploads(self.home, self.voices, self.forgetter)

    @cached_property
    def token_voices(self) -> "TokenVoices":
        """The voices in the words of the local model."""
        from app.service.voices.token_voices import TokenVoices

        voices = TokenVoices(
            self.home,
            self.database,
            self.jobs,
            lambda: self._locate_model(self._config().model.name),
            self.events.tell,
        )
        self._stack.push_async_callback(voices.close)
        return voices

    @cached_property
    def memory(self) -> "MemoryKeeper":
        """Embeddings, recall, links and summaries."""
        from app.service.memory_keeper import MemoryKeeper

        keeper = MemoryKeeper(
            self.home,
            self.database,
            self.reader,
            self.settings,
            self.events,
            self.supervisor,
            self.held,
        )
        self._stack.push_async_callback(keeper.close)
        keeper.attach(self.local, self.parts)
        return keeper

    @cached_property
    def lorebooks(self) -> "Lorebooks":
        """The lorebooks, which moderators write for replies."""
        from app.service.given.lorebooks import Lorebooks

        books = Lorebooks(self.database, lambda: self.memory)
        self._stack.push_async_callback(books.close)
        return books

    @cached_property
    def cast(self) -> "Cast":
        """The characters beside the bot itself."""
        from app.service.given.cast import Cast

        return Cast(self.database, lambda: self.lorebooks)

    @cached_property
    def ledger(self) -> "Ledger":
        """The ledger of cloud requests."""
        from app.replies.ledger import Ledger

        ledger = Ledger(self.database, time.time, self.events.warn)
        ledger.load()
        self._stack.push_async_callback(ledger.flush)
        return ledger

    @cached_property
    def prices(self) -> "Prices":
        """The prices of cloud models.

        Raises:
            AppError: If the owner's list of prices cannot be used.
        """
        from app.providers.openai import prices

        return prices.load(self.home.prices_file)

    @cached_property
    def providers(self) -> "Providers":
        """The providers of text."""
        from app.providers import registry

        providers = registry.make(self._means())
        self._stack.push_async_callback(providers.close)
        self.token_voices.attach(providers.local)
        return providers

    @property
    def cloud(self) -> "OpenAIProvider":
        """The host called `openai`."""
        return self.providers.openai

    @cached_property
    def host_finder(self) -> "AddressFinder":
        """Finds the address under which a host answers."""
        from app.service.hosts.address_finder import AddressFinder

        finder = AddressFinder(
            self.home,
            self.settings,
            self.gate,
            self.events.warn,
            lambda: self.model_proxy,
        )
        self._stack.push_async_callback(finder.close)
        return finder

    @property
    def local(self) -> "LocalProvider":
        """The model on this machine."""
        return self.providers.local

    @cached_property
    def senses(self) -> "Senses":
        """The eyes and ears for files that come with calls."""
        from app.service.job_runner import Senses

        return Senses(self.home)

    @cached_property
    def replier(self) -> "Replier":
        """Makes replies."""
        from app.replies.ladder_builder import LadderBuilder
        from app.replies.replier import Replier

        providers = self.providers
        clock = time.perf_counter
        rungs = LadderBuilder(
            providers, self.ledger, self._config, clock, providers.local
        )
        return Replier(
            self.database,
            self.settings,
            rungs,
            self.voices,
            self._rng,
            self.memory,
            lore=self.lorebooks,
            pictures=self.senses,
        )

    def _config(self) -> Config:
        """Return the home's present settings."""
        return self.settings.home

    def _locate_model(self, name: str) -> Path | None:
        """Return the file of a model, if it is here."""
        from app.modelfiles import catalogue

        return catalogue.locate(self.home, name)

    @property
    def discord_proxy(self) -> Proxy | None:
        """The proxy on the way to Discord; it may block."""
        return proxy_of(self.home, self._config().bot.proxy, "discord_proxy_login")

    @property
    def model_proxy(self) -> Proxy | None:
        """The proxy on the way to a host in the cloud; it may block."""
        return proxy_of(self.home, self._config().openai.proxy, "model_proxy_login")

    def _means(self) -> "Means":
        from app.providers.registry import Means
        from app.settings import host_keys

        return Means(
            config=self._config,
            voice=self.voices.voice,
            rng=self._rng,
            locate_model=self._locate_model,
            token_voice=self.token_voices.get,
            host_voice=self.token_voices.for_host,
            crashed=StateFile(self.home.crashed_models_file, shape=is_crash),
            speeds=StateFile(self.home.model_speeds_file),
            on_event=self.events.event,
            key=lambda host: host_keys.get(self.home, host),
            proxy=lambda: self.model_proxy,
            prices=self.prices,
            on_spent=self.ledger.spent,
            gate=self.gate,
            on_wrong_address=lambda name: self.host_finder.begin(name),
        )

    async def guild(self, name: str) -> StoredGuild:
        """Return the guild with that name or Discord id.

        Raises:
            UsageError: If there is none; names the known ones.
        """
        found = await self.database.run(guilds.find, name)
        if found is None:
            known = await self.database.run(guilds.names_but, [])
            hint = f"Known servers: {known}." if known else NONE_LEARNED
            raise UsageError(f"There is no server {name!r}.", hint)
        return found

    async def channel(self, guild: GuildId, name: str) -> StoredChannel:
        """Return the guild's channel with that name or Discord id.

        Raises:
            UsageError: If there is none.
        """
        found = await self.database.run(guilds.find_channel, guild, name)
        if found is None:
            every = await self.database.run(guilds.channels, guild)
            names = some_of([channel.name for channel in every])
            raise UsageError(
                f"There is no channel {name!r}.", f"Known channels: {names}."
            )
        return found
