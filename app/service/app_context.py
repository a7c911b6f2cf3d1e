"""The parts of a running bot that its handlers share."""

from dataclasses import dataclass, field
from typing import Any

from app.core.errors import UsageError
from app.core.paths import Home
from app.providers.local.provider import LocalProvider
from app.providers.openai.prices import Prices
from app.providers.openai.provider import OpenAIProvider
from app.providers.registry import Providers
from app.replies.ledger import Ledger
from app.replies.replier import Replier
from app.service.events import Events
from app.service.job_runner import JobRunner
from app.service.memory_keeper import MemoryKeeper
from app.service.token_voices import TokenVoices
from app.service.voice_keeper import VoiceKeeper
from app.settings.effective import Settings
from app.store import guilds
from app.store.database import Database
from app.store.tables import Channel, Guild

Json = dict[str, Any]


@dataclass(frozen=True)
class AppContext:
    """All parts of one home's bot."""

    home: Home
    database: Database
    reader: Database
    """A second connection, for long reads."""
    settings: Settings
    voices: VoiceKeeper
    token_voices: TokenVoices
    ledger: Ledger
    providers: Providers
    prices: Prices
    replier: Replier
    memory: MemoryKeeper
    jobs: JobRunner
    events: Events = field(default_factory=Events)

    @property
    def cloud(self) -> OpenAIProvider:
        """OpenAI, or a compatible server."""
        return self.providers.openai

    @property
    def local(self) -> LocalProvider:
        """The model on this machine."""
        return self.providers.local

    async def guild(self, name: str) -> Guild:
        """Return the guild with that name or Discord id.

        Raises:
            UsageError: If there is none; names the known ones.
        """
        found = await self.database.run(guilds.find, name)
        if found is None:
            every = await self.database.run(guilds.every)
            names = ", ".join(guild.name for guild in every[:8])
            hint = (
                f"Known servers: {names}."
                if names
                else "Learn one with `mynah import`."
            )
            raise UsageError(f"There is no server {name!r}.", hint)
        return found

    async def channel(self, guild: int, name: str) -> Channel:
        """Return the guild's channel with that name or Discord id.

        Raises:
            UsageError: If there is none.
        """
        found = await self.database.run(guilds.find_channel, guild, name)
        if found is None:
            every = await self.database.run(guilds.channels, guild)
            names = ", ".join(channel.name for channel in every[:8])
            raise UsageError(
                f"There is no channel {name!r}.", f"Known channels: {names}."
            )
        return found
