"""The parts of a running bot that its handlers share."""

from dataclasses import dataclass, field
from typing import Any

from app.bot.job_calls import Jobs
from app.bot.learning import Learning
from app.bot.ledger import Ledger
from app.bot.news import News
from app.bot.remembering import Remembering
from app.bot.replying import Replier
from app.bot.settings import Settings
from app.bot.token_voices import TokenVoices
from app.errors import UsageError
from app.paths import Home
from app.providers.local import LocalProvider
from app.providers.openai import OpenAIProvider
from app.providers.prices import Prices
from app.providers.registry import Providers
from app.store import guilds
from app.store.database import Database
from app.store.tables import Channel, Guild

Json = dict[str, Any]


@dataclass(frozen=True)
class Parts:
    """Everything one home's bot works with."""

    home: Home
    database: Database
    reader: Database
    """A second connection, for long reads."""
    settings: Settings
    learning: Learning
    token_voices: TokenVoices
    ledger: Ledger
    providers: Providers
    prices: Prices
    replier: Replier
    memory: Remembering
    jobs: Jobs
    news: News = field(default_factory=News)

    @property
    def cloud(self) -> OpenAIProvider:
        """OpenAI, or a server of its kind."""
        return self.providers.openai

    @property
    def local(self) -> LocalProvider:
        """The model on this machine."""
        return self.providers.local

    async def guild(self, name: str) -> Guild:
        """The guild of that name or Discord id.

        Raises:
            UsageError: If there is none; names those there are.
        """
        found = await self.database.run(guilds.find, name)
        if found is None:
            every = await self.database.run(guilds.every)
            names = ", ".join(guild.name for guild in every[:8])
            hint = f"Known are: {names}." if names else "Learn one with `mynah import`."
            raise UsageError(f"There is no server {name!r}.", hint)
        return found

    async def channel(self, guild: int, name: str) -> Channel:
        """The guild's channel of that name or Discord id.

        Raises:
            UsageError: If there is none.
        """
        found = await self.database.run(guilds.find_channel, guild, name)
        if found is None:
            every = await self.database.run(guilds.channels, guild)
            names = ", ".join(channel.name for channel in every[:8])
            raise UsageError(f"There is no channel {name!r}.", f"Known are: {names}.")
        return found
